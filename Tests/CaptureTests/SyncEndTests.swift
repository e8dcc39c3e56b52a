import Capture
import Domain
import Foundation
import Synchronization
import Testing

/// How a run ends where GitHub, the database or a person does not want it to go on.
@Suite struct SyncEndTests {
  private static let until = Timestamp(seconds: 1_800_003_600)

  @Test func aRateLimitHoldsBackEveryChunkOfTheJob() async throws {
    let isLimited = Mutex(true)
    let model = ModelRepository(count: 100)
    let harness = CaptureHarness(
      model, deadline: FakeDeadline(remaining: 3_000),
      github: { _ in isLimited.withLock { $0 } ? .raise(RateLimited(until: Self.until)) : nil })
    isLimited.withLock { $0 = false }
    _ = try await harness.plan(chunkSize: 20)
    isLimited.withLock { $0 = true }
    #expect(try await harness.sync().stopped == .rateLimited(until: Self.until))
    #expect(harness.store.state.chunks.allSatisfy { $0.status == .waiting && $0.notBefore == Self.until })

    isLimited.withLock { $0 = false }
    let calls = harness.github.calls.count
    let second = try await harness.sync()
    #expect(harness.github.calls.count == calls)
    #expect(second.stopped == .rateLimited(until: Self.until))
    #expect(!second.isComplete && second.remainingChunks == 6)
    #expect(harness.notes.all.last?.contains("\(Self.until)") == true)

    harness.clock.advance(3_601)
    #expect(try await harness.sync().isComplete)
    #expect(harness.store.state.rows == model.rows(of: 1...100))
  }

  /// What a run waits for when a signal ends it is left behind: to all chunks, or to one kind of them, whichever the run
  /// has in hand.
  @Test(arguments: [(nil, [true, true, true]), ("core", [true, false, false]), ("graphql", [false, true, true])])
  func aLimitIsLeftToTheChunksThatItConcerns(resource: String?, held: [Bool]) async throws {
    let deadline = FakeDeadline()
    let github = Mutex<FakeGitHub?>(nil)
    let harness = CaptureHarness(
      ModelRepository(count: 100), clock: FakeClock(runs: true), deadline: deadline,
      github: { call in
        guard case .items = call else { return nil }
        github.withLock { $0 }?.limit(until: Self.until, resource: resource)
        deadline.signal(.terminate)
        try await hang()
        return nil
      })
    github.withLock { $0 = harness.github }
    _ = try await harness.plan(chunkSize: 50)
    harness.store.change { $0.chunks[0].attempts = 1 }
    #expect(try await harness.sync().stopSignal == .terminate)
    #expect(harness.store.state.chunks.map(\.notBefore) == held.map { $0 ? Self.until : nil })
  }

  @Test func aChunkThatFailsDoesNotStarveTheOthers() async throws {
    let model = ModelRepository(count: 100)
    let isBroken = Mutex(true)
    let harness = CaptureHarness(
      model,
      github: { call in
        if case .rest(let path) = call, path.contains("/pulls/comments"), isBroken.withLock({ $0 }) {
          return .raise(Failure(.unavailable, "GitHub did not answer", advice: "-"))
        }
        return nil
      })
    _ = try await harness.plan(chunkSize: 20)
    let error = await #expect(throws: Failure.self) { try await harness.sync() }
    #expect(error?.problem == "GitHub did not answer")
    let chunks = harness.store.state.chunks
    #expect(chunks.map(\.status) == [.pending] + Array(repeating: .completed, count: 5))
    #expect(chunks[0].attempts == 1)
    #expect(chunks[0].error?.contains("GitHub did not answer") == true)
    isBroken.withLock { $0 = false }
    #expect(try await harness.sync().isComplete)
    #expect(harness.store.state.rows == model.rows(of: 1...100))
  }

  @Test func aGitHubThatIsDownIsNotAskedForEveryChunk() async throws {
    let harness = CaptureHarness(
      ModelRepository(count: 100),
      github: { call in
        if call.isPlan { nil } else { .raise(Failure(.unavailable, "GitHub did not answer", advice: "-")) }
      })
    _ = try await harness.plan(chunkSize: 10)
    let calls = harness.github.calls.count
    await #expect(throws: Failure.self) { try await harness.sync() }
    #expect(harness.github.calls.count - calls == 3)
    #expect(harness.store.state.chunks.map(\.attempts).max() == 1)
  }

  @Test func aRepositoryThatVanishedIsAMatterOfConfiguration() async throws {
    for scope in [ChunkScope.range(first: 1, last: 9), .reviewComments(since: nil, reconciles: false)] {
      let harness = CaptureHarness(ModelRepository(count: 9))
      _ = try await harness.plan()
      harness.store.change { $0.chunks = [.init(scope: scope)] }
      harness.github.vanish()
      let error = await #expect(throws: Failure.self) { try await harness.sync() }
      #expect(error?.exitStatus == .configuration)
    }
  }

  @Test func aJobThatWasNeverPlannedIsRefused() async throws {
    let harness = CaptureHarness(ModelRepository(count: 9))
    _ = try await harness.plan()
    harness.store.change { $0.chunks = [] }
    let error = await #expect(throws: Failure.self) { try await harness.sync() }
    #expect(error?.exitStatus == .usage)
    #expect(error?.advice.contains("Plan it first") == true)
  }

  @Test func aCancelledJobIsLeftAlone() async throws {
    let harness = CaptureHarness(ModelRepository(count: 9))
    _ = try await harness.plan()
    harness.store.change { $0.job?.status = .cancelled }
    let calls = harness.github.calls.count
    let result = try await harness.sync()
    #expect(harness.github.calls.count == calls)
    #expect(!result.isComplete && result.remainingChunks == 2 && result.stopped == nil)
    #expect(harness.notes.all.first?.contains("cancelled") == true)
  }

  /// The database hangs from one call on: neither commit, release nor anything else comes back.
  @Test(arguments: ["commit", "claim"]) func aFrozenDatabaseDoesNotHoldUpTheEnd(at frozenCall: String) async throws {
    let deadline = FakeDeadline()
    let isFrozen = Mutex(false)
    let (frozen, freeze) = AsyncStream.makeStream(of: Void.self)
    let clock = PatientClock()
    let harness = CaptureHarness(
      ModelRepository(count: 290), deadline: deadline,
      store: { call, isDone in
        if call == frozenCall, !isDone { isFrozen.withLock { $0 = true } }
        guard isFrozen.withLock({ $0 }) else { return }
        freeze.finish()
        try await hang()
      })
    let plan = try await harness.plan()
    let job = try #require(plan.job)
    let run = Task {
      try await SyncRun(
        github: harness.github, store: harness.store, deadline: deadline, clock: clock, logger: silent,
        observer: harness.notes
      ).run(job: job, runID: 1)
    }
    for await _ in frozen {}
    let begun = clock.now
    deadline.signal(.terminate)
    run.cancel()
    let result = try await run.value
    // A process that was asked to end has a second, and needs some of it for itself.
    #expect(clock.now < begun + 0.9)
    #expect(result.stopSignal == .terminate)
    #expect(result.remainingChunks == 2 && !result.isComplete)
  }
}

/// A clock that goes on by what is slept, but for looks at the deadline, which never come round.
private final class PatientClock: WallClock, Sendable {
  private let time = FakeClock(runs: true)
  var now: Timestamp { time.now }
  func sleep(seconds: Double) async throws {
    if seconds == 0.1 { try await hang() }
    try await time.sleep(seconds: seconds)
  }
}

/// Never comes back but by cancellation.
private func hang() async throws {
  let (never, continuation) = AsyncStream.makeStream(of: Void.self)
  for await _ in never {}
  continuation.finish()
  throw CancellationError()
}
