import ActionsRuntime
import Cryptography
import Domain
import Markup
import Reporting
import Store

/// What the ledger knows an event by: one from GitHub, or one of Yardmaster's own making (a rollback).
struct LedgerSubject: Sendable {
  var identity: EventIdentity
  var name: String
  var action: String?
  var repository: RepositoryName
  var repositoryGitHubID: Int64?
  var number: Int?
  /// Whose doing it is that this is processed.
  var actor: String?
  /// Whom the event shows in their place, where somebody had it processed by hand.
  var onBehalfOf: String?
  var run: RunContext
  var occurredAt: Timestamp?
  /// Where it is decided on alone; nil for what decides nothing about an item.
  var thread: ThreadVisit?
  /// Where it belongs to a transaction that others belong to as well; nil for one of its own.
  var transaction: TransactionID?

  init(
    identity: EventIdentity, name: String, action: String?, repository: RepositoryName, repositoryGitHubID: Int64?,
    number: Int?, actor: String?, run: RunContext, occurredAt: Timestamp? = nil, thread: ThreadVisit? = nil
  ) {
    self.identity = identity
    self.name = name
    self.action = action
    self.repository = repository
    self.repositoryGitHubID = repositoryGitHubID
    self.number = number
    self.actor = actor
    self.run = run
    self.occurredAt = occurredAt
    self.thread = thread
  }

  init(_ event: Event, thread: ThreadVisit? = nil) {
    self.init(
      identity: event.identity, name: event.name.rawValue, action: event.action, repository: event.repository,
      repositoryGitHubID: event.repositoryGitHubID, number: event.number, actor: event.sender?.login, run: event.run,
      occurredAt: event.occurredAt, thread: thread)
  }
}

/// An event's row in the ledger, from its claim to its outcome.
struct LedgerEntry {
  let subject: LedgerSubject
  let mode: Settings.Mode
  let store: Store
  /// What the event came as, for whoever tries again what failed.
  let payload: @Sendable () -> EventPayload?

  init(
    subject: LedgerSubject, mode: Settings.Mode, store: Store,
    payload: @escaping @Sendable () -> EventPayload? = { nil }
  ) {
    self.subject = subject
    self.mode = mode
    self.store = store
    self.payload = payload
  }

  init(event: Event, mode: Settings.Mode, store: Store) {
    self.init(subject: LedgerSubject(event), mode: mode, store: store)
  }

  private func makeClaim() -> EventClaim {
    let id = EventID(bytes: sha256(Array("\(mode.rawValue)\u{1F}\(subject.identity.text)".utf8)), version: 8)
    var claim = EventClaim(
      id: id, identity: subject.identity, name: subject.name, action: subject.action, repository: subject.repository,
      repositoryGitHubID: subject.repositoryGitHubID, number: subject.number, actor: subject.actor, run: subject.run,
      mode: mode, worker: ProcessIdentity.own.text, thread: subject.thread, occurredAt: subject.occurredAt,
      transaction: subject.transaction)
    claim.onBehalfOf = subject.onBehalfOf
    return claim
  }

  /// Takes the event, also from a process that was killed on this machine: nobody else would settle what it left.
  func claim() async throws -> ClaimResult {
    var claim = makeClaim()
    let result = try await store.claim(claim)
    guard case .duplicate(_, nil, _, let worker?) = result, ProcessIdentity.isKnownDead(worker) else { return result }
    claim.deadWorker = worker
    return try await store.claim(claim)
  }

  /// Seconds after which a run gives up waiting for another one to be done with the thread. Longer than a lease, so that
  /// one that a killed process left ends meanwhile.
  private static let patience = 240.0

  /// Waits for the event's thread, until no other process decides on it.
  ///
  /// - Throws: `Failure` with exit status 75 where that takes too long; nothing is lost.
  func enter(_ claimed: ClaimedEvent, in session: Session) async throws -> (ClaimedEvent, ThreadContext) {
    var event = claimed
    var waited = 0.0
    var pause = 0.05
    let claim = makeClaim()
    while let thread = event.thread {
      guard case .occupied(let worker) = thread.standing else {
        if case .entered(let context) = thread.standing { return (event, context) }
        break
      }
      let deadWorker = worker.flatMap { ProcessIdentity.isKnownDead($0) ? $0 : nil }
      if deadWorker == nil {
        guard waited < min(Self.patience, session.deadline.remaining - 10) else {
          throw Failure(
            .unavailable, "Another run is at work on #\(subject.number ?? 0), and has been for \(Int(waited)) seconds",
            advice: "Run the job again: it goes on once the other one is done.")
        }
        if waited == 0 { session.log.line("Another run is at work on #\(subject.number ?? 0): waiting for it.") }
        try await session.clock.sleep(seconds: pause)
        waited += pause
        pause = min(pause * 1.5, 1)
      }
      event = try await store.enter(event, of: claim, deadWorker: deadWorker)
    }
    return (event, ThreadContext())
  }

  /// Takes the thread once more, after it was left, with what is known of it now.
  func enterAgain(_ claimed: ClaimedEvent, in session: Session) async throws -> (ClaimedEvent, ThreadContext) {
    try await enter(try await store.enter(claimed, of: makeClaim(), deadWorker: nil), in: session)
  }

  func finish(_ claimed: ClaimedEvent, outcome: EventOutcome, error: String?) async throws {
    var audit = AuditEntry(
      eventType: "event", severity: outcome == .failed ? .error : .info, actor: subject.actor,
      repository: subject.repository, actionType: subject.name, success: outcome != .failed,
      metadata: [
        "action": subject.action.map(JSONValue.string) ?? .null, "outcome": .string(outcome.rawValue),
        "number": subject.number.map { .integer(Int64($0)) } ?? .null, "mode": .string(mode.rawValue),
        "run_id": .integer(subject.run.runID), "attempt": .integer(Int64(subject.run.attempt)),
        "error": error.map(JSONValue.string) ?? .null,
      ])
    audit.onBehalfOf = subject.onBehalfOf
    try await store.finish(
      claimed, outcome: outcome, error: error, payload: outcome == .failed ? payload() : nil, audit: audit)
  }

  /// Works on the event and, where that fails, records the failure. A cancelled event is left unfinished on purpose: the
  /// re-run finds what was recorded and goes on with it. One that another process took over is that process's.
  func work(
    on claimed: ClaimedEvent, log: RunLog, _ body: () async throws -> EventResult
  ) async throws -> EventResult {
    do {
      return try await recording(claimed, log: log, body)
    } catch let lost as LeaseLost {
      var result = EventResult(outcome: .duplicate)
      result.eventID = claimed.id
      result.reason = lost.problem
      result.isOccupied = true
      return result
    }
  }

  /// The same for what is no event from GitHub: `LeaseLost` is the caller's to tell.
  func recording<Value>(_ claimed: ClaimedEvent, log: RunLog, _ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let lost as LeaseLost {
      throw lost
    } catch is CancellationError {
      // Out of the cancelled task: others need not wait for the thread until its lease ends.
      let store = store
      await Task { try? await store.leave(claimed) }.value
      throw CancellationError()
    } catch {
      do {
        try await finish(claimed, outcome: .failed, error: Fault(error).sentences)
      } catch {
        log.warning("The failure could not be recorded: \(Fault(error).sentences)")
        // Nor may the next event on the item wait for this one.
        try? await store.leave(claimed)
      }
      throw error
    }
  }
}
