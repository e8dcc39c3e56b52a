import Domain
import GitHub
import ScriptedServer
import Testing

@Suite(.timeLimit(.minutes(1))) struct RESTTests {
  @Test func sendsWhatGitHubAsksFor() async throws {
    let steps = [Step("POST", "/api/v3/repos/o/r/issues/1/labels?x=1", .json("[]"))]
    try await Yard.run(steps, root: "/api/v3/") { yard in
      let answer = try await yard.client.send(
        RESTRequest(.post, "/repos/o/r/issues/1/labels?x=1", body: ["labels": ["bug"]], etag: "\"e\""))
      #expect(answer.status == 200)
      let seen = try #require(yard.server.requests.first)
      #expect(seen.headers["authorization"] == "Bearer \(Yard.token)")
      #expect(seen.headers["accept"] == "application/vnd.github+json")
      #expect(seen.headers["x-github-api-version"] == "2022-11-28")
      #expect(seen.headers["user-agent"] == "test/1")
      #expect(seen.headers["content-type"] == "application/json")
      #expect(seen.headers["if-none-match"] == "\"e\"")
      #expect(String(decoding: seen.body, as: UTF8.self) == #"{"labels":["bug"]}"#)
      #expect(yard.log.text.contains("POST /api/v3/repos/o/r/issues/1/labels: 200"))
      #expect(!yard.log.text.contains("x=1"))
    }
  }

  @Test func readsWhatGitHubSays() async throws {
    var headers = budget(41)
    headers["Link"] = #"<https://api.github.com/a?page=2>; rel="next", <https://api.github.com/a?page=9>; rel="last""#
    headers["ETag"] = "W/\"abc\""
    try await Yard.run([Step("GET", "/a", .json("[1]", headers: headers))]) { yard in
      let answer = try await yard.client.send(RESTRequest(.get, "/a"))
      #expect(answer.etag == "W/\"abc\"")
      #expect(answer.next == "https://api.github.com/a?page=2")
      #expect(answer.body == Array("[1]".utf8))
      let usage = await yard.client.usage
      #expect(usage.restRequests == 1)
      #expect(usage.restRemaining == 41)
      #expect(usage.serverTime == FakeClock.start)
    }
  }

  @Test(arguments: [200, 201, 204, 304, 404, 410, 422]) func answers(status: Int) async throws {
    let body = status == 204 || status == 304 ? "" : "{}"
    try await Yard.run([Step("GET", "/a", .json(body, status: status))]) { yard in
      let got = try await yard.client.send(RESTRequest(.get, "/a")).status
      #expect(got == status)
    }
  }

  @Test(arguments: [
    (401, Domain.ExitStatus.configuration), (403, .configuration), (400, .failed), (409, .failed), (451, .failed),
  ])
  func refusals(status: Int, exit: Domain.ExitStatus) async throws {
    let reply = Reply.json(#"{"message":"No\nway  in"}"#, status: status, headers: budget(5))
    try await Yard.run([Step("GET", "/repos/o/r/issues?q=hidden", reply)]) { yard in
      let error = await thrown { _ = try await yard.client.send(RESTRequest(.get, "/repos/o/r/issues?q=hidden")) }
      let shown = try #require(error as? any UserFacingError)
      #expect(shown.exitStatus == exit)
      #expect(shown.description.contains("(No way in)"))
      #expect(!shown.description.contains("hidden"))
    }
  }

  @Test(arguments: [
    ("issues=write; pull_requests=write", ["issues: write", "pull-requests: write"]),
    ("metadata=read", ["metadata: read"]), ("", ["issues: write"]), ("<b>=write", ["b: write"]),
    ("?", ["issues: write"]),
  ])
  func noAccessNamesThePermission(header: String, permissions: [String]) async throws {
    let headers = ["X-Accepted-GitHub-Permissions": header]
    let reply = Reply.json(#"{"message":"Resource not accessible by integration"}"#, status: 403, headers: headers)
    try await Yard.run([Step("POST", "/repos/o/r/issues/1/labels", reply)]) { yard in
      let error = await thrown { _ = try await yard.client.send(RESTRequest(.post, "/repos/o/r/issues/1/labels")) }
      let denied = try #require(error as? AccessDenied)
      #expect(denied.permissions == permissions)
      #expect(denied.advice.contains(permissions[0]))
    }
  }

  @Test func anErrorPageIsNotRepeatedToTheReader() async throws {
    let reply = Reply.answer(status: 400, body: Array("<html>\(String(repeating: "x", count: 9000))</html>".utf8))
    try await Yard.run([Step("GET", "/a", reply)]) { yard in
      let error = await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) }
      #expect("\(error.map { "\($0)" } ?? "")".count < 300)
    }
  }

  @Test(arguments: [nil, "", "  \n"]) func withoutATokenNothingIsSent(token: String?) async throws {
    try await Yard.run([], token: token) { yard in
      let error = await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) }
      #expect((error as? TokenMissing)?.exitStatus == .configuration)
      #expect((error as? TokenMissing)?.advice.contains("`github-token`") == true)
      #expect(await thrown { _ = try await yard.ask() } is TokenMissing)
    }
  }

  @Test func aTokenIsTrimmedAndOtherwiseChecked() async throws {
    try await Yard.run([Step("GET", "/a", .json("1"))], token: " \(Yard.token)\n") { yard in
      _ = try await yard.client.send(RESTRequest(.get, "/a"))
      #expect(yard.server.requests.first?.headers["authorization"] == "Bearer \(Yard.token)")
    }
    for token in ["a\r\nX-Evil: 1", "a b", "ä"] {
      try await Yard.run([], token: token) { yard in
        let error = await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) }
        #expect((error as? TokenRejected)?.exitStatus == .configuration)
      }
    }
  }

  @Test(arguments: [
    "/repos/o/r/issues/1/labels/..", "/repos/o/r/issues/1/labels/%2e%2E", "/repos/o/r/issues/1/labels/",
    "/repos/o/r/labels/.", "//evil/x", "repos/o/r", "https://api.github.com/x", "http://127.0.0.1:1/x", "",
    "http://127.0.0.1@evil/x",
  ])
  func aPathThatLeadsElsewhereIsRefused(path: String) async throws {
    try await Yard.run([]) { yard in
      #expect(await thrown { _ = try await yard.client.send(RESTRequest(.delete, path)) } is Failure)
    }
  }

  @Test func aLinkOfGitHubsIsFollowed() async throws {
    try await Yard.run([Step("GET", "/repositories/7/issues?page=2", .json("[]"))], root: "/api/v3") { yard in
      let answer = try await yard.client.send(RESTRequest(.get, yard.server.url + "/repositories/7/issues?page=2"))
      #expect(answer.status == 200)
    }
  }

  @Test func twoHundredCallsAtOnce() async throws {
    let steps = (0..<200).map { Step("GET", "/\($0)", .json("\($0)")) }
    try await Yard.run(steps) { yard in
      let client = yard.client
      try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
        for index in 0..<200 {
          group.addTask { (index, try await client.send(RESTRequest(.get, "/\(index)")).body) }
        }
        for try await (index, body) in group { #expect(body == Array("\(index)".utf8)) }
      }
      #expect(await client.usage.restRequests == 200)
    }
  }

  /// GitHub's secondary limit is 100 at once, of all jobs together.
  @Test func atMostFiftyAreUnderWay() async throws {
    try await Yard.run([Step("GET", "/a", times: 100, .silence)]) { yard in
      let client = yard.client
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<60 { group.addTask { _ = await thrown { _ = try await client.send(RESTRequest(.get, "/a")) } } }
        await yard.server.received(50)
        #expect(yard.server.requests.count == 50)
        // Dropping the connections ends the first fifty, and lets fifty others on their way.
        yard.server.dropConnections()
        await yard.server.received(100)
        group.cancelAll()
      }
    }
  }

  @Test func cancellingEndsACallAtOnce() async throws {
    try await Yard.run([Step("GET", "/a", .trickle)]) { yard in
      let client = yard.client
      let task = Task { await thrown { _ = try await client.send(RESTRequest(.get, "/a")) } }
      await yard.server.received(1)
      let start = ContinuousClock.now
      task.cancel()
      #expect(await task.value is CancellationError)
      #expect(ContinuousClock.now - start < .seconds(10))
    }
  }
}

@Suite(.timeLimit(.minutes(1))) struct RedirectTests {
  @Test(arguments: [301, 302, 307, 308], [RESTRequest.Method.get, .post, .patch])
  func theRequestIsRepeatedAtTheNewPlace(status: Int, method: RESTRequest.Method) async throws {
    let steps = [
      Step(method.rawValue, "/old", .answer(status: status, headers: ["Location": "/new?a=b"])),
      Step(method.rawValue, "/new?a=b", .json("{}")),
    ]
    try await Yard.run(steps) { yard in
      let body: JSONValue? = method == .get ? nil : ["a": 1]
      let got = try await yard.client.send(RESTRequest(method, "/old", body: body)).status
      #expect(got == 200)
      #expect(
        yard.server.requests.map(\.body) == Array(repeating: method == .get ? [] : Array(#"{"a":1}"#.utf8), count: 2))
      #expect(yard.server.requests.last?.headers["authorization"] == "Bearer \(Yard.token)")
    }
  }

  @Test(arguments: ["http://127.0.0.1:PORT/x", "http://localhost:PORT/x", "//127.0.0.1:PORT/x", "ftp://a/", "x"])
  func theTokenGoesToNoOtherHost(location: String) async throws {
    let other = try ScriptedServer([])
    let location = location.split(separator: "PORT", omittingEmptySubsequences: false).joined(
      separator: "\(other.port)")
    try await Yard.run([Step("GET", "/a", .answer(status: 302, headers: ["Location": location]))]) { yard in
      #expect(await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) } is RequestRejected)
    }
    #expect(other.requests.isEmpty)
    #expect(other.problems() == [])
  }

  @Test func aCircleEnds() async throws {
    try await Yard.run([Step("GET", "/a", times: 6, .answer(status: 301, headers: ["Location": "/a"]))]) { yard in
      #expect(await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) } is RequestRejected)
    }
  }
}
