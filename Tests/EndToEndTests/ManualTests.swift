import Foundation
import GitHubDouble
import TestSupport
import Testing

/// Events that somebody starts by hand, and the same without GitHub.
@Suite struct ManualTests {
  private func dispatch(_ inputs: [String: String], _ step: Step) throws -> Step {
    let payload: [String: Any] = [
      "inputs": inputs, "sender": ["login": "dave", "type": "User"],
      "repository": ["id": 1_000, "full_name": "octo/widget"],
    ]
    return try step.event("workflow_dispatch", Array(try JSONSerialization.data(withJSONObject: payload)))
  }

  @Test func anIssueIsProcessedByItsNumberDryOrLive() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        let step = try Step(github: github.url, database: database.url)
        let dry = try await dispatch(["issue": "1", "mode": "dry-run"], step).run("run")
        #expect(dry.status == 0, "\(dry.log)")
        #expect(dry.summary.contains("dry run") && dry.summary.contains("needs-triage"))
        #expect(github.mutations.isEmpty)
        let live = try await dispatch(["issue": "#1", "mode": "live"], step).run("run")
        #expect(live.status == 0, "\(live.log)")
        #expect(Set(github.item(1)?.labels ?? []) == ["bug", "needs-triage"])
        let unknown = try await dispatch(["issue": "77"], step).with("GITHUB_RUN_ID", "5000").run("run")
        #expect(unknown.status == 1, "\(unknown.log)")
        #expect(unknown.log.contains("#77"))
        let wrong = try await dispatch(["issue": "one"], step).run("run")
        #expect(wrong.status == 64, "\(wrong.log)")
      }
    }
  }

  /// Whoever pastes a payload can put any name under its text: what counts is what both may do.
  @Test(arguments: [("dave", true), ("mallory", false)])
  func aPastedPayloadLendsNobodyElsesPermission(sender: String, isAllowed: Bool) async throws {
    try await withMigratedDatabase { database in
      var model = widget()
      let comment = model.addComment(on: 1, body: "/label urgent", author: .user("carol"))
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url)
        let pasted = String(decoding: try #require(github.issueEvent(1, comment: comment)), as: UTF8.self)
        let payload: [String: Any] = [
          "inputs": ["payload": pasted, "event": "issue_comment", "mode": "live"],
          "sender": ["login": sender, "type": "User"], "repository": ["id": 1_000, "full_name": "octo/widget"],
        ]
        let end = try await step.event(
          "workflow_dispatch", Array(try JSONSerialization.data(withJSONObject: payload))
        ).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(github.item(1)?.labels == (isAllowed ? ["urgent"] : []), "\(end.log)")
      }
    }
  }

  private func paste(
    _ comment: Int64, as sender: String, run: Int, on github: GitHubDouble, _ step: Step
  ) async throws -> Step.Ending {
    let pasted = String(decoding: try #require(github.issueEvent(1, comment: comment)), as: UTF8.self)
    let payload: [String: Any] = [
      "inputs": ["payload": pasted, "event": "issue_comment", "mode": "live"],
      "sender": ["login": sender, "type": "User"], "repository": ["id": 1_000, "full_name": "octo/widget"],
    ]
    return try await step.event(
      "workflow_dispatch", Array(try JSONSerialization.data(withJSONObject: payload))
    ).with("GITHUB_RUN_ID", "\(run)").run("run")
  }

  @Test(arguments: ["mona", "wanda"])
  func theRecordsTellWhoPastedAPayload(sender: String) async throws {
    try await withMigratedDatabase { database in
      var model = widget()
      model.collaborators.merge(["mona": "admin", "wanda": "write"]) { $1 }
      let comment = model.addComment(on: 1, body: "/label urgent", author: .user("mona"))
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url)
        let end = try await paste(comment, as: sender, run: 5_000, on: github, step)
        #expect(end.status == 0 && github.item(1)?.labels == ["urgent"], "\(end.log)")
        let isOwn = sender == "mona"
        let actors = try await database.value(
          """
          SELECT string_agg(DISTINCT concat_ws(' for ', actor, metadata ->> 'on_behalf_of'), ', ') AS value
          FROM yardmaster.audit_log WHERE event_type IN ('event', 'action')
          """, as: String.self)
        #expect(actors == (isOwn ? "mona" : "wanda for mona"))
        #expect(try await database.value("SELECT actor AS value FROM yardmaster.events", as: String.self) == sender)
        let evidence = try await database.value(
          "SELECT reason ->> 'evidence' AS value FROM yardmaster.actions WHERE kind = 'add_labels'", as: String.self)
        #expect(
          evidence
            == (isOwn
              ? "@mona has admin permission" : "@mona has admin permission; @wanda, who ran it by hand, has write"))
      }
    }
  }

  /// Nobody's quota is spent by what others paste under their name.
  @Test func aPastedCommandCountsForWhoeverPastedIt() async throws {
    let configuration = """
      mode: live
      alerts: false
      actors: { commands_per_hour: 1, unlimited_from: admin }
      """
    try await withMigratedDatabase { database in
      var model = widget(configuration: configuration)
      let comments = ["a", "b"].map { model.addComment(on: 1, body: "/label \($0)", author: .user("carol")) }
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url)
        _ = try await paste(comments[0], as: "dave", run: 5_000, on: github, step)
        #expect(github.item(1)?.labels == ["a"])
        let own = try #require(github.act(as: "carol", on: 1, .comment("/label own")))
        _ = try await step.event(own.event, own.payload).run("run")
        #expect(github.item(1).map { Set($0.labels) } == ["a", "own"])
        let end = try await paste(comments[1], as: "dave", run: 5_001, on: github, step)
        #expect(github.item(1).map { Set($0.labels) } == ["a", "own"], "\(end.log)")
      }
    }
  }

  @Test func explainTellsWhyOffline() async throws {
    try await withGitHubDouble(widget()) { github in
      let step = try Step(github: "http://127.0.0.1:1", database: deadDatabase())
      let file = step.folder.appending(path: "opened.json")
      try Data(try #require(github.issueEvent(1))).write(to: file)
      let config = step.folder.appending(path: "yardmaster.yml")
      try Data(
        """
        rules:
          - { name: crash, when: { title: crash }, then: { label: bug } }
          - { name: docs, when: { title: documentation }, then: { label: docs } }
        """.utf8
      ).write(to: config)
      let end = try await step.run("explain", "--event", file.path, "--config", config.path)
      #expect(end.status == 0, "\(end.log)")
      #expect(end.log.contains("rule 'crash': matches"))
      #expect(end.log.contains("rule 'docs': does not match"))
      #expect(end.log.contains("would add label 'bug'"))
    }
  }

  /// A file that did not change costs nothing of the quota; one that did counts from the next event on.
  @Test func theConfigurationIsReadAgainOnlyWhereItChanged() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        let step = try Step(github: github.url, database: database.url)
        var read: [Int] = []
        for round in 0..<3 {
          if round == 2 {
            github.change {
              $0.contents[".github/yardmaster.yml"] = Array(
                "mode: live\nrules: [{name: late, on: edited, when: {title: crash}, then: {label: late}}]".utf8)
            }
          }
          let delivery = try #require(github.act(as: "alice", on: 1, .body("Crash \(round)")))
          let before = github.journal.count
          let end = try await step.event(delivery.event, delivery.payload).run("run")
          #expect(end.status == 0 && end.outputs["outcome"] == "processed", "\(end.log)")
          read += github.journal[before...].filter { $0.target.contains("/contents/") }.map(\.status)
        }
        #expect(read == [200, 304, 200])
        #expect(github.item(1)?.labels.contains("late") == true)
      }
    }
  }

  /// What comes after so many is recorded, answered once, and not carried out.
  @Test func aFloodIsAnsweredOnce() async throws {
    let configuration = """
      mode: live
      alerts: false
      actors: { commands_per_hour: 2, unlimited_from: admin }
      """
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget(configuration: configuration)) { github in
        let step = try Step(github: github.url, database: database.url)
        for label in ["a", "b", "c", "d"] {
          let delivery = try #require(github.act(as: "carol", on: 1, .comment("/label \(label)")))
          let end = try await step.event(delivery.event, delivery.payload).run("run")
          #expect(end.status == 0, "\(end.log)")
        }
        #expect(github.item(1)?.labels == ["a", "b"])
        #expect(
          try await database.value(
            "SELECT count(*) AS value FROM yardmaster.commands WHERE verdict = 'flood'", as: Int.self) == 2)
        let answers = github.item(1)?.comments.filter { $0.author?.login != "carol" } ?? []
        #expect(answers.count == 1, "\(answers.map(\.body))")
      }
    }
  }

  /// The runner's own texts come back as events where its token starts workflows: nobody answers them.
  @Test func yardmasterDoesNotAnswerItself() async throws {
    let configuration = """
      mode: live
      alerts: false
      rules:
        - name: echo
          on: [issue_comment.created]
          then: { comment: "Echo of {{title}}" }
      """
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget(configuration: configuration)) { github in
        let step = try Step(github: github.url, database: database.url)
        let first = try #require(github.act(as: "carol", on: 1, .comment("Hello")))
        _ = try await step.event(first.event, first.payload).run("run")
        #expect(github.item(1)?.comments.count == 2)
        // The same text, signed by a plain user account: another instance with a token of its own.
        let echo = try #require(github.item(1)?.comments.last?.body)
        let loop = try #require(github.act(as: "mallory", on: 1, .comment(echo)))
        let end = try await step.event(loop.event, loop.payload).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(github.item(1)?.comments.count == 3)
      }
    }
  }
}
