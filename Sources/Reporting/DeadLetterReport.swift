public import Domain
public import Markup

/// What failed for good: the answer of `yardmaster dead-letters`.
public struct DeadLetterReport: Sendable {
  public var letters: [StoredDeadLetter]
  /// Whether there are more.
  public var isCut: Bool
  public var now: Timestamp

  public init(_ letters: [StoredDeadLetter], isCut: Bool = false, now: Timestamp) {
    self.letters = letters
    self.isCut = isCut
    self.now = now
  }

  public func text() -> LogText {
    guard !letters.isEmpty else { return "No dead letter: nothing failed for good." }
    var lines = letters.flatMap { letter -> [LogText] in
      [
        "\(letter.subject): \(Figures.count(letter.attempts, "attempt")), the last \(Figures.age(of: letter.updatedAt, at: now))",
        "  \(Figures.shortened(letter.error, to: 1_000))", "  \(letter.advice)",
      ]
    }
    if isCut { lines.append("There are more: --limit shows them.") }
    return lines.joined(separator: "\n")
  }

  public func markdown() -> Markdown {
    guard !letters.isEmpty else { return .blocks(["### Dead letters", "Nothing failed for good."]) }
    let rows = letters.prefix(RunReport.rowLimit).map { letter -> [Markdown] in
      [
        .code(letter.subject), "\(letter.attempts)", .code(letter.updatedAt.description),
        "\(Figures.shortened(letter.error, to: 300))", .sentence(letter.advice),
      ]
    }
    return .blocks([
      "### Dead letters", .table(header: ["What", "Attempts", "Last", "Error", "What to do"], rows: Array(rows)),
      RunReport.more(letters.count), isCut ? "There are more." : "",
    ])
  }

  /// For machines: one line of ASCII. Keys stay; unknown values are `null`; moments are ISO 8601 in UTC.
  ///
  /// - `generated_at`, `complete` (whether these are all), `dead_letters`
  /// - of a letter: `id`, `kind` (`event`, `item`, `list`), `reference`, `repository`, `number`, `error`, `attempts`,
  ///   `created_at`, `updated_at`, and of an event `event_id`, `event`, `mode`, `replayable`, `next_attempt_at`
  public func json() -> String {
    let rows = letters.map { letter -> JSONValue in
      [
        "id": .string(letter.id), "kind": .string(letter.kind), "reference": .string(letter.reference),
        "repository": .optional(letter.repository?.description), "number": .optional(letter.number),
        "error": .string(letter.error), "attempts": .optional(letter.attempts),
        "created_at": .optional(letter.createdAt), "updated_at": .optional(letter.updatedAt),
        "event_id": .optional(letter.event?.id.text), "event": .optional(letter.event?.title),
        "mode": .optional(letter.event?.mode.rawValue), "replayable": .bool(letter.event?.hasPayload ?? false),
        "next_attempt_at": .optional(letter.event?.nextAttemptAt),
      ]
    }
    let document: JSONValue = [
      "generated_at": .optional(now), "complete": .bool(!isCut), "dead_letters": .array(rows),
    ]
    return document.logSafeText
  }
}

extension StoredDeadLetter {
  /// `issues.opened on octo/hello#7`, `item octo/hello#9`
  fileprivate var subject: String {
    guard let event else { return "\(kind) \(reference)" }
    return "\(event.title) on \(event.repository)\(event.number.map { "#\($0)" } ?? "")"
      + (event.mode == .dryRun ? " (dry run)" : "")
  }

  fileprivate var advice: String {
    guard kind == "event" else { return "A capture tries it again; the sweep says so while it is missing." }
    guard let event else { return "Its event is gone: there is nothing to replay." }
    guard event.nextAttemptAt == nil else { return "Asked for again: the next sweep tries it." }
    guard event.hasPayload else {
      return "Its payload was not kept: re-run the workflow that brought it, or comment /reprocess on the item."
    }
    return "Mend what it names, then: yardmaster replay --event \(event.id)"
  }
}

extension FailedEvent {
  /// `issues.opened`
  public var title: String { ([name] + (action.map { [$0] } ?? [])).joined(separator: ".") }
}
