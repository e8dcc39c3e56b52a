import Domain
import GitHub
import HTTP
import Logging
import ScriptedServer
import Synchronization
import Testing

/// A clock that goes on only by being slept on.
final class FakeClock: WallClock {
  static let start = Timestamp(seconds: 1_800_000_000)
  private let state = Mutex((now: FakeClock.start, sleeps: [Double]()))

  var now: Timestamp { state.withLock { $0.now } }
  var sleeps: [Double] { state.withLock { $0.sleeps } }
  private let origin = ContinuousClock.now
  /// The monotonic clock beside it.
  var instant: ContinuousClock.Instant { origin.advanced(by: .seconds(elapsed)) }
  var elapsed: Double { Double(now.microseconds - Self.start.microseconds) / 1_000_000 }

  func sleep(seconds: Double) async throws {
    try Task.checkCancellation()
    state.withLock {
      $0.now = $0.now + seconds
      $0.sleeps.append(seconds)
    }
    await Task.yield()
  }
}

struct FakeDeadline: Deadline {
  let clock: FakeClock
  let seconds: Double
  var remaining: Double { seconds - clock.elapsed }
  var stopSignal: StopSignal? { nil }
}

/// Collects what is logged.
final class LogRecord: Sendable {
  private let lines = Mutex<[String]>([])
  var text: String { lines.withLock { $0.joined(separator: "\n") } }

  var logger: Logger {
    var logger = Logger(label: "test") { _ in Handler(record: self) }
    logger.logLevel = .trace
    return logger
  }

  private struct Handler: LogHandler {
    let record: LogRecord
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    init(record: LogRecord) { self.record = record }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      record.lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
  }
}

struct Yard {
  let server: ScriptedServer
  let clock: FakeClock
  let client: GitHubClient
  let log: LogRecord

  static let token = "ghp_secretOfTheTest"
  /// The fake clock's start as a `Date` header.
  static let date = "Fri, 15 Jan 2027 08:00:00 GMT"

  /// Plays the script to the body and expects that both used it up, and that the token stayed out of the log.
  static func run(
    _ steps: [Step], token: String? = Yard.token, credentials: GitHubCredentials? = nil,
    budgets: GitHubClient.Budgets? = nil, patience: Double = .infinity, root: String = "", address: String? = nil,
    deadline: Double = .infinity, _ body: (Yard) async throws -> Void
  ) async throws {
    let server = try ScriptedServer(steps)
    let http = HTTPClient(configuration: .init(connectTimeout: 5, usesProxies: false))
    defer { http.shutdown() }
    let clock = FakeClock()
    let log = LogRecord()
    let client = GitHubClient(
      http: http, apiURL: (address ?? server.url) + root, graphQLURL: server.url + "/graphql",
      credentials: credentials ?? GitHubCredentials(token: token), budgets: budgets, patience: patience,
      deadline: FakeDeadline(clock: clock, seconds: deadline), clock: clock, instant: { clock.instant },
      logger: log.logger, userAgent: "test/1")
    try await body(Yard(server: server, clock: clock, client: client, log: log))
    #expect(server.problems() == [])
    #expect(!log.text.contains(Yard.token))
  }

  struct Named: Codable, Hashable, Sendable { var name: String? }

  /// Sends a query for `{ "name": … }`.
  func ask() async throws -> GraphQLAnswer<Named> {
    try await client.query(
      GraphQLQuery(operation: "Name", document: "query Name { name }", variables: ["n": 1]), as: Named.self)
  }
}

/// The headers of an answer of that budget, with GitHub's clock as the fake one was at its start.
func budget(_ remaining: Int, reset: Int64 = 100, resource: String = "core") -> [String: String] {
  [
    "X-RateLimit-Remaining": "\(remaining)", "X-RateLimit-Reset": "\(FakeClock.start.seconds + reset)",
    "X-RateLimit-Resource": resource, "Date": Yard.date,
  ]
}

/// The same with the limit of the window, by default that of `GITHUB_TOKEN`.
func window(
  _ remaining: Int, limit: Int = 1000, reset: Int64 = 100, resource: String = "core"
) -> [String: String] {
  var headers = budget(remaining, reset: reset, resource: resource)
  headers["X-RateLimit-Limit"] = "\(limit)"
  return headers
}

func budgets(
  _ ledger: LedgerDouble, repository: String? = "Oct/Hello", priority: BudgetRequest.Priority = .history
) -> GitHubClient.Budgets {
  GitHubClient.Budgets(
    ledger: ledger, priority: priority, repository: repository.flatMap { RepositoryName($0) })
}

func thrown(_ body: () async throws -> Void) async -> (any Error)? {
  do {
    try await body()
    return nil
  } catch {
    return error
  }
}
