import Domain

extension ChunkWalk {
  static let restPage = 100

  /// Walks all review comments of the repository in the order of their updates: one request for 100 of them, where
  /// GraphQL would have to nest them below reviews.
  ///
  /// The walk goes by value, not by page number: after a full page it asks for what was updated since the last one's
  /// second, less one (so that it makes no difference whether GitHub's `since` includes that second), and starts at
  /// page 1 again. Only where a whole page lies within one second does it turn the page. `(since, page)` grows with
  /// every step, so the walk ends; a comment that is edited meanwhile moves towards the end and is met there; rows of
  /// the overlapping second come twice and are stored once.
  func reviewCommentStep(at checkpoint: Checkpoint, from start: Timestamp?, pace: Pace) async throws -> Step {
    let since = checkpoint.since ?? start
    var path = "/repos/\(repository)/pulls/comments?sort=updated&direction=asc&per_page=\(Self.restPage)"
    if let since { path += "&since=\(Timestamp(seconds: since.seconds))" }
    path += "&page=\(checkpoint.page)"
    let answer = try await github.send(RESTRequest(.get, path))
    let comments = try answer.list(of: RESTReviewComment.self, what: "the review comments of \(repository)")

    var builder = RowBuilder()
    for comment in comments {
      guard let number = comment.pullNumber else { throw unreadableComment }
      builder.add(comment, of: number)
    }
    var next = checkpoint
    let isLast = answer.next == nil || comments.isEmpty
    if !isLast, let last = comments.last {
      guard let updated = Timestamp(last.updatedAt) else { throw unreadableComment }
      let resumed = updated - 1
      if since.map({ resumed > $0 }) ?? true {
        next.since = resumed
        next.page = 1
      } else {
        next.page += 1
      }
    }
    return Step(
      page: builder.finished(), next: next, isLast: isLast, cost: PageCost(requests: 1), pace: pace)
  }

  /// Fetches the next page of review comments of several chosen pull requests, all at the same time.
  ///
  /// A list that does not come, though the client repeated its request and another list does come, is a loss and leaves
  /// the checkpoint.
  func reviewCommentListStep(at checkpoint: Checkpoint, pace: Pace) async throws -> Step {
    let batch = checkpoint.pending.indices.filter { checkpoint.pending[$0].list == .reviewComments }
      .prefix(Self.restWidth)
    let answers = try await withThrowingTaskGroup(of: (Int, ListPage).self) { group in
      for index in batch {
        let list = checkpoint.pending[index]
        group.addTask { (index, try await page(of: list)) }
      }
      var answers: [Int: ListPage] = [:]
      for try await (index, answer) in group { answers[index] = answer }
      return answers
    }

    var builder = RowBuilder()
    var next = checkpoint
    var settled: Set<Int> = []
    var losses: [Loss] = []
    for index in batch {
      guard let answer = answers[index] else { continue }
      let list = checkpoint.pending[index]
      switch answer {
      case .gone: settled.insert(index)
      case .came(let comments, let hasMore):
        for comment in comments { builder.add(comment, of: list.number) }
        if hasMore && !comments.isEmpty { next.pending[index].page += 1 } else { settled.insert(index) }
      case .failed(let reason):
        if losses.isEmpty { try await requireLivingREST() }
        losses.append(Loss(kind: "list", number: list.number, list: list.list, error: reason))
        settled.insert(index)
      }
    }
    next.pending.remove(atOffsets: settled)
    let requests = batch.count + (losses.isEmpty ? 0 : 1)
    return Step(
      page: builder.finished(), next: next, isLast: isThrough(next), cost: PageCost(requests: requests), pace: pace,
      losses: losses)
  }

  /// What came of one page of one pull request's review comments.
  private enum ListPage: Sendable {
    case came([RESTReviewComment], hasMore: Bool)
    /// Deleted since its pull request was captured.
    case gone
    case failed(String)
  }

  private func page(of list: PendingList) async throws -> ListPage {
    let path = "/repos/\(repository)/pulls/\(list.number)/comments?per_page=\(Self.restPage)&page=\(list.page)"
    do {
      let answer = try await github.send(RESTRequest(.get, path))
      if answer.status == 404 || answer.status == 410 { return .gone }
      let comments = try answer.list(
        of: RESTReviewComment.self, what: "the review comments of \(repository)#\(list.number)")
      return .came(comments, hasMore: answer.next != nil)
    } catch let limited as RateLimited {
      throw limited
    } catch let error as any UserFacingError where error.exitStatus == .unavailable {
      return .failed(String(error.problem.prefix(1_000)))
    }
  }

  private var unreadableComment: Failure {
    Failure(
      .unavailable, "A review comment of \(repository) names no pull request or no time",
      advice: "Run again; if it stays, report it with the run's log.")
  }
}
