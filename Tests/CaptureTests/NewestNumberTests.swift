import Capture
import Domain
import Synchronization
import Testing

/// Numbers that no list of GitHub's shows, or that a window left out.
extension PlannerTests {
  /// An issue that was transferred in has the newest number, and perhaps only times of long ago.
  @Test(arguments: [[95], [100, 190, 290], [91, 191]]) func whatNoListShowsIsFoundByItsNumber(numbers: [Int])
    async throws
  {
    var model = ModelRepository(count: 90)
    for number in numbers {
      var item = model.items[90]!
      item.number = number
      model.items[number] = item
    }
    model.unlisted = Set(numbers)
    let harness = CaptureHarness(model)
    // The first walk is not worth a point more: the count shows that something is missing.
    _ = try await harness.plan(chunkSize: 1_000)
    #expect(harness.store.state.chunks.last?.scope == .range(first: 1, last: 90))
    #expect(try await harness.sync().isComplete)
    let newest = numbers.max()!
    _ = try await harness.plan()
    #expect(harness.store.state.newest == newest)
    #expect(try await harness.sync().isComplete)
    #expect(harness.store.state.rows == model.rows(of: 1...newest))

    // And later: it was not changed since.
    harness.github.change { model in
      var item = model.items[90]!
      item.number = newest + 3
      model.items[newest + 3] = item
      model.unlisted.insert(newest + 3)
    }
    _ = try await harness.plan()
    #expect(
      harness.store.state.chunks.map(\.scope) == [
        .numbers(Array(newest + 1...newest + 3), reviewComments: false)
      ])
  }

  /// As many went as came.
  @Test func whatCameIsFoundWhereTheCountsAgree() async throws {
    let harness = CaptureHarness(ModelRepository(count: 90))
    _ = try await harness.plan()
    #expect(try await harness.sync().isComplete)
    harness.github.change { model in
      guard var item = model.items.removeValue(forKey: 16) else { return }
      item.number = 92
      model.items[92] = item
      model.unlisted.insert(92)
    }
    _ = try await harness.plan()
    #expect(harness.store.state.chunks.map(\.scope) == [.numbers([91, 92], reviewComments: false)])
  }

  /// Where GitHub fails for that question alone, what the lists show is captured all the same.
  @Test func aLookAboveThatFailsStopsNoDelta() async throws {
    let harness = CaptureHarness(
      ModelRepository(count: 90),
      github: { call in
        if case .newest = call { .raise(QueryTooHeavy(detail: "HTTP 502")) } else { nil }
      })
    _ = try await harness.plan()
    #expect(try await harness.sync().isComplete)
    let now = Timestamp(seconds: 1_800_000_060).description
    harness.github.change { $0.items[41]?.updatedAt = now }
    let delta = try await harness.plan()
    #expect(harness.store.state.chunks.map(\.scope) == [.numbers([41], reviewComments: false)])
    #expect(delta.notes.contains { $0.contains("above #90") })
  }

  /// What GitHub cannot tell even when it is asked again is walked like everything else.
  @Test(arguments: [1, 100]) func aNumberThatGitHubDoesNotAnswerForIsNotPassedOver(failures: Int) async throws {
    let left = Mutex(failures)
    let harness = CaptureHarness(
      ModelRepository(count: 90),
      github: { call in
        guard case .newest = call else { return nil }
        let fails = left.withLock { left in
          left -= 1
          return left >= 0
        }
        return fails ? .damage(FakeGitHub.Damage(heads: [93: "INTERNAL"])) : nil
      })
    _ = try await harness.plan()
    #expect(try await harness.sync().isComplete)
    // Something is gone: another count than is stored.
    harness.github.change { $0.items[16] = nil }
    let before = harness.github.calls.count { if case .newest = $0 { true } else { false } }
    _ = try await harness.plan()
    let looks = harness.github.calls.count { if case .newest = $0 { true } else { false } } - before
    #expect(looks == (failures == 1 ? 2 : 3))
    #expect(harness.store.state.newest == (failures == 1 ? 90 : 93))
  }

  /// A window moves the newest number that is known, and leaves out what the next delta still has to ask for.
  @Test(
    arguments: [(.all, 1), (.daysBack(1), 1), (.since(Timestamp(seconds: 1_800_000_059)), nil)]
      as [(CaptureScope.Window, Int?)])
  func aWindowMakesNoDeltaSkipNumbers(window: CaptureScope.Window, limit: Int?) async throws {
    let harness = CaptureHarness(ModelRepository(count: 90))
    _ = try await harness.plan()
    _ = try await harness.sync()
    let now = Timestamp(seconds: 1_800_000_060).description
    harness.github.change { model in
      for number in [91, 95] {
        guard var item = model.items[89] else { return }
        item.number = number
        item.updatedAt = now
        model.items[number] = item
      }
    }
    _ = try await harness.plan(window, maxItems: limit)
    _ = try await harness.sync()
    #expect(harness.store.state.newest == 95)
    _ = try await harness.plan()
    let planned = try #require(harness.store.state.chunks.last?.scope)
    #expect(planned == .numbers([91, 92, 93, 94, 95], reviewComments: false))
    #expect(try await harness.sync().isComplete)
    #expect((91...95).allSatisfy { harness.store.state.rows.kinds[$0] != nil })
    #expect(try await harness.plan().hasWork == true, "changed since the mark, which overlaps")
    #expect(harness.store.state.chunks.last?.scope == .numbers([91, 95], reviewComments: false))
  }
}
