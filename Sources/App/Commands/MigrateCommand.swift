import ActionsRuntime
import ArgumentParser
import Domain
import Markup
import Store

/// `yardmaster migrate`: the schema, brought up to date.
struct MigrateCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Bring the database's schema up to date; safe to run from many jobs at once.")

  func execute(in session: Session) async throws -> ExitStatus {
    let store = try session.makeStore()
    let report = try await store.migrate()
    await store.close()
    if report.applied.isEmpty {
      session.log.line("The schema is at version \(report.version) already.")
    } else {
      let versions = report.applied.map(String.init).joined(separator: ", ")
      session.log.line("Applied migrations \(versions); the schema is at version \(report.version).")
    }
    return .done
  }
}
