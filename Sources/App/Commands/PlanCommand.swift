import ActionsRuntime
import ArgumentParser
import Capture
import Domain
import Markup
import Reporting
import Store

/// `yardmaster plan`: a job and its chunks.
struct PlanCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Cut a repository's history into chunks and print the matrix.",
    discussion: """
      Without a window everything is planned, and after a completed walk of everything only what changed since. \
      Planning twice returns the job that is open already; where the last days or the newest items are asked for, one \
      that was made in the last hour, because later they are others. The matrix goes to standard output and to the output \
      `matrix`; each of its jobs runs `yardmaster sync --job-id UUID` and pulls chunks until none is left.

        yardmaster plan --repository octocat/hello --all
        yardmaster plan --repository octocat/hello --days-back 30 --max-items 500
      """)

  @Option(help: ArgumentHelp("The repository; default: GITHUB_REPOSITORY.", valueName: "owner/name"))
  var repository: String?

  @Option(help: ArgumentHelp("Only what was updated in the last N days.", valueName: "n"))
  var daysBack: Int?

  @Option(
    help: ArgumentHelp(
      "Only what was updated since this moment (2026-01-31 or 2026-01-31T12:00:00Z).", valueName: "date"))
  var since: String?

  @Flag(help: "Everything; after a completed walk, what changed since (the default).")
  var all = false

  @Flag(help: "Everything again, also what was captured before.")
  var full = false

  @Option(help: ArgumentHelp("At most N issues and pull requests, the newest.", valueName: "n"))
  var maxItems: Int?

  @Option(help: ArgumentHelp("Numbers in a chunk; raised where more than 256 chunks would come out.", valueName: "n"))
  var chunkSize: Int?

  @Option(help: ArgumentHelp("Matrix jobs, 1 to 256 (default 4).", valueName: "n"))
  var jobs: Int?

  @Option(help: ArgumentHelp("Adopt this waiting job instead of creating one.", valueName: "uuid"))
  var jobID: String?

  static var printsToStandardOutput: Bool { true }

  static var publishesFailure: Bool { true }

  func validate() throws {
    let windows = [daysBack != nil, since != nil, all, full].count { $0 }
    if windows > 1 { throw ValidationError("Give one of --days-back, --since, --all and --full, not several.") }
    for (name, value, limit) in [
      ("--days-back", daysBack, 1_000_000), ("--max-items", maxItems, 10_000_000),
      ("--chunk-size", chunkSize, 1_000_000),
      ("--jobs", jobs, 256),
    ] {
      if let value, !(1...limit).contains(value) { throw ValidationError("\(name) takes a number from 1 to \(limit).") }
    }
    if let since, Timestamp(since) == nil {
      throw ValidationError("--since takes a date such as 2026-01-31 or 2026-01-31T12:00:00Z.")
    }
    if let jobID, JobID(jobID) == nil { throw ValidationError("--job-id takes a UUID.") }
  }

  private var window: CaptureScope.Window {
    if let daysBack { return .daysBack(daysBack) }
    if let moment = since.flatMap({ Timestamp($0) }) { return .since(moment) }
    return full ? .full : .all
  }

  func execute(in session: Session) async throws -> ExitStatus {
    let name = try session.repository(repository)
    let isOpenEnded = jobID != nil && daysBack == nil && since == nil && !all && !full && maxItems == nil
    let request = PlanRequest(
      repository: name, scope: isOpenEnded ? nil : CaptureScope(window: window, maxItems: maxItems),
      chunkSize: chunkSize, jobs: jobs,
      jobID: jobID.flatMap { JobID($0) }, runID: session.environment.runID)
    let plan: Plan
    let usage: APIUsage
    do {
      (plan, usage) = try await session.withHistory { history in
        let plan = try await session.deadline.run { try await history.plan(request) }
        return (plan, await history.github.usage)
      }
    } catch let waits as PlanWaits {
      return try end(session, with: waits)
    }
    let matrix = MatrixOutput(ordinals: plan.matrix).text
    try session.outputs.write([
      (.outcome, EventOutcome.processed.rawValue), (.jobID, plan.job?.id.text ?? ""), (.matrix, matrix),
      (.hasWork, String(plan.hasWork)),
    ])
    var report = PlanReport(
      repository: name, jobID: plan.job?.id, chunkCount: plan.hasWork ? plan.chunkCount : 0,
      matrixSize: plan.matrix.count, window: plan.job?.scope.window ?? window)
    report.maxItems = (plan.job?.scope).map(\.maxItems) ?? maxItems
    report.kind = plan.job?.kind ?? .history
    report.processor = plan.job?.processor ?? .githubActions
    report.notes = plan.notes
    report.usage = usage
    report.duration = session.deadline.elapsed
    try session.summary.append(report.markdown())
    for note in plan.notes { session.log.line("\(note)") }
    if plan.hasWork || plan.chunkCount > 0 {
      session.log.line(
        "Planned \(name.description): job \(plan.job?.id.text ?? "none"), chunks: \(Figures.count(plan.chunkCount)), matrix jobs: \(Figures.count(plan.matrix.count))."
      )
    }
    if plan.hasWork, let job = plan.job, !session.environment.isActions {
      session.log.line("Next: yardmaster sync --job-id \(job.id.text)")
    }
    session.printResult("job-id=\(plan.job?.id.text ?? "")")
    session.printResult("has-work=\(plan.hasWork)")
    session.printResult("matrix=\(matrix)")
    return .done
  }

  /// The request is in the table, and a limit of GitHub's keeps it there.
  private func end(_ session: Session, with waits: PlanWaits) throws -> ExitStatus {
    let matrix = MatrixOutput(ordinals: []).text
    try session.outputs.write([
      (.outcome, EventOutcome.processed.rawValue), (.jobID, waits.job.text), (.matrix, matrix), (.hasWork, "false"),
      (.complete, "false"),
    ])
    try session.summary.append(
      """
      ### ⏳ Not planned yet

      Job \(Markdown.code(waits.job.text)) waits until \(Markdown.code(waits.until.description)): GitHub's rate limit is \
      used up. The sweep plans it after that.
      """)
    session.log.line("\(waits.problem). \(waits.advice)")
    session.printResult("job-id=\(waits.job.text)")
    session.printResult("has-work=false")
    session.printResult("matrix=\(matrix)")
    return .done
  }
}
