import Domain

/// What a request will draw on.
struct Demand: Hashable, Sendable {
  /// `core`, `search` or `graphql`.
  var resource: String
  /// Requests, or GraphQL points.
  var cost = 1
  /// Against the limit of a minute.
  /// Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#calculating-points-for-the-secondary-rate-limit
  var weight = 1
  var createsContent = false
  /// Writes go out with the first credential only: they bear its name.
  var isWrite = false
  /// Whether the question whose token it is can ride on it.
  var carriesQuestion = false
  /// Whether it is that question and nothing else.
  var isQuestion = false

  static func rest(_ method: RESTRequest.Method, path: String) -> Demand {
    let isWrite = method != .get
    return Demand(
      resource: path.hasPrefix("/search/") ? "search" : "core", cost: isFree(path) ? 0 : 1, weight: isWrite ? 5 : 1,
      createsContent: method == .post && isContent(path), isWrite: isWrite)
  }

  /// To ask for the limits counts against none of them: https://docs.github.com/en/rest/rate-limit/rate-limit
  static func isFree(_ path: String) -> Bool { path == "/rate_limit" }

  static func query(_ query: GraphQLQuery) -> Demand {
    Demand(
      resource: "graphql", cost: max(query.points, 1), weight: query.isMutation ? 5 : 1, isWrite: query.isMutation,
      carriesQuestion: TokenOwner.asking(in: query.document) != nil)
  }

  /// Issues, pull requests, comments and reviews: what makes notifications. GitHub lists no endpoints; the pages of these
  /// say that creating content too quickly with them may be limited, those of labels, assignees, locks and reactions do
  /// not. Source: https://docs.github.com/en/rest/issues/comments#create-an-issue-comment
  private static func isContent(_ path: String) -> Bool {
    let last = path.prefix { $0 != "?" }.split(separator: "/").last ?? ""
    return ["issues", "pulls", "comments", "reviews", "replies"].contains(last)
  }
}

/// What an answer cost.
enum Charge: Hashable, Sendable {
  case none
  /// Something, which no answer told.
  case unknown
  case exactly(Int)

  /// For the ledger: nil where it is not known.
  var amount: Int? {
    switch self {
    case .none: 0
    case .unknown: nil
    case .exactly(let amount): amount
    }
  }
}
