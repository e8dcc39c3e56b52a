public import Domain
public import Logging

/// Makes good what events missed and what runs left: the one thing to run every night.
///
/// In this order:
/// 1. the repository's open history jobs go on, the oldest first, also those that were entered under its name before it
///    was known here, or under a name that it had;
/// 2. what changed since the last walk over everything is captured, or everything where there was none;
/// 3. what the stored counts show to be wrong is captured again: numbers never accounted for, items begun and not
///    completed, lists with other rows than GitHub counted, dead letters; only once the part before is through, because
///    until then what counts as wrong may be on its way;
/// 4. the audit walks over everything once more, as far as its budget goes, and finds what no time reveals.
///
/// A sweep may be killed anywhere: all it knows is in the database, and the next one begins at the first part. Two sweeps
/// at once share the chunks of the same jobs.
///
/// A job that fails keeps no other from being worked on; the result names the first such failure. One whose row makes no
/// sense is `failed` from then on, so that it fails one sweep. A limit that does not end in time ends the sweep in good
/// order.
public struct Sweep: Sendable {
  private let github: any GitHubAPI
  private let store: any CaptureStore
  private let deadline: any Deadline
  private let clock: any WallClock
  private let logger: Logger
  private let worker: any JobWorker
  private let limits: LimitWait

  /// Numbers that are repaired in one sweep at most.
  static let maximumRepairs = 5_000
  /// Seconds after which the run of an event has surely ended: until then its job is its own.
  static let eventTimeLimit = 600.0

  public init(
    github: any GitHubAPI, store: any CaptureStore, deadline: any Deadline, clock: any WallClock, logger: Logger,
    worker: any JobWorker
  ) {
    self.github = github
    self.store = store
    self.deadline = deadline
    self.clock = clock
    self.logger = logger
    self.worker = worker
    limits = LimitWait(deadline: deadline, clock: clock) { [worker] in worker.waiting(until: $0) }
  }

  /// - Throws: `Failure` where the repository cannot be seen (78), and what the store throws.
  public func run(_ request: SweepRequest) async throws -> SweepResult {
    var result = SweepResult(repository: request.repository)
    do {
      try await sweep(request, into: &result)
    } catch let limited as RateLimited {
      result.stopped = .rateLimited(until: limited.until)
    } catch let end as SweepEnd {
      result.stopped = end.stop
    } catch is CancellationError {
      result.stopped =
        deadline.stopSignal.map { .signal($0) } ?? (deadline.remaining <= 0 ? .timeLimit : .cancelled)
    }
    guard deadline.stopSignal == nil, !Task.isCancelled else { return result }
    let id = try await store.repository(result.repository, githubID: nil)
    result.proof = try await store.proof(of: id)
    return result
  }

  private func sweep(_ request: SweepRequest, into result: inout SweepResult) async throws {
    let head = try await limits.run { try await RepositoryHead.fetch(request.repository, from: github) }
    result.repository = head.name
    let repository = try await store.repository(head.name, githubID: head.githubID)
    let names = try await names(of: repository, head, asked: request.repository)
    try await store.takeIn(jobsNamed: names, as: repository)
    try await worker.begin(repository)
    let wasWalked = try await store.baseline(of: repository) != nil

    for job in try await store.openJobs(of: repository) where job.kind == .history && isDue(job) {
      try await step(.continuation, PlanRequest(repository: head.name, jobID: job.id), into: &result)
    }
    let whole = CaptureScope(window: .all)
    let isCurrent = try await step(
      .delta, PlanRequest(repository: head.name, scope: whole, runID: request.runID), into: &result)

    guard try await store.baseline(of: repository) != nil else { return }
    if isCurrent { try await repair(repository, head, request, into: &result) }
    // Where everything was walked just now for the first time, there is nothing to look at once more.
    if wasWalked { try await audit(repository, head, request, into: &result) }
  }

  /// The names of which GitHub says that they lead to the repository.
  private func names(
    of repository: RepositoryID, _ head: RepositoryHead, asked: RepositoryName
  ) async throws -> [RepositoryName] {
    var names = [head.name, asked]
    for former in try await store.formerNamesInUse(of: repository) {
      do {
        let holder = try await limits.run { try await RepositoryHead.fetch(former, from: github) }
        if holder.githubID != nil, holder.githubID == head.githubID { names.append(former) }
      } catch let error as any UserFacingError where !(error is RateLimited) {
        // What does not show to be this repository's is left alone; the next sweep asks again.
        logger.debug("\(former): \(error)")
      }
    }
    return names
  }

  private func repair(
    _ repository: RepositoryID, _ head: RepositoryHead, _ request: SweepRequest, into result: inout SweepResult
  ) async throws {
    for job in try await store.openJobs(of: repository) where job.kind == .repair {
      try await step(.repair, PlanRequest(repository: head.name, jobID: job.id), into: &result)
    }
    let wrong = try await store.numbersToRepair(of: repository, newest: head.newest, limit: Self.maximumRepairs)
    guard !wrong.isEmpty else { return }
    worker.note("Numbers to capture again, because they are missing or not as GitHub counts them: \(wrong.count).")
    let scope = CaptureScope(window: .numbers(wrong))
    let plan = PlanRequest(repository: head.name, scope: scope, runID: request.runID, kind: .repair)
    try await step(.repair, plan, into: &result)
  }

  private func audit(
    _ repository: RepositoryID, _ head: RepositoryHead, _ request: SweepRequest, into result: inout SweepResult
  ) async throws {
    let cap: SpendingCap
    if let given = request.auditCap {
      cap = given
    } else {
      cap = try await limits.run { try await AuditBudget.quarter(of: github) }
    }
    guard cap.points > 0 else { return }
    let open = try await store.openJobs(of: repository).first { $0.kind == .audit }
    let plan = PlanRequest(
      repository: head.name, scope: open == nil ? CaptureScope(window: .full) : nil, jobID: open?.id,
      runID: request.runID, kind: .audit)
    try await step(.audit, plan, cap: cap, into: &result)
  }

  /// Whether the job is to be worked on here. What another process works on is, too: they share its chunks.
  private func isDue(_ job: Job) -> Bool {
    switch job.processor {
    case .githubActions: true
    // Its consumer still has time, or another program gave it the job.
    case .inngest: false
    case .event: (job.startedAt ?? job.createdAt) + Self.eventTimeLimit <= clock.now
    }
  }

  /// Plans a job, or finds it with its chunks, and works on it. Throws `SweepEnd` where the sweep has to end with it.
  ///
  /// - Returns: whether nothing of it is left to do.
  @discardableResult
  private func step(
    _ part: SweepPart, _ request: PlanRequest, cap: SpendingCap? = nil, into result: inout SweepResult
  ) async throws -> Bool {
    var step = SweepStep(part: part, job: nil, result: nil)
    do {
      let plan = try await plan(request)
      guard let job = plan.job, plan.hasWork else { return true }
      if let before = result.steps.first(where: { $0.job?.id == job.id }) { return before.result?.isComplete ?? false }
      step.job = job
      plan.notes.forEach(worker.note)
      let done = try await worker.work(on: job, as: part, cap: cap)
      step.result = done
      result.steps.append(step)
      switch done.stopped {
      case nil, .spent: return done.isComplete
      case let stop?: throw SweepEnd(stop: stop)
      }
    } catch let limited as RateLimited {
      throw limited
    } catch let error as any UserFacingError where error.exitStatus != .configuration {
      logger.debug("\(part.rawValue): \(error)")
      step.failure = error
      result.steps.append(step)
      return false
    }
  }

  private func plan(_ request: PlanRequest) async throws -> Plan {
    let planner = Planner(github: github, store: store, clock: clock, logger: logger)
    do {
      return try await limits.run { try await planner.plan(request) }
    } catch let error as any UserFacingError where error.exitStatus == .usage {
      if let job = request.jobID { try await store.refuse(job, error: String(error.problem.prefix(1_000))) }
      throw error
    }
  }

  /// Ends the sweep in good order.
  private struct SweepEnd: Error {
    var stop: SyncStop
  }
}
