import Domain
import Foundation
import GitHub
import HTTP
import Logging
import ScriptedServer
import Store
import TestSupport
import Testing

/// Eight jobs as the database and GitHub see them: a connection, a token and a client each, and one owner of all tokens.
@Suite(.enabled("../shared/ghsim is not there") { Simulator.program != nil }, .timeLimit(.minutes(4)), .serialized)
struct BudgetTests {
  private struct Nothing: Decodable, Sendable {}

  /// Costs 5 points, as it says.
  private static let page = GraphQLQuery(
    operation: "Page",
    document: """
      query Page { repository(owner: "acme", name: "widget") { pullRequests(first: 100) { nodes { \
      a: comments(first: 1) { nodes { id } } b: labels(first: 1) { nodes { id } } \
      c: reviews(first: 1) { nodes { id } } d: commits(first: 1) { nodes { id } } \
      e: files(first: 1) { nodes { path } } } } } rateLimit { cost remaining resetAt } }
      """, variables: [:], points: 5)

  private enum Kind: CaseIterable { case rest, query }

  /// Has the jobs ask for as much as they are let, and tells how much that was.
  private func run(
    _ simulator: Simulator, _ databaseURL: String, seconds: Double, prefix: String, patience: Double = .infinity
  ) async throws -> Int {
    let start = ContinuousClock.now
    return try await withThrowingTaskGroup(of: Int.self) { group in
      for job in 1...8 {
        group.addTask {
          let http = HTTPClient(configuration: .init(usesProxies: false))
          let ledger = BudgetStore(databaseURL: databaseURL)
          let client = GitHubClient(
            http: http, apiURL: simulator.url, graphQLURL: simulator.url + "/graphql",
            credentials: GitHubCredentials(token: "\(prefix)\(job)"),
            budgets: GitHubClient.Budgets(
              ledger: ledger, priority: .history, repository: RepositoryName("acme/widget")),
            patience: patience, deadline: EndOfTest(start: start, seconds: seconds + 5), clock: RealClock(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, userAgent: "yardmaster-test")
          let sent = await withTaskGroup(of: Int.self) { tasks in
            for kind in Kind.allCases + Kind.allCases {
              tasks.addTask {
                var sent = 0
                while ContinuousClock.now - start < .seconds(seconds) {
                  do {
                    switch kind {
                    case .rest: _ = try await client.send(RESTRequest(.get, "/repos/acme/widget/labels"))
                    case .query: _ = try await client.query(Self.page, as: Nothing.self)
                    }
                    sent += 1
                  } catch { break }
                }
                return sent
              }
            }
            return await tasks.reduce(0, +)
          }
          await client.flush()
          await ledger.close()
          http.shutdown()
          return sent
        }
      }
      return try await group.reduce(0, +)
    }
  }

  /// Nearly all of the quota but the reserve is used, and nothing is sent that GitHub would refuse.
  @Test(arguments: ["tok", "ghs_tok"]) func theQuotaIsUsedUp(prefix: String) async throws {
    // Few enough requests that the limits of the minute do not come in.
    let hour = 12.0
    let limits = ["core": 300, "graphql": 500]
    let tokens = (1...8).flatMap { ["--token", "\(prefix)\($0):300:500:alice"] }
    let simulator = try await Simulator(
      ["--hour", "\(hour)", "--latency-ms", "5:30:0", "--server-time", "enforce", "--memoize"] + tokens)
    try await withMigratedDatabase { database in
      _ = try await run(simulator, database.url, seconds: 2.3 * hour, prefix: prefix)
      let stats = try await simulator.stats()
      #expect(stats.requestsWhileLimited == 0)
      #expect(stats.secondaryViolations == 0)
      for (resource, limit) in limits {
        let shares = try await simulator.windows(resource, length: hour).map { Double($0) / Double(limit) }
        print("Quota shared through Postgres, \(resource): \(shares) of each window's; \(stats)")
        // How evenly a loaded machine uses each window is for `Scripts/conformance quota` to measure.
        #expect((shares.max() ?? 0) >= 0.9 * 0.97)
      }
      let owners = try await database.value(
        "SELECT count(DISTINCT owner)::int AS value FROM yardmaster.budget_windows WHERE owner NOT LIKE '% token:%'",
        as: Int.self)
      #expect(owners == 1)
    }
  }

  /// Queries that take GitHub a second each: sixty of them a minute, whoever sends them.
  @Test func serverTimeIsNotOverdrawn() async throws {
    let tokens = (1...8).flatMap { ["--token", "tok\($0):5000:5000:alice"] }
    let simulator = try await Simulator(
      ["--latency-ms", "100:1000:0", "--server-time", "enforce", "--memoize"] + tokens)
    try await withMigratedDatabase { database in
      let sent = try await run(simulator, database.url, seconds: 20, prefix: "tok", patience: 5)
      let stats = try await simulator.stats()
      print("Server time shared through Postgres: \(sent) requests, \(stats)")
      #expect(stats.requestsWhileLimited == 0)
      #expect(stats.secondaryViolations == 0)
      // About a second of it each second, as long as the run lasts.
      #expect((0.25...1).contains(stats.peakServerTime["graphql"] ?? 0))
      #expect((stats.peakServerTime["all"] ?? 2) <= 1.5)
    }
  }

  /// A refusal that one job gets holds back all, and a job that starts in its midst, too.
  @Test func aRefusalIsObeyedByAll() async throws {
    let faults = """
      {"rules": [{"match": {"path_regex": "/labels"}, "kind": "secondary_limit", "ordinals": [40], \
      "params": {"retry_after": 6, "penalty": 6}}]}
      """
    let tokens = (1...8).flatMap { ["--token", "tok\($0):5000:5000:alice"] }
    let simulator = try await Simulator(
      ["--latency-ms", "5:30:0", "--grace-ms", "150", "--faults", "FOLDER/faults.json"] + tokens,
      files: ["faults.json": faults])
    try await withMigratedDatabase { database in
      for _ in 0..<2 { _ = try await run(simulator, database.url, seconds: 3, prefix: "tok", patience: 1) }
      let stats = try await simulator.stats()
      print("A refusal shared through Postgres: \(stats)")
      #expect(stats.requestsWhileLimited == 0)
      #expect(stats.secondaryViolations == 0)
    }
  }
}

private struct EndOfTest: Deadline {
  var start: ContinuousClock.Instant
  var seconds: Double
  var remaining: Double { seconds - (ContinuousClock.now - start) / .seconds(1) }
  var stopSignal: StopSignal? { nil }
}

private struct RealClock: WallClock {
  var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
  func sleep(seconds: Double) async throws { try await Task.sleep(for: .seconds(seconds)) }
}
