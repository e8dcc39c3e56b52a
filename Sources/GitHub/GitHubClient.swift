public import Domain
import FoundationEssentials
public import HTTP
public import Logging

/// GitHub's REST and GraphQL API.
///
/// Any number of tasks may use one client at once. It sends nothing while a limit holds, repeats what may be repeated,
/// and throws `RateLimited`, `QueryTooHeavy`, `UncertainWrite`, `TokenMissing`, `TokenRejected`, `AccessDenied`,
/// `RequestRejected`, `GitHubUnavailable` or `CancellationError`.
public final class GitHubClient: GitHubAPI {
  private let endpoint: Endpoint?
  private let exchange: Exchange?
  private let token: String?
  private let userAgent: String

  /// - Parameters:
  ///   - apiURL: the REST root; it may have a path, as `https://ghe.example.com/api/v3`.
  ///   - token: where it is nil, calls throw `TokenMissing`.
  ///   - userAgent: GitHub refuses requests without one.
  public init(
    http: HTTPClient, apiURL: String, graphQLURL: String, token: String?, deadline: any Deadline,
    clock: any WallClock, logger: Logger, userAgent: String
  ) {
    endpoint = Endpoint(apiURL: apiURL, graphQLURL: graphQLURL)
    exchange = endpoint.map {
      Exchange(http: http, endpoint: $0, deadline: deadline, clock: clock, logger: logger)
    }
    // A secret pasted with its line end is the commonest wrong token.
    let words = (token ?? "").split(whereSeparator: \.isWhitespace)
    self.token = words.isEmpty ? nil : words.joined(separator: " ")
    self.userAgent = userAgent
  }

  public var usage: APIUsage {
    get async { exchange?.usage ?? APIUsage() }
  }

  public var limitedUntil: Timestamp? {
    get async { exchange?.limitedUntil }
  }

  public func send(_ request: RESTRequest) async throws -> RESTAnswer {
    let (endpoint, exchange) = try ready()
    let url = try endpoint.resolve(request.path)
    let path = Endpoint.loggablePath(url)
    var headers = try headers(accept: request.accept ?? "application/vnd.github+json")
    if let etag = request.etag { headers.append(("If-None-Match", etag)) }
    if request.body != nil { headers.append(("Content-Type", "application/json")) }
    let call = Call(
      method: request.method.rawValue, url: url, name: path, headers: headers,
      body: request.body.map { Array($0.canonicalText.utf8) },
      resource: request.path.hasPrefix("/search/") ? "search" : "core", isIdempotent: request.isIdempotent, timeout: 30)
    return try await exchange.perform(call) { response in
      Self.judge(response, method: request.method.rawValue, path: path)
    }
  }

  public func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
    -> GraphQLAnswer<Answer>
  {
    let (endpoint, exchange) = try ready()
    let body: JSONValue = [
      "operationName": .string(query.operation), "query": .string(query.document),
      "variables": .object(query.variables),
    ]
    let headers = try headers(accept: "application/json") + [("Content-Type", "application/json")]
    // GitHub cuts a query at 10 s; the rest is for queueing and for the way.
    let call = Call(
      method: "POST", url: endpoint.graphQL, name: query.operation, headers: headers,
      body: Array(body.canonicalText.utf8), resource: "graphql", isIdempotent: true, timeout: 30)
    return try await exchange.perform(call) { response in
      await Self.judge(response, operation: query.operation, exchange: exchange)
    }
  }

  // MARK: Requests

  private func ready() throws -> (Endpoint, Exchange) {
    guard let endpoint, let exchange else {
      throw Failure(
        .configuration, "GITHUB_API_URL or GITHUB_GRAPHQL_URL is not a valid URL",
        advice: "Set them to http or https URLs, or leave them unset for github.com.")
    }
    return (endpoint, exchange)
  }

  private func headers(accept: String) throws -> [(String, String)] {
    guard let token else { throw TokenMissing() }
    guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw TokenRejected(message: "it holds characters that no token has")
    }
    return [
      ("Accept", accept), ("Authorization", "Bearer \(token)"), ("X-GitHub-Api-Version", "2022-11-28"),
      ("User-Agent", userAgent),
    ]
  }

  // MARK: Answers

  private static func judge(_ response: HTTPResponse, method: String, path: String) -> Verdict<RESTAnswer> {
    switch response.status {
    case ..<400, 404, 410, 422:
      // A file's raw content comes as `application/vnd.github.raw+json`, whatever is in it.
      let type = response.headers["content-type"]?.lowercased() ?? ""
      let isJSON = type.contains("json") && !type.contains(".raw")
      if isJSON, response.status < 300, !response.body.isEmpty, JSONSyntax.firstFault(in: response.body) != nil {
        return .fault(Fault(detail: "the answer is broken JSON"))
      }
      return .answer(
        RESTAnswer(
          status: response.status, body: response.body, etag: response.headers["etag"],
          next: response.headers["link"].flatMap { LinkHeader($0).next },
          date: response.headers["date"].flatMap { Timestamp(httpDate: $0) }))
    default: return refusal(response, method: method, path: path)
    }
  }

  /// 401, 403, 429, 5xx and the rest, alike for REST and GraphQL.
  private static func refusal<Value>(_ response: HTTPResponse, method: String, path: String) -> Verdict<Value> {
    let refusal = Refusal(response)
    if let limit = refusal.limit { return .limited(limit) }
    guard response.status >= 500 || response.status == 408 else {
      return .failed(refusal.error(method: method, path: path))
    }
    let detail = "HTTP \(response.status)" + (refusal.message.map { ", \($0)" } ?? "")
    return .fault(Fault(detail: detail, retryAfter: refusal.retryAfter ?? 0))
  }

  private static func judge<Answer: Decodable & Sendable>(
    _ response: HTTPResponse, operation: String, exchange: Exchange
  ) async -> Verdict<GraphQLAnswer<Answer>> {
    guard response.status == 200 else {
      if response.status >= 500 { exchange.count(points: nil, remaining: nil) }
      let verdict: Verdict<GraphQLAnswer<Answer>> = refusal(response, method: "GraphQL", path: operation)
      guard case .fault(var fault) = verdict else { return verdict }
      // GitHub answers 502 or 504 where it cut the query at 10 s.
      fault.isTooHeavy =
        response.status == 502 || response.status == 504 || (Refusal(response).message.map(isGitHubTimeout) ?? false)
      return .fault(fault)
    }
    let envelope: GraphQLEnvelope<Answer>
    do {
      envelope = try await .decode(response.body)
    } catch {
      if let limit = Refusal(response).limitBehindSuccess { return .limited(limit) }
      return .fault(Fault(detail: "the answer is no GraphQL answer"))
    }
    if envelope.isLimited { return .limited(.primary(reset: Refusal(response).reset)) }
    if envelope.isSecondaryLimited { return .limited(.secondary(retryAfter: Refusal(response).retryAfter)) }
    exchange.count(points: envelope.cost, remaining: envelope.remaining)
    if envelope.isTooHeavy {
      let words = envelope.errors.first.map { Refusal.line($0.message) } ?? ""
      return .fault(Fault(detail: words, isTooHeavy: true))
    }
    switch envelope.data {
    case .success(let data): return .answer(GraphQLAnswer(data: data, errors: envelope.errors))
    case .failure(let error):
      // A null that the errors account for can make a whole answer unreadable; without errors the query is ours to fix.
      if !envelope.errors.isEmpty { return .answer(GraphQLAnswer(data: nil, errors: envelope.errors)) }
      return .failed(
        Failure(
          .failed, "GitHub's answer to \(operation) is not of the expected shape (\(place(of: error)))",
          advice: "Report it with the run's log: the API may have changed."))
    }
  }

  /// The path of keys to what could not be decoded; none of the answer's own text but field names.
  private static func place(of error: any Error) -> String {
    let context: DecodingError.Context? =
      switch error {
      case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
        DecodingError.dataCorrupted(let context):
        context
      case DecodingError.keyNotFound(let key, let context):
        DecodingError.Context(codingPath: context.codingPath + [key], debugDescription: "")
      default: nil
      }
    return Refusal.line((context?.codingPath ?? []).map(\.stringValue).joined(separator: "."))
  }
}
