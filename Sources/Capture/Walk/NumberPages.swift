import Domain

extension ChunkWalk {
  /// How often a single item is asked for before it counts as lost.
  static let itemAttempts = 3

  /// Captures the next batch of numbers.
  ///
  /// GitHub may refuse the batch as a whole (`QueryTooHeavy`): then the page covers the first half only, and later
  /// pages ask for less. Or it may answer some numbers and not others: then those are asked for again in halves, down
  /// to single ones, within this page. What fails alone, again and again, is a loss, and the page goes on without it.
  func numberStep(at checkpoint: Checkpoint, pace: Pace) async throws -> Step {
    var pace = pace
    var batch = numbers.slice(from: checkpoint.next, length: pace.numbers.current)
    var builder = RowBuilder()
    var pending = checkpoint.pending
    var cost = PageCost()
    var losses: [Loss] = []
    var attempts = 0
    var wasSmooth = true

    var first: BatchAnswer?
    while first == nil {
      do {
        first = try await ask(for: batch, cost: &cost)
      } catch let heavy as QueryTooHeavy {
        wasSmooth = false
        pace.numbersWereTooHeavy(asked: batch.count)
        if batch.count > 1 {
          batch = batch.prefix(pace.numbers.current)
        } else {
          attempts += 1
          guard attempts >= Self.itemAttempts else { continue }
          try await requireLivingGitHub()
          losses.append(contentsOf: batch.map { Loss(kind: "item", number: $0, error: heavy.problem) })
          first = BatchAnswer()
        }
      }
    }

    var queue: [(numbers: ArraySlice<Int>, attempt: Int)] = []
    var answer = first ?? BatchAnswer()
    while true {
      for item in answer.items { pending += item.rows(into: &builder, cost: &cost) }
      if answer.wasCutShort { pace.numbersWereTooHeavy(asked: answer.asked.count) }
      if !answer.failed.isEmpty {
        wasSmooth = false
        let wasAlone = answer.asked.count == 1
        let attempt = wasAlone ? answer.attempt + 1 : 0
        if wasAlone && attempt >= Self.itemAttempts {
          try await requireLivingGitHub()
          // What did come is stored: half an item is worth more than none, and the loss is on record.
          for item in answer.partial { pending += item.rows(into: &builder, cost: &cost) }
          losses.append(contentsOf: answer.failed.map { Loss(kind: "item", number: $0.number, error: $0.reason) })
        } else {
          let numbers = answer.failed.map(\.number)
          let half = max(1, numbers.count / 2)
          queue.append((numbers[..<half], attempt))
          if half < numbers.count { queue.append((numbers[half...], attempt)) }
        }
      }
      guard !queue.isEmpty else { break }
      let next = queue.removeFirst()
      do {
        answer = try await ask(for: next.numbers, cost: &cost)
      } catch let heavy as QueryTooHeavy {
        pace.numbersWereTooHeavy(asked: next.numbers.count)
        answer = BatchAnswer(asked: next.numbers)
        answer.failed = next.numbers.map { (number: $0, reason: heavy.problem) }
      }
      answer.attempt = next.attempt
    }

    if wasSmooth { pace.numbersWereFine() }
    var next = checkpoint
    next.next += batch.count
    next.pending = pending
    return Step(
      page: builder.finished(), next: next, isLast: isThrough(next), cost: cost, pace: pace, losses: losses)
  }

  /// What one call said about the numbers it asked for.
  struct BatchAnswer {
    var asked: ArraySlice<Int> = []
    var items: [ItemNode] = []
    /// Items that came with gaps; `failed` names them, too.
    var partial: [ItemNode] = []
    var failed: [(number: Int, reason: String)] = []
    /// GitHub ran out of resources half-way.
    var wasCutShort = false
    /// How often these numbers were asked for alone before.
    var attempt = 0

    init(asked: ArraySlice<Int> = []) { self.asked = asked }
  }

  private func ask(for numbers: ArraySlice<Int>, cost: inout PageCost) async throws -> BatchAnswer {
    let query = NumbersQuery.query(numbers, of: repository, countingThreads: countsThreads)
    let answer = try await github.query(query, as: NumbersAnswer.self)
    cost.points += answer.data?.rateLimit?.cost ?? 1
    let complaints = Complaints(answer.errors, depth: 2)
    guard let repository = answer.data?.repository else {
      if complaints.isCutShort { throw QueryTooHeavy(detail: "resource limits exceeded") }
      throw unexplained(answer.errors)
    }
    var result = BatchAnswer(asked: numbers)
    result.wasCutShort = complaints.isCutShort
    for (slot, number) in numbers.enumerated() {
      let item = repository.nodes[slot]
      if item == nil && complaints.absent.contains(slot) { continue }  // deleted, transferred, or a discussion
      if let reason = complaints.reason(slot: slot, hasHole: item?.hasHole ?? true) {
        result.failed.append((number, reason))
        if let item { result.partial.append(item) }
      } else if case .unreadable(let reason)? = item {
        result.failed.append((number, reason))
      } else if let item {
        result.items.append(item)
      } else {
        // A null that no error explains is not "nothing there".
        result.failed.append((number, "GitHub answered null without a reason"))
      }
    }
    return result
  }
}

extension ItemNode {
  /// Adds the item's rows to the page, counts it, and returns its lists that go on.
  fileprivate func rows(into builder: inout RowBuilder, cost: inout PageCost) -> [PendingList] {
    switch self {
    case .pullRequest(let pull):
      cost.items += 1
      return builder.add(pull)
    case .issue(let issue):
      cost.items += 1
      return builder.add(issue)
    case .unreadable: return []
    }
  }
}
