import ActionsRuntime
import ArgumentParser
import Domain
import Markup
import Reporting
import Store

/// `yardmaster dead-letters`: what failed for good.
struct DeadLettersCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead-letters",
    abstract: "List what failed for good: events, and parts of the history that GitHub would not give.",
    discussion: """
      An event that fails is tried again by the sweep after 10, 20, 40 and 80 minutes. After the fifth failure nobody \
      tries any more: it is a dead letter, with its error and its payload. Mend what the error names, then \
      yardmaster replay --event UUID processes it once more; its success takes the letter away.

      Items and lists of the history are tried again by captures. With --json one line of ASCII, whose keys stay.
      """)

  @OptionGroup var scope: ListScope

  @Option(help: ArgumentHelp("How many at most.", valueName: "n"))
  var limit = 50

  static var printsToStandardOutput: Bool { true }

  func validate() throws { try ListScope.check(limit: limit) }

  func execute(in session: Session) async throws -> ExitStatus {
    let repository = try scope.repository.map { try session.repository($0) }
    let store = try session.makeStore()
    let letters = try await store.deadLetters(of: repository, limit: limit + 1)
    await store.close()
    let report = DeadLetterReport(
      Array(letters.prefix(limit)), isCut: letters.count > limit, now: session.clock.now)
    try session.show(scope.json ? LogText(trusted: report.json()) : report.text(), summary: report.markdown())
    return .done
  }
}
