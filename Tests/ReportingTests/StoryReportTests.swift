import Domain
import Foundation
import Markup
import Reporting
import Testing

@Suite struct StoryReportTests {
  static func time(_ text: String) throws -> Timestamp { try Samples.required(Timestamp("2026-03-01T\(text)Z")) }

  static func entries() throws -> [StoryEntry] {
    let first = try Samples.required(TransactionID("0b7e8f3a-6c1d-4e2f-9a5b-000000000002"))
    let second = try Samples.required(TransactionID("0b7e8f3a-6c1d-4e2f-9a5b-000000000003"))
    let planned = try Samples.required(TransactionID("0b7e8f3a-6c1d-4e2f-9a5b-000000000004"))
    let reason: JSONValue = ["origin": "rule 'bug'", "evidence": "the title contains \"crash\""]
    return [
      StoryEntry(at: nil, kind: .link, what: "closes octo/widgets@0123456789abcdef0123456789abcdef01234567"),
      StoryEntry(
        at: try time("10:00:00"), kind: .opened, who: "alice", what: "App crashes on start",
        detail: ["state": "open", "is_pull_request": false]),
      StoryEntry(
        at: try time("10:00:00"), kind: .event, who: "alice", what: "issues.opened",
        detail: ["outcome": "processed"], transaction: first),
      StoryEntry(
        at: try time("10:00:02"), kind: .action, who: "alice", what: "add_labels",
        detail: ["status": "done", "rules": ["bug"], "reason": reason, "dry_run": false], transaction: first,
        effect: .addLabels(["bug"])),
      StoryEntry(
        at: try time("10:05:00"), kind: .comment, who: "bob", what: "/unlabel bug\r\n/lock", detail: ["comment_id": 55]),
      StoryEntry(
        at: try time("10:05:00"), kind: .command, who: "bob", what: "/lock",
        detail: ["verdict": "refused", "explanation": "needs triage permission"]),
      StoryEntry(
        at: try time("10:05:03"), kind: .rollback, who: "carol", what: "remove_label",
        detail: [
          "status": "rolled_back", "rules": [], "dry_run": false,
          "reason": ["origin": "command /undo", "evidence": "transaction"],
        ], transaction: second, effect: .removeLabel("bug")),
      StoryEntry(
        at: try time("10:06:00"), kind: .action, what: "dispatch",
        detail: ["status": "skipped", "dry_run": true, "rules": []], transaction: planned,
        effect: .dispatch(WorkflowDispatch(workflow: "build.yml"))),
      StoryEntry(
        at: try time("10:07:00"), kind: .event, what: "schedule", detail: ["outcome": "failed", "error": "boom"]),
      StoryEntry(
        at: try time("10:08:00"), kind: .link, who: "dave", what: "closed by octo/widgets#13",
        detail: ["title": "Mend the crash", "state": "merged"]),
      StoryEntry(at: try time("10:09:00"), kind: .review, who: "erin", what: "approved: nice"),
    ]
  }

  static func report() throws -> StoryReport {
    let item = ItemReference(repository: try Samples.repository(), number: 12)
    return StoryReport(try entries(), of: item, isCut: true)
  }

  /// Every kind of entry, with the text wherever one may stand.
  static func hostile(_ text: String) throws -> StoryReport {
    var report = try report()
    report.entries = StoryEntry.Kind.allCases.map { kind in
      StoryEntry(
        at: Samples.now, kind: kind, who: text, what: text,
        detail: [
          "outcome": .string(text), "error": .string(text), "verdict": .string(text), "explanation": .string(text),
          "status": .string(text), "title": .string(text), "state": .string(text), "path": .string(text),
          "rules": kind == .action ? [.string(text)] : [],
          "reason": ["origin": .string(text), "evidence": .string(text)],
        ], effect: kind == .rollback ? .setTitle(text) : nil)
    }
    return report
  }

  @Test func aStoryReadsAsATimeline() throws {
    try expectGolden(try Self.report().text().lines.joined(separator: "\n"), "story.txt")
    try expectGolden(try Self.report().markdown().text, "story.md")
    let item = ItemReference(repository: try Samples.repository(), number: 3)
    #expect(StoryReport([], of: item).text().lines.count == 1)
  }

  @Test func keysStay() throws {
    let text = try Self.report().json()
    #expect(text.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
    let document = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    guard case .array(let story)? = document["story"], let first = story.first else {
      Issue.record("no story")
      return
    }
    for key in ["at", "kind", "who", "what", "detail", "transaction_id"] { #expect(first[key] != nil, "\(key)") }
    #expect(story.count == 11 && document["complete"] == false && document["number"] == 12)
  }

  @Test func hostileTextStaysText() throws {
    let report = try Self.hostile(Samples.hostile)
    try expectGolden(report.text().lines.joined(separator: "\n"), "story-hostile.txt")
    try expectGolden(report.markdown().text, "story-hostile.md")
    try HostileReports.expectNoCommands { text in
      let report = try Self.hostile(text)
      return report.text().lines + [report.json()]
    }
  }
}
