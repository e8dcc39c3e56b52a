import Automation
import Domain
import Markup
import Reporting
import Store

/// What commands ask for that needs more than the event: the thread's history, or GitHub's view of it.
struct ThreadRequests {
  let processing: EventProcessing
  let claimed: ClaimedEvent
  let input: AutomationInput
  /// The thread's failed events that were processed again because `/reprocess` asked for it; in a dry run, those that
  /// would be.
  let again: [ReopenedEvent]

  /// The most events that a reply lists.
  private static let maximumLines = 10

  struct Answer {
    /// What takes back what was done; before everything else.
    var undone: [Decision] = []
    var decisions: [Decision] = []
    var notes: [Reason] = []
    /// What is undone; see ``Intents/withdrawn``.
    var withdrawn: Set<TransactionID> = []
    /// Why a request could not be carried out.
    fileprivate var failures: [Markdown] = []
  }

  /// What is answered is decided together with what is done: a later attempt at the event finds both in its rows.
  func carryOut(_ requests: [CommandRequest]) async throws -> Answer {
    var answer = Answer()
    for request in requests {
      switch request {
      case .undo(let transaction): try await undo(transaction, &answer)
      case .explain: try await explain(&answer)
      case .reprocess: reprocess(&answer)
      }
    }
    answer.decisions += processing.processor.refuse(answer.failures, to: input)
    return answer
  }

  // MARK: /undo

  private func undo(_ named: TransactionID?, _ answer: inout Answer) async throws {
    guard let thread = claimed.thread else { return }
    let history = try await processing.store.history(of: thread.key)
    let transaction: TransactionID
    if let named {
      transaction = named
    } else {
      // One that comes late means what was done before it was written.
      let before = history.filter { $0.action.decision.standing.moment <= input.moment }
      let unfinished = try await processing.store.unfinished(on: thread.key, besides: claimed.transaction)
        .last { $0.moment <= input.moment }
      guard let last = Self.last(in: before, unfinished, besides: claimed.transaction) else {
        return answer.failures.append("There is nothing that could be undone here.")
      }
      transaction = last
    }
    // Said twice in one text, it is meant once.
    guard !answer.withdrawn.contains(transaction) else { return }
    let isUnfinished = try await processing.store.actions(of: .transaction(transaction))
      .contains { $0.thread == thread.key && $0.action.isUnfinished }
    guard isUnfinished || history.contains(where: { $0.transaction == transaction }) else {
      return answer.failures.append("Transaction \(Markdown.code(transaction.text)) did nothing here.")
    }
    let run = RollbackRun(
      session: processing.session, github: processing.github, store: processing.store, isForced: false,
      actor: processing.subject.author?.login)
    let standing = Standing(will: .person, login: processing.subject.author?.login, moment: input.moment)
    let plan = try await run.plan(
      [transaction], on: thread.key, at: ItemReference(repository: input.repository, number: input.issue.number),
      by: standing, reason: Reason(origin: "command /undo", evidence: "transaction \(transaction.text)"))
    guard let plan else { return answer.failures.append("The item is gone.") }
    guard plan.conflicts.isEmpty else {
      // By its name: the same is not said twice in a thread, and another transaction's refusal is not the same.
      answer.failures.append(
        "Transaction \(Markdown.code(transaction.text)) was not undone, because others changed something since:")
      answer.failures += plan.conflicts.map { "\($0)" }
      return
    }
    answer.withdrawn.insert(transaction)
    if isUnfinished {
      answer.notes.append(
        Reason(
          origin: "command /undo", evidence: "what was not carried out of transaction \(transaction.text) never is"))
    } else if plan.decisions.isEmpty {
      let by: Markdown = plan.doneBy.map { " (by transaction \(Markdown.code($0.text)))" } ?? ""
      answer.failures.append("Transaction \(Markdown.code(transaction.text)) is taken back already\(by).")
    }
    answer.undone += plan.decisions
    answer.failures += plan.irreversible.map { "It cannot be undone: \($0)." }
  }

  /// The newest transaction that wrote something that stands, or was to, and that is no undo itself.
  static func last(
    in history: [RecordedAction], _ unfinished: UnfinishedAction?,
    besides own: TransactionID
  ) -> TransactionID? {
    let undos = Set(history.filter(\.isUndo).map(\.transaction))
    let written = history.last { recorded in
      guard recorded.isLive, recorded.transaction != own, !undos.contains(recorded.transaction) else { return false }
      // An answer to a command is nothing that anybody would want to undo by itself.
      return recorded.action.decision.reason.origin != CommandDeliberation.acknowledgementOrigin
    }
    guard let unfinished, unfinished.sequence > written?.sequence ?? 0 else { return written?.transaction }
    return unfinished.transaction
  }

  // MARK: /explain, /reprocess

  private func explain(_ answer: inout Answer) async throws {
    var blocks: [Markdown] = []
    let verdicts = processing.processor.explain(input)
    if verdicts.isEmpty {
      blocks.append("The configuration has no rules.")
    } else {
      let rows = verdicts.prefix(50).map { verdict -> [Markdown] in
        [.code(verdict.name), verdict.outcome == .matched ? "matches" : "does not match", "\(verdict.words)"]
      }
      blocks.append(.table(header: ["Rule", "Now", "Why"], rows: rows))
    }
    if let thread = claimed.thread {
      let history = try await processing.store.history(of: thread.key).suffix(20)
      let rows = history.map { recorded -> [Markdown] in
        let decision = recorded.action.decision
        return [
          decision.effect.inWords, "\(decision.reason.origin): \(decision.reason.evidence)",
          "\(recorded.action.status.inWords)", .code(recorded.transaction.text),
        ]
      }
      if !rows.isEmpty { blocks.append(.table(header: ["Done here", "Why", "", "Transaction"], rows: rows)) }
    }
    if let reply = processing.processor.reply(.blocks(blocks), to: input) { answer.decisions.append(reply) }
  }

  /// The rules once more, as if the item had just been opened: what came of them before shows on GitHub, or was taken
  /// back by somebody, and gives way.
  private func reprocess(_ answer: inout Answer) {
    var rulesOnly = input
    rulesOnly.trigger = Rule.Trigger(input.issue.isPullRequest ? .pullRequest : .issues, "opened")
    rulesOnly.comment = nil
    rulesOnly.isRulesOnly = true
    rulesOnly.happenedAt = rulesOnly.issue.createdAt
    answer.decisions += processing.processor.decide(rulesOnly).deliberation.decisions
    guard !again.isEmpty else { return }
    answer.notes += again.map {
      Reason(origin: "command /reprocess", evidence: "\($0.event.title), event \($0.event.id.text), \(words(for: $0))")
    }
    guard processing.settings.mode == .live else { return }
    let count = Figures.count(again.count, "event")
    let rest = again.filter { $0.outcome == .failed || $0.outcome == nil }
    guard rest.isEmpty else {
      let done = again.count - rest.count
      answer.failures.append("Of \(count) that had failed, \(done) \(done == 1 ? "is" : "are") processed now.")
      answer.failures += rest.map { "\(Self.name($0)), \(words(for: $0))" }
      return
    }
    let lines = again.prefix(Self.maximumLines).map { "- \(Self.name($0))" as Markdown }
    let body: Markdown = """
      \(count) that had failed \(again.count == 1 ? "is" : "are") processed now:

      \(Markdown.joined(lines, separator: "\n"))
      """
    if let reply = processing.processor.reply(body, to: input) { answer.decisions.append(reply) }
  }

  private static func name(_ reopened: ReopenedEvent) -> Markdown {
    "\(Markdown.code(reopened.event.title)), event \(Markdown.code(reopened.event.id.text))"
  }

  private func words(for reopened: ReopenedEvent) -> String {
    guard processing.settings.mode == .live else { return "failed, and would be processed again" }
    switch reopened.outcome {
    case .failed?:
      let error = reopened.event.error.map { ": \($0.prefix(200))" } ?? ""
      return "failed again, at attempt \(reopened.event.attempts)\(error)"
    case nil: return "is in another run's hands"
    case .processed?, .duplicate?, .ignored?: return "had failed, and is processed now"
    }
  }
}
