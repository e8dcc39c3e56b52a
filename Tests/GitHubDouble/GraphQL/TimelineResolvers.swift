/// What happened to an item, and what it is in.
extension GraphQLResolvers {
  /// `timelineItems` of `Issue` or `PullRequest`.
  static func timeline(_ type: String) -> [String: GraphQLResolver] {
    [
      "timelineItems": { context, node, arguments in
        guard case .item(let repository, let position) = node else { return .null }
        let item = context.world.repositories[repository].items[position]
        let wanted = arguments.strings("itemTypes")
        let since = arguments.string("since").flatMap { Moment.parse($0) } ?? .min
        let entries = item.story.filter { entry in
          entry.createdAt >= since && wanted?.contains(entry.itemType) ?? true
        }
        let skipped = Array(entries.dropFirst(arguments.integer("skip") ?? 0))
        return GraphQLPage.of(
          type + "TimelineItems", count: skipped.count, arguments: arguments,
          key: { GraphQLPageKey(value: skipped[$0].createdAt, id: skipped[$0].id) },
          node: { place in
            switch skipped[place] {
            case .event(let event): .event(repository, position, event)
            case .comment(let index, _, _): .comment(repository, position, index)
            }
          })
      }
    ]
  }

  private typealias Event = RepositoryModel.TimelineEvent

  private static func its(_ node: GraphQLNode, _ value: (Event) -> GraphQLResult) -> GraphQLResult {
    if case .event(_, _, let event) = node { value(event) } else { .null }
  }

  private static func detail(
    _ value: @escaping @Sendable (RepositoryModel.TimelineEvent.Kind) -> GraphQLResult
  ) -> GraphQLResolver {
    { _, node, _ in its(node) { value($0.kind) } }
  }

  /// The events' types.
  static let events: [String: [String: GraphQLResolver]] = {
    let common: [String: GraphQLResolver] = [
      "id": { context, node, _ in
        guard case .event(let repository, _, let event) = node else { return .null }
        return .text(NodeID.event(context.world.repositories[repository].id, event))
      },
      "actor": { _, node, _ in its(node) { author($0.actor) } },
      "createdAt": { _, node, _ in its(node) { .moment($0.createdAt) } },
    ]
    let label: GraphQLResolver = { context, node, _ in
      guard case .event(let repository, _, let event) = node else { return .null }
      guard case .labeled(let name) = event.kind else {
        guard case .unlabeled(let name) = event.kind else { return .null }
        return labelNode(name, repository, context)
      }
      return labelNode(name, repository, context)
    }
    let assignee = detail { kind in
      switch kind {
      case .assigned(let account), .unassigned(let account): .object(.account(account))
      default: .null
      }
    }
    let milestone = detail { kind in
      switch kind {
      case .milestoned(let title), .demilestoned(let title): .text(title)
      default: .null
      }
    }
    let closer: GraphQLResolver = { context, node, _ in
      guard case .event(let repository, let position, _) = node,
        let commit = context.world.repositories[repository].items[position].closingCommit
      else { return .null }
      return .object(.commit(repository, commit))
    }
    let own: [String: [String: GraphQLResolver]] = [
      "LabeledEvent": ["label": label], "UnlabeledEvent": ["label": label], "AssignedEvent": ["assignee": assignee],
      "UnassignedEvent": ["assignee": assignee], "MilestonedEvent": ["milestoneTitle": milestone],
      "DemilestonedEvent": ["milestoneTitle": milestone],
      "RenamedTitleEvent": [
        "previousTitle": detail { if case .renamed(let from, _) = $0 { .text(from) } else { .null } },
        "currentTitle": detail { if case .renamed(_, let to) = $0 { .text(to) } else { .null } },
      ],
      "ClosedEvent": [
        "closer": closer,
        "stateReason": detail { kind in
          if case .closed(let reason?) = kind { .text(reason.uppercased()) } else { .null }
        },
      ],
      "ReopenedEvent": ["stateReason": { _, _, _ in .text("REOPENED") }],
      "LockedEvent": [
        "lockReason": detail { if case .locked(let reason) = $0 { lockReason(reason) } else { .null } }
      ],
      "UnlockedEvent": [:], "ReadyForReviewEvent": [:], "ConvertToDraftEvent": [:],
    ]
    return own.mapValues { common.merging($0) { $1 } }
  }()

  private static func labelNode(_ name: String, _ repository: Int, _ context: GraphQLContext) -> GraphQLResult {
    let known = context.world.repositories[repository].labels.first { $0.name == name }
    return .object(.label(repository, known ?? RepositoryModel.Label(id: 0, name: name)))
  }

  static func lockReason(_ reason: String?) -> GraphQLResult {
    reason.map { .text(String($0.uppercased().map { $0.isLetter ? $0 : "_" })) } ?? .null
  }

  static func association(_ account: RepositoryModel.Account?, _ model: RepositoryModel) -> GraphQLResult {
    .text(RESTRendering.association(account, model))
  }

  static let milestone: [String: GraphQLResolver] = [
    "id": { context, node, _ in
      guard case .milestone(let repository, let milestone) = node else { return .null }
      return .text(NodeID.milestone(context.world.repositories[repository].id, milestone.id))
    },
    "number": { _, node, _ in its(milestone: node) { .integer($0.number) } },
    "title": { _, node, _ in its(milestone: node) { .text($0.title) } },
    "description": { _, node, _ in its(milestone: node) { $0.description.map { .text($0) } ?? .null } },
    "state": { _, node, _ in its(milestone: node) { .text($0.isClosed ? "CLOSED" : "OPEN") } },
    "closed": { _, node, _ in its(milestone: node) { .flag($0.isClosed) } },
    "createdAt": { _, node, _ in its(milestone: node) { .moment($0.createdAt) } },
    "dueOn": { _, _, _ in .null },
  ]

  private static func its(
    milestone node: GraphQLNode, _ value: (RepositoryModel.Milestone) -> GraphQLResult
  ) -> GraphQLResult {
    if case .milestone(_, let milestone) = node { value(milestone) } else { .null }
  }
}

extension RepositoryModel.Item.Entry {
  /// As `itemTypes` names it.
  var itemType: String {
    switch self {
    case .event(let event): event.kind.itemType
    case .comment: "ISSUE_COMMENT"
    }
  }
}
