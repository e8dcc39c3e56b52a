public import Domain
import Glibc

/// The system's clock.
public struct SystemClock: WallClock {
  public init() {}

  public var now: Timestamp {
    let time = Self.read(CLOCK_REALTIME)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }

  /// Waits at least so long; not at all where `seconds` is not positive.
  public func sleep(seconds: Double) async throws {
    guard seconds > 0 else { return try Task.checkCancellation() }
    // A duration beyond a year overflows nothing and means "for ever" to a run of hours.
    try await Task.sleep(for: .seconds(min(seconds, 31_536_000)))
  }

  /// Seconds on a clock that nobody sets, counted from an arbitrary moment.
  public static var monotonicSeconds: Double {
    let time = read(CLOCK_MONOTONIC)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
  }

  private static func read(_ clock: clockid_t) -> timespec {
    var time = timespec()
    clock_gettime(clock, &time)
    return time
  }
}
