import ActionsRuntime
import ArgumentParser
import Capture
import Domain
import Markup
import Reporting
import Store

/// `yardmaster sync`: one job's chunks, until none is left or time is up.
struct SyncCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync",
    abstract: "Work on a job's chunks until none is left or time is up.",
    discussion: """
      Each page's rows and its checkpoint commit in one transaction, so a kill at any moment costs at most the pages \
      in flight, and the next `sync` goes on from the checkpoint. Several processes may work on one job at once.
      """)

  @Option(help: ArgumentHelp("The job that `yardmaster plan` printed.", valueName: "uuid"))
  var jobID: String

  @Option(help: ArgumentHelp("Stop in good order after this long.", valueName: "seconds"))
  var timeLimit: Double?

  static var publishesFailure: Bool { true }

  func validate() throws {
    guard JobID(jobID) != nil else { throw ValidationError("--job-id takes the UUID that `yardmaster plan` printed.") }
    if let timeLimit, !(timeLimit > 0) { throw ValidationError("--time-limit takes a number of seconds above 0.") }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    if let timeLimit { session.deadline.limit(to: timeLimit) }
    return try await session.withHistory { history in
      guard let id = JobID(jobID), let job = try await history.store.job(id) else {
        throw Failure(
          .usage, "There is no job \(jobID) in this database",
          advice: "Run `yardmaster plan` and use the job id that it prints.")
      }
      let captured = try await session.deadline.run { try await history.sync(job) }
      try session.outputs.write(
        [(.outcome, EventOutcome.processed.rawValue), (.jobID, job.id.text)] + captured.result.outputs)
      if let report = captured.report { try session.summary.append(report.markdown()) }
      if let farewell = captured.result.farewell(of: job.id, status: captured.status) {
        session.log.line("\(farewell)")
      }
      return captured.result.exitStatus
    }
  }
}
