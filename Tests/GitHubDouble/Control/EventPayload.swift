/// Event files as Actions writes them to `GITHUB_EVENT_PATH`.
/// Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads
struct EventPayload {
  let rendering: RESTRendering
  let model: RepositoryModel

  /// What events have beside the item.
  struct Details {
    var comment: RepositoryModel.Comment?
    /// Of `labeled` and `unlabeled`, by name.
    var label: String?
    var assignee: RepositoryModel.Account?
    var milestone: RepositoryModel.Milestone?
    /// Of `edited`: what the text was before.
    var title: String?
    var body: String?
    /// Whether the body is what was edited, and had none before.
    var editsBody = false

    init(comment: RepositoryModel.Comment? = nil) { self.comment = comment }

    /// `{"title": {"from": …}}`
    var changes: JSONNode {
      var members: [JSONNode.Member] = []
      if let title { members.append(.init("title", ["from": .string(title)])) }
      if editsBody { members.append(.init("body", ["from": .optional(body)])) }
      return .object(members)
    }
  }

  /// `issues`, or `issue_comment` where there is a comment.
  func issue(
    _ item: RepositoryModel.Item, action: String, _ details: Details, sender: RepositoryModel.Account
  ) -> [UInt8] {
    var writer = JSONWriter(capacity: 16_384)
    writer.raw("{")
    writer.member("action", action)
    writer.key("issue")
    rendering.issue(item, of: model, &writer)
    if let comment = details.comment {
      writer.key("comment")
      rendering.comment(comment, on: item, of: model, &writer)
    }
    end(action, details, sender, &writer)
    return writer.bytes
  }

  /// `pull_request`.
  func pullRequest(
    _ item: RepositoryModel.Item, action: String, _ details: Details, sender: RepositoryModel.Account
  ) -> [UInt8]? {
    guard let pull = item.pull else { return nil }
    var writer = JSONWriter(capacity: 32_768)
    writer.raw("{")
    writer.member("action", action)
    writer.member("number", item.number)
    writer.key("pull_request")
    rendering.pull(item, pull, of: model, isWhole: true, &writer)
    end(action, details, sender, &writer)
    return writer.bytes
  }

  private func end(
    _ action: String, _ details: Details, _ sender: RepositoryModel.Account, _ writer: inout JSONWriter
  ) {
    if let name = details.label {
      writer.key("label")
      let label = model.labels.first { $0.name == name } ?? RepositoryModel.Label(id: 0, name: name)
      rendering.label(label, of: model, &writer)
    }
    if let assignee = details.assignee {
      writer.key("assignee")
      rendering.user(assignee, &writer)
    }
    if let milestone = details.milestone {
      writer.key("milestone")
      rendering.milestone(milestone, of: model, &writer)
    }
    if action == "edited" {
      writer.key("changes")
      writer.write(details.changes)
    }
    writer.key("repository")
    rendering.repository(model, permission: nil, &writer)
    writer.key("sender")
    rendering.user(sender, &writer)
    writer.raw("}")
  }
}
