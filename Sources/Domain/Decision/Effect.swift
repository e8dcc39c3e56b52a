/// A change to GitHub that a processor decided on. A value: it can be printed, stored, undone and replayed.
public enum Effect: Hashable, Sendable, Codable {
  /// One request however many labels.
  case addLabels([String])
  /// A label that is not there counts as removed.
  case removeLabel(String)
  /// `reason`: nil on pull requests, which are closed without one.
  case close(reason: CloseReason?)
  case reopen
  case assign([String])
  case unassign([String])
  case lock(reason: LockReason?)
  case unlock
  case setTitle(String)
  /// By the milestone's title, which people know; nil takes the item out of its milestone.
  case setMilestone(String?)
  /// `body` is Markdown that is safe to post: untrusted parts were escaped when the decision was made.
  case comment(body: String)
  /// The one comment of this key on the item: posted the first time, brought up to date after that.
  case stickyComment(key: String, body: String)
  case react(Reaction, to: ReactionTarget)
  case dispatch(WorkflowDispatch)
  /// Of an undo: a comment that Yardmaster posted; hidden where the token may not delete it.
  case deleteComment(id: Int64)
  /// Of an undo.
  case removeReaction(id: Int64, Reaction, from: ReactionTarget)
  /// Of an undo that has nothing to write: a later write of Yardmaster's own stands.
  case nothing

  public enum CloseReason: String, Hashable, Sendable, Codable, CaseIterable {
    case completed
    case notPlanned = "not_planned"
    case duplicate
  }

  /// Source: https://docs.github.com/en/rest/issues/issues#lock-an-issue
  public enum LockReason: String, Hashable, Sendable, Codable, CaseIterable {
    case offTopic = "off-topic"
    case tooHeated = "too heated"
    case resolved
    case spam
  }

  /// Source: https://docs.github.com/en/rest/reactions/reactions
  public enum Reaction: String, Hashable, Sendable, Codable {
    case eyes, rocket, confused
  }

  public enum ReactionTarget: Hashable, Sendable, Codable {
    case item
    case comment(id: Int64)
  }

  /// The word in `actions.kind`, in reports and in the audit log.
  public var kind: String {
    switch self {
    case .addLabels: "add_labels"
    case .removeLabel: "remove_label"
    case .close: "close"
    case .reopen: "reopen"
    case .assign: "assign"
    case .unassign: "unassign"
    case .lock: "lock"
    case .unlock: "unlock"
    case .setTitle: "set_title"
    case .setMilestone: "set_milestone"
    case .comment: "comment"
    case .stickyComment: "sticky_comment"
    case .react: "react"
    case .dispatch: "dispatch"
    case .deleteComment: "delete_comment"
    case .removeReaction: "remove_reaction"
    case .nothing: "nothing"
    }
  }

  /// What is promised of an effect whose answer was lost.
  public var guarantee: Guarantee {
    switch self {
    case .addLabels, .removeLabel, .close, .reopen, .assign, .unassign, .lock, .unlock, .setTitle, .setMilestone,
      .react,
      .deleteComment, .removeReaction, .nothing:
      .stateSetting
    case .comment, .stickyComment: .marked
    case .dispatch: .atMostOnce
    }
  }

  public enum Guarantee: Hashable, Sendable {
    /// Once more changes nothing: it is sent again unless GitHub shows it.
    case stateSetting
    /// Carries a marker: it is looked for before it is sent again.
    case marked
    /// Leaves nothing that could be looked for: it is not sent again.
    case atMostOnce
  }
}

/// A run of a workflow to be started.
/// Source: https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
public struct WorkflowDispatch: Hashable, Sendable, Codable {
  /// The file's name in `.github/workflows`.
  public var workflow: String
  /// A branch or tag; nil for the default branch.
  public var ref: String?
  /// At most 25, with at most 65,535 characters in all.
  public var inputs: [String: String]

  public init(workflow: String, ref: String? = nil, inputs: [String: String] = [:]) {
    self.workflow = workflow
    self.ref = ref
    self.inputs = inputs
  }
}
