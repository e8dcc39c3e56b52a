/// What ties issues, pull requests and commits together.
extension GraphQLResolvers {
  private static func item(_ context: GraphQLContext, _ node: GraphQLNode) -> (Int, RepositoryModel.Item)? {
    switch node {
    case .item(let repository, let position): (repository, context.world.repositories[repository].items[position])
    default: nil
    }
  }

  /// Of a pull request.
  static let links: [String: GraphQLResolver] = [
    "mergeCommit": { context, node, _ in
      guard let (repository, item) = item(context, node), let sha = item.pull?.mergeSHA else { return .null }
      return .object(.commit(repository, sha))
    },
    "closingIssuesReferences": { context, node, arguments in
      guard let (repository, item) = item(context, node), let pull = item.pull else { return .null }
      let positions = pull.closes.compactMap { context.world.repositories[repository].position(of: $0) }
      return GraphQLPage.of(
        "Issue", count: positions.count, arguments: arguments, key: { GraphQLPageKey(value: Int64($0), id: 0) },
        node: { .item(repository, positions[$0]) })
    },
  ]

  /// Of an issue.
  static let issueLinks: [String: GraphQLResolver] = [
    "closedByPullRequestsReferences": { context, node, arguments in
      guard let (repository, issue) = item(context, node) else { return .null }
      let items = context.world.repositories[repository].items
      let includesClosed = arguments.values["includeClosedPrs"]?.bool == true
      let positions = items.indices.filter { position in
        guard items[position].pull?.closes.contains(issue.number) == true else { return false }
        return includesClosed || !items[position].isClosed
      }
      return GraphQLPage.of(
        "PullRequest", count: positions.count, arguments: arguments, key: { GraphQLPageKey(value: Int64($0), id: 0) },
        node: { .item(repository, positions[$0]) })
    }
  ]

  static let commit: [String: GraphQLResolver] = [
    "id": { _, node, _ in
      guard case .commit(_, let sha) = node else { return .null }
      return .text("C_kwDO\(sha)")
    },
    "oid": { _, node, _ in
      guard case .commit(_, let sha) = node else { return .null }
      return .text(sha)
    },
    "repository": { _, node, _ in
      guard case .commit(let repository, _) = node else { return .null }
      return .object(.repository(repository))
    },
  ]

  /// There are no discussions to show, only where they stand.
  static let discussion: [String: GraphQLResolver] = [
    "id": { _, node, _ in
      guard case .discussion(_, let number) = node else { return .null }
      return .text("D_kwDO\(number)")
    },
    "number": { _, node, _ in
      guard case .discussion(_, let number) = node else { return .null }
      return .integer(number)
    },
    "title": { _, _, _ in .text("A discussion") },
  ]
}
