extension GraphQLResolvers {
  private static func its(
    _ context: GraphQLContext, comment node: GraphQLNode, _ value: (RepositoryModel.Comment) -> GraphQLResult
  ) -> GraphQLResult {
    guard case .comment(let repository, let position, let index) = node else { return .null }
    return value(context.world.repositories[repository].items[position].comments[index])
  }

  static let comment: [String: GraphQLResolver] = [
    "id": { context, node, _ in
      guard case .comment(let repository, let position, let index) = node else { return .null }
      let model = context.world.repositories[repository]
      let item = model.items[position]
      return .text(NodeID.comment(model.id, item.number, item.comments[index].id))
    },
    "databaseId": { context, node, _ in its(context, comment: node) { databaseID($0.id) } },
    "fullDatabaseId": { context, node, _ in its(context, comment: node) { .bigInteger($0.id) } },
    "body": { context, node, _ in its(context, comment: node) { .text($0.body) } },
    "bodyText": { context, node, _ in its(context, comment: node) { .text($0.body) } },
    "url": { context, node, _ in
      its(context, comment: node) { .text("https://github.com/x#issuecomment-\($0.id)") }
    },
    "author": { context, node, _ in its(context, comment: node) { author($0.author) } },
    "authorAssociation": { context, node, _ in
      guard case .comment(let repository, _, _) = node else { return .null }
      return its(context, comment: node) { association($0.author, context.world.repositories[repository]) }
    },
    "lastEditedAt": { context, node, _ in its(context, comment: node) { .optional($0.lastEditedAt) } },
    "editor": { context, node, _ in its(context, comment: node) { author($0.editor) } },
    "isMinimized": { context, node, _ in its(context, comment: node) { .flag($0.minimizedReason != nil) } },
    "minimizedReason": { context, node, _ in
      its(context, comment: node) { comment in
        comment.minimizedReason.map { .text($0.lowercased().split(separator: "_").joined(separator: "-")) } ?? .null
      }
    },
    "createdAt": { context, node, _ in its(context, comment: node) { .moment($0.createdAt) } },
    "updatedAt": { context, node, _ in its(context, comment: node) { .moment($0.updatedAt) } },
    "issue": { _, node, _ in
      guard case .comment(let repository, let position, _) = node else { return .null }
      return .object(.item(repository, position))
    },
    "pullRequest": { context, node, _ in
      guard case .comment(let repository, let position, _) = node,
        context.world.repositories[repository].items[position].isPullRequest
      else { return .null }
      return .object(.item(repository, position))
    },
  ]

  private static func its(
    _ context: GraphQLContext, review node: GraphQLNode, _ value: (RepositoryModel.Review) -> GraphQLResult
  ) -> GraphQLResult {
    guard case .review(let repository, let position, let index) = node,
      let pull = context.world.repositories[repository].items[position].pull
    else { return .null }
    return value(pull.reviews[index])
  }

  static let review: [String: GraphQLResolver] = [
    "id": { context, node, _ in
      guard case .review(let repository, let position, _) = node else { return .null }
      let model = context.world.repositories[repository]
      let number = model.items[position].number
      return its(context, review: node) { .text(NodeID.review(model.id, number, $0.id)) }
    },
    "databaseId": { context, node, _ in its(context, review: node) { databaseID($0.id) } },
    "fullDatabaseId": { context, node, _ in its(context, review: node) { .bigInteger($0.id) } },
    "state": { context, node, _ in its(context, review: node) { .text($0.state) } },
    "body": { context, node, _ in its(context, review: node) { .text($0.body) } },
    "bodyText": { context, node, _ in its(context, review: node) { .text($0.body) } },
    "url": { context, node, _ in
      its(context, review: node) { .text("https://github.com/x#pullrequestreview-\($0.id)") }
    },
    "author": { context, node, _ in its(context, review: node) { author($0.author) } },
    "authorAssociation": { context, node, _ in
      guard case .review(let repository, _, _) = node else { return .null }
      return its(context, review: node) { association($0.author, context.world.repositories[repository]) }
    },
    "lastEditedAt": { _, _, _ in .null },
    "editor": { _, _, _ in .null },
    "createdAt": { context, node, _ in its(context, review: node) { .moment($0.submittedAt) } },
    "updatedAt": { context, node, _ in its(context, review: node) { .moment($0.submittedAt) } },
    "submittedAt": { context, node, _ in its(context, review: node) { .moment($0.submittedAt) } },
    "pullRequest": { _, node, _ in
      guard case .review(let repository, let position, _) = node else { return .null }
      return .object(.item(repository, position))
    },
    "comments": { context, node, arguments in
      guard case .review(let repository, let position, let index) = node,
        let pull = context.world.repositories[repository].items[position].pull
      else { return .null }
      let id = pull.reviews[index].id
      let places = pull.reviewComments.indices.filter { pull.reviewComments[$0].reviewID == id }
      return reviewComments(places, pull, repository, position, arguments)
    },
  ]

  private static func reviewComments(
    _ places: [Int], _ pull: RepositoryModel.Pull, _ repository: Int, _ position: Int, _ arguments: GraphQLArguments
  ) -> GraphQLResult {
    GraphQLPage.of(
      "PullRequestReviewComment", count: places.count, arguments: arguments,
      key: { GraphQLPageKey(value: pull.reviewComments[places[$0]].createdAt, id: pull.reviewComments[places[$0]].id) },
      node: { .reviewComment(repository, position, places[$0]) })
  }

  private static func its(
    _ context: GraphQLContext, reviewComment node: GraphQLNode,
    _ value: (RepositoryModel.ReviewComment) -> GraphQLResult
  ) -> GraphQLResult {
    guard case .reviewComment(let repository, let position, let index) = node,
      let pull = context.world.repositories[repository].items[position].pull
    else { return .null }
    return value(pull.reviewComments[index])
  }

  static let reviewComment: [String: GraphQLResolver] = [
    "id": { context, node, _ in
      guard case .reviewComment(let repository, let position, _) = node else { return .null }
      let model = context.world.repositories[repository]
      let number = model.items[position].number
      return its(context, reviewComment: node) { .text(NodeID.reviewComment(model.id, number, $0.id)) }
    },
    "databaseId": { context, node, _ in its(context, reviewComment: node) { databaseID($0.id) } },
    "fullDatabaseId": { context, node, _ in its(context, reviewComment: node) { .bigInteger($0.id) } },
    "body": { context, node, _ in its(context, reviewComment: node) { .text($0.body) } },
    "bodyText": { context, node, _ in its(context, reviewComment: node) { .text($0.body) } },
    "path": { context, node, _ in its(context, reviewComment: node) { .text($0.path) } },
    "url": { context, node, _ in
      its(context, reviewComment: node) { .text("https://github.com/x#discussion_r\($0.id)") }
    },
    "author": { context, node, _ in its(context, reviewComment: node) { author($0.author) } },
    "authorAssociation": { context, node, _ in
      guard case .reviewComment(let repository, _, _) = node else { return .null }
      return its(context, reviewComment: node) { association($0.author, context.world.repositories[repository]) }
    },
    "lastEditedAt": { _, _, _ in .null },
    "editor": { _, _, _ in .null },
    "createdAt": { context, node, _ in its(context, reviewComment: node) { .moment($0.createdAt) } },
    "updatedAt": { context, node, _ in its(context, reviewComment: node) { .moment($0.updatedAt) } },
    "pullRequest": { _, node, _ in
      guard case .reviewComment(let repository, let position, _) = node else { return .null }
      return .object(.item(repository, position))
    },
    "pullRequestReview": { context, node, _ in
      guard case .reviewComment(let repository, let position, let index) = node,
        let pull = context.world.repositories[repository].items[position].pull,
        let review = pull.reviews.firstIndex(where: { $0.id == pull.reviewComments[index].reviewID })
      else { return .null }
      return .object(.review(repository, position, review))
    },
    "replyTo": { context, node, _ in
      guard case .reviewComment(let repository, let position, let index) = node,
        let pull = context.world.repositories[repository].items[position].pull,
        let root = pull.reviewComments.firstIndex(where: { $0.id == pull.reviewComments[index].replyTo })
      else { return .null }
      return .object(.reviewComment(repository, position, root))
    },
  ]

  static let thread: [String: GraphQLResolver] = [
    "id": { context, node, _ in
      guard case .thread(let repository, let position, let places) = node,
        let pull = context.world.repositories[repository].items[position].pull
      else { return .null }
      let model = context.world.repositories[repository]
      return .text(NodeID.thread(model.id, model.items[position].number, pull.reviewComments[places[0]].id))
    },
    "path": { context, node, _ in
      guard case .thread(let repository, let position, let places) = node,
        let pull = context.world.repositories[repository].items[position].pull
      else { return .null }
      return .text(pull.reviewComments[places[0]].path)
    },
    "isResolved": { _, _, _ in .flag(false) },
    "comments": { context, node, arguments in
      guard case .thread(let repository, let position, let places) = node,
        let pull = context.world.repositories[repository].items[position].pull
      else { return .null }
      return reviewComments(places, pull, repository, position, arguments)
    },
  ]

  private static func its(
    _ context: GraphQLContext, file node: GraphQLNode, _ value: (RepositoryModel.File) -> GraphQLResult
  ) -> GraphQLResult {
    guard case .file(let repository, let position, let index) = node,
      let pull = context.world.repositories[repository].items[position].pull
    else { return .null }
    return value(pull.files[index])
  }

  static let file: [String: GraphQLResolver] = [
    "path": { context, node, _ in its(context, file: node) { .text($0.path) } },
    "additions": { context, node, _ in its(context, file: node) { .integer($0.additions) } },
    "deletions": { context, node, _ in its(context, file: node) { .integer($0.deletions) } },
    "changeType": { context, node, _ in its(context, file: node) { .text($0.change.rawValue) } },
  ]
}
