/// What became of one rule, for `explain`.
public struct RuleVerdict: Hashable, Sendable {
  public var name: String
  public var outcome: Outcome
  /// Why: the evidence where it matched, else the first condition that does not hold. Holds untrusted text.
  public var words: String

  public init(name: String, outcome: Outcome, words: String) {
    self.name = name
    self.outcome = outcome
    self.words = words
  }

  public enum Outcome: String, Hashable, Sendable {
    case matched
    /// A condition does not hold.
    case unmatched
    /// All conditions hold, and so does an exception.
    case excepted
    /// Another event, or another action, starts it.
    case notTriggered = "not_triggered"
    /// A bot caused the event, and the rule does not ask for bots.
    case causedByBot = "caused_by_bot"
    /// It acted on the item so often within the last hour that it may be in a loop.
    case looping
  }
}
