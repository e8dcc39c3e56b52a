public import Domain
public import Markup

/// What was done on GitHub, and what was not and why, the newest first: the answer of `yardmaster actions`.
public struct ActionsReport: Sendable {
  public var actions: [ListedAction]
  /// What was asked for; nil for all.
  public var repository: RepositoryName?
  public var number: Int?
  /// Whether there are older ones.
  public var isCut: Bool
  public var links = RunLinks()
  public var now: Timestamp

  public init(
    _ actions: [ListedAction], of repository: RepositoryName? = nil, number: Int? = nil, isCut: Bool = false,
    now: Timestamp
  ) {
    self.actions = actions
    self.repository = repository
    self.number = number
    self.isCut = isCut
    self.now = now
  }

  /// A line for each action, and below it why and what was there before.
  public func text() -> LogText {
    guard !actions.isEmpty else { return "Nothing was done\(place)." }
    let rows = actions.map { listed -> [LogText] in
      [
        "\(Figures.age(of: listed.moment, at: now))", "\(listed.action.decision.target)", "\(listed.standing)",
        listed.action.decision.effect.inLogWords,
      ]
    }
    var lines: [LogText] = []
    for (line, listed) in zip(LogText.aligned(rows), actions) {
      lines.append(line)
      let reason = listed.action.decision.reason
      lines.append("  \(reason.origin): \(Figures.shortened(reason.evidence, to: 500))")
      if let explanation = listed.remark { lines.append("  \(explanation)") }
      if let before = listed.before { lines.append("  before: \(before)") }
      lines.append("  by \(listed.cause), transaction \(listed.transaction)")
    }
    if isCut { lines.append("There are older ones: --limit shows more.") }
    lines.append(
      "Take one transaction back: yardmaster rollback --transaction UUID --dry-run shows what that would do.")
    return lines.joined(separator: "\n")
  }

  public func markdown() -> Markdown {
    let heading: Markdown = "### Actions\(repository == nil ? "" : " on \(Markdown.code(subject))" as Markdown)"
    guard !actions.isEmpty else { return .blocks([heading, "Nothing was done."]) }
    let rows = actions.prefix(RunReport.rowLimit).map { listed -> [Markdown] in
      let reason = listed.action.decision.reason
      return [
        .code(listed.moment.description), .code(listed.action.decision.target.description),
        listed.action.decision.effect.inWords, "\(reason.origin): \(Figures.shortened(reason.evidence, to: 200))",
        "\(listed.standing)" + (listed.remark.map { ": \(Figures.shortened($0, to: 200))" } ?? ""),
        listed.before.map { .code($0) } ?? "–", .code(listed.transaction.text), links.markdown(listed.runID),
      ]
    }
    let header: [Markdown] = ["When", "On", "Action", "Why", "Result", "Before", "Transaction", "Run"]
    return .blocks([
      heading, .table(header: header, rows: Array(rows)), RunReport.more(actions.count),
      isCut ? "There are older ones." : "",
    ])
  }

  /// For machines: one line of ASCII. Keys stay; unknown values are `null`; moments are ISO 8601 in UTC.
  ///
  /// - `generated_at`, `complete` (whether there are no older ones), `actions`
  /// - of an action: `id`, `transaction_id`, `event_id`, `event`, `kind`, `what` (in words), `writes` (facets and their
  ///   values), `repository`, `number`, `status`, `dry_run`, `origin`, `evidence`, `rules`, `will`, `login`, `actor` (of
  ///   the event), `before`, `after`, `explanation`, `undoes`, `run_id`, `run_url`, `intended_at`, `settled_at`
  public func json() -> String {
    let document: JSONValue = [
      "generated_at": .optional(now), "complete": .bool(!isCut), "actions": .array(actions.map(json(of:))),
    ]
    return document.logSafeText
  }

  private func json(of listed: ListedAction) -> JSONValue {
    let action = listed.action
    let decision = action.decision
    var members: [String: JSONValue] = [
      "id": .string(action.id.text), "transaction_id": .string(listed.transaction.text),
      "event_id": .string(listed.event.text), "event": .string(listed.event(separator: ".")),
      "kind": .string(decision.effect.kind), "what": .string(decision.effect.inLogWords.text),
      "repository": .string(decision.target.repository.description), "number": .optional(decision.target.number),
      "status": .string(action.status.rawValue), "dry_run": .bool(listed.isDryRun),
    ]
    members["writes"] = .object(
      Dictionary(decision.effect.written.map { ($0.key.text, $0.value) }, uniquingKeysWith: { first, _ in first }))
    members["origin"] = .string(decision.reason.origin)
    members["evidence"] = .string(decision.reason.evidence)
    members["rules"] = .array(decision.rules.map(JSONValue.string))
    members["will"] = .string(decision.standing.will.rawValue)
    members["login"] = .optional(decision.standing.login)
    members["actor"] = .optional(listed.actor)
    members["before"] = decision.before
    members["after"] = action.after
    members["explanation"] = .optional(listed.explanation)
    members["undoes"] = .array(decision.undoes.map { .string($0.text) })
    members["run_id"] = listed.runID.map { .integer($0) } ?? .null
    members["run_url"] = .optional(links.url(of: listed.runID))
    members["intended_at"] = .optional(action.intendedAt)
    members["settled_at"] = .optional(listed.settledAt)
    return .object(members)
  }

  private var subject: String { "\(repository?.description ?? "")\(number.map { "#\($0)" } ?? "")" }
  private var place: LogText { repository == nil ? "" : " on \(subject)" }
}

extension ListedAction {
  /// When it was settled, else when it was intended.
  fileprivate var moment: Timestamp { settledAt ?? action.intendedAt ?? .distantPast }

  fileprivate var standing: String {
    isDryRun ? "dry run" : action.status.inWords
  }

  /// A dry run's explanation says that it is one.
  fileprivate var remark: String? { isDryRun ? nil : explanation }

  fileprivate func event(separator: String) -> String {
    ([eventName] + (eventAction.map { [$0] } ?? [])).joined(separator: separator)
  }

  /// `issue_comment.created of alice in run 17`
  fileprivate var cause: String {
    event(separator: ".") + (actor.map { " of \($0)" } ?? "") + (runID.map { " in run \($0)" } ?? "")
  }

  /// What undo would restore.
  fileprivate var before: String? {
    action.decision.before == .null ? nil : Figures.shortened(action.decision.before.canonicalText, to: 200)
  }
}
