import Capture
import Domain
import Synchronization
import Testing

/// A planned job over a model, and runs of it.
struct CaptureHarness {
  let github: FakeGitHub
  let store: FakeStore
  let clock: FakeClock
  let deadline: FakeDeadline
  let notes: Notes

  init(
    _ model: ModelRepository, clock: FakeClock = FakeClock(), deadline: FakeDeadline = FakeDeadline(),
    notes: Notes = Notes(),
    github gate: @escaping @Sendable (FakeGitHub.Call) async throws -> FakeGitHub.Fault? = { _ in nil },
    store storeGate: @escaping @Sendable (String, Bool) async throws -> Void = { _, _ in }
  ) {
    self.clock = clock
    self.deadline = deadline
    self.notes = notes
    github = FakeGitHub(model, gate: gate)
    store = FakeStore(clock: clock, gate: storeGate)
  }

  var planner: Planner { Planner(github: github, store: store, clock: clock, logger: silent) }

  func plan(
    _ window: CaptureScope.Window = .all, maxItems: Int? = nil, chunkSize: Int? = nil, jobs: Int? = nil
  ) async throws -> Plan {
    try await planner.plan(
      PlanRequest(
        repository: try name("acme/widget"), scope: CaptureScope(window: window, maxItems: maxItems),
        chunkSize: chunkSize, jobs: jobs, runID: 1))
  }

  func sync(cap: SpendingCap? = nil) async throws -> SyncResult {
    try await sync(try #require(store.state.job), cap: cap)
  }

  func sync(_ job: Job, cap: SpendingCap? = nil) async throws -> SyncResult {
    try await SyncRun(
      github: github, store: store, deadline: deadline, clock: clock, logger: silent, observer: notes, cap: cap
    ).run(job: job, runID: 1)
  }

  func sweep(auditCap: SpendingCap? = SpendingCap(points: 1_000, requests: 1_000)) async throws -> SweepResult {
    let sweep = Sweep(
      github: github, store: store, deadline: deadline, clock: clock, logger: silent, worker: Worker(harness: self))
    return try await sweep.run(
      SweepRequest(repository: try name("acme/widget"), auditCap: auditCap, runID: 1))
  }

  private struct Worker: JobWorker {
    let harness: CaptureHarness

    func begin(_ repository: RepositoryID) async throws {}

    func work(on job: Job, as part: SweepPart, cap: SpendingCap?) async throws -> SyncResult {
      harness.notes.note("\(part.rawValue) of \(job.scope.window)")
      return try await harness.sync(job, cap: cap)
    }
    func note(_ text: String) { harness.notes.note(text) }
    func waiting(until moment: Timestamp) { harness.notes.note("waiting until \(moment)") }
  }
}

/// Counts calls, and from the chosen one on answers every call as a dead process would: not at all.
final class KillSwitch: Sendable {
  struct Killed: Error {}
  private let state = Mutex<(count: Int, at: Int?)>((0, nil))

  var count: Int { state.withLock { $0.count } }
  func arm(at call: Int?) { state.withLock { $0 = (0, call) } }

  func pass() throws {
    try state.withLock { state in
      state.count += 1
      if let at = state.at, state.count >= at { throw Killed() }
    }
  }
}
