import Capture
import Domain
import Synchronization
import Testing

/// What the walk makes of answers that are too heavy, partial or odd.
@Suite struct WalkTests {
  @Test(arguments: [1, 2, 7, 28])
  func narrowsUntilGitHubCanAnswer(limit: Int) async throws {
    let model = ModelRepository(count: 100)
    let harness = CaptureHarness(
      model,
      github: { call in
        if case .numbers(let numbers) = call, numbers.count > limit {
          return .raise(QueryTooHeavy(detail: "cut off"))
        }
        return nil
      })
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(result.isComplete)
    #expect(harness.store.state.rows == model.rows(of: 1...100))
    #expect(harness.store.state.buried.isEmpty)
  }

  @Test func widensAgainOnceGitHubRecovered() async throws {
    let calls = Mutex(0)
    let harness = CaptureHarness(
      ModelRepository(count: 1_000),
      github: { call in
        guard case .numbers = call else { return nil }
        return calls.withLock { count in
          count += 1
          return count < 5 ? .raise(QueryTooHeavy(detail: "cut off")) : nil
        }
      })
    _ = try await harness.plan(chunkSize: 1_000)
    _ = try await harness.sync()
    let widths: [Int] = harness.github.calls.compactMap {
      if case .numbers(let numbers) = $0 { numbers.count } else { nil }
    }
    #expect(widths.prefix(5) == [29, 14, 7, 3, 1])
    #expect(widths.max() == 29)
    #expect(widths.dropFirst(5).dropLast().contains(29))
    #expect(widths.count < 110)
  }

  @Test func anItemThatIsAlwaysTooHeavyIsBuriedAndTheRestGoesOn() async throws {
    let model = ModelRepository(count: 60)
    let harness = CaptureHarness(
      model,
      github: { call in
        if case .numbers(let numbers) = call, numbers.contains(22) { return .raise(QueryTooHeavy(detail: "cut off")) }
        return nil
      })
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(result.isComplete)
    #expect(result.totals.losses == 1)
    #expect(harness.store.state.buried.map(\.reference) == ["acme/widget#22"])
    #expect(harness.store.state.buried.map(\.kind) == ["item"])
    var expected = model.rows(of: (1...60).filter { $0 != 22 })
    // Its review comments come with the repository's flat list.
    expected.reviewComments = model.rows(of: 1...60).reviewComments
    #expect(harness.store.state.rows == expected)
    #expect(harness.notes.all.contains { $0.contains("acme/widget#22") })
  }

  @Test func aGitHubThatIsDownBuriesNothing() async throws {
    let harness = CaptureHarness(
      ModelRepository(count: 60),
      github: { call in
        switch call {
        case .numbers, .probe: .raise(QueryTooHeavy(detail: "502"))
        default: nil
        }
      })
    _ = try await harness.plan()
    await #expect(throws: QueryTooHeavy.self) { try await harness.sync() }
    #expect(harness.store.state.buried.isEmpty)
    #expect(harness.store.state.chunks.last?.checkpoint.next == 0)
  }

  @Test(arguments: ["RESOURCE_LIMITS_EXCEEDED", "SERVICE_UNAVAILABLE"])
  func aNullWithAnotherErrorIsAskedForAgain(type: String) async throws {
    let model = ModelRepository(count: 60)
    let failures = Mutex(0)
    let harness = CaptureHarness(
      model,
      github: { call in
        guard case .numbers(let numbers) = call, numbers.contains(4) else { return nil }
        return failures.withLock { count in
          count += 1
          return count <= 2 ? .partial([4: type, 5: type]) : nil
        }
      })
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(result.isComplete)
    #expect(harness.store.state.rows == model.rows(of: 1...60))
    #expect(harness.store.state.buried.isEmpty)
  }

  @Test func anItemThatFailsForGoodIsBuriedWithWhatCameOfIt() async throws {
    let model = ModelRepository(count: 29)
    let harness = CaptureHarness(
      model, github: { call in if case .numbers = call { .holes([2: "INTERNAL"]) } else { nil } })
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(result.isComplete)
    #expect(harness.store.state.buried.map(\.reference) == ["acme/widget#2"])
    let rows = harness.store.state.rows
    let expected = model.rows(of: 1...29)
    #expect(rows.items == expected.items)
    #expect(rows.reviews == expected.reviews)
    #expect(rows.comments.count == expected.comments.count - 2)
  }

  @Test func aListThatCannotBeDrainedIsBuriedAndTheOthersAreNot() async throws {
    let model = ModelRepository(count: 40, large: 5)
    let harness = CaptureHarness(
      model,
      github: { call in
        if case .lists(let ids) = call, ids.count > 1 { return .raise(QueryTooHeavy(detail: "cut off")) }
        return nil
      })
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(result.isComplete)
    #expect(harness.store.state.rows == model.rows(of: 1...40))

    let broken = CaptureHarness(
      model,
      github: { call in if case .lists = call { .raise(QueryTooHeavy(detail: "cut off")) } else { nil } })
    _ = try await broken.plan()
    let second = try await broken.sync()
    #expect(second.isComplete)
    #expect(broken.store.state.buried.count { $0.kind == "list" } == 3)
    #expect(broken.store.state.rows.reviews.count == model.rows(of: 1...40).reviews.count - 250)
  }

  @Test func aListOverRESTThatNeverComesIsBuriedAndTheOthersAreNot() async throws {
    let model = ModelRepository(count: 60)
    let since = try #require(Timestamp(ModelRepository.time(0)))
    let down = Failure(.unavailable, "GitHub did not answer: HTTP 500", advice: "-")
    let harness = CaptureHarness(
      model,
      github: { call in
        if case .rest(let path) = call, path.contains("/pulls/13/comments") { return .raise(down) }
        return nil
      })
    _ = try await harness.plan(.since(since))
    let result = try await harness.sync()
    #expect(result.isComplete)
    #expect(harness.store.state.buried.map(\.reference) == ["acme/widget#13"])
    #expect(harness.store.state.buried.map(\.kind) == ["list"])
    // The flat list brings them all the same.
    #expect(harness.store.state.rows == model.rows(of: 1...60))

    let dark = CaptureHarness(model, github: { call in if case .rest = call { .raise(down) } else { nil } })
    _ = try await dark.plan(.all)
    dark.store.change { $0.chunks = [.init(scope: .numbers([1, 13]))] }
    await #expect(throws: Failure.self) { try await dark.sync() }
    #expect(dark.store.state.buried.isEmpty)
  }

  @Test func drainsAPullRequestOf350ReviewsInFewCalls() async throws {
    let model = ModelRepository(count: 29, large: 5)
    let harness = CaptureHarness(model)
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(harness.store.state.rows == model.rows(of: 1...29))
    let lists: [Int] = harness.github.calls.compactMap { if case .lists(let ids) = $0 { ids.count } else { nil } }
    // 260 comments, 350 reviews and 120 files: three lists go on, then two, then one.
    #expect(lists == [3, 2, 1])
    #expect(result.totals.points == 4)
  }

  @Test func theWalkOverReviewCommentsPassesManyOfOneSecond() async throws {
    var model = ModelRepository(count: 12)
    var id: Int64 = 1
    for number in [1, 2, 4, 5] {
      model.items[number]?.reviewComments = (0..<180).map { index in
        id += 1
        // 250 in second 40, and pages that begin and end in the middle of a second.
        let second = number <= 2 ? (index < 55 ? index / 7 : 40) : 40 + index / 25
        return .init(id: id, author: ModelRepository.people[0], body: "b\(id)", at: ModelRepository.time(second))
      }
    }
    let harness = CaptureHarness(model)
    _ = try await harness.plan()
    let result = try await harness.sync()
    #expect(result.isComplete)
    #expect(harness.store.state.rows.reviewComments == model.rows(of: 1...12).reviewComments)
    let requests = harness.github.restPaths.count { $0.contains("/pulls/comments") }
    #expect(requests <= 14)
  }

  @Test func anEmptyRepositoryHasNothingToDo() async throws {
    let harness = CaptureHarness(ModelRepository(count: 0))
    let plan = try await harness.plan()
    #expect(!plan.hasWork)
    #expect(plan.chunkCount == 0)
    #expect(plan.job?.status == .completed)
  }
}
