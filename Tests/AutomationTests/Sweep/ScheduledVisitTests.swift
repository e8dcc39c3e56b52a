import Automation
import Domain
import Synchronization
import Testing

/// The round over what is open, for rules that go by time.
@Suite struct ScheduledVisitTests {
  private typealias Item = SweptGitHub.Item
  private static let day = 86_400

  /// Sweeps at second 1,000,000, about eleven and a half days after the tests' epoch.
  private func sweep(
    _ harness: SweepHarness, threshold: Int = 5 * day, isAskedFor: Bool = false,
    _ fault: @escaping @Sendable (Int) throws -> Void = { _ in }
  ) async throws -> (SweepRecorder, AutomationSweepResult) {
    let recorder = SweepRecorder(harness.memory, fault: fault)
    let result = try await harness.sweep(recorder) {
      $0.since = nil
      $0.timeRules = .init(threshold: Double(threshold), isAskedFor: isAskedFor)
      $0.isBot = { $0.login == "robot" }
    }
    return (recorder, result)
  }

  @Test func everyOpenItemThatHasNotChangedForLongIsVisited() async throws {
    var closed = Item(3)
    closed.isOpen = false
    let harness = SweepHarness(
      SweptGitHub([
        Item(1), Item(2, isPullRequest: true), closed, Item(4, updated: 1_000_000 - 5 * Self.day),
        Item(5, updated: 1_000_001 - 5 * Self.day),
      ]))
    let (recorder, result) = try await sweep(harness)
    #expect(recorder.visited == [1, 4, 2] && result.visits == 3 && result.isComplete)
    #expect(recorder.visits.withLock { $0.map { $0.pullRequest != nil } } == [false, false, true])
    #expect(result.nextRoundAt == SweptGitHub.time(1_000_000 + 72_000))
  }

  @Test(
    arguments: [([30.0, 37], 7.0), ([60], 60), ([7, 60, 60], 7), ([0, 5], 5), ([], nil)] as [([Double], Double?)])
  func theShortestStepBetweenTwoRulesDecidesWhatIsVisited(durations: [Double], threshold: Double?) {
    #expect(AutomationSweepRequest.TimeRules(durations: durations)?.threshold == threshold)
  }

  @Test func aRoundComesOnceADayUnlessItIsAskedFor() async throws {
    let harness = SweepHarness(SweptGitHub([Item(1)]))
    #expect(try await sweep(harness).0.visited == [1])
    harness.github.state.withLock { $0.now += 71_999 }
    #expect(try await sweep(harness).0.visited == [])
    #expect(try await sweep(harness, isAskedFor: true).0.visited == [1])
    harness.github.state.withLock { $0.now += 72_000 }
    #expect(try await sweep(harness).0.visited == [1])
  }

  @Test(arguments: [0, 50, 70, 120, 129]) func aRoundGoesOnWhereItStopped(kill: Int) async throws {
    let harness = SweepHarness(
      SweptGitHub((1...120).map { Item($0, created: $0) } + (121...130).map { Item($0, isPullRequest: true) }))
    let gone = Failure(.unavailable, "gone", advice: "Run again.")
    await #expect(throws: Failure.self) { _ = try await sweep(harness) { if $0 == kill { throw gone } } }
    let pages = min(kill / 50 * 50, 120)
    harness.github.state.withLock { $0.now += 5_000 }
    let (recorder, result) = try await sweep(harness)
    let first = kill < 120 ? pages + 1 : 121
    #expect(recorder.visited == Array(first...130) && result.isComplete)
    // A visit that comes again is known by its round.
    let rounds = Set(recorder.visits.withLock { $0.map(\.round) })
    #expect(rounds == [SweptGitHub.time(pages == 0 ? 1_005_000 : 1_000_000)])
  }

  @Test func theLastHumanActivityIsNoBots() async throws {
    var item = Item(1, created: 10, updated: 900)
    item.edited = 30
    item.editor = "robot"
    item.comments = [
      .init(id: 1, created: 40), .init(id: 2, author: "dependabot[bot]", created: 50),
      .init(id: 3, author: "robot", created: 60), .init(id: 4, author: "yardmaster[bot]", created: 70),
    ]
    item.changes = [.labeled("a", at: 35), .labeled("b", at: 65, by: "stale[bot]")]
    let harness = SweepHarness(SweptGitHub([item]))
    func activity() async throws -> Timestamp? {
      let (recorder, _) = try await sweep(harness, isAskedFor: true)
      return recorder.visits.withLock { $0.first?.lastHumanActivity }
    }
    #expect(try await activity() == SweptGitHub.time(40))
    harness.github.change(1) { $0.changes.append(.labeled("a", at: 80, "UnlabeledEvent")) }
    #expect(try await activity() == SweptGitHub.time(80))
    harness.github.change(1) {
      $0.comments[2].edited = 90
      $0.comments[2].editor = "mona"
    }
    #expect(try await activity() == SweptGitHub.time(90))
    // Of a deleted account nobody knows what it was.
    harness.github.change(1) { $0.comments.append(.init(id: 5, author: nil, created: 100)) }
    #expect(try await activity() == SweptGitHub.time(100))
  }

  /// What a visit wrote before it was cut off has made its item one that changed of late.
  @Test func aVisitThatWasCutOffIsMadeAgainInItsRound() async throws {
    let harness = SweepHarness(SweptGitHub([Item(1), Item(2, updated: 999_000)]))
    let round = SweptGitHub.time(990_000)
    harness.memory.state.withLock { state in
      state.sweep.roundStartedAt = round
      state.unfinished = [UnfinishedVisit(number: 2, round: round), UnfinishedVisit(number: 77, round: round)]
    }
    let (recorder, result) = try await sweep(harness)
    #expect(recorder.visits.withLock { $0.map { "\($0.issue.number) \($0.round)" } } == ["2 \(round)"])
    #expect(result.visits == 1 && result.isComplete)
  }

  @Test func theLastHumanActivityIsFoundBehindManyBots() async throws {
    var item = Item(1, created: 10, updated: 900)
    item.comments =
      [.init(id: 1, created: 20)] + (2...140).map { .init(id: $0, author: "robot", created: 100 + $0) }
    item.changes =
      [.labeled("a", at: 30)] + (1...70).map { .labeled("l\($0)", at: 100 + $0, by: "robot") }
    let harness = SweepHarness(SweptGitHub([item]))
    let (recorder, _) = try await sweep(harness)
    #expect(recorder.visits.withLock { $0.first?.lastHumanActivity } == SweptGitHub.time(30))
    #expect(harness.github.operations.count { $0 == "SweepComments" } == 2)
  }

  @Test func ofEachLabelItIsKnownWhenAndByWhomItWasPutOn() async throws {
    var item = Item(1, created: 10, updated: 900)
    item.labels = ["Stale", "bug", "imported"]
    item.linked = [77]
    item.changes =
      [.labeled("bug", at: 20), .labeled("stale", at: 21), .labeled("stale", at: 22, "UnlabeledEvent")]
      + (1...60).map { .labeled("x", at: 30 + $0, $0.isMultiple(of: 2) ? "LabeledEvent" : "UnlabeledEvent") }
      + [.labeled("Stale", at: 100, by: "yardmaster[bot]")]
    let harness = SweepHarness(SweptGitHub([item]))
    let (recorder, _) = try await sweep(harness)
    let visit = try #require(recorder.visits.withLock { $0.first })
    #expect(visit.labelings["stale"]?.at == SweptGitHub.time(100))
    #expect(visit.labelings["stale"]?.by?.login == "yardmaster[bot]")
    // Its entry did not fit on the page.
    #expect(visit.labelings["bug"]?.at == SweptGitHub.time(20))
    #expect(visit.labelings.keys.sorted() == ["bug", "stale"])
    #expect(visit.linkedPullRequests == [77])
  }

  @Test func whatGitHubDoesNotShowIsToldAndVisitedInTheNextRound() async throws {
    let harness = SweepHarness(SweptGitHub([Item(1), Item(2)]))
    harness.github.state.withLock { $0.poison = [1] }
    let (recorder, result) = try await sweep(harness)
    #expect(recorder.visited == [2] && result.unshown.map(\.number) == [1])
    #expect(harness.memory.state.withLock { $0.sweep.unshown } == [])
  }
}
