import ActionsRuntime
import ArgumentParser
import Domain
import FoundationEssentials
import GitHub
import Markup
import Store

/// `yardmaster doctor`: is everything there that a run needs?
struct DoctorCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check the environment: token, repository, configuration, database, event file.",
    discussion: "Writes nothing, neither to GitHub nor to the database. Ends with 0 where all is well.")

  @Option(help: ArgumentHelp("The repository; default: GITHUB_REPOSITORY.", valueName: "owner/name"))
  var repository: String?

  func execute(in session: Session) async throws -> ExitStatus {
    var worst = ExitStatus.done
    func check(_ subject: LogText, _ body: () async throws -> LogText) async {
      do {
        session.log.line("ok    \(subject): \(try await body())")
      } catch {
        let failure = error as? any UserFacingError
        session.log.line("FAIL  \(subject): \(failure?.description ?? "\(error)")")
        let status = failure?.exitStatus ?? .failed
        if worst == .done || status == .configuration { worst = status }
      }
    }
    let name = try? session.repository(repository)
    let github = session.makeGitHub()
    await check("GitHub") {
      let answer = try await github.send(RESTRequest(.get, "/rate_limit"))
      let limits = try? JSONDecoder().decode(RateLimits.self, from: Data(answer.body))
      let core = limits?.resources.core
      let graphQL = limits?.resources.graphql
      return LogText(
        "\(session.environment.apiURL) answers; REST \(core?.remaining ?? 0) of \(core?.limit ?? 0) requests left, GraphQL \(graphQL?.remaining ?? 0) of \(graphQL?.limit ?? 0) points"
      )
    }
    await check("Repository") {
      let name = try session.repository(repository)
      let answer = try await github.send(RESTRequest(.get, "/repos/\(name)"))
      guard answer.status == 200 else {
        throw Failure(
          .configuration, "\(name) is not there for this token (GitHub answered \(answer.status))",
          advice: "Check the name, and that the token may read the repository.")
      }
      let actual = (try? JSONDecoder().decode(Repository.self, from: Data(answer.body)))?.fullName
      if let actual, actual.lowercased() != name.description.lowercased() {
        return "\(name.description) is called \(actual) now; the old name still leads there"
      }
      return "\(name.description) can be read"
    }
    await check("Configuration") {
      guard let name else { return "not checked without a repository" }
      let source = ConfigurationSource(explicitFile: session.environment.configPath, github: github)
      guard let settings = try await source.load(for: name) else {
        return "none on the default branch: events are ignored"
      }
      return "valid, rules: \(settings.rules.count), mode \(settings.mode.rawValue)"
    }
    await check("Database") {
      let store = try session.makeStore()
      let health = try await store.inspect()
      await store.close()
      if health.isReadOnly {
        throw Failure(
          .configuration, "The database \(health.database) is read-only",
          advice: "Connect to the primary server, as a role that may write.")
      }
      if let version = health.schemaVersion, version > health.expectedSchemaVersion {
        throw Failure(
          .configuration,
          "The schema has version \(version), and this executable knows \(health.expectedSchemaVersion)",
          advice: "Use the release that made it, or a newer one.")
      }
      let schema: LogText = health.schemaVersion.map { "version \($0)" } ?? "none yet, made by the first run"
      return
        "PostgreSQL \(health.serverVersion), database \(health.database), role \(health.role), schema \(schema) (this executable: \(health.expectedSchemaVersion))"
    }
    if let path = session.environment.eventPath {
      await check("Event file") { "\(try EventFile.read(path: path).count) bytes at \(path)" }
    }
    session.log.line(worst == .done ? "All is well." : "Something is wrong; the lines marked FAIL say what to do.")
    return worst
  }

  private struct Repository: Decodable {
    var fullName: String

    enum CodingKeys: String, CodingKey { case fullName = "full_name" }
  }

  private struct RateLimits: Decodable {
    struct Resources: Decodable {
      var core: Limit
      var graphql: Limit?
    }
    struct Limit: Decodable {
      var limit: Int
      var remaining: Int
    }
    var resources: Resources
  }
}
