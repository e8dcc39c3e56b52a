/// What an item has to look like just before one write of a rollback. It is the write's `before`, so it survives a kill, and
/// tells a rollback's writes from others.
public struct RollbackExpectation: Hashable, Sendable {
  /// nil for an effect on a comment, and for a forced rollback, which overwrites whatever it finds.
  public var state: ItemState?
  /// What the comment says that is to be removed or changed.
  public var commentBody: String?

  public init(state: ItemState? = nil, commentBody: String? = nil) {
    self.state = state
    self.commentBody = commentBody
  }

  private static let key = "expected"

  /// nil where the document holds none: of what is no part of a rollback.
  public init?(_ before: JSONValue) {
    guard let expected = before[Self.key] else { return nil }
    commentBody = expected["body"]?.string
    state = expected["state"].flatMap(ItemState.init(json:))
  }

  /// `before` of a rollback's decision: the part that it overwrites, and the whole that it expects.
  public func before(of effect: Effect, _ shown: ItemState) -> JSONValue {
    var members: [String: JSONValue] = [:]
    if case .object(let part) = shown.shown(for: effect) { members = part }
    var expected: [String: JSONValue] = [:]
    if let state { expected["state"] = state.json }
    if let commentBody { expected["body"] = .string(commentBody) }
    members[Self.key] = .object(expected)
    return .object(members)
  }
}

extension ItemState {
  public var json: JSONValue {
    func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
    return [
      "labels": .array(labels.map(JSONValue.string)), "assignees": .array(assignees.map(JSONValue.string)),
      "open": .bool(isOpen), "state_reason": text(stateReason), "title": .string(title), "milestone": text(milestone),
      "locked": .bool(isLocked), "active_lock_reason": text(lockReason),
    ]
  }

  public init?(json: JSONValue) {
    guard case .array(let labels)? = json["labels"], case .array(let assignees)? = json["assignees"],
      case .bool(let isOpen)? = json["open"], case .bool(let isLocked)? = json["locked"],
      let title = json["title"]?.string
    else { return nil }
    self.init(
      labels: labels.compactMap(\.string), assignees: assignees.compactMap(\.string), isOpen: isOpen,
      stateReason: json["state_reason"]?.string, title: title, milestone: json["milestone"]?.string,
      isLocked: isLocked, lockReason: json["active_lock_reason"]?.string)
  }

  /// The state after the effect.
  public func applying(_ effect: Effect) -> ItemState {
    var state = self
    func without(_ list: [String], _ names: [String]) -> [String] {
      let gone = Set(names.map { $0.lowercased() })
      return list.filter { !gone.contains($0.lowercased()) }
    }
    func with(_ list: [String], _ names: [String]) -> [String] { list + without(names, list) }
    switch effect {
    case .addLabels(let names): state.labels = with(labels, names)
    case .removeLabel(let name): state.labels = without(labels, [name])
    case .assign(let logins): state.assignees = with(assignees, logins)
    case .unassign(let logins): state.assignees = without(assignees, logins)
    case .close(let reason):
      state.isOpen = false
      state.stateReason = reason?.rawValue
    case .reopen:
      state.isOpen = true
      state.stateReason = "reopened"
    case .lock(let reason):
      state.isLocked = true
      state.lockReason = reason?.rawValue
    case .unlock:
      state.isLocked = false
      state.lockReason = nil
    case .setTitle(let title): state.title = title
    case .setMilestone(let title): state.milestone = title
    case .comment, .stickyComment, .react, .dispatch, .deleteComment, .removeReaction, .nothing: break
    }
    return state
  }

  /// Names of what is another way in `other`, for a maintainer.
  public func differences(to other: ItemState) -> [String] {
    var names: [String] = []
    func folded(_ list: [String]) -> Set<String> { Set(list.map { $0.lowercased() }) }
    if folded(labels) != folded(other.labels) { names.append("the labels") }
    if folded(assignees) != folded(other.assignees) { names.append("the assignees") }
    let facets = [
      (Facet.state, "the state"), (.title, "the title"), (.milestone, "the milestone"), (.lock, "the lock"),
    ]
    for (facet, name) in facets where value(of: facet) != other.value(of: facet) { names.append(name) }
    return names
  }
}
