import ActionsRuntime
import Capture
import Domain
import Inngest
import Markup
import Reporting
import Store

/// One request for capture, from the table of lanes to somebody who works on it.
///
/// The row comes first, `pending`, so that nothing that was asked for is ever in nobody's hands. Then the lane that the
/// table names; where that one does not accept it, the other takes over with `metadata.priority`; where there is no
/// other, or it does not accept it either, the row waits for the sweep, and the first lane's error is thrown.
///
/// A configuration that is wrong is no lane that is down. Where it is that of a lane to hand over to, the other one takes
/// the job and the error is annotated; where this run itself cannot capture by it, the run fails with it.
///
/// A request may be met twice (a re-run, a late consumer of Inngest's): the second finds the first one's row, and where
/// both work on it, both store the same rows.
struct LaneRun {
  let session: Session
  let github: any GitHubAPI
  let store: Store
  let settings: Settings

  struct Request: Sendable {
    /// Of a request with an identity of its own; see `LaneJob`.
    var id: JobID?
    var event: Event
    var repository: RepositoryName
    var scope: CaptureScope
    var trigger: LaneTrigger
  }

  struct Outcome: Sendable {
    var job: JobID
    /// What happened, for log and summary.
    var sentences: [String] = []
    /// What this run captured itself.
    var captured: HistoryRun.Captured?
    /// Whether the job is completed.
    var isComplete: Bool
  }

  private struct Work {
    var job: Job
    var githubID: Int64?
    var cause: Event
    /// What another lane said; nil in the first.
    var fallback: [String: JSONValue]?
    var inngest: InngestClient?
    /// Whether nothing has to be planned: the numbers are known.
    var isItem: Bool { if case .numbers = job.scope.window { true } else { false } }
    var metadata: [String: JSONValue] { fallback.map { ["priority": true, "fallback": .object($0)] } ?? [:] }
  }

  func run(_ request: Request) async throws -> Outcome {
    let isOwn = request.repository.description.lowercased() == request.event.repository.description.lowercased()
    let facts = try await store.laneFacts(
      of: request.repository, githubID: isOwn ? request.event.repositoryGitHubID : nil)
    // What Inngest and a dispatched workflow do is out of this run's hands, so a dry run involves neither.
    let inngest = settings.mode == .live ? session.makeInngest() : nil
    let rollout = Rollout(percent: settings.history.inngestPercent)
    let choice = LaneTable(settings.history).route(
      LaneRequest(
        trigger: request.trigger, scope: request.scope, repositorySize: facts.newest,
        isInRollout: inngest != nil && rollout.includes(request.repository, githubID: facts.githubID),
        now: session.clock.now))
    let lane = possible(choice.lane)
    let (job, isInHand) = try await store.enqueue(
      LaneJob(
        id: request.id, repositoryID: facts.repositoryID, scope: request.scope, processor: lane.processor,
        runID: request.event.run.runID, limit: lane == .inngest ? limit : nil, metadata: metadata(of: request)))
    var outcome = Outcome(job: job.id, isComplete: job.status == .completed)
    outcome.sentences.append("The table of lanes says \(choice)\(lane == choice.lane ? "" : "; this run takes it").")
    if !job.status.isOpen {
      outcome.sentences.append("Job \(job.id) is \(job.status.rawValue) already.")
    } else if isInHand {
      outcome.sentences.append("Job \(job.id) is in the hands of \(Self.words(for: job.processor)) already.")
    } else {
      let work = Work(job: job, githubID: facts.githubID, cause: request.event, inngest: inngest)
      do {
        try await take(work, lane, &outcome)
      } catch is CancellationError where session.deadline.stopSignal == nil && session.deadline.remaining <= 0 {
        try await leave(job, &outcome)
      }
    }
    for sentence in outcome.sentences { session.log.line("\(sentence)") }
    return outcome
  }

  /// The lane, or this run where that lane is not to be used.
  private func possible(_ lane: Lane) -> Lane {
    guard lane != .event else { return lane }
    if settings.mode == .dryRun { return .event }
    // The workflow that is to be dispatched is this one: it would dispatch itself for ever.
    return lane == .bulk && session.environment.workflowFile == settings.history.bulkWorkflow ? .event : lane
  }

  /// Time is up before anybody took the job.
  private func leave(_ job: Job, _ outcome: inout Outcome) async throws {
    let store = store
    // On its own, because this task is cancelled by now.
    try await Task { _ = try await store.move(job.id, LaneMove(to: .githubActions, status: .waiting)) }.value
    outcome.sentences.append("Time is up: job \(job.id) waits in the table for the sweep.")
  }

  // MARK: Lanes

  private func take(_ work: Work, _ lane: Lane, _ outcome: inout Outcome) async throws {
    let first: any UserFacingError
    do {
      return try await attempt(work, lane, &outcome)
    } catch let error as any UserFacingError where isLaneDown(error) {
      first = error
    }
    var reason = first.problem
    var thrown = first
    // What this run may not see, another's consumer is not to fetch in its place. The run ends with it, which tells it.
    let isHopeless = lane == .event && first.exitStatus == .configuration
    if !isHopeless {
      tell("The lane \(lane.rawValue) does not take job \(work.job.id.text): \(first.problem).", of: first)
    }
    if !isHopeless, let other = lane.other(hasInngest: work.inngest != nil) {
      outcome.sentences.append("The lane \(lane.rawValue) failed: \(first.problem).")
      var second = work
      second.fallback = ["from": .string(lane.rawValue), "error": .string(String(first.problem.prefix(1_000)))]
      do {
        return try await attempt(second, other, &outcome)
      } catch let error as any UserFacingError where isLaneDown(error) {
        tell("The lane \(other.rawValue) does not take it either: \(error.problem).", of: error)
        reason += "; then: \(error.problem)"
        if other == .event, error.exitStatus == .configuration { thrown = error }
      }
    }
    try await store.move(
      work.job.id,
      LaneMove(
        to: .githubActions, status: .waiting, error: String(reason.prefix(2_000)),
        metadata: ["priority": true, "fallback": ["from": .string(lane.rawValue)]]))
    session.log.line("Job \(work.job.id.text) waits in the table for the sweep.")
    throw thrown
  }

  /// Annotates a failure: an error where a person has to mend something, else a warning.
  private func tell(_ text: LogText, of error: any UserFacingError) {
    if error.exitStatus == .configuration {
      session.log.error("\(text) \(error.advice)", title: "Yardmaster", location: error.location)
    } else {
      session.log.warning(text)
    }
  }

  /// Whether somebody else may succeed: not with a database that fails, nor with a run that is asked to end.
  private func isLaneDown(_ error: any UserFacingError) -> Bool {
    !(error is StoreError) && !(error is LeaseLost) && session.deadline.stopSignal == nil
  }

  private func attempt(_ work: Work, _ lane: Lane, _ outcome: inout Outcome) async throws {
    switch lane {
    case .event: try await capture(work, &outcome)
    case .inngest: try await send(work, &outcome)
    case .bulk: try await dispatch(work, &outcome)
    }
  }

  private func capture(_ work: Work, _ outcome: inout Outcome) async throws {
    let job = work.job
    if work.fallback != nil || job.processor != .event {
      guard try await store.move(job.id, LaneMove(to: .event, metadata: work.metadata)) else {
        return try await done(job, &outcome)
      }
      if work.isItem { try await store.cutItems(of: job.id) }
    }
    let history = HistoryRun(session: session, github: github, store: store)
    if !work.isItem {
      let plan = try await history.plan(
        PlanRequest(repository: job.repository, jobID: job.id, runID: work.cause.run.runID, processor: .event))
      outcome.sentences += plan.notes
      guard plan.hasWork else { return try await done(job, &outcome) }
    }
    let captured = try await history.sync(job)
    outcome.captured = captured
    outcome.isComplete = captured.result.isComplete
    outcome.sentences.append(
      captured.result.isComplete
        ? "Captured in this run: job \(job.id)." : "Captured in part: the rest of job \(job.id) waits for the sweep.")
  }

  private func done(_ job: Job, _ outcome: inout Outcome) async throws {
    // Others may have closed it without completing it.
    outcome.isComplete = try await store.job(job.id)?.status == .completed
    outcome.sentences.append("Nothing is left to do in job \(job.id).")
  }

  private func send(_ work: Work, _ outcome: inout Outcome) async throws {
    guard let inngest = work.inngest else { return }
    let job = work.job
    if job.processor != .inngest {
      try await store.move(job.id, LaneMove(to: .inngest, limit: limit, metadata: work.metadata))
    }
    let ids = try await inngest.send(
      InngestEvent(
        job: job, githubID: work.githubID, cause: work.cause, limit: limit, isUrgent: work.fallback != nil,
        now: session.clock.now))
    var metadata = work.metadata
    metadata["inngest_ids"] = .array(ids.map { .string($0) })
    // Its consumer may have been faster: then the row is completed, and stays so.
    try await store.move(
      job.id, LaneMove(to: .inngest, status: .running, isHandedOver: true, limit: limit, metadata: metadata))
    outcome.sentences.append(
      "Inngest accepted job \(job.id); if it is not completed in \(settings.history.inngestMinutes) minutes, the sweep takes over."
    )
  }

  private func dispatch(_ work: Work, _ outcome: inout Outcome) async throws {
    let job = work.job
    if job.processor != .githubActions { try await store.move(job.id, LaneMove(to: .githubActions)) }
    let home = session.environment.repositoryName ?? work.cause.repository
    try await BulkDispatch(github: github, home: home, workflow: settings.history.bulkWorkflow).start(job)
    try await store.move(job.id, LaneMove(to: .githubActions, isHandedOver: true, metadata: work.metadata))
    outcome.sentences.append("Dispatched \(settings.history.bulkWorkflow) for job \(job.id).")
  }

  // MARK: Words

  /// Seconds that Inngest's consumer has.
  private var limit: Int { settings.history.inngestMinutes * 60 }

  private func metadata(of request: Request) -> [String: JSONValue] {
    var metadata: [String: JSONValue] = [
      "repository_name": .string(request.repository.description), "trigger": .string(request.trigger.rawValue),
      "event_name": .string(request.event.name.rawValue),
    ]
    metadata["event_action"] = request.event.action.map { .string($0) }
    metadata["max_items"] = request.scope.maxItems.map { .integer(Int64($0)) }
    return metadata
  }

  private static func words(for processor: Job.Processor) -> String {
    switch processor {
    case .inngest: "Inngest"
    case .githubActions: "a workflow run"
    case .event: "an event's run"
    }
  }
}
