import ActionsRuntime
import ArgumentParser
import Domain
import Markup
import Reporting
import Store

/// `yardmaster continue`: the next workflow run, where one is needed.
struct ContinueCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "continue",
    abstract: "Dispatch the workflow once more where its job is not complete.",
    discussion: """
      The last job of the workflow that captures history, with `permissions: actions: write`. Where GitHub's quota is \
      used up for more than ten minutes the rest is left to the sweep, and where two runs in a row stored nothing new \
      the chain ends with a failure.
      """)

  @Option(help: ArgumentHelp("The job that `yardmaster plan` printed.", valueName: "uuid"))
  var jobID: String

  static var publishesFailure: Bool { true }

  func validate() throws {
    guard JobID(jobID) != nil else { throw ValidationError("--job-id takes the UUID that `yardmaster plan` printed.") }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    // One request: what the history itself has used up must not keep the next run from being dispatched.
    let (job, status, continuation) = try await session.withHistory(priority: .event) { history in
      guard let id = JobID(jobID), let job = try await history.store.job(id) else {
        throw Failure(
          .usage, "There is no job \(jobID) in this database",
          advice: "Run `yardmaster plan` and use the job id that it prints.")
      }
      let continuation = try await session.deadline.run { try await WorkflowContinuation(history: history).run(job) }
      // It may have come to its end, or been cancelled, since it was looked at.
      let status = continuation == .notNeeded ? try await history.store.job(id)?.status : nil
      return (job, status ?? job.status, continuation)
    }
    let isStuck: Bool = if case .stuck = continuation { true } else { false }
    try session.outputs.write([
      (.outcome, (isStuck ? EventOutcome.failed : .processed).rawValue), (.jobID, job.id.text),
      (.complete, String(status == .completed)),
    ])
    let report = ContinuationReport(
      repository: job.repository, jobID: job.id, status: status, continuation: continuation, now: session.clock.now)
    try session.summary.append(report.markdown())
    guard isStuck else {
      session.log.line("\(report.sentence)")
      return .done
    }
    throw Published(
      cause: Failure(
        .failed, String(report.sentence.dropLast()),
        advice:
          "Look at the chunks' errors with `yardmaster status --job-id \(job.id)`, then dispatch the workflow again."
      ))
  }
}
