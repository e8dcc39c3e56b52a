import ActionsRuntime
import ArgumentParser
import Domain
import Markup
import Reporting
import Store

/// `yardmaster status`: how far the jobs are, and what is proven.
struct StatusCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show jobs, chunks, rate, time left and cost, and what is proven of each repository.",
    discussion: """
      Changes no row; makes the schema, or brings it up to date, where that is needed. Numbers are the issue and pull \
      request numbers of a repository; one that is "empty" has neither. With --json one line of ASCII, whose keys stay.
      """)

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
    if let jobID, jobs.isEmpty {
      throw Failure(
        .usage, "There is no job \(jobID) in this database", advice: "Run `yardmaster status` to see the jobs.")
    }
    var report = StatusReport(jobs, isOneJob: jobID != nil, now: session.clock.now)
    report.links = session.environment.runLinks
    report.proofs = try await proofs(of: jobs, in: store)
    report.balances = try await store.budget.balances()
    await store.close()
    try session.summary.append(report.markdown())
    session.printResult(json ? LogText(trusted: report.json()) : report.text())
    return .done
  }

  /// What is proven of the jobs' repositories, each looked at once.
  private func proofs(of jobs: [JobProgress], in store: Store) async throws -> [RepositoryName: CaptureProof] {
    var proofs: [RepositoryName: CaptureProof] = [:]
    for name in jobs.compactMap(\.repository) where proofs[name] == nil {
      guard let repository = try await store.knownRepository(name) else { continue }
      proofs[name] = try await store.proof(of: repository)
    }
    return proofs
  }
}

extension ActionsEnvironment {
  /// The runs of the workflow's repository, which need not be the captured one.
  var runLinks: RunLinks { RunLinks(serverURL: serverURL, repository: repositoryName) }
}
