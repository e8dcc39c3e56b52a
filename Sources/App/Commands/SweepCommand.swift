import ActionsRuntime
import ArgumentParser
import Capture
import Domain
import Markup
import Reporting
import Store

/// `yardmaster sweep`: what the events missed and what runs left.
struct SweepCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Continue what stopped, capture what changed, repair what is missing, audit the rest.",
    discussion: """
      To be run by a schedule. Open jobs go on first; then what changed since the last complete walk is captured; then \
      numbers and lists that are not as GitHub counts them; and what is left of the time goes to the audit, a walk \
      over everything once more that is spread over sweeps.
      """)

  @Option(help: ArgumentHelp("The repository; default: GITHUB_REPOSITORY.", valueName: "owner/name"))
  var repository: String?

  @Option(help: ArgumentHelp("Stop in good order after this long.", valueName: "seconds"))
  var timeLimit: Double?

  @Option(
    help: ArgumentHelp(
      "GraphQL points, and REST requests, that the audit may spend; 0 for none (default: a quarter of the hour's quota).",
      valueName: "n"))
  var auditPoints: Int?

  static var publishesFailure: Bool { true }

  func validate() throws {
    if let timeLimit, !(timeLimit > 0) { throw ValidationError("--time-limit takes a number of seconds above 0.") }
    if let auditPoints, !(0...1_000_000).contains(auditPoints) {
      throw ValidationError("--audit-points takes a number from 0 to 1000000.")
    }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    if let timeLimit { session.deadline.limit(to: timeLimit) }
    let name = try session.repository(repository)
    let cap = auditPoints.map { SpendingCap(points: $0, requests: $0) }
    return try await session.withHistory { history in
      let sweep = SweepRun(history)
      let result = try await session.deadline.run { try await sweep.run(name, auditCap: cap) }
      let open = try await sweep.open(after: result)
      try session.outputs.write([
        (.outcome, (result.firstFailure == nil ? EventOutcome.processed : .failed).rawValue),
        (.jobID, open.job?.text ?? ""), (.items, String(result.items)),
        (.remainingChunks, String(open.chunks)), (.complete, String(result.isComplete)),
      ])
      let report = await sweep.report(result)
      try session.summary.append(report.markdown())
      if let proof = report.proof { session.log.line("\(ProofReport(proof, now: report.now).verdict)") }
      for sentence in report.remaining { session.log.line("\(sentence)") }
      if case .signal(let signal)? = result.stopped {
        session.log.line("Ended by \(signal.name); what was captured is stored. The next `yardmaster sweep` goes on.")
        return signal.exitStatus
      }
      if case .timeLimit? = result.stopped {
        session.log.line("Time is up; what was captured is stored. The next `yardmaster sweep` goes on.")
      }
      if let failure = result.firstFailure { throw Published(cause: failure) }
      return .done
    }
  }
}
