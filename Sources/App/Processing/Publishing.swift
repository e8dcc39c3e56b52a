import ActionsRuntime
import Domain
import GitHub
import Markup
import Reporting

extension EventRun {
  /// Works on one event until its end, a signal or the end of the time, and publishes what it came to.
  static func perform(
    in session: Session, forcesDryRun: Bool, _ process: @escaping @Sendable (inout EventRun) async throws -> EventResult
  ) async throws -> ExitStatus {
    let (run, result) = try await session.deadline.run { () -> (EventRun, Result<EventResult, any Error>) in
      var run = EventRun(session: session, forcesDryRun: forcesDryRun)
      do {
        let result = try await process(&run)
        return (run, .success(result))
      } catch {
        return (run, .failure(error))
      }
    }
    switch result {
    case .success(let result):
      try await run.publish(result)
      return result.exitStatus
    case .failure(let error):
      await run.publish(failure: error)
      throw error
    }
  }

  /// Writes log, summary and outputs of a run that came to an end of its own, and raises the alert where it failed.
  func publish(_ result: EventResult) async throws {
    var report = await complete(report)
    report.outcome = result.outcome
    report.reason = result.reason
    narrate(report)
    if let fault = report.fault { session.report(fault) }
    if result.outcome == .ignored, session.environment.databaseURL == nil, let reason = result.reason {
      session.log.notice("\(reason)", title: "Yardmaster")
    }
    if let fault = report.fault { await alert(fault) }
    // A file that cannot be written must not cost the other one: a re-run would be a duplicate and tell nothing.
    let summarised = Result {
      try session.summary.append(report.markdown())
      if let sync = result.syncReport { try session.summary.append(sync.markdown()) }
    }
    try session.outputs.write(result.outputs)
    try summarised.get()
  }

  /// The same for a run that an error ended; faults of the writing must not hide that error.
  func publish(failure error: any Error) async {
    var report = await complete(report)
    report.outcome = .failed
    if error is CancellationError {
      report.reason = "cancelled; the re-run goes on where this run stopped"
    } else {
      report.fault = Fault(error)
    }
    narrate(report)
    try? session.summary.append(report.markdown())
    try? session.outputs.write([(.outcome, EventOutcome.failed.rawValue), (.actions, "0")])
    if let fault = report.fault { await alert(fault) }
  }

  private func complete(_ report: RunReport) async -> RunReport {
    var report = report
    report.usage = await github.usage
    report.duration = session.deadline.elapsed
    return report
  }

  /// Only where the configuration could be read and says `live`: in dry run nothing is written to GitHub.
  private func alert(_ fault: Fault) async {
    guard let settings, settings.alerts, settings.mode == .live, session.deadline.stopSignal == nil,
      let repository = report.trigger.repository
    else { return }
    await AlertReporter(github: github, session: session).raise(fault, trigger: report.trigger, in: repository)
  }

  /// What was decided and done, for whoever reads the log.
  private func narrate(_ report: RunReport) {
    let log = session.log
    if report.entries.count + report.notes.count > 0 {
      log.group("Decisions\(report.mode.map { " (mode \($0.rawValue))" } ?? "")")
      for entry in report.entries {
        let decision = entry.decision
        log.line(
          "\(words(for: entry.status, mode: report.mode)): \(decision.effect.inLogWords) on #\(decision.target.number), by \(decision.reason.origin): \(decision.reason.evidence)"
        )
        if let explanation = entry.explanation { log.line("  \(explanation)") }
      }
      for note in report.notes { log.line("nothing done: \(note.origin): \(note.evidence)") }
      log.endGroup()
    }
    let requests = report.usage.restRequests + report.usage.graphQLRequests
    let why: LogText = report.reason.map { ": \($0)" } ?? ""
    log.line(
      "Outcome: \(report.outcome.rawValue)\(why) (\(requests) \(requests == 1 ? "request" : "requests") to GitHub)"
    )
  }

  private func words(for status: Action.Status?, mode: Settings.Mode?) -> String {
    switch status {
    case .skipped where mode == .dryRun: "would do"
    case let status?: status.inWords
    case nil: "not done"
    }
  }
}
