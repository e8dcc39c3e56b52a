public import Domain
public import Markup

/// A thread's story as people read it: the answer of `yardmaster story`.
public struct StoryReport: Sendable {
  public var item: ItemReference
  public var entries: [StoryEntry]
  /// Whether there is more before the first entry.
  public var isCut: Bool

  public init(_ entries: [StoryEntry], of item: ItemReference, isCut: Bool = false) {
    self.entries = entries
    self.item = item
    self.isCut = isCut
  }

  /// A line for each entry: when (UTC), who, what, and the transaction that it belongs to by a number that is spelled out
  /// below.
  public func text() -> LogText {
    guard !entries.isEmpty else { return nothing }
    let marks = marks
    let rows = entries.map { entry -> [LogText] in
      let phrase = StoryPhrase(entry)
      let mark = marks.number(of: entry).map { " [T\($0)]" } ?? ""
      return [
        "\(Self.moment(entry.at))", "\(phrase.who)", phrase.logText + "\(mark)",
      ]
    }
    var lines: [LogText] = ["\(item): \(Figures.count(entries.count, "entry", "entries")), times in UTC"]
    if isCut { lines.append("… (--limit shows what came before)") }
    lines += LogText.aligned(rows)
    for (index, transaction) in marks.transactions.enumerated() {
      lines.append("T\(index + 1)  yardmaster rollback --transaction \(transaction)")
    }
    return lines.joined(separator: "\n")
  }

  /// Entries beyond which a summary shows the newest alone.
  static let rowLimit = 200

  public func markdown() -> Markdown {
    let heading: Markdown = "### Story of \(Markdown.code(item.description))"
    guard !entries.isEmpty else { return .blocks([heading, "Nothing is known of it."]) }
    let marks = marks
    let shown = entries.suffix(Self.rowLimit)
    let rows = shown.map { entry -> [Markdown] in
      let phrase = StoryPhrase(entry)
      return [
        .code(Self.moment(entry.at)), .code(phrase.who), phrase.markdown,
        marks.number(of: entry).map { "T\($0)" } ?? "",
      ]
    }
    let legend = marks.transactions.enumerated().filter { index, _ in
      shown.contains { marks.number(of: $0) == index + 1 }
    }.map { "- T\($0 + 1): \(Markdown.code($1.text))" as Markdown }
    let left = entries.count - shown.count
    return .blocks([
      heading, isCut || left > 0 ? "Earlier entries are left out." : "",
      .table(header: ["When (UTC)", "Who", "What", "Transaction"], rows: rows), legend.joined(separator: "\n"),
    ])
  }

  /// For machines: one line of ASCII. Keys stay; unknown values are `null`; moments are ISO 8601 in UTC.
  ///
  /// - `repository`, `number`, `complete` (whether there is nothing before), `story`
  /// - of an entry: `at`, `kind`, `who`, `what`, `detail`, `transaction_id`: the columns of `yardmaster.story`
  public func json() -> String {
    let rows = entries.map { entry -> JSONValue in
      [
        "at": .optional(entry.at), "kind": .string(entry.kind.rawValue), "who": .optional(entry.who),
        "what": .string(entry.what), "detail": entry.detail, "transaction_id": .optional(entry.transaction?.text),
      ]
    }
    let document: JSONValue = [
      "repository": .string(item.repository.description), "number": .optional(item.number), "complete": .bool(!isCut),
      "story": .array(rows),
    ]
    return document.logSafeText
  }

  private var nothing: LogText {
    "Nothing is known of \(item). Yardmaster tells what its events brought, and what was captured of the history."
  }

  /// `2026-03-01 10:05:00`
  private static func moment(_ time: Timestamp?) -> String {
    guard let time else { return "earlier" }
    let text = time.description.prefix(19)
    return "\(text.prefix(10)) \(text.suffix(8))"
  }

  private var marks: TransactionMarks { TransactionMarks(entries) }
}

/// Short names for the transactions that wrote something. A dry run's wrote nothing, so there is nothing to take back.
private struct TransactionMarks {
  private(set) var transactions: [TransactionID] = []

  init(_ entries: [StoryEntry]) {
    for entry in entries {
      guard let transaction = Self.transaction(of: entry), !transactions.contains(transaction) else { continue }
      transactions.append(transaction)
    }
  }

  /// From 1; nil for what is no write.
  func number(of entry: StoryEntry) -> Int? {
    Self.transaction(of: entry).flatMap { transactions.firstIndex(of: $0) }.map { $0 + 1 }
  }

  private static func transaction(of entry: StoryEntry) -> TransactionID? {
    guard entry.kind == .action || entry.kind == .rollback, entry.detail["dry_run"] != true else { return nil }
    return entry.transaction
  }
}
