import Domain
import GitHub
import ScriptedServer
import Testing

private let ok = Step("GET", "/a", .json("{}", headers: window(400)))

private func get(_ yard: Yard, _ path: String = "/a") async throws -> RESTAnswer {
  try await yard.client.send(RESTRequest(.get, path))
}

/// Whose budget a token draws on.
@Suite(.timeLimit(.minutes(1))) struct OwnerTests {
  private static func answer(_ login: String) -> Step {
    Step("POST", "/graphql", .json(#"{"data":{"name":"n","viewer":{"login":"\#(login)"}}}"#))
  }

  private static let silent = Step("POST", "/graphql", .json(#"{"data":{"name":"n"}}"#))

  private func owners(_ ledger: LedgerDouble) async -> [String] {
    await ledger.draws.map { $0.owner.description.split(separator: " ").last.map(String.init) ?? "" }
  }

  @Test(arguments: [
    ("Alice", "user:alice"), ("github-actions[bot]", "repository:oct/hello"), ("robot[bot]", "installation:robot@oct"),
  ])
  func theUserComesWithTheFirstQuery(login: String, owner: String) async throws {
    let ledger = LedgerDouble()
    try await Yard.run([Self.answer(login), Self.silent, ok], budgets: budgets(ledger)) { yard in
      let client = yard.client
      // Nothing is sent beside it as long as nobody knows on whose budget.
      async let read = client.send(RESTRequest(.get, "/a"))
      _ = try await yard.ask()
      let answer = try await yard.ask()
      #expect(answer.data?.name == "n")
      _ = try await read
      let owners = await owners(ledger)
      #expect(owners[0].hasPrefix("token:"))
      #expect(owners.dropFirst().allSatisfy { $0 == owner })
      #expect(!"\(owners)".contains(Yard.token))
      let bodies = yard.server.requests.map { String(decoding: $0.body, as: UTF8.self) }.filter { !$0.isEmpty }
      #expect(bodies.filter { $0.contains("viewer") }.count == 1)
      #expect(await ledger.known.count == 1)
      // What the question cost is told to its true owner, too.
      await client.flush()
      #expect(await ledger.receipts.count == 4)
      #expect(await ledger.receipts.filter { $0.owner.description.hasSuffix(owner) }.count == 3)
    }
    // The next process with the token need not ask.
    try await Yard.run([Self.silent], budgets: budgets(ledger)) { yard in
      _ = try await yard.ask()
      #expect(await owners(ledger).last == owner)
    }
  }

  @Test(arguments: [
    "query Name($a: Input = {b: {c: 1}}) { name }", "query { name } fragment F on User { login }",
    "query Name { name }",
  ])
  func theQuestionFitsAnyQuery(document: String) async throws {
    let ledger = LedgerDouble()
    try await Yard.run([Self.answer("bob")], budgets: budgets(ledger)) { yard in
      let query = GraphQLQuery(operation: "Name", document: document, variables: [:])
      _ = try await yard.client.query(query, as: Yard.Named.self)
      let sent = String(decoding: yard.server.requests[0].body, as: UTF8.self)
      #expect(sent.contains("{ viewer { login } name }"))
      #expect(sent.split(separator: "viewer").count == 2)
    }
  }

  /// Sixty at once are more than may be under way: nobody waits for a place that is taken by who waits for him.
  @Test func whereNoQueryComesItIsAskedAlone() async throws {
    let ledger = LedgerDouble()
    let steps = [Self.answer("bob"), Step("GET", "/a", times: 60, .json("{}"))]
    try await Yard.run(steps, budgets: budgets(ledger)) { yard in
      let client = yard.client
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<60 { group.addTask { _ = try await client.send(RESTRequest(.get, "/a")) } }
        try await group.waitForAll()
      }
      let sent = String(decoding: yard.server.requests[0].body, as: UTF8.self)
      #expect(sent.contains("query Whose { viewer { login } rateLimit"))
      #expect(await owners(ledger).filter { $0 != "user:bob" }.count == 1)
    }
    try await Yard.run([Self.answer("bob"), Self.silent], budgets: budgets(LedgerDouble())) { yard in
      let document = "fragment F on User { login } query Name { name }"
      let query = GraphQLQuery(operation: "Name", document: document, variables: [:])
      _ = try await yard.client.query(query, as: Yard.Named.self)
      #expect(String(decoding: yard.server.requests[1].body, as: UTF8.self).contains("\"query\":\"\(document)"))
    }
  }

  /// Whoever was to ask and failed leaves it to the next.
  @Test func aQuestionThatIsLostIsAskedAgain() async throws {
    let ledger = LedgerDouble()
    let lost = Step("POST", "/graphql", times: 4, .answer(status: 500))
    try await Yard.run([lost, Self.answer("bob"), ok], budgets: budgets(ledger)) { yard in
      #expect(await thrown { _ = try await get(yard) } is GitHubUnavailable)
      _ = try await get(yard)
      #expect(await owners(ledger).last == "user:bob")
    }
  }

  /// Where it turns out to be used up, nothing else is sent before its reset.
  @Test(arguments: [0, 5])
  func whatIsLeftOfAnUnknownTokenIsLookedAtFirst(remaining: Int) async throws {
    let ledger = LedgerDouble()
    await ledger.play(.wait(seconds: 0.01, reason: .unseen))
    let limits = #"{"resources":{"graphql":{"limit":9,"remaining":\#(remaining),"used":1,"reset":1800000100}}}"#
    let look = Step("GET", "/rate_limit", .json(limits))
    let steps = [look] + (remaining > 0 ? [Self.answer("bob"), ok] : [])
    try await Yard.run(steps, budgets: budgets(ledger), patience: 50) { yard in
      if remaining == 0 {
        let error = await thrown { _ = try await get(yard) } as? RateLimited
        #expect((error?.until).map { $0 > FakeClock.start + 90 } == true)
        #expect(yard.server.requests.count == 1)
      } else {
        _ = try await get(yard)
        #expect(await owners(ledger).last == "user:bob")
      }
      let draws = await ledger.draws
      #expect(draws.prefix(2).map(\.resource) == ["graphql", "core"])
      #expect(draws.prefix(2).map(\.standing) == [.unseen, .unseen])
      #expect(draws.dropFirst(2).map(\.standing) == (remaining == 0 ? [] : [.unidentified, .identified]))
      #expect(draws[1].cost == 0)
    }
  }

  /// Refused when it asks whose it is, it is not asked again and again; one that no token can be is not even sent.
  @Test(arguments: ["bad", "tök"]) func aFurtherTokenThatIsRefusedIsLeftOut(bad: String) async throws {
    let ledger = LedgerDouble()
    let refusal = Step("POST", "/graphql", .json(#"{"message":"Bad credentials"}"#, status: 401))
    // Some of the first one's budget is used, so that the further one is looked at before it.
    let steps = [Step("GET", "/a", times: 3, .json("{}", headers: window(400)))] + (bad == "bad" ? [refusal] : [])
    let credentials = GitHubCredentials(token: "ghs_tokenOfTheJob", furtherTokens: [bad])
    try await Yard.run(steps, credentials: credentials, budgets: budgets(ledger)) { yard in
      for _ in 0..<3 { _ = try await get(yard) }
      #expect(yard.log.text.contains("goes on without it"))
    }
  }

  /// A token of an App's installation looks like `GITHUB_TOKEN` until an answer shows its limit.
  @Test(arguments: [
    ("robot[bot]", "installation:robot@oct"), ("robot", "installation:robot@oct"),
    ("github-actions[bot]", "repository:oct/hello"),
  ])
  func aTokenOfTheJobsLooksIsKnownByItsLimit(login: String, owner: String) async throws {
    let ledger = LedgerDouble()
    let first = Step("GET", "/a", .json("{}", headers: window(4_999, limit: 5_000)))
    try await Yard.run(
      [first, Self.answer(login), ok, Self.silent], token: "ghs_job", budgets: budgets(ledger)
    ) { yard in
      _ = try await get(yard)
      _ = try await yard.ask()
      _ = try await get(yard)
      _ = try await yard.ask()
      await yard.client.flush()
      let drawn = await owners(ledger)
      #expect(drawn[0] == "repository:oct/hello" && drawn[1].hasPrefix("token:"))
      // As long as it may be another's, it obeys all limits.
      #expect(await ledger.draws.first?.standing == .unseen)
      #expect(drawn[2...].allSatisfy { $0 == owner })
      // What the first answer showed is nothing of the repository's.
      let receipts = await ledger.receipts
      let mistaken = try #require(receipts.first { $0.owner.description.hasSuffix("repository:oct/hello") })
      #expect(mistaken.window == nil && mistaken.cost == 0)
      #expect(receipts.contains { $0.window?.limit == 5_000 && $0.owner.description.contains(" token:") })
      #expect(await ledger.known.count == 1)
    }
    // The next process with the token need not ask.
    try await Yard.run([first, Self.silent], token: "ghs_job", budgets: budgets(ledger)) { yard in
      _ = try await get(yard)
      _ = try await yard.ask()
      #expect(await owners(ledger).last == owner)
    }
  }

  /// Where the repository's window is used up, it is looked whether the token is the repository's, at no cost.
  @Test(arguments: [1_000, 5_000], [BudgetRequest.Priority.history, .event])
  func aUsedUpWindowIsNotTakenForTheTokens(limit: Int, priority: BudgetRequest.Priority) async throws {
    let ledger = LedgerDouble()
    let wait = BudgetGrant.wait(seconds: 3_000, reason: .primary)
    await ledger.play(wait, .granted, limit == 1_000 ? wait : .granted)
    let isAnApps = limit == 5_000
    let limits = #"{"resources":{"core":{"limit":\#(limit),"remaining":\#(limit),"used":0,"reset":1800000100}}}"#
    let steps =
      [Step("GET", "/rate_limit", .json(limits))]
      + (isAnApps && priority == .history ? [Self.answer("robot[bot]")] : []) + (isAnApps ? [ok] : [])
    try await Yard.run(
      steps, token: "ghs_job", budgets: budgets(ledger, priority: priority), patience: 20
    ) { yard in
      for _ in 0..<(isAnApps ? 1 : 3) {
        let end = await thrown { _ = try await get(yard) }
        #expect(isAnApps ? end == nil : end is RateLimited)
      }
      let last = await owners(ledger).last ?? ""
      if isAnApps {
        #expect(priority == .history ? last == "installation:robot@oct" : last.hasPrefix("token:"))
      } else {
        #expect(last == "repository:oct/hello")
      }
    }
  }

  /// Only the job's own token is its repository's; another of the kind is some App's.
  @Test func aFurtherTokenOfAnAppHasItsOwnBudget() async throws {
    let ledger = LedgerDouble()
    let steps = [
      Step("GET", "/a", .json("{}", headers: window(400))), Self.answer("robot[bot]"),
      Step("GET", "/a", times: 2, .json("{}")),
    ]
    let credentials = GitHubCredentials(token: "ghs_tokenOfTheJob", furtherTokens: ["ghs_another"])
    try await Yard.run(steps, credentials: credentials, budgets: budgets(ledger)) { yard in
      for _ in 0..<3 { _ = try await get(yard) }
      let drawn = await owners(ledger)
      #expect(drawn.first == "repository:oct/hello" && drawn.last == "bot:robot[bot]")
    }
  }

  /// An event asks for little: whose its token is, is not worth a request.
  @Test func anEventAsksNobodyWhoseItsTokenIs() async throws {
    let ledger = LedgerDouble()
    try await Yard.run([ok, ok], budgets: budgets(ledger, priority: .event)) { yard in
      for _ in 0..<2 { _ = try await get(yard) }
      let draws = await ledger.draws
      #expect(draws.map(\.standing) == [.unidentified, .unidentified])
      #expect(Set(draws.map(\.owner)).count == 1)
    }
  }

  @Test func aTokenThatMayNotAskKeepsABudgetOfItsOwn() async throws {
    let ledger = LedgerDouble()
    let refused = #"""
      {"data":null,"errors":[{"type":"FORBIDDEN","path":["viewer"],"message":"Resource not accessible"}]}
      """#
    try await Yard.run(
      [Step("POST", "/graphql", .json(refused)), Self.silent, Self.silent], budgets: budgets(ledger)
    ) { yard in
      for _ in 0..<2 {
        let answer = try await yard.ask()
        #expect(answer.data?.name == "n" && answer.errors.isEmpty)
      }
      #expect(Set(await owners(ledger)).count == 1)
      #expect(await ledger.known.isEmpty)
    }
    try await Yard.run([Step("POST", "/graphql", .json(refused)), ok], budgets: budgets(LedgerDouble())) { yard in
      _ = try await get(yard)
    }
  }

  @Test func anInstallationHasItsOwn() async throws {
    guard OpenSSL.path != nil else { return }
    let ledger = LedgerDouble()
    let token = #"{"token":"ghs_one","expires_at":"\#(FakeClock.start + 3600)"}"#
    let steps = [
      Step("GET", "/repos/o/r/installation", .json(#"{"id":7}"#)),
      Step("POST", "/app/installations/7/access_tokens", .json(token, status: 201)), Step("GET", "/a", .json("{}")),
    ]
    let app = GitHubApp(id: "1", privateKey: OpenSSL.key, repository: RepositoryName("o/r"))
    try await Yard.run(steps, credentials: GitHubCredentials(token: nil, app: app), budgets: budgets(ledger)) { yard in
      _ = try await get(yard)
      #expect(await owners(ledger) == ["installation:7"])
    }
  }
}
