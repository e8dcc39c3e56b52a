import Domain
import Foundation
import Glibc
import Testing

@testable import ActionsRuntime

/// Within the test process signals are sent to the one thread of the deadline under test; the exit tests send them to
/// the process, as the runner does.
@Suite struct RunDeadlineTests {
  @Test(arguments: [(SIGINT, StopSignal.interrupt), (SIGTERM, .terminate)])
  func aSignalCancelsTheBodyAndIsKept(number: Int32, signal: StopSignal) async throws {
    let deadline = RunDeadline.install(timeLimit: nil)
    #expect(deadline.stopSignal == nil)
    #expect(deadline.remaining == .infinity)
    let result = try await deadline.run {
      deadline.send(number)
      do {
        try await Task.sleep(for: .seconds(60))
        return "slept"
      } catch {
        return "cancelled"
      }
    }
    #expect(result == "cancelled")
    #expect(deadline.stopSignal == signal)
    #expect(await deadline.onStop() == signal)
    #expect(await deadline.untilStopped() == .signal(signal))
  }

  @Test func timeUpCancelsTheBody() async throws {
    let deadline = RunDeadline.install(timeLimit: 0.05)
    #expect(deadline.remaining <= 0.05)
    await #expect(throws: CancellationError.self) {
      try await deadline.run { try await Task.sleep(for: .seconds(60)) }
    }
    #expect(deadline.stopSignal == nil)
    #expect(deadline.remaining == 0)
    #expect(await deadline.untilStopped() == .timeUp)
  }

  @Test func theLimitCanBeSetLater() async throws {
    let deadline = RunDeadline.install(timeLimit: nil)
    deadline.limit(to: 0.02)
    #expect(await deadline.untilStopped() == .timeUp)
    deadline.limit(to: 1_000)
    #expect(deadline.remaining > 900)
  }

  @Test func aBodyThatEndsFirstReturns() async throws {
    let deadline = RunDeadline.install(timeLimit: 1_000)
    #expect(try await deadline.run { 42 } == 42)
    #expect(try await deadline.run { nil as Int? } == nil)
    await #expect(throws: LeaseLost.self) { try await deadline.run { throw LeaseLost(subject: "x") } }
  }

  @Test func waitingEndsWithItsTask() async {
    let deadline = RunDeadline.install(timeLimit: nil)
    for _ in 0..<200 {
      let waiting = Task { await deadline.untilStopped() }
      waiting.cancel()
      #expect(await waiting.value == nil)
    }
  }

  @Test func manyWaitersHearOfOneSignal() async {
    let deadline = RunDeadline.install(timeLimit: nil)
    let signals = await withTaskGroup(of: StopSignal.self) { group in
      for _ in 0..<50 { group.addTask { await deadline.onStop() } }
      deadline.send(SIGTERM)
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(signals == Array(repeating: .terminate, count: 50))
  }

  @Test func aSecondInterruptEndsTheProcess() async {
    await #expect(processExitsWith: .exitCode(130)) {
      let deadline = RunDeadline.install(timeLimit: nil)
      kill(getpid(), SIGINT)
      _ = await deadline.onStop()
      kill(getpid(), SIGINT)
      try await Task.sleep(for: .seconds(60))
    }
  }

  @Test func terminationAfterAnInterruptEndsTheProcess() async {
    await #expect(processExitsWith: .exitCode(143)) {
      let deadline = RunDeadline.install(timeLimit: nil)
      kill(getpid(), SIGINT)
      _ = await deadline.onStop()
      kill(getpid(), SIGTERM)
      try await Task.sleep(for: .seconds(60))
    }
  }

  @Test func aStopInGoodOrderHasTheSignalsStatus() async {
    await #expect(processExitsWith: .exitCode(130)) {
      let deadline = RunDeadline.install(timeLimit: nil)
      kill(getpid(), SIGINT)
      try? await deadline.run { try await Task.sleep(for: .seconds(60)) }
      exit(deadline.stopSignal?.exitStatus.rawValue ?? 1)
    }
  }

  @Test func installingBlocksTheSignalsForThreadsToCome() {
    var mask = sigset_t()
    _ = RunDeadline.install(timeLimit: nil)
    pthread_sigmask(SIG_BLOCK, nil, &mask)
    #expect(sigismember(&mask, SIGINT) == 1)
    #expect(sigismember(&mask, SIGTERM) == 1)
  }

  @Test func theClockWaitsAndIsNow() async throws {
    let clock = SystemClock()
    #expect(abs(Double(clock.now.seconds) - Date().timeIntervalSince1970) < 5)
    try await clock.sleep(seconds: -1)
    let task = Task { try await clock.sleep(seconds: .infinity) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
