import ActionsRuntime
import ArgumentParser
import Domain
import Markup
import Reporting
import Store

/// `yardmaster forget`: one person's data.
struct ForgetCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget",
    abstract: "Remove what says who a pseudonym of the audit log is; name what else holds the login.",
    discussion: """
      Says what it would do; does it with --yes. The audit log stays as it is, and whole: without the mapping, and \
      the salt in it, nobody can tell whose pseudonym it holds, not even with the key. A later entry of the same \
      login has another pseudonym. Entries that were written without pseudonyms (audit.pseudonyms) keep the login: \
      the log cannot be changed.

      Whatever else holds the login is named, table by table and column by column, and left. With --captured it is \
      taken out of that too, as GitHub does with accounts that were deleted:

      - captured rows, events and commands have no author, and contributors and own_logins no row;
      - what Yardmaster recorded of events, commands and actions says ghost instead, where it names the login as \
      @login, in a code span, as an assignee, or in its own words. A rollback still takes such actions back; it leaves \
      a forgotten assignee alone, and a title that named one. One that is still to be assigned is not;
      - what was kept of failed events and dead letters to try them again is dropped where the login has a part in it \
      or is mentioned: they stay listed, and cannot be replayed. Re-run their workflow, or comment /reprocess on the \
      item;
      - the copy of a configuration that has the login is dropped, and read again by the next event.

      Captured titles and texts of people, which may mention anybody, are not searched. The next capture brings back \
      what GitHub still tells.

      Example: yardmaster forget --login mona --captured --yes
      """)

  @Option(help: ArgumentHelp("Whom to forget; case does not matter.", valueName: "login"))
  var login: String

  @Flag(help: "Take the login out of captured rows and of all that was recorded too, the audit log aside.")
  var captured = false

  @Flag(help: "Do it; without it nothing is written.")
  var yes = false

  func validate() throws {
    if login.isEmpty || login.hasPrefix("@") { throw ValidationError("--login takes a login, without '@'.") }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    let store = try session.makeStore()
    let result =
      yes ? try await store.forget(login: login, captured: captured) : try await store.traces(of: login)
    await store.close()
    for line in lines(result) { session.log.line(line) }
    return .done
  }

  private func lines(_ result: ForgottenLogin) -> [LogText] {
    var lines: [LogText] = []
    if let pseudonym = result.pseudonym {
      lines.append(
        yes
          ? "Forgotten: nothing says any more that \(pseudonym) in the audit log is \(login)."
          : "Would remove what says that \(pseudonym) in the audit log is \(login).")
    } else {
      lines.append("\(login) has no pseudonym in the audit log.")
    }
    for trace in result.traces {
      let place: LogText = "\(trace.table).\(trace.column), rows: \(trace.rows)"
      if trace.isRemovable, captured {
        lines.append(yes ? "Removed from \(place)" : "Would remove from \(place)")
      } else if trace.isRemovable {
        lines.append("Still in \(place) (--captured removes it)")
      } else {
        lines.append("Still in \(place), and stays there")
      }
    }
    if !yes { lines.append("Nothing was written; pass --yes to do it.") }
    return lines
  }
}
