import Domain
import GitHub
import ScriptedServer
import Testing

/// Faults that pass: what is sent again, and what is not.
@Suite(.timeLimit(.minutes(1))) struct RetryTests {
  static let faults: [Reply] = [
    .reset, .close, .truncated(body: Array("{".utf8), length: 100), .resetInBody(body: Array("{".utf8), length: 100),
    .json("{\"a\": [1, 2"), .json("<html>"), .answer(status: 500),
    .answer(status: 502, headers: ["Content-Type": "text/html"], body: Array("<html>Unicorn!</html>".utf8)),
    .answer(status: 503), .answer(status: 504),
  ]

  @Test(arguments: faults) func readsAreRepeated(fault: Reply) async throws {
    try await Yard.run([Step("GET", "/a", times: 3, fault), Step("GET", "/a", .json("{}"))]) { yard in
      let got = try await yard.client.send(RESTRequest(.get, "/a")).status
      #expect(got == 200)
      let sleeps = yard.clock.sleeps
      try #require(sleeps.count == 3)
      for (sleep, longest) in zip(sleeps, [0.5, 1, 2]) { #expect((longest / 2...longest).contains(sleep)) }
    }
  }

  @Test(arguments: faults) func afterFourAttemptsItIsGivenUp(fault: Reply) async throws {
    try await Yard.run([Step("GET", "/a", times: 4, fault)]) { yard in
      let error = await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) }
      #expect((error as? GitHubUnavailable)?.exitStatus == .unavailable)
      #expect(!"\(error.map { "\($0)" } ?? "")".contains("Unicorn"))
    }
  }

  /// Where less can be asked for, what fails three times may be what was asked for.
  @Test(arguments: faults) func aReadThatCanBeNarrowedIsGivenBackEarlier(fault: Reply) async throws {
    try await Yard.run([Step("GET", "/a", times: 3, fault)]) { yard in
      let error = await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a", isNarrowable: true)) }
      #expect((error as? QueryTooHeavy)?.isSuspicion == true)
      #expect(!"\(error.map { "\($0)" } ?? "")".contains("Unicorn"))
    }
  }

  @Test(arguments: faults) func aWriteIsNotRepeated(fault: Reply) async throws {
    try await Yard.run([Step("POST", "/a", fault)]) { yard in
      #expect(await thrown { _ = try await yard.client.send(RESTRequest(.post, "/a", body: [:])) } is UncertainWrite)
      #expect(yard.clock.sleeps == [])
    }
  }

  @Test(arguments: faults) func anIdempotentWriteIsRepeated(fault: Reply) async throws {
    try await Yard.run([Step("POST", "/a", fault), Step("POST", "/a", .json("{}"))]) { yard in
      let answer = try await yard.client.send(RESTRequest(.post, "/a", body: [:], isIdempotent: true))
      #expect(answer.status == 200)
    }
  }

  @Test func aWriteThatWasNotSentIsRepeatedUntilItFails() async throws {
    // Port 1 (tcpmux) is nobody's on loopback.
    try await Yard.run([], address: "http://127.0.0.1:1") { yard in
      let error = await thrown { _ = try await yard.client.send(RESTRequest(.post, "/a", body: [:])) }
      #expect(error is GitHubUnavailable)
      #expect(yard.clock.sleeps.count == 3)
      #expect(await yard.client.usage.restRequests == 0)
    }
  }

  @Test func aWriteThatIsCancelledIsUncertain() async throws {
    try await Yard.run([Step("POST", "/a", .silence)]) { yard in
      let client = yard.client
      let task = Task { await thrown { _ = try await client.send(RESTRequest(.post, "/a", body: [:])) } }
      await yard.server.received(1)
      task.cancel()
      #expect(await task.value is UncertainWrite)
    }
  }

  @Test func thePauseThatGitHubAsksForIsMade() async throws {
    let fault = Reply.answer(status: 503, headers: ["Retry-After": "20"])
    try await Yard.run([Step("GET", "/a", fault), Step("GET", "/a", .json("{}"))]) { yard in
      _ = try await yard.client.send(RESTRequest(.get, "/a"))
      #expect(yard.clock.sleeps == [20])
    }
  }

  @Test(arguments: ["4", "20"]) func aPauseBeyondTheDeadlineIsNotMade(seconds: String) async throws {
    let fault = Reply.answer(status: 503, headers: ["Retry-After": seconds])
    try await Yard.run([Step("GET", "/a", fault)], deadline: 3) { yard in
      let error = await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) }
      #expect(seconds == "4" ? error is GitHubUnavailable : error is RateLimited)
      #expect(yard.clock.sleeps == [])
    }
  }

  /// A long pause is everybody's: the other requests of the process wait for it, and the ledger tells the other processes.
  @Test(arguments: [502, 503, 504]) func aLongPauseHoldsEverybodyBack(status: Int) async throws {
    let ledger = LedgerDouble()
    let fault = Reply.answer(status: status, headers: ["Retry-After": "2592000"])
    let budgets = GitHubClient.Budgets(ledger: ledger, priority: .history, repository: RepositoryName("o/r"))
    try await Yard.run([Step("GET", "/a", fault)], token: "ghs_job", budgets: budgets, patience: 20) { yard in
      for _ in 0..<2 {
        let limited = await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) } as? RateLimited
        #expect(limited?.until == FakeClock.start + 3_600 && limited?.resource == nil)
      }
      #expect(await thrown { _ = try await yard.ask() } is RateLimited)
      #expect(await ledger.settled.map(\.refusal) == [.secondary(retryAfter: 3_600)])
      #expect(yard.log.text.contains("asks for a pause of 3600 s (HTTP \(status))"))
      #expect(yard.clock.sleeps == [])
    }
  }

  /// Unlike a refusal for a limit, it is no word that a write was not carried out.
  @Test func aWriteIsNotRepeatedAfterALongPause() async throws {
    let fault = Reply.answer(status: 503, headers: ["Retry-After": "20"])
    try await Yard.run([Step("POST", "/a", fault), Step("GET", "/a", .json("{}"))]) { yard in
      #expect(await thrown { _ = try await yard.client.send(RESTRequest(.post, "/a", body: [:])) } is UncertainWrite)
      _ = try await yard.client.send(RESTRequest(.get, "/a"))
      #expect(yard.clock.sleeps == [20])
    }
  }

  @Test func nothingIsBegunAfterTheDeadline() async throws {
    try await Yard.run([], deadline: 0) { yard in
      #expect(await thrown { _ = try await yard.client.send(RESTRequest(.post, "/a")) } is CancellationError)
    }
  }
}
