import Domain
import GitHub
import ScriptedServer
import Synchronization
import Testing

private let ok = Step("GET", "/a", .json("{}"))

private func get(_ yard: Yard, _ path: String = "/a") async throws -> RESTAnswer {
  try await yard.client.send(RESTRequest(.get, path))
}

@Suite(.timeLimit(.minutes(1))) struct LimitTests {
  @Test(arguments: [403, 429]) func thePrimaryLimitIsWaitedOut(status: Int) async throws {
    let refusal = Reply.json(
      #"{"message":"API rate limit exceeded for user ID 1."}"#, status: status, headers: budget(0, reset: 90))
    try await Yard.run([Step("GET", "/a", refusal), ok]) { yard in
      let got = try await get(yard).status
      #expect(got == 200)
      #expect(yard.clock.sleeps == [90])
    }
  }

  /// GitHub's clock is two hours ahead of this machine's, as two answers say.
  @Test func theResetIsByGitHubsClock() async throws {
    var headers = budget(0, reset: 7200 + 90)
    headers["Date"] = "Fri, 15 Jan 2027 10:00:00 GMT"
    let first = Step("GET", "/a", .json("{}", headers: ["Date": "Fri, 15 Jan 2027 10:00:00 GMT"]))
    try await Yard.run([first, Step("GET", "/a", .json("{}", status: 403, headers: headers)), ok]) { yard in
      _ = try await get(yard)
      let got = try await get(yard).status
      #expect(got == 200)
      #expect(yard.clock.sleeps == [90])
    }
  }

  /// The refusal's date is two hours off, and it is the first answer; the reset is right.
  @Test(arguments: ["06", "10"]) func oneWrongDateMovesNoReset(hour: String) async throws {
    var headers = budget(0, reset: 1_800)
    headers["Date"] = "Fri, 15 Jan 2027 \(hour):00:00 GMT"
    try await Yard.run([Step("GET", "/a", .json("{}", status: 403, headers: headers)), ok]) { yard in
      let got = try await get(yard).status
      #expect(got == 200)
      #expect(yard.clock.sleeps == [1_800])
    }
  }

  /// GitHub says no, and that the limit ended long ago, or that it ends long after any window does.
  @Test func aResetThatCannotBeIsNotGoneBy() async throws {
    for (reset, sleeps) in [(-600, [60.0, 120]), (86_400, [3_600, 3_600])] as [(Int64, [Double])] {
      let refusal = Reply.json("{}", status: 403, headers: budget(0, reset: reset))
      try await Yard.run([Step("GET", "/a", times: 2, refusal), ok]) { yard in
        _ = try await get(yard)
        #expect(yard.clock.sleeps == sleeps)
      }
    }
  }

  /// The first date is believed, later ones go by the majority; FakeClock stands at 08:00.
  @Test func oneWrongDateMovesNoClock() async throws {
    let hours: [(date: Int, shown: Int)] = [(9, 9), (8, 9), (8, 8), (10, 8), (6, 8), (8, 8), (10, 8), (10, 8)]
    let steps = hours.map { hour in
      Step(
        "GET", "/a",
        .json("{}", headers: ["Date": "Fri, 15 Jan 2027 \(hour.date < 10 ? "0" : "")\(hour.date):00:00 GMT"]))
    }
    try await Yard.run(steps) { yard in
      #expect(await yard.client.usage.serverTime == nil)
      for hour in hours {
        _ = try await get(yard)
        #expect(await yard.client.usage.serverTime == FakeClock.start + Double(3600 * (hour.shown - 8)))
      }
    }
  }

  @Test func aSpentBudgetIsForeseen() async throws {
    let last = Step("GET", "/a", .json("{}", headers: budget(0, reset: 50)))
    try await Yard.run([last, ok]) { yard in
      _ = try await get(yard)
      #expect(yard.clock.sleeps == [])
      _ = try await get(yard)
      #expect(yard.clock.sleeps == [50])
    }
  }

  /// A primary limit is one resource's, whoever asks what holds calls back.
  @Test func aLimitSaysWhatItIsFor() async throws {
    let last = Step("GET", "/a", .json("{}", headers: budget(0, reset: 50)))
    try await Yard.run([last, Step("POST", "/graphql", .json(#"{"data":{"name":"n"}}"#))], deadline: 30) { yard in
      _ = try await get(yard)
      let limited = await thrown { _ = try await get(yard) } as? RateLimited
      #expect(limited == RateLimited(until: FakeClock.start + 50, resource: "core"))
      #expect(limited?.problem.contains("rate limit for REST") == true)
      #expect(await yard.client.limits == [RateLimited(until: FakeClock.start + 50, resource: "core")])
      _ = try await yard.ask()
    }
  }

  @Test func oneResourceDoesNotHoldBackTheOther() async throws {
    let last = Step("GET", "/search/issues?q=a", .json("{}", headers: budget(0, resource: "search")))
    try await Yard.run([last, ok, Step("POST", "/graphql", .json(#"{"data":{"name":"n"}}"#))]) { yard in
      _ = try await get(yard, "/search/issues?q=a")
      _ = try await get(yard)
      _ = try await yard.ask()
      #expect(yard.clock.sleeps == [])
    }
  }

  @Test(arguments: [403, 429], ["7", nil]) func theSecondaryLimitIsWaitedOut(status: Int, after: String?) async throws {
    var headers = budget(100)
    headers["Retry-After"] = after
    let refusal = Reply.json(
      #"{"message":"You have exceeded a secondary rate limit."}"#, status: status, headers: headers)
    try await Yard.run([Step("POST", "/a", refusal), Step("POST", "/a", .json("{}", status: 201))]) { yard in
      // A refusal is no lost answer: what is not idempotent is sent again too.
      let got = try await yard.client.send(RESTRequest(.post, "/a")).status
      #expect(got == 201)
      #expect(yard.clock.sleeps == [after == nil ? 60 : 7])
    }
  }

  /// GraphQL may answer a secondary limit with status 200 and no `errors`.
  @Test(arguments: ["7", nil]) func aLimitBehindASuccessIsWaitedOut(after: String?) async throws {
    var headers = budget(100, resource: "graphql")
    headers["Retry-After"] = after
    let refusal = Reply.json(
      #"{"message":"You have exceeded a secondary rate limit. Please wait."}"#, status: 200, headers: headers)
    let answer = Step("POST", "/graphql", .json(#"{"data":{"name":"n"}}"#))
    try await Yard.run([Step("POST", "/graphql", refusal), answer]) { yard in
      let got = try await yard.ask().data?.name
      #expect(got == "n")
      #expect(yard.clock.sleeps == [after == nil ? 60 : 7])
    }
    try await Yard.run([Step("POST", "/graphql", refusal)], deadline: 5) { yard in
      let none = await yard.client.limits
      #expect(none == [])
      let end = FakeClock.start + (after == nil ? 60 : 7)
      #expect((await thrown { _ = try await yard.ask() } as? RateLimited)?.until == end)
      let limits = await yard.client.limits
      #expect(limits == [RateLimited(until: end)])
    }
  }

  @Test func theWaitDoublesWithEveryRefusal() async throws {
    try await Yard.run([Step("GET", "/a", times: 4, .json("{}", status: 429)), ok]) { yard in
      let got = try await get(yard).status
      #expect(got == 200)
      #expect(yard.clock.sleeps == [60, 120, 240, 480])
    }
  }

  @Test func whileLimitedNobodySends() async throws {
    let refusal = Reply.json("{}", status: 429, headers: ["Retry-After": "30"])
    let steps =
      [Step("GET", "/first", refusal), Step("GET", "/first", .json("{}"))]
      + (0..<20).map { Step("GET", "/\($0)", .json("{}")) }
      + [Step("POST", "/graphql", .json(#"{"data":{"name":"n"}}"#))]
    try await Yard.run(steps, deadline: 1_000_000) { yard in
      _ = try await get(yard, "/first")
      #expect(yard.clock.elapsed == 30)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<20 { group.addTask { _ = try await get(yard, "/\(index)") } }
        group.addTask { _ = try await yard.ask() }
        try await group.waitForAll()
      }
    }
  }

  /// Each task learns of its own waits.
  @Test func whoeverMakesTheCallsLearnsThatTheyWaited() async throws {
    final class Waits: LimitWaitObserver {
      let moments = Mutex<[Timestamp]>([])
      func waitBegan(at moment: Timestamp) { moments.withLock { $0.append(moment) } }
      func waitEnded(at moment: Timestamp) { moments.withLock { $0.append(moment) } }
    }
    let refusal = Reply.json("{}", status: 429, headers: ["Retry-After": "30"])
    try await Yard.run([Step("GET", "/a", refusal), Step("GET", "/a", times: 2, .json("{}"))]) { yard in
      let (limited, free) = (Waits(), Waits())
      _ = try await LimitWaits.$observer.withValue(limited) { try await get(yard) }
      _ = try await LimitWaits.$observer.withValue(free) { try await get(yard) }
      #expect(limited.moments.withLock { $0 } == [FakeClock.start, FakeClock.start + 30])
      #expect(free.moments.withLock { $0 } == [])
    }
  }

  /// An answer takes its time: a limit is waited out only where some of it is left afterwards.
  @Test(arguments: [(31.0, false), (33.0, true)])
  func aLimitIsWaitedOutWhereThereIsTimeForTheAnswer(deadline: Double, isWaitedOut: Bool) async throws {
    let refusal = Reply.json("{}", status: 429, headers: ["Retry-After": "30"])
    let steps = [Step("GET", "/a", refusal)] + (isWaitedOut ? [ok] : [])
    try await Yard.run(steps, deadline: deadline) { yard in
      let end = await thrown { _ = try await get(yard) }
      #expect((end == nil) == isWaitedOut && (end == nil || end is RateLimited), "\(String(describing: end))")
      #expect(yard.clock.sleeps == (isWaitedOut ? [30] : []))
    }
  }

  /// A clock that stands still shows that a second caller waits for what the first one was told.
  @Test func theLimitHoldsForAllCallers() async throws {
    let refusal = Reply.json("{}", status: 429, headers: ["Retry-After": "30"])
    try await Yard.run([Step("GET", "/a", refusal)], deadline: 10) { yard in
      let first = await thrown { _ = try await get(yard) } as? RateLimited
      #expect(first?.until == FakeClock.start + 30)
      #expect(first?.exitStatus == .unavailable)
      let second = await thrown { _ = try await get(yard) } as? RateLimited
      #expect(second?.until == FakeClock.start + 30)
      #expect(await thrown { _ = try await yard.ask() } is RateLimited)
      #expect(yard.server.requests.count == 1)
      #expect(yard.clock.sleeps == [])
    }
  }

  @Test func aResetThatIsOverIsWaitedForAllTheSame() async throws {
    let refusal = Reply.json("{}", status: 403, headers: budget(0, reset: -5))
    try await Yard.run([Step("GET", "/a", times: 3, refusal), ok]) { yard in
      let got = try await get(yard).status
      #expect(got == 200)
      #expect(yard.clock.sleeps == [1, 2, 4])
    }
  }

  @Test func anEndlessLimitEndsTheCall() async throws {
    try await Yard.run([Step("GET", "/a", times: 10, .json("{}", status: 429))]) { yard in
      #expect(await thrown { _ = try await get(yard) } is RateLimited)
    }
  }

  @Test func anAnswerThatComesLateDoesNotRaiseTheBudget() async throws {
    let steps = [
      Step("GET", "/a", .json("{}", headers: budget(1))), Step("GET", "/b", .json("{}", headers: budget(0))),
      Step("GET", "/c", .json("{}", headers: budget(60, reset: 3700))),
    ]
    try await Yard.run(steps) { yard in
      _ = try await get(yard, "/a")
      _ = try await get(yard, "/b")
      #expect(yard.clock.sleeps == [])
      _ = try await get(yard, "/c")
      #expect(yard.clock.sleeps == [100])
    }
  }
}
