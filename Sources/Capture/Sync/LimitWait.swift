public import Domain

/// Waits out GitHub's limits that end in time, for work that holds no lease.
public struct LimitWait: Sendable {
  private let deadline: any Deadline
  private let clock: any WallClock
  private let announce: @Sendable (Timestamp) -> Void
  /// Seconds that have to be left after the wait.
  private static let margin = 5.0
  private let longest: Double

  /// - Parameters:
  ///   - longest: seconds that all waits of a run may take together.
  ///   - announce: told of each wait before it begins.
  public init(
    deadline: any Deadline, clock: any WallClock, longest: Double = .infinity,
    announce: @escaping @Sendable (Timestamp) -> Void
  ) {
    self.deadline = deadline
    self.clock = clock
    self.longest = longest
    self.announce = announce
  }

  /// Runs the body again after each limit that ends in time; throws `RateLimited` for one that does not, and whatever
  /// else the body throws.
  public func run<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    let begun = clock.now
    while true {
      do {
        return try await body()
      } catch let limited as RateLimited {
        let wait = max(1, limited.until.secondsSince(clock.now))
        guard deadline.remaining - wait > Self.margin, deadline.stopSignal == nil,
          limited.until.secondsSince(begun) <= longest
        else { throw limited }
        announce(limited.until)
        try await clock.sleep(seconds: wait)
      }
    }
  }
}
