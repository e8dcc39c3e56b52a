import Domain
import HTTP

/// What an answer's headers say about limits.
///
/// A proxy may have written them, so a number can be any. What no limit of GitHub's can be is cut here to what can be
/// reckoned with, and to what the shared ledger's columns hold.
struct LimitHeaders: Sendable {
  /// `core`, `graphql`, `search`, …
  var resource: String?
  var limit: Int?
  var remaining: Int?
  /// When the window ends, by GitHub's clock.
  var reset: Timestamp?
  /// Seconds; an hour at most, as for a window. What it holds back is every process of the token's owner, so a longer one
  /// is not believed at once: after the hour one request shows whether it is meant.
  var retryAfter: Double?

  init() {}

  init(_ headers: HTTPHeaders) {
    resource = headers["x-ratelimit-resource"]
    limit = headers["x-ratelimit-limit"].flatMap { Int($0) }.map(Self.amount)
    remaining = headers["x-ratelimit-remaining"].flatMap { Int($0) }.map(Self.amount)
    reset = headers["x-ratelimit-reset"].flatMap { Int64($0) }.map { Timestamp(seconds: $0) }
    retryAfter = headers["retry-after"].flatMap { Self.seconds($0, date: headers["date"]) }
      .map { min($0, ServerClock.longestWindow) }
  }

  /// Requests or points.
  static func amount(_ number: Int) -> Int { min(max(number, 0), Int(Int32.max)) }

  /// - Parameter text: seconds or a date (RFC 9110 section 10.2.3).
  private static func seconds(_ text: String, date: String?) -> Double? {
    if let seconds = Int(text) { return Double(max(seconds, 0)) }
    guard let end = Timestamp(httpDate: text), let now = date.flatMap({ Timestamp(httpDate: $0) }) else { return nil }
    return max(end.secondsSince(now), 0)
  }
}
