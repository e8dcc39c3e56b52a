import ActionsRuntime
import Capture
import Domain
import Markup
import Reporting
import Store

/// Planning and working on chunks, the same for `plan`, `sync` and a dispatched `run`.
struct HistoryRun {
  let session: Session
  let github: any GitHubAPI
  let store: Store

  func plan(_ request: PlanRequest) async throws -> Plan {
    try await Planner(github: github, store: store, clock: session.clock, logger: session.logger).plan(request)
  }

  /// Works on the job's chunks until none is left, time is up, or a signal comes.
  func sync(_ job: Job) async throws -> SyncResult {
    session.log.group("Capture \(job.repository.description), job \(job.id.text)")
    defer { session.log.endGroup() }
    let run = SyncRun(
      github: github, store: store, deadline: session.deadline, clock: session.clock, logger: session.logger,
      observer: SyncProgress(log: session.log))
    return try await run.run(job: job, runID: session.environment.runID)
  }
}

extension SyncResult {
  var outputs: [(name: OutputName, value: String)] {
    [
      (.items, String(items)), (.remainingChunks, String(remainingChunks)), (.complete, String(isComplete)),
    ]
  }
}
