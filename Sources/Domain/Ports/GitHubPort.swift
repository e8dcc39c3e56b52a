/// GitHub as the processors and the executor see it. Implemented by the `GitHub` module.
///
/// Every call waits out limits that end before the deadline, retries what may be retried, and throws a
/// `UserFacingError` otherwise.
public protocol GitHubAPI: Sendable {
  /// Runs a query and decodes `data`. A mutation only where `isMutation` says so.
  func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
    -> GraphQLAnswer<Answer>

  /// Sends a REST request. Statuses below 400, and 404 and 410 and 422, are answers; the rest are thrown.
  func send(_ request: RESTRequest) async throws -> RESTAnswer

  /// Requests sent and points spent so far.
  var usage: APIUsage { get async }

  /// The limits that hold calls back now, as far as they are known: at most one of each resource, and one of them all.
  var limits: [RateLimited] { get async }

  /// The login that this client's writes bear, in the form of REST (Apps end in `[bot]`); nil where GitHub does not tell
  /// the token. Asked for at most once in a process, in one query.
  var ownLogin: String? { get async throws }

  /// Whose budgets calls draw on, as far as it can be told without one; empty where budgets are not shared.
  var budgetOwners: [BudgetOwner] { get async }
}

extension GitHubAPI {
  public var limits: [RateLimited] { get async { [] } }
  public var budgetOwners: [BudgetOwner] { get async { [] } }
  public var ownLogin: String? { get async throws { nil } }
}

public struct GraphQLQuery: Hashable, Sendable {
  /// The operation's name, for logs and for whoever counts calls.
  public var operation: String
  public var document: String
  public var variables: [String: JSONValue]
  /// Points that it will cost, as far as its document tells.
  public var points: Int
  /// Whether the caller asks for less, or something else, where GitHub fails again and again: then `QueryTooHeavy` is
  /// thrown, and earlier than another error would be.
  public var isNarrowable: Bool
  /// Whether it changes something: then it is idempotent, and counts as a write.
  public var isMutation: Bool
  /// As for ``RESTRequest/expires``.
  public var expires: ContinuousClock.Instant?

  public init(
    operation: String, document: String, variables: [String: JSONValue], points: Int = 1, isNarrowable: Bool = false,
    isMutation: Bool = false, expires: ContinuousClock.Instant? = nil
  ) {
    self.operation = operation
    self.document = document
    self.variables = variables
    self.points = points
    self.isNarrowable = isNarrowable
    self.isMutation = isMutation
    self.expires = expires
  }
}

public struct GraphQLAnswer<Answer: Sendable>: Sendable {
  /// nil where GitHub answered errors alone.
  public var data: Answer?
  public var errors: [GraphQLError]
  /// Bytes of the body; nil where that is not known.
  public var size: Int?

  public init(data: Answer?, errors: [GraphQLError], size: Int? = nil) {
    self.data = data
    self.errors = errors
    self.size = size
  }
}

public struct GraphQLError: Hashable, Sendable {
  /// `NOT_FOUND`, `FORBIDDEN`, `RESOURCE_LIMITS_EXCEEDED`, …; nil where GitHub gave none.
  public var type: String?
  public var message: String
  /// Field names and list indices, as text.
  public var path: [String]

  public init(type: String?, message: String, path: [String]) {
    self.type = type
    self.message = message
    self.path = path
  }

  /// Whether the token lacks a permission, rather than GitHub the item: "Resource not accessible by integration", or "by
  /// personal access token".
  public var isOfPermission: Bool { type == "FORBIDDEN" && message.hasPrefix("Resource not accessible by ") }
}

public struct RESTRequest: Hashable, Sendable {
  public enum Method: String, Hashable, Sendable {
    case get = "GET"
    case post = "POST"
    case patch = "PATCH"
    case put = "PUT"
    case delete = "DELETE"
  }

  public var method: Method
  /// The path below the API's root with its leading slash, each segment percent-encoded, and the query.
  /// Or a whole URL that GitHub gave in a `Link` header; one that leads to another host is refused.
  public var path: String
  public var body: JSONValue?
  /// The media type asked for; nil for `application/vnd.github+json`.
  public var accept: String?
  /// A tag from an earlier answer, for `If-None-Match`: a 304 costs nothing of the quota.
  public var etag: String?
  /// Whether sending it twice has the effect of sending it once. Only then is a request that was cut off sent again.
  public var isIdempotent: Bool
  /// Whether the caller asks for less, or something else, where GitHub fails again and again: then `QueryTooHeavy` is
  /// thrown, and earlier than another error would be.
  public var isNarrowable: Bool
  /// The moment from which it must not be sent any more, by this machine's clock; then `RequestExpired` is thrown, and
  /// nothing was sent since. For writes that belong to a lease.
  public var expires: ContinuousClock.Instant?

  public init(
    _ method: Method, _ path: String, body: JSONValue? = nil, accept: String? = nil, etag: String? = nil,
    isIdempotent: Bool? = nil, isNarrowable: Bool = false, expires: ContinuousClock.Instant? = nil
  ) {
    self.method = method
    self.path = path
    self.body = body
    self.accept = accept
    self.etag = etag
    self.isIdempotent = isIdempotent ?? (method != .post)
    self.isNarrowable = isNarrowable
    self.expires = expires
  }
}

public struct RESTAnswer: Hashable, Sendable {
  public var status: Int
  public var body: [UInt8]
  public var etag: String?
  /// The `Link` header's target for `rel="next"`.
  public var next: String?

  public init(status: Int, body: [UInt8], etag: String? = nil, next: String? = nil) {
    self.status = status
    self.body = body
    self.etag = etag
    self.next = next
  }
}

public struct APIUsage: Hashable, Sendable, Codable {
  public var restRequests = 0
  public var graphQLRequests = 0
  public var graphQLPoints = 0
  public var restRemaining: Int?
  public var graphQLRemaining: Int?
  /// GitHub's clock now, as most of its latest answers show it; nil before the first.
  public var serverTime: Timestamp?

  public init() {}
}

/// GitHub answered that what was asked for takes too long: ask for less at a time.
public struct QueryTooHeavy: UserFacingError {
  public var detail: String
  /// Whether GitHub merely failed again and again. It may be for what was asked for; or nobody is answered now, which
  /// is to be ruled out before less is asked for.
  public var isSuspicion: Bool
  public init(detail: String, isSuspicion: Bool = false) {
    self.detail = detail
    self.isSuspicion = isSuspicion
  }
  public var exitStatus: ExitStatus { .unavailable }
  public var problem: String {
    isSuspicion ? "GitHub did not answer \(detail)" : "GitHub could not answer the query in time (\(detail))"
  }
  public var advice: String { "Run again: the next run asks for fewer items at a time." }
}

/// A request that is not idempotent was cut off: GitHub may have carried it out or not.
public struct UncertainWrite: UserFacingError {
  public var detail: String
  public init(detail: String) { self.detail = detail }
  public var exitStatus: ExitStatus { .unavailable }
  public var problem: String { "GitHub's answer to a write was lost (\(detail))" }
  public var advice: String { "Run the job again: it looks for the effect first and repeats it only if it is missing." }
}

/// A request was not sent, because its time was over: the process was held up, and its lease may be another's now.
public struct RequestExpired: Error {
  public init() {}
}

/// GitHub's limit ends after this run must have: come back then.
public struct RateLimited: UserFacingError, Hashable {
  /// The moment from which GitHub answers again, in whole seconds as GitHub tells them.
  public var until: Timestamp
  /// Whose quota is used up: `core`, `graphql` or `search`; nil for a secondary limit, which holds back every request.
  public var resource: String?

  public init(until: Timestamp, resource: String? = nil) {
    self.until = until.roundedUpToSecond
    self.resource = resource
  }

  /// `GitHub's rate limit`, and what it is for.
  public var name: String {
    switch resource {
    case "core"?: "GitHub's rate limit for REST"
    case "graphql"?: "GitHub's rate limit for GraphQL"
    case let other?: "GitHub's rate limit for \(other)"
    case nil: "GitHub's rate limit"
    }
  }

  public var exitStatus: ExitStatus { .unavailable }
  public var problem: String { "\(name) is used up until \(until)" }
  public var advice: String { "Run again after that moment: the work continues where it stopped." }
}
