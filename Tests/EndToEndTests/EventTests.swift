import Foundation
import GitHubDouble
import TestSupport
import Testing

@Suite struct EventTests {
  @Test func whatRoutingIgnoresNeedsNoDatabaseAndIsIgnoredAgain() async throws {
    try await withGitHubDouble(widget()) { github in
      let step = try Step(github: github.url, database: deadDatabase()).event(
        "watch", Array(#"{"action":"started"}"#.utf8))
      for attempt in ["1", "2"] {
        let end = try await step.with("GITHUB_RUN_ATTEMPT", attempt).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["outcome"] == "ignored")
        #expect(end.outputs["actions"] == "0")
        #expect(end.summary.contains("watch"))
      }
      #expect(github.journal.isEmpty)
    }
  }

  @Test func anIssueIsLabelledOnceWithTwoRequests() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(
        widget(
          configuration: """
            mode: live
            rules:
              - name: crash
                when: { title: crash }
                then: { label: bug }
            """)
      ) { github in
        let step = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(1))
        let first = try await step.run()
        #expect(first.status == 0, "\(first.log)")
        #expect(first.outputs["outcome"] == "processed")
        #expect(first.outputs["actions"] == "1")
        #expect(github.item(1)?.labels == ["bug"])
        #expect(github.journal.count == 2, "\(github.journal.map(\.target))")

        let again = try await step.with("GITHUB_RUN_ID", "4712").run("run")
        #expect(again.outputs["outcome"] == "duplicate")
        #expect(again.outputs["event-id"] == first.outputs["event-id"])
        let rerun = try await step.with("GITHUB_RUN_ATTEMPT", "2").run("run")
        #expect(rerun.outputs["outcome"] == "duplicate")
        #expect(github.mutations.count == 1)

        #expect(
          try await database.value("SELECT outcome AS value FROM yardmaster.events", as: String.self) == "processed")
        #expect(try await database.value("SELECT status AS value FROM yardmaster.actions", as: String.self) == "done")
        #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.audit_log", as: Int.self) == 2)
        #expect(
          try await database.value("SELECT after_state->'labels'->>0 AS value FROM yardmaster.actions", as: String.self)
            == "bug")
      }
    }
  }

  /// Why a rule did nothing is answered where its maintainer looks first.
  @Test func aSummaryHasTheVerdictOfEachRuleThatTheEventStarts() async throws {
    let configuration = """
      mode: live
      rules:
        - name: feature
          when: { title: feature }
          then: { label: feature }
        - name: gone
          on: closed
          when: { title: crash }
          then: { label: gone }
        - name: boom
          when: { body: boom }
          then: { label: boom }
      """
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget(configuration: configuration)) { github in
        let end = try await Step(github: github.url, database: database.url).event("issues", github.issueEvent(1)).run()
        #expect(end.status == 0, "\(end.log)")
        let table = try #require(end.summary.components(separatedBy: "Rules that this event starts").last)
        #expect(end.summary.contains("<details>\n<summary>Rules that this event starts</summary>"), "\(end.summary)")
        #expect(table.contains("| `feature` | does not match | the title does not contain"), "\(table)")
        #expect(table.contains("| `boom` | matches | the body contains"), "\(table)")
        #expect(!end.summary.contains("gone"), "\(end.summary)")
      }
    }
  }

  @Test func nothingThatAUserTypedBecomesACommandOrAMention() async throws {
    try await withMigratedDatabase { database in
      var model = widget()
      model.addIssue(
        title: "crash ::error::x\r\n::set-output name=a::b ##[error]z <img src=x> @octocat #1 https://evil.example",
        body: "crash", author: .user("mallory"))
      try await withGitHubDouble(model) { github in
        let end = try await Step(github: github.url, database: database.url).event("issues", github.issueEvent(2)).run()
        #expect(end.status == 0, "\(end.log)")
        for line in end.log.split(whereSeparator: \.isNewline) {
          let text = line.drop { $0.isWhitespace }
          #expect(!text.hasPrefix("::error") && !text.hasPrefix("::set-output"))
          #expect(!line.contains("##[error]"))
        }
        // Within a code span neither HTML nor a mention is read; MarkupTests render what stands in one.
        let prose = end.summary.replacing(/`+[^`]*`+/, with: "")
        #expect(!prose.contains("<img") && !prose.contains("@octocat") && !prose.contains("evil.example"), "\(prose)")
        #expect(Set(end.outputs.keys) == ["outcome", "event-id", "actions", "transaction-id"])
        #expect(github.item(2)?.labels == ["bug", "needs-triage"])
        #expect(github.item(2)?.comments.count == 1)
      }
    }
  }

  @Test func aDryRunDecidesAndWritesNothing() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(
        widget(configuration: liveConfiguration.replacingOccurrences(of: "live", with: "dry-run"))
      ) { github in
        let step = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(1))
        let end = try await step.run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["outcome"] == "processed")
        #expect(end.outputs["actions"] == "0")
        #expect(end.log.contains("needs-triage"))
        #expect(end.summary.contains("needs-triage"))
        #expect(github.mutations.isEmpty)
        // A live run of the same event is a claim of its own.
        github.change { $0.contents[".github/yardmaster.yml"] = Array(liveConfiguration.utf8) }
        let live = try await step.run("run")
        #expect(live.outputs["outcome"] == "processed")
        #expect(github.item(1)?.labels == ["bug", "needs-triage"])
      }
    }
  }

  @Test func commandsNeedTheirAuthorsPermission() async throws {
    try await withMigratedDatabase { database in
      var model = widget()
      let body = "/label urgent\r\n```\n/close\n```\n> /close\n\n/assign dave\r\n/close not planned"
      let refused = model.addComment(on: 1, body: body, author: .user("mallory"))
      let granted = model.addComment(on: 1, body: body, author: .user("carol"))
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url)
        let no = try await step.event("issue_comment", github.issueEvent(1, comment: refused)).run("run")
        #expect(no.status == 0, "\(no.log)")
        // A reply that says why, and a reaction.
        #expect(no.outputs["actions"] == "2")
        #expect(github.item(1)?.labels.isEmpty == true)
        #expect(github.item(1)?.isClosed == false)
        let reply = try #require(github.item(1)?.comments.last)
        #expect(reply.body.contains("triage") && !reply.body.contains("@mallory"), "\(reply.body)")

        let yes = try await step.event("issue_comment", github.issueEvent(1, comment: granted)).run("run")
        #expect(yes.status == 0, "\(yes.log)")
        // Two reactions besides the three effects.
        #expect(yes.outputs["actions"] == "5")
        let item = github.item(1)
        #expect(item?.labels == ["urgent"])
        #expect(item?.assignees.map(\.login) == ["dave"])
        #expect(item?.isClosed == true)
        #expect(item?.stateReason == "not_planned")
      }
    }
  }

  @Test func aRepositoryWithoutConfigurationIsIgnored() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget(configuration: nil)) { github in
        let step = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(1))
        for _ in 1...2 {
          let end = try await step.run("run")
          #expect(end.status == 0)
          #expect(end.outputs["outcome"] == "ignored")
        }
        #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.events", as: Int.self) == 0)
      }
    }
  }

  @Test func aPullRequestFromAForkIsAStatedSkip() async throws {
    var model = widget()
    let number = model.addPullRequest(title: "Fix")
    try await withGitHubDouble(model) { github in
      var payload = try #require(
        github.pullRequestEvent(number).flatMap {
          try? JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]
        })
      var pull = try #require(payload["pull_request"] as? [String: Any])
      var head = try #require(pull["head"] as? [String: Any])
      head["repo"] = ["full_name": "mallory/widget", "id": 9]
      pull["head"] = head
      payload["pull_request"] = pull
      let bytes = Array(try JSONSerialization.data(withJSONObject: payload))
      let end = try await Step(github: github.url, database: "").event("pull_request", bytes).run("run")
      #expect(end.status == 0, "\(end.log)")
      #expect(end.outputs["outcome"] == "ignored")
      #expect(end.log.contains("fork"))
    }
  }

  /// A secret's name that is misspelt comes as an empty DATABASE_URL: only where a run has no secrets at all is that as
  /// it should be.
  @Test(arguments: [
    (true, "alice", Int32(78)), (true, "dependabot[bot]", 0), (false, "alice", 0),
  ])
  func aPullRequestWithoutADatabase(captures: Bool, actor: String, status: Int32) async throws {
    var model = widget(configuration: liveConfiguration + "\nhistory:\n  capture: \(captures)\n")
    let number = model.addPullRequest(title: "Fix")
    try await withGitHubDouble(model) { github in
      let end = try await Step(github: github.url, database: "").with("GITHUB_ACTOR", actor)
        .event("pull_request", github.pullRequestEvent(number)).run("run")
      #expect(end.status == status, "\(end.log)")
      #expect(end.outputs["outcome"] == (status == 0 ? "ignored" : "failed"))
      #expect(end.log.contains("DATABASE_URL is not set") == (status == 78))
      #expect(end.log.contains("no secrets") == (actor != "alice"))
    }
  }

  @Test func aFailureOpensOneAlertAndARerunTriesAgain() async throws {
    try await withMigratedDatabase { database in
      let configuration = liveConfiguration.replacingOccurrences(of: "alerts: false", with: "alerts: true")
      try await withGitHubDouble(widget(configuration: configuration)) { github in
        github.fail(
          .answer(status: 422, headers: [:], body: #"{"message":"Validation Failed"}"#),
          on: .init(method: "POST", target: "*/labels"), times: 2)
        let step = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(1))
        let first = try await step.run("run")
        #expect(first.status == 1)
        #expect(first.outputs["outcome"] == "failed")
        #expect(first.log.contains("::error"))
        #expect(github.item(2)?.labels == ["yardmaster-alert"])
        _ = try await step.with("GITHUB_RUN_ATTEMPT", "2").run("run")
        #expect(github.item(3) == nil)
        let third = try await step.with("GITHUB_RUN_ATTEMPT", "3").run("run")
        #expect(third.status == 0, "\(third.log)")
        #expect(github.item(1)?.labels == ["bug", "needs-triage"])
        #expect(github.item(1)?.comments.count == 1)
      }
    }
  }

  @Test func aRenameMakesNoNewEventAndNoSecondComment() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        let before = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(1))
        #expect(try await before.run("run").outputs["outcome"] == "processed")
        github.change {
          $0.name = "gadget"
          $0.formerNames = ["octo/widget"]
        }
        let after = try Step(github: github.url, database: database.url, repository: "octo/gadget")
          .event("issues", github.issueEvent(1)).with("GITHUB_RUN_ID", "4712")
        // The same delivery under the new name, then an edit of the issue: another version, the same comment.
        github.change { $0.update(1) { $0.updatedAt += 60 } }
        let edited = try after.event("issues", github.issueEvent(1, action: "edited"))
        let end = try await edited.run("run")
        #expect(end.outputs["outcome"] == "processed", "\(end.log)")
        #expect(github.item(1)?.comments.count == 1)
      }
    }
  }

  @Test func afterAFailureTheSameAttemptMayTryAgain() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        github.fail(.unavailable(), on: .init(method: "POST", target: "*/labels"), times: 4)
        let step = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(1))
        let first = try await step.run("run")
        #expect(first.status == 75, "\(first.log)")
        // What was decided is told although nothing came of it.
        #expect(first.summary.contains("needs-triage"))
        let second = try await step.run("run")
        #expect(second.outputs["outcome"] == "processed", "\(second.log)")
        #expect(github.item(1)?.labels == ["bug", "needs-triage"])
        #expect(github.item(1)?.comments.count == 1)
        #expect(try await step.run("run").outputs["outcome"] == "duplicate")
      }
    }
  }

  @Test func anUnreachableDatabaseRaisesTheAlertToo() async throws {
    let configuration = liveConfiguration.replacingOccurrences(of: "alerts: false", with: "alerts: true")
    try await withGitHubDouble(widget(configuration: configuration)) { github in
      let step = try Step(github: github.url, database: deadDatabase())
      let end = try await step.event("issues", github.issueEvent(1)).run("run")
      #expect(end.status == 75)
      #expect(github.item(2)?.labels == ["yardmaster-alert"])
      // The alert's own events start nothing.
      let alert = try await step.event("issues", github.issueEvent(2, sender: .user("alice"))).run("run")
      #expect(alert.outputs["outcome"] == "ignored", "\(alert.log)")
    }
  }

  /// A process that was thought dead and is not writes nothing more, raises no alert and is no failure.
  @Test func whoLostItsEventLeavesItToTheOther() async throws {
    try await withMigratedDatabase { database in
      let configuration = liveConfiguration.replacingOccurrences(of: "alerts: false", with: "alerts: true")
      try await withGitHubDouble(widget(configuration: configuration)) { github in
        github.hold(on: .init(method: "POST", target: "*/labels"))
        let step = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(1))
        let paused = try step.start("run")
        _ = await github.held()
        // The re-run takes the event over while the first process hangs.
        let other = try await step.with("GITHUB_RUN_ATTEMPT", "2").run("run")
        #expect(other.outputs["outcome"] == "processed", "\(other.log)")
        github.release()
        let end = try await paused.wait()
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["outcome"] == "duplicate")
        #expect(github.item(1)?.comments.count == 1)
        #expect(github.item(2) == nil)
        #expect(
          try await database.value("SELECT outcome AS value FROM yardmaster.events", as: String.self) == "processed")
      }
    }
  }

  @Test func outputsThatCannotBeWrittenCostNoSummary() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        let step = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(1))
        let end = try await step.run("run", output: "/nowhere/output")
        #expect(end.status == 1)
        #expect(end.summary.contains("needs-triage"))
      }
    }
  }

  @Test func anEditBySomebodyElseNeedsTheEditorsPermissionToo() async throws {
    try await withMigratedDatabase { database in
      var model = widget()
      let id = model.addComment(on: 1, body: "/label urgent", author: .user("carol"))
      try await withGitHubDouble(model) { github in
        var payload = try #require(
          github.issueEvent(1, comment: id, sender: .user("mallory")).flatMap {
            try? JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]
          })
        payload["action"] = "edited"
        payload["changes"] = ["body": ["from": "nice"]]
        let bytes = Array(try JSONSerialization.data(withJSONObject: payload))
        let end = try await Step(github: github.url, database: database.url).event("issue_comment", bytes).run("run")
        #expect(end.outputs["actions"] == "2", "\(end.log)")
        #expect(github.item(1)?.labels.isEmpty == true)
      }
    }
  }

  /// Held at each request, before and after its effect, killed, and run again, as a re-run or as a second delivery to
  /// the same machine: the effects are there once.
  @Test(arguments: 0..<3, [(false, "1"), (true, "1"), (false, "2"), (true, "2")])
  func aKillAtAnyRequestLosesAndDoublesNothing(request: Int, how: (afterEffect: Bool, attempt: String)) async throws {
    let afterEffect = how.afterEffect
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        github.hold(skip: request, answer: afterEffect)
        let step = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(1))
        let running = try step.start("run")
        _ = await github.held()
        running.kill(SIGKILL)
        #expect(try await running.wait().wasKilled)
        github.release()
        let end = try await step.with("GITHUB_RUN_ATTEMPT", how.attempt).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["outcome"] == "processed")
        #expect(github.item(1)?.labels == ["bug", "needs-triage"])
        #expect(github.item(1)?.comments.count == 1)
        #expect(
          try await database.value(
            "SELECT count(*) AS value FROM yardmaster.actions WHERE status = 'done'", as: Int.self) == 2)
      }
    }
  }
}
