import Domain

extension ChunkWalk {
  /// Lists over REST that are fetched in one step, at the same time. GitHub allows 100 requests in flight in all.
  static let restWidth = 8

  /// Fetches the next page of review comments of several chosen pull requests, all at the same time.
  ///
  /// A list that does not come, though the client repeated its request and another list does come, is a loss and leaves
  /// the checkpoint.
  func reviewCommentListStep(at checkpoint: Checkpoint, pace: Pace) async throws -> Step {
    let batch = checkpoint.pending.compactMap { item in
      item.lists.first { $0.list == .reviewComments }.map { (number: item.number, list: $0) }
    }.prefix(Self.restWidth)
    let answers = try await withThrowingTaskGroup(of: (Int, ListOverREST).self) { group in
      for (number, list) in batch { group.addTask { (number, try await fetch(list, of: number)) } }
      var answers: [Int: ListOverREST] = [:]
      for try await (number, answer) in group { answers[number] = answer }
      return answers
    }

    var work = ItemWork(checkpoint, wantsReviewComments: wantsReviewComments)
    var requests = batch.count
    for (number, list) in batch {
      guard let answer = answers[number] else { continue }
      if case .failed = answer, work.losses.isEmpty {
        try await requireLivingREST()
        requests += 1
      }
      work.settle(list, of: number, with: answer)
    }
    let next = work.checkpoint
    return Step(
      page: work.finished(), next: next, isLast: isThrough(next), cost: PageCost(requests: requests), pace: pace,
      losses: work.losses)
  }

  private func fetch(_ list: PendingList, of number: Int) async throws -> ListOverREST {
    let course = Course(since: list.after.flatMap { Timestamp($0) }, page: list.page)
    let path = "/repos/\(repository)/pulls/\(number)/comments?\(course.query)"
    do {
      let begun = clock.now
      let answer = try await github.send(RESTRequest(.get, path))
      if answer.status == 404 || answer.status == 410 { return .gone }
      let comments = try answer.list(
        of: Part<RESTReviewComment>.self, what: "the review comments of \(repository)#\(number)")
      guard answer.next != nil, !comments.isEmpty else { return .came(comments, next: nil, begun: begun) }
      guard let next = course.next(after: comments.compactMap(\.value)) else {
        return .failed("the list's times could not be read")
      }
      return .came(comments, next: next, begun: begun)
    } catch let limited as RateLimited {
      throw limited
    } catch let error as any UserFacingError where error.exitStatus == .unavailable {
      return .failed(String(error.problem.prefix(1_000)))
    }
  }
}

/// What came of one page of one pull request's review comments.
enum ListOverREST: Sendable {
  case came([Part<RESTReviewComment>], next: Course?, begun: Timestamp)
  /// Deleted since its pull request was captured.
  case gone
  case failed(String)
}

extension ItemWork {
  /// Stores a page of a pull request's review comments and moves its list on.
  mutating func settle(_ list: PendingList, of number: Int, with answer: ListOverREST) {
    switch answer {
    case .gone:
      if !askAgain(number) { lose(list, of: number, reason: "the item is not where its number leads", rest: nil) }
    case .failed(let reason): lose(list, of: number, reason: reason, rest: nil)
    case .came(let comments, let next, let begun):
      var rest = next.map { PendingList(.reviewComments, after: $0.since?.description, page: $0.page) }
      let isFirst = list.after == nil && list.page == 1
      rest?.begun = isFirst ? begun : list.begun
      let unreadable = add(comments, of: number, begun: begun)
      if let reason = unreadable {
        rest?.begun = nil
        lose(list, of: number, reason: reason, rest: rest)
      } else {
        advance(list, of: number, isFirst: isFirst, begun: isFirst ? begun : list.begun, total: nil, rest: rest)
      }
    }
  }

  /// Adds the comments that can be read; returns why, where one cannot.
  private mutating func add(_ comments: [Part<RESTReviewComment>], of number: Int, begun: Timestamp) -> String? {
    builder.observe(begun)
    var reason: String?
    for comment in comments {
      switch comment {
      case .came(let row): builder.add(row, of: number)
      case .unreadable(let field): reason = field
      }
    }
    return reason
  }
}
