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

  /// Waits out limits of GitHub's that end in time: planning holds no lease.
  ///
  /// Before it waits, the request is entered into the table, so that a run that ends meanwhile has lost nothing: the same
  /// request finds its row again, and so does the sweep. A row that is there already says from then on whose it is, also
  /// where GitHub does not answer.
  ///
  /// - Throws: `PlanWaits` where the limit does not end in time, and what the planner throws.
  func plan(_ request: PlanRequest) async throws -> Plan {
    let planner = Planner(github: github, store: store, clock: session.clock, logger: session.logger)
    let limits = LimitWait(deadline: session.deadline, clock: session.clock) { [log = session.log] moment in
      log.line("GitHub's rate limit holds until \(moment.description): planning waits for its end.")
    }
    var request = request
    do {
      return try await limits.run {
        do {
          return try await planner.plan(request)
        } catch let error as any UserFacingError where error.exitStatus == .unavailable && !(error is StoreError) {
          if let job = request.jobID { try await store.name(job, after: request.repository) }
          guard error is RateLimited, request.jobID == nil, let row = try await enter(request) else { throw error }
          request.jobID = row
          // One that was there before may have its chunks already.
          return try await planner.plan(request)
        }
      }
    } catch let limited as RateLimited {
      guard let job = request.jobID else { throw limited }
      throw PlanWaits(job: job, repository: request.repository, until: limited.until)
    }
  }

  /// The request's row, new or found again; nil where another lane has the same in hand.
  private func enter(_ request: PlanRequest) async throws -> JobID? {
    let (job, _) = try await store.enqueue(
      LaneJob(
        id: nil, repositoryID: try await store.repository(request.repository, githubID: nil),
        scope: request.scope ?? CaptureScope(window: .all), processor: request.processor, runID: request.runID,
        metadata: request.metadata))
    return job.processor == request.processor ? job.id : nil
  }

  /// What a sync did, and the report of it.
  struct Captured: Sendable {
    var result: SyncResult
    var report: SyncReport?
    /// The job's after the run; nil where there was no time to look.
    var status: Job.Status? { report?.progress.status }
  }

  /// Works on the job's chunks until none is left, time is up, or a signal comes.
  /// - Parameter cap: what the run may spend; nil for whatever GitHub grants.
  func sync(_ job: Job, cap: SpendingCap? = nil) async throws -> Captured {
    let narrator = CaptureNarrator(
      log: session.log, github: github, store: store, clock: session.clock, job: job.id)
    session.log.group("Capture of \(job.repository.description), job \(job.id.text)")
    let result: SyncResult
    do {
      defer { session.log.endGroup() }
      let run = SyncRun(
        github: github, store: store, deadline: session.deadline, clock: session.clock, logger: session.logger,
        observer: narrator, cap: cap)
      let runID = session.environment.runID
      result = try await narrator.watch { try await run.run(job: job, runID: runID) }
    }
    let left = result.remainingChunks
    let state = result.isComplete ? "the job is complete" : Figures.count(left, "chunk remains", "chunks remain")
    session.log.line(
      "Captured \(Figures.count(result.items, "item")) (\(Figures.count(result.rows, "row"))) in this run; \(state)."
    )
    let replaced = await store.replacedNULs()
    if replaced > 0 {
      session.log.line(
        "Characters U+0000, which Postgres cannot store, replaced by U+FFFD in this run: \(Figures.count(replaced)).")
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
    report.links = session.environment.runLinks
    report.balances = (try? await store.budget.balances()) ?? []
    // Counting everything that is stored is worth it after a walk of everything, not after one item.
    if result.isComplete, job.scope.provesTheWhole, let repository = job.repositoryID {
      report.proof = try? await store.proof(of: repository)
    }
    return Captured(result: result, report: report)
  }
}

/// GitHub's limit ends after this run must have; the job waits in the table, and the sweep plans it.
struct PlanWaits: UserFacingError {
  var job: JobID
  var repository: RepositoryName
  var until: Timestamp

  var exitStatus: ExitStatus { .unavailable }
  var problem: String { "GitHub's rate limit is used up until \(until), so job \(job) is not planned yet" }
  var advice: String {
    "Run `yardmaster plan --repository \(repository) --job-id \(job)` after that moment, or leave it to the sweep."
  }
}

extension SyncResult {
  var outputs: [(name: OutputName, value: String)] {
    [(.items, String(items)), (.remainingChunks, String(remainingChunks)), (.complete, String(isComplete))]
  }

  var exitStatus: ExitStatus {
    if case .signal(let signal) = stopped { signal.exitStatus } else { .done }
  }

  /// Why a run that leaves its job incomplete ended, and what comes next.
  /// - Parameter status: the job's after the run; nil where that is not known.
  func farewell(of job: JobID, status: Job.Status?) -> String? {
    let command = "`yardmaster sync --job-id \(job)`"
    switch stopped {
    case _ where isComplete: return nil
    case .cancelled, nil:
      if let status, !status.isOpen {
        return "The job is \(status.rawValue): nobody works on the chunks that are left."
      }
      return "Other processes hold the chunks that are left; `yardmaster status --job-id \(job)` shows them."
    case .signal(let signal):
      return "Ended by \(signal.name); the checkpoint is saved. Go on with \(command)."
    case .timeLimit: return "Time is up; the checkpoint is saved. Go on with \(command)."
    case .rateLimited(let until):
      return "The checkpoint is saved. Go on with \(command) after \(until), or leave the rest to the sweep."
    case .spent: return "What this run may spend is spent; the checkpoint is saved. Go on with \(command)."
    }
  }

  var reportedStop: SyncReport.Stop? {
    switch stopped {
    case .signal(let signal): .signal(signal)
    case .timeLimit: .timeUp
    case .rateLimited(let until): .limited(until: until)
    case .spent: .spent
    case .cancelled: .nothingFree
    case nil: isComplete ? nil : .nothingFree
    }
  }
}

extension CaptureScope {
  fileprivate var provesTheWhole: Bool { (window == .all || window == .full) && maxItems == nil }
}
