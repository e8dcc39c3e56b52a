import ActionsRuntime
import Capture
import Domain
import Markup
import Reporting
import Store
import Synchronization

/// One sweep, with its report.
final class SweepRun: JobWorker {
  private struct Spent: Sendable {
    var items = 0
    var rows = 0
    var points = 0
    var requests = 0
    var cap: SpendingCap?
  }

  private struct State: Sendable {
    var spent: [JobID: Spent] = [:]
    var proofBefore: CaptureProof?
    var notes: [String] = []
  }

  private let history: HistoryRun
  private let state = Mutex(State())
  private var session: Session { history.session }

  init(_ history: HistoryRun) { self.history = history }

  /// - Parameter auditCap: nil for a quarter of an hour's quota.
  func run(_ repository: RepositoryName, auditCap: SpendingCap?) async throws -> SweepResult {
    let sweep = Sweep(
      github: history.github, store: history.store, deadline: session.deadline, clock: session.clock,
      logger: session.logger, worker: self)
    return try await sweep.run(
      SweepRequest(repository: repository, auditCap: auditCap, runID: session.environment.runID))
  }

  func begin(_ repository: RepositoryID) async throws {
    for job in try await history.store.expireInngestJobs(of: repository) {
      note("Inngest did not complete job \(job.id) in time: it is done here now.")
    }
    let proof = try await history.store.proof(of: repository)
    state.withLock { $0.proofBefore = proof }
  }

  func work(on job: Job, as part: SweepPart, cap: SpendingCap?) async throws -> SyncResult {
    session.log.line("Sweep, \(part.inWords): job \(job.id.text)")
    let result = try await history.sync(job, cap: cap).result
    let totals = result.totals
    let spent = Spent(
      items: totals.items, rows: totals.rows, points: totals.points, requests: totals.requests, cap: cap)
    state.withLock { $0.spent[job.id] = spent }
    return result
  }

  func note(_ text: String) { session.log.line("\(text)") }

  func waiting(until moment: Timestamp) {
    session.log.line("GitHub's rate limit holds until \(moment.description): waiting for its end.")
  }

  /// The job and the number of chunks to name as what is left: a limit may end a sweep before it has looked at a job.
  /// After a signal there is no time to ask for more than the steps know.
  func open(after result: SweepResult) async throws -> (job: JobID?, chunks: Int) {
    let last = (result.steps.last { $0.part != .audit } ?? result.steps.last)?.job?.id
    guard !result.isComplete, session.deadline.stopSignal == nil,
      let repository = try await history.store.knownRepository(result.repository)
    else { return (last, result.remainingChunks) }
    let jobs = try await history.store.openJobs(of: repository).filter { $0.kind != .audit }
    var chunks = 0
    for job in jobs { chunks += try await history.store.progress(of: job.id).first?.remainingChunks ?? 0 }
    return (jobs.contains { $0.id == last } ? last : jobs.first?.id ?? last, chunks)
  }

  /// What the sweep did. Looks at each of its jobs once more, unless a signal came.
  func report(_ result: SweepResult) async -> SweepReport {
    var report = SweepReport(repository: result.repository, now: session.clock.now)
    if session.deadline.stopSignal == nil { report.balances = (try? await history.store.budget.balances()) ?? [] }
    for step in result.steps {
      var part = SweepReport.Part(step.part.reported)
      if let job = step.job {
        if session.deadline.stopSignal == nil { part.job = try? await history.store.progress(of: job.id).first }
        let spent = state.withLock { $0.spent[job.id] } ?? Spent()
        part.items = spent.items
        part.rows = spent.rows
        part.points = spent.points
        part.requests = spent.requests
        part.maximumPoints = spent.cap?.points
        part.maximumRequests = spent.cap?.requests
      }
      part.stop = step.result?.reportedStop
      part.fault = step.failure.map { Fault($0) }
      report.parts.append(part)
    }
    report.proofBefore = state.withLock { $0.proofBefore }
    report.proof = result.proof
    report.usage = await history.github.usage
    report.duration = session.deadline.elapsed
    if case .rateLimited(let until)? = result.stopped {
      report.remaining.append("GitHub's rate limit holds until \(until); the next sweep goes on after that.")
    }
    return report
  }
}

extension SweepPart {
  fileprivate var inWords: String {
    switch self {
    case .continuation: "an open job"
    case .delta: "what changed"
    case .repair: "repair"
    case .audit: "audit"
    }
  }

  fileprivate var reported: SweepReport.Step {
    switch self {
    case .continuation: .continuation
    case .delta: .delta
    case .repair: .repair
    case .audit: .audit
    }
  }
}
