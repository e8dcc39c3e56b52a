import Domain
import HTTP
import Synchronization

/// GitHub's clock as its `Date` headers show it: limits end and tokens expire by that one.
///
/// One answer may bear a wrong date (a cache, a server whose clock is off). So the clock goes by what most of the latest
/// answers agree on. What one answer alone says against the local clock is no ground to reckon a limit's end by.
final class ServerClock: Sendable {
  private struct State {
    /// GitHub's clock minus the local one as the latest answers had it, in seconds, the newest last.
    var latest: [Double] = []
    var offset = 0.0
    /// Whether the offset is small, or a second answer agrees with the one that it is from.
    var isConfirmed = true
  }

  /// Answers that have a say.
  private static let memory = 9
  /// Seconds by which answers may differ that agree: dates are whole seconds, and answers are on their way for a while.
  private static let tolerance = 3.0
  /// Seconds by which the local clock may well be off.
  private static let usual = 10.0
  /// GitHub's windows last an hour at most.
  /// Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
  static let longestWindow = 3600.0

  private let state = Mutex(State())
  private let clock: any WallClock

  init(_ clock: any WallClock) { self.clock = clock }

  /// GitHub's clock minus the local one, in seconds, or 0 while that is not confirmed; it lags by up to a second, so that
  /// waits err to the long side.
  var offset: Double { state.withLock { $0.isConfirmed ? $0.offset : 0 } }

  var now: Timestamp { clock.now + offset }

  /// GitHub's clock by the answers alone: the first one is believed until others contradict it. nil before it.
  var shown: Timestamp? { state.withLock { $0.latest.isEmpty ? nil : clock.now + $0.offset } }

  /// Seconds until the reset that a refusal names; 0 where it is just over. nil where it is over for longer, by either
  /// clock: GitHub refuses all the same, so one of the times is wrong, and the end is not known.
  func secondsLeft(until reset: Timestamp) -> Double? {
    let now = clock.now
    let left = reset.secondsSince(now + offset)
    if left > 0 { return min(left, Self.longestWindow) }
    return max(-left, abs(reset.secondsSince(now))) <= Self.usual ? 0 : nil
  }

  func observe(_ headers: HTTPHeaders) {
    guard let date = headers["date"].flatMap({ Timestamp(httpDate: $0) }) else { return }
    let offset = date.secondsSince(clock.now)
    state.withLock { state in
      state.latest.append(offset)
      if state.latest.count > Self.memory { state.latest.removeFirst() }
      func votes(_ offset: Double) -> Int { state.latest.count { abs($0 - offset) <= Self.tolerance } }
      let most = state.latest.map(votes).max() ?? 0
      // A tie changes nothing but the first belief.
      let believed = state.latest.count > 1 && votes(state.offset) == most ? state.offset : nil
      let newest = state.latest.last { offset in
        if let believed { abs(offset - believed) <= Self.tolerance } else { votes(offset) == most }
      }
      state.offset = newest ?? state.offset
      state.isConfirmed = abs(state.offset) <= Self.usual || votes(state.offset) > 1
    }
  }
}
