import Foundation
import GitHubDouble
import TestSupport
import Testing

/// What GitHub cannot serve costs itself, and no night's sweep.
@Suite struct PoisonTests {
  private static var model: RepositoryModel {
    .generated(owner: "octo", name: "widget", pullRequests: 60, issues: 30, seed: 23)
  }

  @Test func oneEntryThatFailsAlwaysKeepsNothingElseFromBeingCaptured() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model) { github in
        // The first review comment, whatever page it is on.
        let first = GitHubDouble.RequestMatch(target: "*/pulls/comments?sort=updated&direction=asc&per_page=*&page=1")
        github.fail(.badGateway, on: first, times: nil)
        let step = try Step(github: github.url, database: database.url)
        let sweep = try await step.run("sweep", "--audit-points", "0")
        #expect(sweep.status == 0, "\(sweep.log)")
        #expect(sweep.outputs["complete"] == "true")
        let letters = try await database.value(
          "SELECT string_agg(kind || ' ' || reference || ' ' || number, ', ') AS value FROM yardmaster.dead_letters",
          as: String.self)
        #expect(letters == "list octo/widget 0")
        let comments = github.repository().items.reduce(0) { $0 + ($1.pull?.reviewComments.count ?? 0) }
        let stored = try await database.value(
          "SELECT count(*)::integer AS value FROM yardmaster.review_comments", as: Int.self)
        // Another question may bring it after all.
        #expect((comments - 1...comments).contains(stored))

        // The walk counts: what changes from now on is a delta's.
        github.clearFaults()
        let now = github.now
        github.change { _ = $0.addIssue(title: "New", at: now) }
        let next = try await step.run("sweep", "--audit-points", "0")
        #expect(next.status == 0, "\(next.log)")
        let new = try await database.value(
          "SELECT count(*)::integer AS value FROM yardmaster.issues WHERE title = 'New'", as: Int.self)
        #expect(new == 1)
      }
    }
  }

  /// Servers that answer nobody are nobody's loss.
  @Test(arguments: [GitHubDouble.RequestMatch.rest, .graphQL])
  func aGitHubThatIsDownLosesNothing(match: GitHubDouble.RequestMatch) async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model) { github in
        let step = try Step(github: github.url, database: database.url)
        let plan = try await step.run("plan")
        let job = try #require(plan.outputs["job-id"])
        github.fail(.internalError, on: match, times: nil)
        let down = try await step.run("sync", "--job-id", job)
        #expect(down.status == 75, "\(down.log)")
        let letters = try await database.value(
          "SELECT count(*)::integer AS value FROM yardmaster.dead_letters", as: Int.self)
        #expect(letters == 0)
        github.clearFaults()
        let up = try await step.run("sync", "--job-id", job)
        #expect(up.status == 0, "\(up.log)")
        #expect(up.outputs["complete"] == "true")
        try await expectEqualRows(database, github.repository())
      }
    }
  }
}
