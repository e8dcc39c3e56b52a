import Foundation
import GitHubDouble
import TestSupport
import Testing

/// What `/undo` answers.
@Suite struct UndoTests {
  private static let configuration = """
    mode: live
    alerts: false
    commands:
      custom:
        - name: deploy
          permission: write
          then: { label: deployed, dispatch: { workflow: deploy.yml, ref: main } }
    """

  private func withThread(_ body: (GitHubDouble, Step) async throws -> Void) async throws {
    try await withMigratedDatabase { database in
      var model = widget(configuration: Self.configuration)
      model.contents[".github/workflows/deploy.yml"] = Array("on: workflow_dispatch".utf8)
      model.collaborators["erin"] = "maintain"
      try await withGitHubDouble(model) { github in
        try await body(github, Step(github: github.url, database: database.url))
      }
    }
  }

  private func say(
    _ text: String, as login: String, on github: GitHubDouble, _ step: Step
  ) async throws -> (end: Step.Ending, comment: Int64) {
    let delivery = try #require(github.act(as: login, on: 1, .comment(text)))
    let end = try await step.event(delivery.event, delivery.payload).run("run")
    #expect(end.status == 0, "\(end.log)")
    return (end, try #require(delivery.commentID))
  }

  private func reactions(to comment: Int64, on github: GitHubDouble) -> Set<String> {
    Set(github.item(1)?.comments.first { $0.id == comment }?.reactions.map(\.content) ?? [])
  }

  /// The same change stands against both: each is answered by its name.
  @Test func eachTransactionThatIsRefusedHasItsAnswer() async throws {
    try await withThread { github, step in
      var transactions: [String] = []
      for label in ["a", "b"] {
        let said = try await say("/label \(label)", as: "dave", on: github, step)
        transactions.append(try #require(said.end.outputs["transaction-id"]))
      }
      github.act(as: "carol", on: 1, .label("mine"))
      for transaction in transactions {
        let asked = try await say("/undo \(transaction)", as: "erin", on: github, step)
        let answers = github.item(1)?.comments.filter { $0.body.contains("was not undone") } ?? []
        #expect(answers.count { $0.body.contains(transaction) && $0.body.contains("carol") } == 1, "\(asked.end.log)")
        #expect(reactions(to: asked.comment, on: github) == ["eyes", "confused"])
      }
      #expect(github.item(1).map { Set($0.labels) } == ["a", "b", "mine"])
    }
  }

  /// Killed at each of its writes, and delivered once more: it says what it could not do, once, as if nothing had
  /// happened.
  @Test(arguments: 0..<6)
  func whatCannotBeUndoneIsSaidAfterAKillToo(write: Int) async throws {
    try await withThread { github, step in
      _ = try await say("/deploy", as: "dave", on: github, step)
      #expect(github.item(1)?.labels == ["deployed"])
      let delivery = try #require(github.act(as: "erin", on: 1, .comment("/undo")))
      let job = try step.event(delivery.event, delivery.payload)
      github.hold(on: .init(method: write < 3 ? "POST" : "DELETE", target: "*/issues/*"), skip: write % 3, answer: true)
      let running = try job.start("run")
      _ = await github.held()
      running.kill(SIGKILL)
      _ = try await running.wait()
      github.release()
      for attempt in 2...3 {
        let end = try await job.with("GITHUB_RUN_ATTEMPT", "\(attempt)").run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(github.item(1)?.labels == [], "\(end.log)")
        let answers = github.item(1)?.comments.filter { $0.body.contains("It cannot be undone") } ?? []
        #expect(answers.count == 1, "attempt \(attempt): \(end.log)")
        #expect(answers.first?.body.contains("deploy.yml") == true)
        #expect(reactions(to: try #require(delivery.commentID), on: github) == ["eyes", "confused"])
      }
    }
  }
}
