import Capture
import Domain
import Synchronization
import Testing

@Suite struct LimitWaitTests {
  /// One limit is waited out, and what comes after it only as far as all waits together may last.
  @Test(arguments: [(90.0, 2), (50.0, 1)])
  func allWaitsTogetherHaveALimit(longest: Double, attempts: Int) async {
    let clock = FakeClock(runs: true)
    let counted = Mutex(0)
    let wait = LimitWait(deadline: FakeDeadline(), clock: clock, longest: longest) { _ in }
    await #expect(throws: RateLimited.self) {
      try await wait.run {
        counted.withLock { $0 += 1 }
        throw RateLimited(until: clock.now + 60)
      }
    }
    #expect(counted.withLock { $0 } == attempts)
  }
}
