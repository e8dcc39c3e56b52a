/// An action with the event behind it, as lists show it.
public struct ListedAction: Hashable, Sendable {
  public var action: Action
  public var transaction: TransactionID
  public var event: EventID
  /// Of the event: `issues`, `issue_comment`, `rollback`, ….
  public var eventName: String
  public var eventAction: String?
  /// Who caused the event; nil for a schedule, and where the account was deleted.
  public var actor: String?
  /// The workflow run; nil outside of Actions.
  public var runID: Int64?
  public var isDryRun: Bool
  /// Why it is not done, in a line.
  public var explanation: String?
  /// By the database's clock; nil where it is not settled.
  public var settledAt: Timestamp?

  public init(
    action: Action, transaction: TransactionID, event: EventID, eventName: String, eventAction: String? = nil,
    actor: String? = nil, runID: Int64? = nil, isDryRun: Bool = false, explanation: String? = nil,
    settledAt: Timestamp? = nil
  ) {
    self.action = action
    self.transaction = transaction
    self.event = event
    self.eventName = eventName
    self.eventAction = eventAction
    self.actor = actor
    self.runID = runID
    self.isDryRun = isDryRun
    self.explanation = explanation
    self.settledAt = settledAt
  }
}
