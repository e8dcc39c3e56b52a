import ActionsRuntime
import ArgumentParser
import Automation
import Configuration
import Cryptography
import Domain
import Markup
import Reporting

/// `yardmaster explain`: which rules match an event and why, offline.
struct ExplainCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show which rules and commands an event would set off, and why; offline.",
    discussion: """
      Reads an event file, as GITHUB_EVENT_PATH names it or as a webhook delivery's payload was saved, and a \
      configuration file. Nothing is connected to: what the database knows of the thread, and what an author may do, is \
      taken from the options or left out.

        yardmaster explain --event opened.json --config .github/yardmaster.yml
      """)

  @Option(help: ArgumentHelp("The event's JSON file.", valueName: "file"))
  var event: String

  @Option(
    help: ArgumentHelp(
      "The event's name; default: GITHUB_EVENT_NAME, else what the file looks like.", valueName: "name"))
  var name: String?

  @Option(
    help: ArgumentHelp("The configuration; default: YARDMASTER_CONFIG, else .github/yardmaster.yml.", valueName: "file")
  )
  var config: String?

  @Option(
    help: ArgumentHelp("What the text's author may do: none, read, triage, write, maintain, admin.", valueName: "role"))
  var permission = "write"

  static var printsToStandardOutput: Bool { true }

  func validate() throws {
    if Permission(permission) == nil {
      throw ValidationError("--permission takes none, read, triage, write, maintain or admin.")
    }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    let environment = session.environment
    let path = config ?? environment.configPath ?? ConfigurationSource.path
    let settings = try ConfigurationSource.parse(try ConfigurationSource.read(path), file: path)
    let event = try EventFile.decode(
      offline: try EventFile.read(path: self.event), name: name ?? environment.eventName,
      repository: environment.repositoryName, run: environment.run)
    var report = RunReport(trigger: RunReport.Trigger(event), outcome: .processed, mode: settings.mode)
    guard let subject = EventSubject(event) else {
      session.printResult("No rule and no command can be about \(event.name.rawValue).")
      return .done
    }
    let processor = AutomationProcessor(settings: settings)
    let input = AutomationInput(
      trigger: subject.trigger, repository: event.repository, issue: subject.issue, comment: subject.comment,
      previousBody: subject.previousBody, actor: event.sender, permission: Permission(permission),
      now: session.clock.now, happenedAt: event.occurredAt, serverURL: environment.serverURL, digest: textDigest)
    let outcome = processor.decide(input)
    report.entries = outcome.deliberation.decisions.map { RunReport.Entry(decision: $0) }
    session.printResult("Event \(report.trigger.headline)")
    for line in outcome.explanation { session.printResult("\(line.origin): \(line.evidence)") }
    if report.entries.isEmpty { session.printResult("Nothing would be done.") }
    for decision in outcome.deliberation.decisions {
      session.printResult(
        "would \(decision.effect.inLogWords) on #\(decision.target.number), by \(decision.reason.origin): \(decision.reason.evidence)"
      )
    }
    return .done
  }
}
