public import Domain
public import Markup

/// What one event came to: the job summary of `yardmaster run`.
public struct RunReport: Sendable {
  /// What started the run.
  public struct Trigger: Hashable, Sendable {
    /// The event's name as Actions gives it, known or not.
    public var name: String
    public var action: String?
    public var repository: RepositoryName?
    public var number: Int?
    public var title: String?
    public var actor: String?

    public init(
      name: String, action: String? = nil, repository: RepositoryName? = nil, number: Int? = nil, title: String? = nil,
      actor: String? = nil
    ) {
      self.name = name
      self.action = action
      self.repository = repository
      self.number = number
      self.title = title
      self.actor = actor
    }
  }

  /// One decision and what came of it.
  public struct Entry: Hashable, Sendable {
    public var decision: Decision
    /// nil where it did not come to an attempt.
    public var status: Action.Status?
    public var explanation: String?

    public init(decision: Decision, status: Action.Status? = nil, explanation: String? = nil) {
      self.decision = decision
      self.status = status
      self.explanation = explanation
    }
  }

  /// What one of the configuration's rules said of the event.
  public struct RuleFinding: Hashable, Sendable {
    public var name: String
    public var matches: Bool
    /// Why; untrusted.
    public var words: String

    public init(name: String, matches: Bool, words: String) {
      self.name = name
      self.matches = matches
      self.words = words
    }
  }

  public var trigger: Trigger
  public var outcome: EventOutcome
  /// Why it was ignored, or of which event it is a duplicate.
  public var reason: String?
  /// Where routing sent the event: `issue`, `comment`, `pull request`, `history`; nil where it sent it nowhere.
  public var processor: String?
  /// nil where the configuration was not read.
  public var mode: Settings.Mode?
  public var entries: [Entry] = []
  /// What was looked at and led to nothing.
  public var notes: [Reason] = []
  /// What each rule that the event starts said of it, in the order of the file.
  public var rules: [RuleFinding] = []
  /// What was read in the text, in its order.
  public var commands: [ReadCommand] = []
  public var usage = APIUsage()
  /// Seconds.
  public var duration = 0.0
  /// What became of the event's item in the captured history, one sentence each.
  public var capture: [String] = []
  /// What is left to be done, one sentence each.
  public var remaining: [String] = []
  public var fault: Fault?
  public var eventID: EventID?
  public var transactionID: TransactionID?
  /// The last hash of the audit log when the run ended: whoever keeps it can tell later whether the log's end is missing.
  public var anchor: String?
  public var serverURL = "https://github.com"

  public init(trigger: Trigger, outcome: EventOutcome, mode: Settings.Mode? = nil) {
    self.trigger = trigger
    self.outcome = outcome
    self.mode = mode
  }

  /// Rows of a table beyond which a summary says how many more there are.
  static let rowLimit = 50

  public func markdown() -> Markdown {
    Markdown.blocks([
      heading, subject, fault?.markdown ?? "", reason.map { "\($0)" } ?? "", commandTable, effects, considered,
      ruleTable, captured, remains, cost, identity, anchor.map { "Audit anchor: \(Markdown.code($0))" } ?? "",
    ])
  }

  private var heading: Markdown {
    let event = ([trigger.name] + (trigger.action.map { [$0] } ?? [])).map { Markdown.code($0) }.joined(separator: " ")
    return switch outcome {
    case .processed: "### ✅ Processed \(event)"
    case .duplicate: "### 🔁 Already processed: \(event)"
    case .ignored: "### ⏭️ Ignored \(event)"
    case .failed: "### ❌ Failed on \(event)"
    }
  }

  private var subject: Markdown {
    var parts: [Markdown] = []
    if let repository = trigger.repository {
      if let number = trigger.number {
        let label = Markdown.code("\(repository)#\(number)")
        parts.append(.link(label, to: "\(serverURL)/\(repository)/issues/\(number)"))
      } else {
        parts.append(.code(repository.description))
      }
    }
    if let title = trigger.title { parts.append(.code(Figures.shortened(title, to: 120))) }
    if let actor = trigger.actor { parts.append("by \(Markdown.code(actor))") }
    if let processor { parts.append("\(processor) processor") }
    if let mode, outcome == .processed || outcome == .failed {
      parts.append(mode == .dryRun ? "**dry run**: nothing is sent to GitHub" : "live")
    }
    return parts.joined(separator: " · ")
  }

  private var effects: Markdown {
    // The capture's own report follows.
    guard processor != "history" else { return "" }
    guard !entries.isEmpty else { return outcome == .processed && fault == nil ? "No effect was called for." : "" }
    let rows = entries.prefix(Self.rowLimit).map { entry -> [Markdown] in
      [
        entry.decision.effect.inWords, .code("#\(entry.decision.target.number)"),
        "\(entry.decision.reason.origin): "
          + .sentence(Figures.shortened(entry.decision.reason.evidence, to: 200)),
        entry.result(isDryRun: mode == .dryRun),
      ]
    }
    let table = Markdown.table(header: ["Effect", "On", "Why", "Result"], rows: rows)
    return Markdown.blocks([table, Self.more(entries.count)])
  }

  private var commandTable: Markdown {
    guard !commands.isEmpty else { return "" }
    let rows = commands.prefix(Self.rowLimit).map { command -> [Markdown] in
      let words = [("/" + command.record.name), command.record.arguments].filter { !$0.isEmpty }
      let text: Markdown = command.textID == 0 ? "the body" : "comment \(command.textID)"
      return [
        .code(Figures.shortened(words.joined(separator: " "), to: 120)), command.login.map { .code($0) } ?? "–",
        "line \(command.line) of \(text)", verdict(on: command),
      ]
    }
    let table = Markdown.table(header: ["Command", "By", "Where", "Verdict"], rows: rows)
    return Markdown.blocks([table, Self.more(commands.count)])
  }

  private func verdict(on command: ReadCommand) -> Markdown {
    let word: Markdown =
      switch command.verdict {
      case .accepted: "✅ accepted"
      case .refused: "⛔ refused"
      case .mistake: "❌ not understood"
      case .superseded: "⏭️ superseded"
      case .flood: "🌊 one of too many"
      }
    guard let explanation = command.explanation else { return word }
    return "\(word): \(Figures.shortened(explanation, to: 200))"
  }

  private var considered: Markdown {
    guard !notes.isEmpty else { return "" }
    let rows = notes.prefix(Self.rowLimit).map { note -> [Markdown] in
      ["\(note.origin)", "\(Figures.shortened(note.evidence, to: 200))"]
    }
    let table = Markdown.table(header: ["Looked at", "Why nothing came of it"], rows: rows)
    return .details("Looked at without effect", .blocks([table, Self.more(notes.count)]))
  }

  private var ruleTable: Markdown {
    guard !rules.isEmpty else { return "" }
    let rows = rules.prefix(Self.rowLimit).map { rule -> [Markdown] in
      [.code(rule.name), rule.matches ? "matches" : "does not match", "\(Figures.shortened(rule.words, to: 200))"]
    }
    let table = Markdown.table(header: ["Rule", "Verdict", "Why"], rows: rows)
    return .details("Rules that this event starts", .blocks([table, Self.more(rules.count)]))
  }

  private var captured: Markdown {
    guard !capture.isEmpty else { return "" }
    return "**History**\n\n"
      + capture.map { "- \(Markdown.sentence(Figures.shortened($0, to: 500)))" }.joined(separator: "\n")
  }

  private var remains: Markdown {
    guard !remaining.isEmpty else { return "" }
    return "**What remains**\n\n" + remaining.map { "- \(Markdown.sentence($0))" }.joined(separator: "\n")
  }

  private var cost: Markdown { "**Cost:** \(usage.inWords) · \(Figures.duration(duration))" }

  private var identity: Markdown {
    var parts: [Markdown] = []
    if let eventID { parts.append("event \(Markdown.code(eventID.text))") }
    if let transactionID { parts.append("transaction \(Markdown.code(transactionID.text))") }
    return parts.joined(separator: " · ")
  }

  static func more(_ count: Int) -> Markdown {
    count > rowLimit ? "… and \(Figures.count(count - rowLimit)) more." : ""
  }
}

extension RunReport.Entry {
  /// What came of it, with an icon: the same words in every summary. In a dry run nothing is attempted.
  func result(isDryRun: Bool) -> Markdown {
    let word: Markdown =
      switch status {
      case .done: "✅ done"
      case .skipped: isDryRun ? "👀 dry run" : "⏭️ skipped"
      case .uncertain: "❔ uncertain"
      case .failed: "❌ failed"
      case .intended: "⏳ not yet sent"
      case .rolledBack: "↩️ taken back"
      case nil: isDryRun ? "👀 dry run" : "–"
      }
    guard let explanation else { return word }
    return "\(word): \(Figures.shortened(explanation, to: 200))"
  }
}

extension Action.Status {
  /// For people, without an icon.
  public var inWords: String {
    switch self {
    case .rolledBack: "taken back"
    case .intended, .done, .skipped, .uncertain, .failed: rawValue
    }
  }
}

extension APIUsage {
  /// `2 REST requests, 1 GraphQL request (1 point); 4,998 REST requests left`
  var inWords: Markdown {
    guard restRequests + graphQLRequests > 0 else { return "no request to GitHub" }
    var spent: [String] = []
    if restRequests > 0 { spent.append(Figures.count(restRequests, "REST request")) }
    if graphQLRequests > 0 {
      spent.append(
        "\(Figures.count(graphQLRequests, "GraphQL request")) (\(Figures.count(graphQLPoints, "point")))")
    }
    var left: [String] = []
    if let restRemaining { left.append("\(Figures.count(restRemaining, "REST request"))") }
    if let graphQLRemaining { left.append("\(Figures.count(graphQLRemaining, "point"))") }
    let rest = left.isEmpty ? "" : "; \(left.joined(separator: " and ")) left"
    return "\(spent.joined(separator: ", ") + rest)"
  }
}
