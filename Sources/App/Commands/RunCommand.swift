import ActionsRuntime
import ArgumentParser
import Domain

/// `yardmaster run`: one event, once.
struct RunCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Process the event that started this workflow run (the default command).",
    discussion: """
      Reads GITHUB_EVENT_NAME and GITHUB_EVENT_PATH, routes the event, decides by the configuration of the default \
      branch, and acts once: a re-run or a second delivery of the same event is a duplicate. Nothing is written to \
      GitHub while the configuration says `mode: dry-run`, which is the default.

      A workflow_dispatch with the input issue (a number) or payload (an event's JSON, pasted) processes that by hand; \
      its input mode, dry-run or live, goes before the configuration's.
      """)

  @Flag(help: "Decide and record, but send nothing to GitHub, whatever the configuration says.")
  var dryRun = false

  func execute(in session: Session) async throws -> ExitStatus {
    try await EventTask(forcesDryRun: dryRun).execute(in: session)
  }
}

/// The event that started this workflow run.
struct EventTask: SessionTask {
  static let name = "run"
  var forcesDryRun = false

  func execute(in session: Session) async throws -> ExitStatus {
    try await EventRun.perform(in: session, forcesDryRun: forcesDryRun) { run in try await run.process() }
  }
}
