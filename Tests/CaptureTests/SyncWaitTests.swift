import Domain
import Synchronization
import Testing

@testable import Capture

/// Waiting for GitHub's limits, and what a run may spend.
@Suite struct SyncWaitTests {
  private static let start = Timestamp(seconds: 1_800_000_000)

  /// A limit from the chosen call of its kind on, until the clock says so.
  private static func limited(
    from first: Int, until: Timestamp, clock: FakeClock, _ kind: @escaping @Sendable (FakeGitHub.Call) -> Bool
  ) -> @Sendable (FakeGitHub.Call) async throws -> FakeGitHub.Fault? {
    let count = Mutex(0)
    return { call in
      guard kind(call) else { return nil }
      let number = count.withLock { count in
        count += 1
        return count
      }
      let limit = RateLimited(until: until, resource: isREST(call) ? "core" : "graphql")
      return number >= first && clock.now < until ? .raise(limit) : nil
    }
  }

  private static func asksForItems(_ call: FakeGitHub.Call) -> Bool { if case .items = call { true } else { false } }
  private static func isREST(_ call: FakeGitHub.Call) -> Bool { if case .rest = call { true } else { false } }

  @Test func aLimitThatEndsInTimeIsSleptThroughWithoutALease() async throws {
    let clock = FakeClock(onlyRests: true)
    let until = Self.start + 1_800
    let model = ModelRepository(count: 120)
    let leases = Mutex<[JobProgress.Chunk.Status]>([])
    let store = Mutex<FakeStore?>(nil)
    let harness = CaptureHarness(
      model, clock: clock, deadline: FakeDeadline(remaining: 7_000),
      notes: Notes(onWait: { leases.withLock { $0 = store.withLock { $0 }?.state.chunks.map(\.status) ?? [] } }),
      github: Self.limited(from: 3, until: until, clock: clock, Self.asksForItems))
    store.withLock { $0 = harness.store }
    _ = try await harness.plan(chunkSize: 50)
    let result = try await harness.sync()

    #expect(result.isComplete)
    #expect(result.stopped == nil)
    #expect(harness.store.state.rows == model.rows(of: 1...120))
    // Nobody held anything, and every free chunk waited.
    #expect(!leases.withLock { $0 }.isEmpty)
    #expect(leases.withLock { $0 }.allSatisfy { $0 == .waiting || $0 == .completed })
    #expect(harness.notes.all.count { $0 == "waiting until \(until)" } == 1)
    #expect(clock.now >= until)
    // One call found out; none was sent while the limit held.
    #expect(harness.store.state.violations == [])
  }

  @Test func aLimitThatEndsTooLateEndsTheRunInGoodOrder() async throws {
    let clock = FakeClock(onlyRests: true)
    let until = Self.start + 1_800
    let harness = CaptureHarness(
      ModelRepository(count: 120), clock: clock, deadline: FakeDeadline(remaining: 100),
      github: Self.limited(from: 3, until: until, clock: clock, Self.asksForItems))
    _ = try await harness.plan(chunkSize: 50)
    let result = try await harness.sync()
    #expect(result.stopped == .rateLimited(until: until))
    #expect(clock.now < until)
    #expect(harness.store.state.chunks.filter(\.isOpen).allSatisfy { $0.notBefore == until })
  }

  /// REST's quota is not GraphQL's.
  @Test func aLimitOfTheFlatListKeepsNobodyFromTheNumbers() async throws {
    let clock = FakeClock()
    let until = Self.start + 3_000
    let model = ModelRepository(count: 120)
    let harness = CaptureHarness(
      model, clock: clock, deadline: FakeDeadline(remaining: 1_000),
      github: Self.limited(from: 1, until: until, clock: clock, Self.isREST))
    _ = try await harness.plan(chunkSize: 50)
    let result = try await harness.sync()
    #expect(result.stopped == .rateLimited(until: until))
    #expect(harness.store.state.chunks.map(\.status) == [.waiting, .completed, .completed, .completed])
    clock.advance(3_001)
    #expect(try await harness.sync().isComplete)
    #expect(harness.store.state.rows == model.rows(of: 1...120))
  }

  @Test func aLimitOfTheNumbersKeepsNobodyFromTheFlatList() async throws {
    let clock = FakeClock()
    let until = Self.start + 3_000
    let harness = CaptureHarness(
      ModelRepository(count: 120), clock: clock, deadline: FakeDeadline(remaining: 1_000),
      github: Self.limited(from: 1, until: until, clock: clock, Self.asksForItems))
    _ = try await harness.plan(chunkSize: 50)
    // The list comes last.
    harness.store.change { $0.chunks[0].attempts = 1 }
    let result = try await harness.sync()
    #expect(result.stopped == .rateLimited(until: until))
    #expect(harness.store.state.chunks.map(\.status) == [.completed, .waiting, .waiting, .waiting])
    #expect(harness.github.asked.count == 1)
  }

  /// Limits that the client waits out within a request say nothing of how long the next page takes.
  @Test func timeSpentWaitingIsNoTimeOfAPage() async throws {
    for isWait in [true, false] {
      let clock = FakeClock()
      let model = ModelRepository(count: 120)
      let isFirst = Mutex(true)
      let harness = CaptureHarness(
        model, clock: clock, deadline: FakeDeadline(remaining: 100),
        github: { call in
          guard Self.asksForItems(call), isFirst.withLock({ $0 }) else { return nil }
          isFirst.withLock { $0 = false }
          if isWait { LimitWaits.observer?.waitBegan(at: clock.now) }
          clock.advance(70)
          if isWait { LimitWaits.observer?.waitEnded(at: clock.now) }
          return nil
        })
      _ = try await harness.plan(chunkSize: 50)
      let result = try await harness.sync()
      #expect(result.isComplete == isWait)
      #expect(result.stopped == (isWait ? nil : .timeLimit))
    }
  }

  /// Calls that wait at the same time count once.
  @Test func timeInWhichACallWaitsIsCounted() {
    let waited = WaitedTime()
    let start = Self.start
    for (isBegin, second) in [(true, 0), (true, 5), (false, 10), (false, 20), (true, 30), (false, 31)]
      as [(Bool, Double)]
    {
      if isBegin { waited.waitBegan(at: start + second) } else { waited.waitEnded(at: start + second) }
    }
    #expect(waited.seconds == 21)
  }

  @Test func aSignalEndsTheSleep() async throws {
    let clock = FakeClock(onlyRests: true)
    let deadline = FakeDeadline()
    let until = Self.start + 1_800
    let harness = CaptureHarness(
      ModelRepository(count: 120), clock: clock, deadline: deadline,
      notes: Notes(onWait: { deadline.signal(.terminate) }),
      github: Self.limited(from: 2, until: until, clock: clock, Self.asksForItems))
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(result.stopSignal == .terminate)
    #expect(clock.now < until)
    #expect(harness.store.state.chunks.last?.notBefore == until)
  }

  @Test func aCancelledJobIsNotWaitedFor() async throws {
    let clock = FakeClock(onlyRests: true)
    let until = Self.start + 1_800
    let store = Mutex<FakeStore?>(nil)
    let harness = CaptureHarness(
      ModelRepository(count: 120), clock: clock,
      notes: Notes(onWait: { store.withLock { $0 }?.change { $0.job?.status = .cancelled } }),
      github: Self.limited(from: 2, until: until, clock: clock, Self.asksForItems))
    store.withLock { $0 = harness.store }
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(!result.isComplete)
    #expect(clock.now < until + 10)
  }

  /// The database's clock decides what is free; when this machine's is ahead of it, the run tries again.
  @Test func aDatabaseWhoseClockIsBehindIsWaitedFor() async throws {
    let clock = FakeClock(onlyRests: true)
    let until = Self.start + 100
    let late = Mutex(0)
    let model = ModelRepository(count: 30)
    let store = Mutex<FakeStore?>(nil)
    let harness = CaptureHarness(
      model, clock: clock,
      github: Self.limited(from: 1, until: until, clock: clock, Self.asksForItems),
      store: { call, isDone in
        guard call == "progress", !isDone, clock.now > until, late.withLock({ $0 }) < 3 else { return }
        late.withLock { $0 += 1 }
        // What waited is not free yet.
        store.withLock { $0 }?.change { state in
          for index in state.chunks.indices where state.chunks[index].isOpen {
            state.chunks[index].notBefore = clock.now + 0.5
          }
        }
      })
    store.withLock { $0 = harness.store }
    _ = try await harness.plan()
    #expect(try await harness.sync().isComplete)
    #expect(harness.store.state.rows == model.rows(of: 1...30))
  }

  /// A limit that the client goes on throwing although its moment has come must not become a busy loop.
  @Test func aLimitThatIsWrongAboutItsEndDoesNotSpin() async throws {
    let clock = FakeClock(onlyRests: true)
    let calls = Mutex(0)
    let harness = CaptureHarness(
      ModelRepository(count: 30), clock: clock,
      github: { call in
        guard Self.asksForItems(call) else { return nil }
        return calls.withLock { count in
          count += 1
          return count < 40 ? .raise(RateLimited(until: clock.now - 1)) : nil
        }
      })
    _ = try await harness.plan()
    #expect(try await harness.sync().isComplete)
    #expect(clock.now > Self.start + 5 * 30)
  }

  // MARK: Spending

  @Test func aCapOfPointsEndsTheRun() async throws {
    let model = ModelRepository(count: 290)
    let harness = CaptureHarness(model)
    _ = try await harness.plan(.full, chunkSize: 100)
    let result = try await harness.sync(cap: SpendingCap(points: 3, requests: 1_000))
    #expect(result.stopped == .spent)
    #expect(result.totals.points == 3)
    #expect(!result.isComplete)
    #expect(harness.store.state.chunks.allSatisfy { $0.status != .leased && $0.error == nil })
    #expect(harness.store.state.chunks.allSatisfy { $0.status == .completed || $0.attempts == 0 })

    var runs = 1
    while !(try await harness.sync(cap: SpendingCap(points: 3, requests: 1_000)).isComplete) {
      runs += 1
      #expect(runs < 20)
    }
    #expect(harness.store.state.rows == model.rows(of: 1...290))
  }

  @Test func aCapOfRequestsLeavesTheNumbersGoing() async throws {
    let model = ModelRepository(count: 290)
    let harness = CaptureHarness(model)
    _ = try await harness.plan(.full, chunkSize: 100)
    let result = try await harness.sync(cap: SpendingCap(points: 1_000, requests: 2))
    #expect(result.stopped == .spent)
    #expect(result.totals.requests == 2)
    #expect(harness.store.state.chunks.map(\.status) == [.pending, .completed, .completed, .completed])
    #expect(try await harness.sync().isComplete)
  }

  // MARK: Widths

  @Test func whatAQueryMayAskForIsRemembered() async throws {
    let model = ModelRepository(count: 120)
    let calls = Mutex(0)
    let harness = CaptureHarness(
      model,
      github: { call in
        guard case .items(let asked) = call, asked.count > 5 else { return nil }
        calls.withLock { $0 += 1 }
        return .raise(QueryTooHeavy(detail: "502"))
      })
    _ = try await harness.plan(.numbers(Array(1...120)))
    #expect(try await harness.sync().isComplete)
    let narrowed = calls.withLock { $0 }
    #expect(narrowed > 0)
    let width = try #require(harness.store.state.widths["CaptureItems"])
    #expect(width < 40)

    calls.withLock { $0 = 0 }
    _ = try await harness.plan(.numbers(Array(1...119)))
    #expect(try await harness.sync().isComplete)
    // It begins where the run before ended, and tries the full width no more often than the search for it does.
    #expect(calls.withLock { $0 } <= narrowed)
    #expect(harness.store.state.rows == model.rows(of: 1...120))
  }

  @Test func aFullWidthIsNotStored() async throws {
    let harness = CaptureHarness(ModelRepository(count: 60))
    _ = try await harness.plan()
    #expect(try await harness.sync().isComplete)
    #expect(harness.store.state.widths.isEmpty)
  }

  // MARK: A process that was stopped for longer than its lease

  @Test(arguments: ["commit", "release"]) func aProcessThatWasStoppedWritesNothing(at stopped: String)
    async throws
  {
    let model = ModelRepository(count: 60)
    let store = Mutex<FakeStore?>(nil)
    let writes = Mutex<(isLate: Bool, late: [String])>((false, []))
    let harness = CaptureHarness(
      model, deadline: FakeDeadline(remaining: 100),
      github: { call in
        guard case .items(let asked) = call else { return nil }
        if stopped == "release", asked.numbers.isEmpty { return .raise(RateLimited(until: Self.start + 7_200)) }
        // Item 8 is poison: a dead letter.
        return asked.heads.contains(8) ? .damage(FakeGitHub.Damage(heads: [8: "INTERNAL"])) : nil
      },
      store: { call, isDone in
        if isDone {
          if ["commit", "release", "postpone"].contains(call) {
            writes.withLock { if $0.isLate { $0.late.append(call) } }
          }
        } else if call == stopped, writes.withLock({ !$0.isLate }) {
          writes.withLock { $0.isLate = true }
          // Meanwhile the lease ended, another process took every chunk over and completed the job.
          store.withLock { $0 }?.change { state in
            for index in state.chunks.indices {
              state.chunks[index].fence += 1
              state.chunks[index].status = .completed
            }
            state.complete(state.jobs.count - 1)
          }
        }
      })
    store.withLock { $0 = harness.store }
    _ = try await harness.plan(.numbers(Array(1...60)))
    let result = try await harness.sync()
    #expect(result.isComplete)
    #expect(writes.withLock { $0.isLate })
    #expect(writes.withLock { $0.late } == [])
    // The page that it was stopped with has a dead letter.
    if stopped == "commit" { #expect(harness.store.state.buried.isEmpty) }
    #expect(harness.notes.all.contains { $0.contains("went to another process") })
  }
}
