extension GitHubDouble {
  /// What goes wrong with a request.
  public enum FaultKind: Sendable, Hashable {
    /// Nothing: a line of a script that lets a request through.
    case pass
    /// The connection is reset (RST) before the request has any effect.
    case resetBeforeHeaders
    /// The request has its effect; its answer is lost in a reset.
    case resetAfterEffect
    /// Headers and this part of the body, then a reset.
    case resetMidBody(fraction: Double)
    /// Headers that announce the whole body, this part of it, then an orderly end of the connection.
    case closeMidBody(fraction: Double)
    /// A well-framed answer whose JSON ends early.
    case truncatedJSON(fraction: Double)
    /// Any answer in the place of the real one; without effect.
    case answer(status: Int, headers: [String: String], body: String)
    /// The secondary rate limit, 403 or 429.
    case secondaryLimit(status: Int, retryAfter: Int?)
    /// The primary limit: REST 403 or GraphQL 200 with `RATE_LIMITED`, remaining 0, reset in that many seconds.
    case primaryLimit(resetIn: Int64, status: Int = 403, type: String = "RATE_LIMITED")
    /// The node at `index` of the answer's first list becomes null, with an error of that type.
    case graphQLPartial(index: Int, type: String)
    /// No data but this error, status 200.
    case graphQLError(type: String, message: String)
    /// `RESOURCE_LIMITS_EXCEEDED` for queries of more nodes than `above`; `partial` keeps the first half of the data.
    case graphQLResourceLimits(above: Int, partial: Bool)
    /// 502 or 504 for queries of more nodes than `above`.
    case graphQLTimeout(above: Int, status: Int)
    case slowBody(bytesPerSecond: Int)
    case delay(seconds: Double)
    /// No answer until the client goes away.
    case hang
    /// Held before it has any effect, until `release`.
    case hold
    /// Held after its effect and before its answer, until `release`.
    case holdAnswer

    public static let internalError = FaultKind.answer(
      status: 500, headers: [:], body: #"{"message":"Server Error"}"#)
    public static let badGateway = FaultKind.answer(
      status: 502, headers: ["Content-Type": "text/html; charset=utf-8"],
      body: """
        <!DOCTYPE html>
        <html><head><title>Unicorn! &middot; GitHub</title></head>
        <body><p><strong>We had issues producing the response to your request.</strong></p></body></html>
        """)
    public static let gatewayTimeout = FaultKind.answer(
      status: 504, headers: [:], body: #"{"message":"We couldn't respond to your request in time."}"#)
    public static let badCredentials = FaultKind.answer(
      status: 401, headers: [:],
      body: #"{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}"#)

    public static func unavailable(retryAfter: Int? = nil) -> FaultKind {
      .answer(
        status: 503, headers: retryAfter.map { ["Retry-After": String($0)] } ?? [:],
        body: #"{"message":"Service unavailable"}"#)
    }

    /// The least number of nodes of a query that it hits.
    var threshold: Int {
      switch self {
      case .graphQLResourceLimits(let above, _), .graphQLTimeout(let above, _): above + 1
      default: 0
      }
    }

    var name: String { String("\(self)".prefix { $0 != "(" }) }
  }

  /// Which requests are meant. Every part that is set must fit; `*` in a pattern stands for any characters.
  public struct RequestMatch: Sendable, Hashable {
    public var method: String?
    /// A pattern for path and query.
    public var target: String?
    /// A pattern for the name of the GraphQL operation.
    public var operation: String?
    /// Text within the request's body.
    public var contains: String?

    public init(method: String? = nil, target: String? = nil, operation: String? = nil, contains: String? = nil) {
      self.method = method
      self.target = target
      self.operation = operation
      self.contains = contains
    }

    public static let any = RequestMatch()
    public static let rest = RequestMatch(target: "/repos/*")
    public static let graphQL = RequestMatch(target: "*/graphql")

    func fits(_ request: ReceivedRequest) -> Bool {
      if let method, method != request.message.method { return false }
      if let target, !Self.pattern(target, fits: request.message.target) { return false }
      if let operation {
        guard let name = request.call?.operationName, Self.pattern(operation, fits: name) else { return false }
      }
      if let contains, !String(decoding: request.message.body, as: UTF8.self).contains(contains) { return false }
      return true
    }

    static func pattern(_ pattern: String, fits text: String) -> Bool {
      let pattern = Array(pattern.utf8)
      let text = Array(text.utf8)
      var (p, t, star, mark) = (0, 0, -1, 0)
      while t < text.count {
        if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
          (star, mark) = (p, t)
          p += 1
        } else if p < pattern.count, pattern[p] == text[t] {
          p += 1
          t += 1
        } else if star >= 0 {
          mark += 1
          (p, t) = (star + 1, mark)
        } else {
          return false
        }
      }
      while p < pattern.count, pattern[p] == UInt8(ascii: "*") { p += 1 }
      return p == pattern.count
    }
  }

  /// A fault and the requests that it hits.
  public struct Fault: Sendable {
    public var kind: FaultKind
    public var match: RequestMatch
    /// How many fitting requests pass before it.
    public var skip: Int
    /// How many requests it hits; nil for all.
    public var times: Int?
    /// Where set, the share of fitting requests that it hits, the same ones every time.
    public var rate: Double?

    public init(
      _ kind: FaultKind, on match: RequestMatch = .any, skip: Int = 0, times: Int? = 1, rate: Double? = nil
    ) {
      self.kind = kind
      self.match = match
      self.skip = skip
      self.times = times
      self.rate = rate
    }
  }
}
