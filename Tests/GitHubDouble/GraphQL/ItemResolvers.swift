extension GraphQLResolvers {
  private static func repository(of node: GraphQLNode) -> GraphQLResult {
    if case .item(let repository, _) = node { .object(.repository(repository)) } else { .null }
  }

  private static func its(
    _ context: GraphQLContext, _ node: GraphQLNode, _ value: (RepositoryModel.Item) -> GraphQLResult
  ) -> GraphQLResult {
    guard case .item(let repository, let position) = node else { return .null }
    return value(context.world.repositories[repository].items[position])
  }

  private static func its(
    _ context: GraphQLContext, _ node: GraphQLNode,
    pull value: (RepositoryModel.Item, RepositoryModel.Pull) -> GraphQLResult
  ) -> GraphQLResult {
    its(context, node) { item in item.pull.map { value(item, $0) } ?? .null }
  }

  /// What issues and pull requests have in common.
  static let item: [String: GraphQLResolver] = [
    "number": { context, node, _ in its(context, node) { .integer($0.number) } },
    "title": { context, node, _ in its(context, node) { .text($0.title) } },
    "body": { context, node, _ in its(context, node) { .text($0.body ?? "") } },
    "bodyText": { context, node, _ in its(context, node) { .text($0.body ?? "") } },
    "closed": { context, node, _ in its(context, node) { .flag($0.isClosed) } },
    "locked": { context, node, _ in its(context, node) { .flag($0.isLocked) } },
    "activeLockReason": { context, node, _ in its(context, node) { lockReason($0.lockReason) } },
    "milestone": { context, node, _ in
      guard case .item(let repository, let position) = node else { return .null }
      let model = context.world.repositories[repository]
      return .optional(model.milestone(model.items[position].milestone).map { .milestone(repository, $0) })
    },
    "author": { context, node, _ in its(context, node) { author($0.author) } },
    "authorAssociation": { context, node, _ in
      guard case .item(let repository, _) = node else { return .null }
      return its(context, node) { association($0.author, context.world.repositories[repository]) }
    },
    "lastEditedAt": { context, node, _ in its(context, node) { .optional($0.lastEditedAt) } },
    "editor": { context, node, _ in its(context, node) { author($0.editor) } },
    "createdAt": { context, node, _ in its(context, node) { .moment($0.createdAt) } },
    "updatedAt": { context, node, _ in its(context, node) { .moment($0.updatedAt) } },
    "closedAt": { context, node, _ in its(context, node) { .optional($0.closedAt) } },
    "url": { context, node, _ in
      guard case .item(let repository, _) = node else { return .null }
      let name = context.world.repositories[repository].fullName
      return its(context, node) {
        .text("https://github.com/\(name)/\($0.isPullRequest ? "pull" : "issues")/\($0.number)")
      }
    },
    "repository": { _, node, _ in
      guard case .item(let repository, _) = node else { return .null }
      return .object(.repository(repository))
    },
    "labels": { context, node, arguments in
      guard case .item(let repository, let position) = node else { return .null }
      let model = context.world.repositories[repository]
      var names = model.items[position].labels
      if let order = arguments.values["orderBy"], order["field"]?.string == "NAME" {
        names.sort()
        if order["direction"]?.string == "DESC" { names.reverse() }
      }
      return GraphQLPage.of(
        "Label", count: names.count, arguments: arguments, key: { GraphQLPageKey(value: Int64($0), id: 0) },
        node: { index in
          let name = names[index]
          let label = model.labels.first { $0.name == name }
          return .label(repository, label ?? RepositoryModel.Label(id: 0, name: name))
        })
    },
    "assignees": { context, node, arguments in
      its(context, node) { item in
        GraphQLPage.of(
          "User", count: item.assignees.count, arguments: arguments,
          key: { GraphQLPageKey(value: Int64($0), id: 0) }, node: { .account(item.assignees[$0]) })
      }
    },
    "comments": { context, node, arguments in
      guard case .item(let repository, let position) = node else { return .null }
      let all = context.world.repositories[repository].items[position].comments
      let listed = all.indices.filter { all[$0].isListed }
      guard let order = arguments.values["orderBy"], !order.isNull else {
        return GraphQLPage.of(
          "IssueComment", count: listed.count, arguments: arguments,
          key: { GraphQLPageKey(value: all[listed[$0]].createdAt, id: all[listed[$0]].id) },
          node: { .comment(repository, position, listed[$0]) })
      }
      let descending = order["direction"]?.string == "DESC"
      let places = listed.sorted { a, b in
        let earlier = (all[a].updatedAt, all[a].id) < (all[b].updatedAt, all[b].id)
        return descending != earlier
      }
      return GraphQLPage.of(
        "IssueComment", count: places.count, arguments: arguments, descending: descending,
        key: { GraphQLPageKey(value: all[places[$0]].updatedAt, id: all[places[$0]].id) },
        node: { .comment(repository, position, places[$0]) })
    },
  ]

  static let issue: [String: GraphQLResolver] = [
    "id": { context, node, _ in
      guard case .item(let repository, _) = node else { return .null }
      let id = context.world.repositories[repository].id
      return its(context, node) { .text(NodeID.issue(id, $0.number)) }
    },
    "databaseId": { context, node, _ in its(context, node) { databaseID($0.id) } },
    "fullDatabaseId": { context, node, _ in its(context, node) { .bigInteger($0.id) } },
    "state": { context, node, _ in its(context, node) { .text($0.isClosed ? "CLOSED" : "OPEN") } },
    "stateReason": { context, node, arguments in
      its(context, node) { item in
        guard let reason = item.stateReason else { return .null }
        // Clients from before the reason was introduced are told another one.
        if reason == "duplicate", arguments.values["enableDuplicate"]?.bool != true { return .text("NOT_PLANNED") }
        return .text(reason.uppercased())
      }
    },
  ]

  static let pullRequest: [String: GraphQLResolver] = [
    "id": { context, node, _ in
      guard case .item(let repository, _) = node else { return .null }
      let id = context.world.repositories[repository].id
      return its(context, node) { .text(NodeID.pullRequest(id, $0.number)) }
    },
    "databaseId": { context, node, _ in its(context, node, pull: { databaseID($1.id) }) },
    "fullDatabaseId": { context, node, _ in its(context, node, pull: { .bigInteger($1.id) }) },
    "state": { context, node, _ in
      its(context, node, pull: { .text($1.mergedAt != nil ? "MERGED" : $0.isClosed ? "CLOSED" : "OPEN") })
    },
    "isDraft": { context, node, _ in its(context, node, pull: { .flag($1.isDraft) }) },
    "merged": { context, node, _ in its(context, node, pull: { .flag($1.mergedAt != nil) }) },
    "mergedAt": { context, node, _ in its(context, node, pull: { .optional($1.mergedAt) }) },
    "additions": { context, node, _ in its(context, node, pull: { .integer($1.additions) }) },
    "deletions": { context, node, _ in its(context, node, pull: { .integer($1.deletions) }) },
    "changedFiles": { context, node, _ in its(context, node, pull: { .integer($1.files.count) }) },
    "totalCommentsCount": { context, node, _ in
      its(context, node, pull: { .integer($0.comments.count + $1.reviewComments.count + $1.reviews.count) })
    },
    "baseRefName": { context, node, _ in its(context, node, pull: { .text($1.baseRef) }) },
    "baseRefOid": { context, node, _ in its(context, node, pull: { .text($1.baseSHA) }) },
    "headRefName": { context, node, _ in its(context, node, pull: { .text($1.headRef) }) },
    // Branches of forks are not simulated.
    "headRepository": { _, node, _ in repository(of: node) },
    "baseRepository": { _, node, _ in repository(of: node) },
    "headRefOid": { context, node, _ in its(context, node, pull: { .text($1.headSHA) }) },
    "reviews": { context, node, arguments in
      guard case .item(let repository, let position) = node,
        let pull = context.world.repositories[repository].items[position].pull
      else { return .null }
      let states = arguments.strings("states")
      let author = arguments.string("author")
      let places = pull.reviews.indices.filter { index in
        (states?.contains(pull.reviews[index].state) ?? true)
          && (author == nil || pull.reviews[index].author?.graphQLLogin == author)
      }
      return GraphQLPage.of(
        "PullRequestReview", count: places.count, arguments: arguments,
        key: { GraphQLPageKey(value: pull.reviews[places[$0]].submittedAt, id: pull.reviews[places[$0]].id) },
        node: { .review(repository, position, places[$0]) })
    },
    "reviewThreads": { context, node, arguments in
      guard case .item(let repository, let position) = node else { return .null }
      let threads = threads(context.world.repositories[repository].items[position])
      return GraphQLPage.of(
        "PullRequestReviewThread", count: threads.count, arguments: arguments,
        key: { GraphQLPageKey(value: Int64($0), id: 0) }, node: { .thread(repository, position, threads[$0]) })
    },
    "files": { context, node, arguments in
      guard case .item(let repository, let position) = node,
        let pull = context.world.repositories[repository].items[position].pull
      else { return .null }
      return GraphQLPage.of(
        "PullRequestChangedFile", count: pull.files.count, arguments: arguments,
        key: { GraphQLPageKey(value: Int64($0), id: 0) }, node: { .file(repository, position, $0) })
    },
  ]

  /// Review comments by the comment that they answer: indices, the first one opened the thread.
  static func threads(_ item: RepositoryModel.Item) -> [[Int]] {
    var threads: [[Int]] = []
    var roots: [Int64: Int] = [:]
    for (index, comment) in (item.pull?.reviewComments ?? []).enumerated() {
      if let root = comment.replyTo, let place = roots[root] {
        threads[place].append(index)
      } else {
        roots[comment.id] = threads.count
        threads.append([index])
      }
    }
    return threads
  }
}
