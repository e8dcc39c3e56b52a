import Domain
import GitHub
import ScriptedServer
import Testing

private let ok = Step("GET", "/a", .json("{}", headers: full))
private let full = window(400)

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
