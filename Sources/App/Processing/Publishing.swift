import ActionsRuntime
import Domain
import Markup
import Reporting

extension EventRun {
  /// Writes log, outputs and summary of a run that came to an end of its own.
  func publish(_ result: EventResult) throws {
    var report = report
    report.outcome = result.outcome
    report.reason = result.reason
    report.duration = session.deadline.elapsed
    narrate(report)
    if let fault = report.fault { session.report(fault) }
    try session.outputs.write(result.outputs)
    try session.summary.append(report.markdown())
    if let sync = result.syncReport { try session.summary.append(sync.markdown()) }
  }

  /// The same for a run that an error ended; its own faults must not hide that error.
  func publish(failure error: any Error) {
    var report = report
    report.outcome = .failed
    report.duration = session.deadline.elapsed
    if !(error is CancellationError) { report.fault = Fault(error) }
    report.reason = error is CancellationError ? "cancelled; the re-run goes on where this run stopped" : nil
    try? session.outputs.write([(.outcome, EventOutcome.failed.rawValue), (.actions, "0")])
    try? session.summary.append(report.markdown())
  }

  /// What was decided and done, for whoever reads the log.
  private func narrate(_ report: RunReport) {
    let log = session.log
    if report.entries.count + report.notes.count > 0 {
      log.group("Decisions (mode \(report.mode.rawValue))")
      for entry in report.entries {
        let decision = entry.decision
        log.line(
          "\(entry.status?.rawValue ?? "not tried"): \(decision.effect.inLogWords) on #\(decision.target.number), by \(decision.reason.origin): \(decision.reason.evidence)"
        )
        if let explanation = entry.explanation { log.line("  \(explanation)") }
      }
      for note in report.notes { log.line("nothing done: \(note.origin): \(note.evidence)") }
      log.endGroup()
    }
    let why: LogText = report.reason.map { ": \($0)" } ?? ""
    log.line(
      "Outcome: \(report.outcome.rawValue)\(why) (\(report.usage.restRequests + report.usage.graphQLRequests) GitHub requests)"
    )
  }
}
