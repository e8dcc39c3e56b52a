import Domain
import Foundation
import Markup
import Reporting
import Testing

@Suite struct DeadLetterReportTests {
  static func letter(_ error: String, action: String = "opened") throws -> StoredDeadLetter {
    let id = try Samples.required(EventID("0b7e8f3a-6c1d-4e2f-9a5b-000000000001"))
    let event = FailedEvent(
      id: id, name: "issues", action: action, repository: try Samples.repository(), number: 12, mode: .live,
      attempts: 5,
      error: error, nextAttemptAt: nil, hasPayload: true)
    return StoredDeadLetter(
      id: "0b7e8f3a-6c1d-4e2f-9a5b-0000000000bb", kind: "event", reference: id.text, repository: event.repository,
      number: 12, event: event, error: error, attempts: 5, createdAt: Samples.now - 86_400,
      updatedAt: Samples.now - 7_200)
  }

  static func report() throws -> DeadLetterReport {
    let failed = try letter("The action close failed: GitHub answered 403")
    var (bare, due, gone, item) = (failed, failed, failed, failed)
    bare.event?.hasPayload = false
    bare.event?.mode = .dryRun
    due.event?.nextAttemptAt = Samples.now
    gone.event = nil
    (item.kind, item.reference, item.event) = ("item", "octo/widgets#9", nil)
    return DeadLetterReport([failed, bare, due, gone, item], isCut: true, now: Samples.now)
  }

  @Test func eachLetterSaysWhatToDo() throws {
    try expectGolden(try Self.report().text().lines.joined(separator: "\n"), "dead-letters.txt")
    try expectGolden(try Self.report().markdown().text, "dead-letters.md")
    #expect(DeadLetterReport([], now: Samples.now).text().lines.count == 1)
  }

  @Test func keysStay() throws {
    let text = try Self.report().json()
    let document = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    guard case .array(let letters)? = document["dead_letters"], let first = letters.first else {
      Issue.record("no letters")
      return
    }
    for key in [
      "id", "kind", "reference", "repository", "number", "error", "attempts", "created_at", "updated_at", "event_id",
      "event", "mode", "replayable", "next_attempt_at",
    ] {
      #expect(first[key] != nil, "\(key)")
    }
    #expect(first["replayable"] == true && letters[1]["replayable"] == false && document["complete"] == false)
  }

  @Test func hostileTextStaysText() throws {
    let report = DeadLetterReport([try Self.letter(Samples.hostile, action: Samples.hostile)], now: Samples.now)
    try expectGolden(report.markdown().text, "dead-letters-hostile.md")
    try HostileReports.expectNoCommands { text in
      let report = DeadLetterReport([try Self.letter(text, action: text)], now: Samples.now)
      return report.text().lines + [report.json()]
    }
  }
}
