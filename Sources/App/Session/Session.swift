import ActionsRuntime
import ArgumentParser
import Configuration
import Domain
import FoundationEssentials
import GitHub
import HTTP
import Logging
import Markup
import Reporting
import Store

/// A failure that the command has told in its outputs and its summary.
struct Published: Error {
  var cause: any UserFacingError
}

/// What one run of the executable works with. Nothing is opened before a path needs it.
final class Session: Sendable {
  let environment: ActionsEnvironment
  let log: RunLog
  let deadline: RunDeadline
  let clock = SystemClock()
  let logger: Logger
  let outputs: Outputs
  let summary: StepSummary

  init(deadline: RunDeadline, logsToStandardError: Bool) {
    environment = ActionsEnvironment.read(ProcessInfo.processInfo.environment)
    log = RunLog(output: logsToStandardError ? 2 : 1, isActions: environment.isActions)
    logger = log.logger(label: "yardmaster", level: environment.isDebug ? .debug : .info)
    outputs = Outputs(path: environment.outputPath)
    summary = StepSummary(path: environment.summaryPath)
    self.deadline = deadline
    if let limit = environment.timeLimit { deadline.limit(to: limit) }
  }

  /// Runs the command until it ends, a signal comes, or time is up; says what went wrong where a maintainer looks.
  func perform(_ command: any SessionTask) async -> ExitStatus {
    do {
      if let problem = environment.problems.first, !type(of: command).examinesEnvironment { throw problem }
      return try await command.execute(in: self)
    } catch let error as Published {
      report(Fault(error.cause))
      return error.cause.exitStatus
    } catch let error as InvalidConfiguration {
      for error in error.errors {
        log.error("\(error.message). \(error.advice)", title: "Configuration", location: error.location)
      }
      publish(Fault(error), of: command)
      return error.exitStatus
    } catch let error as any UserFacingError {
      report(Fault(error))
      publish(Fault(error), of: command)
      return error.exitStatus
    } catch is CancellationError {
      if let signal = deadline.stopSignal {
        log.line("Ended by \(signal.name). What is stored stays: the same command goes on from there.")
        return signal.exitStatus
      }
      let fault = Fault(
        problem: "The time limit was reached before the work was done",
        advice: "Run the job again: it goes on where this run stopped.", exitStatus: .unavailable)
      report(fault)
      publish(fault, of: command)
      return .unavailable
    } catch {
      logger.debug("unexpected error: \(error)")
      report(Fault(error))
      publish(Fault(error), of: command)
      return .failed
    }
  }

  /// Writes the outcome and a summary of a failure that the command itself has written none of. Faults of the writing
  /// must not hide that failure.
  private func publish(_ fault: Fault, of command: any SessionTask) {
    let kind = type(of: command)
    guard kind.publishesFailure else { return }
    try? outputs.write([(.outcome, EventOutcome.failed.rawValue)])
    let name = Markdown.code("yardmaster \(kind.name)")
    try? summary.append(.blocks(["### ❌ \(name) failed", fault.markdown]))
  }

  /// Tells a workflow's maintainer what is wrong with the command line that the step's inputs became; in a terminal the
  /// usage text is enough.
  func refuse(_ message: String) {
    guard environment.isActions else { return }
    // A fault's problem has no full stop of its own.
    var problem = message
    while problem.hasSuffix(".") { problem.removeLast() }
    let fault = Fault(
      problem: problem, advice: "Correct the step's inputs in the workflow, or what was typed when it was dispatched.",
      exitStatus: .usage)
    report(fault)
    try? outputs.write([(.outcome, EventOutcome.failed.rawValue)])
    try? summary.append(.blocks(["### ❌ The step's inputs cannot be used", fault.markdown]))
  }

  func report(_ fault: Fault) {
    log.error("\(fault.sentences)", title: "Yardmaster", location: fault.location)
  }

  /// Writes what a command was asked for to standard output.
  func printResult(_ text: LogText) { RunLog(isActions: environment.isActions).line(text) }

  /// A client for GitHub's API; its thread and connections come with the first request.
  ///
  /// - Parameters:
  ///   - ledger: the budgets that all jobs share; without one the client sends and asks for nothing of its own accord.
  ///   - patience: seconds that a request may be kept waiting for a limit before it throws `RateLimited`.
  ///   - priority: whether the reserve that is kept for event runs may be drawn on.
  ///   - installation: the repository whose installation an App acts as where none is named; nil for the workflow's.
  func makeGitHub(
    ledger: (any BudgetLedger)? = nil, patience: Double = .infinity, priority: BudgetRequest.Priority = .event,
    installation: RepositoryName? = nil
  ) -> GitHubClient {
    var credentials = GitHubCredentials(token: environment.token)
    if let id = environment.appID, let key = environment.appPrivateKey {
      credentials.app = GitHubApp(
        id: id, privateKey: key, installationID: environment.appInstallationID,
        repository: installation ?? environment.repositoryName)
    }
    // What an event asks for is little, and its token can always read it.
    if priority == .history { credentials.furtherTokens = environment.furtherTokens }
    let budgets = ledger.map {
      GitHubClient.Budgets(ledger: $0, priority: priority, repository: environment.repositoryName)
    }
    return makeGitHub(credentials, budgets: budgets, patience: patience)
  }

  /// A client of its own for these credentials.
  func makeGitHub(
    _ credentials: GitHubCredentials, budgets: GitHubClient.Budgets? = nil, patience: Double = .infinity
  ) -> GitHubClient {
    GitHubClient(
      http: HTTPClient(configuration: HTTPClient.Configuration()), apiURL: environment.apiURL,
      graphQLURL: environment.graphQLURL, credentials: credentials, budgets: budgets, patience: patience,
      deadline: deadline, clock: clock, logger: logger, userAgent: "yardmaster/\(Version.current)")
  }

  /// The database; connects with the first call.
  ///
  /// - Parameter tolerance: seconds for which it is waited for where it goes away; a failover takes up to a minute.
  func makeStore(tolerance: Double = 90) throws -> Store {
    guard let url = environment.databaseURL else {
      throw Failure(
        .configuration, "DATABASE_URL is not set",
        advice: "Set it to your Postgres database, in a workflow through the input `database-url` from a secret.")
    }
    return Store(
      databaseURL: url, auditKey: environment.auditKey.map { Array($0.utf8) },
      tolerance: OutageTolerance(seconds: tolerance, deadline: deadline) { [log] in log.line("\($0)") })
  }

  /// The repository that a command names, or else the one that the workflow runs in.
  func repository(_ named: String?) throws -> RepositoryName {
    guard let text = named ?? environment.repository else {
      throw Failure(
        .usage, "No repository is named", advice: "Pass --repository OWNER/NAME, or set GITHUB_REPOSITORY.")
    }
    guard let name = RepositoryName(text) else {
      throw Failure(.usage, "'\(text)' is no repository", advice: "Write it as OWNER/NAME.")
    }
    return name
  }
}
