/// Milestones, reactions and timelines in the shapes of GitHub's REST API.
extension RESTRendering {
  private func api(_ model: RepositoryModel) -> String { "\(base)/repos/\(model.fullName)" }

  func milestone(_ milestone: RepositoryModel.Milestone?, of model: RepositoryModel, _ writer: inout JSONWriter) {
    guard let milestone else { return writer.raw("null") }
    let url = "\(api(model))/milestones/\(milestone.number)"
    let items = model.items.filter { $0.milestone == milestone.number }
    writer.raw("{")
    writer.member("url", url)
    writer.member("html_url", "\(Self.web)/\(model.fullName)/milestone/\(milestone.number)")
    writer.member("labels_url", url + "/labels")
    writer.member("id", milestone.id)
    writer.member("node_id", NodeID.milestone(model.id, milestone.id))
    writer.member("number", milestone.number)
    writer.member("title", milestone.title)
    writer.member("description", milestone.description)
    writer.key("creator")
    user(model.owner, &writer)
    writer.member("open_issues", items.count { !$0.isClosed })
    writer.member("closed_issues", items.count { $0.isClosed })
    writer.member("state", milestone.isClosed ? "closed" : "open")
    writer.member("created_at", moment: milestone.createdAt)
    writer.member("updated_at", moment: milestone.createdAt)
    writer.member("due_on", nil as String?)
    writer.member("closed_at", moment: milestone.isClosed ? milestone.createdAt : nil)
    writer.raw("}")
  }

  func reaction(_ reaction: RepositoryModel.Reaction, of model: RepositoryModel, _ writer: inout JSONWriter) {
    writer.raw("{")
    writer.member("id", reaction.id)
    writer.member("node_id", "REA_kwDO\(model.id)_\(reaction.id)")
    writer.key("user")
    user(reaction.user, &writer)
    writer.member("content", reaction.content)
    writer.member("created_at", moment: reaction.createdAt)
    writer.raw("}")
  }

  /// One place of `GET …/issues/N/timeline`.
  /// Source: https://docs.github.com/en/rest/using-the-rest-api/issue-event-types
  func entry(
    _ entry: RepositoryModel.Item.Entry, on item: RepositoryModel.Item, of model: RepositoryModel,
    _ writer: inout JSONWriter
  ) {
    switch entry {
    case .comment(let place, _, _):
      comment(item.comments[place], on: item, of: model, isTimeline: true, &writer)
    case .event(let event): self.event(event, of: model, &writer)
    }
  }

  private func event(
    _ event: RepositoryModel.TimelineEvent, of model: RepositoryModel, _ writer: inout JSONWriter
  ) {
    writer.raw("{")
    writer.member("id", event.id)
    writer.member("node_id", NodeID.event(model.id, event))
    writer.member("url", "\(api(model))/issues/events/\(event.id)")
    writer.key("actor")
    user(event.actor, &writer)
    writer.member("event", event.kind.restName)
    writer.member("commit_id", nil as String?)
    writer.member("commit_url", nil as String?)
    writer.member("created_at", moment: event.createdAt)
    switch event.kind {
    case .labeled(let name), .unlabeled(let name):
      let label = model.labels.first { $0.name == name }
      writer.key("label")
      writer.write(["name": .string(name), "color": .string(label?.color ?? "ededed")])
    case .assigned(let account), .unassigned(let account):
      writer.key("assignee")
      user(account, &writer)
    case .milestoned(let title), .demilestoned(let title):
      writer.key("milestone")
      writer.write(["title": .string(title)])
    case .renamed(let from, let to):
      writer.key("rename")
      writer.write(["from": .string(from), "to": .string(to)])
    case .closed(let reason): writer.member("state_reason", reason)
    case .locked(let reason): writer.member("lock_reason", reason)
    case .reopened, .unlocked: break
    }
    writer.member("performed_via_github_app", nil as String?)
    writer.raw("}")
  }
}

extension RepositoryModel.TimelineEvent.Kind {
  /// `event` in REST, and the action of the `issues` event that comes with it, but for `renamed`.
  var restName: String {
    switch self {
    case .labeled: "labeled"
    case .unlabeled: "unlabeled"
    case .assigned: "assigned"
    case .unassigned: "unassigned"
    case .milestoned: "milestoned"
    case .demilestoned: "demilestoned"
    case .renamed: "renamed"
    case .closed: "closed"
    case .reopened: "reopened"
    case .locked: "locked"
    case .unlocked: "unlocked"
    }
  }

  /// The type in GraphQL.
  var typeName: String {
    switch self {
    case .renamed: "RenamedTitleEvent"
    default: restName.prefix(1).uppercased() + restName.dropFirst() + "Event"
    }
  }

  /// `LABELED_EVENT`, as `itemTypes` names it.
  var itemType: String {
    switch self {
    case .renamed: "RENAMED_TITLE_EVENT"
    default: restName.uppercased() + "_EVENT"
    }
  }
}
