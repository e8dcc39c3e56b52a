import Domain

/// What Yardmaster's transactions have written to a thread, facet by facet.
///
/// A facet's value is that of its last write that stands. Where a write found another value than the write before it had
/// left, somebody else had written in between: what it found is what lies under it from there on.
struct WriteHistory {
  /// One action's write to one facet.
  private struct Write {
    var action: ActionID
    var before: JSONValue
    var after: JSONValue
    var isLive: Bool
  }

  private var writes: [Facet: [Write]] = [:]
  private(set) var stickies: [String: [StickyWrite]] = [:]

  struct StickyWrite {
    var action: ActionID
    /// nil where there was no such comment.
    var before: String?
    var after: String
    var isLive: Bool
  }

  /// - Parameter actions: of one thread, in the order of their sequence; those that take others back are passed over, since
  ///   what they did shows in whether the others stand.
  init(_ actions: [RecordedAction]) {
    for recorded in actions where !recorded.isUndo {
      let action = recorded.action
      let decision = action.decision
      let written = decision.effect.written
      for (facet, wanted) in written {
        guard let before = facet.value(in: decision.before) else { continue }
        let after = facet.value(in: action.after) ?? wanted
        writes[facet, default: []].append(
          Write(action: action.id, before: before, after: after, isLive: recorded.isLive))
      }
      if case .stickyComment(let key, let body) = decision.effect {
        stickies[key, default: []].append(
          StickyWrite(
            action: action.id, before: decision.before["body"]?.string, after: body,
            isLive: recorded.isLive))
      }
    }
  }

  /// The facet's value, with some writes taken for the opposite of what they are; nil where nothing was written.
  func value(of facet: Facet, toggling toggled: Set<ActionID> = []) -> JSONValue? {
    guard let writes = writes[facet], let first = writes.first else { return nil }
    var value = first.before
    var left = first.before
    for write in writes {
      if write.before != left { value = write.before }
      if write.isLive != toggled.contains(write.action) { value = write.after }
      left = write.after
    }
    return value
  }

  /// What the sticky comment says, in the same way; an empty inner value where there is none.
  func body(ofSticky key: String, toggling toggled: Set<ActionID> = []) -> String? {
    guard let writes = stickies[key], let first = writes.first else { return nil }
    var body = first.before
    for write in writes where write.isLive != toggled.contains(write.action) { body = write.after }
    return body
  }
}

extension Facet {
  /// The facet's value in a part of an item's state, as `actions` keeps it; nil where it is not in it.
  func value(in shown: JSONValue) -> JSONValue? {
    func contains(_ key: String, _ name: String) -> JSONValue? {
      guard case .array(let names)? = shown[key] else { return nil }
      return .bool(names.contains { $0.string?.lowercased() == name })
    }
    switch self {
    case .label(let name): return contains("labels", name)
    case .assignee(let login): return contains("assignees", login)
    case .state:
      guard let state = shown["state"]?.string else { return nil }
      return .string(state == "open" ? "open" : shown["state_reason"]?.string ?? "closed")
    case .title: return shown["title"].flatMap { $0.string.map(JSONValue.string) }
    case .milestone: return shown["milestone"]
    case .lock:
      guard case .bool(let isLocked)? = shown["locked"] else { return nil }
      return .string(isLocked ? shown["active_lock_reason"]?.string ?? "locked" : "unlocked")
    }
  }
}
