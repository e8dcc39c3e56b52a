/// Event files as Actions writes them to `GITHUB_EVENT_PATH`.
struct EventPayload {
  let rendering: RESTRendering
  let model: RepositoryModel

  /// `issues` with the action `opened`, or `issue_comment` with `created` where a comment is named.
  func issue(_ number: Int, comment id: Int64?, sender: RepositoryModel.Account) -> [UInt8]? {
    guard let item = model[number] else { return nil }
    var writer = JSONWriter(capacity: 16_384)
    writer.raw("{")
    writer.member("action", id == nil ? "opened" : "created")
    writer.key("issue")
    rendering.issue(item, of: model, &writer)
    if let id {
      guard let comment = item.comments.first(where: { $0.id == id }) else { return nil }
      writer.key("comment")
      rendering.comment(comment, on: item, of: model, &writer)
    }
    writer.key("repository")
    rendering.repository(model, permission: nil, &writer)
    writer.key("sender")
    rendering.user(sender, &writer)
    writer.raw("}")
    return writer.bytes
  }

  /// `pull_request` with that action.
  func pullRequest(_ number: Int, action: String, sender: RepositoryModel.Account) -> [UInt8]? {
    guard let item = model[number], let pull = item.pull else { return nil }
    var writer = JSONWriter(capacity: 32_768)
    writer.raw("{")
    writer.member("action", action)
    writer.member("number", number)
    writer.key("pull_request")
    rendering.pull(item, pull, of: model, isWhole: true, &writer)
    writer.key("repository")
    rendering.repository(model, permission: nil, &writer)
    writer.key("sender")
    rendering.user(sender, &writer)
    writer.raw("}")
    return writer.bytes
  }
}
