public import Domain
import Postgres
import Synchronization

/// For how long a database that went away is waited for, and who is told.
public struct OutageTolerance: Sendable {
  /// From the first call that found it away; what was not back by then fails.
  public var seconds: Double
  /// No wait goes beyond its end, and a signal ends one at once; nil for none.
  public var deadline: (any Deadline)?
  /// Takes a sentence when a wait begins, and one when it was not in vain.
  public var tell: @Sendable (String) -> Void

  public init(seconds: Double, deadline: (any Deadline)?, tell: @escaping @Sendable (String) -> Void) {
    self.seconds = seconds
    self.deadline = deadline
    self.tell = tell
  }

  /// What is not back within a second fails.
  public static let none = OutageTolerance(seconds: 0, deadline: nil) { _ in }
}

/// A database that answered this process and then went away: a failover, or a restart of the server or of a pooler.
///
/// One for all calls on a database, so that it is told once and waited for once: where its time is over, calls fail
/// without a wait until the database has answered again. One that never answered is not waited for, because then its
/// address is wrong more often than not.
final class Outage: Sendable {
  private struct State {
    var hasAnswered = false
    var began: ContinuousClock.Instant?
    var isTold = false
  }

  private let tolerance: OutageTolerance
  private let state = Mutex(State())
  /// Seconds between attempts: the first ones, and the one that is repeated.
  private static let pauses = [0.5, 1, 2, 4]
  private static let longestPause = 5.0
  /// Seconds between looks whether a signal came.
  private static let watchInterval = 0.1

  init(_ tolerance: OutageTolerance) { self.tolerance = tolerance }

  /// The database answered. A statement's answer counts, not a connection: a pooler takes those without its server.
  func end() {
    let began = state.withLock { state -> ContinuousClock.Instant? in
      defer { state = State(hasAnswered: true) }
      return state.isTold ? state.began : nil
    }
    guard let began else { return }
    tolerance.tell("The database answers again, after \(began.duration(to: .now).components.seconds) s.")
  }

  /// Waits for the moment of a call's next attempt; false where there is to be none.
  ///
  /// - Parameter waits: how often the call has waited here.
  /// - Throws: `CancellationError` where the task is cancelled or a signal comes.
  func wait(after error: PostgresError, waits: Int) async throws -> Bool {
    let now = ContinuousClock.now
    let remaining = tolerance.deadline?.remaining ?? .infinity
    let (left, isFirst) = state.withLock { state -> (Double, Bool) in
      guard state.hasAnswered else { return (0, false) }
      let began = state.began ?? now
      state.began = began
      let left = min(tolerance.seconds - began.duration(to: now).seconds, remaining)
      guard left > 0 else { return (0, false) }
      defer { state.isTold = true }
      return (left, !state.isTold)
    }
    guard left > 0 else { return false }
    if isFirst {
      tolerance.tell(
        "The database ended the connection (\(error)): trying again for up to \(Int(left.rounded(.up))) s.")
    }
    let pause = waits < Self.pauses.count ? Self.pauses[waits] : Self.longestPause
    try await rest(until: now + .seconds(min(pause, left)))
    return true
  }

  private func rest(until moment: ContinuousClock.Instant) async throws {
    while true {
      if tolerance.deadline?.stopSignal != nil { throw CancellationError() }
      let left = ContinuousClock.now.duration(to: moment).seconds
      guard left > 0 else { return }
      try await Task.sleep(for: .seconds(min(left, Self.watchInterval)))
    }
  }
}

extension Duration {
  fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
