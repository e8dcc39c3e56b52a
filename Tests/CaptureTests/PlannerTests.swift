import Capture
import Domain
import Synchronization
import Testing

@Suite struct PlannerTests {
  /// Whatever lists GitHub can give, or cannot, the plan knows the newest number.
  @Test(arguments: [100, 25, 5, 0])
  func aPlanAsksForShorterListsWhereTheyAreTooHeavy(limit: Int) async throws {
    let harness = CaptureHarness(
      ModelRepository(count: 250),
      github: { call in
        guard case .plan(let touched?) = call, touched > limit else { return nil }
        return .raise(QueryTooHeavy(detail: "HTTP 504"))
      })
    let plan = try await harness.plan()
    #expect(plan.hasWork)
    #expect(harness.store.state.chunks.last?.scope == .range(first: 1, last: 250))
    let asked = harness.github.calls.compactMap { if case .plan(let touched) = $0 { touched ?? 0 } else { nil } }
    #expect(asked == [100, 25, 5, 0].filter { $0 >= limit })
  }

  /// An entry of the lists may be what GitHub fails for; where it fails for the counts, too, it is down.
  @Test(arguments: [true, false]) func aPlanAsksForCountsWhereGitHubFailsForTheLists(isDown: Bool) async throws {
    let harness = CaptureHarness(
      ModelRepository(count: 250),
      github: { call in
        guard case .plan(let touched) = call, isDown || touched != nil else { return nil }
        return .raise(QueryTooHeavy(detail: "HTTP 500", isSuspicion: true))
      })
    if isDown {
      await #expect(throws: QueryTooHeavy.self) { try await harness.plan() }
      #expect(harness.github.calls.count == 2)
    } else {
      _ = try await harness.plan()
      #expect(harness.store.state.chunks.last?.scope == .range(first: 1, last: 250))
    }
  }

  @Test func aPlanLooksElsewhereWhereItsListsHaveGaps() async throws {
    let harness = CaptureHarness(
      ModelRepository(count: 250),
      github: { call in
        guard case .plan = call else { return nil }
        return .damage(FakeGitHub.Damage(heads: [250: "SERVICE_UNAVAILABLE", 249: "SERVICE_UNAVAILABLE"]))
      })
    _ = try await harness.plan()
    #expect(harness.store.state.chunks.last?.scope == .range(first: 1, last: 250))
    #expect(harness.github.restPaths.contains { $0.contains("sort=created&direction=desc") })
  }

  @Test func everythingIsCutIntoRangesThatCoverEachNumberOnce() async throws {
    let harness = CaptureHarness(ModelRepository(count: 1_203))
    let plan = try await harness.plan()
    let chunks = harness.store.state.chunks.map(\.scope)
    #expect(
      chunks == [
        .reviewComments(since: nil, reconciles: true), .range(first: 1, last: 1_000),
        .range(first: 1_001, last: 1_203),
      ])
    #expect(plan.matrix == [1, 2, 3])
    #expect(harness.store.state.newest == 1_203)
    // Two calls over GraphQL, none over REST.
    #expect(harness.github.calls.count == 1)
    // GitHub's clock, less the overlap.
    #expect(harness.store.state.walkedAsOf == Timestamp(seconds: 1_800_000_000 - 300))
  }

  @Test(
    arguments: [
      (1, nil), (1, 1), (0, nil), (2, 1), (253, 1), (254, 1), (20_000, 1), (253_000, nil), (253_001, nil),
      (300_000, nil), (300_000, 10),
    ]
      as [(Int, Int?)])
  func thereAreNeverMoreThan256Chunks(newest: Int, size: Int?) async throws {
    var model = ModelRepository(count: min(1, newest))
    if var last = model.items[1] {
      last.number = newest
      model.items[newest] = last
    }
    let harness = CaptureHarness(model)
    let plan = try await harness.plan(chunkSize: size, jobs: 1_000)
    #expect(plan.chunkCount <= 256)
    #expect(plan.matrix.count == plan.chunkCount)
    var next = 1
    for case .range(let first, let last) in harness.store.state.chunks.map(\.scope) {
      #expect(first == next)
      next = last + 1
    }
    #expect(next == newest + 1)
    #expect(plan.notes.contains { $0.contains("raised") } == (size.map { newest > 253 * $0 } ?? false))
  }

  @Test func jobsLimitTheMatrix() async throws {
    let harness = CaptureHarness(ModelRepository(count: 90))
    #expect(try await harness.plan(chunkSize: 10, jobs: 2).matrix == [1, 2])
  }

  @Test func afterAWalkOverEverythingOnlyChangesArePlanned() async throws {
    let model = ModelRepository(count: 90)
    let harness = CaptureHarness(model)
    _ = try await harness.plan()
    _ = try await harness.sync()
    #expect(harness.store.state.baseline == Timestamp(seconds: 1_800_000_000 - 300))

    let before = harness.github.calls.count
    let idle = try await harness.plan()
    #expect(!idle.hasWork)
    #expect(idle.job?.status == .completed)
    // What is new, what stands above that, what changed, and whether there are comments and review comments.
    #expect(harness.github.calls.count - before == 5)

    let now = Timestamp(seconds: 1_800_000_060).description
    harness.github.change { model in
      model.items[41]?.title = "Changed"
      model.items[41]?.updatedAt = now
      model.items[8]?.reviewComments.append(.init(id: 77, author: nil, body: "late", at: now))
    }
    let delta = try await harness.plan()
    #expect(
      harness.store.state.chunks.map(\.scope) == [
        .reviewComments(since: Timestamp(seconds: 1_800_000_000 - 300), reconciles: false),
        .numbers([41], reviewComments: false),
      ])
    #expect(delta.matrix == [1, 2])
    let result = try await harness.sync()
    #expect(result.isComplete)
    #expect(result.items == 1)
    #expect(harness.store.state.rows.items[41] == "pull Changed merged")
    #expect(harness.store.state.rows.reviewComments[77] == "8 - late")
  }

  @Test func fullWalksEverythingAgain() async throws {
    let harness = CaptureHarness(ModelRepository(count: 90))
    harness.store.change { $0.baseline = Timestamp(seconds: 1_790_000_000) }
    let plan = try await harness.plan(.full)
    #expect(plan.chunkCount == 2)
  }

  /// An audit is a job of another kind: it keeps no delta waiting, and its walk is the whole one with reconciling.
  @Test func anOpenAuditKeepsNoDeltaFromBeingPlanned() async throws {
    let harness = CaptureHarness(ModelRepository(count: 90))
    _ = try await harness.plan()
    _ = try await harness.sync()
    func plan(_ window: CaptureScope.Window, _ kind: Job.Kind) async throws -> Plan {
      try await harness.planner.plan(
        PlanRequest(repository: try name("acme/widget"), scope: CaptureScope(window: window), kind: kind))
    }
    let audit = try await plan(.full, .audit)
    #expect(
      harness.store.state.chunks.map(\.scope) == [
        .reviewComments(since: nil, reconciles: true), .range(first: 1, last: 90),
      ])
    #expect(try await plan(.full, .audit).job?.id == audit.job?.id)
    #expect(try await plan(.full, .history).job?.id != audit.job?.id)
    harness.github.change { $0.items[41]?.updatedAt = Timestamp(seconds: 1_800_000_060).description }
    let delta = try await plan(.all, .history)
    #expect(delta.hasWork && delta.job?.id != audit.job?.id)
    #expect(harness.store.state.chunks.map(\.scope) == [.numbers([41], reviewComments: false)])
  }

  /// Numbers above those that were looked at before, and comments that moved no item's time.
  @Test func aDeltaHasAllThatIsNew() async throws {
    let harness = CaptureHarness(ModelRepository(count: 90))
    _ = try await harness.plan()
    _ = try await harness.sync()
    let mark = Timestamp(seconds: 1_800_000_000 - 300)
    let now = Timestamp(seconds: 1_800_000_060).description
    harness.github.change { model in
      model.discussions.insert(91)
      var item = model.items[90]!
      item.number = 93
      item.updatedAt = now
      model.items[93] = item
      model.items[4]?.comments.append(.init(id: 5, author: nil, body: "late", at: now))
    }
    _ = try await harness.plan()
    #expect(
      harness.store.state.chunks.map(\.scope) == [
        .issueComments(since: mark), .numbers([91, 92, 93], reviewComments: false),
      ])
    #expect(try await harness.sync().isComplete)
    #expect(harness.store.state.rows.comments[5] == "4 - late")
    #expect(harness.store.state.rows.kinds[91] == .discussion && harness.store.state.rows.kinds[92] == .gone)
  }

  @Test func chosenNumbersArePlannedAsTheyAre() async throws {
    let harness = CaptureHarness(ModelRepository(count: 90))
    _ = try await harness.plan(.numbers([7, 3, 3, 900, -1, 0]), chunkSize: 2)
    #expect(
      harness.store.state.chunks.map(\.scope) == [
        .numbers([3, 7], reviewComments: true), .numbers([900], reviewComments: true),
      ])
    #expect(harness.store.state.walkedAsOf == nil)
  }

  @Test func aWindowCoversWhatChangedInIt() async throws {
    let model = ModelRepository(count: 350)
    let harness = CaptureHarness(model)
    let since = try #require(Timestamp(ModelRepository.time(100 * 60)))
    _ = try await harness.plan(.since(since), chunkSize: 100)
    var numbers: [Int] = []
    for case .numbers(let list, _) in harness.store.state.chunks.map(\.scope) { numbers += list }
    #expect(numbers == model.items.keys.filter { $0 >= 100 }.sorted())
    #expect(harness.store.state.chunks.first?.scope == .reviewComments(since: since, reconciles: false))
    #expect(harness.store.state.walkedAsOf == nil)
  }

  @Test func daysBackCountFromGitHubsClock() async throws {
    let harness = CaptureHarness(ModelRepository(count: 5))
    harness.clock.advance(-86_400 * 400)  // the runner's clock is wrong
    _ = try await harness.plan(.daysBack(2))
    #expect(harness.github.restPaths.contains { $0.contains("since=2027-01-13T08:00:00Z") })
  }

  /// A mark that lies ahead of what was seen would lose changes.
  @Test func theMarkIsTheEarlierOfTheTwoClocks() async throws {
    let harness = CaptureHarness(ModelRepository(count: 5))
    harness.clock.advance(-1_000)
    _ = try await harness.plan()
    #expect(harness.store.state.walkedAsOf == Timestamp(seconds: 1_800_000_000 - 1_300))
    let ahead = CaptureHarness(ModelRepository(count: 5))
    ahead.clock.advance(1_000)
    _ = try await ahead.plan()
    #expect(ahead.store.state.walkedAsOf == Timestamp(seconds: 1_800_000_000 - 300))
  }

  /// GitHub answers `since=1970-01-01` with an empty list, and earlier dates with 422. A row may say any number of days.
  @Test(
    arguments: [
      .since(Timestamp(seconds: 0)), .daysBack(20_469), .daysBack(106_751_991), .daysBack(106_751_992),
      .daysBack(Int(Int32.max)), .daysBack(.max),
    ] as [CaptureScope.Window])
  func aDateBeforeGitHubMeansEverything(window: CaptureScope.Window) async throws {
    let harness = CaptureHarness(ModelRepository(count: 90))
    _ = try await harness.plan(window)
    #expect(
      harness.store.state.chunks.map(\.scope) == [
        .reviewComments(since: nil, reconciles: true), .range(first: 1, last: 90),
      ])
    #expect(harness.github.restPaths.isEmpty)
  }

  @Test func atMostNItemsAreTheNewestOfBothKinds() async throws {
    let model = ModelRepository(count: 400)
    let items = model.items.keys.sorted()
    let pulls = model.items.values.filter(\.isPull).map(\.number).sorted()
    let harness = CaptureHarness(model)
    _ = try await harness.plan(.all, maxItems: 150)
    #expect(harness.store.state.chunks.map(\.scope) == [.numbers(Array(items.suffix(150)), reviewComments: true)])
    #expect(harness.github.restPaths.count == 2)

    let windowed = CaptureHarness(model)
    let since = try #require(Timestamp(ModelRepository.time(390 * 60)))
    _ = try await windowed.plan(.since(since), maxItems: 3)
    #expect(windowed.store.state.chunks.map(\.scope) == [.numbers(Array(items.suffix(3)), reviewComments: true)])

    let pullsOnly = CaptureHarness(model)
    pullsOnly.github.switchIssuesOff()
    _ = try await pullsOnly.plan(.all, maxItems: 5)
    #expect(pullsOnly.store.state.chunks.map(\.scope) == [.numbers(Array(pulls.suffix(5)), reviewComments: true)])
  }

  @Test func aMissingRepositoryIsAClearError() async throws {
    let harness = CaptureHarness(ModelRepository(count: 9))
    harness.github.vanish()
    let error = await #expect(throws: Failure.self) { try await harness.plan() }
    #expect(error?.exitStatus == .configuration)
    #expect(error?.problem.contains("acme/widget does not exist") == true)
  }

  @Test func aRenameIsFollowedAndSaid() async throws {
    let harness = CaptureHarness(ModelRepository(count: 9))
    harness.github.rename(to: "acme/gadget")
    let plan = try await harness.plan()
    #expect(plan.job?.repository.description == "acme/gadget")
    #expect(plan.notes == ["acme/widget is called acme/gadget now."])
  }

  @Test func aWaitingJobIsAdoptedWithItsOwnWindow() async throws {
    let harness = CaptureHarness(ModelRepository(count: 90))
    let repository = try await harness.store.repository(try name("acme/widget"), githubID: 77)
    let id = JobID.random()
    harness.store.change { [clock = harness.clock] state in
      state.job = Job(
        id: id, repositoryID: repository, repository: state.repositories[77]?.name ?? state.repositories[0]!.name,
        status: .pending, scope: CaptureScope(window: .all, maxItems: 5), createdAt: clock.now)
    }
    let request = PlanRequest(repository: try name("acme/widget"), jobID: id, runID: 2)
    let plan = try await harness.planner.plan(request)
    #expect(plan.job?.id == id)
    #expect(harness.store.state.chunks.map(\.scope.size) == [5])

    let calls = harness.github.calls.count
    let again = try await harness.planner.plan(request)
    #expect(again.job?.id == id)
    #expect(again.matrix == [1])
    #expect(harness.github.calls.count == calls)
  }

  /// A review comment that did not move its pull request's time.
  @Test func aWindowBringsReviewCommentsOfItemsOutsideIt() async throws {
    let harness = CaptureHarness(ModelRepository(count: 30))
    let now = Timestamp(seconds: 1_799_999_000)
    harness.github.change {
      $0.items[8]?.reviewComments.append(.init(id: 5, author: nil, body: "x", at: now.description))
    }
    _ = try await harness.plan(.daysBack(1))
    #expect(try await harness.sync().isComplete)
    #expect(harness.store.state.rows.reviewComments[5] == "8 - x")
    #expect(harness.store.state.rows.items.isEmpty)
  }

  func adopt(
    _ harness: CaptureHarness, of repository: String = "acme/widget", _ scope: CaptureScope,
    status: Job.Status = .pending
  ) throws -> JobID {
    let id = JobID.random()
    let repository = try name(repository)
    harness.store.change { [clock = harness.clock] state in
      state.job = Job(
        id: id, repositoryID: nil, repository: repository, status: status, scope: scope, createdAt: clock.now)
    }
    return id
  }

  @Test(arguments: [
    CaptureScope(window: .daysBack(0)), CaptureScope(window: .daysBack(.min)), CaptureScope(window: .all, maxItems: 0),
  ])
  func nonsenseInARowIsRefused(scope: CaptureScope) async throws {
    let harness = CaptureHarness(ModelRepository(count: 9))
    let id = try adopt(harness, scope)
    let error = await #expect(throws: Failure.self) {
      try await harness.planner.plan(PlanRequest(repository: try name("acme/widget"), jobID: id))
    }
    #expect(error?.exitStatus == .usage)
    #expect(error?.problem.contains(id.text) == true)
    #expect(harness.github.calls.isEmpty)
  }

  @Test func aJobOfAnotherRepositoryIsRefused() async throws {
    let harness = CaptureHarness(ModelRepository(count: 9))
    // The fake knows one repository, whatever it is asked for: the names lead to the same one.
    harness.github.rename(to: "acme/gadget")
    let renamed = try adopt(harness, of: "acme/gadget", CaptureScope(window: .all))
    let request = PlanRequest(repository: try name("acme/widget"), jobID: renamed)
    #expect(try await harness.planner.plan(request).job?.id == renamed)

    let calls = Mutex(0)
    let other = CaptureHarness(
      ModelRepository(count: 9),
      github: { _ in
        let call = calls.withLock { count in
          count += 1
          return count
        }
        return call == 2 ? .raise(Failure(.configuration, "there is none", advice: "-")) : nil
      })
    let id = try adopt(other, of: "acme/elsewhere", CaptureScope(window: .all))
    let error = await #expect(throws: Failure.self) {
      try await other.planner.plan(PlanRequest(repository: try name("acme/widget"), jobID: id))
    }
    #expect(error?.exitStatus == .usage)
    #expect(error?.problem.contains("another repository (acme/elsewhere)") == true)
    #expect(other.store.state.chunks.isEmpty)
  }

  @Test(arguments: [Job.Status.cancelled, .completed, .failed])
  func aClosedJobIsSaidToBe(status: Job.Status) async throws {
    let harness = CaptureHarness(ModelRepository(count: 9))
    let id = try adopt(harness, CaptureScope(window: .all), status: status)
    let plan = try await harness.planner.plan(PlanRequest(repository: try name("acme/widget"), jobID: id))
    #expect(!plan.hasWork)
    #expect(plan.notes == ["The job is \(status.rawValue): there is nothing left to do in it."])
  }

  @Test func nonsenseIsRefusedBeforeAnyCall() async throws {
    let harness = CaptureHarness(ModelRepository(count: 9))
    for request in [
      PlanRequest(repository: try name("a/b"), chunkSize: 0), PlanRequest(repository: try name("a/b"), jobs: 0),
      PlanRequest(repository: try name("a/b"), scope: CaptureScope(window: .all, maxItems: 0)),
      PlanRequest(repository: try name("a/b"), scope: CaptureScope(window: .daysBack(-1))),
      PlanRequest(repository: try name("a/b"), jobID: .random()),
    ] {
      let error = await #expect(throws: Failure.self) { try await harness.planner.plan(request) }
      #expect(error?.exitStatus == .usage)
    }
    #expect(harness.github.calls.isEmpty)
  }
}
