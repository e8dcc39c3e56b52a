import Domain
import Foundation
import Testing

@testable import Capture

/// Walks over a repository's flat lists.
@Suite struct FlatWalkTests {
  /// 720 review comments: 250 of one second, and pages that begin and end in the middle of one.
  private static var crowded: ModelRepository {
    var model = ModelRepository(count: 12)
    var id: Int64 = 1
    for number in [1, 2, 4, 5] {
      model.items[number]?.reviewComments = (0..<180).map { index in
        id += 1
        let second = number <= 2 ? (index < 55 ? index / 7 : 40) : 40 + index / 25
        return .init(id: id, author: ModelRepository.people[0], body: "b\(id)", at: ModelRepository.time(second))
      }
    }
    return model
  }

  @Test func passesManyCommentsOfOneSecond() async throws {
    let model = Self.crowded
    let github = FakeGitHub(model)
    let walked = try await Walked.walk(github, .reviewComments(since: nil, reconciles: true))
    #expect(walked.rows.reviewComments == model.rows(of: 1...12).reviewComments)
    // What has to be paged by number is read twice.
    #expect(github.restPaths.count <= 22)
    #expect(walked.cost == PageCost(requests: github.restPaths.count))
    #expect(walked.pages.allSatisfy { $0.reviewCommentWalk != nil })
    #expect(
      walked.pages.map { $0.reviewCommentWalk?.isLast } == walked.pages.indices.map { $0 == walked.pages.count - 1 })
    #expect(Set(walked.pages.map { $0.reviewCommentWalk?.begun }).count == 1)
  }

  @Test func whatTheWalkDoesNotMeetIsGone() async throws {
    var model = Self.crowded
    let before = try await Walked.walk(FakeGitHub(model), .reviewComments(since: nil, reconciles: true))
    model.items[2]?.reviewComments.removeSubrange(60..<90)
    let delta = try await Walked.walk(
      FakeGitHub(model), .reviewComments(since: Timestamp(ModelRepository.time(0)), reconciles: false),
      onto: before.rows)
    #expect(delta.rows == before.rows)
    #expect(delta.pages.allSatisfy { $0.reviewCommentWalk == nil })
    let after = try await Walked.walk(
      FakeGitHub(model), .reviewComments(since: nil, reconciles: true), onto: before.rows)
    #expect(after.rows.reviewComments == model.rows(of: 1...12).reviewComments)
  }

  /// 450 comments of one second, of which the first are edited while its pages are turned: those after them move to
  /// pages that were read already.
  private static var burst: ModelRepository {
    var model = ModelRepository(count: 2)
    for number in [1, 2] {
      model.items[number]?.reviewComments = (0..<225).map { index in
        .init(
          id: Int64(1_000 * number + index), author: nil, body: "b\(index)", at: ModelRepository.time(100 + number / 3))
      }
    }
    return model
  }

  private static func edit(_ github: FakeGitHub, _ ids: ClosedRange<Int64>, at second: Int) {
    github.change { model in
      for index in model.items[1]?.reviewComments.indices ?? 0..<0 {
        guard ids.contains(model.items[1]?.reviewComments[index].id ?? 0) else { continue }
        model.items[1]?.reviewComments[index].at = ModelRepository.time(second)
        model.items[1]?.reviewComments[index].body = "edited at \(second)"
      }
    }
  }

  @Test(arguments: [true, false], [1...5, 1...120])
  func whatIsEditedMeanwhileHidesNoCommentOfItsSecond(reconciles: Bool, count: ClosedRange<Int64>) async throws {
    let github = FakeGitHub(Self.burst)
    let before = try await Walked.walk(github, .reviewComments(since: nil, reconciles: true))
    #expect(before.rows.reviewComments.count == 450)
    let start = reconciles ? nil : Timestamp(ModelRepository.time(0))
    let onto = reconciles ? before.rows : Rows()
    let walked = try await Walked.walk(github, .reviewComments(since: start, reconciles: reconciles), onto: onto) {
      _, checkpoint in
      if checkpoint.page == 2, checkpoint.crowd?.reading == 1 {
        Self.edit(github, (1_000 + count.lowerBound)...(1_000 + count.upperBound), at: 5_000)
      }
    }
    let now = try await Walked.walk(github, .reviewComments(since: nil, reconciles: true))
    #expect(walked.rows.reviewComments == now.rows.reviewComments)
    #expect(
      walked.checkpoints.allSatisfy { checkpoint in
        let copy = try? JSONDecoder().decode(Checkpoint.self, from: JSONEncoder().encode(checkpoint))
        return copy == checkpoint
      })
  }

  /// Something moves in every reading: the walk ends, and takes nothing of that second for gone.
  @Test func aSecondThatNeverHoldsStillProvesNothing() async throws {
    var model = Self.burst
    model.items[2]?.reviewComments.append(
      .init(id: 77, author: nil, body: "earlier", at: ModelRepository.time(3)))
    let github = FakeGitHub(model)
    let before = try await Walked.walk(github, .reviewComments(since: nil, reconciles: true))
    github.change { $0.items[2]?.reviewComments.removeAll { $0.id == 77 } }
    // Each reading meets a comment that was not there before, and one that goes without another having been met.
    let walked = try await Walked.walk(
      github, .reviewComments(since: nil, reconciles: true), onto: before.rows
    ) { index, checkpoint in
      guard checkpoint.page == 2 else { return }
      github.change { model in
        model.items[1]?.reviewComments.removeFirst(2)
        model.items[2]?.reviewComments.append(
          .init(id: Int64(9_000 + index), author: nil, body: "n", at: ModelRepository.time(100)))
      }
    }
    #expect(
      walked.pages.contains { $0.reviewCommentWalk?.unsure?.contains(Timestamp(ModelRepository.time(100))!) ?? false })
    #expect(walked.pages.last?.reviewCommentWalk?.isLast == true)
    // Nothing that is there is missing, and what is gone from another second is known to be.
    let now = try await Walked.walk(github, .reviewComments(since: nil, reconciles: true))
    #expect(Set(now.rows.reviewComments.keys).isSubset(of: Set(walked.rows.reviewComments.keys)))
    #expect(walked.rows.reviewComments[77] == nil)
    #expect(walked.pages.count < 40)
  }

  @Test func commentsOnIssuesAndPullRequestsComeByTheirUpdates() async throws {
    let model = ModelRepository(count: 200)
    let since = try #require(Timestamp(ModelRepository.time(60 * 60)))
    let walked = try await Walked.walk(FakeGitHub(model), .issueComments(since: since))
    let expected = model.rows(of: 60...200).comments
    #expect(walked.rows.comments == expected)
    #expect(walked.cost.requests == walked.pages.count)
    #expect(walked.pages.allSatisfy { $0.lists.isEmpty && $0.numbers.isEmpty })
  }

  /// What is deleted or edited while the list of one pull request is read does not hide another comment.
  @Test func aListOverRESTGoesByValue() async throws {
    var model = ModelRepository(count: 6)
    model.items[2]?.reviewComments = (0..<230).map {
      .init(id: Int64(10 + $0), author: nil, body: "b\($0)", at: ModelRepository.time($0))
    }
    let github = FakeGitHub(model)
    let walked = try await Walked.walk(github, .numbers([2], reviewComments: true)) { _, checkpoint in
      let list = checkpoint.pending.first?.lists.first { $0.list == .reviewComments }
      if list?.after != nil { github.change { $0.items[2]?.reviewComments.removeAll { $0.id < 20 } } }
    }
    #expect(walked.losses == [])
    // Those that were read before they were deleted stay until the next reading; none of the others is missing.
    #expect(walked.rows.reviewComments.count == 230)
    #expect(walked.rows.readings.completed == [2])
    let again = try await Walked.walk(github, .numbers([2], reviewComments: true), onto: walked.rows)
    #expect(again.rows.reviewComments.count == 220)
  }
}
