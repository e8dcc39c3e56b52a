import Domain
import Foundation
import GitHub
import HTTP
import Testing

/// Against the independent simulator, where it lies beside the checkout.
@Suite(.timeLimit(.minutes(2))) struct SimulatorTests {
  private static let program: URL? = {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/ghsim/ghsim")
      .standardizedFileURL
    return FileManager.default.isExecutableFile(atPath: url.path) ? url : nil
  }()

  struct Login: Decodable, Sendable {
    struct Viewer: Decodable, Sendable { var login: String }
    var viewer: Viewer
  }

  private static let query = GraphQLQuery(
    operation: "Login", document: "query Login { viewer { login } rateLimit { cost remaining resetAt } }",
    variables: [:])

  @Test(.enabled("../shared/ghsim is not there") { program != nil }) func goesByItsRules() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = folder.appending(path: "acme__widget")
    try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
    let faults = """
      {"seed": 7, "rules": [
        {"match": {"path_regex": "/labels"}, "kind": "truncated_json", "ordinals": [2]},
        {"match": {"path_regex": "/labels"}, "kind": "reset_mid_body", "ordinals": [4]},
        {"match": {"path_regex": "/labels"}, "kind": "http_502_html", "ordinals": [6]},
        {"match": {"path_regex": "/labels"}, "kind": "secondary_limit", "ordinals": [9], "params": {"retry_after": 2}},
        {"match": {"graphql_operation": "Login"}, "kind": "graphql_rate_limited", "ordinals": [2]}]}
      """
    try Data(faults.utf8).write(to: folder.appending(path: "faults.json"))
    try Data(#"{"name":"widget"}"#.utf8).write(to: data.appending(path: "repo.json"))

    let process = Process()
    process.executableURL = Self.program
    process.arguments = [
      "serve", "--port", "0", "--data", folder.path, "--token", "tok:500:500:alice", "--hour", "3", "--minute", "2",
      "--port-file", folder.path + "/port", "--faults", folder.path + "/faults.json",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    defer {
      // It inherits the pool thread's signal mask, which holds back SIGTERM.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    var port: Int?
    while port == nil, process.isRunning {
      try await Task.sleep(for: .milliseconds(50))
      port = (try? String(contentsOf: folder.appending(path: "port"), encoding: .utf8))
        .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
    let url = "http://127.0.0.1:\(try #require(port))"
    let http = HTTPClient(configuration: .init(usesProxies: false))
    defer { http.shutdown() }
    let client = GitHubClient(
      http: http, apiURL: url, graphQLURL: url + "/graphql", token: "tok", deadline: NoDeadline(), clock: RealClock(),
      logger: LogRecord().logger, userAgent: "yardmaster-test")

    for _ in 0..<8 {
      let answer = try await client.send(RESTRequest(.get, "/repos/acme/widget/labels?per_page=100"))
      #expect(answer.status == 200)
    }
    for _ in 0..<3 {
      let login = try await client.query(Self.query, as: Login.self).data?.viewer.login
      #expect(login == "alice")
    }
    let stats = try await http.perform(HTTPRequest(url: url + "/_sim/stats"))
    let numbers = try #require(JSONSerialization.jsonObject(with: Data(stats.body)) as? [String: Any])
    #expect(numbers["requests_while_limited"] as? Int == 0)
    #expect((numbers["unknown_paths"] as? [String: Any])?.isEmpty ?? true)
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
