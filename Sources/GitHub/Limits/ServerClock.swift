import Domain
import HTTP
import Synchronization

/// GitHub's clock as its `Date` headers show it: limits end and tokens expire by that one.
final class ServerClock: Sendable {
  private let seconds = Mutex(0.0)
  private let clock: any WallClock

  init(_ clock: any WallClock) { self.clock = clock }

  /// GitHub's clock minus the local one, in seconds; it lags by up to a second, so that waits err to the long side.
  var offset: Double { seconds.withLock { $0 } }

  var now: Timestamp { clock.now + offset }

  func observe(_ headers: HTTPHeaders) {
    guard let date = headers["date"].flatMap({ Timestamp(httpDate: $0) }) else { return }
    seconds.withLock { $0 = Double(date.microseconds - clock.now.microseconds) / 1_000_000 }
  }
}
