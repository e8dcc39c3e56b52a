/// Where the sweep of a repository's automation stands: all that survives a kill.
public struct SweepState: Hashable, Sendable {
  /// Everything that happened up to here was processed, by GitHub's clock; nil before the first walk ended.
  public var cursor: Timestamp?
  /// The walk over what changed, where one is under way.
  public var changes: SweepWalk?
  /// The walk over what is open, for the rules that go by time, where one is under way.
  public var round: SweepWalk?
  /// When the last complete walk over what is open began.
  public var roundStartedAt: Timestamp?
  /// What GitHub would not show: the next walk over what changed asks for it again.
  public var unshown: [UnshownItem]

  public init(
    cursor: Timestamp? = nil, changes: SweepWalk? = nil, round: SweepWalk? = nil, roundStartedAt: Timestamp? = nil,
    unshown: [UnshownItem] = []
  ) {
    self.cursor = cursor
    self.changes = changes
    self.round = round
    self.roundStartedAt = roundStartedAt
    self.unshown = unshown
  }
}

/// A walk over lists of items, page by page.
public struct SweepWalk: Hashable, Sendable, Codable {
  /// By GitHub's clock.
  public var startedAt: Timestamp
  /// What changed: from here on. What is open: what has not changed since.
  public var bound: Timestamp
  public var part: Part
  /// GitHub's cursor behind the last page whose events were processed; nil at the part's beginning.
  public var page: String?

  public init(startedAt: Timestamp, bound: Timestamp, part: Part, page: String? = nil) {
    self.startedAt = startedAt
    self.bound = bound
    self.part = part
    self.page = page
  }

  /// The lists, in their order.
  public enum Part: String, Hashable, Sendable, Codable, CaseIterable {
    case changedIssues = "changed_issues"
    case changedPullRequests = "changed_pull_requests"
    case openIssues = "open_issues"
    case openPullRequests = "open_pull_requests"

    public var isOfPullRequests: Bool { self == .changedPullRequests || self == .openPullRequests }
    /// Whether it is walked over for what happened, rather than for the rules that go by time.
    public var isOfChanges: Bool { self == .changedIssues || self == .changedPullRequests }
  }
}

/// An item that GitHub would not show, or that another process was at work on.
public struct UnshownItem: Hashable, Sendable, Codable {
  public var number: Int
  /// From when on its happenings are unknown.
  public var since: Timestamp
  /// GitHub's words. Untrusted.
  public var reason: String
  /// Whether another process had an event of it; nil for no.
  public var isOccupied: Bool?

  public init(number: Int, since: Timestamp, reason: String, isOccupied: Bool? = nil) {
    self.number = number
    self.since = since
    self.reason = reason
    self.isOccupied = isOccupied
  }
}

/// A visit for the rules that go by time that did not come to its end.
public struct UnfinishedVisit: Hashable, Sendable {
  public var number: Int
  /// When the round began that it is a part of.
  public var round: Timestamp

  public init(number: Int, round: Timestamp) {
    self.number = number
    self.round = round
  }
}

/// Asks for the sweep of a repository, which one process at a time may make.
public struct SweepClaim: Hashable, Sendable {
  /// As in ``ThreadKey/repository``.
  public var repositoryKey: String
  /// A dry run's cursor is not a live run's.
  public var mode: Settings.Mode
  /// Chosen by the process; its writes name it.
  public var token: Identifier<SweepState>
  /// Names this process, so that another one on the same machine can tell whether it still lives.
  public var worker: String
  /// A worker that is known to be dead: its lease need not be waited for.
  public var deadWorker: String?
  /// Seconds after which another process may take over, unless this one renews. Every write does.
  public var lease: Int

  public init(
    repositoryKey: String, mode: Settings.Mode, token: Identifier<SweepState> = .random(), worker: String,
    deadWorker: String? = nil, lease: Int = 300
  ) {
    self.repositoryKey = repositoryKey
    self.mode = mode
    self.token = token
    self.worker = worker
    self.deadWorker = deadWorker
    self.lease = lease
  }
}

/// What a process that may sweep has to know.
public struct SweepEntry: Hashable, Sendable {
  public var state: SweepState
  /// When the first event of the repository happened that was processed in this mode.
  public var firstEventAt: Timestamp?
  /// Logins under which Yardmaster itself acts, in lower case.
  public var ownLogins: Set<String>

  public init(state: SweepState, firstEventAt: Timestamp? = nil, ownLogins: Set<String> = []) {
    self.state = state
    self.firstEventAt = firstEventAt
    self.ownLogins = ownLogins
  }
}

public enum SweepClaimResult: Hashable, Sendable {
  case entered(SweepEntry)
  /// Somebody else is at it.
  case occupied(worker: String?)
}

/// What a sweep of the automation keeps, and asks of the ledger. Implemented by the `Store` module.
public protocol AutomationSweepStore: Sendable {
  func enterSweep(_ claim: SweepClaim) async throws -> SweepClaimResult

  /// Records where the sweep stands, and renews its lease. Throws `LeaseLost`.
  func recordSweep(_ state: SweepState, of claim: SweepClaim) async throws

  /// Renews the lease while a page takes long. Throws `LeaseLost`.
  func renewSweep(_ claim: SweepClaim) async throws

  /// Gives the lease back; what was recorded stays.
  func leaveSweep(_ claim: SweepClaim) async throws

  /// Those of the events that need no processing: they came to an end other than failure.
  func knownIdentities(_ identities: [EventIdentity], mode: Settings.Mode) async throws -> Set<EventIdentity>

  /// Visits of the last days that were cut off, or failed and are due again.
  func unfinishedVisits(_ claim: SweepClaim) async throws -> [UnfinishedVisit]
}
