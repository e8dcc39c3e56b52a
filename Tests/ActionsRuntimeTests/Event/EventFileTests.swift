import ActionsRuntime
import Domain
import Foundation
import Testing

@Suite("Reading the event file")
struct EventFileTests {
  private func withFile<Result>(_ contents: Data, _ body: (String) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "event-\(UUID().uuidString).json"
    try contents.write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  @Test("missing, unset and unreadable files")
  func absent() {
    #expect(throws: EventFileError.variableMissing("GITHUB_EVENT_PATH")) { try EventFile.read(path: nil) }
    #expect(throws: EventFileError.variableMissing("GITHUB_EVENT_PATH")) { try EventFile.read(path: "") }
    #expect(throws: EventFileError.missing(path: "/nonexistent/e.json")) {
      try EventFile.read(path: "/nonexistent/e.json")
    }
    #expect(throws: EventFileError.unreadable(path: "/", reason: "Is a directory")) { try EventFile.read(path: "/") }
  }

  @Test("a file's bytes come back as they are", arguments: [0, 1, 65_535, 65_536, 65_537, 300_000])
  func roundTrip(size: Int) throws {
    let contents = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    #expect(try withFile(contents) { try EventFile.read(path: $0) } == Array(contents))
  }

  @Test("a payload of GitHub's greatest size is read and decoded; a larger file is refused")
  func large() throws {
    let head = #"{"action":"opened","issue":{"id":1,"number":2,"title":"t","body":""#
    let tail = #""}}"#
    let filler = String(repeating: "a\\n", count: (25_000_000 - head.utf8.count - tail.utf8.count) / 3)
    let bytes = try withFile(Data((head + filler + tail).utf8)) { try EventFile.read(path: $0) }
    let decoded = try EventFile.decode(bytes, name: "issues", repository: RepositoryName("a/b"), run: RunContext())
    guard case .event(let event) = decoded, case .issue(let issue, _) = event.payload else {
      Issue.record("not decoded")
      return
    }
    #expect(issue.body.utf8.count == filler.utf8.count / 3 * 2)

    let size = EventFile.maximumSize + 1
    #expect(throws: EventFileError.tooLarge(bytes: size)) {
      try withFile(Data(count: size)) { try EventFile.read(path: $0) }
    }
  }
}
