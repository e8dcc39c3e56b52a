public import Domain

/// All that was concluded from one event.
public struct AutomationOutcome: Hashable, Sendable {
  /// The decisions in the order in which they are to be carried out, and why nothing more is done.
  public var deliberation = Deliberation()
  public var commands = CommandDeliberation()
  /// What the commands wanted and the item shows already; to be recorded with the decisions.
  public var confirmed: [Facet: FacetRecord] = [:]
  /// Every rule of the configuration, in file order.
  public var rules: [RuleVerdict] = []
  /// nil where the configuration has no `stale`, or the event is one of too many.
  public var stale: StaleVerdict?
  /// Whether a person or a program caused the event.
  public var actor = ActorVerdict.person
  /// Whether the event is one of too many of its actor: it is recorded, and nothing is done.
  public var isFlooded = false

  public init() {}

  /// Each rule, each command and the stale rule with what became of it and why, for `explain`. Holds untrusted text.
  public var explanation: [Reason] {
    var lines: [Reason] = []
    if case .bot(let evidence) = actor { lines.append(Reason(origin: "actor", evidence: "a bot: \(evidence)")) }
    if isFlooded { lines.append(Reason(origin: "actor", evidence: "more events than an hour allows")) }
    lines += commands.read.map { command in
      let arguments = command.record.arguments.isEmpty ? "" : " " + command.record.arguments
      let why = command.explanation.map { ": \($0)" } ?? ""
      return Reason(
        origin: "line \(command.line), /\(command.record.name)\(arguments)", evidence: command.verdict.rawValue + why)
    }
    lines += rules.map { rule in
      Reason(
        origin: "rule '\(rule.name)'",
        evidence: rule.outcome == .matched ? "matches: \(rule.words)" : "does not match: \(rule.words)")
    }
    if let stale { lines.append(Reason(origin: "stale", evidence: stale.words)) }
    return lines
  }
}
