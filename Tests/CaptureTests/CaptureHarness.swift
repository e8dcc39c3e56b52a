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

  func sync() async throws -> SyncResult {
    let job = try #require(store.state.job)
    return try await SyncRun(
      github: github, store: store, deadline: deadline, clock: clock, logger: silent, observer: notes
    ).run(job: job, runID: 1)
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
