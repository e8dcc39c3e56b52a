import Domain
import Execution
import Synchronization
import Testing

private let item = ItemReference(repository: RepositoryName("o/r")!, number: 1)

private func decision(_ effect: Effect) -> Decision {
  Decision(target: item, effect: effect, reason: Reason(origin: "rule 'x'", evidence: "test"))
}

private func claimed(_ rows: [Action] = []) -> ClaimedEvent {
  ClaimedEvent(id: .random(), repository: item.repository, attempt: 1, transaction: .random(), recorded: rows)
}

private let everything = [
  decision(.addLabels(["bug", "crash"])), decision(.comment(body: "Thanks!")), decision(.assign(["alice"])),
  decision(.removeLabel("crash")), decision(.close(reason: .notPlanned)),
]

@Suite struct ExecutorTests {
  @Test func everyEffectIsSentOnceAndSettled() async throws {
    let github = RecordingGitHub()
    let journal = RecordingJournal()
    let settled = try await Executor(github: github, journal: journal)
      .carryOut(everything, for: claimed(), mode: .live, actor: "bob")
    #expect(settled.map(\.outcome.status) == Array(repeating: .done, count: 5))
    #expect(github.state.withLock { $0.requests.count } == 5)
    #expect(github.state.withLock { $0.labels } == ["bug"])
    #expect(github.state.withLock { $0.isOpen } == false)
    #expect(journal.rows.withLock { $0.allSatisfy { $0.status == .done } })
    #expect(journal.audits.withLock { $0.count } == 5)
  }

  @Test func aDryRunSendsNothing() async throws {
    let github = RecordingGitHub()
    let settled = try await Executor(github: github, journal: RecordingJournal())
      .carryOut(everything, for: claimed(), mode: .dryRun, actor: nil)
    #expect(settled.allSatisfy { $0.outcome.status == .skipped })
    #expect(github.state.withLock { $0.requests.isEmpty })
  }

  /// Runs once counting the side effects, then kills at each of them and runs again: the end is always the same.
  @Test func aKillBetweenAnyTwoStepsLosesAndDoublesNothing() async throws {
    let counting = KillSwitch()
    _ = try await Executor(github: RecordingGitHub(kill: counting), journal: RecordingJournal(kill: counting))
      .carryOut(everything, for: claimed(), mode: .live, actor: nil)
    #expect(counting.steps > 20)
    for k in 1...counting.steps {
      let kill = KillSwitch(at: k)
      let github = RecordingGitHub(kill: kill)
      let journal = RecordingJournal(kill: kill)
      let executor = Executor(github: github, journal: journal)
      await #expect(throws: RecordingGitHub.Killed.self) {
        try await executor.carryOut(everything, for: claimed(), mode: .live, actor: nil)
      }
      let rows = journal.rows.withLock { $0 }
      if rows.isEmpty {
        _ = try await executor.carryOut(everything, for: claimed(), mode: .live, actor: nil)
      } else {
        _ = try await executor.resume(claimed(rows), actor: nil)
      }
      let end = github.state.withLock { $0 }
      #expect(end.comments.count == 1, "killed at step \(k)")
      #expect(end.labels == ["bug"], "killed at step \(k)")
      #expect(end.isOpen == false, "killed at step \(k)")
      #expect(Set(end.assignees) == ["alice"], "killed at step \(k)")
      #expect(journal.rows.withLock { $0.allSatisfy { $0.status == .done || $0.status == .skipped } }, "step \(k)")
    }
  }

  @Test func aLostAnswerToACommentIsSettledByLookingForIt() async throws {
    let github = RecordingGitHub()
    github.state.withLock { $0.uncertainPosts = 1 }
    let journal = RecordingJournal()
    let executor = Executor(github: github, journal: journal)
    let first = try await executor.carryOut([decision(.comment(body: "hi"))], for: claimed(), mode: .live, actor: nil)
    #expect(first[0].outcome.status == .done)
    #expect(github.state.withLock { $0.comments.count } == 1)
  }

  /// The lists lag behind: looking at once could miss it.
  @Test func whatMayHaveBeenPostedIsLookedForLaterThanListsLag() async throws {
    let clock = RecordingClock()
    let action = Action(id: .random(), decision: decision(.comment(body: "hi")), status: .intended, begunAgo: 2)
    let journal = RecordingJournal(rows: [action])
    let github = RecordingGitHub()
    let settled = try await Executor(github: github, journal: journal, clock: clock).resume(
      claimed([action]), actor: nil)
    #expect(settled.map(\.outcome.status) == [.done])
    #expect(clock.slept.withLock { $0 } == 3)
  }

  @Test func aDispatchWhoseAnswerWasLostIsNotRepeated() async throws {
    let dispatch = decision(.dispatch(WorkflowDispatch(workflow: "ci.yml", ref: "main")))
    let action = Action(id: .random(), decision: dispatch, status: .intended, begunAgo: 30)
    let journal = RecordingJournal(rows: [action])
    let github = RecordingGitHub()
    let executor = Executor(github: github, journal: journal)
    let settled = try await executor.resume(claimed([action]), actor: nil)
    #expect(settled.map(\.outcome.status) == [.uncertain])
    let again = try await executor.resume(claimed(journal.rows.withLock { $0 }), actor: nil)
    #expect(again.map(\.outcome.status) == [.uncertain])
    #expect(github.state.withLock { $0.dispatches } == 0)
  }

  @Test func aDispatchThatWasNeverBegunIsSent() async throws {
    let dispatch = decision(.dispatch(WorkflowDispatch(workflow: "ci.yml", ref: "main")))
    let action = Action(id: .random(), decision: dispatch, status: .intended)
    let github = RecordingGitHub()
    let settled = try await Executor(github: github, journal: RecordingJournal(rows: [action]))
      .resume(claimed([action]), actor: nil)
    #expect(settled.map(\.outcome.status) == [.done])
    #expect(github.state.withLock { $0.dispatches } == 1)
  }

  /// Whose name stands in the place of somebody who was forgotten is nobody to be assigned.
  @Test(arguments: [(["ghost", "alice"], Action.Status.done, ["alice"]), (["ghost"], .skipped, [])])
  func whoWasForgottenIsNotAssigned(wanted: [String], status: Action.Status, assigned: [String]) async throws {
    let action = Action(id: .random(), decision: decision(.assign(wanted)), status: .intended)
    let github = RecordingGitHub()
    let settled = try await Executor(github: github, journal: RecordingJournal(rows: [action]))
      .resume(claimed([action]), actor: nil)
    #expect(settled.map(\.outcome.status) == [status])
    #expect(github.state.withLock { $0.assignees } == assigned)
  }

  /// Whoever was held up asks for the leases again before the write goes out; who lost them writes nothing.
  @Test(arguments: [false, true])
  func aWriteThatComesTooLateIsSentOnlyWithTheLeasesRenewed(isLost: Bool) async throws {
    let github = RecordingGitHub()
    github.state.withLock { $0.expired = 1 }
    let journal = RecordingJournal()
    journal.isLost.store(isLost, ordering: .relaxed)
    let executor = Executor(github: github, journal: journal)
    if isLost {
      await #expect(throws: LeaseLost.self) {
        try await executor.carryOut([decision(.addLabels(["bug"]))], for: claimed(), mode: .live, actor: nil)
      }
    } else {
      _ = try await executor.carryOut([decision(.addLabels(["bug"]))], for: claimed(), mode: .live, actor: nil)
    }
    #expect(github.state.withLock { $0.labels } == (isLost ? [] : ["bug"]))
  }

  @Test func whatTheThreadLeftBehindSinceIsNotSent() async throws {
    let github = RecordingGitHub()
    let labels = Action(id: .random(), decision: decision(.addLabels(["bug", "crash"])), status: .intended)
    let close = Action(id: .random(), decision: decision(.close(reason: .completed)), status: .intended)
    let journal = RecordingJournal(rows: [labels, close])
    let settled = try await Executor(github: github, journal: journal)
      .resume(claimed([labels, close]), actor: nil) { action in
        Remainder(effect: action.id == labels.id ? .addLabels(["crash"]) : nil, words: "somebody was here")
      }
    #expect(settled.map(\.outcome.status) == [.done, .skipped])
    #expect(settled.allSatisfy { $0.outcome.explanation?.contains("somebody was here") == true })
    #expect(github.state.withLock { $0.labels } == ["crash"])
    #expect(github.state.withLock { $0.isOpen })
  }

  @Test func whatGitHubShowsAlreadyIsNotSentAgain() async throws {
    let github = RecordingGitHub()
    github.state.withLock { $0.labels = ["bug"] }
    let action = Action(id: .random(), decision: decision(.addLabels(["bug"])), status: .intended, begunAgo: 1)
    let settled = try await Executor(github: github, journal: RecordingJournal(rows: [action]))
      .resume(claimed([action]), actor: nil)
    #expect(settled.map(\.outcome.status) == [.done])
    #expect(github.state.withLock { $0.requests.map(\.method) } == [.get])
  }

  /// One that somebody changed after the plan was made is left alone.
  @Test(arguments: [[], ["wontfix"]] as [[String]])
  func anUndoOverwritesNothing(meanwhile: [String]) async throws {
    let github = RecordingGitHub()
    github.state.withLock { $0.labels = ["bug"] + meanwhile }
    let state = ItemState(labels: ["bug"], title: "t")
    let effect = Effect.removeLabel("bug")
    var undo = decision(effect)
    undo.before = RollbackExpectation(state: state).before(of: effect, state)
    undo.undoes = [.random()]
    let settled = try await Executor(github: github, journal: RecordingJournal())
      .carryOut([undo], for: claimed(), mode: .live, actor: nil)
    #expect(settled.map(\.outcome.status) == [meanwhile.isEmpty ? .done : .failed])
    #expect(github.state.withLock { $0.labels } == (meanwhile.isEmpty ? [] : ["bug"] + meanwhile))
  }

  /// Not having seen the comment is no proof that it is not there.
  @Test(arguments: [(422, "{}"), (200, "{}"), (200, "")])
  func aListThatCannotBeReadPostsNothing(status: Int, body: String) async throws {
    let github = RecordingGitHub()
    github.state.withLock { $0.answers[1] = RESTAnswer(status: status, body: Array(body.utf8)) }
    let action = Action(id: .random(), decision: decision(.comment(body: "hi")), status: .intended, begunAgo: 9)
    let settled = try await Executor(github: github, journal: RecordingJournal(rows: [action]))
      .resume(claimed([action]), actor: nil)
    #expect(settled[0].outcome.status == .uncertain)
    #expect(github.state.withLock { $0.comments.isEmpty })
  }

  @Test func aRefusalFailsOneActionAndNotTheNext() async throws {
    let github = RecordingGitHub()
    github.state.withLock {
      $0.answers[1] = RESTAnswer(status: 422, body: Array(#"{"message":"Validation Failed"}"#.utf8))
    }
    let settled = try await Executor(github: github, journal: RecordingJournal())
      .carryOut([decision(.addLabels(["bug"])), decision(.reopen)], for: claimed(), mode: .live, actor: nil)
    #expect(settled.map(\.outcome.status) == [.failed, .done])
    #expect(settled[0].outcome.explanation?.contains("422") == true)
  }

  /// Nobody can mend that, and no attempt is worth another.
  @Test func aDeletedItemIsNoFailure() async throws {
    let github = RecordingGitHub()
    github.state.withLock {
      $0.answers[1] = RESTAnswer(status: 410, body: Array(#"{"message":"This issue was deleted"}"#.utf8))
    }
    let settled = try await Executor(github: github, journal: RecordingJournal())
      .carryOut([decision(.addLabels(["bug"]))], for: claimed(), mode: .live, actor: nil)
    #expect(settled.map(\.outcome.status) == [.skipped])
    #expect(settled[0].outcome.explanation?.contains("This issue was deleted") == true)
  }

  @Test func whoCannotBeAssignedIsNamed() async throws {
    let settled = try await Executor(github: RecordingGitHub(), journal: RecordingJournal())
      .carryOut([decision(.assign(["alice", "stranger"]))], for: claimed(), mode: .live, actor: nil)
    #expect(settled[0].outcome.status == .done)
    #expect(settled[0].outcome.explanation?.contains("stranger") == true)
    let nobody = try await Executor(github: RecordingGitHub(), journal: RecordingJournal())
      .carryOut([decision(.assign(["stranger"]))], for: claimed(), mode: .live, actor: nil)
    #expect(nobody[0].outcome.status == .skipped)
  }

  @Test func aLongCommentKeepsItsMarker() {
    let marker = CommentMarker(action: .random())
    let body = marker.appended(to: String(repeating: "é", count: 70_000))
    #expect(body.unicodeScalars.count <= 65_536)
    #expect(marker.isCarried(by: body))
  }
}
