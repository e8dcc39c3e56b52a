/// One row of a thread's story; see `yardmaster.story` in the schema for what stands in `what` and `detail`.
public struct StoryEntry: Hashable, Sendable {
  /// nil for a link of which nobody knows when it came about.
  public var at: Timestamp?
  public var kind: Kind
  /// A login; nil for rules, and where the account was deleted.
  public var who: String?
  public var what: String
  public var detail: JSONValue
  public var transaction: TransactionID?
  /// Of an action or a rollback.
  public var effect: Effect?

  public init(
    at: Timestamp?, kind: Kind, who: String? = nil, what: String, detail: JSONValue = .null,
    transaction: TransactionID? = nil, effect: Effect? = nil
  ) {
    self.at = at
    self.kind = kind
    self.who = who
    self.what = what
    self.detail = detail
    self.transaction = transaction
    self.effect = effect
  }

  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case opened, comment, review, event, command, action, rollback, link
  }
}
