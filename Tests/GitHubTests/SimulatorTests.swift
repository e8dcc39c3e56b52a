import Domain
import Foundation
import GitHub
import HTTP
import ScriptedServer
import Testing

/// Against the independent simulator, where it lies beside the checkout.
@Suite(
  .enabled("../shared/ghsim is not there") { Simulator.program != nil }, .timeLimit(.minutes(3)), .serialized)
struct SimulatorTests {
  struct Login: Decodable, Sendable {
    struct Viewer: Decodable, Sendable { var login: String }
    var viewer: Viewer
  }

  private static let query = GraphQLQuery(
    operation: "Login", document: "query Login { viewer { login } rateLimit { cost remaining resetAt } }",
    variables: [:])

  private func client(
    _ simulator: Simulator, _ http: HTTPClient, credentials: GitHubCredentials, budgets: GitHubClient.Budgets? = nil,
    log: LogRecord = LogRecord()
  ) -> GitHubClient {
    GitHubClient(
      http: http, apiURL: simulator.url, graphQLURL: simulator.url + "/graphql", credentials: credentials,
      budgets: budgets, deadline: NoDeadline(), clock: RealClock(), logger: log.logger, userAgent: "yardmaster-test")
  }

  @Test func goesByItsRules() async throws {
    let faults = """
      {"seed": 7, "rules": [
        {"match": {"path_regex": "/labels"}, "kind": "truncated_json", "ordinals": [2]},
        {"match": {"path_regex": "/labels"}, "kind": "reset_mid_body", "ordinals": [4]},
        {"match": {"path_regex": "/labels"}, "kind": "http_502_html", "ordinals": [6]},
        {"match": {"path_regex": "/labels"}, "kind": "secondary_limit", "ordinals": [9], "params": {"retry_after": 2}},
        {"match": {"graphql_operation": "Login"}, "kind": "graphql_rate_limited", "ordinals": [2]}]}
      """
    let simulator = try await Simulator(
      ["--token", "tok:500:500:alice", "--hour", "3", "--minute", "2", "--faults", "FOLDER/faults.json"],
      files: ["faults.json": faults])
    let http = HTTPClient(configuration: .init(usesProxies: false))
    defer { http.shutdown() }
    let client = client(simulator, http, credentials: GitHubCredentials(token: "tok"))
    for _ in 0..<8 {
      let answer = try await client.send(RESTRequest(.get, "/repos/acme/widget/labels?per_page=100"))
      #expect(answer.status == 200)
    }
    for _ in 0..<3 {
      let login = try await client.query(Self.query, as: Login.self).data?.viewer.login
      #expect(login == "alice")
    }
    let stats = try await simulator.stats()
    #expect(stats.requestsWhileLimited == 0)
    #expect(stats.unknownPaths == 0)
  }

  /// What a client says of itself is what GitHub writes under its comments, for Apps and people.
  @Test(arguments: ["github-actions[bot]", "alice"]) func theOwnLoginIsTheAuthorOfItsWrites(login: String) async throws
  {
    struct Written: Decodable {
      struct User: Decodable { var login: String }
      var number: Int?
      var user: User
    }
    let simulator = try await Simulator(["--token", "tok:500:500:\(login)"])
    let http = HTTPClient(configuration: .init(usesProxies: false))
    defer { http.shutdown() }
    let client = client(simulator, http, credentials: GitHubCredentials(token: "tok"))
    let issue = try await client.send(RESTRequest(.post, "/repos/acme/widget/issues", body: ["title": "t"]))
    let number = try #require(try JSONDecoder().decode(Written.self, from: Data(issue.body)).number)
    let comment = try await client.send(
      RESTRequest(.post, "/repos/acme/widget/issues/\(number)/comments", body: ["body": "x"]))
    let author = try JSONDecoder().decode(Written.self, from: Data(comment.body)).user.login
    let own = try await client.ownLogin
    #expect(own == author && own == login)
  }

  /// Tokens that live three seconds are renewed in time, and one that is revoked is replaced.
  @Test(.enabled("openssl is not installed") { OpenSSL.path != nil }) func anAppOutlivesItsTokens() async throws {
    let faults = """
      {"rules": [{"match": {"path_regex": "/labels"}, "kind": "token_revoked_at", "ordinals": [20], "params": \
      {"ordinal": 20, "until": 20}}]}
      """
    let simulator = try await Simulator(
      [
        "--token", "tok:500:500:alice", "--app-key", "FOLDER/app.pem", "--token-ttl", "3", "--app-limit", "5000",
        "--faults", "FOLDER/faults.json",
      ], files: ["app.pem": OpenSSL.key, "faults.json": faults])
    let http = HTTPClient(configuration: .init(usesProxies: false))
    defer { http.shutdown() }
    let log = LogRecord()
    let ledger = LedgerDouble()
    let app = GitHubApp(id: "12345", privateKey: OpenSSL.key, repository: RepositoryName("acme/widget"))
    let client = client(
      simulator, http, credentials: GitHubCredentials(token: "tok", app: app),
      budgets: GitHubClient.Budgets(ledger: ledger, priority: .history, repository: RepositoryName("acme/widget")),
      log: log)
    let start = ContinuousClock.now
    var count = 0
    while ContinuousClock.now - start < .seconds(7) {
      let answer = try await client.send(RESTRequest(.get, "/repos/acme/widget/labels"))
      try #require(answer.status == 200)
      count += 1
      try await Task.sleep(for: .milliseconds(100))
    }
    let journal = try await simulator.journal()
    let minted = journal.filter { $0.path.hasSuffix("/access_tokens") }
    let rejected = journal.filter { $0.status == 401 }
    print("App: \(count) requests in 7 s, \(minted.count) tokens of 3 s, \(rejected.count) rejected")
    #expect((2...9).contains(minted.count))
    #expect(rejected.count <= 3)
    #expect(Set(await ledger.draws.map(\.owner.description)).count == 1)
    #expect(await ledger.draws.first?.owner.description.hasSuffix("installation:67890") == true)
    #expect(!log.text.contains("ghs_") && !log.text.contains("eyJ") && !log.text.contains("PRIVATE"))
  }

  /// Eight jobs with tokens of their own and one owner, who is limited in every way that there is.
  @Test func eightJobsShareABudget() async throws {
    let hour = 10.0
    let limits = ["core": 400, "graphql": 400]
    let tokens = (1...8).flatMap { ["--token", "tok\($0):400:400:alice"] }
    let simulator = try await Simulator(
      [
        "--hour", "\(hour)", "--minute", "5", "--latency-ms", "10:60:0", "--server-time", "enforce", "--memoize",
      ] + tokens)
    let ledger = LedgerDouble(minute: 5)
    let https = (1...8).map { _ in HTTPClient(configuration: .init(usesProxies: false)) }
    defer { for http in https { http.shutdown() } }
    let page = GraphQLQuery(
      operation: "Page",
      document: """
        query Page { repository(owner: "acme", name: "widget") { pullRequests(first: 100) { nodes { \
        a: comments(first: 1) { totalCount nodes { id } } b: labels(first: 1) { nodes { id } } \
        c: reviews(first: 1) { nodes { id } } d: commits(first: 1) { nodes { id } } \
        e: files(first: 1) { nodes { path } } } } } rateLimit { cost remaining resetAt } }
        """, variables: [:], points: 5)
    struct Nothing: Decodable, Sendable {}
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, http) in https.enumerated() {
        let client = client(
          simulator, http, credentials: GitHubCredentials(token: "tok\(index + 1)"),
          budgets: GitHubClient.Budgets(ledger: ledger, priority: .history, repository: nil))
        for _ in 0..<2 {
          group.addTask {
            while ContinuousClock.now - start < .seconds(24) {
              _ = try await client.send(RESTRequest(.get, "/repos/acme/widget/labels"))
            }
          }
          group.addTask {
            while ContinuousClock.now - start < .seconds(24) { _ = try await client.query(page, as: Nothing.self) }
          }
        }
      }
      try await group.waitForAll()
    }
    let stats = try await simulator.stats()
    #expect(stats.requestsWhileLimited == 0)
    #expect(stats.secondaryViolations == 0)
    for (resource, limit) in limits {
      let shares = try await simulator.windows(resource, length: hour).map { Double($0) / Double(limit) }
      print("Shared budget, \(resource): of each window's quota used \(shares); \(await ledger.waits); \(stats)")
      // How evenly a loaded machine uses each window is for `Scripts/conformance quota` to measure.
      #expect((shares.max() ?? 0) >= 0.9 * 0.97)
    }
  }
}

private struct NoDeadline: Deadline {
  var remaining: Double { .infinity }
  var stopSignal: StopSignal? { nil }
}

private struct RealClock: WallClock {
  var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
  func sleep(seconds: Double) async throws { try await Task.sleep(for: .seconds(seconds)) }
}
