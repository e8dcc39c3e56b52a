/// How much work searches may still be, in steps of some three nanoseconds.
///
/// Steps are counted, not timed: the same search has the same outcome on every machine and however busy it is.
public struct SearchBudget: Sendable, Hashable {
  /// What one search may spend: some 6 ms, 10 at most, so that 20 ms are kept by a processor half as fast.
  public static let stepsOfOneSearch = 2_000_000

  public private(set) var remaining: Int

  /// - Parameter searches: how many searches may be as expensive as one may be.
  public init(searches: Int = 1) { remaining = max(0, searches) * Self.stepsOfOneSearch }

  mutating func spend(_ steps: Int) { remaining = max(0, remaining - steps) }
}

/// What a search came to.
public enum SearchOutcome: Hashable, Sendable {
  case found
  case absent
  /// Given up: steps or memory were spent before it was decided.
  case tooExpensive
}
