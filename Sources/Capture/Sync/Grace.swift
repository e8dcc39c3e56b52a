import Domain
import Synchronization

/// The time that store calls may go on after the run was told to end: one budget for all of them.
///
/// A process that was asked to end has a second. A page that came is stored and its chunk given back within this time;
/// what a database that does not answer leaves undone, the end of the lease makes good.
final class Grace: Sendable {
  /// Seconds, from the first moment that a call finds itself cancelled.
  static let budget = 0.5

  private let clock: any WallClock
  private let end = Mutex<Timestamp?>(nil)

  init(clock: any WallClock) { self.clock = clock }

  /// Runs a call to its end although this task is cancelled, and cancels it where the budget is used up.
  func shield<Value: Sendable>(_ call: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let work = Task { try await call() }
    return try await withTaskCancellationHandler {
      try await work.value
    } onCancel: {
      let left = begin()
      Task { [clock] in
        try? await clock.sleep(seconds: left)
        work.cancel()
      }
    }
  }

  /// Seconds that are left; the first call starts them.
  private func begin() -> Double {
    let now = clock.now
    return end.withLock { end in
      let until = end ?? now + Self.budget
      end = until
      return max(0, until.secondsSince(now))
    }
  }
}
