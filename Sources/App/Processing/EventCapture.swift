import ActionsRuntime
import Capture
import Cryptography
import Domain
import Markup
import Reporting
import Store

/// What an event's run captures, where the configuration says `history: capture: true`.
struct EventCapture {
  let session: Session
  let github: any GitHubAPI
  let store: Store
  let settings: Settings

  /// The item that the event is about.
  ///
  /// Each event has a job of its own, found again by the event's identity: one whose comment came after another run had
  /// read the item would else take that run's job for its own. Jobs that meet on one number store the same rows.
  func item(of event: Event, report: inout RunReport) async throws -> EventResult {
    guard let number = event.number else { return .ignored(reason: "the event is about no issue or pull request") }
    let outcome = try await run(
      LaneRun.Request(
        id: JobID(bytes: sha256(Array("capture\u{1F}\(event.identity.text)".utf8)), version: 8), event: event,
        repository: event.repository, scope: CaptureScope(window: .numbers([number])), trigger: .itemEvent))
    return result(outcome, &report)
  }

  /// What a dispatch asks for.
  func history(_ request: PlanRequest, of event: Event, report: inout RunReport) async throws -> EventResult {
    var trigger = LaneTrigger.system
    if case .workflowDispatch = event.payload, event.sender?.isBot != true { trigger = .person }
    let outcome = try await run(
      LaneRun.Request(
        id: nil, event: event, repository: request.repository, scope: request.scope ?? CaptureScope(window: .all),
        trigger: trigger))
    var result = result(outcome, &report)
    result.hasWork = false
    return result
  }

  /// Captures the item of an event that automation was done with. A failure is told and changes nothing of the outcome:
  /// the job waits in the table, and the sweep works on it.
  func follow(
    _ event: Event, _ result: inout EventResult, _ report: inout RunReport, forcesDryRun: Bool
  ) async throws {
    guard settings.history.capture, !forcesDryRun, event.number != nil else { return }
    do {
      let captured = try await item(of: event, report: &report)
      result.jobID = captured.jobID
      result.sync = captured.sync
      if result.exitStatus == .done { result.exitStatus = captured.exitStatus }
    } catch is CancellationError {
      guard let signal = session.deadline.stopSignal else { return }
      if result.exitStatus == .done { result.exitStatus = signal.exitStatus }
    } catch {
      let fault = Fault(error)
      session.log.warning("The event's item was not captured: \(fault.sentences)")
      report.capture.append("It was not captured now, and is left to the sweep: \(fault.problem).")
    }
  }

  private func run(_ request: LaneRun.Request) async throws -> LaneRun.Outcome {
    try await LaneRun(session: session, github: github, store: store, settings: settings).run(request)
  }

  private func result(_ outcome: LaneRun.Outcome, _ report: inout RunReport) -> EventResult {
    var result = EventResult(outcome: .processed)
    result.jobID = outcome.job
    report.capture += outcome.sentences
    if let captured = outcome.captured {
      result.sync = captured.result
      result.exitStatus = captured.result.exitStatus
      result.syncReport = captured.report
    } else {
      result.isCaptureComplete = outcome.isComplete
    }
    return result
  }
}
