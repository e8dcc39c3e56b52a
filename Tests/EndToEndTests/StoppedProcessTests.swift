import Foundation
import GitHubDouble
import Glibc
import TestSupport
import Testing

/// A process that is stopped (SIGSTOP) while it writes, for longer than its leases last.
@Suite struct StoppedProcessTests {
  /// Stops a run when GitHub has done its first write and not answered yet; goes on with it once `body` has returned.
  private func withStoppedRun(
    _ body: (GitHubDouble, Step, TestDatabase) async throws -> Void,
    afterwards: (GitHubDouble, Step, TestDatabase, Step.Ending) async throws -> Void
  ) async throws {
    try await withMigratedDatabase { database in
      let configuration = liveConfiguration.replacingOccurrences(of: "alerts: false", with: "alerts: true")
      try await withGitHubDouble(widget(configuration: configuration)) { github in
        github.hold(on: .init(method: "POST", target: "*/labels"), answer: true)
        let step = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(1))
        let stopped = try step.start("run")
        _ = await github.held()
        stopped.kill(SIGSTOP)
        do {
          try await body(github, step, database)
        } catch {
          stopped.kill(SIGKILL)
          throw error
        }
        let before = github.mutations.count
        github.release()
        stopped.kill(SIGCONT)
        let end = try await stopped.wait()
        #expect(github.mutations.count == before, "\(github.mutations)")
        // Somebody else has it: no failure of this run, no alert, and the log says so.
        #expect(end.status == 0 && end.outputs["outcome"] == "duplicate", "\(end.log)")
        #expect(end.log.contains("taken over") && github.item(2) == nil, "\(end.log)")
        try await afterwards(github, step, database, end)
      }
    }
  }

  /// By the database's clock it was stopped for an hour.
  private func lapse(_ database: TestDatabase) async throws {
    for table in ["events", "threads"] {
      try await database.query("UPDATE yardmaster.\(table) SET lease_expires_at = lease_expires_at - interval '1 hour'")
    }
  }

  private func expectAllDone(_ github: GitHubDouble, _ database: TestDatabase) async throws {
    #expect(github.item(1)?.labels == ["bug", "needs-triage"])
    #expect(github.item(1)?.comments.count { $0.body.contains("we will look at it") } == 1)
    #expect(
      try await database.value(
        "SELECT count(*) AS value FROM yardmaster.actions WHERE status = 'done' AND rules <> '{}'", as: Int.self) == 2)
    #expect(
      try await database.value(
        "SELECT count(*) AS value FROM yardmaster.threads WHERE lease_event IS NOT NULL", as: Int.self) == 0)
  }

  /// A second delivery does all that is left; then the stopped process finds out.
  @Test func writesNothingOnceItsEventIsAnothers() async throws {
    try await withStoppedRun { github, step, database in
      #expect(try await step.run("run").outputs["outcome"] == "duplicate")
      try await lapse(database)
      let other = try await step.run("run")
      #expect(other.status == 0 && other.outputs["outcome"] == "processed", "\(other.log)")
    } afterwards: { github, _, database, _ in
      try await expectAllDone(github, database)
      #expect(
        try await database.value("SELECT string_agg(outcome, ' ') AS value FROM yardmaster.events", as: String.self)
          == "processed")
    }
  }

  /// Another event takes the thread. The stopped process leaves its own event open, and a re-run ends it.
  @Test func writesNothingOnceItsThreadIsAnothers() async throws {
    try await withStoppedRun { github, step, database in
      try await lapse(database)
      let delivery = try #require(github.act(as: "dave", on: 1, .comment("/title Crash")))
      let other = try await step.event(delivery.event, delivery.payload).run("run")
      #expect(other.status == 0 && github.item(1)?.title == "Crash", "\(other.log)")
    } afterwards: { github, step, database, _ in
      #expect(github.item(1)?.comments.count { $0.body.contains("we will look at it") } == 0)
      let again = try await step.with("GITHUB_RUN_ATTEMPT", "2").run("run")
      #expect(again.outputs["outcome"] == "processed", "\(again.log)")
      try await expectAllDone(github, database)
    }
  }
}
