extension GraphQLResolvers {
  static let query: [String: GraphQLResolver] = [
    "repository": { context, _, arguments in
      let (owner, name) = (arguments.string("owner") ?? "", arguments.string("name") ?? "")
      if let found = context.world.repository(owner, name),
        !found.wasRenamed || arguments.values["followRenames"]?.bool != false
      {
        return .object(.repository(found.index))
      }
      return .missing(
        type: "NOT_FOUND", message: "Could not resolve to a Repository with the name '\(owner)/\(name)'.")
    },
    "node": { context, _, arguments in
      let id = arguments.string("id") ?? ""
      if let node = find(id, context.world) { return .object(node) }
      return .missing(type: "NOT_FOUND", message: unresolved(id))
    },
    "nodes": { context, _, arguments in
      let ids = arguments.strings("ids") ?? []
      let nodes = ids.map { find($0, context.world) }
      return .partial(
        nodes,
        errors: nodes.indices.filter { nodes[$0] == nil }.map { ($0, "NOT_FOUND", unresolved(ids[$0])) })
    },
    "rateLimit": { _, _, _ in .object(.rateLimit) },
    "viewer": { context, _, _ in .object(.viewer(context.account)) },
  ]

  private static func unresolved(_ id: String) -> String {
    "Could not resolve to a node with the global id of '\(id)'"
  }

  static func find(_ id: String, _ world: World) -> GraphQLNode? {
    guard let (prefix, numbers) = NodeID.parts(id), let repository = world.repository(id: numbers[0]) else {
      return nil
    }
    if prefix == "R" { return .repository(repository) }
    guard numbers.count >= 2 else { return nil }
    let model = world.repositories[repository]
    if prefix == "LA" {
      return model.labels.first { $0.id == numbers[1] }.map { .label(repository, $0) }
    }
    guard let position = model.position(of: Int(numbers[1])) else { return nil }
    let item = model.items[position]
    switch (prefix, numbers.count) {
    case ("I", 2): return item.isPullRequest ? nil : .item(repository, position)
    case ("PR", 2): return item.isPullRequest ? .item(repository, position) : nil
    case ("IC", 3):
      return item.comments.firstIndex { $0.id == numbers[2] }.map { .comment(repository, position, $0) }
    case ("PRR", 3):
      return item.pull?.reviews.firstIndex { $0.id == numbers[2] }.map { .review(repository, position, $0) }
    case ("PRRC", 3):
      return item.pull?.reviewComments.firstIndex { $0.id == numbers[2] }
        .map { .reviewComment(repository, position, $0) }
    case ("PRRT", 3):
      return threads(item).first { item.pull?.reviewComments[$0[0]].id == numbers[2] }
        .map { .thread(repository, position, $0) }
    default: return nil
    }
  }

  static let repository: [String: GraphQLResolver] = [
    "id": { context, node, _ in model(context, node) { .text(NodeID.repository($0.id)) } },
    "databaseId": { context, node, _ in model(context, node) { databaseID($0.id) } },
    "name": { context, node, _ in model(context, node) { .text($0.name) } },
    "nameWithOwner": { context, node, _ in model(context, node) { .text($0.fullName) } },
    "url": { context, node, _ in model(context, node) { .text("https://github.com/\($0.fullName)") } },
    "isPrivate": { context, node, _ in model(context, node) { .flag($0.isPrivate) } },
    "isArchived": { _, _, _ in .flag(false) },
    "createdAt": { context, node, _ in model(context, node) { .moment($0.createdAt) } },
    "updatedAt": { context, node, _ in model(context, node) { .moment($0.createdAt) } },
    "hasDiscussionsEnabled": { context, node, _ in
      model(context, node) { .flag($0.gone.values.contains(.discussion)) }
    },
    "hasIssuesEnabled": { _, _, _ in .flag(true) },
    "defaultBranchRef": { context, node, _ in model(context, node) { .object(.reference($0.defaultBranch)) } },
    "pullRequest": { context, node, arguments in
      numbered(context, node, arguments, "a PullRequest") { $0.isPullRequest }
    },
    "issue": { context, node, arguments in numbered(context, node, arguments, "an Issue") { !$0.isPullRequest } },
    "issueOrPullRequest": { context, node, arguments in
      numbered(context, node, arguments, "an issue or pull request") { _ in true }
    },
    "discussion": { context, node, arguments in
      guard case .repository(let index) = node, let number = arguments.integer("number") else { return .null }
      if context.world.repositories[index].gone[number] == .discussion { return .object(.discussion(index, number)) }
      return .missing(
        type: "NOT_FOUND", message: "Could not resolve to a Discussion with the number of \(number).")
    },
    "discussions": { context, node, _ in
      model(context, node) { model in
        .object(
          .connection(
            GraphQLPage(
              type: "Discussion", nodes: [], keys: [], total: model.gone.values.count { $0 == .discussion },
              hasNext: false, hasPrevious: false)))
      }
    },
    "labels": { context, node, arguments in
      guard case .repository(let index) = node else { return .null }
      let labels = context.world.repositories[index].labels
      return GraphQLPage.of(
        "Label", count: labels.count, arguments: arguments, key: { GraphQLPageKey(value: Int64($0), id: 0) },
        node: { .label(index, labels[$0]) })
    },
    "milestone": { context, node, arguments in
      guard case .repository(let index) = node, let number = arguments.integer("number") else { return .null }
      guard let milestone = context.world.repositories[index].milestone(number) else {
        return .missing(
          type: "NOT_FOUND", message: "Could not resolve to a Milestone with the number of \(number).")
      }
      return .object(.milestone(index, milestone))
    },
    "milestones": { context, node, arguments in
      guard case .repository(let index) = node else { return .null }
      let states = arguments.strings("states")
      let milestones = context.world.repositories[index].milestones.filter {
        states?.contains($0.isClosed ? "CLOSED" : "OPEN") ?? true
      }
      return GraphQLPage.of(
        "Milestone", count: milestones.count, arguments: arguments,
        key: { GraphQLPageKey(value: Int64(milestones[$0].number), id: 0) },
        node: { .milestone(index, milestones[$0]) })
    },
    "pullRequests": { context, node, arguments in
      items(context, node, arguments, type: "PullRequest") { item in
        guard let pull = item.pull else { return false }
        if let base = arguments.string("baseRefName"), base != pull.baseRef { return false }
        if let head = arguments.string("headRefName"), head != pull.headRef { return false }
        let state = pull.mergedAt != nil ? "MERGED" : item.isClosed ? "CLOSED" : "OPEN"
        return arguments.strings("states")?.contains(state) ?? true
      }
    },
    "issues": { context, node, arguments in
      let filter = arguments.values["filterBy"]
      let since = filter?["since"]?.string.flatMap { Moment.parse($0) }
      let states = arguments.strings("states") ?? filter?["states"]?.array?.compactMap(\.string)
      let labels = filter?["labels"]?.array?.compactMap(\.string)
      return items(context, node, arguments, type: "Issue") { item in
        if item.isPullRequest { return false }
        if let since, item.updatedAt < since { return false }
        if let labels, item.labels.allSatisfy({ !labels.contains($0) }) { return false }
        return states?.contains(item.isClosed ? "CLOSED" : "OPEN") ?? true
      }
    },
  ]

  private static func model(
    _ context: GraphQLContext, _ node: GraphQLNode, _ value: (RepositoryModel) -> GraphQLResult
  ) -> GraphQLResult {
    guard case .repository(let index) = node else { return .null }
    return value(context.world.repositories[index])
  }

  private static func numbered(
    _ context: GraphQLContext, _ node: GraphQLNode, _ arguments: GraphQLArguments, _ what: String,
    _ fits: (RepositoryModel.Item) -> Bool
  ) -> GraphQLResult {
    guard case .repository(let index) = node, let number = arguments.integer("number") else { return .null }
    if let position = context.world.repositories[index].position(of: number),
      fits(context.world.repositories[index].items[position])
    {
      return .object(.item(index, position))
    }
    return .missing(type: "NOT_FOUND", message: "Could not resolve to \(what) with the number of \(number).")
  }

  private static func items(
    _ context: GraphQLContext, _ node: GraphQLNode, _ arguments: GraphQLArguments, type: String,
    where fits: (RepositoryModel.Item) -> Bool
  ) -> GraphQLResult {
    guard case .repository(let index) = node else { return .null }
    let world = context.world
    let wanted = arguments.values["orderBy"]
    let key: World.OrderKey =
      switch wanted?["field"]?.string {
      case "UPDATED_AT": .updated
      case "COMMENTS": .comments
      default: .created
      }
    let descending = wanted?["direction"]?.string == "DESC"
    let labels = arguments.strings("labels").map { $0.map { $0.lowercased() } }
    let filters = ["states", "labels", "filterBy", "baseRefName", "headRefName"]
      .map { arguments.values[$0]?.text ?? "" }.joined(separator: "|")
    let order = world.order(index, key, descending: descending, name: "\(type) \(filters)") { item in
      if let labels, item.labels.allSatisfy({ !labels.contains($0.lowercased()) }) { return false }
      return fits(item)
    }
    return GraphQLPage.of(
      type, count: order.count, arguments: arguments, descending: descending,
      key: { GraphQLPageKey(value: world.key(index, order[$0], key), id: Int64(order[$0])) },
      node: { .item(index, order[$0]) })
  }
}
