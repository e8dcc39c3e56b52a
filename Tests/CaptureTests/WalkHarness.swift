import Domain
import Testing

@testable import Capture

/// A chunk that was walked to its end, without a store.
struct Walked: Sendable {
  var rows = Rows()
  var pages: [CapturedPage] = []
  var losses: [Loss] = []
  var cost = PageCost()
  var checkpoints: [Checkpoint] = []
  var pace = Pace()

  /// Walks on from where `rows` was left, one step after the other.
  static func walk(
    _ github: any GitHubAPI, _ scope: ChunkScope, of repository: String = "acme/widget",
    from checkpoint: Checkpoint = Checkpoint(),
    onto rows: Rows = Rows(), widths: [String: Int] = [:], limit: Int = 2_000,
    databaseTime: Timestamp = Timestamp(seconds: 1_800_000_000),
    before: (Int, Checkpoint) async throws -> Void = { _, _ in }
  ) async throws -> Walked {
    let walk = ChunkWalk(
      github: github, repository: try name(repository), scope: scope,
      clock: DatabaseClock(databaseTime))
    var walked = Walked()
    walked.rows = rows
    walked.pace = walk.initialPace(widths)
    var checkpoint = checkpoint
    for index in 0..<limit {
      try await before(index, checkpoint)
      let step = try await walk.step(at: checkpoint, pace: walked.pace)
      walked.rows.store(step.page)
      walked.pages.append(step.page)
      walked.losses += step.losses
      walked.cost.points += step.cost.points
      walked.cost.requests += step.cost.requests
      walked.cost.items += step.cost.items
      walked.pace = step.pace
      #expect(step.isLast || step.next != checkpoint, "a step that leads nowhere")
      checkpoint = step.next
      walked.checkpoints.append(checkpoint)
      if step.isLast { return walked }
    }
    Issue.record("the walk does not end")
    return walked
  }
}
