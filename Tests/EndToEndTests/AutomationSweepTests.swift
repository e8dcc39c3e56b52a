import Foundation
import GitHubDouble
import TestSupport
import Testing

/// `yardmaster sweep`, as far as it is about rules and commands.
@Suite struct AutomationSweepTests {
  private func sweep(_ step: Step) async throws -> Step.Ending {
    try await step.run("sweep", "--repository", "octo/widget", "--only", "automation", "--since", "2000-01-01")
  }

  @Test func whatNoEventBroughtIsProcessedOnce() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        let step = try Step(github: github.url, database: database.url)
        github.act(as: "carol", on: 1, .comment("/label urgent"))
        let end = try await sweep(step)
        #expect(end.status == 0, "\(end.log)")
        #expect(Set(github.item(1)?.labels ?? []) == ["bug", "needs-triage", "urgent"])
        let effects = github.effects.count
        let again = try await sweep(step)
        #expect(again.status == 0, "\(again.log)")
        #expect(github.effects.count == effects)
        // The event that comes after all is the same one.
        let late = try await step.event("issues", github.issueEvent(1)).run("run")
        #expect(late.outputs["outcome"] == "duplicate", "\(late.log)")
      }
    }
  }

  @Test func anOldCommandThatWasMissedGivesWay() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        let step = try Step(github: github.url, database: database.url)
        github.act(as: "carol", on: 1, .comment("/close"))
        let newer = try #require(github.act(as: "carol", on: 1, .comment("/reopen")))
        _ = try await step.event(newer.event, newer.payload).run("run")
        let end = try await sweep(step)
        #expect(end.status == 0, "\(end.log)")
        #expect(github.item(1)?.isClosed == false)
      }
    }
  }

  @Test func aDryRunSweepWritesNothing() async throws {
    try await withMigratedDatabase { database in
      let configuration = liveConfiguration.replacing("mode: live", with: "mode: dry-run")
      try await withGitHubDouble(widget(configuration: configuration)) { github in
        let step = try Step(github: github.url, database: database.url)
        let end = try await sweep(step)
        #expect(end.status == 0, "\(end.log)")
        #expect(github.mutations.isEmpty)
        #expect(end.summary.contains("👀 dry run") && !end.summary.contains("skipped"), "\(end.summary)")
      }
    }
  }

  @Test func withoutAConfigurationThereIsNothingToSweep() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget(configuration: nil)) { github in
        let end = try await sweep(try Step(github: github.url, database: database.url))
        #expect(end.status == 0, "\(end.log)")
        #expect(end.log.contains("nothing to sweep"))
      }
    }
  }

  /// A sweep's walk finds the event of what failed as often as it walks; its time is another matter.
  @Test func whatFailedIsNotTriedAgainBeforeItsTime() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        let step = try Step(github: github.url, database: database.url)
        let refusal = GitHubDouble.FaultKind.answer(
          status: 422, headers: [:], body: #"{"message":"Validation Failed"}"#)
        github.fail(refusal, on: .init(method: "POST", target: "*/issues/1/labels*"), times: nil)
        let event = try await step.event("issues", github.issueEvent(1)).run("run")
        #expect(event.status == 1, "\(event.log)")
        github.clearFaults()
        for _ in 0..<2 {
          let end = try await sweep(step)
          #expect(end.status == 0, "\(end.log)")
          #expect(github.item(1)?.labels == [])
        }
        try await database.query("UPDATE yardmaster.failed_events SET next_attempt_at = now()")
        let end = try await sweep(step)
        #expect(end.status == 0, "\(end.log)")
        #expect(Set(github.item(1)?.labels ?? []) == ["bug", "needs-triage"])
      }
    }
  }

  /// Nobody asked for people's texts in the database.
  @Test func historyThatNobodyAskedForIsNotCaptured() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        let step = try Step(github: github.url, database: database.url)
        let end = try await step.run("sweep", "--repository", "octo/widget")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.log.contains("No history of octo/widget is captured"), "\(end.log)")
        #expect(try await database.query("SELECT number FROM yardmaster.issues").isEmpty)
        #expect(end.outputs["complete"] == "true")
        // Once it was asked for, sweeps keep it.
        let planned = try await step.run("plan", "--repository", "octo/widget", "--all")
        #expect(planned.status == 0, "\(planned.log)")
        let kept = try await step.run("sweep", "--repository", "octo/widget")
        #expect(kept.status == 0, "\(kept.log)")
        #expect(try await !database.query("SELECT number FROM yardmaster.issues").isEmpty)
      }
    }
  }
}
