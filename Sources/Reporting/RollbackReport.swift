public import Domain
public import Markup

/// What taking something back would do, or did: the summary and the log of `yardmaster rollback`.
public struct RollbackReport: Sendable {
  public struct Item: Sendable {
    public var reference: ItemReference
    /// Whether the item is not there any more.
    public var isGone: Bool
    public var steps: [RunReport.Entry]
    public var conflicts: [String]
    public var irreversible: [String]
    /// The transaction by which all was done before, so that nothing is left to do.
    public var doneBy: TransactionID?

    public init(
      reference: ItemReference, isGone: Bool, steps: [RunReport.Entry], conflicts: [String], irreversible: [String]
    ) {
      self.reference = reference
      self.isGone = isGone
      self.steps = steps
      self.conflicts = conflicts
      self.irreversible = irreversible
    }
  }

  /// `transaction 3f…`.
  public var target: String
  public var isDryRun: Bool
  /// The rollback's own, by which it can be taken back.
  public var transaction: TransactionID?
  public var items: [Item] = []
  /// The audit chain's heads afterwards, by repository.
  public var anchors: [String] = []

  public init(target: String, isDryRun: Bool) {
    self.target = target
    self.isDryRun = isDryRun
  }

  /// Whether somebody else's changes stand against it.
  public var isRefused: Bool { items.contains { !$0.conflicts.isEmpty } }

  public var hasFailed: Bool {
    items.contains { $0.steps.contains { $0.status == .failed || $0.status == .uncertain } }
  }

  /// Whether an earlier rollback left nothing to do.
  private var isDoneAlready: Bool { !items.isEmpty && items.allSatisfy { $0.doneBy != nil && $0.conflicts.isEmpty } }

  /// How it ended, or would end, in a sentence.
  public var verdict: String {
    let steps = items.reduce(0) { $0 + $1.steps.count { $0.decision.effect != .nothing } }
    let conflicts = items.reduce(0) { $0 + $1.conflicts.count }
    if conflicts > 0 {
      return
        "Refused: \(Figures.count(conflicts, "change")) by others since. Nothing was written. --force writes over them."
    }
    if isDoneAlready { return "Nothing to do: \(target) is taken back already." }
    if isDryRun { return "Dry run: \(Figures.count(steps, "step")) would take back \(target)." }
    if hasFailed { return "Not all of \(target) was taken back: see above, and run the same command again." }
    return "Taken back: \(target)."
  }

  /// The plan or its outcome, line by line.
  public var lines: [LogText] {
    items.flatMap { item -> [LogText] in
      var lines: [LogText] = []
      if item.isGone { lines.append("\(item.reference.description): the item is gone") }
      if let id = item.doneBy {
        lines.append("\(item.reference.description): is taken back already (by transaction \(id.text))")
      }
      for conflict in item.conflicts { lines.append("\(item.reference.description): conflict: \(conflict)") }
      for step in item.steps where step.decision.effect != .nothing {
        let state = step.status.map { "\($0.inWords): " } ?? (isDryRun ? "would do: " : "")
        lines.append("\(item.reference.description): \(state)\(step.decision.effect.inLogWords)")
        if let explanation = step.explanation { lines.append("  \(explanation)") }
      }
      for what in item.irreversible { lines.append("\(item.reference.description): cannot be taken back: \(what)") }
      if lines.isEmpty { lines.append("\(item.reference.description): nothing to write") }
      return lines
    }
  }

  public func markdown() -> Markdown {
    let icon: Markdown = isRefused ? "🛑" : hasFailed ? "❌" : isDryRun ? "👀" : "↩️"
    var blocks: [Markdown] = ["### \(icon) Rollback of \(Markdown.code(target))", "\(Markdown.sentence(verdict))"]
    var rows: [[Markdown]] = []
    for item in items {
      let name = Markdown.code(item.reference.description)
      if item.isGone { rows.append([name, "the item is gone", ""]) }
      if let id = item.doneBy {
        rows.append([name, "is taken back already (by transaction \(Markdown.code(id.text)))", "↩️"])
      }
      for conflict in item.conflicts {
        rows.append([name, "**conflict**: \(Figures.shortened(conflict, to: 200))", "🛑"])
      }
      for step in item.steps where step.decision.effect != .nothing {
        rows.append([name, step.decision.effect.inWords, step.result(isDryRun: isDryRun)])
      }
      for what in item.irreversible {
        rows.append([name, "cannot be taken back: \(Figures.shortened(what, to: 200))", "⚠️"])
      }
    }
    if !rows.isEmpty {
      blocks.append(Markdown.table(header: ["On", "Step", "Result"], rows: Array(rows.prefix(RunReport.rowLimit))))
      blocks.append(RunReport.more(rows.count))
    }
    // As code: in prose, what could be taken for a reference is broken up, and would not survive being copied.
    if let transaction, !isDryRun, !isRefused {
      blocks.append("To bring the changes back: take back transaction \(Markdown.code(transaction.text)).")
    }
    for anchor in anchors { blocks.append("Audit anchor: \(Markdown.code(anchor))") }
    return Markdown.blocks(blocks)
  }
}
