import ActionsRuntime
import ArgumentParser
import Domain
import Markup
import Reporting
import Store

/// `yardmaster actions`: what was done, by which transaction.
struct ActionsCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "actions",
    abstract: "List what was done on GitHub, what was not and why, and by which transaction.",
    discussion: """
      The newest first. Each action has a status: done; taken back; skipped (GitHub showed it already, or it was done \
      once before); failed; uncertain (its answer was lost, and it must not be sent twice); intended (on its way, or cut \
      off: the next run goes on with it). Dry runs are listed as such.

      Actions of one transaction were decided on together, and are taken back together: yardmaster rollback. A \
      repository that was renamed is found under both names. With --json one line of ASCII, whose keys stay.

        yardmaster actions --repository octo/hello --number 12
      """)

  @OptionGroup var scope: ListScope

  @Option(help: ArgumentHelp("One issue or pull request of the repository.", valueName: "n"))
  var number: Int?

  @Option(help: ArgumentHelp("How many at most.", valueName: "n"))
  var limit = 20

  static var printsToStandardOutput: Bool { true }

  func validate() throws {
    try ListScope.check(limit: limit)
    if let number, number < 1 { throw ValidationError("--number takes the number of an issue or pull request.") }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    // A number says nothing without its repository.
    let repository = try scope.repository != nil || number != nil ? session.repository(scope.repository) : nil
    let store = try session.makeStore()
    let actions = try await store.actions(repository: repository, number: number, limit: limit + 1)
    await store.close()
    var report = ActionsReport(
      Array(actions.prefix(limit)), of: repository, number: number, isCut: actions.count > limit,
      now: session.clock.now)
    report.links = session.environment.runLinks
    try session.show(scope.json ? LogText(trusted: report.json()) : report.text(), summary: report.markdown())
    return .done
  }
}

/// What every list is asked for.
struct ListScope: ParsableArguments {
  @Option(help: ArgumentHelp("One repository; default: all in the database.", valueName: "owner/name"))
  var repository: String?

  @Flag(help: "Print JSON for machines.")
  var json = false

  static func check(limit: Int) throws {
    guard (1...10_000).contains(limit) else { throw ValidationError("--limit takes a number from 1 to 10000.") }
  }
}

extension Session {
  /// Prints a list, and puts it into the job's summary where there is one.
  func show(_ text: LogText, summary markdown: Markdown) throws {
    try summary.append(markdown)
    printResult(text)
  }
}
