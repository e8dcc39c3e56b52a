import Foundation
import GitHubDouble
import TestSupport
import Testing

/// What failed, and what happened: `dead-letters`, `replay`, `actions` and `story`.
@Suite struct ReplayTests {
  /// GitHub refuses to write.
  private static let refusal = GitHubDouble.FaultKind.answer(
    status: 422, headers: [:], body: #"{"message":"::error::Validation Failed ##[error]"}"#)
  private static let labels = GitHubDouble.RequestMatch(target: "*/issues/1/labels*")

  private static func widget() -> RepositoryModel {
    EndToEndTests.widget(
      configuration: """
        mode: live
        alerts: false
        rules:
          - name: crash
            when: { title: crash }
            then: { label: bug }
        """)
  }

  @Test func whatFailedFiveTimesIsALetterUntilItsReplaySucceeds() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.widget()) { github in
        github.fail(Self.refusal, on: Self.labels, times: nil)
        let bare = try Step(github: github.url, database: database.url)
        let step = try bare.event("issues", github.issueEvent(1))
        var event = ""
        for attempt in 1...5 {
          #expect(try await bare.run("dead-letters").log.contains("No dead letter"), "attempt \(attempt)")
          let end = try await step.with("GITHUB_RUN_ATTEMPT", "\(attempt)").run("run")
          #expect(end.status == 1, "\(end.log)")
          event = end.outputs["event-id"] ?? event
        }
        let listed = try await bare.run("dead-letters")
        #expect(listed.status == 0 && listed.log.contains("yardmaster replay --event \(event)"), "\(listed.log)")
        #expect(!listed.log.contains("##[error]") && listed.summary.contains(event))

        let vain = try await bare.run("replay", "--event", event)
        #expect(vain.status == 1 && vain.outputs["outcome"] == "failed", "\(vain.log)")
        #expect(github.item(1)?.labels == [])
        github.clearFaults()
        let dry = try await bare.run("replay", "--event", event, "--dry-run")
        #expect(dry.status == 0 && github.item(1)?.labels == [], "\(dry.log)")
        let replayed = try await bare.run("replay", "--event", event)
        #expect(replayed.status == 0 && replayed.outputs["outcome"] == "processed", "\(replayed.log)")
        #expect(replayed.outputs["event-id"] == event)
        #expect(github.item(1)?.labels == ["bug"])
        #expect(try await bare.run("dead-letters").log.contains("No dead letter"))
        let again = try await bare.run("replay", "--event", event)
        #expect(again.status == 64 && again.log.contains("did not fail"), "\(again.log)")
      }
    }
  }

  @Test func whatWasDoneIsListedAndTold() async throws {
    try await withMigratedDatabase { database in
      var model = Self.widget()
      model.addIssue(title: "Another crash", body: "like #1", author: .user("bob"))
      try await withGitHubDouble(model) { github in
        let bare = try Step(github: github.url, database: database.url)
        #expect(try await bare.event("issues", github.issueEvent(2)).run("run").status == 0)
        let end = try await bare.event("issues", github.issueEvent(1)).run("run")
        let transaction = try #require(end.outputs["transaction-id"])
        let actions = try await bare.run("actions", "--number", "1")
        #expect(actions.status == 0 && actions.log.contains("add label 'bug'"), "\(actions.log)")
        #expect(actions.log.contains(transaction) && actions.summary.contains(transaction))
        let json = try await bare.run("actions", "--repository", "octo/widget", "--json")
        #expect(json.log.contains(#""transaction_id":"\#(transaction)""#), "\(json.log)")
        let story = try await bare.run("story", "--number", "1")
        #expect(story.log.contains("issues.opened: processed"), "\(story.log)")
        #expect(story.log.contains("rule 'crash'  add label 'bug': done"), "\(story.log)")
        #expect(story.log.contains("mentioned by octo/widget#2"), "\(story.log)")
        #expect(try await bare.run("story", "--number", "2").log.contains("mentions octo/widget#1"))
        #expect(try await bare.run("actions", "--repository", "octo/elsewhere").log.contains("Nothing was done"))
      }
    }
  }

  @Test(arguments: [
    (["replay", "--event", "0b7e8f3a-6c1d-4e2f-9a5b-123456789abc"], "There is no event"),
    (["replay", "--event", "x"], "--event takes a UUID"), (["story", "--number", "0"], "--number takes"),
    (["actions", "--limit", "0"], "--limit takes"),
    (["actions", "--repository", "x", "--number", "1"], "is no repository"),
    (["dead-letters", "--repository", "x"], "is no repository"),
  ])
  func whatCannotBeUsedIsSaid(_ arguments: [String], _ problem: String) async throws {
    try await withMigratedDatabase { database in
      let end = try await Step(github: "http://127.0.0.1:1", database: database.url).run(arguments)
      #expect(end.status == 64 && end.log.contains(problem), "\(end.log)")
    }
  }
}
