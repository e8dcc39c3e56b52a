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

  struct Answer {
    var decisions: [Decision] = []
    /// Why a request could not be carried out. Untrusted.
    var failures: [String] = []

    mutating func tell(irreversible: [String]) { failures += irreversible.map { "It cannot be undone: \($0)." } }
  }

  /// Of an event that an earlier attempt has recorded something of, only what is said about an undo: nothing else tells
  /// that it was refused, or what could not be undone, and the answer may be missing.
  func carryOut(_ requests: [CommandRequest]) async throws -> Answer {
    var answer = Answer()
    for request in requests where claimed.recorded.isEmpty || request.isUndo {
      switch request {
      case .undo(let transaction): try await undo(transaction, &answer)
      case .explain: try await explain(&answer)
      case .reprocess: reprocess(&answer)
      }
    }
    return answer
  }

  // MARK: /undo

  private func undo(_ named: TransactionID?, _ answer: inout Answer) async throws {
    guard let thread = claimed.thread else { return }
    // What an earlier attempt has undone belongs to this undo.
    let history = try await processing.store.history(of: thread.key).before(claimed.transaction)
    guard let transaction = named ?? Self.last(in: history, besides: claimed.transaction) else {
      return answer.failures.append("There is nothing that could be undone here.")
    }
    guard history.contains(where: { $0.transaction == transaction }) else {
      return answer.failures.append("Transaction \(transaction.text) did nothing here.")
    }
    let concerned = Set(RollbackPlanner.concerned(by: [transaction], in: history).map(\.action.id))
    if claimed.recorded.contains(where: { !concerned.isDisjoint(with: $0.decision.undoes) }) {
      return answer.tell(irreversible: RollbackPlanner.irreversible(of: [transaction], in: history))
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
      answer.failures.append("Nothing was undone, because others changed something since:")
      answer.failures += plan.conflicts
      return
    }
    if plan.decisions.isEmpty { answer.failures.append("Transaction \(transaction.text) is undone already.") }
    answer.decisions += plan.decisions
    answer.tell(irreversible: plan.irreversible)
  }

  /// The newest transaction that wrote something that stands, and that is no undo itself.
  static func last(in history: [RecordedAction], besides own: TransactionID) -> TransactionID? {
    let undos = Set(history.filter(\.isUndo).map(\.transaction))
    return history.last { recorded in
      guard recorded.isLive, recorded.transaction != own, !undos.contains(recorded.transaction) else { return false }
      // An answer to a command is nothing that anybody would want to undo by itself.
      return recorded.action.decision.reason.origin != CommandDeliberation.acknowledgementOrigin
    }?.transaction
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
          recorded.isLive ? "done" : "undone", .code(recorded.transaction.text),
        ]
      }
      if !rows.isEmpty { blocks.append(.table(header: ["Done here", "Why", "", "Transaction"], rows: rows)) }
    }
    if let reply = processing.processor.reply(.blocks(blocks), to: input) { answer.decisions.append(reply) }
  }

  /// The rules once more, as if the item had just been opened: what came of them before shows on GitHub, or was taken
  /// back by somebody, and gives way.
  private func reprocess(_ answer: inout Answer) {
    var again = input
    again.trigger = Rule.Trigger(input.issue.isPullRequest ? .pullRequest : .issues, "opened")
    again.comment = nil
    again.isRulesOnly = true
    again.happenedAt = again.issue.createdAt
    answer.decisions += processing.processor.decide(again).deliberation.decisions
  }
}

extension CommandRequest {
  fileprivate var isUndo: Bool { if case .undo = self { true } else { false } }
}
