/// How each field of the schema gets its value.
struct GraphQLContext {
  let world: World
  let account: RepositoryModel.Account
  let mayWrite: Bool
}

typealias GraphQLResolver = @Sendable (GraphQLContext, GraphQLNode, GraphQLArguments) -> GraphQLResult

enum GraphQLResolvers {
  /// By type, then by field.
  static let table: [String: [String: GraphQLResolver]] = {
    var table: [String: [String: GraphQLResolver]] = [
      "Query": query, "Repository": repository, "RateLimit": rateLimit, "PageInfo": pageInfo,
      "PullRequest": item.merging(pullRequest.merging(links) { $1 }) { $1 }.merging(timeline("PullRequest")) { $1 },
      "Issue": item.merging(issue.merging(issueLinks) { $1 }) { $1 }.merging(timeline("Issue")) { $1 },
      "IssueComment": comment, "PullRequestReview": review, "PullRequestReviewComment": reviewComment,
      "PullRequestReviewThread": thread, "PullRequestChangedFile": file, "Label": label, "Ref": reference,
      "Discussion": discussion, "Commit": commit, "Milestone": milestone, "Mutation": mutation,
      "MinimizeCommentPayload": payload("minimizedComment"), "UnminimizeCommentPayload": payload("unminimizedComment"),
    ]
    table.merge(events) { $1 }
    for kind in ["User", "Bot", "Organization", "Mannequin", "EnterpriseUserAccount"] { table[kind] = account }
    for type in GraphQLSchema.github.types.keys {
      if type.hasSuffix("Connection") { table[type] = connection }
      if type.hasSuffix("Edge") { table[type] = edge }
    }
    return table
  }()

  static let connection: [String: GraphQLResolver] = [
    "nodes": { _, node, _ in page(node) { .list($0.nodes) } },
    "edges": { _, node, _ in page(node) { page in .list(page.nodes.indices.map { .edge(page, $0) }) } },
    "totalCount": { _, node, _ in page(node) { .integer($0.total) } },
    "pageInfo": { _, node, _ in page(node) { .object(.pageInfo($0)) } },
  ]

  static let edge: [String: GraphQLResolver] = [
    "cursor": { _, node, _ in
      guard case .edge(let page, let index) = node else { return .null }
      return .text(page.cursor(index))
    },
    "node": { _, node, _ in
      guard case .edge(let page, let index) = node else { return .null }
      return .object(page.nodes[index])
    },
  ]

  static let pageInfo: [String: GraphQLResolver] = [
    "hasNextPage": { _, node, _ in page(node) { .flag($0.hasNext) } },
    "hasPreviousPage": { _, node, _ in page(node) { .flag($0.hasPrevious) } },
    "startCursor": { _, node, _ in page(node) { $0.nodes.isEmpty ? .null : .text($0.cursor(0)) } },
    "endCursor": { _, node, _ in page(node) { $0.nodes.isEmpty ? .null : .text($0.cursor($0.nodes.count - 1)) } },
  ]

  private static func page(_ node: GraphQLNode, _ value: (GraphQLPage) -> GraphQLResult) -> GraphQLResult {
    switch node {
    case .connection(let page), .pageInfo(let page): value(page)
    default: .null
    }
  }

  static let rateLimit: [String: GraphQLResolver] = [
    "cost": { _, _, _ in .live(.cost) }, "limit": { _, _, _ in .live(.limit) },
    "nodeCount": { _, _, _ in .live(.nodeCount) }, "remaining": { _, _, _ in .live(.remaining) },
    "resetAt": { _, _, _ in .live(.resetAt) }, "used": { _, _, _ in .live(.used) },
  ]

  static let account: [String: GraphQLResolver] = [
    "id": { _, node, _ in user(node) { .text($0.nodeID) } },
    // 32 bits, and null beyond.
    "databaseId": { _, node, _ in user(node) { $0.id > Int32.max ? .null : .integer(Int($0.id)) } },
    "login": { _, node, _ in
      if case .viewer(let account) = node { return .text(account.login) }
      return user(node) { .text($0.graphQLLogin) }
    },
    "url": { _, node, _ in
      user(node) { .text("https://github.com/\($0.kind == .bot ? "apps/" : "")\($0.graphQLLogin)") }
    },
    "name": { _, _, _ in .null },
  ]

  private static func user(
    _ node: GraphQLNode, _ value: (RepositoryModel.Account) -> GraphQLResult
  ) -> GraphQLResult {
    switch node {
    case .account(let account), .viewer(let account): value(account)
    default: .null
    }
  }

  static let label: [String: GraphQLResolver] = [
    "id": { context, node, _ in
      guard case .label(let repository, let label) = node else { return .null }
      return .text(NodeID.label(context.world.repositories[repository].id, label.id))
    },
    "name": { _, node, _ in
      guard case .label(_, let label) = node else { return .null }
      return .text(label.name)
    },
    "color": { _, node, _ in
      guard case .label(_, let label) = node else { return .null }
      return .text(label.color)
    },
    "description": { _, node, _ in
      guard case .label(_, let label) = node, let description = label.description else { return .null }
      return .text(description)
    },
  ]

  static let reference: [String: GraphQLResolver] = [
    "id": { _, node, _ in
      guard case .reference(let name) = node else { return .null }
      return .text("REF_kwDO\(name)")
    },
    "name": { _, node, _ in
      guard case .reference(let name) = node else { return .null }
      return .text(name)
    },
    "prefix": { _, _, _ in .text("refs/heads/") },
  ]

  static func author(_ account: RepositoryModel.Account?) -> GraphQLResult {
    account.map { .object(.account($0)) } ?? .null
  }

  /// `databaseId` is an Int: GitHub answers null where an id has outgrown 32 bits.
  static func databaseID(_ id: Int64) -> GraphQLResult { id > Int32.max ? .null : .integer(Int(id)) }
}
