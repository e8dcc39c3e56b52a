import ActionsRuntime
import ArgumentParser
import Domain
import Markup
import Reporting
import Store

/// `yardmaster story`: how a thread came to where it is.
struct StoryCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "story",
    abstract: "Tell what happened on an issue or pull request, in order.",
    discussion: """
      Events, commands with what became of them, actions and what was taken back, links to other items and commits, and \
      the comments where the history is captured. Any SQL client gives the same:

        SELECT * FROM yardmaster.story('octo/hello', 12);

      A repository that was renamed is found under both names. With --json one line of ASCII, whose keys stay.
      """)

  @Option(help: ArgumentHelp("Default: the one that the workflow runs in.", valueName: "owner/name"))
  var repository: String?

  @Option(help: ArgumentHelp("The issue or pull request.", valueName: "n"))
  var number: Int

  @Flag(help: "Print JSON for machines.")
  var json = false

  @Option(help: ArgumentHelp("How many entries at most, the newest ones.", valueName: "n"))
  var limit = 500

  static var printsToStandardOutput: Bool { true }

  func validate() throws {
    try ListScope.check(limit: limit)
    if number < 1 { throw ValidationError("--number takes the number of an issue or pull request.") }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    let repository = try session.repository(repository)
    let store = try session.makeStore()
    let story = try await store.story(of: repository, number: number, limit: limit + 1)
    await store.close()
    let report = StoryReport(
      story.suffix(limit), of: ItemReference(repository: repository, number: number), isCut: story.count > limit)
    try session.show(json ? LogText(trusted: report.json()) : report.text(), summary: report.markdown())
    return .done
  }
}
