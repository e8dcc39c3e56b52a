import Automation
import Domain
import Synchronization

/// What the store keeps of sweeps, in memory.
final class SweepMemory: AutomationSweepStore {
  struct State {
    var sweep = SweepState()
    var firstEventAt: Timestamp?
    var ownLogins: Set<String> = []
    var known: Set<EventIdentity> = []
    /// Another process is at work on them.
    var occupied: Set<EventIdentity> = []
    var unfinished: [UnfinishedVisit] = []
    var holder: SweepClaim?
    var records: [SweepState] = []
    var lookups = 0
  }

  let state = Mutex(State())

  func enterSweep(_ claim: SweepClaim) async throws -> SweepClaimResult {
    state.withLock { state in
      if let holder = state.holder, holder.worker != claim.deadWorker { return .occupied(worker: holder.worker) }
      state.holder = claim
      return .entered(
        SweepEntry(state: state.sweep, firstEventAt: state.firstEventAt, ownLogins: state.ownLogins))
    }
  }

  func recordSweep(_ sweep: SweepState, of claim: SweepClaim) async throws {
    try state.withLock { state in
      guard state.holder?.token == claim.token else { throw LeaseLost(subject: "The sweep") }
      state.sweep = sweep
      state.records.append(sweep)
    }
  }

  func renewSweep(_ claim: SweepClaim) async throws {}

  func leaveSweep(_ claim: SweepClaim) async throws {
    state.withLock { if $0.holder?.token == claim.token { $0.holder = nil } }
  }

  func knownIdentities(_ identities: [EventIdentity], mode: Settings.Mode) async throws -> Set<EventIdentity> {
    state.withLock {
      $0.lookups += 1
      return $0.known.intersection(identities)
    }
  }

  func unfinishedVisits(_ claim: SweepClaim) async throws -> [UnfinishedVisit] { state.withLock { $0.unfinished } }
}

/// Keeps what a sweep hands over, and tells the store that it is processed.
final class SweepRecorder: SweepHandler {
  let events = Mutex<[MissedEvent]>([])
  let visits = Mutex<[ScheduledVisit]>([])
  let memory: SweepMemory
  /// Called with how many were handed over before.
  let fault: @Sendable (Int) throws -> Void

  init(_ memory: SweepMemory, fault: @escaping @Sendable (Int) throws -> Void = { _ in }) {
    self.memory = memory
    self.fault = fault
  }

  func process(_ missed: MissedEvent) async throws -> Bool {
    try fault(events.withLock { $0.count })
    events.withLock { $0.append(missed) }
    return memory.state.withLock { state in
      guard !state.occupied.contains(missed.event.identity) else { return false }
      state.known.insert(missed.event.identity)
      return true
    }
  }

  func visit(_ visit: ScheduledVisit) async throws {
    try fault(visits.withLock { $0.count })
    visits.withLock { $0.append(visit) }
  }

  /// `#1 issues.labeled bug`, in the order in which they came.
  var words: [String] {
    events.withLock { events in
      events.map { missed in
        var detail = ""
        switch missed.event.payload {
        case .issue(_, let text?), .pullRequest(_, let text?): detail = " \(text)"
        case .comment(let comment, _, _): detail = " \(comment.id)"
        default: break
        }
        return "#\(missed.item.number) \(missed.event.name.rawValue).\(missed.event.action ?? "-")\(detail)"
      }
    }
  }

  var visited: [Int] { visits.withLock { $0.map(\.issue.number) } }
}

struct StillClock: WallClock {
  var now: Timestamp = SweptGitHub.time(1_000_000)
  func sleep(seconds: Double) async throws {}
}

struct FixedDeadline: Deadline {
  var remaining = Double.infinity
  var stopSignal: StopSignal?
}

/// One sweep after another of one repository.
struct SweepHarness {
  var github: SweptGitHub
  let memory = SweepMemory()
  var deadline: any Deadline = FixedDeadline()

  init(_ github: SweptGitHub) { self.github = github }

  func request(_ change: (inout AutomationSweepRequest) -> Void = { _ in }) throws -> AutomationSweepRequest {
    guard let repository = RepositoryName("octo/widgets") else { throw SweptGitHub.Unexpected(what: "name") }
    var request = AutomationSweepRequest(
      repository: repository, repositoryGitHubID: 42, mode: .live, since: SweptGitHub.time(-10), worker: "me")
    change(&request)
    return request
  }

  @discardableResult
  func sweep(
    _ recorder: SweepRecorder, _ change: (inout AutomationSweepRequest) -> Void = { _ in }
  ) async throws -> AutomationSweepResult {
    try await AutomationSweep(
      github: github, store: memory, clock: StillClock(), deadline: deadline, handler: recorder
    ).run(try request(change))
  }
}
