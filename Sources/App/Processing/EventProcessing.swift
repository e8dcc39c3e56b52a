import ActionsRuntime
import Automation
import Cryptography
import Domain
import Execution
import Markup
import Reporting
import Store

/// An issue or comment event with its configuration: claim → decide → intents → effects → outcome.
struct EventProcessing {
  let event: Event
  let commands: [Command]
  let settings: Settings
  let store: Store
  let github: any GitHubAPI
  let session: Session
  var report: RunReport

  mutating func run() async throws -> EventResult {
    let claimed: ClaimedEvent
    switch try await claim() {
    case .duplicate(let id, let outcome, let runID, _):
      return .duplicate(of: id, outcome: outcome, runID: runID)
    case .claimed(let mine):
      claimed = mine
    }
    report.eventID = claimed.id
    report.transactionID = claimed.transaction
    do {
      return try await decideAndAct(claimed)
    } catch let lost as LeaseLost {
      throw lost
    } catch is CancellationError {
      // Left unfinished on purpose: the re-run finds the intents and goes on with them.
      throw CancellationError()
    } catch {
      let fault = Fault(error)
      let text = "\(fault.problem). \(fault.advice)"
      do {
        try await store.finish(claimed, outcome: .failed, error: text, audit: audit(.failed, error: text))
      } catch {
        session.log.warning("The failure could not be recorded: \(Fault(error).problem)")
      }
      await alert(fault)
      throw error
    }
  }

  private mutating func decideAndAct(_ claimed: ClaimedEvent) async throws -> EventResult {
    let actor = event.sender?.login
    let executor = Executor(github: github, journal: store)
    let settled: [SettledAction]
    if claimed.recorded.isEmpty {
      let deliberation = try await deliberate()
      report.notes = deliberation.notes
      settled = try await executor.carryOut(
        deliberation.decisions, for: claimed, mode: settings.mode, actor: actor)
    } else {
      session.log.line("An earlier attempt recorded \(claimed.recorded.count) actions: going on with them.")
      settled = try await executor.resume(claimed, actor: actor)
    }
    report.entries = settled.map {
      RunReport.Entry(
        decision: $0.action.decision, status: $0.outcome.status, explanation: $0.outcome.explanation)
    }
    let failure = settled.first { $0.outcome.status == .failed || $0.outcome.status == .uncertain }
    let outcome: EventOutcome = failure == nil ? .processed : .failed
    let error = failure.map { $0.outcome.explanation ?? "an action failed" }
    try await store.finish(claimed, outcome: outcome, error: error, audit: audit(outcome, error: error))
    var result = EventResult(outcome: outcome)
    result.eventID = claimed.id
    result.transactionID = claimed.transaction
    result.actions = settled.count { $0.outcome.status == .done }
    result.reason = error
    if let error {
      let fault = Fault(
        problem: "An action failed: \(error)",
        advice: "Mend what it names and re-run the job: it tries again what failed.")
      report.fault = fault
      await alert(fault)
    }
    return result
  }

  private func deliberate() async throws -> Deliberation {
    switch event.payload {
    case .issue(let issue, _):
      return IssueProcessor(settings: settings).decide(issue, action: event.action ?? "", in: event.repository)
    case .comment(let comment, let issue, _):
      guard settings.commands.enabled else {
        return Deliberation(notes: [Reason(origin: "commands", evidence: "the configuration switches commands off")])
      }
      // What counts is the permission of the comment's author, never that of the actor who re-ran the job.
      var permission = Permission.none
      if commands.contains(where: \.needsPermission) {
        permission = try await PermissionLookup(github: github).permission(of: comment.author, in: event.repository)
      }
      return CommentProcessor(settings: settings).decide(
        commands, comment: comment, on: issue, in: event.repository, permission: permission)
    case .pullRequest, .review, .workflowDispatch, .schedule, .repositoryDispatch:
      return Deliberation()
    }
  }

  /// Takes the event, also from a process that was killed on this machine: nobody else would settle what it left.
  private func claim() async throws -> ClaimResult {
    let mode = settings.mode
    let identity = event.identity
    var claim = EventClaim(
      id: EventID(bytes: sha256(Array("\(mode.rawValue)\u{1F}\(identity.text)".utf8)), version: 8), identity: identity,
      name: event.name.rawValue, action: event.action, repository: event.repository,
      repositoryGitHubID: event.repositoryGitHubID, number: event.number, actor: event.sender?.login, run: event.run,
      mode: mode, worker: ProcessIdentity().text)
    let result = try await store.claim(claim)
    guard case .duplicate(_, nil, _, let worker?) = result, ProcessIdentity.isKnownDead(worker) else { return result }
    claim.deadWorker = worker
    return try await store.claim(claim)
  }

  private func audit(_ outcome: EventOutcome, error: String?) -> AuditEntry {
    AuditEntry(
      eventType: "event", severity: outcome == .failed ? .error : .info, actor: event.sender?.login,
      repository: event.repository, actionType: event.name.rawValue, success: outcome != .failed,
      metadata: [
        "action": event.action.map(JSONValue.string) ?? .null, "outcome": .string(outcome.rawValue),
        "number": event.number.map { .integer(Int64($0)) } ?? .null, "mode": .string(settings.mode.rawValue),
        "run_id": .integer(event.run.runID), "attempt": .integer(Int64(event.run.attempt)),
        "error": error.map(JSONValue.string) ?? .null,
      ])
  }

  /// In dry run nothing is written to GitHub, an alert neither.
  private func alert(_ fault: Fault) async {
    guard settings.alerts, settings.mode == .live else { return }
    await AlertReporter(github: github, session: session).raise(fault, trigger: report.trigger, in: event.repository)
  }
}
