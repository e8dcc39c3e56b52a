import Domain

extension ChunkWalk {
  /// Fetches the next page of several overflowing lists in one call.
  ///
  /// A list whose page does not come is asked for alone; one that fails alone again and again is a loss and leaves the
  /// checkpoint. An owner that is gone by now (`NOT_FOUND`) takes its lists with it.
  func listStep(at checkpoint: Checkpoint, pace: Pace) async throws -> Step {
    var pace = pace
    var cost = PageCost()
    var builder = RowBuilder()
    var losses: [Loss] = []
    var pending = checkpoint.pending
    // Same kinds side by side, so that few different documents go out.
    let waiting = pending.indices.filter { pending[$0].list != .reviewComments }
      .sorted { (pending[$0].list.rawValue, $0) < (pending[$1].list.rawValue, $1) }
    var batch = Array(waiting.prefix(pace.lists.current))
    var attempts = 0

    while true {
      let asked = batch.map { pending[$0] }
      let answer: GraphQLAnswer<ListsAnswer>
      do {
        answer = try await github.query(ListsQuery.query(asked), as: ListsAnswer.self)
        cost.points += answer.data?.rateLimit?.cost ?? 1
        if answer.data == nil && !Complaints(answer.errors, depth: 1).isCutShort { throw unexplained(answer.errors) }
      } catch let heavy as QueryTooHeavy {
        pace.listsWereTooHeavy(asked: batch.count)
        if batch.count > 1 {
          batch = Array(batch.prefix(pace.lists.current))
          continue
        }
        attempts += 1
        guard attempts >= Self.itemAttempts else { continue }
        try await requireLivingGitHub()
        losses += asked.map { Loss(kind: "list", number: $0.number, list: $0.list, error: heavy.problem) }
        pending.remove(atOffsets: Set(batch))
        break
      }

      let complaints = Complaints(answer.errors, depth: 1)
      var settled: Set<Int> = []
      var failed: [(index: Int, reason: String)] = []
      for (slot, index) in batch.enumerated() {
        let list = pending[index]
        let owner = answer.data?.owners[slot]
        if owner == nil && complaints.absent.contains(slot) {
          settled.insert(index)
          continue
        }
        let info = owner?.pageInfo(of: list.list)
        let hasHole = owner?.hasHole(in: list.list) ?? true
        if let reason = complaints.reason(slot: slot, hasHole: hasHole) ?? (info == nil ? "no page came" : nil) {
          failed.append((index, reason))
          continue
        }
        owner?.rows(of: list, into: &builder)
        if let info, info.hasNextPage { pending[index].after = info.endCursor } else { settled.insert(index) }
      }
      if complaints.isCutShort { pace.listsWereTooHeavy(asked: batch.count) }
      if failed.isEmpty { pace.listsWereFine() }
      if failed.count == batch.count {
        // Nothing came: ask for one alone, and give it up when it fails alone.
        if batch.count > 1 {
          batch = [failed[0].index]
          continue
        }
        attempts += 1
        guard attempts >= Self.itemAttempts else { continue }
        try await requireLivingGitHub()
        let list = pending[failed[0].index]
        losses.append(Loss(kind: "list", number: list.number, list: list.list, error: failed[0].reason))
        settled.insert(failed[0].index)
      }
      pending.remove(atOffsets: settled)
      break
    }

    var next = checkpoint
    next.pending = pending
    return Step(
      page: builder.finished(), next: next, isLast: isThrough(next), cost: cost, pace: pace, losses: losses)
  }
}

extension ListOwnerNode {
  func pageInfo(of list: PendingList.List) -> PageInfo? {
    switch list {
    case .pullRequestComments, .issueComments: comments?.pageInfo
    case .reviews: reviews?.pageInfo
    case .files: files?.pageInfo
    case .reviewComments: nil
    }
  }

  func hasHole(in list: PendingList.List) -> Bool {
    switch list {
    case .pullRequestComments, .issueComments: comments?.hasHole ?? true
    case .reviews: reviews?.hasHole ?? true
    case .files: files?.hasHole ?? true
    case .reviewComments: true
    }
  }

  func rows(of list: PendingList, into builder: inout RowBuilder) {
    switch list.list {
    case .pullRequestComments, .issueComments: builder.add(comments: comments, of: list.number)
    case .reviews: builder.add(reviews: reviews, of: list.number)
    case .files: builder.add(files: files, of: list.number)
    case .reviewComments: break
    }
  }
}

extension [PendingList] {
  /// Removes what stands at these positions.
  mutating func remove(atOffsets offsets: Set<Int>) {
    self = enumerated().filter { !offsets.contains($0.offset) }.map(\.element)
  }
}
