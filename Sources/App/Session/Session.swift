import ActionsRuntime
import Domain
import GitHub
import HTTP
import Logging
import Markup
import Store

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
    environment = ActionsEnvironment.current
    log = RunLog(output: logsToStandardError ? 2 : 1, isActions: environment.isActions)
    logger = log.logger(label: "yardmaster", level: environment.isDebug ? .debug : .info)
    outputs = Outputs(path: environment.outputPath)
    summary = StepSummary(path: environment.summaryPath)
    self.deadline = deadline
    if let limit = environment.timeLimit { deadline.limit(toSeconds: limit) }
  }

  /// Runs the command until it ends, a signal comes, or time is up; says what went wrong where a maintainer looks.
  func perform(_ command: any SessionCommand) async -> ExitStatus {
    do {
      return try await command.execute(in: self)
    } catch let error as any UserFacingError {
      report(error)
      return error.exitStatus
    } catch is CancellationError {
      if let signal = deadline.stopSignal { return signal.exitStatus }
      log.notice("Stopped: the time limit was reached.", title: nil, location: nil)
      return .done
    } catch {
      report(
        Failure(
          .failed, "Unexpected error: \(error)",
          advice: "Run again with debug logging on, and report it if it happens again."))
      return .failed
    }
  }

  func report(_ error: any UserFacingError) {
    log.error("\(error.description)", title: "Yardmaster", location: error.location)
  }

  /// A client for GitHub's API; its thread and connections come with the first request.
  func makeGitHub() -> GitHubClient {
    GitHubClient(
      http: HTTPClient(configuration: HTTPClient.Configuration()), apiURL: environment.apiURL,
      graphQLURL: environment.graphQLURL, token: environment.token, deadline: deadline, clock: clock, logger: logger,
      userAgent: "yardmaster/\(Version.current)")
  }

  /// The database; connects with the first call.
  func makeStore() throws -> Store {
    guard let url = environment.databaseURL else {
      throw Failure(
        .configuration, "DATABASE_URL is not set",
        advice: "Set it to your Postgres database, in a workflow through the input `database-url` from a secret.")
    }
    return Store(databaseURL: url, auditKey: environment.auditKey.map { Array($0.utf8) })
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
