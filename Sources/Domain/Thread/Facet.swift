/// One thing about an item that has a value at any moment, and that one write sets: whose write came last decides.
///
/// Labels and assignees are facets one by one, so that two who change different labels do not meet.
public enum Facet: Hashable, Sendable {
  /// Whether the item has the label. The name in lower case: GitHub compares labels without regard to case.
  case label(String)
  /// Whether the login is assigned. In lower case.
  case assignee(String)
  /// Open, or closed for a reason.
  case state
  case title
  case milestone
  case lock

  /// `label:bug`, `state`: as it stands in `facets.facet`.
  public var text: String {
    switch self {
    case .label(let name): "label:\(name)"
    case .assignee(let login): "assignee:\(login)"
    case .state: "state"
    case .title: "title"
    case .milestone: "milestone"
    case .lock: "lock"
    }
  }

  public init?(text: String) {
    switch text {
    case "state": self = .state
    case "title": self = .title
    case "milestone": self = .milestone
    case "lock": self = .lock
    default:
      if text.hasPrefix("label:") {
        self = .label(String(text.dropFirst(6)))
      } else if text.hasPrefix("assignee:") {
        self = .assignee(String(text.dropFirst(9)))
      } else {
        return nil
      }
    }
  }

  public static func label(named name: String) -> Facet { .label(name.lowercased()) }
  public static func assignee(named login: String) -> Facet { .assignee(login.lowercased()) }
}

extension Effect {
  /// What the effect writes; empty for what only adds something to the thread, or is no part of it.
  public var facets: [Facet] {
    switch self {
    case .addLabels(let names): names.map(Facet.label(named:))
    case .removeLabel(let name): [.label(named: name)]
    case .assign(let logins), .unassign(let logins): logins.map(Facet.assignee(named:))
    case .close, .reopen: [.state]
    case .lock, .unlock: [.lock]
    case .setTitle: [.title]
    case .setMilestone: [.milestone]
    case .comment, .stickyComment, .react, .dispatch, .deleteComment, .removeReaction, .nothing: []
    }
  }

  /// The values that the effect gives to its facets.
  public var written: [Facet: JSONValue] {
    let value: JSONValue =
      switch self {
      case .addLabels, .assign: true
      case .removeLabel, .unassign: false
      case .close(let reason): .string(reason?.rawValue ?? "closed")
      case .reopen: "open"
      case .lock(let reason): .string(reason?.rawValue ?? "locked")
      case .unlock: "unlocked"
      case .setTitle(let title): .string(title)
      case .setMilestone(let milestone): milestone.map(JSONValue.string) ?? .null
      case .comment, .stickyComment, .react, .dispatch, .deleteComment, .removeReaction, .nothing: .null
      }
    return Dictionary(facets.map { ($0, value) }, uniquingKeysWith: { first, _ in first })
  }
}

extension Facet {
  /// The effect that gives the state, or the lock, a value of ``Effect/written``; nil for other facets.
  public func effect(writing value: JSONValue) -> Effect? {
    switch (self, value.string) {
    case (.state, "open"): .reopen
    case (.state, let word?): .close(reason: Effect.CloseReason(rawValue: word))
    case (.lock, "unlocked"): .unlock
    case (.lock, let word?): .lock(reason: Effect.LockReason(rawValue: word))
    default: nil
    }
  }
}

/// The last write to a facet that is known.
public struct FacetRecord: Hashable, Sendable, Codable {
  public var value: JSONValue
  public var standing: Standing

  public init(value: JSONValue, standing: Standing) {
    self.value = value
    self.standing = standing
  }
}
