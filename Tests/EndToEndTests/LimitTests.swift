import Foundation
import GitHubDouble
import Postgres
import TestSupport
import Testing

/// Who has to wait for a limit of GitHub's, and who goes on.
@Suite struct LimitTests {
  private static let model = RepositoryModel.generated(
    owner: "octo", name: "widget", pullRequests: 40, issues: 10, seed: 5)

  /// A run that met REST's limit and was asked to end leaves the numbers, which draw on GraphQL, to the others.
  @Test func aLimitOfRESTKeepsNobodyFromTheNumbers() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model) { github in
        let step = try Step(github: github.url, database: database.url)
        let job = try #require(try await step.run("plan", "--all", "--chunk-size", "10").outputs["job-id"])
        github.fail(.primaryLimit(resetIn: 3_000), on: .init(target: "*/pulls/comments*"))
        github.hold(on: .init(operation: "CaptureItems"))
        let running = try step.start("sync", "--job-id", job)
        _ = await github.held()
        running.kill(SIGTERM)
        let ended = try await running.wait()
        #expect(ended.status == 143, "\(ended.log)")
        github.release()
        let waiting = try await database.value(
          "SELECT string_agg(ordinal::text, ',') AS value FROM yardmaster.capture_chunks WHERE not_before > now()",
          as: String.self)
        #expect(waiting == "1")
        let next = try await step.run("sync", "--job-id", job, "--time-limit", "100")
        #expect(next.status == 0 && next.outputs["remaining-chunks"] == "1", "\(next.log)")
      }
    }
  }

  /// What history leaves to events is enough for the one request that dispatches the next run.
  @Test func theReserveIsThereForTheNextRun() async throws {
    try await withMigratedDatabase { database in
      var model = Self.model
      model.contents[".github/workflows/history.yml"] = Array("on:\n  workflow_dispatch:\n".utf8)
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url)
          .with("GITHUB_WORKFLOW_REF", "octo/widget/.github/workflows/history.yml@refs/heads/main")
        let job = try #require(try await step.run("plan", "--all").outputs["job-id"])
        let owners = try await database.query(
          """
          INSERT INTO yardmaster.budget_windows (owner, resource, quota, remaining, resets_at, window_seconds)
          SELECT DISTINCT owner, 'core', 1000, 50, now() + interval '30 minutes', 3600 FROM yardmaster.budget_windows
          ON CONFLICT (owner, resource) DO UPDATE SET quota = 1000, remaining = 50, resets_at = excluded.resets_at
          RETURNING owner
          """)
        #expect(owners.count > 0)
        let end = try await step.run("continue", "--job-id", job)
        #expect(end.status == 0 && end.log.contains("is dispatched"), "\(end.log)")
        #expect(github.mutations.count { $0.kind == "dispatch_workflow" } == 1)
      }
    }
  }
}
