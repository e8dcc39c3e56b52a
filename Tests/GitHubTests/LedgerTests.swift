import Domain
import GitHub
import ScriptedServer
import Testing

private let ok = Step("GET", "/a", .json("{}", headers: full))
private let full = window(400)

private func window(
  _ remaining: Int, limit: Int = 1000, reset: Int64 = 100, resource: String = "core"
) -> [String: String] {
  var headers = budget(remaining, reset: reset, resource: resource)
  headers["X-RateLimit-Limit"] = "\(limit)"
  return headers
}

private func budgets(
  _ ledger: LedgerDouble, repository: String? = "Oct/Hello", priority: BudgetRequest.Priority = .history
) -> GitHubClient.Budgets {
  GitHubClient.Budgets(
    ledger: ledger, priority: priority, repository: repository.flatMap { RepositoryName($0) })
}

private func get(_ yard: Yard, _ path: String = "/a") async throws -> RESTAnswer {
  try await yard.client.send(RESTRequest(.get, path))
}

/// What a client asks of the ledger that it shares with other processes, and tells it.
@Suite(.timeLimit(.minutes(1))) struct LedgerTests {
  private static let actions = "ghs_tokenOfTheJob"

  @Test func everyRequestIsDrawnAndTold() async throws {
    let ledger = LedgerDouble()
    let query = #"{"data":{"name":"n","rateLimit":{"cost":7,"remaining":4000,"resetAt":"2027-01-15T09:00:00Z"}}}"#
    let steps = [
      ok, Step("GET", "/a", .answer(status: 304, headers: full)), Step("POST", "/issues/1/comments", .json("{}")),
      Step("POST", "/graphql", .json(query, headers: window(393, resource: "graphql"))),
      Step("GET", "/search/issues?q=a", .json("{}")),
    ]
    try await Yard.run(steps, token: Self.actions, budgets: budgets(ledger)) { yard in
      _ = try await get(yard)
      _ = try await get(yard)
      _ = try await yard.client.send(RESTRequest(.post, "/issues/1/comments"))
      let plain = GraphQLQuery(operation: "Q", document: "query Q { name }", variables: [:], points: 9)
      _ = try await yard.client.query(plain, as: Yard.Named.self)
      _ = try await get(yard, "/search/issues?q=a")
      let draws = await ledger.draws
      #expect(draws.map(\.resource) == ["core", "core", "core", "graphql", "search"])
      #expect(draws.map(\.cost) == [1, 1, 1, 9, 1])
      #expect(draws.map(\.weight) == [1, 1, 5, 1, 1])
      #expect(draws.map(\.createsContent) == [false, false, true, false, false])
      let host = yard.server.url.dropFirst(7)
      #expect(Set(draws.map(\.owner.description)) == ["\(host) repository:oct/hello"])
      #expect(draws.allSatisfy { $0.priority == .history && $0.expectedSeconds > 0 })
      // Receipts ride on the next draw, and the last one on the flush.
      #expect(await ledger.receipts.count == 4)
      #expect(await ledger.settled.isEmpty)
      await yard.client.flush()
      #expect(await ledger.settled.map(\.resource) == ["search"])
      let receipts = await ledger.receipts
      #expect(receipts.map(\.id) == draws.map(\.id))
      #expect(receipts.map(\.cost) == [1, 0, 1, 7, 1])
      #expect(receipts[0].window == BudgetReceipt.Window(limit: 1000, remaining: 400, resetsIn: 100))
      #expect(receipts[2].window == nil)
      #expect(receipts.allSatisfy { $0.refusal == nil })
      await yard.client.flush()
      #expect(await ledger.receipts.count == 5)
    }
  }

  @Test func withoutALedgerNothingIsAdded() async throws {
    let query = Step("POST", "/graphql", .json(#"{"data":{"name":"n"}}"#))
    try await Yard.run([query, ok]) { yard in
      _ = try await yard.ask()
      _ = try await get(yard)
      #expect(!String(decoding: yard.server.requests[0].body, as: UTF8.self).contains("viewer"))
    }
  }

  @Test func aLostAnswerIsToldWithoutACost() async throws {
    let ledger = LedgerDouble()
    try await Yard.run([Step("GET", "/a", .reset), ok], token: Self.actions, budgets: budgets(ledger)) { yard in
      _ = try await get(yard)
      await yard.client.flush()
      #expect(await ledger.draws.count == 2)
      #expect(await ledger.receipts.map(\.cost) == [nil, 1])
    }
  }

  @Test func refusalsAreToldAtOnce() async throws {
    let ledger = LedgerDouble()
    let secondary = Reply.json(
      #"{"message":"You have exceeded a secondary rate limit."}"#, status: 429, headers: ["Retry-After": "40"])
    var headers = window(0, reset: 41 + 90)
    headers["Date"] = "Fri, 15 Jan 2027 08:00:41 GMT"
    let primary = Reply.json(#"{"message":"API rate limit exceeded"}"#, status: 403, headers: headers)
    try await Yard.run(
      [Step("GET", "/a", secondary), Step("GET", "/b", primary)], token: Self.actions, budgets: budgets(ledger),
      patience: 20
    ) { yard in
      #expect(await thrown { _ = try await get(yard) } is RateLimited)
      #expect(await ledger.settled.map(\.refusal) == [.secondary(retryAfter: 40)])
      #expect(await ledger.settled.map(\.cost) == [0])
      try await yard.clock.sleep(seconds: 41)
      await ledger.play(.granted)
      #expect(await thrown { _ = try await get(yard, "/b") } is RateLimited)
      #expect(await ledger.settled.map(\.refusal).last == .primary(resetsIn: 90))
    }
  }

  /// A proxy may write any number: none stops the process, and none is more than the ledger's columns hold.
  @Test func aNumberThatNoLimitCanBeIsCut() async throws {
    let ledger = LedgerDouble()
    let reply = Reply.json(
      "{}",
      headers: [
        "X-RateLimit-Limit": "10000000000", "X-RateLimit-Remaining": "9999999999",
        "X-RateLimit-Reset": "100000000000000", "Date": Yard.date,
      ])
    let refusal = Reply.json("{}", status: 429, headers: ["Retry-After": "9223372036854775807"])
    let whose = Step("POST", "/graphql", .json(#"{"data":{"viewer":{"login":"bob"}}}"#))
    try await Yard.run(
      [whose, Step("GET", "/a", reply), Step("GET", "/a", refusal)], budgets: budgets(ledger), deadline: 60
    ) { yard in
      _ = try await get(yard)
      #expect(await yard.client.usage.restRemaining == Int(Int32.max))
      #expect(await thrown { _ = try await get(yard) } is RateLimited)
      let window = try #require(await ledger.receipts.compactMap(\.window).first)
      #expect(window.limit == Int(Int32.max) && window.remaining == Int(Int32.max) && window.resetsIn > 0)
    }
  }

  /// One answer may not silence all processes of its owner for a month: after an hour GitHub is asked again.
  @Test(arguments: ["2592000", "Mon, 15 Feb 2027 08:00:00 GMT"])
  func aSecondaryLimitIsBelievedForAnHourAtMost(end: String) async throws {
    let ledger = LedgerDouble()
    let refusal = Reply.json("{}", status: 429, headers: ["Retry-After": end, "Date": Yard.date])
    try await Yard.run(
      [Step("GET", "/a", refusal)], token: Self.actions, budgets: budgets(ledger), deadline: 60
    ) { yard in
      let limited = await thrown { _ = try await get(yard) } as? RateLimited
      #expect(limited?.until == FakeClock.start + 3_600)
      #expect(await ledger.settled.map(\.refusal) == [.secondary(retryAfter: 3_600)])
    }
  }

  @Test(arguments: [BudgetWait.primary, .secondary, .pace]) func whatTheLedgerSaysIsWaitedFor(reason: BudgetWait)
    async throws
  {
    let ledger = LedgerDouble()
    await ledger.play(.granted, .wait(seconds: 30, reason: reason))
    try await Yard.run([ok, ok], token: Self.actions, budgets: budgets(ledger)) { yard in
      for _ in 0..<2 { _ = try await get(yard) }
      try #require(yard.clock.sleeps.count == 1)
      #expect((30...31).contains(yard.clock.sleeps[0]))
      #expect(await ledger.draws.count == 3)
    }
  }

  /// A wait for one resource holds back nobody but it; a secondary limit everybody; and nobody asks the ledger again.
  @Test func whatIsKnownIsNotAskedAgain() async throws {
    let ledger = LedgerDouble()
    await ledger.play(.granted, .wait(seconds: 30, reason: .primary), .granted, .wait(seconds: 50, reason: .secondary))
    let steps = [ok, Step("POST", "/graphql", .json(#"{"data":{"name":"n"}}"#)), ok]
    try await Yard.run(steps, token: Self.actions, budgets: budgets(ledger), patience: 20) { yard in
      _ = try await get(yard)
      for _ in 0..<3 { #expect(await thrown { _ = try await get(yard) } is RateLimited) }
      #expect(await ledger.draws.count == 2)
      _ = try await yard.ask()
      #expect(await thrown { _ = try await yard.ask() } is RateLimited)
      try await yard.clock.sleep(seconds: 29)
      let error = await thrown { _ = try await get(yard) } as? RateLimited
      let until = try #require(error?.until)
      #expect(error?.resource == nil)
      #expect((50...52).contains(Double(until.microseconds - FakeClock.start.microseconds) / 1e6))
      #expect(await yard.client.limits.map(\.until).max() == until)
      #expect(await ledger.draws.count == 4)
      try await yard.clock.sleep(seconds: 24)
      _ = try await get(yard)
    }
  }

  /// The patience is for one request, not for one of its waits.
  @Test func patienceEnds() async throws {
    let ledger = LedgerDouble()
    await ledger.play(
      .wait(seconds: 8, reason: .pace), .wait(seconds: 8, reason: .pace), .wait(seconds: 8, reason: .pace))
    try await Yard.run([], token: Self.actions, budgets: budgets(ledger), patience: 20) { yard in
      #expect(await thrown { _ = try await get(yard) } is RateLimited)
      #expect(yard.clock.sleeps.count == 2)
    }
    // A limit that this process was told of, too.
    let refusal = Reply.json("{}", status: 429, headers: ["Retry-After": "30"])
    try await Yard.run([Step("GET", "/a", refusal)], patience: 20) { yard in
      #expect((await thrown { _ = try await get(yard) } as? RateLimited)?.until == FakeClock.start + 30)
      #expect(yard.clock.sleeps == [])
    }
  }

  @Test func aBrokenLedgerEndsNothing() async throws {
    let ledger = LedgerDouble()
    let steps = [Step("GET", "/a", times: 6, .json("{}", headers: full))]
    try await Yard.run(steps, token: Self.actions, budgets: budgets(ledger)) { yard in
      _ = try await get(yard)
      await ledger.breakDown()
      for _ in 0..<2 { _ = try await get(yard) }
      await yard.client.flush()
      try await yard.clock.sleep(seconds: 31)
      _ = try await get(yard)
      #expect(yard.log.text.split(separator: "could not be read").count == 2)
      await ledger.recover()
      try await yard.clock.sleep(seconds: 31)
      for _ in 0..<2 { _ = try await get(yard) }
      await yard.client.flush()
      // Two requests went out unasked, while the ledger was left alone or failed.
      #expect(await ledger.draws.count == 3)
      // Nothing is told twice, and nothing is lost: two draws may have been granted unheard.
      let receipts = await ledger.receipts
      #expect(Set(receipts.map(\.id)).count == receipts.count)
      #expect(receipts.map(\.cost).filter { $0 == 1 }.count == 3)
    }
  }

  @Test func aKnownLimitHoldsThoughTheLedgerBreaks() async throws {
    let ledger = LedgerDouble()
    await ledger.play(.wait(seconds: 30, reason: .secondary))
    try await Yard.run([], token: Self.actions, budgets: budgets(ledger), deadline: 20) { yard in
      #expect(await thrown { _ = try await get(yard) } is RateLimited)
      await ledger.breakDown()
      #expect(await thrown { _ = try await get(yard) } is RateLimited)
    }
  }
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
