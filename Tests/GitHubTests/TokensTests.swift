import Domain
import GitHub
import ScriptedServer
import Testing

/// Several tokens, each with a budget of its own.
@Suite(.timeLimit(.minutes(1))) struct TokensTests {
  private static let three = GitHubCredentials(
    token: "first", furtherTokens: ["second", "first", " third\n", "", "second"])

  private func reply(_ remaining: Int, resource: String = "core") -> Reply {
    .json("{}", headers: budget(remaining, resource: resource))
  }

  private func used(_ yard: Yard) -> [String] {
    yard.server.requests.compactMap { $0.headers["authorization"]?.split(separator: " ").last.map(String.init) }
  }

  @Test func readsGoToTheOneWithMostLeft() async throws {
    let steps = [reply(10), reply(500), reply(90), reply(499), reply(80)].map { Step("GET", "/a", $0) }
    try await Yard.run(steps, credentials: Self.three) { yard in
      for _ in 0..<5 { _ = try await yard.client.send(RESTRequest(.get, "/a")) }
      #expect(used(yard) == ["first", "second", "third", "second", "second"])
    }
  }

  @Test func writesGoToTheFirst() async throws {
    let steps = [Step("GET", "/a", reply(10)), Step("POST", "/a", times: 2, reply(9))]
    try await Yard.run(steps, credentials: Self.three) { yard in
      _ = try await yard.client.send(RESTRequest(.get, "/a"))
      for _ in 0..<2 { _ = try await yard.client.send(RESTRequest(.post, "/a")) }
      #expect(used(yard) == ["first", "first", "first"])
    }
  }

  @Test func oneThatIsLimitedIsPassedOver() async throws {
    let limit = Reply.json("{}", status: 429, headers: ["Retry-After": "600"])
    let steps = [Step("GET", "/a", limit), Step("GET", "/a", limit), Step("GET", "/a", reply(5))]
    try await Yard.run(steps, credentials: Self.three, deadline: 60) { yard in
      _ = try await yard.client.send(RESTRequest(.get, "/a"))
      #expect(used(yard) == ["first", "second", "third"])
      #expect(yard.clock.sleeps == [])
      #expect(await yard.client.limits == [])
      // A write has to wait for its own.
      #expect(await thrown { _ = try await yard.client.send(RESTRequest(.post, "/a")) } is RateLimited)
    }
  }

  @Test func whenAllAreLimitedTheShortestIsWaitedFor() async throws {
    let steps = [30, 20, 40].map { Step("GET", "/a", Reply.json("{}", status: 429, headers: ["Retry-After": "\($0)"])) }
    try await Yard.run(steps + [Step("GET", "/a", reply(5))], credentials: Self.three) { yard in
      _ = try await yard.client.send(RESTRequest(.get, "/a"))
      #expect(yard.clock.sleeps == [20])
      #expect(used(yard).last == "second")
    }
  }

  @Test func aRejectedFurtherTokenIsLeftOut() async throws {
    let bad = Reply.json(#"{"message":"Bad credentials"}"#, status: 401)
    let steps = [reply(5), bad, reply(9), reply(8)].map { Step("GET", "/a", $0) }
    try await Yard.run(steps, credentials: Self.three) { yard in
      for _ in 0..<3 { _ = try await yard.client.send(RESTRequest(.get, "/a")) }
      #expect(used(yard) == ["first", "second", "third", "third"])
      #expect(yard.log.text.contains("rejected one of the further tokens"))
      #expect(!yard.log.text.contains("second"))
    }
    try await Yard.run([Step("GET", "/a", bad)], credentials: Self.three) { yard in
      #expect(await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) } is TokenRejected)
    }
  }

  /// A first token that was good is not needed for reading; one that never was is a mistake to be mended.
  @Test func whenTheFirstEndsTheOthersRead() async throws {
    let bad = Reply.json(#"{"message":"Bad credentials"}"#, status: 401)
    let credentials = GitHubCredentials(token: "first", furtherTokens: ["second"])
    let missing = Reply.json("{}", status: 404, headers: budget(3))
    let steps = [reply(500), reply(5), bad, reply(4), missing].map { Step("GET", "/a", $0) }
    try await Yard.run(steps + [Step("POST", "/a", bad)], credentials: credentials) { yard in
      for _ in 0..<3 { _ = try await yard.client.send(RESTRequest(.get, "/a")) }
      #expect(used(yard) == ["first", "second", "first", "second"])
      // Nobody is left whose word counts for more.
      let answer = try await yard.client.send(RESTRequest(.get, "/a"))
      #expect(answer.status == 404 && used(yard).last == "second")
      #expect(await thrown { _ = try await yard.client.send(RESTRequest(.post, "/a")) } is TokenRejected)
      #expect(used(yard).last == "first")
      #expect(yard.log.text.split(separator: "\n").count { $0.contains("goes on reading with the further") } == 1)
    }
    // Where none is left, that is said.
    let ends = [reply(500), reply(5), bad, bad].map { Step("GET", "/a", $0) }
    try await Yard.run(ends, credentials: credentials) { yard in
      for _ in 0..<2 { _ = try await yard.client.send(RESTRequest(.get, "/a")) }
      #expect(await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) } is TokenRejected)
    }
  }

  /// It would be the fullest, and asked first, each time.
  @Test func aFurtherTokenWithoutAccessIsLeftOut() async throws {
    let credentials = GitHubCredentials(token: "first", furtherTokens: ["second"])
    for refused in [Reply.json("{}", status: 404), .json(#"{"message":"SAML"}"#, status: 403)] {
      let steps = [reply(50), refused, reply(49), reply(48)].map { Step("GET", "/a", $0) }
      try await Yard.run(steps, credentials: credentials) { yard in
        for _ in 0..<3 { _ = try await yard.client.send(RESTRequest(.get, "/a")) }
        #expect(used(yard) == ["first", "second", "first", "first"])
        #expect(yard.log.text.contains("One of the further tokens may not read what is asked for"))
      }
    }
    func step(_ type: String, _ path: String, _ message: String = "m") -> Step {
      let error = #"{"type":"\#(type)","path":[\#(path)],"message":"\#(message)"}"#
      return Step(
        "POST", "/graphql",
        .json(#"{"data":{"name":null},"errors":[\#(error)]}"#, headers: budget(90, resource: "graphql")))
    }
    let known = Step("POST", "/graphql", .json(#"{"data":{"name":"n"}}"#, headers: budget(50, resource: "graphql")))
    let permission = "Resource not accessible by personal access token"
    for refused in [
      step("NOT_FOUND", #""repository""#), step("FORBIDDEN", #""repository""#),
      step("FORBIDDEN", #""repository","n0""#, permission),
    ] {
      try await Yard.run([known, refused, known, known], credentials: credentials) { yard in
        for _ in 0..<3 { _ = try await yard.ask() }
        #expect(used(yard) == ["first", "second", "first", "first"])
      }
    }
    // What neither is told, or what is of a part that may belong to another repository, speaks against nobody.
    for (refused, again) in [
      (step("NOT_FOUND", #""repository""#), step("NOT_FOUND", #""repository""#)),
      (step("FORBIDDEN", #""p31","0","closes""#), known),
    ] {
      try await Yard.run([known, refused, again, known], credentials: credentials) { yard in
        for _ in 0..<3 { _ = try await yard.ask() }
        #expect(used(yard) == ["first", "second", "first", "second"])
      }
    }
  }

  /// What a token may not see looks as if it were not there: only the first token is believed in that.
  @Test func aFurtherTokenCannotMakeThingsVanish() async throws {
    let hidden = [
      Reply.json("{}", status: 404, headers: budget(9)), Reply.json(#"{"message":"m"}"#, status: 403),
    ]
    for reply in hidden {
      let steps = [self.reply(5), reply, Reply.json("[1]")].map { Step("GET", "/a", $0) }
      try await Yard.run(steps, credentials: GitHubCredentials(token: "first", furtherTokens: ["second"])) { yard in
        _ = try await yard.client.send(RESTRequest(.get, "/a"))
        let answer = try await yard.client.send(RESTRequest(.get, "/a"))
        #expect(answer.body == Array("[1]".utf8))
        #expect(used(yard) == ["first", "second", "first"])
      }
    }
    let known = Step("POST", "/graphql", .json(#"{"data":{"name":"n"}}"#, headers: budget(5, resource: "graphql")))
    func missing(_ path: String) -> Step {
      let text = #"{"data":{"name":null},"errors":[{"type":"NOT_FOUND","path":[\#(path)],"message":"m"}]}"#
      return Step("POST", "/graphql", .json(text, headers: budget(9, resource: "graphql")))
    }
    let credentials = GitHubCredentials(token: "first", furtherTokens: ["second"])
    try await Yard.run([known, missing(#""repository""#), known], credentials: credentials) { yard in
      _ = try await yard.ask()
      let answer = try await yard.ask()
      #expect(answer.data?.name == "n")
    }
    // A number that is missing in a repository which it can see is missing.
    try await Yard.run([known, missing(#""repository","n7""#)], credentials: credentials) { yard in
      _ = try await yard.ask()
      let answer = try await yard.ask()
      #expect(answer.errors.count == 1)
    }
  }
}
