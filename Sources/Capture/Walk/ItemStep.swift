import Domain

extension ChunkWalk {
  /// How often a question is asked alone before it counts as lost.
  static let questionAttempts = 5
  /// Calls of one step, once it has settled something: what is still open then is left to the next one. So it is where
  /// the answers so far are as large as one may be.
  private static let maximumCalls = 24

  /// Asks the questions in one call, settles what came, and asks for the rest again.
  ///
  /// GitHub may refuse the call as a whole, or fail for it (`QueryTooHeavy`): then this step asks for the first half only,
  /// and later ones for less. Or it may answer some questions and not others: then those are asked again in halves, down
  /// to single ones.
  /// A single list that is too heavy still is asked for fewer entries, down to one. What fails alone, again and again,
  /// while GitHub answers a probe, is a loss, and the walk goes on without it. What the token's permissions do not reach is
  /// none: it ends the run.
  func itemStep(_ questions: [Question], at checkpoint: Checkpoint, pace: Pace) async throws -> Step {
    var work = ItemWork(checkpoint, wantsReviewComments: wantsReviewComments)
    var pace = pace
    var cost = PageCost()
    var calls = 0
    var size = 0
    var queue = [Batch(questions: questions)]
    var isFirst = true
    var isAlive = false

    while !queue.isEmpty {
      let isFull = calls >= Self.maximumCalls || size >= Pace.fullAnswer
      guard !isFull || !work.hasProgress else {
        for batch in queue { work.leave(batch.questions) }
        break
      }
      let batch = queue.removeFirst()
      let failures: [Failed]
      let count = batch.questions.count
      let first = batch.hasPages ? pace.page.current : nil
      var isHeavy = false
      calls += 1
      do {
        let reply = try await ask(batch.questions, first: first, cost: &cost)
        if isFirst { work.pass(batch.questions) }
        isFirst = false
        let failed = work.settle(batch.questions, with: reply)
        if let refusal = work.refusal(in: reply, of: repository) { throw refusal }
        failures = failed
        if failures.isEmpty { pace.itemsWereFine(asked: count, first: first, size: reply.size) }
        size += reply.size
        isHeavy = reply.complaints.isCutShort
      } catch let heavy as QueryTooHeavy {
        // GitHub takes points for what it gave up on, and does not say how many.
        cost.points += 1
        if heavy.isSuspicion, !isAlive {
          cost.points += 1
          try await requireLivingGitHub()
          isAlive = true
        }
        let isPageOnTrial = first != nil && pace.page.isOnTrial
        if count > 1, isPageOnTrial || isFirst {
          pace.itemsWereTooHeavy(asked: count, first: first)
          if isPageOnTrial {
            queue.insert(batch, at: 0)
          } else {
            queue = [Batch(questions: Array(batch.questions.prefix(count / 2)))]
          }
          continue
        }
        isHeavy = true
        if isFirst { work.pass(batch.questions) }
        isFirst = false
        failures = batch.questions.map { Failed(question: $0, reason: heavy.problem) }
      }
      guard !failures.isEmpty else { continue }
      if count > 1 || isHeavy { pace.itemsWereTooHeavy(asked: count, first: first) }
      let canNarrow = isHeavy && first ?? 1 > 1
      guard count == 1, !canNarrow, batch.attempt + 1 >= Self.questionAttempts else {
        queue = batch.again(failures) + queue
        continue
      }
      cost.points += 1
      try await requireLivingGitHub()
      for failure in failures { work.lose(failure) }
      pace.itemsWerePoisoned(pages: isHeavy)
    }

    cost.items = work.items
    let next = work.checkpoint
    return Step(
      page: work.finished(), next: next, isLast: isThrough(next), cost: cost, pace: pace, losses: work.losses)
  }

  private func ask(_ questions: [Question], first: Int?, cost: inout PageCost) async throws -> Reply {
    let layout = ItemsQuery.Layout(questions)
    let begun = clock.now
    let query = ItemsQuery.query(layout, first: first ?? Fragments.listPage, of: repository)
    let answer = try await github.query(query, as: ItemsAnswer.self)
    cost.points += answer.data?.cost ?? 1
    let complaints = Complaints(answer.errors, in: layout)
    let isLost = answer.data == nil && complaints.concernsOwners && layout.owners.count > 1
    guard let data = isLost ? ItemsAnswer() : answer.data, isLost || data.hasRepository || layout.numbers.isEmpty else {
      if complaints.isCutShort { throw QueryTooHeavy(detail: "resource limits exceeded") }
      throw unexplained(answer.errors)
    }
    try requireSameRepository(data.repositoryID)
    return Reply(
      layout: layout, answer: data, complaints: complaints, begun: begun, first: first ?? Fragments.listPage,
      size: answer.size ?? 0)
  }
}

/// Questions that are asked in one call.
private struct Batch {
  var questions: [Question]
  /// How often the only question was asked alone before.
  var attempt = 0

  /// Whether it asks for pages of lists.
  var hasPages: Bool { questions.contains { $0.list?.isPaged ?? false } }

  /// The calls that ask again for what failed.
  func again(_ failures: [Failed]) -> [Batch] {
    let failed = failures.map(\.question)
    if questions.count == 1 { return [Batch(questions: failed, attempt: attempt + 1)] }
    let half = max(1, failed.count / 2)
    return [Batch(questions: Array(failed[..<half]))]
      + (half < failed.count ? [Batch(questions: Array(failed[half...]))] : [])
  }
}

/// What one call said.
struct Reply {
  var layout: ItemsQuery.Layout
  var answer: ItemsAnswer
  var complaints: Complaints
  /// The database's clock when it was asked: what changed later may be missing from the answer.
  var begun: Timestamp
  /// Entries of each list that were asked for.
  var first: Int
  /// Bytes.
  var size: Int
}

/// A question that was not answered, or not in full.
struct Failed {
  var question: Question
  var reason: String
  /// What did come of it.
  var item: ItemNode?
  var owner: OwnerNode?
}
