import Foundation
import GitHubDouble
import TestSupport
import Testing

/// `/reprocess` brings back what failed on the thread.
@Suite struct ReprocessTests {
  private static let configuration = """
    mode: live
    alerts: false
    rules:
      - name: crash
        on: opened
        when: { title: crash }
        then: { label: bug }
      - name: retitled
        on: edited
        when: { title: again }
        then: { label: again, comment: "Seen once more." }
    """
  private static let refusal = GitHubDouble.FaultKind.answer(
    status: 422, headers: [:], body: #"{"message":"Validation Failed <b>@dave</b>"}"#)
  private static let labels = GitHubDouble.RequestMatch(target: "*/issues/1/labels*")

  /// A thread on which two events failed: the issue's opening `attempts` times, then an edit of it once.
  private func withFailures(
    attempts: Int = 1, _ body: (GitHubDouble, Step, TestDatabase) async throws -> Void
  ) async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget(configuration: Self.configuration)) { github in
        let step = try Step(github: github.url, database: database.url)
        let opened = github.issueEvent(1)
        let edit = try #require(github.act(as: "alice", on: 1, .title("Crash again")))
        github.fail(Self.refusal, on: Self.labels, times: nil)
        for attempt in 1...attempts {
          let end = try await step.event("issues", opened).with("GITHUB_RUN_ATTEMPT", "\(attempt)").run("run")
          #expect(end.status == 1, "\(end.log)")
        }
        let end = try await step.event(edit.event, edit.payload).run("run")
        #expect(end.status == 1, "\(end.log)")
        #expect(try await failed(database) == 2)
        try await body(github, step, database)
      }
    }
  }

  private func failed(_ database: TestDatabase) async throws -> Int {
    try await database.value(
      "SELECT count(*) AS value FROM yardmaster.events WHERE outcome IS DISTINCT FROM 'processed'", as: Int.self)
  }

  private func comment(_ text: String, as login: String, on github: GitHubDouble, _ step: Step) throws -> (Step, Int64)
  {
    let delivery = try #require(github.act(as: login, on: 1, .comment(text)))
    return (try step.event(delivery.event, delivery.payload), try #require(delivery.commentID))
  }

  private func reactions(to comment: Int64, on github: GitHubDouble) -> [String] {
    github.item(1)?.comments.first { $0.id == comment }?.reactions.map(\.content) ?? []
  }

  /// What Yardmaster said.
  private func replies(on github: GitHubDouble) -> [String] {
    (github.item(1)?.comments ?? []).map(\.body).filter { $0.contains("yardmaster") }
  }

  /// - Parameter attempts: of the issue's opening; with five it is a dead letter.
  @Test(arguments: [1, 5])
  func whatFailedIsProcessedBeforeTheRulesAreLookedAtAgain(attempts: Int) async throws {
    try await withFailures(attempts: attempts) { github, step, database in
      github.clearFaults()
      let (job, id) = try comment("/reprocess", as: "dave", on: github, step)
      let end = try await job.run("run")
      #expect(end.status == 0 && end.outputs["outcome"] == "processed", "\(end.log)")
      #expect(github.item(1).map { Set($0.labels) } == ["bug", "again"], "\(end.log)")
      #expect(try await failed(database) == 0)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.failed_events", as: Int.self) == 0)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.dead_letters", as: Int.self) == 0)
      // In the order of their moments.
      #expect(
        try await database.value(
          """
          SELECT string_agg(action_type || ' ' || actor, ', ' ORDER BY sequence) AS value FROM yardmaster.audit_log
          WHERE event_type = 'reprocess'
          """, as: String.self) == "issues dave, issues dave")
      let order = try await database.value(
        """
        SELECT string_agg(metadata ->> 'action', ', ' ORDER BY sequence) AS value FROM yardmaster.audit_log
        WHERE event_type = 'event' AND success
        """, as: String.self)
      #expect(order == "opened, edited, created")
      let answers = replies(on: github).filter { $0.contains("2 events that had failed are processed now") }
      #expect(answers.count == 1, "\(replies(on: github))")
      #expect(Set(reactions(to: id, on: github)) == ["eyes", "rocket"])
      #expect(end.summary.contains("issues.opened, event"), "\(end.summary)")

      let effects = github.effects.count
      #expect(try await job.with("GITHUB_RUN_ATTEMPT", "2").run("run").outputs["outcome"] == "duplicate")
      #expect(github.effects.count == effects)
    }
  }

  @Test func whatFailsAgainIsSaidInOneReply() async throws {
    try await withFailures { github, step, database in
      let (job, id) = try comment("/reprocess", as: "dave", on: github, step)
      let end = try await job.run("run")
      #expect(end.status == 1, "the rules themselves meet the refusal too: \(end.log)")
      let answer = try #require(replies(on: github).first { $0.contains("had failed") })
      #expect(answer.contains("Of 2 events that had failed, 0 are processed now"), "\(answer)")
      #expect(answer.contains("failed again, at attempt 2") && answer.contains("Validation Failed"), "\(answer)")
      #expect(!answer.contains("<b>") && !answer.contains("@dave"), "\(answer)")
      #expect(Set(reactions(to: id, on: github)) == ["eyes", "confused"])
      #expect(
        try await database.value(
          "SELECT sum(attempts) AS value FROM yardmaster.events WHERE event_name = 'issues'", as: Int.self) == 4)
    }
  }

  @Test func whoMayNotBringsNothingBack() async throws {
    try await withFailures { github, step, database in
      github.clearFaults()
      let (job, _) = try comment("/reprocess", as: "alice", on: github, step)
      #expect(try await job.run("run").status == 0)
      #expect(try await failed(database) == 2)
      #expect(github.item(1)?.labels == [])
    }
  }

  @Test func aDryRunPlansItOnly() async throws {
    try await withFailures { github, step, database in
      github.clearFaults()
      let before = github.mutations.count
      let (job, _) = try comment("/reprocess", as: "dave", on: github, step)
      let end = try await job.run("run", "--dry-run")
      #expect(end.status == 0, "\(end.log)")
      #expect(end.log.contains("failed, and would be processed again"), "\(end.log)")
      #expect(github.mutations.count == before, "\(github.mutations)")
      #expect(try await failed(database) == 2)
    }
  }

  /// Killed at each of its writes: the same labels, comments, reactions and answer as undisturbed.
  @Test(arguments: 0..<5)
  func aKillChangesNothingOfIt(write: Int) async throws {
    try await withFailures { github, step, database in
      github.clearFaults()
      let (job, id) = try comment("/reprocess", as: "dave", on: github, step)
      github.hold(on: .init(method: "POST", target: "*/issues/*"), skip: write, answer: true)
      let running = try job.start("run")
      _ = await github.held()
      running.kill(SIGKILL)
      _ = try await running.wait()
      github.release()
      let end = try await job.with("GITHUB_RUN_ATTEMPT", "2").run("run")
      #expect(end.status == 0, "\(end.log)")
      #expect(github.item(1).map { Set($0.labels) } == ["bug", "again"], "\(end.log)")
      #expect(try await failed(database) == 0, "\(end.log)")
      let said = replies(on: github)
      #expect(said.count == 2, "\(said)")
      #expect(said.count { $0.contains("2 events that had failed are processed now") } == 1, "\(said)")
      #expect(said.count { $0.contains("Seen once more.") } == 1, "\(said)")
      #expect(Set(reactions(to: id, on: github)) == ["eyes", "rocket"])
    }
  }

  /// Two comments at once: neither waits for the other's thread for ever, and nothing is done twice.
  @Test func twoAtOnceConverge() async throws {
    try await withFailures { github, step, database in
      github.clearFaults()
      let (first, one) = try comment("/reprocess", as: "dave", on: github, step)
      let (second, two) = try comment("/reprocess", as: "dave", on: github, step.with("GITHUB_RUN_ID", "4712"))
      async let a = first.run("run")
      async let b = second.run("run")
      let ends = try await [a, b]
      #expect(ends.allSatisfy { $0.status == 0 }, "\(ends.map(\.log))")
      #expect(github.item(1).map { Set($0.labels) } == ["bug", "again"])
      #expect(try await failed(database) == 0)
      let said = replies(on: github)
      #expect(said.count { $0.contains("Seen once more.") } == 1, "\(said)")
      for id in [one, two] {
        let shown = reactions(to: id, on: github)
        #expect(shown.contains("eyes") && shown.count == 2, "\(shown)")
      }
    }
  }
}
