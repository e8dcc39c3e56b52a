/// A change to GitHub that a processor decided on. A value: it can be printed, stored, undone and replayed.
public enum Effect: Hashable, Sendable, Codable {
  /// State-setting and idempotent; one request however many labels.
  case addLabels([String])
  /// State-setting and idempotent: a label that is not there counts as removed.
  case removeLabel(String)
  /// `reason`: nil on pull requests, which are closed without one.
  case close(reason: CloseReason?)
  case reopen
  case assign([String])
  /// Not idempotent: carries the action's marker so that an uncertain post is settled by looking for it.
  /// `body` is Markdown that is safe to post: untrusted parts were escaped when the decision was made.
  case comment(body: String)

  public enum CloseReason: String, Hashable, Sendable, Codable, CaseIterable {
    case completed
    case notPlanned = "not_planned"
    case duplicate
  }

  /// The word in `actions.kind`, in reports and in the audit log.
  public var kind: String {
    switch self {
    case .addLabels: "add_labels"
    case .removeLabel: "remove_label"
    case .close: "close"
    case .reopen: "reopen"
    case .assign: "assign"
    case .comment: "comment"
    }
  }
}

/// One effect on one item, and why.
public struct Decision: Hashable, Sendable {
  public var target: ItemReference
  public var effect: Effect
  public var reason: Reason
  /// Where set, the effect happens at most once for this key in the database, whichever event asks for it. It holds the
  /// item's id on GitHub, which survives renames and transfers of the repository.
  public var onceKey: String?
  /// What the effect changes, as the event's payload shows it; kept for undo.
  public var before: JSONValue

  public init(target: ItemReference, effect: Effect, reason: Reason, onceKey: String? = nil, before: JSONValue = .null)
  {
    self.target = target
    self.effect = effect
    self.reason = reason
    self.onceKey = onceKey
    self.before = before
  }
}

/// Why a decision was taken or not, in words for a maintainer. Holds untrusted text.
public struct Reason: Hashable, Sendable, Codable {
  /// `rule 'bug'` or `command /label`.
  public var origin: String
  /// `the title contains "crash"`, `@alice has write permission`.
  public var evidence: String

  public init(origin: String, evidence: String) {
    self.origin = origin
    self.evidence = evidence
  }
}

/// All that a processor concluded from one event; empty `decisions` with `notes` say why nothing is to be done.
public struct Deliberation: Hashable, Sendable {
  public var decisions: [Decision]
  /// What was looked at and led to nothing, and why: a refused command, a rule whose label is there already.
  public var notes: [Reason]

  public init(decisions: [Decision] = [], notes: [Reason] = []) {
    self.decisions = decisions
    self.notes = notes
  }
}
