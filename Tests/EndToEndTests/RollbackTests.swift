import Foundation
import GitHubDouble
import TestSupport
import Testing

/// `yardmaster rollback`, as somebody runs it.
@Suite struct RollbackTests {
  private static let configuration = """
    mode: live
    alerts: false
    rules:
      - name: crash
        when: { title: crash }
        then:
          label: [bug, crash]
          comment: "Thanks."
          sticky: "Seen."
          assign: [dave]
          title: "[crash] {{title}}"
          close: not_planned
          lock: true
    """

  private func withTransaction(
    _ body: (GitHubDouble, Step, String, TestDatabase) async throws -> Void
  ) async throws {
    try await withMigratedDatabase { database in
      var model = widget(configuration: Self.configuration)
      model.collaborators["erin"] = "maintain"
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url).with("GITHUB_ACTOR", "erin")
        let end = try await step.event("issues", github.issueEvent(1)).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(github.item(1)?.isLocked == true && github.item(1)?.comments.count == 2, "\(end.log)")
        try await body(github, step, try #require(end.outputs["transaction-id"]), database)
      }
    }
  }

  private func expectStart(_ github: GitHubDouble, _ end: Step.Ending) throws {
    let item = try #require(github.item(1))
    #expect(end.status == 0, "\(end.log)")
    #expect(item.labels.isEmpty && item.assignees.isEmpty && item.comments.isEmpty, "\(end.log)")
    #expect(item.title == "Crash at start")
    #expect(!item.isClosed && !item.isLocked)
  }

  @Test func everythingIsAsItWas() async throws {
    try await withTransaction { github, step, transaction, _ in
      let before = github.mutations.count
      let plan = try await step.run("rollback", "--transaction", transaction, "--dry-run")
      #expect(plan.status == 0, "\(plan.log)")
      #expect(github.mutations.count == before)
      let end = try await step.run("rollback", "--transaction", transaction)
      try expectStart(github, end)
    }
  }

  /// A rollback is a transaction, and can be taken back.
  @Test func aRollbackCanBeTakenBack() async throws {
    try await withTransaction { github, step, transaction, _ in
      let end = try await step.run("rollback", "--transaction", transaction)
      let own = try #require(end.outputs["transaction-id"])
      let again = try await step.run("rollback", "--transaction", own)
      #expect(again.status == 0, "\(again.log)")
      let item = try #require(github.item(1))
      #expect(Set(item.labels) == ["bug", "crash"] && item.isClosed && item.isLocked)
      #expect(item.title == "[crash] Crash at start")
      #expect(item.comments.count == 2, "\(item.comments.map(\.body))")
      let last = try await step.run("rollback", "--transaction", transaction)
      try expectStart(github, last)
    }
  }

  @Test(arguments: ["label", "title", "reopen"])
  func whatAPersonChangedSinceIsAConflict(change: String) async throws {
    try await withTransaction { github, step, transaction, _ in
      switch change {
      case "label": github.act(as: "carol", on: 1, .label("wontfix"))
      case "title": github.act(as: "carol", on: 1, .title("Mine"))
      default: github.act(as: "carol", on: 1, .reopen)
      }
      let before = github.effects.count
      let refused = try await step.run("rollback", "--transaction", transaction)
      #expect(refused.status == 1, "\(refused.log)")
      #expect(refused.log.contains("carol"), "\(refused.log)")
      #expect(github.effects.count == before)
      let forced = try await step.run("rollback", "--transaction", transaction, "--force")
      #expect(forced.status == 0, "\(forced.log)")
      #expect(github.item(1)?.title == "Crash at start")
      #expect(github.item(1)?.labels == (change == "label" ? ["wontfix"] : []))
    }
  }

  /// Killed at each of its requests and run again: the end is the same, and nothing is done twice.
  @Test(arguments: 0..<16)
  func aKilledRollbackGoesForward(request: Int) async throws {
    try await withTransaction { github, step, transaction, _ in
      github.hold(skip: request, answer: true)
      let running = try step.start("rollback", "--transaction", transaction)
      _ = await github.held()
      running.kill(SIGKILL)
      _ = try await running.wait()
      github.release()
      let end = try await step.run("rollback", "--transaction", transaction)
      try expectStart(github, end)
    }
  }

  /// Killed when all was written and the end not yet recorded: that is no reason to do nothing later on.
  @Test func aRollbackThatWasKilledBeforeItsEndHindersNoLaterOne() async throws {
    try await withTransaction { github, step, transaction, database in
      let end = try await step.run("rollback", "--transaction", transaction)
      let own = try #require(end.outputs["transaction-id"])
      _ = try await database.query(
        """
        UPDATE yardmaster.events SET outcome = NULL, finished_at = NULL, lease_expires_at = now() - interval '1 hour'
        WHERE event_name = 'rollback'
        """)
      let again = try await step.run("rollback", "--transaction", own)
      #expect(again.status == 0 && github.item(1)?.isLocked == true, "\(again.log)")
      let last = try await step.run("rollback", "--transaction", transaction)
      try expectStart(github, last)
    }
  }

  /// Run again itself, it finds nothing to write, and ends what was left.
  @Test func aRollbackThatWasKilledBeforeItsEndIsEndedByTheSame() async throws {
    try await withTransaction { github, step, transaction, database in
      _ = try await step.run("rollback", "--transaction", transaction)
      _ = try await database.query(
        """
        UPDATE yardmaster.events SET outcome = NULL, finished_at = NULL, lease_expires_at = now() - interval '1 hour'
        WHERE event_name = 'rollback'
        """)
      let effects = github.effects.count
      try expectStart(github, try await step.run("rollback", "--transaction", transaction))
      #expect(github.effects.count == effects)
      let open = "SELECT count(*) AS value FROM yardmaster.events WHERE outcome IS NULL"
      #expect(try await database.value(open, as: Int.self) == 0)
    }
  }

  /// Another reason takes two requests. What stands between them is no person's doing.
  @Test func aRollbackThatWasKilledBetweenUnlockingAndLockingGoesForward() async throws {
    try await withTransaction { github, step, _, _ in
      github.act(as: "erin", on: 1, .unlock)
      github.act(as: "erin", on: 1, .lock(reason: "resolved"))
      let delivery = try #require(github.act(as: "erin", on: 1, .comment("/lock spam")))
      let locked = try await step.event(delivery.event, delivery.payload).run("run")
      #expect(github.item(1)?.lockReason == "spam", "\(locked.log)")
      let transaction = try #require(locked.outputs["transaction-id"])
      github.hold(on: .init(method: "PUT", target: "*/lock"))
      let running = try step.start("rollback", "--transaction", transaction)
      _ = await github.held()
      running.kill(SIGKILL)
      _ = try await running.wait()
      #expect(github.item(1)?.isLocked == false)
      let end = try await step.run("rollback", "--transaction", transaction)
      #expect(end.status == 0 && github.item(1)?.lockReason == "resolved", "\(end.log)")
    }
  }

  /// Somebody may do what they like to an item once all was taken back: it stands against nothing then.
  @Test(arguments: [false, true])
  func whatIsTakenBackAlreadyIsNoConflict(asksInAComment: Bool) async throws {
    try await withTransaction { github, step, transaction, _ in
      let first = try await step.run("rollback", "--transaction", transaction)
      let own = try #require(first.outputs["transaction-id"])
      #expect(first.log.contains("To bring the changes back: yardmaster rollback --transaction \(own)"), "\(first.log)")
      github.act(as: "carol", on: 1, .label("foo"))
      github.act(as: "carol", on: 1, .unlabel("foo"))
      let effects = github.effects.count
      let words = "is taken back already (by transaction "
      if asksInAComment {
        let delivery = try #require(github.act(as: "erin", on: 1, .comment("/undo \(transaction)")))
        let end = try await step.event(delivery.event, delivery.payload).run("run")
        let answer = try #require(github.item(1)?.comments.last?.body)
        #expect(answer.contains(words) && answer.contains(own) && !answer.contains("carol"), "\(answer)\n\(end.log)")
      } else {
        for options in [["--dry-run"], []] {
          let end = try await step.run(["rollback", "--transaction", transaction] + options)
          #expect(end.status == 0, "\(end.log)")
          #expect(end.log.contains("\(words)\(own))") && !end.log.contains("conflict"), "\(end.log)")
          #expect(end.log.contains("Nothing to do: transaction \(transaction) is taken back already."), "\(end.log)")
          #expect(end.summary.contains(own) && !end.summary.contains("rolled"), "\(end.summary)")
        }
        #expect(github.effects.count == effects)
      }
      guard !asksInAComment else { return }
      // And so of the rollback, once it was taken back itself.
      let back = try await step.run("rollback", "--transaction", own, "--force")
      let brought = try #require(back.outputs["transaction-id"])
      let twice = try await step.run("rollback", "--transaction", own)
      #expect(twice.status == 0 && twice.log.contains("\(words)\(brought))"), "\(twice.log)")
    }
  }

  @Test func whatIsUnknownIsAUsageError() async throws {
    try await withTransaction { _, step, _, _ in
      let end = try await step.run("rollback", "--transaction", UUID().uuidString)
      #expect(end.status == 64, "\(end.log)")
      #expect(end.log.contains("yardmaster actions"))
      let both = try await step.run("rollback")
      #expect(both.status == 64)
    }
  }
}
