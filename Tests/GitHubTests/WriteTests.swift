import Domain
import GitHub
import ScriptedServer
import Testing

/// What writes have that reads have not: a time after which they are not sent, a weight, one name that they bear.
@Suite(.timeLimit(.minutes(1))) struct WriteTests {
  private static let path = "/repos/o/r/issues/1/labels/a"

  private static func write(_ yard: Yard, expiresIn seconds: Double) -> RESTRequest {
    RESTRequest(.delete, path, expires: yard.clock.instant.advanced(by: .seconds(seconds)))
  }

  @Test func aWriteWhoseTimeIsOverIsNotSent() async throws {
    try await Yard.run([]) { yard in
      for seconds in [0, -1] as [Double] {
        let error = await thrown { _ = try await yard.client.send(Self.write(yard, expiresIn: seconds)) }
        #expect(error is RequestExpired)
      }
      let mutation = GraphQLQuery(
        operation: "M", document: "mutation M { m }", variables: [:], isMutation: true, expires: yard.clock.instant)
      #expect(await thrown { _ = try await yard.client.query(mutation, as: Yard.Named.self) } is RequestExpired)
      #expect(await yard.client.usage.restRequests == 0)
    }
  }

  /// A pause of half a second at most follows the first fault, and waits for limits are as long as GitHub says.
  @Test(arguments: [
    (Reply.answer(status: 503), 0.1, false), (.reset, 0.1, false), (.answer(status: 503), 0.6, true),
    (.json("{}", status: 403, headers: ["Retry-After": "7"]), 6.9, false),
    (.json("{}", status: 403, headers: ["Retry-After": "7"]), 7.1, true),
    (.json("{}", status: 403, headers: budget(0, reset: 90)), 89, false),
    (.json("{}", status: 403, headers: budget(0, reset: 90)), 91, true),
  ]) func itsTimeIsLookedAtAfterEachWait(first: Reply, seconds: Double, isSentAgain: Bool) async throws {
    let again = Step("DELETE", Self.path, .json("[]"))
    try await Yard.run([Step("DELETE", Self.path, first)] + (isSentAgain ? [again] : [])) { yard in
      let error = await thrown { _ = try await yard.client.send(Self.write(yard, expiresIn: seconds)) }
      #expect((error is RequestExpired) == !isSentAgain, "\(String(describing: error))")
      #expect(!isSentAgain || error == nil)
    }
  }

  /// The budget that was drawn for a request that expired is given back.
  @Test func whatExpiresCostsNothing() async throws {
    let ledger = LedgerDouble()
    let held = BudgetGrant.wait(seconds: 5, reason: .pace)
    await ledger.play(held, .granted)
    try await Yard.run([], token: "ghs_job", budgets: budgets(ledger, priority: .event)) { yard in
      #expect(await thrown { _ = try await yard.client.send(Self.write(yard, expiresIn: 1)) } is RequestExpired)
      await yard.client.flush()
      #expect(await ledger.draws.count == 2)
      #expect(await ledger.settled.map(\.cost) == [0])
    }
  }

  @Test func mutationsWeighAsWritesDo() async throws {
    let ledger = LedgerDouble()
    let document = "mutation M { m }"
    let steps = [Step("POST", "/graphql", .close), Step("POST", "/graphql", .json(#"{"data":{"name":"n"}}"#))]
    try await Yard.run(steps, token: "ghs_job", budgets: budgets(ledger, priority: .event)) { yard in
      let query = GraphQLQuery(operation: "M", document: document, variables: [:], isMutation: true)
      // It is said to be idempotent, so it is repeated where its answer was lost.
      let answer = try await yard.client.query(query, as: Yard.Named.self)
      #expect(answer.data?.name == "n")
      #expect(await ledger.draws.map(\.weight) == [5, 5])
      let body = String(decoding: yard.server.requests[0].body, as: UTF8.self)
      #expect(body.contains(document))
    }
  }

  /// Further tokens are for reading: a write bears the first one's name.
  @Test func mutationsGoOutWithTheFirstToken() async throws {
    let credentials = GitHubCredentials(token: Yard.token, furtherTokens: ["ghp_other"])
    let step = Step("POST", "/graphql", .json(#"{"data":{"name":"n"}}"#))
    try await Yard.run([step, step, step], credentials: credentials) { yard in
      for _ in 0..<3 {
        _ = try await yard.client.query(
          GraphQLQuery(operation: "M", document: "mutation M { m }", variables: [:], isMutation: true),
          as: Yard.Named.self)
      }
      #expect(Set(yard.server.requests.map { $0.headers["authorization"] ?? "" }) == ["Bearer \(Yard.token)"])
    }
  }

  @Test(arguments: [
    (RESTRequest.Method.post, "/repos/o/r/issues/1/comments", true), (.post, "/repos/o/r/issues", true),
    (.post, "/repos/o/r/issues/1/labels", false), (.post, "/repos/o/r/issues/1/assignees", false),
    (.post, "/repos/o/r/issues/comments/7/reactions", false), (.patch, "/repos/o/r/issues/comments/7", false),
    (.put, "/repos/o/r/issues/1/lock", false), (.delete, "/repos/o/r/issues/comments/7", false),
    (.get, "/repos/o/r/issues/1/comments", false),
  ]) func whatNotifiesCountsAsContent(method: RESTRequest.Method, path: String, isContent: Bool) async throws {
    let ledger = LedgerDouble()
    let steps = [Step(method.rawValue, path, .json("{}"))]
    try await Yard.run(steps, token: "ghs_job", budgets: budgets(ledger, priority: .event)) { yard in
      _ = try await yard.client.send(RESTRequest(method, path))
      let draw = try #require(await ledger.draws.first)
      #expect(draw.createsContent == isContent)
      #expect(draw.weight == (method == .get ? 1 : 5))
    }
  }

  /// The eighty-first comment of a minute waits, and is sent.
  @Test func contentIsPaced() async throws {
    let ledger = LedgerDouble()
    let path = "/repos/o/r/issues/1/comments"
    await ledger.play(.wait(seconds: 42, reason: .pace), .granted)
    try await Yard.run(
      [Step("POST", path, .json("{}", status: 201))], token: "ghs_job", budgets: budgets(ledger, priority: .event)
    ) { yard in
      let answer = try await yard.client.send(RESTRequest(.post, path, body: ["body": "x"]))
      #expect(answer.status == 201)
      #expect(yard.clock.elapsed >= 42 && yard.clock.elapsed < 44)
    }
  }

  private static func viewer(_ login: String, page: String = "users/x") -> Step {
    let viewer = #"{"login":"\#(login)","url":"https://github.com/\#(page)"}"#
    return Step("POST", "/graphql", .json(#"{"data":{"viewer":\#(viewer)}}"#))
  }

  @Test(arguments: [
    ("ghs_job", "github-actions[bot]", "apps/x", "github-actions[bot]"),
    ("ghs_job", "github-actions", "x", "github-actions[bot]"), ("robots", "robot", "apps/robot", "robot[bot]"),
    ("ghp_alice", "alice", "alice", "alice"),
  ]) func theOwnLoginIsInTheFormOfREST(token: String, answered: String, page: String, expected: String) async throws {
    try await Yard.run([Self.viewer(answered, page: page)], token: token) { yard in
      let logins = try await withThrowingTaskGroup { group in
        for _ in 0..<8 { group.addTask { try await yard.client.ownLogin } }
        return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
      }
      #expect(logins == [expected])
      let again = try await yard.client.ownLogin
      #expect(again == expected)
    }
  }

  @Test func aTokenThatMayNotAskHasNoLogin() async throws {
    let refused =
      #"{"data":null,"errors":[{"type":"FORBIDDEN","path":["viewer"],"message":"Resource not accessible"}]}"#
    try await Yard.run([Step("POST", "/graphql", .json(refused))]) { yard in
      for _ in 0..<2 {
        let login = try await yard.client.ownLogin
        #expect(login == nil)
      }
    }
  }

  @Test func aFailureIsNoAnswer() async throws {
    let broken = Step("POST", "/graphql", times: 4, .answer(status: 503))
    try await Yard.run([broken, Self.viewer("alice")]) { yard in
      #expect(await thrown { _ = try await yard.client.ownLogin } is GitHubUnavailable)
      let login = try await yard.client.ownLogin
      #expect(login == "alice")
    }
  }
}
