public import Domain

/// Waits out GitHub's limits that end in time, for work that holds no lease.
public struct LimitWait: Sendable {
  private let deadline: any Deadline
  private let clock: any WallClock
  private let announce: @Sendable (Timestamp) -> Void
  /// Seconds that have to be left after the wait.
  private static let margin = 5.0

  /// - Parameter announce: told of each wait before it begins.
  public init(
    deadline: any Deadline, clock: any WallClock, announce: @escaping @Sendable (Timestamp) -> Void
  ) {
    self.deadline = deadline
    self.clock = clock
    self.announce = announce
  }

  /// Runs the body again after each limit that ends in time; throws `RateLimited` for one that does not, and whatever
  /// else the body throws.
  public func run<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    while true {
      do {
        return try await body()
      } catch let limited as RateLimited {
        let seconds = max(1, seconds(from: clock.now, to: limited.until))
        guard deadline.remaining - seconds > Self.margin, deadline.stopSignal == nil else { throw limited }
        announce(limited.until)
        try await clock.sleep(seconds: seconds)
      }
    }
  }
}
