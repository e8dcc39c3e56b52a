public import Domain
public import Markup

/// What the sweep of the automation did, and exactly what it did not visit: a part of the summary of `yardmaster sweep`.
public struct AutomationSweepReport: Sendable {
  public var result: AutomationSweepResult
  public var isDryRun: Bool
  /// What processing the missed events and the visits led to, an entry for each effect.
  public var entries: [RunReport.Entry] = []
  public var usage = APIUsage()
  /// Seconds.
  public var duration = 0.0
  public var fault: Fault?
  /// The audit chain's head afterwards.
  public var anchor: String?

  public init(_ result: AutomationSweepResult, isDryRun: Bool) {
    self.result = result
    self.isDryRun = isDryRun
  }

  /// What no sweep can find, because GitHub does not tell.
  static let blindSpots = """
    What GitHub does not show afterwards: texts between two edits, comments that were deleted, pushes to pull requests; \
    and discussions, which have no rules.
    """

  /// How it ended, in a sentence.
  public var verdict: String {
    if let fault { return "The sweep of rules and commands failed: \(fault.problem)." }
    if case .occupied? = result.stop, result.parts.isEmpty {
      return "Another run sweeps this repository: this one left it to that."
    }
    if let stop = result.stop, result.parts.isEmpty { return "\(stop.words) Nothing was read before that." }
    let missed = result.missed.values.reduce(0, +)
    let found = missed == 0 ? "No event was missing" : "\(Figures.count(missed, "event")) had not come"
    let items = Figures.count(result.parts.reduce(0) { $0 + $1.visited }, "item")
    return "\(found); \(items) read with \(Figures.count(result.requests, "request"))."
  }

  /// For the log, line by line.
  public var lines: [LogText] { ["\(verdict)"] + remaining.map { "\($0)" } }

  /// What was not visited or not processed, and why; one sentence each.
  public var remaining: [String] {
    var sentences: [String] = []
    if let stop = result.stop, !result.parts.isEmpty {
      let lists = result.unfinished.isEmpty ? "" : " Not visited to the end: \(Self.list(result.unfinished))."
      sentences.append("\(stop.words)\(lists) The next sweep goes on where this one stopped.")
    } else if !result.unfinished.isEmpty {
      sentences.append("Not visited to the end: \(Self.list(result.unfinished)).")
    }
    for item in result.unshown.prefix(Self.limit) {
      let reason = Figures.shortened(item.reason, to: 200)
      sentences.append(
        item.isOccupied == true
          ? "Another run is at work on #\(item.number) (\(reason)); the next sweep looks what came of it."
          : "GitHub would not show #\(item.number) (\(reason)); the next sweep asks again.")
    }
    if result.unshown.count > Self.limit {
      sentences.append("\(Figures.count(result.unshown.count - Self.limit)) more items were not shown.")
    }
    return sentences
  }

  public func markdown() -> Markdown {
    .blocks([
      "### \(sign) Rules and commands: what events missed" + (isDryRun ? " (dry run)" : ""),
      fault?.markdown ?? "\(verdict)", lists, missed, effects, failures, left,
      "**Cost:** \(usage.inWords) · \(Figures.duration(duration))",
      anchor.map { "Audit anchor: \(Markdown.code($0))" } ?? "",
    ])
  }

  private static let limit = 50

  private var sign: Markdown {
    if fault != nil || !result.failures.isEmpty { return "❌" }
    if result.stop != nil { return "⏸️" }
    return result.isComplete ? "✅" : "⚠️"
  }

  private var lists: Markdown {
    guard !result.parts.isEmpty else { return "" }
    let rows = result.parts.map { part -> [Markdown] in
      [
        "\(part.part.inWords)", part.isComplete ? "✅ to the end" : "⏸️ not to the end",
        "\(Figures.count(part.visited))", "\(Figures.count(part.requests))",
      ]
    }
    let table = Markdown.table(header: ["Walked over", "How far", "Items", "Requests"], rows: rows)
    var sentences: [Markdown] = []
    if let since = result.since {
      sentences.append("What happened from \(Markdown.code(since.description)) on was looked at.")
    }
    if let next = result.nextRoundAt {
      sentences.append("Rules that go by time visit the open items again from \(Markdown.code(next.description)) on.")
    }
    return .blocks([table, sentences.joined(separator: " ")])
  }

  private var missed: Markdown {
    guard !result.missed.isEmpty || result.known + result.visits > 0 else { return "" }
    var rows = result.missed.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.limit).map {
      [Markdown.code($0.key), "\(Figures.count($0.value))"]
    }
    rows.append(["Missed events processed now", "\(Figures.count(result.processed))"])
    rows.append(["Events that had come", "\(Figures.count(result.known))"])
    rows.append(["Visits for rules that go by time", "\(Figures.count(result.visits))"])
    return .table(header: ["What was found", ""], rows: rows)
  }

  private var effects: Markdown {
    guard !entries.isEmpty else { return "" }
    let rows = entries.prefix(RunReport.rowLimit).map { entry -> [Markdown] in
      let reason = entry.decision.reason
      return [
        .code(entry.decision.target.description), entry.decision.effect.inWords, entry.result(isDryRun: isDryRun),
        "\(Figures.shortened("\(reason.origin): \(reason.evidence)", to: 200))",
      ]
    }
    return .blocks([
      .table(header: ["On", "Effect", "Result", "Why"], rows: rows), RunReport.more(entries.count),
    ])
  }

  private var failures: Markdown {
    guard !result.failures.isEmpty else { return "" }
    let rows = result.failures.prefix(Self.limit).map { failure -> [Markdown] in
      ["#\(failure.number)", .code(failure.event), "\(Figures.shortened(failure.problem, to: 200))"]
    }
    let more = result.failures.count - Self.limit
    return .blocks([
      "**Not processed**", .table(header: ["On", "Event", "Problem"], rows: rows),
      more > 0 ? "… and \(Figures.count(more)) more." : "",
    ])
  }

  private var left: Markdown {
    var sentences = remaining
    if !result.parts.isEmpty { sentences.append(Self.blindSpots) }
    guard !sentences.isEmpty else { return "" }
    return "**Not visited**\n\n" + sentences.map { "- " + .sentence($0) }.joined(separator: "\n")
  }

  private static func list(_ parts: [SweepWalk.Part]) -> String { parts.map(\.inWords).joined(separator: ", ") }
}

extension SweepWalk.Part {
  fileprivate var inWords: String {
    switch self {
    case .changedIssues: "issues that changed"
    case .changedPullRequests: "pull requests that changed"
    case .openIssues: "open issues, for rules that go by time"
    case .openPullRequests: "open pull requests, for rules that go by time"
    }
  }
}

extension AutomationSweepResult.Stop {
  fileprivate var words: String {
    switch self {
    case .timeLimit: "Time was up."
    case .signal(let signal): "Ended by \(signal.name)."
    case .rateLimited(let limited): "\(limited.problem)."
    case .occupied: "Another run took the sweep over."
    case .cancelled: "The run was cancelled."
    }
  }
}
