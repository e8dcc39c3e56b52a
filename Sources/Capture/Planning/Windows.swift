import Domain

extension Planner {
  /// Chunks, and whether completing them means that everything was walked.
  struct Cut {
    var chunks: [ChunkScope]
    var provesWhole: Bool
  }

  /// GitHub's issue listing answers `since=1970-01-01` with an empty list. Nothing on GitHub is older than 2007.
  static let beginning = Timestamp(seconds: 31_536_000)  // 1971-01-01

  func chunks(
    for scope: CaptureScope, of head: RepositoryHead, known repositoryID: RepositoryID, baseline: Timestamp?,
    now: Timestamp, size: Int?, notes: inout [String]
  ) async throws -> Cut {
    let listings = Listings(github: github, repository: head.name)
    let since: Timestamp? =
      switch scope.window {
      case .all, .full, .numbers: nil
      case .since(let moment): moment < Self.beginning ? nil : moment
      case .daysBack(let days): Self.moment(days, before: now)
      }

    if case .numbers(let numbers) = scope.window {
      let numbers = Set(numbers.filter { $0 > 0 }).sorted()
      let chosen = scope.maxItems.map { Array(numbers.suffix($0)) } ?? numbers
      return Cut(chunks: lists(of: chosen, reviewComments: true, size: size, notes: &notes), provesWhole: false)
    }
    if let limit = scope.maxItems {
      let numbers: [Int]
      if let since, let updated = try await listings.updated(since: since) {
        if !updated.isWhole {
          notes.append("GitHub's list of what changed could not be read in full: an item may be left out.")
        }
        numbers = Array(updated.numbers.suffix(limit))
      } else {
        numbers = try await listings.newest(limit)
      }
      return Cut(chunks: lists(of: numbers, reviewComments: true, size: size, notes: &notes), provesWhole: false)
    }
    if let since {
      guard let updated = try await listings.updated(since: since) else {
        notes.append("GitHub lists no changes for this repository: all of its history is walked.")
        return whole(of: head, size: size, notes: &notes)
      }
      guard updated.isWhole else {
        notes.append(Self.unlisted)
        return whole(of: head, size: size, notes: &notes)
      }
      // Of what changed, the comments that are older than the window are wanted too.
      let chunks =
        try await comments(of: head, since: since, listings)
        + lists(of: updated.numbers, reviewComments: true, size: size, notes: &notes)
      return Cut(chunks: chunks, provesWhole: false)
    }
    guard scope.window == .all, let baseline, baseline >= Self.beginning,
      let updated = try await listings.updated(since: baseline)
    else { return whole(of: head, size: size, notes: &notes) }
    guard updated.isWhole else {
      notes.append(Self.unlisted)
      return whole(of: head, size: size, notes: &notes)
    }

    // Numbers that the listing does not have are discussions, or gone, or were not reached: they have to be accounted
    // for like the others. Each is looked for, because a window may have captured newer ones and left these out.
    let unknown = try await store.numbersUnaccounted(of: repositoryID, newest: head.newest)
    // The review comments of a pull request that has come back may be older than the walk before.
    let returned = try await store.numbersGone(of: repositoryID, among: updated.numbers)
    let numbers = Set(updated.numbers).union(unknown).subtracting(returned).sorted()
    let chunks =
      try await comments(of: head, since: baseline, listings)
      + (returned.isEmpty ? [] : [.numbers(returned, reviewComments: true)])
      + lists(of: numbers, reviewComments: false, size: size, notes: &notes)
    return Cut(chunks: chunks, provesWhole: true)
  }

  /// Any number may be the one that changed. Once all are walked the next window begins later: it does not happen again
  /// before the item changes once more.
  private static let unlisted =
    "GitHub's list of what changed could not be read in full: all of the history is walked."

  /// That many days earlier; nil where GitHub has nothing that old. A row may say any number.
  static func moment(_ days: Int, before now: Timestamp) -> Timestamp? {
    let all = (now.seconds - beginning.seconds) / 86_400
    return Int64(days) > all ? nil : now - Double(days) * 86_400
  }

  /// The chunks of comments that were written or edited since then, wherever they hang: neither need move the time of
  /// its issue or pull request. They come first, because they are drawn from REST's budget.
  private func comments(
    of head: RepositoryHead, since: Timestamp, _ listings: Listings
  ) async throws -> [ChunkScope] {
    var chunks: [ChunkScope] = []
    if head.pullRequestCount > 0, try await listings.hasReviewComments(since: since) {
      chunks.append(.reviewComments(since: since, reconciles: false))
    }
    if head.newest > 0, try await listings.hasIssueComments(since: since) {
      chunks.append(.issueComments(since: since))
    }
    return chunks
  }

  /// Everything. The review comments come first: they are drawn from REST's budget, so whoever walks the ranges beside
  /// them, or after GraphQL's budget is gone, loses nothing.
  private func whole(of head: RepositoryHead, size: Int?, notes: inout [String]) -> Cut {
    let cut = ChunkCut(count: head.newest, asked: size)
    say(cut, notes: &notes)
    let comments: [ChunkScope] =
      head.pullRequestCount > 0 ? [.reviewComments(since: nil, reconciles: true)] : []
    return Cut(chunks: comments + cut.ranges(upTo: head.newest), provesWhole: true)
  }

  private func lists(
    of numbers: [Int], reviewComments: Bool, size: Int?, notes: inout [String]
  ) -> [ChunkScope] {
    let cut = ChunkCut(count: numbers.count, asked: size)
    say(cut, notes: &notes)
    return cut.lists(of: numbers, reviewComments: reviewComments)
  }

  private func say(_ cut: ChunkCut, notes: inout [String]) {
    guard cut.wasRaised else { return }
    notes.append(
      "The chunk size was raised to \(cut.size), so that there are at most \(ChunkCut.maximumChunks) chunks.")
  }
}
