import ActionsRuntime
import ArgumentParser
import Domain
import FoundationEssentials
import GitHub
import Markup
import Reporting
import Store

/// `yardmaster doctor`: is everything there that a run needs?
struct DoctorCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check the environment: token, repository, configuration, database, audit key, event file.",
    discussion: """
      Writes nothing, neither to GitHub nor to the database: that a token may write shows only when it does. Ends with \
      0 where nothing is wrong: a line marked WARN says what works and is probably not meant.
      """)

  @Option(help: ArgumentHelp("The repository; default: GITHUB_REPOSITORY.", valueName: "owner/name"))
  var repository: String?

  static var examinesEnvironment: Bool { true }

  /// A limit is a finding, and not waited for.
  private static let patience = 0.0

  func execute(in session: Session) async throws -> ExitStatus {
    try await session.deadline.run { try await examine(session) }
  }

  private func examine(_ session: Session) async throws -> ExitStatus {
    let findings = Findings(log: session.log)
    for problem in session.environment.problems { try await findings.check("Environment") { throw problem } }
    let name = try? session.repository(repository)
    let github = session.makeGitHub(patience: Self.patience, installation: name)
    try await findings.check("GitHub") {
      "\(session.environment.apiURL) answers; \(try await quota(of: github, at: session.environment.apiURL, name))"
    }
    for (index, token) in session.environment.furtherTokens.enumerated() {
      try await findings.check("Token \(index + 1) of YARDMASTER_TOKENS") {
        let github = session.makeGitHub(GitHubCredentials(token: token), patience: Self.patience)
        return "accepted; \(try await quota(of: github, at: session.environment.apiURL, name))"
      }
    }
    try await findings.check("Repository") { try await look(at: try session.repository(repository), by: github) }
    try await findings.check("Configuration") {
      guard let name else { return "not checked without a repository" }
      let source = ConfigurationSource(explicitFile: session.environment.configPath, github: github)
      guard let settings = try await source.load(for: name) else {
        findings.warn(
          "Configuration",
          "the default branch has no \(ConfigurationSource.path), so events are ignored. Put one there; the action brings an example, .github/yardmaster.example.yml."
        )
        return nil
      }
      if settings.history.inngestPercent > 0, session.environment.inngestEventKey == nil {
        findings.warn(
          "Inngest",
          "inngest_percent is \(settings.history.inngestPercent), but INNGEST_EVENT_KEY is not set, so nothing is sent there. Set the key, or set inngest_percent to 0."
        )
      }
      return "valid, rules: \(settings.rules.count), mode \(settings.mode.rawValue)"
    }
    try await findings.check("Database") { try await look(at: try session.makeStore()) }
    if session.environment.auditKey == nil {
      findings.warn(
        "Audit log",
        "YARDMASTER_AUDIT_KEY is not set, so whoever may write the database can write the log anew. Set it from a secret of random text, the same in every workflow, as the input `audit-key`."
      )
    }
    if let path = session.environment.eventPath {
      try await findings.check("Event file") { "\(try EventFile.read(path: path).count) bytes at \(path)" }
    }
    session.log.line(findings.verdict)
    return findings.worst
  }

  /// Asking costs nothing.
  private func quota(of github: GitHubClient, at apiURL: String, _ name: RepositoryName?) async throws -> LogText {
    let answer = try await github.send(RESTRequest(.get, "/rate_limit"))
    guard answer.status == 200, let limits = Self.decode(RateLimits.self, answer)?.resources else {
      // A GitHub Enterprise Server without limits answers 404, and so does every address that is none of GitHub's.
      guard answer.status == 404, try await isGitHub(github, name) else {
        throw Failure(
          .configuration, "\(apiURL) is not GitHub's API: GET /rate_limit is answered with \(answer.status)",
          advice: "Correct GITHUB_API_URL: a GitHub Enterprise Server has its API at https://HOST/api/v3.")
      }
      return "it has no rate limits"
    }
    let graphQL = limits.graphql
    return
      "REST \(Figures.count(limits.core.remaining)) of \(Figures.count(limits.core.limit)) requests left, GraphQL \(Figures.count(graphQL?.remaining ?? 0)) of \(Figures.count(graphQL?.limit ?? 0)) points"
  }

  /// Whether the repository is there, or the API's root says where repositories are.
  private func isGitHub(_ github: GitHubClient, _ name: RepositoryName?) async throws -> Bool {
    if let name, Self.decode(Repository.self, try await github.send(RESTRequest(.get, "/repos/\(name)"))) != nil {
      return true
    }
    return Self.decode(Root.self, try await github.send(RESTRequest(.get, "/"))) != nil
  }

  private static func decode<Body: Decodable>(_ type: Body.Type, _ answer: RESTAnswer) -> Body? {
    answer.status == 200 ? try? JSONDecoder().decode(type, from: Data(answer.body)) : nil
  }

  private func look(at name: RepositoryName, by github: GitHubClient) async throws -> LogText {
    let answer = try await github.send(RESTRequest(.get, "/repos/\(name)"))
    guard answer.status == 200 else {
      throw Failure(
        .configuration, "\(name) is not there for this token (GitHub answered \(answer.status))",
        advice: "Check the name, and that the token may read the repository.")
    }
    let actual = Self.decode(Repository.self, answer)?.fullName
    if let actual, actual.lowercased() != name.description.lowercased() {
      return "\(name.description) is called \(actual) now; the old name still leads there"
    }
    return "\(name.description) can be read"
  }

  private func look(at store: Store) async throws -> LogText {
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
    guard health.mayMigrate else {
      let place = health.schemaVersion == nil ? "DATABASE \"\(health.database)\"" : "SCHEMA yardmaster"
      let missing =
        health.schemaVersion.map { "is at version \($0), older than this executable's," } ?? "is not there yet"
      throw Failure(
        .configuration, "The schema yardmaster \(missing) and the role \(health.role) may not make it",
        advice: "Run `GRANT CREATE ON \(place) TO \"\(health.role)\"`, or `yardmaster migrate` as a role that may.")
    }
    let schema: LogText = health.schemaVersion.map { "version \($0)" } ?? "none yet, made by the first run"
    return
      "PostgreSQL \(health.serverVersion), database \(health.database), role \(health.role), schema \(schema) (this executable: \(health.expectedSchemaVersion))"
  }

  private struct Root: Decodable {
    var repositoryURL: String

    enum CodingKeys: String, CodingKey { case repositoryURL = "repository_url" }
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

/// What the checks found, told as they are made.
private final class Findings {
  private let log: RunLog
  private var told: [String: LogText] = [:]
  private var hasWarnings = false
  private(set) var worst = ExitStatus.done

  init(log: RunLog) { self.log = log }

  var verdict: LogText {
    guard worst == .done else { return "Something is wrong; the lines marked FAIL say what to do." }
    return hasWarnings ? "Nothing is wrong; the lines marked WARN say what is probably not meant." : "All is well."
  }

  /// Throws `CancellationError` alone.
  ///
  /// - Parameter body: what is well, in words; nil where it has told itself what is not.
  func check(_ subject: LogText, _ body: () async throws -> LogText?) async throws {
    do {
      if let text = try await body() { log.line("ok    \(subject): \(text)") }
    } catch let invalid as InvalidConfiguration {
      for error in invalid.errors { fail(subject, error.description, cause: error.description) }
      worst = .configuration
    } catch {
      try Task.checkCancellation()
      let failure = error as? any UserFacingError
      let status = failure?.exitStatus ?? .failed
      if worst == .done || status == .configuration { worst = status }
      let text = failure?.description ?? "\(error)"
      let limit = (error as? RateLimited)?.name
      // It says nothing about the subject, which could not be looked at.
      if let limit, told[limit] == nil { fail("Rate limit", text, cause: limit) }
      fail(subject, text, cause: limit ?? text)
    }
  }

  func warn(_ subject: LogText, _ text: LogText) {
    hasWarnings = true
    log.line("WARN  \(subject): \(text)")
  }

  /// One cause may fail several checks; it is explained once.
  private func fail(_ subject: LogText, _ text: String, cause: String) {
    if let first = told[cause] {
      log.line("FAIL  \(subject): the same as \(first)")
    } else {
      told[cause] = subject
      log.line("FAIL  \(subject): \(text)")
    }
  }
}
