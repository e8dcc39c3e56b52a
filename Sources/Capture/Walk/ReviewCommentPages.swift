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
      for (number, list) in batch { group.addTask { (number, try await fetch(list, of: number, pace: pace)) } }
      var answers: [Int: ListOverREST] = [:]
      for try await (number, answer) in group { answers[number] = answer }
      return answers
    }

    var work = ItemWork(checkpoint, wantsReviewComments: wantsReviewComments)
    var requests = 0
    var paces: [Pace.Width] = []
    for (number, list) in batch {
      guard let answer = answers[number] else { continue }
      switch answer {
      case .failed:
        requests += 1
        guard work.losses.isEmpty else { break }
        try await lists.requireLivingREST()
        requests += 1
      case .came(let page, _, _):
        requests += page.reading.requests
        paces.append(page.pace)
      case .gone: requests += 1
      }
      work.settle(list, of: number, with: answer)
    }
    let next = work.checkpoint
    var pace = pace
    // What one of them could not bring is too much for the next ones, too.
    pace.entries = paces.min { $0.current < $1.current } ?? pace.entries
    return Step(
      page: work.finished(), next: next, isLast: isThrough(next), cost: PageCost(requests: requests), pace: pace,
      losses: work.losses)
  }

  private func fetch(_ list: PendingList, of number: Int, pace: Pace) async throws -> ListOverREST {
    let course = Course(since: list.after.flatMap { Timestamp($0) }, page: list.page, skipped: list.skipped)
    do {
      let page = try await lists.read(
        "/repos/\(repository)/pulls/\(number)/comments?\(course.query)", of: RESTReviewComment.self,
        from: course.offset, what: "the review comments of \(repository)#\(number)", pace: pace.entries,
        mayBeAbsent: [404, 410])
      if page.absence != nil { return .gone }
      let next = course.next(after: page)
      guard page.isLast || next != nil else { return .failed("the list's times could not be read") }
      return .came(page, next: next, begun: clock[page.reading.begun])
    } catch let limited as RateLimited {
      throw limited
    } catch let error as any UserFacingError where error.exitStatus == .unavailable {
      return .failed(String(error.problem.prefix(1_000)))
    }
  }
}

/// What came of one page of one pull request's review comments.
enum ListOverREST: Sendable {
  case came(ListReader.Page<RESTReviewComment>, next: Course?, begun: Timestamp)
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
    case .came(let page, let next, let begun):
      var rest = next.map {
        PendingList(.reviewComments, after: $0.since?.description, page: $0.page, skipped: $0.skipped)
      }
      let isFirst = list.after == nil && list.page == 1 && list.skipped == 0
      rest?.begun = isFirst ? begun : list.begun
      let unreadable = add(page.rows, of: number, begun: begun) ?? page.loss
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
