/// The mutations that are served; each is idempotent, and recorded like a REST write.
extension GraphQLResolvers {
  static let mutation: [String: GraphQLResolver] = [
    "minimizeComment": { context, _, arguments in
      minimize(context, arguments, type: "MinimizeCommentPayload") { $0["classifier"]?.string }
    },
    "unminimizeComment": { context, _, arguments in
      minimize(context, arguments, type: "UnminimizeCommentPayload") { _ in nil }
    },
  ]

  private static func minimize(
    _ context: GraphQLContext, _ arguments: GraphQLArguments, type: String, reason: (JSONNode) -> String?
  ) -> GraphQLResult {
    guard context.mayWrite else {
      return .missing(type: "FORBIDDEN", message: "Resource not accessible by integration")
    }
    let input = arguments.values["input"] ?? .null
    let id = input["subjectId"]?.string ?? ""
    guard let node = find(id, context.world), case .comment(let repository, let position, let place) = node else {
      return .missing(type: "NOT_FOUND", message: "Could not resolve to a node with the global id of '\(id)'")
    }
    let item = context.world.repositories[repository].items[position]
    let reason = reason(input)
    let hasEffect = item.comments[place].minimizedReason != reason
    _ = context.world.repositories[repository].update(item.number) { $0.comments[place].minimizedReason = reason }
    context.world.record(
      GitHubDouble.Mutation(
        kind: reason == nil ? "unminimize_comment" : "minimize_comment",
        repository: context.world.repositories[repository].fullName, number: item.number,
        detail: ["\(item.comments[place].id)"] + (reason.map { [$0] } ?? []), actor: context.account.login,
        hasEffect: hasEffect))
    return .object(.payload(type, node, clientMutationID: input["clientMutationId"]?.string))
  }

  /// - Parameter subject: the name of the field that holds the comment.
  static func payload(_ subject: String) -> [String: GraphQLResolver] {
    [
      subject: { _, node, _ in
        guard case .payload(_, let comment, _) = node else { return .null }
        return .optional(comment)
      },
      "clientMutationId": { _, node, _ in
        guard case .payload(_, _, let id?) = node else { return .null }
        return .text(id)
      },
    ]
  }
}
