import Foundation
import GitHubDouble
import TestSupport
import Testing

/// Comments in, effects and rows out.
@Suite struct CommandTests {
  private static let configuration = """
    mode: live
    alerts: false
    commands:
      for_authors: [close]
      aliases: { bug: label bug }
      custom:
        - name: deploy
          permission: write
          arguments:
            - { name: place, choices: [test, live] }
          then:
            dispatch: { workflow: deploy.yml, ref: main, inputs: { to: "{{args.place}}" } }
    """

  private func withThread(
    _ configuration: String = Self.configuration,
    _ body: (GitHubDouble, Step, TestDatabase) async throws -> Void
  ) async throws {
    try await withMigratedDatabase { database in
      var model = widget(configuration: configuration)
      model.contents[".github/workflows/deploy.yml"] = Array("on: workflow_dispatch".utf8)
      try await withGitHubDouble(model) { github in
        try await body(github, Step(github: github.url, database: database.url), database)
      }
    }
  }

  /// What a person writes, processed.
  @discardableResult
  private func say(
    _ text: String, as login: String, on github: GitHubDouble, _ step: Step
  ) async throws -> Step.Ending {
    let delivery = try #require(github.act(as: login, on: 1, .comment(text)))
    return try await step.event(delivery.event, delivery.payload).run("run")
  }

  @Test func everyCommandIsCarriedOutOnce() async throws {
    try await withThread { github, step, database in
      github.act(as: "dave", on: 1, .milestone("v1"))
      github.act(as: "dave", on: 1, .milestone(nil))
      let text = """
        /bug
        /label "good first issue", crash
        /assign me
        /milestone v1
        /title Crash when starting
        /lock resolved
        /close not planned
        """
      let end = try await say(text, as: "dave", on: github, step)
      #expect(end.status == 0, "\(end.log)")
      let item = try #require(github.item(1))
      #expect(Set(item.labels) == ["bug", "good first issue", "crash"])
      #expect(item.assignees.map(\.login) == ["dave"])
      #expect(item.title == "Crash when starting")
      #expect(item.isClosed && item.stateReason == "not_planned")
      #expect(item.isLocked && item.lockReason == "resolved")
      #expect(
        try await database.value(
          "SELECT count(*) AS value FROM yardmaster.commands WHERE verdict = 'accepted'", as: Int.self)
          == 7)
      let effects = github.effects.count
      let again = try await step.with("GITHUB_RUN_ATTEMPT", "2").event(
        "issue_comment", github.issueEvent(1, comment: try #require(item.comments.last?.id))
      ).run("run")
      #expect(again.outputs["outcome"] == "duplicate", "\(again.log)")
      #expect(github.effects.count == effects)
    }
  }

  @Test func anEditedCommentRunsOnlyWhatIsNew() async throws {
    try await withThread { github, step, _ in
      let first = try #require(github.act(as: "carol", on: 1, .comment("/label a\n")))
      _ = try await step.event(first.event, first.payload).run("run")
      github.act(as: "dave", on: 1, .unlabel("a"))
      let id = try #require(first.commentID)
      let edit = try #require(github.act(as: "carol", on: 1, .editComment(id, "/label a\n/label b\n")))
      let end = try await step.event(edit.event, edit.payload).run("run")
      #expect(end.status == 0, "\(end.log)")
      #expect(github.item(1)?.labels == ["b"])
    }
  }

  @Test func theAuthorMayDoWhatTheConfigurationGrants() async throws {
    try await withThread { github, step, _ in
      let refused = try await say("/label bug", as: "alice", on: github, step)
      #expect(refused.status == 0, "\(refused.log)")
      #expect(github.item(1)?.labels.isEmpty == true)
      try await say("/close", as: "alice", on: github, step)
      #expect(github.item(1)?.isClosed == true)
    }
  }

  @Test func commandsOfTheConfigurationDispatchWithCheckedArguments() async throws {
    try await withThread { github, step, _ in
      let wrong = try await say("/deploy nowhere", as: "dave", on: github, step)
      #expect(wrong.status == 0, "\(wrong.log)")
      #expect(!github.mutations.contains { $0.kind == "dispatch_workflow" })
      #expect(github.item(1)?.comments.last?.body.contains("nowhere") == true)
      try await say("/deploy test", as: "dave", on: github, step)
      #expect(github.mutations.count { $0.kind.contains("dispatch") } == 1, "\(github.mutations)")
    }
  }

  @Test func theBodyOfAnIssueMayHoldCommands() async throws {
    try await withMigratedDatabase { database in
      var model = widget(configuration: Self.configuration)
      model.addIssue(title: "Task", body: "Please:\n\n/label task\n", author: .user("dave"))
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(2))
        let end = try await step.run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(github.item(2)?.labels == ["task"])
        let edit = try #require(github.act(as: "dave", on: 2, .title("Task 2")))
        github.act(as: "carol", on: 2, .unlabel("task"))
        _ = try await step.event(edit.event, edit.payload).run("run")
        #expect(github.item(2)?.labels == [])
      }
    }
  }

  /// A person's slip is answered where it was made, and is no failure of the run.
  @Test func aSlipIsAnsweredAndFailsNothing() async throws {
    try await withThread { github, step, _ in
      let end = try await say("/milestone nowhere\n/assign stranger", as: "dave", on: github, step)
      #expect(end.status == 0, "\(end.log)")
      #expect(end.outputs["outcome"] == "processed")
      let reply = try #require(github.item(1)?.comments.last?.body)
      #expect(reply.contains("nowhere"), "\(reply)")
    }
  }

  /// A command that comes late gives way to whatever was said or done since.
  @Test func whatComesLateOverridesNothingNewer() async throws {
    try await withThread { github, step, database in
      let old = try #require(github.act(as: "carol", on: 1, .comment("/label a")))
      let new = try #require(github.act(as: "carol", on: 1, .comment("/unlabel a")))
      _ = try await step.event(new.event, new.payload).run("run")
      let end = try await step.event(old.event, old.payload).run("run")
      #expect(end.status == 0, "\(end.log)")
      #expect(github.item(1)?.labels == [])
      #expect(
        try await database.value(
          "SELECT count(*) AS value FROM yardmaster.commands WHERE verdict = 'superseded'", as: Int.self) == 1)
    }
  }

  @Test func aLabelThatAPersonTookOffIsNotPutBack() async throws {
    try await withThread(liveConfiguration) { github, step, _ in
      _ = try await step.event("issues", github.issueEvent(1)).run("run")
      let removed = try #require(github.act(as: "dave", on: 1, .unlabel("bug")))
      _ = try await step.event(removed.event, removed.payload).run("run")
      let edited = try #require(github.act(as: "alice", on: 1, .title("Crash at start, always")))
      let end = try await step.event(edited.event, edited.payload).run("run")
      #expect(end.status == 0, "\(end.log)")
      #expect(github.item(1)?.labels == ["needs-triage"])
      #expect(end.summary.contains("removed it"), "\(end.summary)")
    }
  }

  @Test func undoRestoresWhatWasThere() async throws {
    try await withThread { github, step, _ in
      github.act(as: "dave", on: 1, .label("keep"))
      try await say("/label a\n/title Another\n/close duplicate", as: "dave", on: github, step)
      #expect(github.item(1)?.isClosed == true)
      // dave has write permission; an undo needs maintain.
      try await say("/undo", as: "dave", on: github, step)
      #expect(github.item(1)?.isClosed == true)
      github.change { $0.collaborators["erin"] = "maintain" }
      let end = try await say("/undo", as: "erin", on: github, step)
      #expect(end.status == 0, "\(end.log)")
      let item = try #require(github.item(1))
      #expect(item.labels == ["keep"])
      #expect(item.title == "Crash at start")
      #expect(!item.isClosed)
    }
  }

  /// Killed after the receipt was shown: the next attempt must not take the refusal for a success.
  @Test func anUndoThatIsRefusedIsRefusedAfterAKillToo() async throws {
    try await withThread { github, step, _ in
      github.change { $0.collaborators["erin"] = "maintain" }
      try await say("/label a", as: "dave", on: github, step)
      github.act(as: "carol", on: 1, .label("mine"))
      let delivery = try #require(github.act(as: "erin", on: 1, .comment("/undo")))
      let job = try step.event(delivery.event, delivery.payload)
      github.hold(on: .init(method: "POST", target: "*/reactions"), answer: true)
      let running = try job.start("run")
      _ = await github.held()
      running.kill(SIGKILL)
      _ = try await running.wait()
      github.release()
      let end = try await job.with("GITHUB_RUN_ATTEMPT", "2").run("run")
      #expect(end.status == 0, "\(end.log)")
      let item = try #require(github.item(1))
      #expect(item.labels.contains("a"))
      #expect(item.comments.last?.body.contains("carol") == true, "\(item.comments.map(\.body))")
      let reactions = item.comments.first { $0.id == delivery.commentID }?.reactions.map(\.content) ?? []
      #expect(reactions.contains("confused") && !reactions.contains("rocket"), "\(reactions)")
    }
  }

  @Test func aDryRunWritesNothing() async throws {
    try await withThread(Self.configuration.replacing("mode: live", with: "mode: dry-run")) { github, step, _ in
      let end = try await say("/label a\n/close\n/nonsense-that-is-none\n/lable b", as: "dave", on: github, step)
      #expect(end.status == 0, "\(end.log)")
      #expect(github.mutations.isEmpty, "\(github.mutations)")
      #expect(end.summary.contains("dry run"))
    }
  }
}
