import Domain
import Foundation
import Markup
import Reporting
import TestSupport
import Testing

@Suite struct ActionsReportTests {
  static func listed(
    _ effect: Effect, _ status: Action.Status = .done, evidence: String = "the title contains \"crash\"",
    before: JSONValue = .null, explanation: String? = nil, minutes: Int = 5
  ) throws -> ListedAction {
    var decision = try Samples.decision(effect, evidence: evidence)
    decision.before = before
    decision.rules = ["bug"]
    let id = try Samples.required(ActionID("0b7e8f3a-6c1d-4e2f-9a5b-0000000000aa"))
    return ListedAction(
      action: Action(id: id, decision: decision, status: status, intendedAt: Samples.now - Double(minutes * 60) - 1),
      transaction: try Samples.required(TransactionID("0b7e8f3a-6c1d-4e2f-9a5b-000000000002")),
      event: try Samples.required(EventID("0b7e8f3a-6c1d-4e2f-9a5b-000000000001")), eventName: "issues",
      eventAction: "opened", actor: "alice", runID: 17, explanation: explanation,
      settledAt: Samples.now - Double(minutes * 60))
  }

  static func report() throws -> ActionsReport {
    var command = try listed(.setTitle("New title"), .rolledBack, before: ["title": "Old title"], minutes: 90)
    command.action.decision.reason = Reason(origin: "command /title", evidence: "@bob has write permission")
    command.action.decision.standing = Standing(will: .person, login: "bob", moment: Moment(Samples.now))
    command.action.decision.rules = []
    var dry = try listed(.comment(body: "Thanks!"), .skipped, explanation: "dry run", minutes: 2_000)
    dry.isDryRun = true
    (dry.actor, dry.runID) = (nil, nil)
    let actions = [
      try listed(.addLabels(["bug", "p1"]), before: ["labels": ["old"]]),
      try listed(.close(reason: .notPlanned), .failed, explanation: "GitHub answered 403"), command, dry,
    ]
    var report = ActionsReport(actions, of: try Samples.repository(), number: 12, isCut: true, now: Samples.now)
    report.links = Samples.links
    return report
  }

  static func hostile(_ text: String) throws -> ActionsReport {
    var action = try listed(
      .setTitle(text), .failed, evidence: text, before: ["title": .string(text)], explanation: text)
    action.actor = text
    action.eventAction = text
    action.action.decision.reason.origin = text
    return ActionsReport([action], now: Samples.now)
  }

  @Test func actionsAreListedForPeople() throws {
    try expectGolden(try Self.report().text().lines.joined(separator: "\n"), "actions.txt")
    try expectGolden(try Self.report().markdown().text, "actions.md")
    #expect(ActionsReport([], of: try Samples.repository(), number: 3, now: Samples.now).text().lines.count == 1)
  }

  @Test func keysStay() throws {
    let text = try Self.report().json()
    #expect(text.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
    let document = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    guard case .array(let actions)? = document["actions"], let first = actions.first else {
      Issue.record("no actions")
      return
    }
    for key in [
      "id", "transaction_id", "event_id", "event", "kind", "what", "writes", "repository", "number", "status",
      "dry_run",
      "origin", "evidence", "rules", "will", "login", "actor", "before", "after", "explanation", "undoes", "run_id",
      "run_url", "intended_at", "settled_at",
    ] {
      #expect(first[key] != nil, "\(key)")
    }
    #expect(actions.count == 4 && document["complete"] == false)
    #expect(first["writes"] == ["label:bug": true, "label:p1": true] && first["event"] == "issues.opened")
    #expect(actions[2]["will"] == "person" && actions[2]["login"] == "bob" && actions[3]["dry_run"] == true)
  }

  @Test func hostileTextStaysText() throws {
    let report = try Self.hostile(Samples.hostile)
    try expectGolden(report.text().lines.joined(separator: "\n"), "actions-hostile.txt")
    try expectGolden(report.markdown().text, "actions-hostile.md")
    try HostileReports.expectNoCommands { text in
      let report = try Self.hostile(text)
      return report.text().lines + [report.json()]
    }
  }
}

/// Texts of which the runner would execute a part, given to a report many times.
enum HostileReports {
  static let pieces = [
    "::error::x", "::add-mask::x", "##[error]", "##\u{200B}[group]x", "#", "##", "[", "]", ":", "::", "\n", "\r\n",
    "\r",
    "\n::warning::", "\u{85}", "\u{2028}", "\u{202E}", "\u{0}", "\u{AD}", "\u{1B}[2K", "@alice", "<img src=x>", "`",
    "|",
    "é", "\u{1F600}", "a", " ", "\t", "\"", "\\", "stop-commands", "error",
  ]

  static func expectNoCommands(_ lines: (String) throws -> [String]) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    var log: [String] = []
    for _ in 0..<300 {
      let text = (0..<Int.random(in: 0...9, using: &generator)).map { _ in
        pieces.randomElement(using: &generator) ?? ""
      }.joined()
      for line in try lines(text) {
        #expect(!line.unicodeScalars.contains { $0 == "\n" || $0 == "\r" }, "seed \(seed)")
        log.append(line)
      }
    }
    if Oracle.path != nil {
      #expect(try Oracle.commands(in: log.joined(separator: "\n")) == "", "seed \(seed)")
      #expect(try !Oracle.commands(in: "::error::x").isEmpty)
    }
  }
}
