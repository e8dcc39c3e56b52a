import ActionsRuntime
import Domain
import Foundation
import Testing

/// The folder of real payloads beside the checkout; the tests do without it where it is absent.
private let webhooks = URL(filePath: #filePath).resolvingSymlinksInPath()
  .appending(path: "../../../../../shared/data/webhooks").standardizedFileURL

private struct IndexRow: Decodable, CustomTestStringConvertible {
  var file: String
  var event: String
  var action: String?
  var testDescription: String { file }
}

private func rows() -> [IndexRow] {
  guard let index = try? String(contentsOf: webhooks.appending(path: "INDEX.jsonl"), encoding: .utf8) else { return [] }
  return index.split(separator: "\n").compactMap { try? JSONDecoder().decode(IndexRow.self, from: Data($0.utf8)) }
    .filter { FileManager.default.fileExists(atPath: webhooks.appending(path: $0.file).path) }
}

@Suite("Real webhook payloads", .enabled(if: !rows().isEmpty, "no ../shared/data/webhooks beside the checkout"))
struct RealPayloadTests {
  @Test("every payload decodes or is unsupported with a reason", arguments: rows())
  fileprivate func decodes(row: IndexRow) throws {
    let bytes = try EventFile.read(path: webhooks.appending(path: row.file).path)
    let decoded = try EventFile.decode(
      bytes, name: row.event, repository: RepositoryName("octo/fallback"), run: RunContext(runID: 1))
    guard let known = EventName(rawValue: row.event) else {
      guard case .unsupported(row.event, let reason) = decoded else {
        Issue.record("\(row.event) has no processor, yet it decoded")
        return
      }
      #expect(!reason.isEmpty)
      return
    }
    guard case .event(let event) = decoded else {
      Issue.record("\(row.event) is supported")
      return
    }
    #expect(event.name == known)
    #expect(event.action == row.action)
    #expect(event.repository != RepositoryName("octo/fallback"))
    let json = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    let subject = (json["issue"] ?? json["pull_request"]) as? [String: Any]
    #expect(event.number == subject?["number"] as? Int)
    if case .issue(let issue, let detail) = event.payload {
      #expect(issue.title == subject?["title"] as? String)
      #expect(issue.labels.count == (subject?["labels"] as? [Any] ?? []).count)
      #expect(issue.milestone == (subject?["milestone"] as? [String: Any])?["title"] as? String)
      #expect(issue.lockReason == subject?["active_lock_reason"] as? String)
      #expect((issue.closedAt == nil) == (subject?["closed_at"] as? String == nil))
      if row.action == "labeled" { #expect(detail == (json["label"] as? [String: Any])?["name"] as? String) }
    }
    let changes = json["changes"] as? [String: [String: Any]]
    #expect(event.previous.title == changes?["title"]?["from"] as? String)
    #expect(event.previous.body == changes?["body"]?["from"] as? String)
    // A dispatch's inputs may be wrong; none of these names a manual request.
    if case .ignored(let reason) = try route(event, facts: RoutingFacts(hasDatabase: false)) {
      #expect(!reason.isEmpty)
    }
  }

  @Test("two payloads have one identity only where they are one delivery")
  func identities() throws {
    var known: [String: (file: String, bytes: [UInt8])] = [:]
    for row in rows() {
      let bytes = try EventFile.read(path: webhooks.appending(path: row.file).path)
      // Dispatches and schedules are known by their run.
      guard row.event != "workflow_dispatch", row.event != "schedule",
        case .event(let event) = try EventFile.decode(bytes, name: row.event, repository: nil, run: RunContext())
      else { continue }
      if let earlier = known.updateValue((row.file, bytes), forKey: event.identity.text) {
        #expect(isSameDelivery(earlier.bytes, bytes), "\(earlier.file) and \(row.file)")
      }
    }
  }

  /// Collections repeat a delivery with other indentation or with an `installation` added.
  private func isSameDelivery(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    func subject(_ bytes: [UInt8]) -> NSDictionary? {
      let json = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any]
      return (json?["comment"] ?? json?["review"] ?? json?["issue"] ?? json?["pull_request"]) as? NSDictionary
    }
    return subject(a)?["id"] as? Int == subject(b)?["id"] as? Int
  }
}
