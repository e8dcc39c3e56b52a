/// A decision that became a row: the intent before the effect, and its outcome after.
public struct Action: Hashable, Sendable {
  public var id: ActionID
  public var decision: Decision
  public var status: Status
  /// What the effect left behind, as GitHub answered it.
  public var after: JSONValue
  /// When the intent was recorded, by the database's clock.
  public var intendedAt: Timestamp?
  /// Seconds since its request was last about to be sent, when the row was read; nil where it never was.
  public var begunAgo: Double?
  /// Of one that is settled: see ``ActionOutcome/explanation``.
  public var explanation: String?
  /// Of one that is settled: see ``ActionOutcome/isSlip``.
  public var isSlip: Bool

  public init(
    id: ActionID, decision: Decision, status: Status, after: JSONValue = .null, intendedAt: Timestamp? = nil,
    begunAgo: Double? = nil, explanation: String? = nil, isSlip: Bool = false
  ) {
    self.id = id
    self.decision = decision
    self.status = status
    self.after = after
    self.intendedAt = intendedAt
    self.begunAgo = begunAgo
    self.explanation = explanation
    self.isSlip = isSlip
  }

  /// Whether it was decided on and not carried out. One that may have been sent is left to whoever finds out what became
  /// of it.
  public var isUnfinished: Bool { status == .failed || status == .intended && begunAgo == nil }

  /// `actions.status`.
  public enum Status: String, Hashable, Sendable, Codable {
    /// The row is there; the effect may or may not have been sent.
    case intended
    case done
    /// Nothing was sent: a dry run, or GitHub showed the wanted state, or the once-key was taken.
    case skipped
    /// A request that is not idempotent was cut off; to be settled by looking.
    case uncertain
    case failed
    case rolledBack = "rolled_back"
  }
}

/// How one attempt to carry out an action ended.
public struct ActionOutcome: Hashable, Sendable {
  public var status: Action.Status
  public var after: JSONValue
  /// What was there before, where the executor looked; else what the decision says stands.
  public var before: JSONValue
  /// One line for the reader where the status is not `done`.
  public var explanation: String?
  /// Whether nothing was sent because GitHub showed the wanted value.
  public var isShown: Bool
  /// Whether the explanation is for whoever asked for it: nothing, or not all, came of it, and no run is at fault.
  public var isSlip: Bool
  /// Under which login GitHub says that it was written.
  public var writtenAs: String?

  public init(
    status: Action.Status, after: JSONValue = .null, before: JSONValue = .null, explanation: String? = nil,
    isShown: Bool = false, isSlip: Bool = false, writtenAs: String? = nil
  ) {
    self.status = status
    self.after = after
    self.before = before
    self.explanation = explanation
    self.isShown = isShown
    self.isSlip = isSlip
    self.writtenAs = writtenAs
  }
}

extension ActionOutcome {
  /// Nothing was sent, because nothing needed to be.
  public static func shown(_ explanation: String, after: JSONValue = .null) -> ActionOutcome {
    ActionOutcome(status: .skipped, after: after, explanation: explanation, isShown: true)
  }
}
