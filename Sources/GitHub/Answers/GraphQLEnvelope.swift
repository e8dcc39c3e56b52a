import Domain
import FoundationEssentials

/// A GraphQL answer: `data`, `errors`, and what the query cost where it asked for `rateLimit { cost remaining }`.
struct GraphQLEnvelope<Answer: Decodable & Sendable>: Decodable, Sendable {
  /// The failure to decode it is kept, since `errors` decide first what a hole in it means.
  var data: Result<Answer?, any Error>
  var errors: [GraphQLError]
  var cost: Int?
  var remaining: Int?
  /// Whose token it is, where that was asked.
  var viewer: String?

  private enum Key: CodingKey { case data, errors, rateLimit, viewer }
  private struct RateLimit: Decodable { var cost: Int?, remaining: Int? }
  private struct Viewer: Decodable { var login: String? }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    guard container.contains(.data) || container.contains(.errors) else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: [], debugDescription: "neither data nor errors"))
    }
    errors = try container.decodeIfPresent([WireError].self, forKey: .errors)?.map(\.error) ?? []
    data = Result { try container.decodeIfPresent(Answer.self, forKey: .data) }
    let rate = try? container.nestedContainer(keyedBy: Key.self, forKey: .data)
    let limit = (try? rate?.decodeIfPresent(RateLimit.self, forKey: .rateLimit)) ?? nil
    cost = limit?.cost.map(LimitHeaders.amount)
    remaining = limit?.remaining.map(LimitHeaders.amount)
    viewer = ((try? rate?.decodeIfPresent(Viewer.self, forKey: .viewer)) ?? nil)?.login
  }

  /// Leaves the caller's actor: an answer can be megabytes.
  @concurrent static func decode(_ body: [UInt8]) async throws -> GraphQLEnvelope {
    try JSONDecoder().decode(GraphQLEnvelope.self, from: Data(body))
  }

  /// GitHub documents `RATE_LIMITED`; since 2025 it also sends `RATE_LIMIT` with the code `graphql_rate_limit`.
  var isLimited: Bool { errors.contains { $0.type == "RATE_LIMITED" || $0.type == "RATE_LIMIT" } }

  /// Whether another token might have been told more. A number that is missing in a repository which could be read is
  /// missing; anything else that is not found, or not allowed, may be the token's fault.
  var doubt: Doubt {
    let doubtful = errors.filter {
      switch $0.type {
      case "NOT_FOUND": $0.path.count < 2 || $0.path.first != "repository"
      case "FORBIDDEN", "INSUFFICIENT_SCOPES", "SAML_FAILURE": true
      default: false
      }
    }
    if doubtful.contains(where: { $0.path.isEmpty || $0.path == ["repository"] || $0.isOfPermission }) {
      return .ofAccess
    }
    return doubtful.isEmpty ? .none : .ofPart
  }

  var isSecondaryLimited: Bool {
    errors.contains {
      let words = $0.message.lowercased()
      return words.contains("secondary rate limit") || words.contains("abuse detection")
    }
  }

  /// GitHub gave up on the query for its size or duration: what `data` holds, if anything, is incomplete.
  var isTooHeavy: Bool {
    errors.contains { $0.type == "RESOURCE_LIMITS_EXCEEDED" || isGitHubTimeout($0.message) }
  }
}

/// "Something went wrong while executing your query. This may be the result of a timeout, or …".
func isGitHubTimeout(_ message: String) -> Bool {
  message.hasPrefix("Something went wrong while executing your query")
}

private struct WireError: Decodable {
  var error: GraphQLError

  private enum Key: CodingKey { case type, code, message, path, extensions }
  private struct Extensions: Decodable { var code: String? }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    // A code in place of a number, or a path of another shape, must not hide the error itself.
    let type = try? container.decodeIfPresent(String.self, forKey: .type)
    let code = try? container.decodeIfPresent(String.self, forKey: .code)
    let inner = (try? container.decodeIfPresent(Extensions.self, forKey: .extensions))?.code
    let isLimit = code == "graphql_rate_limit" || inner == "graphql_rate_limit"
    let message = try? container.decodeIfPresent(String.self, forKey: .message)
    let path = try? container.decodeIfPresent([JSONValue].self, forKey: .path)
    error = GraphQLError(
      type: isLimit ? "RATE_LIMITED" : type ?? inner ?? nil, message: message ?? "",
      path: (path ?? []).map { $0.string ?? $0.integer.map(String.init) ?? "" })
  }
}
