import Automation
import Domain
import Synchronization
import TestSupport
import Testing

/// The walk over what changed.
@Suite struct AutomationSweepTests {
  private typealias Item = SweptGitHub.Item

  private func items(_ numbers: ClosedRange<Int>, isPullRequest: Bool = false) -> [SweptGitHub.Item] {
    numbers.map { Item($0, isPullRequest: isPullRequest, created: $0) }
  }

  private func opened(_ numbers: some Sequence<Int>, _ event: String = "issues") -> [String] {
    numbers.map { "#\($0) \(event).opened" }
  }

  @Test func fiftyItemsAreOneRequest() async throws {
    let harness = SweepHarness(SweptGitHub(items(1...120)))
    let recorder = SweepRecorder(harness.memory)
    let result = try await harness.sweep(recorder)
    #expect(recorder.words == opened(1...120))
    #expect(
      harness.github.operations
        == Array(repeating: "SweepChangedIssues", count: 3) + ["SweepChangedPullRequests"])
    #expect(result.requests == 4 && result.isComplete)
    #expect(result.parts.map(\.visited) == [120, 0] && result.parts.allSatisfy(\.isComplete))
    // One look into the ledger a page.
    #expect(harness.memory.state.withLock { $0.lookups } == 3)
  }

  @Test func theFirstSweepLooksBackADayBeforeTheFirstEventOrBeforeNow() async throws {
    for first in [nil, 500_000] {
      let harness = SweepHarness(SweptGitHub())
      harness.memory.state.withLock { $0.firstEventAt = first.map { SweptGitHub.time($0) } }
      let result = try await harness.sweep(SweepRecorder(harness.memory)) { $0.since = nil }
      #expect(result.since == SweptGitHub.time((first ?? 1_000_000) - 86_400))
      #expect(result.cursor == SweptGitHub.time(1_000_000))
    }
  }

  @Test func theNextSweepBeginsTenMinutesBeforeTheLastOneDid() async throws {
    let harness = SweepHarness(SweptGitHub())
    try await harness.sweep(SweepRecorder(harness.memory)) { $0.since = nil }
    harness.github.state.withLock { $0.now += 3_600 }
    let result = try await harness.sweep(SweepRecorder(harness.memory)) { $0.since = nil }
    #expect(result.since == SweptGitHub.time(1_000_000 - 600))
    #expect(result.cursor == SweptGitHub.time(1_003_600))
  }

  @Test func aWindowThatWasAskedForMovesTheCursorOnlyWhereNothingLiesBetween() async throws {
    let harness = SweepHarness(SweptGitHub())
    harness.memory.state.withLock { $0.sweep.cursor = SweptGitHub.time(100) }
    let late = try await harness.sweep(SweepRecorder(harness.memory)) { $0.since = SweptGitHub.time(200) }
    #expect(late.cursor == SweptGitHub.time(100))
    let early = try await harness.sweep(SweepRecorder(harness.memory)) { $0.since = SweptGitHub.time(50) }
    #expect(early.cursor == SweptGitHub.time(1_000_000))
  }

  @Test func gitHubIsNeverAskedFor1970() async throws {
    let harness = SweepHarness(SweptGitHub())
    let result = try await harness.sweep(SweepRecorder(harness.memory)) { $0.since = .distantPast }
    #expect(result.since == Timestamp("2000-01-01"))
  }

  /// Killed after any number of events: the next sweep goes on at the page, and nothing is handed over twice that was
  /// processed.
  @Test(arguments: [0, 1, 49, 50, 51, 99, 100, 130, 149]) func aKilledSweepGoesOnAtItsPage(kill: Int) async throws {
    struct Kill: UserFacingError {
      var exitStatus: Domain.ExitStatus { .unavailable }
      var problem: String { "killed" }
      var advice: String { "Run again." }
    }
    let harness = SweepHarness(SweptGitHub(items(1...120) + items(121...150, isPullRequest: true)))
    let dead = SweepRecorder(harness.memory) { if $0 == kill { throw Kill() } }
    await #expect(throws: Kill.self) { try await harness.sweep(dead) }
    let walk = try #require(harness.memory.state.withLock { $0.sweep.changes })
    let pages = kill < 120 ? kill / 50 : 3
    #expect(walk.part == (pages < 3 ? .changedIssues : .changedPullRequests))
    #expect((walk.page == nil) == pages.isMultiple(of: 3))
    harness.github.forgetOperations()

    let heir = SweepRecorder(harness.memory)
    let result = try await harness.sweep(heir) { $0.since = nil }
    let expected = opened(1...120) + opened((121...150).reversed(), "pull_request")
    #expect(dead.words + heir.words == expected)
    // The pages that are left; then a walk of its own over what came meanwhile.
    let issues = harness.github.operations.prefix { $0 == "SweepChangedIssues" }.count
    #expect(issues == 3 - pages)
    #expect(result.isComplete && harness.memory.state.withLock { $0.sweep.changes } == nil)
  }

  @Test func aSecondSweepAtOnceDoesNothingAndSaysSo() async throws {
    let harness = SweepHarness(SweptGitHub(items(1...3)))
    harness.memory.state.withLock {
      $0.holder = SweepClaim(repositoryKey: "42", mode: .live, worker: "another")
    }
    let recorder = SweepRecorder(harness.memory)
    let result = try await harness.sweep(recorder)
    #expect(result.stop == .occupied(worker: "another") && !result.isComplete)
    #expect(recorder.words == [] && harness.github.operations == [])
    let heir = try await harness.sweep(recorder) { $0.isKnownDead = { $0 == "another" } }
    #expect(heir.isComplete && recorder.words.count == 3)
  }

  @Test func aSweepThatWasTakenOverStops() async throws {
    let harness = SweepHarness(SweptGitHub(items(1...120)))
    let memory = harness.memory
    let recorder = SweepRecorder(memory) { count in
      guard count == 60 else { return }
      memory.state.withLock { $0.holder = SweepClaim(repositoryKey: "42", mode: .live, worker: "another") }
    }
    let result = try await harness.sweep(recorder)
    #expect(result.stop == .occupied(worker: nil) && recorder.words.count == 100)
    #expect(result.unfinished == [.changedIssues, .changedPullRequests])
  }

  @Test(arguments: [(4.0, AutomationSweepResult.Stop.timeLimit), (1_000.0, .signal(.terminate))])
  func aSweepWhoseTimeIsUpTellsWhatItDidNotVisit(remaining: Double, stop: AutomationSweepResult.Stop) async throws {
    var harness = SweepHarness(SweptGitHub(items(1...3)))
    harness.deadline = FixedDeadline(remaining: remaining, stopSignal: remaining > 5 ? .terminate : nil)
    let result = try await harness.sweep(SweepRecorder(harness.memory)) { $0.timeRules = .init(threshold: 60) }
    #expect(result.stop == stop && result.unfinished == SweepWalk.Part.allCases)
    #expect(harness.memory.state.withLock { $0.holder } == nil)
  }

  @Test func aLimitThatDoesNotEndInTimeEndsTheSweepInGoodOrder() async throws {
    let until = SweptGitHub.time(2_000_000)
    let github = SweptGitHub(
      items(1...60), fault: { _, count in if count == 2 { throw RateLimited(until: until, resource: "graphql") } })
    let harness = SweepHarness(github)
    let recorder = SweepRecorder(harness.memory)
    let result = try await harness.sweep(recorder)
    #expect(result.stop == .rateLimited(RateLimited(until: until, resource: "graphql")))
    #expect(recorder.words.count == 50 && harness.memory.state.withLock { $0.sweep.changes?.page } != nil)
  }

  @Test func aWalkThatEndedDoesNotHideThatTheNextOneDidNot() async throws {
    let until = SweptGitHub.time(2_000_000)
    let github = SweptGitHub(
      items(1...60), fault: { _, count in if [2, 5].contains(count) { throw RateLimited(until: until) } })
    let harness = SweepHarness(github)
    let recorder = SweepRecorder(harness.memory)
    try await harness.sweep(recorder)
    // The pages that were left, then the first one of a walk of its own.
    let result = try await harness.sweep(recorder) { $0.since = nil }
    #expect(recorder.words.count == 60 && result.cursor == SweptGitHub.time(1_000_000))
    #expect(result.unfinished == [.changedIssues, .changedPullRequests] && result.stop != nil)
  }

  @Test func aWidthThatGitHubRefusesIsHalved() async throws {
    let harness = SweepHarness(SweptGitHub(items(1...40)))
    harness.github.state.withLock { $0.maximumWidth = 12 }
    let recorder = SweepRecorder(harness.memory)
    let result = try await harness.sweep(recorder)
    #expect(recorder.words == opened(1...40) && result.isComplete)
    let widths = harness.github.state.withLock { $0.sent.prefix(3).map { $0.variables["first"] } }
    #expect(widths == [50, 25, 12])
  }

  @Test func aGitHubThatAnswersNobodyEndsTheSweep() async throws {
    let github = SweptGitHub(
      items(1...3), fault: { _, _ in throw QueryTooHeavy(detail: "502", isSuspicion: true) })
    let harness = SweepHarness(github)
    await #expect(throws: QueryTooHeavy.self) { try await harness.sweep(SweepRecorder(harness.memory)) }
    #expect(harness.memory.state.withLock { $0.holder } == nil)
  }

  @Test func whatAPageDoesNotShowIsAskedForAlone() async throws {
    let harness = SweepHarness(SweptGitHub(items(1...10)))
    harness.github.state.withLock { $0.holes = [3, 7] }
    let recorder = SweepRecorder(harness.memory)
    let result = try await harness.sweep(recorder)
    #expect(recorder.words == opened(1...10) && result.isComplete)
  }

  @Test(arguments: [100, 0]) func whatGitHubDoesNotShowAtAllIsToldAndAskedForAgain(width: Int) async throws {
    let harness = SweepHarness(SweptGitHub(items(1...4)))
    harness.github.state.withLock {
      $0.poison = [2]
      $0.maximumWidth = width
    }
    let first = SweepRecorder(harness.memory)
    let result = try await harness.sweep(first)
    #expect(first.words == opened([1, 3, 4]))
    #expect(
      result.unshown == [UnshownItem(number: 2, since: SweptGitHub.time(-10), reason: "Something went wrong @all")])
    #expect(!result.isComplete && result.unfinished == [])

    harness.github.state.withLock {
      $0.poison = []
      $0.now += 1_000
    }
    let second = SweepRecorder(harness.memory)
    let healed = try await harness.sweep(second) { $0.since = nil }
    #expect(second.words == opened([2]) && healed.unshown == [])
  }

  /// Whoever has it may die on the way, so the cursor must not leave it behind.
  @Test func whatAnotherProcessIsAtWorkOnIsLookedAtAgain() async throws {
    let harness = SweepHarness(SweptGitHub(items(1...3)))
    try await harness.sweep(SweepRecorder(harness.memory))
    let events = harness.memory.state.withLock { $0.known }
    let event = try #require(events.first { $0.text.contains("\u{1F}opened") } ?? events.first)
    harness.memory.state.withLock {
      $0.known.remove(event)
      $0.occupied = [event]
    }
    for _ in 1...2 {
      let result = try await harness.sweep(SweepRecorder(harness.memory))
      let item = try #require(result.unshown.first)
      #expect(item.isOccupied == true && item.reason == "issues.opened" && result.unshown.count == 1)
      #expect(result.missed == [:] && result.processed == 0 && !result.isComplete)
    }
    // It was killed, long ago by now.
    harness.memory.state.withLock { $0.occupied = [] }
    harness.github.state.withLock { $0.now += 100_000 }
    let healed = try await harness.sweep(SweepRecorder(harness.memory)) { $0.since = nil }
    #expect(healed.processed == 1 && healed.missed == ["issues.opened": 1] && healed.isComplete)
  }

  @Test func moreCommentsAndChangesThanAPageHoldsAreAskedFor() async throws {
    var item = Item(7, created: 0, updated: 1_000)
    item.comments = (1...250).map { .init(id: $0, created: $0) }
    item.changes = (1...180).map { .labeled("l\($0)", at: $0) }
    let harness = SweepHarness(SweptGitHub([item, Item(8, created: 2_000)]))
    let recorder = SweepRecorder(harness.memory)
    let result = try await harness.sweep(recorder)
    #expect(Set(recorder.words).count == 1 + 250 + 180 + 1 && recorder.words.count == 432)
    #expect(harness.github.operations.count { $0 == "SweepComments" } == 3)
    #expect(harness.github.operations.count { $0 == "SweepChanges" } == 2)
    #expect(result.requests == 7)
  }

  @Test func oldCommentsAreNotAskedFor() async throws {
    var item = Item(7, created: 0, updated: 1_000)
    item.comments = (1...250).map { .init(id: $0, created: $0) } + [.init(id: 999, created: 5, edited: 990)]
    let harness = SweepHarness(SweptGitHub([item]))
    let recorder = SweepRecorder(harness.memory)
    try await harness.sweep(recorder) { $0.since = SweptGitHub.time(240) }
    // Of an old comment the edit, too, which is found because comments come by their last change.
    #expect(recorder.words == (240...250).map { "#7 issue_comment.created \($0)" } + ["#7 issue_comment.edited 999"])
    #expect(!harness.github.operations.contains("SweepComments"))
  }

  @Test func aPullRequestThatMovesToTheFrontDuringTheWalkIsNotLost() async throws {
    let moves = Mutex(0)
    let github = SweptGitHub(
      items(1...120, isPullRequest: true),
      meanwhile: { state in
        // After the first page of pull requests, one of the last page is touched.
        guard state.sent.last?.operation == "SweepChangedPullRequests",
          moves.withLock({
            $0 += 1
            return $0
          }) == 1
        else { return }
        state.items[5]?.updated = 1_000_001
      })
    let harness = SweepHarness(github)
    let recorder = SweepRecorder(harness.memory)
    let result = try await harness.sweep(recorder)
    #expect(Set(recorder.words) == Set(opened(1...120, "pull_request")) && recorder.words.count == 120)
    #expect(result.isComplete && result.requests == 5)
  }

  @Test func anIssueThatChangesDuringTheWalkIsVisitedOnce() async throws {
    let moves = Mutex(0)
    let github = SweptGitHub(
      items(1...120),
      meanwhile: { state in
        let move = moves.withLock {
          $0 += 1
          return $0
        }
        if move == 1 { for number in [1, 119] { state.items[number]?.updated = 1_000_001 } }
      })
    let harness = SweepHarness(github)
    let recorder = SweepRecorder(harness.memory)
    let result = try await harness.sweep(recorder)
    #expect(Set(recorder.words) == Set(opened(1...120)) && result.parts[0].visited == 120)
  }

  @Test func anEventThatFailsForItselfKeepsNoOtherFromBeingProcessed() async throws {
    let harness = SweepHarness(SweptGitHub(items(1...5)))
    let failed = Mutex(false)
    let recorder = SweepRecorder(harness.memory) { count in
      guard count == 2,
        !failed.withLock({
          let was = $0
          $0 = true
          return was
        })
      else { return }
      throw Failure(.failed, "the label @x does not exist", advice: "Create it.")
    }
    let result = try await harness.sweep(recorder)
    #expect(recorder.words == opened([1, 2, 4, 5]))
    #expect(result.failures == [.init(number: 3, event: "issues.opened", problem: "the label @x does not exist")])
    #expect(result.processed == 4 && result.missed == ["issues.opened": 5] && result.stop == nil)
  }

  @Test func aRepositoryThatGitHubDoesNotShowIsAMistakeOfTheConfiguration() async throws {
    struct Blind: GitHubAPI {
      var usage: APIUsage { get async { APIUsage() } }
      func send(_ request: RESTRequest) async throws -> RESTAnswer { throw SweptGitHub.Unexpected(what: "REST") }
      func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
        -> GraphQLAnswer<Answer>
      {
        GraphQLAnswer(data: nil, errors: [GraphQLError(type: "NOT_FOUND", message: "no", path: ["repository"])])
      }
    }
    let harness = SweepHarness(SweptGitHub())
    let sweep = AutomationSweep(
      github: Blind(), store: harness.memory, clock: StillClock(), deadline: FixedDeadline(),
      handler: SweepRecorder(harness.memory))
    let failure = await #expect(throws: Failure.self) { try await sweep.run(try harness.request()) }
    #expect(failure?.exitStatus == .configuration)
  }
}
