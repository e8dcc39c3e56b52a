extension GitHubDouble {
  /// What a person does on GitHub's pages.
  public enum PersonsAct: Hashable, Sendable {
    case label(String)
    case unlabel(String)
    case assign(String)
    case unassign(String)
    /// By title; made where there is none of that title. nil takes the item out of its milestone.
    case milestone(String?)
    case title(String)
    case body(String)
    case close(reason: String? = nil)
    case reopen
    case lock(reason: String? = nil)
    case unlock
    case comment(String)
    case editComment(Int64, String)
    case deleteComment(Int64)
  }

  /// An event on its way to a workflow.
  public struct Delivery: Hashable, Sendable {
    /// `issues`, `pull_request` or `issue_comment`.
    public var event: String
    public var action: String
    public var payload: [UInt8]
    /// Of `issue_comment`.
    public var commentID: Int64?

    var json: JSONNode {
      [
        "event": .string(event), "action": .string(action),
        "comment_id": commentID.map { .integer($0) } ?? .null, "payload": JSONNode(bytes: payload) ?? .null,
      ]
    }
  }
}

typealias PersonsAct = GitHubDouble.PersonsAct

extension PersonsAct {
  /// Reads `{"act": "label", "value": "bug"}`: `value` is the label, login, title, text or reason; `comment` an id.
  init?(_ document: JSONNode) {
    let value = document["value"]?.string
    let comment = document["comment"]?.integer.map { Int64($0) }
    switch (document["act"]?.string, value, comment) {
    case ("label", let value?, _): self = .label(value)
    case ("unlabel", let value?, _): self = .unlabel(value)
    case ("assign", let value?, _): self = .assign(value)
    case ("unassign", let value?, _): self = .unassign(value)
    case ("milestone", let value, _): self = .milestone(value)
    case ("title", let value?, _): self = .title(value)
    case ("body", let value?, _): self = .body(value)
    case ("close", let value, _): self = .close(reason: value)
    case ("reopen", _, _): self = .reopen
    case ("lock", let value, _): self = .lock(reason: value)
    case ("unlock", _, _): self = .unlock
    case ("comment", let value?, _): self = .comment(value)
    case ("edit_comment", let value?, let comment?): self = .editComment(comment, value)
    case ("delete_comment", _, let comment?): self = .deleteComment(comment)
    default: return nil
    }
  }
}

extension Service {
  /// nil where there is nothing to change.
  func act(
    as login: String, on number: Int, _ act: PersonsAct, repository index: Int
  ) -> GitHubDouble.Delivery? {
    let actor = world.repositories[index].account(login)
    guard let before = world.repositories[index][number] else { return nil }
    var details = EventPayload.Details()
    guard let action = perform(act, on: before, by: actor, repository: index, &details) else { return nil }
    world.touch()
    guard let item = world.repositories[index][number] else { return nil }
    let payloads = EventPayload(rendering: RESTRendering(world: world, base: base), model: world.repositories[index])
    let isPull = item.isPullRequest && details.comment == nil
    let payload =
      isPull
      ? payloads.pullRequest(item, action: action, details, sender: actor)
      : payloads.issue(item, action: action, details, sender: actor)
    return GitHubDouble.Delivery(
      event: details.comment != nil ? "issue_comment" : isPull ? "pull_request" : "issues", action: action,
      payload: payload ?? [], commentID: details.comment?.id)
  }

  /// Makes the change and fills in what its event tells; the event's action, or nil where nothing changed.
  private func perform(
    _ act: PersonsAct, on item: RepositoryModel.Item, by actor: RepositoryModel.Account, repository index: Int,
    _ details: inout EventPayload.Details
  ) -> String? {
    func apply(_ change: RepositoryModel.ItemChange, _ action: String) -> String? {
      world.repositories[index].apply(change, to: item.number, by: actor, at: world.now) ? action : nil
    }
    switch act {
    case .label(let name):
      details.label = world.repositories[index].label(named: name).name
      return apply(.addLabel(name), "labeled")
    case .unlabel(let name):
      details.label = world.repositories[index].label(named: name).name
      return apply(.removeLabel(name), "unlabeled")
    case .assign(let login):
      let account = world.repositories[index].account(login)
      details.assignee = account
      return apply(.assign(account), "assigned")
    case .unassign(let login):
      let account = world.repositories[index].account(login)
      details.assignee = account
      return apply(.unassign(account), "unassigned")
    case .milestone(let title):
      let milestone = title.map { world.repositories[index].milestone(titled: $0) }
      details.milestone = milestone ?? world.repositories[index].milestone(item.milestone)
      return apply(.milestone(milestone?.number), milestone == nil ? "demilestoned" : "milestoned")
    case .title(let title):
      details.title = item.title
      return apply(.title(title), "edited")
    case .body(let body):
      details.body = item.body
      details.editsBody = true
      return apply(.body(body), "edited")
    case .close(let reason): return apply(.close(reason: reason), "closed")
    case .reopen: return apply(.reopen, "reopened")
    case .lock(let reason): return apply(.lock(reason: reason), "locked")
    case .unlock: return apply(.unlock, "unlocked")
    case .comment(let body):
      let id = world.repositories[index].addComment(on: item.number, body: body, author: actor, at: world.now)
      details.comment = comment(id, on: item.number, of: index)
      return "created"
    case .editComment(let id, let body):
      details.body = comment(id, on: item.number, of: index)?.body
      details.editsBody = true
      guard world.editComment(id, on: item.number, of: index, body: body, by: actor) else { return nil }
      details.comment = comment(id, on: item.number, of: index)
      return "edited"
    case .deleteComment(let id):
      details.comment = comment(id, on: item.number, of: index)
      guard details.comment != nil else { return nil }
      world.change(index, item.number) { item in item.comments.removeAll { $0.id == id } }
      return "deleted"
    }
  }

  private func comment(_ id: Int64, on number: Int, of index: Int) -> RepositoryModel.Comment? {
    world.repositories[index][number]?.comments.first { $0.id == id }
  }
}
