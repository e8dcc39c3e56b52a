import Domain
import GitHub
import ScriptedServer
import Testing

private func step(_ text: String, status: Int = 200, times: Int = 1, headers: [String: String] = [:]) -> Step {
  Step("POST", "/graphql", times: times, .json(text, status: status, headers: headers))
}

private let answer = step(#"{"data":{"name":"n"}}"#)

@Suite(.timeLimit(.minutes(1))) struct GraphQLTests {
  @Test func sendsTheOperation() async throws {
    try await Yard.run([answer]) { yard in
      let result = try await yard.ask()
      #expect(result.data == Yard.Named(name: "n"))
      #expect(result.errors == [])
      let body = String(decoding: yard.server.requests.first?.body ?? [], as: UTF8.self)
      #expect(body == #"{"operationName":"Name","query":"query Name { name }","variables":{"n":1}}"#)
      #expect(yard.server.requests.first?.headers["authorization"] == "Bearer \(Yard.token)")
    }
  }

  @Test func countsWhatItCost() async throws {
    let steps = [
      step(#"{"data":{"name":"n","rateLimit":{"cost":51,"remaining":4000,"resetAt":"2027-01-15T09:00:00Z"}}}"#),
      answer, step(#"{"data":{"name":"n","rateLimit":null}}"#),
    ]
    try await Yard.run(steps) { yard in
      for _ in 0..<3 {
        let got = try await yard.ask().data?.name
        #expect(got == "n")
      }
      let usage = await yard.client.usage
      #expect(usage.graphQLPoints == 53)
      #expect(usage.graphQLRequests == 3)
      #expect(usage.graphQLRemaining == 4000)
      #expect(usage.restRequests == 0)
    }
  }

  @Test func partialDataComesWithItsErrors() async throws {
    let text = """
      {"data":{"name":null},"errors":[{"type":"NOT_FOUND","path":["repository","pullRequests",3,"x"],"locations":[],
      "message":"Could not resolve"},{"message":"plain"},{"extensions":{"code":"undefinedField"},"message":"m"}]}
      """
    try await Yard.run([step(text)]) { yard in
      let result = try await yard.ask()
      #expect(result.data == Yard.Named(name: nil))
      #expect(
        result.errors == [
          GraphQLError(
            type: "NOT_FOUND", message: "Could not resolve", path: ["repository", "pullRequests", "3", "x"]),
          GraphQLError(type: nil, message: "plain", path: []),
          GraphQLError(type: "undefinedField", message: "m", path: []),
        ])
    }
  }

  @Test(arguments: [#"{"data":null,"errors":[{"message":"m"}]}"#, #"{"errors":[{"message":"m"}]}"#])
  func errorsAloneAreAnAnswer(text: String) async throws {
    try await Yard.run([step(text)]) { yard in
      let result = try await yard.ask()
      #expect(result.data == nil)
      #expect(result.errors.map(\.message) == ["m"])
    }
  }

  @Test func anotherShapeIsAnErrorOfOurs() async throws {
    try await Yard.run([step(#"{"data":{"name":{"not":"text"}}}"#)]) { yard in
      let error = await thrown { _ = try await yard.ask() } as? Failure
      #expect(error?.exitStatus == .failed)
      #expect(error?.problem.contains("data.name") == true)
    }
  }

  @Test(arguments: ["{}", #"{"data":{"na"#, "<html>", "", "[]"]) func noAnswerIsAskedForAgain(text: String) async throws
  {
    try await Yard.run([step(text, times: 3), answer]) { yard in
      let got = try await yard.ask().data?.name
      #expect(got == "n")
    }
  }

  @Test(arguments: [
    #"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#,
    #"{"data":null,"errors":[{"type":"RATE_LIMIT","code":"graphql_rate_limit","message":"API rate limit exceeded"}]}"#,
    #"{"errors":[{"extensions":{"code":"graphql_rate_limit"},"message":"API rate limit already exceeded"}]}"#,
  ])
  func thePrimaryLimitIsWaitedOut(text: String) async throws {
    try await Yard.run([step(text, headers: budget(0, reset: 70, resource: "graphql")), answer]) { yard in
      let got = try await yard.ask().data?.name
      #expect(got == "n")
      #expect(yard.clock.sleeps == [70])
      #expect(await yard.client.usage.graphQLPoints == 1)
    }
  }

  @Test func theSecondaryLimitInAnAnswerHoldsBackEverything() async throws {
    let text = #"{"errors":[{"message":"You have exceeded a secondary rate limit. Please wait."}]}"#
    try await Yard.run([step(text, headers: ["Retry-After": "40"])], deadline: 10) { yard in
      #expect(await thrown { _ = try await yard.ask() } is RateLimited)
      #expect(await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) } is RateLimited)
      #expect(yard.server.requests.count == 1)
    }
  }

  @Test(arguments: [
    (502, "<html>"), (504, ""), (502, #"{"message":"Something went wrong while executing your query."}"#),
    (
      200,
      #"{"data":{"name":null},"errors":[{"type":"RESOURCE_LIMITS_EXCEEDED","message":"Resource limits","path":["a"]}]}"#
    ),
    (
      200,
      #"{"data":null,"errors":[{"message":"Something went wrong while executing your query. This may be a timeout"}]}"#
    ),
  ])
  func aHeavyQueryIsToBeNarrowed(status: Int, text: String) async throws {
    try await Yard.run([step(text, status: status, times: 2)]) { yard in
      #expect(await thrown { _ = try await yard.ask() } is QueryTooHeavy)
      #expect(yard.clock.sleeps.count == 1)
      // GitHub charges for what it gave up on too.
      #expect(await yard.client.usage.graphQLPoints == 2)
    }
    try await Yard.run([step(text, status: status), answer]) { yard in
      let got = try await yard.ask().data?.name
      #expect(got == "n")
    }
  }

  @Test func otherFaultsAreNotTheQuerysFault() async throws {
    try await Yard.run([step("", status: 500, times: 4)]) { yard in
      #expect(await thrown { _ = try await yard.ask() } is GitHubUnavailable)
    }
  }

  /// Where less can be asked for, what fails three times may be what was asked for.
  @Test(arguments: [(500, "{}"), (503, "<html>"), (200, #"{"data":{"name":"n"#)])
  func aQueryThatCanBeNarrowedIsGivenBackEarlier(status: Int, text: String) async throws {
    try await Yard.run([step(text, status: status, times: 3)]) { yard in
      let query = GraphQLQuery(
        operation: "Name", document: "query Name { name }", variables: [:], isNarrowable: true)
      let error = await thrown { _ = try await yard.client.query(query, as: Yard.Named.self) }
      #expect((error as? QueryTooHeavy)?.isSuspicion == true)
    }
  }

  @Test func aRejectedTokenIsSaid() async throws {
    try await Yard.run([step(#"{"message":"Bad credentials"}"#, status: 401)]) { yard in
      #expect(await thrown { _ = try await yard.ask() } is TokenRejected)
    }
  }
}
