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

  /// Else its retry would do what was taken back.
  @Test(arguments: [true, false])
  func whatFailedIsWithdrawn(byCommand: Bool) async throws {
    try await withMigratedDatabase { database in
      var model = widget(configuration: Self.configuration)
      model.contents[".github/workflows/deploy.yml"] = Array("on: workflow_dispatch".utf8)
      model.collaborators["erin"] = "maintain"
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url)
        let refusal = GitHubDouble.FaultKind.answer(
          status: 422, headers: [:], body: #"{"message":"Workflow does not have 'workflow_dispatch' trigger"}"#)
        github.fail(refusal, on: .init(method: "POST", target: "*/dispatches"), times: nil)
        let delivery = try #require(github.act(as: "dave", on: 1, .comment("/deploy")))
        let job = try step.event(delivery.event, delivery.payload)
        let failed = try await job.run("run")
        #expect(failed.status == 1 && failed.log.contains("deploy.yml could not be started"), "\(failed.log)")
        github.clearFaults()
        if byCommand {
          _ = try await say("/undo", as: "erin", on: github, step)
        } else {
          let transaction = try #require(failed.outputs["transaction-id"])
          let end = try await step.with("GITHUB_ACTOR", "erin").run("rollback", "--transaction", transaction)
          #expect(end.status == 0 && end.log.contains("given up"), "\(end.log)")
        }
        #expect(github.item(1)?.labels == [])
        try await database.query("UPDATE yardmaster.failed_events SET next_attempt_at = now()")
        let sweep = try await step.run(
          "sweep", "--repository", "octo/widget", "--only", "automation", "--since", "2000-01-01")
        #expect(sweep.status == 0, "\(sweep.log)")
        let again = try await job.with("GITHUB_RUN_ATTEMPT", "2").run("run")
        #expect(again.outputs["outcome"] == "duplicate", "\(again.log)")
        #expect(github.effects.allSatisfy { $0.kind != "dispatch_workflow" } && github.item(1)?.labels == [])
      }
    }
  }

  /// The rest of the text means the thread as it is then.
  @Test(arguments: [
    ("/label a", "/undo\n/label a", ["a"], "open"), ("/close", "/undo\n/close not planned", [], "not_planned"),
    ("/label a\n/close", "/undo\n/undo", [], "open"),
  ])
  func whatElseATextAsksForComesAfterItsUndo(
    first: String, then: String, labels: [String], state: String
  ) async throws {
    try await withThread { github, step in
      _ = try await say(first, as: "dave", on: github, step)
      let undone = try await say(then, as: "erin", on: github, step)
      let item = try #require(github.item(1))
      #expect(item.labels == labels, "\(undone.end.log)")
      #expect((item.isClosed ? item.stateReason : "open") == state, "\(undone.end.log)")
      #expect(reactions(to: undone.comment, on: github) == ["eyes", "rocket"])
    }
  }

  /// What was done after it was written is none of its business.
  @Test func anUndoThatComesLateLeavesWhatIsNewer() async throws {
    try await withThread { github, step in
      _ = try await say("/label a", as: "dave", on: github, step)
      let late = try #require(github.act(as: "erin", on: 1, .comment("/undo")))
      _ = try await say("/label b", as: "dave", on: github, step)
      let end = try await step.event(late.event, late.payload).run("run")
      #expect(end.status == 0, "\(end.log)")
      #expect(github.item(1)?.labels == ["b"], "\(end.log)")
    }
  }
}
