import Domain
import Synchronization
import Testing

@testable import Capture

/// The listing of what changed, where more changed within one second than a page holds.
@Suite struct UpdatedListingTests {
  /// Everything was edited at once; `change` happens whenever the second page is asked for.
  private func listing(
    _ change: @escaping @Sendable (_ reading: Int, inout ModelRepository) -> Void
  ) async throws -> (updated: Listings.Updated, all: [Int], requests: Int) {
    var model = ModelRepository(count: 400)
    for number in model.items.keys { model.items[number]?.updatedAt = ModelRepository.time(100) }
    let readings = Mutex(0)
    let changed = Mutex<FakeGitHub?>(nil)
    let github = FakeGitHub(model) { call in
      guard case .rest(let path) = call, path.contains("&page=2") else { return nil }
      let reading = readings.withLock { count in
        count += 1
        return count
      }
      changed.withLock(\.self)?.change { change(reading, &$0) }
      return nil
    }
    changed.withLock { $0 = github }
    let since = Timestamp(seconds: 1_700_000_050)
    let repository = try #require(RepositoryName("acme/widget"))
    let updated = try #require(try await Listings(github: github, repository: repository).updated(since: since))
    changed.withLock { $0 = nil }
    return (updated, model.items.keys.sorted(), github.restPaths.count)
  }

  @Test(arguments: [1, 3]) func whatIsEditedMeanwhileHidesNoItemOfItsSecond(readings: Int) async throws {
    let (updated, all, requests) = try await listing { reading, model in
      guard reading <= readings else { return }
      for number in (reading * 30 - 29)...(reading * 30) {
        model.items[number]?.updatedAt = ModelRepository.time(5_000)
      }
    }
    #expect(updated.numbers == all)
    #expect(updated.isWhole)
    #expect(requests <= 16)
  }

  /// Each reading meets an item that was not there before: what else is there is not sure.
  @Test func aSecondThatNeverHoldsStillIsNotWhole() async throws {
    let (updated, all, requests) = try await listing { reading, model in
      var item = model.items[1]
      item?.number = 1_000 + reading
      model.items[1_000 + reading] = item
    }
    #expect(!updated.isWhole)
    #expect(Set(updated.numbers).isSuperset(of: all))
    #expect(requests <= 24)
  }
}
