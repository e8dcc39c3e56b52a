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

  /// What a sync did, and the report of it.
  struct Captured: Sendable {
    var result: SyncResult
    var report: SyncReport?
  }

  /// Works on the job's chunks until none is left, time is up, or a signal comes.
  func sync(_ job: Job) async throws -> Captured {
    let narrator = CaptureNarrator(log: session.log)
    session.log.group("Capture of \(job.repository.description), job \(job.id.text)")
    let result: SyncResult
    do {
      defer { session.log.endGroup() }
      let run = SyncRun(
        github: github, store: store, deadline: session.deadline, clock: session.clock, logger: session.logger,
        observer: narrator)
      let runID = session.environment.runID
      result = try await run.run(job: job, runID: runID)
    }
    let remaining = result.remainingChunks
    let state: LogText =
      result.isComplete ? "the job is complete" : "\(remaining) \(remaining == 1 ? "chunk remains" : "chunks remain")"
    session.log.line("Captured \(result.items) items (\(result.rows) rows) in this run; \(state).")
    let replaced = await store.replacedNULs()
    if replaced > 0 {
      session.log.line("Characters U+0000, which Postgres cannot store, replaced by U+FFFD in this run: \(replaced).")
    }
    // A process that was asked to end has a second: the report can do without the job's chunks then.
    guard session.deadline.stopSignal == nil, let progress = try await store.progress(of: job.id).first else {
      return Captured(result: result, report: nil)
    }
    var report = SyncReport(progress: progress, now: session.clock.now)
    report.items = result.items
    report.rows = result.rows
    report.pages = result.pages
    report.chunksCompleted = result.chunksCompleted
    report.usage = await github.usage
    report.duration = session.deadline.elapsed
    report.resumedFrom = narrator.resumedFrom
    report.stop = result.reportedStop
    return Captured(result: result, report: report)
  }
}

extension SyncResult {
  var outputs: [(name: OutputName, value: String)] {
    [(.items, String(items)), (.remainingChunks, String(remainingChunks)), (.complete, String(isComplete))]
  }

  var exitStatus: ExitStatus {
    if case .signal(let signal) = stopped { signal.exitStatus } else { .done }
  }

  fileprivate var reportedStop: SyncReport.Stop? {
    switch stopped {
    case .signal(let signal): .signal(signal)
    case .timeLimit: .timeUp
    case .rateLimited, .cancelled: .nothingFree
    case nil: isComplete ? nil : .nothingFree
    }
  }
}
