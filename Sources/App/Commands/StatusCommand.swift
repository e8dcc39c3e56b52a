import ActionsRuntime
import ArgumentParser
import Domain
import Markup
import Reporting
import Store

/// `yardmaster status`: how far the jobs are.
struct StatusCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show jobs, chunks, rate, time left and cost.")

  @Option(help: ArgumentHelp("One job; default: the newest jobs.", valueName: "uuid"))
  var jobID: String?

  @Flag(help: "Print JSON for machines.")
  var json = false

  static var printsToStandardOutput: Bool { true }

  func validate() throws {
    if let jobID, JobID(jobID) == nil { throw ValidationError("--job-id takes a UUID.") }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    let store = try session.makeStore()
    let jobs = try await store.progress(of: jobID.flatMap { JobID($0) })
    await store.close()
    if let jobID, jobs.isEmpty {
      throw Failure(
        .usage, "There is no job \(jobID) in this database", advice: "Run `yardmaster status` to see the jobs.")
    }
    if jobID != nil, let job = jobs.first {
      try session.summary.append(SyncReport(progress: job, now: session.clock.now).markdown())
    }
    if json {
      session.printResult(LogText(trusted: statusJSON(jobs, now: session.clock.now)))
    } else {
      session.printResult(statusText(jobs, now: session.clock.now))
    }
    return .done
  }
}
