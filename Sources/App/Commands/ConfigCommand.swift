import ActionsRuntime
import ArgumentParser
import Configuration
import Domain
import Markup
import Reporting

/// `yardmaster config`: the configuration file.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Work with the configuration file.", subcommands: [Check.self])

  /// `yardmaster config check`: every error, with its line.
  struct Check: SessionCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Validate a configuration file; in a workflow, errors become annotations on its lines.")

    @Argument(
      help: ArgumentHelp("The file; default: YARDMASTER_CONFIG, else .github/yardmaster.yml.", valueName: "file"))
    var file: String?

    func execute(in session: Session) async throws -> ExitStatus {
      let path = file ?? session.environment.configPath ?? ConfigurationSource.path
      switch ConfigurationFile.parse(try ConfigurationSource.read(path), file: path) {
      case .valid(let settings):
        session.log.line("\(path) is valid.")
        session.log.lines(ConfigurationOverview(settings).lines.map { "\($0)" })
        return .done
      case .invalid(let errors):
        for error in errors {
          session.log.error("\(error.message). \(error.advice)", title: "Configuration", location: error.location)
        }
        let fault = Fault(InvalidConfiguration(file: path, errors: errors))
        try session.summary.append(.blocks(["### ❌ The configuration is not valid", fault.markdown]))
        return .configuration
      }
    }
  }
}
