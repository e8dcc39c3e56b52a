import Domain
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Capture

/// One entry for which GitHub fails, whatever it is asked for with, costs that entry and nothing else.
@Suite struct PoisonedEntryTests {
  private static let failure = QueryTooHeavy(detail: "GET /: HTTP 502", isSuspicion: true)

  /// 360 review comments: 110 of one second, and the others a minute apart.
  private static var model: ModelRepository {
    var model = ModelRepository(count: 4)
    for number in [1, 2] {
      model.items[number]?.reviewComments = (0..<180).map { index in
        let id = Int64(1_000 * number + index)
        let second = number == 1 ? 60 * index : index < 110 ? 90 * 60 : 60 * (index + 200)
        return .init(id: id, author: nil, body: "b\(id)", at: ModelRepository.time(second))
      }
    }
    return model
  }

  @Test(arguments: [[1_000], [1_050], [1_050, 1_051], [2_030], [2_179], [1_007, 1_120, 2_178]] as [Set<Int64>])
  func aCommentThatNoAnswerMayHoldIsLostAlone(poisoned: Set<Int64>) async throws {
    let model = Self.model
    let github = FakeGitHub(model)
    github.poison(poisoned)
    let walked = try await Walked.walk(github, .reviewComments(since: nil, reconciles: true))
    let expected = model.rows(of: 1...4).reviewComments.filter { !poisoned.contains($0.key) }
    #expect(walked.rows.reviewComments == expected)
    #expect(walked.losses.count >= poisoned.count)
    #expect(walked.losses.allSatisfy { $0.kind == "list" && $0.number == 0 && $0.list == .reviewComments })
    // What did not come is not gone.
    #expect(walked.pages.last?.reviewCommentWalk == nil)
    // It was not the size of the pages: they are as wide as before.
    #expect(walked.pace.widths == Pace().widths)
    #expect(walked.cost == PageCost(requests: github.restPaths.count))
    #expect(github.restPaths.count < 90 * poisoned.count, "\(github.restPaths.count)")
    #expect(
      walked.checkpoints.allSatisfy { checkpoint in
        let copy = try? JSONDecoder().decode(Checkpoint.self, from: JSONEncoder().encode(checkpoint))
        return copy == checkpoint
      })
  }

  @Test func aCommentOfOnePullRequestIsLostAlone() async throws {
    let model = Self.model
    let github = FakeGitHub(model)
    github.poison([2_040])
    let walked = try await Walked.walk(github, .numbers([2], reviewComments: true))
    #expect(walked.rows.reviewComments.keys.sorted() == (2_000...2_179).filter { $0 != 2_040 })
    #expect(walked.losses.map(\.number) == [2])
    #expect(walked.losses.map(\.list) == [.reviewComments])
    #expect(!walked.rows.readings.completed.contains(2))
    #expect(!walked.pages.flatMap(\.lists).contains { $0.list == .reviewComments && $0.isLast })
  }

  /// Pages that are merely too much: nothing is lost, and what works is remembered.
  @Test(arguments: [1, 7, 60]) func pagesThatAreTooMuchAreReadInParts(limit: Int) async throws {
    let model = Self.model
    let gate: @Sendable (FakeGitHub.Call) async throws -> FakeGitHub.Fault? = { call in
      guard case .rest(let path) = call, let size = path.firstMatch(of: /per_page=(\d+)/).flatMap({ Int($0.1) }) else {
        return nil
      }
      return size > limit ? .raise(QueryTooHeavy(detail: "the answer is too large")) : nil
    }
    let github = FakeGitHub(model, gate: gate)
    let walked = try await Walked.walk(github, .reviewComments(since: nil, reconciles: true))
    #expect(walked.rows.reviewComments == model.rows(of: 1...4).reviewComments)
    #expect(walked.losses == [])
    #expect(walked.pages.last?.reviewCommentWalk?.isLast == true)
    let width = try #require(walked.pace.widths["CaptureLists"])
    #expect((1...limit).contains(width))
    let again = FakeGitHub(model, gate: gate)
    _ = try await Walked.walk(again, .reviewComments(since: nil, reconciles: true), widths: walked.pace.widths)
    #expect(again.restPaths.first?.contains("per_page=\(width)&") == true)
  }

  @Test func aGitHubThatIsDownIsSeenAtOnce() async throws {
    let github = FakeGitHub(Self.model) { _ in .raise(Self.failure) }
    await #expect(throws: QueryTooHeavy.self) {
      try await Walked.walk(github, .reviewComments(since: nil, reconciles: true))
    }
    #expect(github.calls.count == 2)
    let graphQL = FakeGitHub(Self.model) { _ in .raise(Self.failure) }
    await #expect(throws: QueryTooHeavy.self) { try await Walked.walk(graphQL, .range(first: 1, last: 4)) }
    #expect(graphQL.calls.count == 2)
  }

  /// Another list comes: it is this one that fails, not each of its entries.
  @Test func aListThatFailsAsAWholeLosesNothing() async throws {
    let github = FakeGitHub(Self.model) { call in
      if case .rest(let path) = call, path.contains("/pulls/comments") { .raise(Self.failure) } else { nil }
    }
    await #expect(throws: QueryTooHeavy.self) {
      try await Walked.walk(github, .reviewComments(since: nil, reconciles: true))
    }
    #expect(github.calls.count < 20)
  }

  @Test func aPullRequestForWhichCallsFailIsLostAlone() async throws {
    let model = ModelRepository(count: 300)
    let github = FakeGitHub(model) { call in
      if case .items(let asked) = call, asked.lists.contains(where: { $0.number == 22 }) {
        .raise(Self.failure)
      } else {
        nil
      }
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 300))
    #expect(Set(walked.losses.map(\.number)) == [22])
    #expect(walked.losses.allSatisfy { $0.kind == "list" })
    let rest = WalkFailureTests.expected(model, of: 300)
    #expect(WalkFailureTests.without(22, walked.rows) == WalkFailureTests.without(22, rest))
    #expect(walked.rows.items[22] != nil)
  }

  /// The item's number is not known where GitHub cannot list it: any may be the one that changed.
  @Test func aPlanWalksEverythingWhereAnItemThatChangedCannotBeListed() async throws {
    let harness = CaptureHarness(ModelRepository(count: 90))
    _ = try await harness.plan()
    _ = try await harness.sync()
    let now = Timestamp(seconds: 1_800_000_060).description
    harness.github.change { model in
      for number in [41, 43, 44] { model.items[number]?.updatedAt = now }
      model.items[41]?.title = "Changed"
    }
    harness.github.poison([43])
    let plan = try await harness.plan()
    #expect(plan.notes.contains { $0.contains("could not be read in full") })
    #expect(harness.store.state.chunks.map(\.scope).contains(.range(first: 1, last: 90)))
    #expect(try await harness.sync().isComplete)
    #expect(harness.store.state.rows.items[41]?.contains("Changed") == true)

    // The newest of a window come without it.
    let newest = try await Listings(github: harness.github, repository: try name("acme/widget")).newest(60)
    #expect(!newest.contains(43) && newest.count == 60)
  }

  @Test func aListWhoseFirstEntryDoesNotComeIsWalked() async throws {
    let harness = CaptureHarness(Self.model)
    harness.github.poison([2_179])
    let listings = Listings(github: harness.github, repository: try name("acme/widget"))
    #expect(try await listings.hasReviewComments(since: #require(Timestamp(ModelRepository.time(60 * 379)))))
  }
}
