import Foundation
import GitHubDouble
import TestSupport
import Testing

/// Something that Yardmaster does on issues, with all that has to have happened before it.
struct AutomationScenario: Sendable, CustomTestStringConvertible {
  /// What is started, and started again after its death.
  struct Start: Sendable {
    var arguments: [String]
    var event: Command.Event?
    /// What it says where an attempt that was killed had done it all; nil where that is a success as well.
    var refusal: String?
  }

  var testDescription: String
  /// Prepares the double and the database with whole runs, and says what is to be killed.
  var prepare: @Sendable (GitHubDouble, TestDatabase, Command) async throws -> Start

  static let all = [commands, undo, rollback, missed, schedule, retry, replay]

  /// The first issue is new, the second nobody has touched for years. Of the collaborators, erin may take things back.
  static var model: RepositoryModel {
    var model = RepositoryModel(owner: "octo", name: "widget")
    model.contents[".github/yardmaster.yml"] = Array(configuration.utf8)
    model.contents[".github/workflows/deploy.yml"] = Array("on: workflow_dispatch".utf8)
    model.collaborators = ["dave": "write", "erin": "maintain"]
    model.addIssue(title: "Crash at start", body: "It crashes.", author: .user("alice"))
    return model
  }

  private static let configuration = """
    mode: live
    alerts: false
    commands:
      custom:
        - name: deploy
          permission: write
          arguments:
            - { name: place, choices: [test, live] }
          then:
            dispatch: { workflow: deploy.yml, ref: main, inputs: { to: "{{args.place}}" } }
        - name: note
          permission: write
          then:
            comment: "Noted."
            sticky: { key: crash, body: "Noted, and being looked at." }
    rules:
      - name: crash
        when: { title: crash }
        then:
          label: [bug, crash]
          comment: "Thanks."
          sticky: "Seen."
          assign: [dave]
      - name: talk
        on: [issue_comment.created]
        when: { comment: please }
        then: { label: wanted, comment: "It is wanted." }
      - name: old
        on: schedule
        when: { age: 52 weeks }
        then: { label: old, sticky: { key: old, body: "It is old." } }
    stale: { after: 30 days, comment: "Is this still so?" }
    """

  // MARK: Scenarios

  /// A rule and commands of every kind in one event.
  static let commands = AutomationScenario(testDescription: "run") { github, _, command in
    try await open(github, command)
    return try say(everything, as: "dave", on: github)
  }

  /// `/undo` of all that.
  static let undo = AutomationScenario(testDescription: "undo") { github, _, command in
    try await open(github, command)
    try await carryOut(say(everything, as: "dave", on: github), command)
    return try say("/undo", as: "erin", on: github)
  }

  /// `rollback` of all that.
  static let rollback = AutomationScenario(testDescription: "rollback") { github, _, command in
    try await open(github, command)
    let end = try await carryOut(say(everything, as: "dave", on: github), command)
    let transaction = try #require(end.outputs["transaction-id"])
    return Start(arguments: ["rollback", "--transaction", transaction])
  }

  /// A sweep that finds an issue and two comments whose events never came.
  static let missed = AutomationScenario(testDescription: "sweep") { github, _, _ in
    withoutSchedule(github)
    github.act(as: "dave", on: 1, .comment("/label wanted\n/deploy test"))
    github.act(as: "dave", on: 1, .comment("/unlabel wanted\n/title Crash\n/close"))
    return sweep("--since", "2020-01-01")
  }

  /// A sweep whose rules go by time.
  static let schedule = AutomationScenario(testDescription: "sweep of what is stale") { github, _, _ in
    _ = github.change { $0.addIssue(title: "Old wish", author: .user("alice")) }
    return sweep("--since", "2024-01-01")
  }

  /// A sweep that tries an event again which failed, and which it would not find by itself.
  static let retry = AutomationScenario(testDescription: "sweep of what failed") { github, database, command in
    _ = try await fail(github, database, command)
    try await database.query("UPDATE yardmaster.failed_events SET next_attempt_at = now()")
    return sweep()
  }

  /// The same by hand.
  static let replay = AutomationScenario(testDescription: "replay") { github, database, command in
    let event = try await fail(github, database, command)
    return Start(arguments: ["replay", "--event", event], refusal: "did not fail: it is processed")
  }

  // MARK: Steps

  private static let everything = """
    please
    /label crash, "good first issue"
    /assign erin
    /milestone v1
    /title Crash when starting
    /note
    /deploy test
    /lock spam
    /close not planned
    """

  /// The issue's own event, and what people did by hand.
  private static func open(_ github: GitHubDouble, _ command: Command) async throws {
    withoutSchedule(github)
    let event = Command.Event(name: "issues", payload: try #require(github.issueEvent(1)))
    try await carryOut(Start(arguments: ["run"], event: event), command)
    github.act(as: "dave", on: 1, .milestone("v1"))
    github.act(as: "dave", on: 1, .milestone("v2"))
    github.act(as: "dave", on: 1, .lock(reason: "resolved"))
  }

  /// The issue's own event, which fails at its label; then a sweep that leaves it behind. GitHub is well again after that.
  private static func fail(_ github: GitHubDouble, _ database: TestDatabase, _ command: Command) async throws -> String
  {
    withoutSchedule(github)
    github.fail(
      .answer(status: 422, headers: [:], body: #"{"message":"Validation Failed"}"#),
      on: .init(method: "POST", target: "*/issues/1/labels"))
    let event = Command.Event(name: "issues", payload: try #require(github.issueEvent(1)))
    let end = try await command.run(["run"], event: event)
    #expect(end.status == 1, "\(end.log)")
    let swept = try await command.run(sweep("--since", "2024-01-01").arguments)
    #expect(swept.status == 0, "\(swept.log)")
    return try #require(end.outputs["event-id"])
  }

  private static func say(_ text: String, as login: String, on github: GitHubDouble) throws -> Start {
    let delivery = try #require(github.act(as: login, on: 1, .comment(text)))
    return Start(arguments: ["run"], event: Command.Event(name: delivery.event, payload: delivery.payload))
  }

  @discardableResult
  private static func carryOut(_ start: Start, _ command: Command) async throws -> Command.Ending {
    let end = try await command.run(start.arguments, event: start.event)
    try #require(end.status == 0 && end.outputs["outcome"] == "processed", "\(end.log)")
    return end
  }

  private static func sweep(_ more: String...) -> Start {
    Start(arguments: ["sweep", "--only", "automation"] + more)
  }

  /// Leaves rules that go by time out of what is killed.
  private static func withoutSchedule(_ github: GitHubDouble) {
    let text = configuration.replacing("on: schedule", with: "on: reopened")
    let end = text.range(of: "stale:")?.lowerBound ?? text.endIndex
    github.change { $0.contents[".github/yardmaster.yml"] = Array(text[..<end].utf8) }
  }
}
