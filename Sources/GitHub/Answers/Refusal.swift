import Domain
import FoundationEssentials
import HTTP

/// What GitHub means by an answer that is no success.
struct Refusal {
  /// GitHub's `message`, one line of at most 200 characters; nil where the body is no such JSON, as with a proxy's HTML.
  let message: String?
  private let response: HTTPResponse

  init(_ response: HTTPResponse) {
    self.response = response
    struct Body: Decodable { var message: String }
    let decoded =
      response.body.first == UInt8(ascii: "{") && response.body.count < 1 << 20
      ? try? JSONDecoder().decode(Body.self, from: Data(response.body)) : nil
    message = decoded.map { Self.line($0.message) }
  }

  /// One line, trimmed; control characters and what follows 200 characters are dropped.
  static func line(_ text: String) -> String {
    let line = text.prefix(1000).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let clean = String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
    return clean.count > 200 ? clean.prefix(199) + "…" : clean
  }

  /// The limit that a 403 or 429 speaks of, if it does.
  ///
  /// Order of https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api: `retry-after`,
  /// then `x-ratelimit-remaining: 0`, then a minute.
  var limit: RateGovernor.Limit? {
    guard response.status == 403 || response.status == 429 else { return nil }
    let words = message?.lowercased() ?? ""
    let isSecondary = words.contains("secondary rate limit") || words.contains("abuse detection")
    if let retryAfter { return .secondary(retryAfter: retryAfter) }
    if !isSecondary, LimitHeaders(response.headers).remaining == 0 { return .primary(reset: reset) }
    return isSecondary || response.status == 429 || words.contains("rate limit") ? .secondary(retryAfter: nil) : nil
  }

  /// The limit that an answer with status 200 speaks of: GraphQL sends a secondary limit that way, too, with a `message`
  /// in place of `data` and `errors`.
  /// Source: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
  var limitBehindSuccess: RateGovernor.Limit? {
    let words = message?.lowercased() ?? ""
    if words.contains("secondary rate limit") || words.contains("abuse detection") {
      return .secondary(retryAfter: retryAfter)
    }
    guard words.contains("rate limit") else { return nil }
    return retryAfter.map { .secondary(retryAfter: $0) } ?? .primary(reset: reset)
  }

  /// When the primary limit ends, by GitHub's clock.
  var reset: Timestamp? { LimitHeaders(response.headers).reset }

  /// In seconds.
  var retryAfter: Double? { LimitHeaders(response.headers).retryAfter }

  /// The permissions that would have done, as a workflow writes them.
  ///
  /// `x-accepted-github-permissions: issues=write; pull_requests=write` names alternatives:
  /// https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
  func permissions(method: String, path: String) -> [String] {
    let named = (response.headers["x-accepted-github-permissions"] ?? "").split { $0 == ";" || $0 == "," }
      .compactMap { entry -> String? in
        let words = entry.split(separator: "=").map { $0.filter { $0.isASCII && ($0.isLetter || $0 == "_") } }
        guard words.count == 2, !words[0].isEmpty, ["read", "write", "admin"].contains(words[1]) else { return nil }
        return "\(words[0].split(separator: "_").joined(separator: "-")): \(words[1])"
      }
    if !named.isEmpty { return named }
    let level = method == "GET" || method == "HEAD" ? "read" : "write"
    let segments = Set(path.split(separator: "/"))
    for (segment, permission) in [
      ("issues", "issues"), ("pulls", "pull-requests"), ("contents", "contents"), ("actions", "actions"),
      ("dispatches", "contents"), ("labels", "issues"),
    ] where segments.contains(Substring(segment)) { return ["\(permission): \(level)"] }
    return []
  }

  /// What it means for a call: 401, 403, 429, 5xx and the rest, alike for REST and GraphQL.
  func verdict<Value>(method: String, path: String) -> Verdict<Value> {
    if let limit { return .limited(limit) }
    guard response.status >= 500 || response.status == 408 else { return .failed(error(method: method, path: path)) }
    let detail = "HTTP \(response.status)" + (message.map { ", \($0)" } ?? "")
    return .fault(Fault(detail: detail, retryAfter: retryAfter ?? 0))
  }

  /// What is thrown for it where it is neither a limit nor a fault that passes.
  func error(method: String, path: String) -> any UserFacingError {
    switch response.status {
    case 401: TokenRejected(message: message)
    case 403:
      AccessDenied(
        request: "\(method) \(path)", message: message, permissions: permissions(method: method, path: path))
    default: RequestRejected(status: response.status, request: "\(method) \(path)", message: message)
    }
  }
}
