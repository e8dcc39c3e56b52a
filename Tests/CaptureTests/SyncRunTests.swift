import Capture
import Domain
import Synchronization
import Testing

@Suite struct SyncRunTests {
  @Test func capturesEverythingOnceWithListsDrained() async throws {
    let model = ModelRepository(count: 130, large: 5)
    let harness = CaptureHarness(model)
    let plan = try await harness.plan(chunkSize: 40)
    #expect(plan.chunkCount == 5)
    #expect(plan.matrix == [1, 2, 3, 4])
    let result = try await harness.sync()

    #expect(result.isComplete)
    #expect(result.remainingChunks == 0)
    #expect(result.stopped == nil)
    #expect(result.chunksCompleted == 5)
    #expect(result.items == model.items.count)
    #expect(harness.store.state.rows == model.rows(of: 1...130))
    #expect(harness.store.state.contributors == ["alice", "bob", "dependabot[bot]"])
    #expect(harness.store.state.violations == [])
    #expect(harness.store.state.buried.isEmpty)
  }

  @Test func captureOfChosenNumbersBringsTheirReviewComments() async throws {
    let model = ModelRepository(count: 60, large: 5)
    let harness = CaptureHarness(model)
    let since = try #require(Timestamp(ModelRepository.time(0)))
    _ = try await harness.plan(.since(since), chunkSize: 25)
    let result = try await harness.sync()

    #expect(result.isComplete)
    // Chosen numbers are those that there are.
    #expect(harness.store.state.rows == model.rows(of: model.items.keys.sorted()))
    // No request for a pull request without threads.
    let asked = harness.github.restPaths.filter { $0.contains("/pulls/2/") }
    #expect(asked.isEmpty)
  }

  /// Kills the process at every call to GitHub and to the store, before and after its effect, then runs again.
  @Test(arguments: [CaptureScope.Window.full, .numbers(Array(1...36))])
  func survivesAKillAtEveryCall(window: CaptureScope.Window) async throws {
    let model = ModelRepository(count: 36, large: 5)
    let killSwitch = KillSwitch()
    func harness() -> CaptureHarness {
      CaptureHarness(
        model,
        github: { _ in
          try killSwitch.pass()
          return nil
        }, store: { _, _ in try killSwitch.pass() })
    }
    let whole = harness()
    _ = try await whole.plan(window, chunkSize: 20)
    killSwitch.arm(at: nil)
    _ = try await whole.sync()
    let calls = killSwitch.count
    let pages = whole.store.state.commits.count
    let golden = whole.store.state.rows
    #expect(golden == model.rows(of: 1...36))
    #expect(calls > 30)

    for call in 1...calls {
      let harness = harness()
      killSwitch.arm(at: nil)
      _ = try await harness.plan(window, chunkSize: 20)
      killSwitch.arm(at: call)
      await #expect(throws: KillSwitch.Killed.self, "killed at \(call)") { try await harness.sync() }
      let before = harness.github.calls.count
      let stored = harness.store.state.commits.count
      killSwitch.arm(at: nil)
      harness.clock.advance(11)  // the dead process' lease ends
      let result = try await harness.sync()

      #expect(result.isComplete, "killed at \(call)")
      #expect(harness.store.state.rows == golden, "killed at \(call)")
      #expect(harness.store.state.violations == [], "killed at \(call)")
      #expect(harness.store.state.commits.count == pages, "a page was committed twice after a kill at \(call)")
      // What is stored is not asked for again: one fetch a page, except for steps that ask several times over REST.
      let again = harness.github.calls.count - before
      #expect(again <= (pages - stored) * 8, "killed at \(call)")
    }
  }

  @Test func aKilledProcessCostsAtMostTheTwoPagesInFlight() async throws {
    let model = ModelRepository(count: 290)
    let killSwitch = KillSwitch()
    let harness = CaptureHarness(
      model,
      github: { _ in
        try killSwitch.pass()
        return nil
      }, store: { _, _ in try killSwitch.pass() })
    _ = try await harness.plan(.full)
    killSwitch.arm(at: 20)
    await #expect(throws: KillSwitch.Killed.self) { try await harness.sync() }
    killSwitch.arm(at: nil)
    harness.clock.advance(11)
    _ = try await harness.sync()

    var asked: [Int: Int] = [:]
    for call in harness.github.asked { for number in call.heads { asked[number, default: 0] += 1 } }
    #expect(asked.count == 290)
    // A call asks for 37 numbers at most.
    #expect(asked.values.count { $0 > 1 } <= 2 * 37)
    #expect(asked.values.allSatisfy { $0 <= 2 })
    #expect(harness.store.state.rows == model.rows(of: 1...290))
  }

  @Test func aDeadHoldersChunkIsWaitedForAndTakenOver() async throws {
    let model = ModelRepository(count: 20)
    let harness = CaptureHarness(model, clock: FakeClock(runs: true))
    let plan = try await harness.plan()
    let job = try #require(plan.job)
    for _ in 0..<2 { _ = try await harness.store.claimChunk(of: job.id, runID: 1, lease: 6) }
    let result = try await harness.sync()
    #expect(result.isComplete)
    #expect(harness.notes.all.first?.contains("waiting") == true)
    #expect(harness.store.state.rows == model.rows(of: 1...20))
  }

  @Test func aLiveHoldersChunkIsLeftToIt() async throws {
    let harness = CaptureHarness(ModelRepository(count: 20), clock: FakeClock(runs: true))
    let plan = try await harness.plan()
    let job = try #require(plan.job)
    for _ in 0..<2 { _ = try await harness.store.claimChunk(of: job.id, runID: 1, lease: 1_000) }
    let result = try await harness.sync()
    #expect(!result.isComplete)
    #expect(result.remainingChunks == 2)
    #expect(result.stopped == nil)
  }

  @Test func aLostLeaseIsNoError() async throws {
    let model = ModelRepository(count: 100)
    let steal = Mutex<(() -> Void)?>(nil)
    let commits = Mutex(0)
    let harness = CaptureHarness(
      model,
      store: { call, isDone in
        guard call == "commit", !isDone else { return }
        if commits.withLock({ count in
          count += 1
          return count == 3
        }) {
          steal.withLock { $0 }?()
        }
      })
    _ = try await harness.plan(chunkSize: 60)
    steal.withLock { [store = harness.store] in
      // Another process took it over: the fence grew, and it has released the chunk since.
      $0 = {
        store.change { state in
          for index in state.chunks.indices where state.chunks[index].status == .leased {
            state.chunks[index].fence += 1
            state.chunks[index].status = .pending
          }
        }
      }
    }
    let result = try await harness.sync()
    #expect(result.isComplete)
    #expect(harness.notes.all.contains { $0.contains("went to another process") })
    #expect(harness.store.state.rows == model.rows(of: 1...100))
  }

  @Test func theTimeLimitStopsBeforeAPageThatWillNotFit() async throws {
    let model = ModelRepository(count: 290)
    let deadline = FakeDeadline(remaining: 100)
    let clock = FakeClock()
    let harness = CaptureHarness(
      model, clock: clock, deadline: deadline,
      notes: Notes(onPage: { progress in
        if progress.pages == 4, deadline.remaining == 100 { deadline.set(remaining: 10) }
      }),
      github: { _ in
        clock.advance(6)
        return nil
      })
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(result.stopped == .timeLimit)
    #expect(!result.isComplete)
    // The page in flight when time ran short is committed, none is begun after it.
    #expect(result.pages == 5)
    #expect(harness.store.state.chunks.allSatisfy { $0.status != .leased })

    deadline.set(remaining: 1_000)
    let rest = try await harness.sync()
    #expect(rest.isComplete)
    #expect(harness.store.state.rows == model.rows(of: 1...290))
  }

  @Test func aSignalWithCancellationReleasesTheChunkAndKeepsTheCheckpoint() async throws {
    let model = ModelRepository(count: 290)
    let deadline = FakeDeadline()
    let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
    let pages = Mutex(0)
    let harness = CaptureHarness(
      model, deadline: deadline,
      github: { call in
        guard case .items = call,
          pages.withLock({ count in
            count += 1
            return count == 4
          })
        else { return nil }
        arrival.finish()
        // A request that hangs until it is cancelled.
        let (never, continuation) = AsyncStream.makeStream(of: Void.self)
        for await _ in never {}
        continuation.finish()
        throw CancellationError()
      })
    _ = try await harness.plan()
    let run = Task { try await harness.sync() }
    for await _ in arrived {}
    deadline.signal(.interrupt)
    run.cancel()
    let result = try await run.value
    #expect(result.stopped == .signal(.interrupt))
    #expect(result.remainingChunks == 1)
    #expect(harness.store.state.chunks.allSatisfy { $0.status == .pending || $0.status == .completed })
    #expect((1..<290).contains(harness.store.state.chunks.last?.checkpoint.next ?? 0))
    #expect(harness.store.state.commits.last?.checkpoint == harness.store.state.chunks.last?.checkpoint)
    #expect(harness.store.state.chunks.last?.error == nil)
  }

  /// Whoever wires the run need not cancel its task: it watches the deadline itself.
  @Test func aSignalAloneEndsARequestInFlight() async throws {
    let deadline = FakeDeadline()
    let harness = CaptureHarness(
      ModelRepository(count: 100), clock: FakeClock(runs: true), deadline: deadline,
      github: { call in
        guard case .items = call else { return nil }
        deadline.signal(.terminate)
        let (never, continuation) = AsyncStream.makeStream(of: Void.self)
        for await _ in never {}
        continuation.finish()
        throw CancellationError()
      })
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(result.stopSignal == .terminate)
    #expect(harness.store.state.chunks.last?.status == .pending)
  }

  @Test func aRateLimitGivesTheChunkBackUntilItEnds() async throws {
    let until = Timestamp(seconds: 1_800_003_600)
    let calls = Mutex(0)
    let harness = CaptureHarness(
      ModelRepository(count: 200), deadline: FakeDeadline(remaining: 3_000),
      github: { call in
        guard case .items = call else { return nil }
        return calls.withLock { count in
          count += 1
          return count == 3 ? .raise(RateLimited(until: until)) : nil
        }
      })
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(result.stopped == .rateLimited(until: until))
    #expect(harness.store.state.chunks.last?.notBefore == until)
    #expect(try await harness.sync().isComplete == false)
    harness.clock.advance(4_000)
    #expect(try await harness.sync().isComplete)
  }

  @Test func anErrorIsKeptOnTheChunkAndThrown() async throws {
    let calls = Mutex(0)
    let model = ModelRepository(count: 100)
    let harness = CaptureHarness(
      model,
      github: { call in
        guard case .items = call else { return nil }
        return calls.withLock { count in
          count += 1
          return count == 2 ? .raise(Failure(.unavailable, "no route", advice: "Try again.")) : nil
        }
      })
    _ = try await harness.plan()
    await #expect(throws: Failure.self) { try await harness.sync() }
    #expect(harness.store.state.chunks.last?.error?.contains("no route") == true)
    #expect(try await harness.sync().isComplete)
    #expect(harness.store.state.rows == model.rows(of: 1...100))
  }

  @Test func theLeaseIsKeptWhileAPageIsSlow() async throws {
    let isSlow = Mutex(false)
    let (renewals, renewal) = AsyncStream.makeStream(of: Void.self)
    let harness = CaptureHarness(
      ModelRepository(count: 20), clock: FakeClock(runs: true),
      github: { call in
        guard case .items = call else { return nil }
        isSlow.withLock { $0 = true }
        // Answers once the lease was renewed three times meanwhile.
        var seen = 0
        for await _ in renewals {
          seen += 1
          if seen == 3 { break }
        }
        isSlow.withLock { $0 = false }
        return nil
      },
      store: { call, isDone in if call == "commit", isDone, isSlow.withLock({ $0 }) { renewal.yield() } })
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(result.isComplete)
    // The other commits only renew the lease.
    #expect(harness.store.state.commits.count >= result.pages + 3)
  }
}
