import ActionsRuntime
import Capture
import Domain
import GitHub
import Markup
import Store

/// What follows a workflow run that leaves its job incomplete: another run of the same workflow.
struct WorkflowContinuation {
  let history: HistoryRun

  /// Dispatches the next run where there is to be one.
  ///
  /// That it is dispatched is noted once GitHub took it: where it did not, the re-run dispatches it,
  /// and a limit that does not end soon leaves the job to the sweep.
  ///
  /// - Throws: `Failure` outside a workflow run (78) where the job is still open, and where GitHub does not take the dispatch.
  func run(_ job: Job) async throws -> Continuation {
    guard job.status.isOpen else { return .notNeeded }
    let environment = history.session.environment
    guard environment.runID > 0, let home = environment.repositoryName, let file = environment.workflowFile else {
      throw Failure(
        .configuration, "There is no workflow run that could be followed by another",
        advice: "Run `yardmaster continue` as the last job of the workflow that captures history.")
    }
    let continuation = try await history.store.continueJob(job.id, runID: environment.runID)
    guard case .dispatch = continuation else { return continuation }
    let dispatch = BulkDispatch(
      github: history.github, home: home, workflow: file, ref: environment.workflowBranch)
    let session = history.session
    let limits = LimitWait(
      deadline: session.deadline, clock: session.clock, longest: Double(Continuation.shortWait)
    ) { [log = session.log] moment in
      log.line("GitHub's rate limit holds until \(moment.description): the next run is dispatched after it.")
    }
    do {
      try await limits.run { try await dispatch.start(job) }
    } catch let limited as RateLimited {
      try await history.store.noteContinuation(of: job.id, runID: environment.runID, isDispatched: false)
      return .waits(until: limited.until)
    } catch let refusal as any UserFacingError where !(refusal is Failure) && refusal.exitStatus != .unavailable {
      throw Failure(
        refusal.exitStatus, "\(file) could not be dispatched: \(refusal.problem)",
        advice: "Give the job `permissions: actions: write`; until then the sweep goes on with job \(job.id).")
    }
    try await history.store.noteContinuation(of: job.id, runID: environment.runID)
    return continuation
  }
}

extension ActionsEnvironment {
  /// The branch or tag of the running workflow; nil where it runs on neither, as for pull requests.
  var workflowBranch: String? {
    guard let reference = workflowRef?.split(separator: "@", maxSplits: 1).dropFirst().first else { return nil }
    for prefix in ["refs/heads/", "refs/tags/"] where reference.hasPrefix(prefix) {
      return String(reference.dropFirst(prefix.count))
    }
    return nil
  }
}
