/// An object that a query stands on: a few numbers that find it in the world.
enum GraphQLNode {
  case query
  case repository(Int)
  /// Issue or pull request: repository and position.
  case item(Int, Int)
  case comment(Int, Int, Int)
  case review(Int, Int, Int)
  case reviewComment(Int, Int, Int)
  case thread(Int, Int, [Int])
  case file(Int, Int, Int)
  case label(Int, RepositoryModel.Label)
  /// Of a repository, by its name.
  case commit(Int, String)
  /// Of the item at that place.
  case event(Int, Int, RepositoryModel.TimelineEvent)
  case milestone(Int, RepositoryModel.Milestone)
  case mutation
  /// What a mutation of that name answers: the comment.
  indirect case payload(String, GraphQLNode?, clientMutationID: String?)
  /// Of a repository, by its number.
  case discussion(Int, Int)
  case account(RepositoryModel.Account)
  /// Whose token it is: the only account whose login is as in REST.
  case viewer(RepositoryModel.Account)
  case reference(String)
  case rateLimit
  case connection(GraphQLPage)
  case edge(GraphQLPage, Int)
  case pageInfo(GraphQLPage)

  /// The object type, for values of an interface or union.
  func typeName(_ world: World) -> String {
    switch self {
    case .query: "Query"
    case .repository: "Repository"
    case .item(let repository, let position):
      world.repositories[repository].items[position].pull == nil ? "Issue" : "PullRequest"
    case .comment: "IssueComment"
    case .review: "PullRequestReview"
    case .reviewComment: "PullRequestReviewComment"
    case .thread: "PullRequestReviewThread"
    case .file: "PullRequestChangedFile"
    case .label: "Label"
    case .commit: "Commit"
    case .event(_, _, let event): event.kind.typeName
    case .milestone: "Milestone"
    case .mutation: "Mutation"
    case .payload(let type, _, _): type
    case .viewer: "User"
    case .discussion: "Discussion"
    case .account(let account): account.kind.rawValue
    case .reference: "Ref"
    case .rateLimit: "RateLimit"
    case .connection(let page): page.type + "Connection"
    case .edge(let page, _): page.type + "Edge"
    case .pageInfo: "PageInfo"
    }
  }
}

/// What a field is worth.
enum GraphQLResult {
  case null
  case text(String)
  case integer(Int)
  /// A 64-bit id, which GitHub writes as a string.
  case bigInteger(Int64)
  case flag(Bool)
  case moment(Int64)
  case object(GraphQLNode)
  case list([GraphQLNode?])
  /// A number of the rate limit, filled in when the answer is sent.
  case live(GraphQLLive)
  /// Null, with an error.
  case missing(type: String, message: String)
  /// A list with errors at some of its places.
  case partial([GraphQLNode?], errors: [(index: Int, type: String, message: String)])

  static func optional(_ moment: Int64?) -> GraphQLResult { moment.map { .moment($0) } ?? .null }
  static func optional(_ node: GraphQLNode?) -> GraphQLResult { node.map { .object($0) } ?? .null }
}

enum GraphQLLive: Sendable { case cost, limit, nodeCount, remaining, resetAt, used }

/// The arguments of a field, with variables filled in.
struct GraphQLArguments {
  var values: [String: JSONNode] = [:]

  func integer(_ name: String) -> Int? { values[name]?.integer }
  func string(_ name: String) -> String? { values[name]?.string }
  func strings(_ name: String) -> [String]? {
    guard let value = values[name], !value.isNull else { return nil }
    return value.array?.compactMap(\.string) ?? value.string.map { [$0] }
  }
}

struct GraphQLPageKey {
  var value: Int64
  var id: Int64
}

/// One page of a connection. Cursors hold the sort key and the id, so that they are predicates, not offsets.
final class GraphQLPage {
  let type: String
  let nodes: [GraphQLNode]
  let keys: [GraphQLPageKey]
  let total: Int
  let hasNext: Bool
  let hasPrevious: Bool

  init(
    type: String, nodes: [GraphQLNode], keys: [GraphQLPageKey], total: Int, hasNext: Bool, hasPrevious: Bool
  ) {
    self.type = type
    self.nodes = nodes
    self.keys = keys
    self.total = total
    self.hasNext = hasNext
    self.hasPrevious = hasPrevious
  }

  func cursor(_ index: Int) -> String { "Y3Vyc29yOnYyOpK\(keys[index].value)_\(keys[index].id)" }

  static func key(_ cursor: String) -> GraphQLPageKey? {
    guard cursor.hasPrefix("Y3Vyc29yOnYyOpK") else { return nil }
    let parts = cursor.dropFirst(15).split(separator: "_")
    guard parts.count == 2, let value = Int64(parts[0]), let id = Int64(parts[1]) else { return nil }
    return GraphQLPageKey(value: value, id: id)
  }

  /// The page that the arguments ask for, of a list of `count` whose keys ascend, or descend.
  ///
  /// Returns nil where a cursor is none.
  static func of(
    _ type: String, count: Int, arguments: GraphQLArguments, descending: Bool = false,
    key: (Int) -> GraphQLPageKey, node: (Int) -> GraphQLNode
  ) -> GraphQLResult {
    var low = 0
    var high = count
    for name in ["after", "before"] {
      guard let cursor = arguments.string(name) else { continue }
      guard let limit = Self.key(cursor) else {
        return .missing(
          type: "INVALID_CURSOR_ARGUMENTS", message: "`\(cursor)` does not appear to be a valid cursor.")
      }
      let bound = (limit.value, limit.id)
      // The first index beyond the cursor for `after`; the first at or beyond it for `before`.
      var (from, to) = (0, count)
      while from < to {
        let middle = (from + to) / 2
        let here = (key(middle).value, key(middle).id)
        let isBefore =
          name == "after" ? (descending ? here >= bound : here <= bound) : (descending ? here > bound : here < bound)
        if isBefore { from = middle + 1 } else { to = middle }
      }
      if name == "after" { low = from } else { high = max(low, from) }
    }
    var start = low
    var end = low
    if let first = arguments.integer("first") {
      end = min(high, low + first)
    } else if let last = arguments.integer("last") {
      start = max(low, high - last)
      end = high
    }
    return .object(
      .connection(
        GraphQLPage(
          type: type, nodes: (start..<end).map(node), keys: (start..<end).map(key), total: count,
          hasNext: end < count, hasPrevious: start > 0)))
  }
}
