import ActionsRuntime
import Automation
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
  let log: RunLog
  var report: RunReport

  private var entry: LedgerEntry { LedgerEntry(event: event, mode: settings.mode, store: store) }

  mutating func run() async throws -> EventResult {
    let claimed: ClaimedEvent
    switch try await entry.claim() {
    case .duplicate(let id, let outcome, let runID, _):
      return .duplicate(of: id, outcome: outcome, runID: runID)
    case .claimed(let mine):
      claimed = mine
    }
    report.eventID = claimed.id
    report.transactionID = claimed.transaction
    return try await entry.work(on: claimed, log: log) { try await decideAndAct(claimed) }
  }

  private mutating func decideAndAct(_ claimed: ClaimedEvent) async throws -> EventResult {
    let actor = event.sender?.login
    let executor = Executor(github: github, journal: store)
    let settled: [SettledAction]
    if claimed.recorded.isEmpty {
      let deliberation = try await deliberate()
      report.notes = deliberation.notes
      // So that the report tells what was decided also where carrying it out fails.
      report.entries = deliberation.decisions.map { RunReport.Entry(decision: $0) }
      settled = try await executor.carryOut(
        deliberation.decisions, for: claimed, mode: settings.mode, actor: actor)
    } else {
      log.line("An earlier attempt recorded \(claimed.recorded.count) actions: going on with them.")
      report.entries = claimed.recorded.map { RunReport.Entry(decision: $0.decision, status: $0.status) }
      settled = try await executor.resume(claimed, actor: actor)
    }
    report.entries = settled.map {
      RunReport.Entry(
        decision: $0.action.decision, status: $0.outcome.status, explanation: $0.outcome.explanation)
    }
    let failure = settled.first { $0.outcome.status == .failed || $0.outcome.status == .uncertain }
    let outcome: EventOutcome = failure == nil ? .processed : .failed
    let error = failure.map { $0.outcome.explanation ?? "An action failed." }
    try await entry.finish(claimed, outcome: outcome, error: error)
    var result = EventResult(outcome: outcome)
    result.eventID = claimed.id
    result.transactionID = claimed.transaction
    result.actions = settled.count { $0.outcome.status == .done }
    if let failure, var error {
      while error.hasSuffix(".") { error.removeLast() }
      report.fault = Fault(
        problem: "The action \(failure.action.decision.effect.kind) failed: \(error)",
        advice: "Mend what it names and re-run the job: it tries again what failed.")
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
      return CommentProcessor(settings: settings).decide(
        commands, comment: comment, on: issue, in: event.repository, permission: try await permission(for: comment))
    case .pullRequest, .review, .reviewComment, .workflowDispatch, .schedule, .repositoryDispatch:
      return Deliberation()
    }
  }

  /// What counts is the permission of the comment's author, never that of the actor who re-ran the job. Maintainers can
  /// edit other people's comments, so after an edit by somebody else both have to have it.
  private func permission(for comment: Comment) async throws -> Permission {
    guard commands.contains(where: \.needsPermission) else { return .none }
    let lookup = PermissionLookup(github: github)
    let author = try await lookup.permission(of: comment.author, in: event.repository)
    guard event.action == "edited", let editor = event.sender, editor.login != comment.author?.login else {
      return author
    }
    return min(author, try await lookup.permission(of: editor, in: event.repository))
  }
}
