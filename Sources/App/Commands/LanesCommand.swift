import ActionsRuntime
import ArgumentParser
import Capture
import Domain
import Markup
import Reporting

/// `yardmaster lanes`: which request for history takes which lane.
struct LanesCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "lanes",
    abstract: "Print the table by which requests for history take their lanes.",
    discussion: """
      Rows are tried from above to below, and the first whose conditions all hold decides: event captures at once in \
      the run that was asked, inngest sends the request to Inngest's queue, bulk dispatches the workflow that \
      `history: bulk_workflow` names. The limits are those of the configuration: the given file, else \
      YARDMASTER_CONFIG, else the one on the repository's default branch where a token is given, else the defaults.
      """)

  @Argument(help: ArgumentHelp("A configuration file.", valueName: "file"))
  var file: String?

  @Option(help: ArgumentHelp("The repository; default: GITHUB_REPOSITORY.", valueName: "owner/name"))
  var repository: String?

  @Flag(help: "Print JSON for machines.")
  var json = false

  static var printsToStandardOutput: Bool { true }

  func execute(in session: Session) async throws -> ExitStatus {
    let name = repository == nil && session.environment.repository == nil ? nil : try session.repository(repository)
    var settings = Settings()
    if let path = file ?? session.environment.configPath {
      settings = try ConfigurationSource.parse(ConfigurationSource.read(path), file: path)
    } else if let name, session.environment.token != nil {
      let github = session.makeGitHub()
      settings =
        try await session.deadline.run {
          try await ConfigurationSource(explicitFile: nil, github: github).load(for: name)
        } ?? settings
    }
    let history = settings.history
    let table = LaneTable(history)
    if json {
      var document: [String: JSONValue] = [
        "capture": .bool(history.capture), "rows": table.json,
        "inngest_percent": .integer(Int64(history.inngestPercent)),
        "inngest_minutes": .integer(Int64(history.inngestMinutes)), "bulk_workflow": .string(history.bulkWorkflow),
      ]
      document["inngest_configured"] = .bool(session.environment.inngestEventKey != nil)
      session.printResult(LogText(trusted: JSONValue.object(document).canonicalText))
    } else {
      for line in table.description.split(separator: "\n") { session.printResult("\(String(line))") }
    }
    session.log.line(
      "Events are \(history.capture ? "captured" : "not captured (history: capture: false)"); rollout to Inngest: \(history.inngestPercent) % of repositories, \(session.environment.inngestEventKey == nil ? "no event key" : "an event key is given")."
    )
    return .done
  }
}
