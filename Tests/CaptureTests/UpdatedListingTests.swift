import Domain
import Synchronization
import Testing

@testable import Capture

/// The listing of what changed, where more changed within one second than a page holds.
@Suite struct UpdatedListingTests {
  /// Everything was edited at once; whenever the second page is asked for, `moves` says what is edited once more.
  private func listing(
    moving moves: @escaping @Sendable (_ reading: Int) -> [Int]
  ) async throws -> (updated: Listings.Updated, all: [Int], requests: Int) {
    var model = ModelRepository(count: 400)
    for number in model.items.keys { model.items[number]?.updatedAt = ModelRepository.time(100) }
    let readings = Mutex(0)
    let change = Mutex<(@Sendable ([Int]) -> Void)?>(nil)
    let github = FakeGitHub(model) { call in
      guard case .rest(let path) = call, path.contains("&page=2") else { return nil }
      let reading = readings.withLock { count in
        count += 1
        return count
      }
      change.withLock(\.self)?(moves(reading))
      return nil
    }
    change.withLock { change in
      change = { [weak github] numbers in
        github?.change { model in
          for number in numbers { model.items[number]?.updatedAt = ModelRepository.time(5_000) }
        }
      }
    }
    let since = Timestamp(seconds: 1_700_000_050)
    let repository = try #require(RepositoryName("acme/widget"))
    let updated = try #require(try await Listings(github: github, repository: repository).updated(since: since))
    return (updated, model.items.keys.sorted(), github.restPaths.count)
  }

  @Test func whatIsEditedMeanwhileHidesNoItemOfItsSecond() async throws {
    let (updated, all, requests) = try await listing { reading in reading == 1 ? Array(1...9) : [] }
    #expect(updated.numbers == all)
    #expect(updated.isWhole)
    #expect(requests <= 16)
  }

  /// Items leave the second in every reading: what is listed may not be all, and that is said.
  @Test func aSecondThatNeverHoldsStillIsNotWhole() async throws {
    let (updated, _, requests) = try await listing { reading in Array((reading * 30 - 29)...(reading * 30)) }
    #expect(!updated.isWhole)
    #expect(requests <= 24)
  }
}
