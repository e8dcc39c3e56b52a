import Foundation
import GitHubDouble
import Postgres
import TestSupport
import Testing

@Suite struct SweepTests {
  private static let workflow = "on: workflow_dispatch\n"

  private static func model(pullRequests: Int = 60, issues: Int = 30) -> RepositoryModel {
    var model = RepositoryModel.generated(
      owner: "octo", name: "widget", pullRequests: pullRequests, issues: issues, seed: 23)
    model.contents[".github/workflows/history-sync.yml"] = Array(workflow.utf8)
    return model
  }

  private static func kinds(_ database: TestDatabase) async throws -> String {
    try await database.value(
      """
      SELECT string_agg(job_type || ' ' || status, ', ' ORDER BY created_at) AS value
      FROM yardmaster.progressive_capture_jobs
      """, as: String.self)
  }

  @Test func sweepsCaptureFollowAndAudit() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model()) { github in
        let step = try Step(github: github.url, database: database.url)
        let first = try await step.run("sweep")
        #expect(first.status == 0, "\(first.log)")
        #expect(first.outputs["complete"] == "true" && first.outputs["remaining-chunks"] == "0")
        #expect(first.outputs["items"] == "\(github.repository().items.count)")
        #expect(first.summary.contains("Sweep of"))
        try await expectEqualRows(database, github.repository(), "first sweep")
        #expect(try await Self.kinds(database) == "history completed")

        // An edit that has a time, and what has none.
        let numbers = github.repository().items.filter { !$0.comments.isEmpty && $0.isPullRequest }.map(\.number)
        let (edited, silent) = (try #require(numbers.first), try #require(numbers.last))
        let now = github.now
        github.change { model in
          _ = model.update(edited) { item in
            item.title = "Edited"
            item.updatedAt = now
          }
          _ = model.update(silent) { item in
            item.comments.removeFirst()
            item.pull?.reviews.removeAll()
          }
          model.addIssue(title: "New", at: now)
        }
        let second = try await step.run("sweep")
        #expect(second.status == 0, "\(second.log)")
        #expect(second.outputs["complete"] == "true")
        try await expectEqualRows(database, github.repository(), "second sweep")
        #expect(try await Self.kinds(database) == "history completed, history completed, audit completed")
        let proof = try await step.run("status", "--json")
        #expect(proof.status == 0)
      }
    }
  }

  /// What was transferred in has the newest number and times of long ago: no list shows it among the newest.
  @Test func whatWasTransferredInIsFoundByItsNumber() async throws {
    try await withMigratedDatabase { database in
      var model = Self.model(pullRequests: 10, issues: 120)
      func transferIn(_ model: inout RepositoryModel) { model.addIssue(title: "Transferred", at: 1_420_000_000) }
      transferIn(&model)
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url)
        _ = try await step.run("sweep")
        let first = try await step.run("sweep")
        #expect(first.status == 0, "\(first.log)")
        try await expectEqualRows(database, github.repository(), "first sweep")
        github.change { transferIn(&$0) }
        let second = try await step.run("sweep", "--audit-points", "0")
        #expect(second.status == 0, "\(second.log)")
        #expect(!second.summary.contains("not whole"), "\(second.summary)")
        try await expectEqualRows(database, github.repository(), "second sweep")

        // A deletion has no time: the count shows it, and the audit finds it.
        github.change { model in
          if let last = model.items.map(\.number).max() { model[last] = nil }
        }
        let third = try await step.run("sweep", "--audit-points", "0")
        #expect(third.summary.contains("1 stored item that GitHub does not count"), "\(third.summary)")
        let fourth = try await step.run("sweep")
        #expect(!fourth.summary.contains("not whole"), "\(fourth.summary)")
        try await expectEqualRows(database, github.repository(), "fourth sweep")
      }
    }
  }

  @Test func whatIsMissingIsCapturedAgain() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model()) { github in
        let step = try Step(github: github.url, database: database.url)
        _ = try await step.run("sweep", "--audit-points", "0")
        _ = try await database.query("DELETE FROM yardmaster.numbers WHERE number IN (3, 5)")
        _ = try await database.query(
          """
          DELETE FROM yardmaster.issue_comments WHERE github_id = (SELECT max(github_id) FROM yardmaster.issue_comments)
          """)
        let sweep = try await step.run("sweep", "--audit-points", "0")
        #expect(sweep.status == 0, "\(sweep.log)")
        #expect(sweep.outputs["complete"] == "true")
        try await expectEqualRows(database, github.repository())
        #expect(try await Self.kinds(database).hasSuffix("repair completed"))
      }
    }
  }

  @Test func theAuditKeepsToItsBudget() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model()) { github in
        let step = try Step(github: github.url, database: database.url)
        _ = try await step.run("sweep")
        var sweeps = 0
        while !(try await Self.kinds(database)).contains("audit completed") {
          sweeps += 1
          try #require(sweeps < 15)
          let sweep = try await step.run("sweep", "--audit-points", "2")
          #expect(sweep.status == 0 && sweep.outputs["complete"] == "true", "\(sweep.log)")
          #expect(!sweep.summary.contains("not whole"), "an audit that pauses unproves nothing")
        }
        #expect(sweeps > 1)
        #expect(!(try await Self.kinds(database)).contains("repair"), "what it has begun is its own")
        try await expectEqualRows(database, github.repository())
      }
    }
  }

  @Test(arguments: [2, 5, 9, 14, 20]) func aKilledSweepIsMadeGoodByTheNext(request: Int) async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model()) { github in
        let step = try Step(github: github.url, database: database.url)
        _ = try await step.run("plan", "--days-back", "9000", "--max-items", "20")
        github.hold(skip: request)
        let running = try step.start("sweep")
        if github.waitForHeld(timeout: 20) {
          running.kill(SIGKILL)
          #expect(try await running.wait().wasKilled)
        } else {
          #expect(try await running.wait().status == 0)
        }
        github.release()
        github.clearFaults()
        let next = try await step.run("sweep", "--audit-points", "0")
        #expect(next.status == 0, "\(next.log)")
        #expect(next.outputs["complete"] == "true", "\(next.log)")
        try await expectEqualRows(database, github.repository(), "killed at request \(request)")
        #expect(!(try await Self.kinds(database)).contains("history running"))
      }
    }
  }

  @Test func theTimeLimitAndASignalEndASweepInGoodOrder() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model()) { github in
        let step = try Step(github: github.url, database: database.url)
        github.fail(.delay(seconds: 1), on: .graphQL, times: nil)
        let late = try await step.run("sweep", "--time-limit", "4")
        #expect(late.status == 0, "\(late.log)")
        #expect(late.outputs["complete"] == "false")
        github.clearFaults()
        github.hold(on: .graphQL, skip: 1)
        let running = try step.start("sweep")
        _ = await github.held()
        running.kill(SIGTERM)
        let end = try await running.wait()
        #expect(end.status == 143, "\(end.log)")
        #expect(end.outputs["complete"] == "false")
        github.release()
        github.clearFaults()
        let next = try await step.run("sweep")
        #expect(next.outputs["complete"] == "true", "\(next.log)")
        try await expectEqualRows(database, github.repository())
      }
    }
  }

  @Test func aLimitThatEndsInTimeIsWaitedOut() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model()) { github in
        let step = try Step(github: github.url, database: database.url)
        github.fail(.primaryLimit(resetIn: 24), on: .graphQL, skip: 2)
        let clock = ContinuousClock()
        let begun = clock.now
        let sweep = try await step.run("sweep", "--time-limit", "120", "--audit-points", "0")
        #expect(sweep.status == 0, "\(sweep.log)")
        #expect(sweep.outputs["complete"] == "true", "\(sweep.log)")
        #expect(clock.now - begun > .seconds(20))
        #expect(sweep.log.contains("rate limit"))
        try await expectEqualRows(database, github.repository())
      }
    }
  }

  @Test func aPlanThatALimitKeepsWaitingIsInTheTable() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model()) { github in
        let step = try Step(github: github.url, database: database.url)
        github.fail(.primaryLimit(resetIn: 24), on: .graphQL)
        let short = step.with("YARDMASTER_TIME_LIMIT", "8")
        let first = try await short.run("plan", "--days-back", "3000")
        #expect(first.status == 0, "\(first.log)")
        let id = try #require(first.outputs["job-id"])
        #expect(first.outputs["has-work"] == "false" && first.outputs["complete"] == "false")
        #expect(first.outputs["matrix"] == #"{"include":[]}"# && first.summary.contains(id))
        // Killed while it waits, and asked for once more.
        let running = try step.start("plan", "--days-back", "3000")
        running.kill(SIGKILL)
        _ = try await running.wait()
        let second = try await short.run("plan", "--days-back", "3000")
        #expect(second.outputs["job-id"] == id || second.outputs["has-work"] == "true", "\(second.log)")
        #expect(try await Self.kinds(database) == "history pending")
        let third = try await step.run("plan", "--days-back", "3000")
        #expect(third.outputs["job-id"] == id && third.outputs["has-work"] == "true", "\(third.log)")
        #expect(try await Self.kinds(database) == "history pending")
        // What is planned needs no word of GitHub's.
        let requests = github.journal.count
        let fourth = try await step.run("plan", "--job-id", id)
        #expect(fourth.outputs["has-work"] == "true" && github.journal.count == requests, "\(fourth.log)")
        #expect(fourth.log.components(separatedBy: "has its chunks already").count == 2, "\(fourth.log)")
      }
    }
  }

  @Test func aSweepThatALimitStopsTellsWhatIsOpen() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model()) { github in
        let step = try Step(github: github.url, database: database.url)
        let job = try #require(try await step.run("plan", "--all").outputs["job-id"])
        github.fail(.primaryLimit(resetIn: 600), on: .graphQL)
        let sweep = try await step.run("sweep", "--time-limit", "8")
        #expect(sweep.status == 0, "\(sweep.log)")
        #expect(sweep.outputs["complete"] == "false" && sweep.outputs["job-id"] == job, "\(sweep.outputs)")
        let open = try await database.value(
          "SELECT count(*) AS value FROM yardmaster.capture_chunks WHERE status <> 'completed'", as: Int.self)
        #expect(open > 0 && sweep.outputs["remaining-chunks"] == "\(open)", "\(sweep.outputs)")
      }
    }
  }

  @Test func theCommandLineIsChecked() async throws {
    let step = try Step(github: "http://127.0.0.1:1", database: deadDatabase())
    for arguments in [
      ["sweep", "--time-limit", "0"], ["sweep", "--audit-points", "-1"], ["sweep", "--repository", "nothing"],
      ["continue"], ["continue", "--job-id", "7"],
    ] {
      let end = try await step.start(arguments: arguments).wait()
      #expect(end.status == 64, "\(arguments): \(end.log)")
    }
  }
}

@Suite struct ContinuationTests {
  private static func planned(
    _ body: (TestDatabase, GitHubDouble, Step, String) async throws -> Void
  ) async throws {
    try await withMigratedDatabase { database in
      var model = RepositoryModel.generated(owner: "octo", name: "widget", pullRequests: 20, issues: 5, seed: 5)
      model.contents[".github/workflows/history.yml"] = Array("on:\n  workflow_dispatch:\n".utf8)
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url)
          .with("GITHUB_WORKFLOW_REF", "octo/widget/.github/workflows/history.yml@refs/heads/main")
        let job = try #require(try await step.run("plan", "--all").outputs["job-id"])
        try await body(database, github, step, job)
      }
    }
  }

  @Test func anIncompleteJobIsDispatchedOnceForEachRun() async throws {
    try await Self.planned { database, github, step, job in
      let first = try await step.run("continue", "--job-id", job)
      #expect(first.status == 0, "\(first.log)")
      #expect(first.outputs["complete"] == "false")
      let dispatches = github.mutations.filter { $0.kind == "dispatch_workflow" }
      #expect(dispatches.count == 1)
      #expect(dispatches.first?.detail.prefix(2) == ["history.yml", "main"])
      #expect(dispatches.first?.detail.contains("job_id=\(job)") == true)
      #expect(dispatches.first?.detail.contains("repository_name=octo/widget") == true)
      let again = try await step.with("GITHUB_RUN_ATTEMPT", "2").run("continue", "--job-id", job)
      #expect(again.status == 0 && github.mutations.count == 1, "\(again.log)")

      _ = try await step.run("sync", "--job-id", job)
      let done = try await step.with("GITHUB_RUN_ID", "4712").run("continue", "--job-id", job)
      #expect(done.status == 0 && done.outputs["complete"] == "true", "\(done.log)")
      #expect(github.mutations.count == 1)
    }
  }

  @Test(arguments: ["cancelled", "failed"]) func aClosedJobIsNotCompleteAndNeedsNoRun(status: String) async throws {
    try await Self.planned { database, github, step, job in
      _ = try await database.query("UPDATE yardmaster.progressive_capture_jobs SET status = '\(status)'")
      let end = try await step.run("continue", "--job-id", job)
      #expect(end.status == 0 && end.outputs["complete"] == "false", "\(end.log)")
      #expect(end.log.contains("The job is \(status)") && end.summary.contains("⏹️"), "\(end.log)")
      #expect(github.mutations.isEmpty)
      let sync = try await step.run("sync", "--job-id", job)
      #expect(sync.status == 0 && sync.outputs["complete"] == "false", "\(sync.log)")
      #expect(sync.log.contains("The job is \(status)") && !sync.log.contains("Other processes"), "\(sync.log)")
      #expect(sync.summary.contains(status) && !sync.summary.contains("none free"), "\(sync.summary)")
    }
  }

  @Test func aDispatchThatFailedIsMadeGoodByTheReRun() async throws {
    try await Self.planned { database, github, step, job in
      github.fail(.unavailable(), on: .rest, times: nil)
      let failed = try await step.run("continue", "--job-id", job)
      #expect(failed.status == 75, "\(failed.log)")
      #expect(github.mutations.isEmpty)
      github.clearFaults()
      for attempt in 2...3 {
        let again = try await step.with("GITHUB_RUN_ATTEMPT", "\(attempt)").run("continue", "--job-id", job)
        #expect(again.status == 0, "\(again.log)")
        #expect(again.log.contains(attempt == 2 ? "is dispatched" : "has dispatched the next one before"))
        #expect(github.mutations.count == 1)
      }
    }
  }

  @Test func aLimitThatTheDispatchMeetsLeavesTheJobToTheSweep() async throws {
    try await Self.planned { database, github, step, job in
      github.fail(.secondaryLimit(status: 403, retryAfter: 600), on: .rest)
      let begun = ContinuousClock.now
      let limited = try await step.run("continue", "--job-id", job)
      #expect(limited.status == 0, "\(limited.log)")
      #expect(limited.log.contains("sweep") && limited.outputs["complete"] == "false", "\(limited.log)")
      // The limit is the ledger's: the next process asks GitHub nothing.
      let requests = github.journal.count
      let next = try await step.with("GITHUB_RUN_ID", "4712").run("continue", "--job-id", job)
      #expect(next.status == 0 && next.log.contains("sweep"), "\(next.log)")
      #expect(github.journal.count == requests && github.mutations.isEmpty)
      #expect(ContinuousClock.now - begun < .seconds(60))
    }
  }

  @Test func aChainThatStoresNothingEnds() async throws {
    try await Self.planned { database, github, step, job in
      var status: [Int32] = []
      for run in 4711..<4716 {
        let end = try await step.with("GITHUB_RUN_ID", "\(run)").run("continue", "--job-id", job)
        status.append(end.status)
        if end.status != 0 {
          #expect(end.log.contains("in a row"))
          #expect(end.outputs["outcome"] == "failed")
        }
      }
      #expect(status == [0, 1, 1, 1, 1])
      #expect(github.mutations.count == 1)
    }
  }

  @Test func whatWaitsForQuotaIsLeftToTheSweep() async throws {
    try await Self.planned { database, github, step, job in
      _ = try await database.query(
        "UPDATE yardmaster.capture_chunks SET status = 'waiting', not_before = now() + interval '30 minutes'")
      let end = try await step.run("continue", "--job-id", job)
      #expect(end.status == 0, "\(end.log)")
      #expect(github.mutations.isEmpty)
      #expect(end.log.contains("sweep"))
    }
  }

  @Test func aTokenThatMayNotDispatchIsSaidToBe() async throws {
    try await withMigratedDatabase { database in
      var model = RepositoryModel.generated(owner: "octo", name: "widget", pullRequests: 3, issues: 1, seed: 5)
      model.contents[".github/workflows/history.yml"] = Array("on:\n  workflow_dispatch:\n".utf8)
      var configuration = GitHubDouble.Configuration()
      configuration.identity = .readOnly
      try await withGitHubDouble(model, configuration: configuration) { github in
        let step = try Step(github: github.url, database: database.url)
          .with("GITHUB_WORKFLOW_REF", "octo/widget/.github/workflows/history.yml@refs/heads/main")
        let job = try #require(try await step.run("plan", "--all").outputs["job-id"])
        let end = try await step.run("continue", "--job-id", job)
        #expect(end.status == 78, "\(end.log)")
        #expect(end.log.contains("actions: write"), "\(end.log)")
        let outside = try await step.with("GITHUB_WORKFLOW_REF", "").run("continue", "--job-id", job)
        #expect(outside.status == 78 && outside.log.contains("no workflow run"), "\(outside.log)")
      }
    }
  }
}
