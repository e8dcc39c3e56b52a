import Domain

/// The query of the capture: any mix of questions in one call.
///
/// Points. GitHub adds up the requests that filling every connection takes, divides by 100 and rounds, and charges at
/// least 1. A connection counts once for each item that it is asked of, whatever its `first`; fields that are no
/// connections cost nothing. As much as rounds to 1 point is 149 requests: so a call holds up to 149 lists, and heads
/// besides.
/// Source: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
///
/// How many items are asked for the same lists is a variable's business (`nodes(ids:)`), and heads come in fives: so the
/// same documents go out again and again, and nobody has to parse a new one each time.
enum ItemsQuery {
  static let operation = "CaptureItems"

  /// Requests that still round to one point.
  static let requestsPerPoint = 149
  /// Questions of a full call: as many lists as a point buys, and half as many numbers.
  static let fullWidth = requestsPerPoint + 75
  /// Ids that `nodes` takes.
  static let maximumIDs = 100

  /// - Parameter first: entries of each list that the call brings at most.
  static func query(
    _ layout: Layout, first: Int = Fragments.listPage, of repository: RepositoryName
  ) -> GraphQLQuery {
    var document = Document()
    if !layout.numbers.isEmpty {
      document.declare("owner", "String!", .string(repository.owner))
      document.declare("name", "String!", .string(repository.name))
      document.add("repository(owner: $owner, name: $name) { databaseId")
      for (slot, question) in layout.numbers.enumerated() {
        document.declare("n\(slot)", "Int!", .integer(Int64(question.number)))
        document.add("n\(slot): issueOrPullRequest(number: $n\(slot)) { ...Head }", uses: [.head, .author])
        if case .absent = question { document.add("d\(slot): discussion(number: $n\(slot)) { id }") }
      }
      document.add("}")
    }
    for group in layout.groups {
      let owners = group.owners.map { layout.owners[$0] }
      guard let lists = owners.first else { continue }
      let ids = owners.compactMap { $0.first.map { JSONValue.string($0.nodeID) } }
      if group.isSingle, let id = ids.first {
        document.declare(group.alias, "ID!", id)
        document.add("\(group.alias): node(id: $\(group.alias)) {")
      } else {
        document.declare(group.alias, "[ID!]!", .array(ids))
        document.add("\(group.alias): nodes(ids: $\(group.alias)) {")
      }
      document.add("__typename ... on \(lists.first?.isPullRequest == true ? "PullRequest" : "Issue") {")
      for list in lists {
        var cursor = ""
        if let after = list.page.after {
          let name = "\(group.alias)_\(list.page.list.rawValue)"
          document.declare(name, "String", .string(after))
          cursor = ", after: $\(name)"
        }
        add(list.page.list, "(first: \(first)\(cursor))", to: &document)
      }
      document.add("} }")
    }
    let requests = layout.owners.reduce(0) { $0 + $1.count }
    return GraphQLQuery(
      operation: operation, document: document.text(operation), variables: document.variables,
      points: max(1, (requests + 50) / 100), isNarrowable: true)
  }

  private static func add(_ list: CapturedList, _ page: String, to document: inout Document) {
    switch list {
    case .labels: document.add("labels\(page) { ...Labels }", uses: [.labels])
    case .comments: document.add("comments\(page) { ...Comments }", uses: [.comments, .author])
    case .reviews: document.add("reviews\(page) { ...Reviews }", uses: [.reviews, .author])
    case .files: document.add("files\(page) { ...Files }", uses: [.files])
    case .closes: document.add("closes: closingIssuesReferences\(page) { ...Closes }", uses: [.closes])
    case .closer:
      document.add("closer: timelineItems(itemTypes: [CLOSED_EVENT], last: 1) { ...Closer }", uses: [.closer])
    case .reviewThreads: document.add("reviewThreads { totalCount }")
    case .reviewComments: break  // over REST, see ReviewCommentPages
    }
  }

  /// A document in the making, with the variables that it declares and the fragments that it uses: one that is not used
  /// is an error in GraphQL.
  private struct Document {
    enum Fragment: CaseIterable {
      case head, labels, comments, reviews, files, closes, closer, author

      var text: String {
        switch self {
        case .head: Fragments.head
        case .labels: Fragments.labels
        case .comments: Fragments.comments
        case .reviews: Fragments.reviews
        case .files: Fragments.files
        case .closes: Fragments.closes
        case .closer: Fragments.closer
        case .author: Fragments.author
        }
      }
    }

    private(set) var variables: [String: JSONValue] = [:]
    private var parameters: [String] = []
    private var body = ""
    private var used: Set<Fragment> = []

    mutating func declare(_ name: String, _ type: String, _ value: JSONValue) {
      variables[name] = value
      parameters.append("$\(name): \(type)")
    }

    mutating func add(_ line: String, uses fragments: Set<Fragment> = []) {
      body += line + "\n"
      used.formUnion(fragments)
    }

    func text(_ operation: String) -> String {
      let head = parameters.isEmpty ? "" : "(\(parameters.joined(separator: ", ")))"
      let fragments = Fragment.allCases.filter(used.contains).map { "\n" + $0.text }.joined()
      return "query \(operation)\(head) {\n\(body)\(Fragments.cost)\n}\(fragments)"
    }
  }
}
