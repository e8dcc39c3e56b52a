import Domain
import Postgres
import Store
import TestSupport
import Testing

@Suite struct AccountRegistryTests {
  static func comment(_ id: Int64, by login: String?, _ body: String, at time: String) -> IssueCommentRecord {
    var comment = Fixture.comment(id, on: 7, body: body, createdAt: "2026-03-01T\(time)Z")
    comment.authorLogin = login
    return comment
  }

  @Test func behaviourIsCountedFromCapturedComments() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      try await walk.commit {
        $0.issues = [Fixture.issue(7)]
        $0.issueComments = [
          Self.comment(1, by: "mona", "It crashes", at: "09:00:00"),
          // Two seconds after mona's, and the same as the next but for a number and a name.
          Self.comment(2, by: "hook", "Build 12 failed for @mona", at: "09:00:02"),
          Self.comment(3, by: "hook", "build 13 failed for @hubot", at: "11:30:00"),
          Self.comment(4, by: "hook", "Merged <!-- yardmaster:action=x -->", at: "11:45:00"),
          Self.comment(5, by: nil, "gone", at: "12:00:00"),
        ]
      }
      let hook = try await store.behaviour(of: "hook")
      #expect(
        hook
          == AccountBehaviour(texts: 3, repeatedTexts: 1, instantAnswers: 1, activeHours: 2, wroteMarker: true))
      #expect(
        try await store.behaviour(of: "mona")
          == AccountBehaviour(texts: 1, repeatedTexts: 0, instantAnswers: 0, activeHours: 1, wroteMarker: false))
      #expect(try await store.behaviour(of: "nobody") == AccountBehaviour())
    }
  }

  @Test func aScoreIsKeptBesidesWhatACaptureKnows() async throws {
    try await withStore { store, database in
      let found = AccountEvidence(
        login: "hook", githubID: 5, accountType: "User", score: 0.75,
        evidence: ["its login has the word \"hook\"", "é\0"])
      try await store.recordActor(found)
      var walk = try await Walk(store, database)
      try await walk.commit {
        $0.contributors = [ContributorRecord(login: "hook", githubID: nil, accountType: "Bot")]
      }
      var again = found
      again.score = 7
      again.githubID = 6
      try await store.recordActor(again)
      let row = try await database.query("SELECT * FROM yardmaster.contributors")[0]
      #expect(try row.decode("github_id") == 5)
      #expect(try row.decode("account_type") == "Bot")
      #expect(try row.decode("bot_score", as: String.self) == "1")
      #expect(try row.decode("bot_evidence", as: String.self).contains("hook"))
      let claim = StoryTests.claim("a", at: "10:00:00")
      var mine = claim
      mine.actor = "hook"
      let event = try #require(try await store.claim(mine).claimed)
      guard case .entered(let context)? = event.thread?.standing else {
        Issue.record("not entered")
        return
      }
      #expect(context.actor.botScore == 1)
    }
  }
}
