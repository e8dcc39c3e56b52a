/// What an undo restores of an item: everything that effects write.
public struct ItemState: Hashable, Sendable, Codable {
  public var labels: [String]
  public var assignees: [String]
  public var isOpen: Bool
  /// `completed`, `not_planned`, `duplicate`, `reopened`, or nil.
  public var stateReason: String?
  public var title: String
  /// The milestone's title.
  public var milestone: String?
  public var isLocked: Bool
  public var lockReason: String?

  public init(
    labels: [String] = [], assignees: [String] = [], isOpen: Bool = true, stateReason: String? = nil,
    title: String = "",
    milestone: String? = nil, isLocked: Bool = false, lockReason: String? = nil
  ) {
    self.labels = labels
    self.assignees = assignees
    self.isOpen = isOpen
    self.stateReason = stateReason
    self.title = title
    self.milestone = milestone
    self.isLocked = isLocked
    self.lockReason = lockReason
  }

  /// The value of one facet, in the same words as ``Effect/written``.
  public func value(of facet: Facet) -> JSONValue {
    switch facet {
    case .label(let name): .bool(labels.contains { $0.lowercased() == name })
    case .assignee(let login): .bool(assignees.contains { $0.lowercased() == login })
    case .state: .string(isOpen ? "open" : stateReason ?? "closed")
    case .title: .string(title)
    case .milestone: milestone.map(JSONValue.string) ?? .null
    case .lock: .string(isLocked ? lockReason ?? "locked" : "unlocked")
    }
  }

  /// The part that an effect writes, as it stands in `actions.before_state` and in the audit log.
  public func shown(for effect: Effect) -> JSONValue {
    func names(_ names: [String]) -> JSONValue { .array(names.map(JSONValue.string)) }
    func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
    switch effect {
    case .addLabels, .removeLabel: return ["labels": names(labels)]
    case .assign, .unassign: return ["assignees": names(assignees)]
    case .close, .reopen: return ["state": .string(isOpen ? "open" : "closed"), "state_reason": text(stateReason)]
    case .lock, .unlock: return ["locked": .bool(isLocked), "active_lock_reason": text(lockReason)]
    case .setTitle: return ["title": .string(title)]
    case .setMilestone: return ["milestone": text(milestone)]
    case .comment, .stickyComment, .react, .dispatch, .deleteComment, .removeReaction, .nothing: return .null
    }
  }

  /// Whether the item is as the effect would leave it: then nothing needs to be sent.
  public func shows(_ effect: Effect) -> Bool {
    let written = effect.written
    return !written.isEmpty && written.allSatisfy { value(of: $0) == $1 }
  }
}

extension Issue {
  public var state: ItemState {
    ItemState(
      labels: labels, assignees: assignees, isOpen: isOpen, stateReason: stateReason, title: title,
      milestone: milestone,
      isLocked: isLocked, lockReason: lockReason)
  }
}
