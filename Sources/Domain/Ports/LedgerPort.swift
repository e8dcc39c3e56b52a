/// The ledger of events: who processes what, once, and one at a time on each thread.
public protocol EventLedger: Sendable {
  /// Takes the event for this process, or says who has it. Re-claims one whose attempt failed or whose lease ended.
  ///
  /// An event on a thread takes the thread too, where nobody else works on it.
  func claim(_ claim: EventClaim) async throws -> ClaimResult

  /// Takes the thread of a claimed event that another process had. Renews the event's lease.
  ///
  /// - Parameter deadWorker: the holder, where it is known to be dead: it need not be waited for.
  func enter(_ event: ClaimedEvent, of claim: EventClaim, deadWorker: String?) async throws -> ClaimedEvent

  /// Records how the event ended, with the audit entry that says so, and gives the thread back. Throws `LeaseLost` where
  /// another took it over.
  ///
  /// One that failed is due again after a while, and becomes a dead letter where it failed too often.
  ///
  /// - Parameter payload: what somebody without an event file needs to try a failed event again; nil to leave what is kept
  ///   from an earlier attempt.
  func finish(
    _ event: ClaimedEvent, outcome: EventOutcome, error: String?, payload: EventPayload?, audit: AuditEntry
  ) async throws
}

public struct EventClaim: Sendable {
  public var id: EventID
  public var identity: EventIdentity
  public var name: String
  public var action: String?
  public var repository: RepositoryName
  public var repositoryGitHubID: Int64?
  public var number: Int?
  /// Whose doing it is that the event is processed: whoever counts as having asked for it.
  public var actor: String?
  /// Whom the event shows in their place, where somebody had it processed by hand.
  public var onBehalfOf: String?
  public var run: RunContext
  public var mode: Settings.Mode
  /// Names this process, so that another one on the same machine can tell whether it still lives.
  public var worker: String
  /// A worker that is known to be dead: what it left open may be taken over although its lease has not ended.
  public var deadWorker: String?
  /// Seconds after which another process may take the event over.
  public var lease: Int
  /// Where the event is decided on alone; nil for what decides nothing about an item.
  public var thread: ThreadVisit?
  /// When it happened on GitHub, where the payload tells.
  public var occurredAt: Timestamp?
  /// The transaction that the event's actions belong to where it is not one of its own. An event that is taken over keeps
  /// the one that it has.
  public var transaction: TransactionID?

  public init(
    id: EventID, identity: EventIdentity, name: String, action: String?, repository: RepositoryName,
    repositoryGitHubID: Int64?, number: Int?, actor: String?, run: RunContext, mode: Settings.Mode, worker: String,
    deadWorker: String? = nil, lease: Int = 600, thread: ThreadVisit? = nil, occurredAt: Timestamp? = nil,
    transaction: TransactionID? = nil
  ) {
    self.id = id
    self.identity = identity
    self.name = name
    self.action = action
    self.repository = repository
    self.repositoryGitHubID = repositoryGitHubID
    self.number = number
    self.actor = actor
    self.run = run
    self.mode = mode
    self.worker = worker
    self.deadWorker = deadWorker
    self.lease = lease
    self.thread = thread
    self.occurredAt = occurredAt
    self.transaction = transaction
  }
}

/// What an event brings to its thread, and wants to know of it.
public struct ThreadVisit: Hashable, Sendable {
  public var key: ThreadKey
  /// The comment whose commands are asked for; 0 for the item's body; nil for none.
  public var textID: Int64?
  /// What the event shows that somebody wrote to the item's facets. Recorded before anything is decided.
  public var observed: [Facet: FacetRecord]
  /// The item's version that the event shows.
  public var version: Timestamp?
  /// What the event's text links to; nil where its text was not read. Recorded before anything is decided.
  public var said: SaidLinks?
  /// Whether what is linked to the item, and whether its actor was here before, is asked for too; unknown else.
  public var looksAround: Bool
  /// Seconds after which another process may enter the thread unless this one renews. Every write of an attempt does.
  public var lease: Int

  public init(
    key: ThreadKey, textID: Int64? = nil, observed: [Facet: FacetRecord] = [:], version: Timestamp? = nil,
    said: SaidLinks? = nil, looksAround: Bool = true, lease: Int = 180
  ) {
    self.key = key
    self.textID = textID
    self.observed = observed
    self.version = version
    self.said = said
    self.looksAround = looksAround
    self.lease = lease
  }
}

public enum ClaimResult: Sendable {
  case claimed(ClaimedEvent)
  /// Processed before, or in another process's hands.
  /// `worker`: who has it, where its outcome is still open.
  case duplicate(of: EventID, outcome: EventOutcome?, runID: Int64, worker: String?)
}

/// An event that this process works on.
public struct ClaimedEvent: Hashable, Sendable {
  public var id: EventID
  public var repository: RepositoryName
  /// The fencing token: it grows with every claim, and every write names it.
  public var attempt: Int
  public var transaction: TransactionID
  /// Actions that an earlier attempt decided on; where there are any, nothing is decided anew.
  public var recorded: [Action]
  /// What tells this claim from every other one; empty where it does not matter.
  public var claim: String
  /// Where it is decided on, and what is known of that; nil for events without a thread.
  public var thread: ClaimedThread?

  public init(
    id: EventID, repository: RepositoryName, attempt: Int, transaction: TransactionID, recorded: [Action],
    claim: String = "", thread: ClaimedThread? = nil
  ) {
    self.id = id
    self.repository = repository
    self.attempt = attempt
    self.transaction = transaction
    self.recorded = recorded
    self.claim = claim
    self.thread = thread
  }
}

/// A thread on the way to being worked on by one process alone.
public struct ClaimedThread: Hashable, Sendable {
  public var key: ThreadKey
  /// Seconds from the last renewal after which somebody else may be at work.
  public var lease: Int
  public var standing: Standing

  public init(key: ThreadKey, lease: Int, standing: Standing) {
    self.key = key
    self.lease = lease
    self.standing = standing
  }

  public enum Standing: Hashable, Sendable {
    case entered(ThreadContext)
    /// Somebody else is at work; `worker` names the process.
    case occupied(worker: String?)
  }
}

/// The output `outcome`, and `events.outcome`.
public enum EventOutcome: String, Hashable, Sendable, Codable {
  case processed, duplicate, ignored, failed
}

/// Intents and outcomes of effects.
public protocol ActionJournal: Sendable {
  /// Records what was decided, all or nothing, behind what the event has recorded already. A decision whose once-key is
  /// taken comes back as `skipped`. The first action that is not skipped counts as begun.
  func intend(_ intents: Intents, for event: ClaimedEvent, dryRun: Bool) async throws -> [Action]

  /// Notes that an action's request is about to be sent, and renews the leases. Throws `LeaseLost` where another process
  /// took the event or its thread over.
  func begin(_ action: Action, for event: ClaimedEvent) async throws

  /// Records how one action ended, with its audit entry, and what it wrote; the next one is begun. Throws `LeaseLost`.
  func settle(
    _ action: Action, as outcome: ActionOutcome, for event: ClaimedEvent, audit: AuditEntry, beginning next: Action?
  ) async throws
}

extension ActionJournal {
  public func intend(_ decisions: [Decision], for event: ClaimedEvent, dryRun: Bool) async throws -> [Action] {
    try await intend(Intents(decisions: decisions), for: event, dryRun: dryRun)
  }

  /// With nothing to follow.
  public func settle(
    _ action: Action, as outcome: ActionOutcome, for event: ClaimedEvent, audit: AuditEntry
  ) async throws {
    try await settle(action, as: outcome, for: event, audit: audit, beginning: nil)
  }
}

/// What one deliberation leaves to be carried out, and what was read on the way.
public struct Intents: Hashable, Sendable {
  public var decisions: [Decision]
  public var commands: [ReadCommand]
  /// What was wanted and is there already: recorded as written, with no effect. Not of a dry run.
  public var confirmed: [Facet: FacetRecord]
  /// Transactions that are taken back: what was not carried out of them on the event's thread never will be. Not of a dry
  /// run.
  public var withdrawn: Set<TransactionID>

  public init(
    decisions: [Decision] = [], commands: [ReadCommand] = [], confirmed: [Facet: FacetRecord] = [:],
    withdrawn: Set<TransactionID> = []
  ) {
    self.decisions = decisions
    self.commands = commands
    self.confirmed = confirmed
    self.withdrawn = withdrawn
  }

  public var isEmpty: Bool { decisions.isEmpty && commands.isEmpty && withdrawn.isEmpty }
}

/// A command of a text, and what became of it.
public struct ReadCommand: Hashable, Sendable {
  public var record: CommandRecord
  /// The comment's id; 0 for the item's body.
  public var textID: Int64
  /// From 1.
  public var line: Int
  public var login: String?
  public var moment: Moment
  public var verdict: Verdict
  /// Why, where it was not accepted.
  public var explanation: String?

  public init(
    record: CommandRecord, textID: Int64, line: Int, login: String?, moment: Moment, verdict: Verdict,
    explanation: String? = nil
  ) {
    self.record = record
    self.textID = textID
    self.line = line
    self.login = login
    self.moment = moment
    self.verdict = verdict
    self.explanation = explanation
  }

  /// `commands.verdict`.
  public enum Verdict: String, Hashable, Sendable, Codable {
    case accepted
    /// Its author may not.
    case refused
    /// It cannot be understood.
    case mistake
    /// Something newer stands against it.
    case superseded
    /// One of too many.
    case flood
  }
}

/// One line of the append-only audit log; sequence, hashes and time are added by the store.
public struct AuditEntry: Hashable, Sendable {
  public enum Severity: String, Hashable, Sendable, Codable { case info, warning, error }

  /// `event`, `action`, `capture`, …
  public var eventType: String
  public var severity: Severity
  public var actor: String?
  public var repository: RepositoryName
  public var actionType: String
  public var before: JSONValue
  public var after: JSONValue
  public var success: Bool
  public var metadata: JSONValue
  /// Whom the texts in `before`, `after` and `metadata` may name as `@login`, besides the actor. Not part of the log:
  /// where it holds pseudonyms, these are replaced. See `Pseudonyms` in the store for logins that need no naming here.
  public var mentions: [String]

  public init(
    eventType: String, severity: Severity, actor: String?, repository: RepositoryName, actionType: String,
    before: JSONValue = .null, after: JSONValue = .null, success: Bool, metadata: JSONValue = .object([:]),
    mentions: [String] = []
  ) {
    self.eventType = eventType
    self.severity = severity
    self.actor = actor
    self.repository = repository
    self.actionType = actionType
    self.before = before
    self.after = after
    self.success = success
    self.metadata = metadata
    self.mentions = mentions
  }
}

extension AuditEntry {
  /// Whom the event shows in the actor's place, where the actor had it processed by hand. Stands in the metadata.
  public var onBehalfOf: String? {
    get { metadata["on_behalf_of"]?.string }
    set {
      guard case .object(var members) = metadata else { return }
      members["on_behalf_of"] = newValue.map(JSONValue.string)
      metadata = .object(members)
    }
  }
}
