import Foundation
import GitHubDouble
import Store
import TestSupport
import Testing

/// A GitHub double and a PostgreSQL, each behind a proxy that watches one process.
final class Stage: Sendable {
  let effects = Effects()
  private let github: GitHubDouble
  private let web: EffectProxy
  private let database: EffectProxy

  init(_ github: GitHubDouble) async throws {
    let cluster = try await TestCluster.shared.url()
    let port = try #require(URLComponents(string: cluster)?.port)
    self.github = github
    web = try EffectProxy(to: github.port, effects) { HTTPRequests() }
    database = try EffectProxy(to: UInt16(port), effects) { PostgresMessages() }
  }

  func stop() {
    web.stop()
    database.stop()
  }

  /// The executable, unwatched.
  func direct(_ place: TestDatabase) -> Command { Command(github: github.url, database: place.url) }

  /// The executable behind the proxies.
  func watched(_ place: TestDatabase) throws -> Command {
    Command(github: "http://127.0.0.1:\(web.port)", database: try place.url(port: Int(database.port)))
  }

  /// `plan` and `sync` with a database of their own, and what they leave in it.
  /// - Parameters:
  ///   - command: the one that runs behind the proxies; if it is killed there, it is started again.
  ///   - kill: where it is killed; nil where its effects are only counted.
  func capture(killing command: String?, kill: Effects.Kill?) async throws -> CapturedRows {
    try await TestDatabase.withDatabase(template: "crash", prepare: Self.migrate) { place in
      let direct = direct(place)
      let watched = try watched(place)
      effects.begin(kill: kill)
      func run(_ name: String, _ arguments: [String]) async throws -> Command.Ending {
        guard name == command else { return try await direct.run(arguments) }
        let first = try await watched.run(arguments) { [effects] in effects.watch($0) }
        guard first.wasKilled else { return first }
        // Time passes, and its lease with it.
        try await place.query(
          "UPDATE yardmaster.capture_chunks SET lease_expires_at = now() WHERE lease_expires_at > now()")
        return try await direct.run(arguments)
      }
      let plan = try await run("plan", ["plan", "--all", "--chunk-size", "12"])
      #expect(plan.status == 0, "\(plan.log)")
      let job = try #require(plan.outputs["job-id"], "\(plan.log)")
      let sync = try await run("sync", ["sync", "--job-id", job])
      #expect(sync.status == 0 && sync.outputs["complete"] == "true", "\(sync.log)")
      return try await CapturedRows(place)
    }
  }

  static func migrate(_ url: String) async throws {
    let store = Store(databaseURL: url, auditKey: nil)
    _ = try await store.migrate()
    await store.close()
  }
}
