import Capture
import Domain
import Synchronization
import Testing

@Suite struct SweepTests {
  private static let later = Timestamp(seconds: 1_800_000_060).description

  /// What was worked on, in order.
  private func parts(_ result: SweepResult) -> [SweepPart] { result.steps.map(\.part) }

  @Test func theFirstSweepCapturesEverythingAndAuditsNothing() async throws {
    let model = ModelRepository(count: 60)
    let harness = CaptureHarness(model)
    let result = try await harness.sweep()
    #expect(parts(result) == [.delta])
    #expect(result.isComplete && result.stopped == nil && result.remainingChunks == 0)
    #expect(result.items == model.items.count)
    #expect(result.proof?.unaccounted == 0)
    #expect(harness.store.state.rows == model.rows(of: 1...model.items.keys.max()!))
  }

  @Test func aQuietSweepOnlyAudits() async throws {
    let harness = CaptureHarness(ModelRepository(count: 60))
    _ = try await harness.sweep()
    let result = try await harness.sweep()
    #expect(parts(result) == [.audit])
    #expect(result.steps.first?.result?.isComplete == true)
    #expect(result.proof?.auditedAsOf != nil)
    #expect(result.isComplete)

    let none = try await harness.sweep(auditCap: SpendingCap(points: 0, requests: 0))
    #expect(none.steps.isEmpty)
  }

  @Test func everyPartHasItsTurnInOrder() async throws {
    let model = ModelRepository(count: 60)
    let harness = CaptureHarness(model)
    _ = try await harness.sweep()
    // An open job of somebody's, a change, and a row that is lost.
    _ = try await harness.plan(.daysBack(30_000), maxItems: 5)
    harness.github.change { model in
      model.items[40]?.title = "Changed"
      model.items[40]?.updatedAt = Self.later
    }
    harness.store.change { state in
      state.rows.kinds[11] = nil
      state.rows.items[11] = nil
      if let comment = state.rows.comments.first(where: { $0.value.hasPrefix("22 ") }) {
        state.rows.comments[comment.key] = nil
      }
    }
    let result = try await harness.sweep()
    #expect(parts(result) == [.continuation, .delta, .repair, .audit])
    #expect(result.steps.map { $0.job?.kind } == [.history, .history, .repair, .audit])
    // What nothing is known of is the delta's already.
    #expect(result.steps[2].job?.scope.window == .numbers([22]))
    #expect(result.isComplete)
    #expect(harness.store.state.rows.items[40]?.contains("Changed") == true)
    var changed = model
    changed.items[40]?.title = "Changed"
    #expect(harness.store.state.rows == changed.rows(of: 1...60))
  }

  /// What no timestamp reveals.
  @Test func theAuditFindsWhatNoTimeReveals() async throws {
    let harness = CaptureHarness(ModelRepository(count: 60))
    _ = try await harness.sweep()
    harness.github.change { model in
      model.items[2]?.comments.removeFirst()
      model.items[13]?.reviewComments.removeAll()
      model.items[14]?.labels = ["renamed"]
      model.items[22] = nil
    }
    let result = try await harness.sweep()
    #expect(parts(result) == [.audit])
    var model = ModelRepository(count: 60)
    model.items[2]?.comments.removeFirst()
    model.items[13]?.reviewComments.removeAll()
    model.items[14]?.labels = ["renamed"]
    model.items[22] = nil
    #expect(harness.store.state.rows == model.rows(of: 1...60))
  }

  /// Its review comments are older than the walk before, and no list of what changed since has them.
  @Test func whatComesBackHasItsReviewCommentsAgain() async throws {
    let model = ModelRepository(count: 60)
    let harness = CaptureHarness(model)
    let pull = try #require(model.items.values.first { !$0.reviewComments.isEmpty }?.number)
    _ = try await harness.sweep()
    harness.github.change { $0.items[pull] = nil }
    _ = try await harness.sweep()
    #expect(harness.store.state.rows.kinds[pull] == .gone)
    harness.github.change { changed in
      changed.items[pull] = model.items[pull]
      changed.items[pull]?.updatedAt = Self.later
    }
    _ = try await harness.sweep(auditCap: SpendingCap(points: 0, requests: 0))
    #expect(harness.store.state.rows.reviewComments == model.rows(of: 1...60).reviewComments)
    #expect(harness.store.state.rows.kinds == model.rows(of: 1...60).kinds)
  }

  /// Then GitHub's newest number goes back.
  @Test func theAuditFindsThatTheNewestItemsAreGone() async throws {
    let harness = CaptureHarness(ModelRepository(count: 60))
    _ = try await harness.sweep()
    harness.github.change { model in
      for number in 58...60 { model.items[number] = nil }
    }
    let counted = try await harness.sweep(auditCap: SpendingCap(points: 0, requests: 0))
    #expect(counted.proof?.surplus == 3 && counted.proof?.isWhole == false)
    let result = try await harness.sweep()
    #expect(result.proof?.surplus == 0)
    var model = ModelRepository(count: 60)
    for number in 58...60 { model.items[number] = nil }
    #expect(harness.store.state.rows == model.rows(of: 1...60))
  }

  @Test func theAuditIsSpreadOverSweeps() async throws {
    let model = ModelRepository(count: 290)
    let harness = CaptureHarness(model)
    _ = try await harness.sweep()
    var job: JobID?
    var sweeps = 0
    while true {
      sweeps += 1
      try #require(sweeps < 20)
      let before = (harness.store.state.points, harness.store.state.requests)
      let result = try await harness.sweep(auditCap: SpendingCap(points: 3, requests: 3))
      let step = try #require(result.steps.last)
      #expect(step.part == .audit)
      #expect(job == nil || step.job?.id == job, "an audit that is open goes on")
      job = step.job?.id
      #expect(harness.store.state.points - before.0 <= 3)
      #expect(harness.store.state.requests - before.1 <= 3)
      // An audit that is not through leaves nothing undone.
      #expect(result.isComplete && result.remainingChunks == 0)
      if step.result?.isComplete == true { break }
      #expect(step.result?.stopped == .spent)
    }
    #expect(sweeps > 2)
    #expect(harness.store.state.rows == model.rows(of: 1...290))
    #expect(try await harness.sweep().steps.last?.job?.id != job, "the next one begins")
  }

  @Test func aQuarterOfTheQuotaIsTheAuditsByDefault() async throws {
    // GitHub's double says 12 points and 8 requests an hour.
    let harness = CaptureHarness(ModelRepository(count: 290))
    _ = try await harness.sweep()
    let before = harness.store.state.points
    let result = try await harness.sweep(auditCap: nil)
    #expect(result.steps.last?.result?.stopped == .spent)
    #expect(harness.store.state.points - before == 3)
  }

  @Test func aDeadLetterIsTriedAgain() async throws {
    let model = ModelRepository(count: 30)
    let isPoisoned = Mutex(true)
    let harness = CaptureHarness(
      model,
      github: { call in
        guard case .items(let asked) = call, asked.heads.contains(8), isPoisoned.withLock({ $0 }) else { return nil }
        return .damage(FakeGitHub.Damage(heads: [8: "INTERNAL"]))
      })
    let first = try await harness.sweep()
    #expect(first.isComplete)
    #expect(first.proof?.deadLetters == 1)
    #expect(parts(first) == [.delta, .repair], "what was lost just now is asked for once more at once")
    isPoisoned.withLock { $0 = false }
    let second = try await harness.sweep()
    #expect(parts(second) == [.repair, .audit])
    #expect(second.proof?.deadLetters == 0)
    #expect(harness.store.state.rows == model.rows(of: 1...30))
  }

  @Test func aJobThatFailsKeepsNoOtherFromItsTurn() async throws {
    let harness = CaptureHarness(
      ModelRepository(count: 60),
      github: { call in
        guard case .items(let asked) = call, asked.heads.contains(3), asked.heads.count <= 3 else { return nil }
        return .raise(Failure(.unavailable, "GitHub did not answer", advice: "-"))
      })
    _ = try await harness.sweep()
    _ = try await harness.plan(.numbers([1, 2, 3]))
    harness.github.change {
      $0.items[40]?.title = "Changed"
      $0.items[40]?.updatedAt = Self.later
    }
    harness.store.change { state in
      if let comment = state.rows.comments.first(where: { $0.value.hasPrefix("22 ") }) {
        state.rows.comments[comment.key] = nil
      }
    }
    let result = try await harness.sweep()
    #expect(parts(result) == [.continuation, .delta, .repair, .audit])
    #expect(result.firstFailure?.problem == "GitHub did not answer")
    #expect(!result.isComplete)
    #expect(harness.store.state.rows.items[40]?.contains("Changed") == true)
  }

  @Test func aLimitEndsTheSweepInGoodOrder() async throws {
    let until = Timestamp(seconds: 1_800_003_600)
    let isLimited = Mutex(true)
    let model = ModelRepository(count: 60)
    let harness = CaptureHarness(
      model, deadline: FakeDeadline(remaining: 600),
      github: { _ in isLimited.withLock { $0 } ? .raise(RateLimited(until: until)) : nil })
    let result = try await harness.sweep()
    #expect(result.steps.isEmpty)
    #expect(result.stopped == .rateLimited(until: until))
    #expect(!result.isComplete)
    isLimited.withLock { $0 = false }
    #expect(try await harness.sweep().isComplete)
  }

  @Test func aLimitThatEndsInTimeIsWaitedForEvenByThePlan() async throws {
    let clock = FakeClock(onlyRests: true)
    let until = clock.now + 900
    let harness = CaptureHarness(
      ModelRepository(count: 30), clock: clock, deadline: FakeDeadline(remaining: 3_000),
      github: { _ in clock.now < until ? .raise(RateLimited(until: until)) : nil })
    let result = try await harness.sweep()
    #expect(result.isComplete)
    #expect(clock.now >= until)
    #expect(harness.notes.all.first == "waiting until \(until)")
  }

  @Test func aSignalEndsTheSweep() async throws {
    let deadline = FakeDeadline()
    let harness = CaptureHarness(
      ModelRepository(count: 290), deadline: deadline,
      notes: Notes(onPage: { if $0.pages == 3 { deadline.signal(.interrupt) } }))
    let result = try await harness.sweep()
    #expect(result.stopped == .signal(.interrupt))
    #expect(parts(result) == [.delta])
    #expect(!result.isComplete && result.proof == nil)
    #expect(harness.store.state.chunks.allSatisfy { $0.status != .leased })
  }

  @Test func othersJobsAreLeftToThem() async throws {
    let harness = CaptureHarness(ModelRepository(count: 30))
    _ = try await harness.sweep()
    for processor in [Job.Processor.inngest, .event] {
      _ = try await harness.planner.plan(
        PlanRequest(
          repository: try name("acme/widget"), scope: CaptureScope(window: .numbers([3])), processor: processor))
    }
    #expect(parts(try await harness.sweep()) == [.audit])
    harness.clock.advance(700)
    // The event's run has surely ended; Inngest is the lanes' matter.
    let result = try await harness.sweep()
    #expect(parts(result) == [.continuation, .audit])
    #expect(result.steps.first?.job?.processor == .event)
  }

  @Test func aRepositoryThatCannotBeSeenIsAnError() async throws {
    let harness = CaptureHarness(ModelRepository(count: 9))
    harness.github.vanish()
    let error = await #expect(throws: Failure.self) { try await harness.sweep() }
    #expect(error?.exitStatus == .configuration)
  }

  /// Discussions and deleted issues change no listing, and still have to be accounted for.
  @Test func newNumbersOfNoItemAreAccountedFor() async throws {
    let harness = CaptureHarness(ModelRepository(count: 36))
    _ = try await harness.sweep()
    harness.github.change { model in
      model.discussions.insert(37)
      var item = model.items[36]!
      item.number = 40
      item.updatedAt = Self.later
      model.items[40] = item
    }
    let result = try await harness.sweep(auditCap: SpendingCap(points: 0, requests: 0))
    #expect(parts(result) == [.delta])
    let kinds = harness.store.state.rows.kinds
    #expect(kinds[37] == .discussion && kinds[38] == .gone && kinds[39] == .gone && kinds[40] == .issue)
    #expect(result.proof?.unaccounted == 0)
  }

  /// Kills the sweep at every call to the store, before and after its effect, then sweeps again.
  @Test func survivesAKillAtEveryCallToTheStore() async throws {
    let changed = { (model: inout ModelRepository) in
      model.items[8]?.title = "Changed"
      model.items[8]?.updatedAt = Self.later
      model.items[4]?.comments.removeAll()
    }
    let killSwitch = KillSwitch()
    func prepared() async throws -> CaptureHarness {
      killSwitch.arm(at: nil)
      let harness = CaptureHarness(ModelRepository(count: 16), store: { _, _ in try killSwitch.pass() })
      _ = try await harness.sweep()
      _ = try await harness.plan(.numbers([1, 2, 3]))
      harness.github.change(changed)
      harness.store.change { $0.rows.kinds[11] = nil }
      killSwitch.arm(at: nil)
      return harness
    }
    var model = ModelRepository(count: 16)
    changed(&model)
    let golden = model.rows(of: 1...16)

    let whole = try await prepared()
    _ = try await whole.sweep()
    let calls = killSwitch.count
    #expect(whole.store.state.rows == golden)
    #expect(calls > 50)
    for call in 1...calls {
      let harness = try await prepared()
      killSwitch.arm(at: call)
      await #expect(throws: KillSwitch.Killed.self, "killed at \(call)") { try await harness.sweep() }
      killSwitch.arm(at: nil)
      harness.clock.advance(11)
      let next = try await harness.sweep()
      #expect(next.isComplete, "killed at \(call)")
      // A kill behind the last page of the audit leaves nothing for the next sweep but another audit.
      #expect(harness.store.state.rows == golden, "killed at \(call)")
      #expect(harness.store.state.violations == [], "killed at \(call)")
      #expect(harness.store.state.jobs.allSatisfy { !$0.job.status.isOpen }, "killed at \(call)")
      #expect(next.proof?.unaccounted == 0 && next.proof?.incomplete == 0, "killed at \(call)")
    }
  }
}
