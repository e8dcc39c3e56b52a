import HTTP
import ScriptedServer
import Testing

/// Plays the script to the body and expects that both used it up.
func withServer(_ steps: [Step], _ body: (ScriptedServer, HTTPClient) async throws -> Void) async throws {
  let server = try ScriptedServer(steps)
  let client = HTTPClient(configuration: .init(connectTimeout: 5, usesProxies: false))
  defer { client.shutdown() }
  try await body(server, client)
  #expect(server.problems() == [])
}

func failure(_ client: HTTPClient, _ request: HTTPRequest) async -> HTTPError? {
  do throws(HTTPError) {
    _ = try await client.perform(request)
    return nil
  } catch {
    return error
  }
}

@Suite(.timeLimit(.minutes(1))) struct AnswerTests {
  @Test func sendsMethodPathHeadersAndBodyAsTheyAre() async throws {
    try await withServer([Step("PATCH", "/a/%2E%2E/b?c=d%20e", .answer(status: 200))]) { server, client in
      let request = HTTPRequest(
        method: "PATCH", url: server.url + "/a/%2E%2E/b?c=d%20e", headers: [("X-One", "1"), ("X-Empty", "")],
        body: Array("äöü".utf8))
      _ = try await client.perform(request)
      let seen = try #require(server.requests.first)
      #expect(seen.headers["x-one"] == "1")
      #expect(seen.headers["x-empty"] == "")
      #expect(seen.headers["expect"] == nil)
      #expect(seen.headers["content-type"] == nil)
      #expect(seen.body == Array("äöü".utf8))
    }
  }

  @Test(arguments: ["GET", "POST", "PUT", "DELETE", "HEAD"])
  func sendsRequestsWithoutABody(method: String) async throws {
    try await withServer([Step(method, "/", .answer(status: 200, body: [1, 2, 3]))]) { server, client in
      let answer = try await client.perform(HTTPRequest(method: method, url: server.url + "/"))
      #expect(answer.body == (method == "HEAD" ? [] : [1, 2, 3]))
      let length = server.requests.first?.headers["content-length"]
      #expect(length == (method == "POST" || method == "PUT" ? "0" : nil))
    }
  }

  @Test(arguments: [200, 201, 204, 301, 304, 404, 422, 500, 503])
  func everyStatusIsAnAnswer(status: Int) async throws {
    let reply = Reply.answer(status: status, headers: ["Location": "/elsewhere", "X-Mixed-Case": " kept "])
    try await withServer([Step("GET", "/", reply)]) { server, client in
      let answer = try await client.perform(HTTPRequest(url: server.url + "/"))
      #expect(answer.status == status)
      #expect(answer.headers["location"] == "/elsewhere")
      #expect(answer.headers["x-mixed-CASE"] == "kept")
    }
  }

  @Test func aLargeBodyGoesBothWays() async throws {
    let body = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0) }
    try await withServer([Step("POST", "/", .answer(status: 200, body: body))]) { server, client in
      let answer = try await client.perform(HTTPRequest(method: "POST", url: server.url + "/", body: body))
      #expect(answer.body == body)
      #expect(server.requests.first?.body == body)
    }
  }

  @Test func gzipIsAskedForAndUndone() async throws {
    let reply = Reply.answer(status: 200, headers: ["Content-Encoding": "gzip"], body: gzippedYard)
    try await withServer([Step("GET", "/", reply)]) { server, client in
      let answer = try await client.perform(HTTPRequest(url: server.url + "/"))
      #expect(String(decoding: answer.body, as: UTF8.self) == String(repeating: "yard", count: 100))
      #expect(server.requests.first?.headers["accept-encoding"]?.contains("gzip") == true)
    }
  }

  @Test func anInterimAnswerIsSkipped() async throws {
    let raw = "HTTP/1.1 103 Early Hints\r\nX-A: early\r\n\r\nHTTP/1.1 200 OK\r\nX-B: b\r\nContent-Length: 2\r\n\r\nok"
    try await withServer([Step("GET", "/", .raw(raw))]) { server, client in
      let answer = try await client.perform(HTTPRequest(url: server.url + "/"))
      #expect(answer.status == 200)
      #expect(answer.headers["x-a"] == nil)
      #expect(answer.headers["x-b"] == "b")
    }
  }

  @Test func twoHundredRequestsAtOnce() async throws {
    let steps = (0..<200).map { Step("GET", "/\($0)", .answer(status: 200, body: Array("\($0)".utf8))) }
    try await withServer(steps) { server, client in
      try await withThrowingTaskGroup(of: (Int, String).self) { group in
        for index in 0..<200 {
          group.addTask {
            let answer = try await client.perform(HTTPRequest(url: server.url + "/\(index)"))
            return (index, String(decoding: answer.body, as: UTF8.self))
          }
        }
        for try await (index, body) in group { #expect(body == "\(index)") }
      }
    }
  }

  @Test func connectionsAreKept() async throws {
    try await withServer([Step("GET", "/", times: 3, .answer(status: 200))]) { server, client in
      for _ in 0..<3 { _ = try await client.perform(HTTPRequest(url: server.url + "/")) }
      #expect(server.requests.map(\.connection) == [0, 0, 0])
    }
  }
}

/// `printf 'yard%.0s' {1..100} | gzip -n`.
private let gzippedYard: [UInt8] = [
  31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 76, 44, 74, 169, 28, 197, 131, 6, 3, 0, 108, 65, 22, 4, 144, 1, 0, 0,
]
