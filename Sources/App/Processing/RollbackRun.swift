import ActionsRuntime
import Automation
import Domain
import Execution
import Reporting
import Store

/// Takes back what a transaction, or a workflow run, did: everything is checked first, then written thread by thread.
///
/// Each thread's part is an event of its own in the ledger, so it is claimed, resumed after a kill and audited like any
/// other; the parts share one transaction, so that the rollback can be taken back as one.
struct RollbackRun {
  let session: Session
  let github: any GitHubAPI
  let store: Store
  let isForced: Bool
  /// Who wants it.
  let actor: String?

  /// A thread of the target, with what is to happen to it.
  struct Part: Sendable {
    var thread: ThreadKey
    var item: ItemReference
    var plan: RollbackPlan?
    /// Why there is no plan.
    var isGone = false
    /// Whether something of it was not carried out, and never will be.
    var isUnfinished = false
  }

  /// What would be done, thread by thread. Reads only.
  func parts(of target: RollbackTarget) async throws -> (transactions: Set<TransactionID>, parts: [Part]) {
    let actions = try await store.actions(of: target)
    guard !actions.isEmpty else {
      throw Failure(
        .usage, "Nothing was done by \(target.words)",
        advice: "Run `yardmaster actions` to see what was done, and by which transaction.")
    }
    let transactions = Set(actions.map(\.transaction))
    var threads: [ThreadKey] = []
    for action in actions where !threads.contains(action.thread) { threads.append(action.thread) }
    threads.sort { ($0.repository, $0.number) < ($1.repository, $1.number) }
    var parts: [Part] = []
    for thread in threads {
      guard let item = actions.last(where: { $0.thread == thread })?.action.decision.target else { continue }
      var part = Part(thread: thread, item: item)
      part.plan = try await plan(transactions, on: thread, at: item)
      part.isUnfinished = actions.contains { $0.thread == thread && $0.action.isUnfinished }
      part.isGone = part.plan == nil
      parts.append(part)
    }
    return (transactions, parts)
  }

  /// The plan for one thread, by what GitHub shows now; nil where the item is gone.
  func plan(
    _ transactions: Set<TransactionID>, on thread: ThreadKey, at item: ItemReference, by standing: Standing? = nil,
    reason: Reason? = nil
  ) async throws -> RollbackPlan? {
    let history = try await store.history(of: thread)
    let own = history.filter { transactions.contains($0.transaction) }
    let concerned = RollbackPlanner.concerned(by: transactions, in: history)
    // Clocks may differ by minutes.
    let since = (own.compactMap { $0.action.intendedAt }.min() ?? session.clock.now) - 300
    guard let reading = try await ThreadReader(github: github).read(item, changesSince: since) else { return nil }
    var bodies: [Int64: String] = [:]
    for id in RollbackPlanner.comments(of: concerned, in: history) {
      bodies[id] = try await ItemLookup(github: github).comment(id, in: item.repository)?.body
    }
    let planner = RollbackPlanner(
      history: history, current: reading.state, commentBodies: bodies,
      outsideChanges: OutsideChange.since(
        own, of: history, in: reading.changes, ownLogin: try await github.ownLogin),
      isForced: isForced)
    let words = actor.map { "@\($0)" } ?? "the command line"
    return planner.plan(
      transactions, on: thread, at: item,
      reason: reason ?? Reason(origin: "rollback", evidence: "asked for by \(words)"),
      standing: standing ?? Standing(will: .person, login: actor, moment: Moment(session.clock.now)))
  }

  /// Carries the plans out. Nothing is written where one of them meets a conflict.
  func carryOut(
    _ target: RollbackTarget, _ transactions: Set<TransactionID>, _ parts: [Part]
  ) async throws -> RollbackReport {
    let transaction = TransactionID.random()
    var parts = parts
    var left: [Int: (ClaimedEvent, [SettledAction])] = [:]
    for (index, part) in parts.enumerated() {
      guard let plan = part.plan, !plan.conflicts.isEmpty || plan.decisions.isEmpty else { continue }
      left[index] = try await goForward(on: plan, of: target, in: transaction)
      guard left[index] != nil else { continue }
      parts[index].plan = try await self.plan(transactions, on: part.thread, at: part.item)
      parts[index].isGone = parts[index].plan == nil
    }
    var report = RollbackReport(target: target.words, isDryRun: false)
    for part in parts { report.add(part) }
    for (index, (event, settled)) in left {
      report.transaction = event.transaction
      report.settle(index, settled)
    }
    guard !report.isRefused, !report.hasFailed else { return report }
    for (index, part) in parts.enumerated() {
      guard let plan = part.plan, !plan.decisions.isEmpty || part.isUnfinished else { continue }
      let (used, settled) = try await carryOut(plan, of: target, transactions, in: transaction)
      report.transaction = used
      report.settle(index, settled)
    }
    return report
  }

  /// What a killed run left between two requests of one write (a lock with another reason) looks as if somebody else had
  /// been there, and where all was written there is nothing to plan: it comes to its end first. nil where nothing was
  /// left.
  private func goForward(
    on plan: RollbackPlan, of target: RollbackTarget, in transaction: TransactionID
  ) async throws -> (ClaimedEvent, [SettledAction])? {
    let prefix = identityPrefix(of: target, on: plan.thread)
    let known = try await store.rollbacks(prefix)
    guard known.isOneOpen else { return nil }
    // Nothing but what was recorded.
    var plan = plan
    plan.decisions = []
    return try await carryOut(plan, as: EventIdentity(text: "\(prefix)\(known.finished)"), in: transaction)
  }

  private func identityPrefix(of target: RollbackTarget, on thread: ThreadKey) -> String {
    "\(target.identityPrefix)\(thread.repository)\u{1F}\(thread.number)\u{1F}"
  }

  /// A run that was killed may have left its own plan half done, or done and not ended. That comes first, as it was
  /// planned; then what is left by the thread's history, as an event of its own.
  private func carryOut(
    _ plan: RollbackPlan, of target: RollbackTarget, _ transactions: Set<TransactionID>, in transaction: TransactionID
  ) async throws -> (TransactionID, [SettledAction]) {
    let key = plan.thread
    let prefix = identityPrefix(of: target, on: key)
    var generation = try await store.rollbacks(prefix).finished
    var plan = plan
    while true {
      let identity = EventIdentity(text: "\(prefix)\(generation)")
      let (event, settled) = try await carryOut(plan, of: transactions, as: identity, in: transaction)
      guard !event.recorded.isEmpty, !settled.contains(where: { $0.failure != nil }),
        let rest = try await self.plan(transactions, on: key, at: plan.target), rest.conflicts.isEmpty,
        !rest.decisions.isEmpty
      else { return (event.transaction, settled) }
      plan = rest
      generation += 1
    }
  }

  private func carryOut(
    _ plan: RollbackPlan, of transactions: Set<TransactionID> = [], as identity: EventIdentity,
    in transaction: TransactionID
  ) async throws -> (ClaimedEvent, [SettledAction]) {
    let key = plan.thread
    var subject = LedgerSubject(
      identity: identity,
      name: "rollback", action: nil, repository: plan.target.repository, repositoryGitHubID: Int64(key.repository),
      number: key.number, actor: actor, run: session.environment.run, occurredAt: session.clock.now,
      thread: ThreadVisit(key: key))
    subject.transaction = transaction
    let entry = LedgerEntry(subject: subject, mode: .live, store: store)
    guard case .claimed(let claimed) = try await entry.claim() else {
      throw Failure(
        .unavailable, "Another run takes this back at the moment", advice: "Wait until it is done, and look again.")
    }
    let executor = Executor(github: github, journal: store, clock: session.clock)
    return try await entry.recording(claimed, log: session.log) {
      let (event, _) = try await entry.enter(claimed, in: session)
      let settled =
        if event.recorded.isEmpty {
          try await executor.carryOut(
            Intents(decisions: plan.decisions, withdrawn: transactions), for: event, mode: .live, actor: actor)
        } else {
          // Forward after a kill: what was planned then is what is done.
          try await executor.resume(event, actor: actor)
        }
      let failure = settled.lazy.compactMap(\.failure).first
      try await entry.finish(event, outcome: failure == nil ? .processed : .failed, error: failure)
      return (event, settled)
    }
  }
}

extension RollbackTarget {
  /// `transaction 3f…`, `run 42`.
  var words: String {
    switch self {
    case .transaction(let id): "transaction \(id.text)"
    case .run(let id): "run \(id)"
    }
  }

  var identityPrefix: String {
    switch self {
    case .transaction(let id): "rollback\u{1F}\(id.text)\u{1F}"
    case .run(let id): "rollback\u{1F}run:\(id)\u{1F}"
    }
  }
}

extension RollbackReport {
  mutating func add(_ part: RollbackRun.Part) {
    var item = Item(
      reference: part.item, isGone: part.isGone,
      steps: part.plan?.decisions.map { RunReport.Entry(decision: $0) } ?? [],
      conflicts: part.plan?.conflicts ?? [], irreversible: part.plan?.irreversible ?? [])
    item.doneBy = part.plan?.doneBy
    items.append(item)
  }

  mutating func settle(_ index: Int, _ settled: [SettledAction]) {
    // What a killed run left was brought to its end here.
    items[index].doneBy = nil
    items[index].steps = settled.map {
      RunReport.Entry(decision: $0.action.decision, status: $0.outcome.status, explanation: $0.outcome.explanation)
    }
  }
}
