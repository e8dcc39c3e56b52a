import ActionsRuntime
public import ArgumentParser
import Domain
import Glibc

/// The command line's root.
public struct Yardmaster: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "yardmaster",
    abstract: "Issue automation and history capture, as a step of a GitHub Actions job.",
    discussion: """
      In a workflow, `yardmaster run` reads the event that started the run and acts on it; `yardmaster rollback` takes \
      that back. `yardmaster plan` and `yardmaster sync` capture a repository's history into Postgres, chunk by chunk, \
      and go on where they stopped. `yardmaster sweep` makes good what events and captures missed.

      Environment:
        GITHUB_TOKEN           a token for GitHub's API
        DATABASE_URL           Postgres, as a URI or as key=value pairs
        YARDMASTER_CONFIG      a file in place of the default branch's
                               .github/yardmaster.yml
        YARDMASTER_AUDIT_KEY   keys the audit log's hash chain, its checkpoints
                               and pseudonyms
        YARDMASTER_TIME_LIMIT  seconds after which the run stops in good order
        YARDMASTER_APP_ID, YARDMASTER_APP_PRIVATE_KEY
                               a GitHub App to act as, in place of GITHUB_TOKEN
        YARDMASTER_TOKENS      further tokens to read history with
        INNGEST_EVENT_KEY      a lane for recent work besides the event's own run

      Exit status: 0 done, or stopped in good order with a checkpoint; 1 processing failed and is recorded; 64 usage; \
      75 a dependency was unreachable, run again; 78 configuration invalid; 130 and 143 cancelled, checkpoint saved.
      """,
    version: "yardmaster \(Version.current)",
    subcommands: [
      RunCommand.self, ExplainCommand.self, RollbackCommand.self, PlanCommand.self, SyncCommand.self,
      ContinueCommand.self, SweepCommand.self,
      StatusCommand.self, ActionsCommand.self, StoryCommand.self, DeadLettersCommand.self, ReplayCommand.self,
      LanesCommand.self, AuditCommand.self, ForgetCommand.self, MigrateCommand.self,
      DoctorCommand.self, ConfigCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  public init() {}

  /// Reads the command line, runs the command, and ends the process with its exit status.
  public static func main() async -> Never {
    // Signals are blocked before any other thread exists, so that only the deadline's own thread takes them.
    let deadline = RunDeadline.install(timeLimit: nil)
    // What the parser takes is a tenth of what an event takes that concerns nobody, and this is what workflows call.
    if CommandLine.arguments.dropFirst().elementsEqual(["run"]) { await perform(EventTask(), deadline) }
    if let unknown = UnknownCommand(CommandLine.arguments.dropFirst(), of: configuration) {
      RunLog(output: 2, isActions: false).lines(unknown.lines)
      Glibc.exit(ExitStatus.usage.rawValue)
    }
    let command: any ParsableCommand
    do {
      command = try parseAsRoot()
    } catch {
      if exitCode(for: error) == .validationFailure {
        Session(deadline: deadline, logsToStandardError: true).refuse(message(for: error))
      }
      exit(withError: error)
    }
    guard let command = command as? any SessionCommand else {
      // Only --help, --version and the completion scripts are commands without a session.
      var command = command
      do {
        try command.run()
      } catch {
        exit(withError: error)
      }
      Glibc.exit(ExitStatus.done.rawValue)
    }
    await perform(command, deadline)
  }

  private static func perform(_ task: any SessionTask, _ deadline: RunDeadline) async -> Never {
    let session = Session(deadline: deadline, logsToStandardError: type(of: task).printsToStandardOutput)
    let status = await session.perform(task)
    // Not `exit`: threads of closed connections may still be ending, and what libcrypto does at their end must not meet
    // what it does at the process's (https://github.com/openssl/openssl/issues/6214).
    fflush(nil)
    _exit(status.rawValue)
  }
}

/// A command that needs the run's environment.
protocol SessionCommand: ParsableCommand, SessionTask {}

extension SessionCommand {
  static var name: String { configuration.commandName ?? "" }
}

/// What a command does, once its arguments are known.
protocol SessionTask: Sendable {
  /// The command's, for its summary.
  static var name: String { get }
  /// Whether standard output belongs to the command's result, so that the log goes to standard error.
  static var printsToStandardOutput: Bool { get }
  /// Whether a failure belongs into the step's outputs and summary: a workflow goes by the command's outcome.
  static var publishesFailure: Bool { get }
  /// Whether what is wrong with the environment is the command's to tell; every other command ends with it.
  static var examinesEnvironment: Bool { get }
  func execute(in session: Session) async throws -> ExitStatus
}

extension SessionTask {
  static var printsToStandardOutput: Bool { false }
  static var publishesFailure: Bool { false }
  static var examinesEnvironment: Bool { false }
}
