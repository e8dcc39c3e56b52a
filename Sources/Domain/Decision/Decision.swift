/// One effect on one item, and why.
public struct Decision: Hashable, Sendable {
  public var target: ItemReference
  public var effect: Effect
  public var reason: Reason
  /// Where set, the effect happens at most once for this key in the database, whichever event asks for it. It holds the
  /// item's id on GitHub, which survives renames and transfers of the repository.
  public var onceKey: String?
  /// What the effect changes, as it was when the decision was taken; kept for undo. See ``ItemState/shown(for:)``.
  public var before: JSONValue
  /// Whose will it is: decides who gives way where two decisions meet on one facet.
  public var standing: Standing
  /// Of an undo: the actions that count as taken back once this one has happened; where they were taken back before, as
  /// done again.
  public var undoes: [ActionID]
  /// Names of the rules that asked for it.
  public var rules: [String]

  public init(
    target: ItemReference, effect: Effect, reason: Reason, onceKey: String? = nil, before: JSONValue = .null,
    standing: Standing = Standing(), undoes: [ActionID] = [], rules: [String] = []
  ) {
    self.target = target
    self.effect = effect
    self.reason = reason
    self.onceKey = onceKey
    self.before = before
    self.standing = standing
    self.undoes = undoes
    self.rules = rules
  }
}

/// Who wants something, and since when.
public struct Standing: Hashable, Sendable, Codable {
  public var will: Will
  /// The login behind it: of the command's author, or of whom the event shows.
  public var login: String?
  /// When it was said or done on GitHub, not when it was processed.
  public var moment: Moment
  /// Of a write that leaves what it finds where that will do.
  public var deference: Deference?

  public init(
    will: Will = .rule, login: String? = nil, moment: Moment = Moment(.distantPast), deference: Deference? = nil
  ) {
    self.will = will
    self.login = login
    self.moment = moment
    self.deference = deference
  }

  /// What a write defers to: `/close` without a reason leaves an item alone that is closed for any. So a write of before
  /// it, and of after the one that it found, still counts when it comes late.
  public struct Deference: Hashable, Sendable, Codable {
    /// When what it found was written, as far as is known.
    public var since: Moment
    /// What it writes itself where what it finds will not do.
    public var value: JSONValue

    public init(since: Moment, value: JSONValue) {
      self.since = since
      self.value = value
    }
  }

  public enum Will: String, Hashable, Sendable, Codable {
    /// A person's own act on GitHub, or a command.
    case person
    /// A rule of the configuration.
    case rule
  }
}

/// A point in a thread's order: the second in which it happened and, within it, the order in which GitHub numbered things.
public struct Moment: Hashable, Sendable, Codable, Comparable {
  public var time: Timestamp
  /// A comment's id; 0 for what has none.
  public var comment: Int64
  /// A line of the comment.
  public var line: Int

  public init(_ time: Timestamp, comment: Int64 = 0, line: Int = 0) {
    self.time = time
    self.comment = comment
    self.line = line
  }

  public static func < (a: Moment, b: Moment) -> Bool {
    (a.time, a.comment, a.line) < (b.time, b.comment, b.line)
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

  public static func + (a: Deliberation, b: Deliberation) -> Deliberation {
    Deliberation(decisions: a.decisions + b.decisions, notes: a.notes + b.notes)
  }
}
