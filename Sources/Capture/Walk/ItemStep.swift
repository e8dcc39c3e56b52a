import Domain

extension ChunkWalk {
  /// How often a question is asked alone before it counts as lost.
  static let questionAttempts = 5
  /// Calls of one step, once it has settled something: what is still open then is left to the next one.
  private static let maximumCalls = 24

  /// Asks the questions in one call, settles what came, and asks for the rest again.
  ///
  /// GitHub may refuse the call as a whole (`QueryTooHeavy`): then this step asks for the first half only, and later ones
  /// for less. Or it may answer some questions and not others: then those are asked again in halves, down to single ones.
  /// What fails alone, again and again, while GitHub answers a probe, is a loss, and the walk goes on without it.
  func itemStep(_ questions: [Question], at checkpoint: Checkpoint, pace: Pace) async throws -> Step {
    var work = ItemWork(checkpoint, wantsReviewComments: wantsReviewComments)
    var pace = pace
    var cost = PageCost()
    var calls = 0
    var queue = [Batch(questions: questions)]
    var isFirst = true

    while !queue.isEmpty {
      guard calls < Self.maximumCalls || !work.hasProgress else {
        for batch in queue { work.leave(batch.questions) }
        break
      }
      let batch = queue.removeFirst()
      let failures: [Failed]
      calls += 1
      do {
        let reply = try await ask(batch.questions, cost: &cost)
        if isFirst { work.pass(batch.questions) }
        isFirst = false
        failures = work.settle(batch.questions, with: reply)
        if failures.isEmpty { pace.itemsWereFine(asked: batch.questions.count) }
      } catch let heavy as QueryTooHeavy {
        // GitHub takes points for what it gave up on, and does not say how many.
        cost.points += 1
        if isFirst, batch.questions.count > 1 {
          pace.itemsWereTooHeavy(asked: batch.questions.count)
          queue = [Batch(questions: Array(batch.questions.prefix(batch.questions.count / 2)))]
          continue
        }
        if isFirst { work.pass(batch.questions) }
        isFirst = false
        failures = batch.questions.map { Failed(question: $0, reason: heavy.problem) }
      }
      guard !failures.isEmpty else { continue }
      // One that fails alone says nothing of how much may be asked for.
      if batch.questions.count > 1 { pace.itemsWereTooHeavy(asked: batch.questions.count) }
      guard batch.questions.count == 1, batch.attempt + 1 >= Self.questionAttempts else {
        queue = batch.again(failures) + queue
        continue
      }
      cost.points += 1
      try await requireLivingGitHub()
      for failure in failures { work.lose(failure) }
      pace.itemsWerePoisoned()
    }

    cost.items = work.items
    let next = work.checkpoint
    return Step(
      page: work.finished(), next: next, isLast: isThrough(next), cost: cost, pace: pace, losses: work.losses)
  }

  private func ask(_ questions: [Question], cost: inout PageCost) async throws -> Reply {
    let layout = ItemsQuery.Layout(questions)
    let begun = clock.now
    let answer = try await github.query(ItemsQuery.query(layout, of: repository), as: ItemsAnswer.self)
    cost.points += answer.data?.cost ?? 1
    let complaints = Complaints(answer.errors, in: layout)
    let isLost = answer.data == nil && complaints.concernsOwners && layout.owners.count > 1
    guard let data = isLost ? ItemsAnswer() : answer.data, isLost || data.hasRepository || layout.numbers.isEmpty else {
      if complaints.isCutShort { throw QueryTooHeavy(detail: "resource limits exceeded") }
      throw unexplained(answer.errors)
    }
    return Reply(layout: layout, answer: data, complaints: complaints, begun: begun)
  }
}

/// Questions that are asked in one call.
private struct Batch {
  var questions: [Question]
  /// How often the only question was asked alone before.
  var attempt = 0

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
}

/// A question that was not answered, or not in full.
struct Failed {
  var question: Question
  var reason: String
  /// What did come of it.
  var item: ItemNode?
  var owner: OwnerNode?
}
