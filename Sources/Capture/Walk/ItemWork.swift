import Domain

/// A step in the making: rows, and the checkpoint behind them.
struct ItemWork {
  var checkpoint: Checkpoint
  private(set) var losses: [Loss] = []
  /// Issues and pull requests that came.
  var items = 0
  /// Whether a question is settled, so that the walk is further than before.
  private(set) var hasProgress = false
  /// What has come of some item.
  var readable: Set<Readable> = []
  var builder = RowBuilder()
  let wantsReviewComments: Bool

  init(_ checkpoint: Checkpoint, wantsReviewComments: Bool) {
    self.checkpoint = checkpoint
    self.wantsReviewComments = wantsReviewComments
  }

  func finished() -> CapturedPage { builder.finished() }

  /// The heads among these are asked for: whatever becomes of them, the walk does not come back to them by itself.
  mutating func pass(_ questions: [Question]) { checkpoint.next += questions.count { $0.isHead } }

  /// Leaves questions to the next step. Lists and absent numbers are in the checkpoint still; heads are put there.
  mutating func leave(_ questions: [Question]) {
    checkpoint.absent += questions.filter(\.isHead).map(\.number)
  }

  /// Stores what came and returns what did not.
  mutating func settle(_ questions: [Question], with reply: Reply) -> [Failed] {
    builder.observe(reply.begun)
    var failures: [Failed] = []
    for (slot, question) in reply.layout.numbers.enumerated() {
      if let failure = settle(question, at: slot, of: reply) { failures.append(failure) }
    }
    for group in reply.layout.groups {
      for position in group.owners {
        let owner = reply.answer.owner(position, of: group)
        failures += settle(reply.layout.owners[position], owner, at: position, of: reply)
      }
    }
    if failures.count < questions.count { hasProgress = true }
    return failures
  }

  /// Gives a question up. What did come of it is stored: half an item is worth more than none, and the loss is on record.
  mutating func lose(_ failure: Failed) {
    hasProgress = true
    let question = failure.question
    losses.append(
      Loss(
        kind: question.list == nil ? "item" : "list", number: question.number, list: question.list,
        error: failure.reason))
    switch question {
    case .head(let number), .absent(let number):
      checkpoint.absent.removeAll { $0 == number }
      if let item = failure.item { add(item, hasLosses: true, wasAskedAgain: !question.isHead) }
    case .list(let list):
      guard let index = index(of: list.number) else { return }
      checkpoint.pending[index].hasLosses = true
      replace(list.page, with: failure.owner?.salvage(list, into: &builder), at: index)
    }
  }

  /// Gives up a page of a list, not the rest of it, where that is known.
  mutating func lose(_ list: PendingList, of number: Int, reason: String, rest: PendingList?) {
    losses.append(Loss(kind: "list", number: number, list: list.list, error: reason))
    guard let index = index(of: number) else { return }
    checkpoint.pending[index].hasLosses = true
    replace(list, with: rest, at: index)
  }

  /// Settles a page of a list. Without `begun` a part of the list was lost, and nothing is said of the list.
  mutating func advance(
    _ list: PendingList, of number: Int, isFirst: Bool, begun: Timestamp?, total: Int?, rest: PendingList?
  ) {
    guard let index = index(of: number) else { return }
    if let begun {
      builder.add(
        ListPart(number: number, list: list.list, isFirst: isFirst, isLast: rest == nil, begun: begun, total: total))
    }
    replace(list, with: rest, at: index)
  }

  /// Begins the item again with its number: it may have gone, or become something else, since it was found. That happens
  /// once; whoever vanishes a second time fails.
  @discardableResult
  mutating func askAgain(_ number: Int) -> Bool {
    guard let index = index(of: number), !checkpoint.pending[index].wasAskedAgain else { return false }
    checkpoint.absent.append(checkpoint.pending.remove(at: index).number)
    return true
  }

  func index(of number: Int) -> Int? { checkpoint.pending.firstIndex { $0.number == number } }

  /// Puts the rest of a list in its place. With an item's last list the item is complete, unless a part of it is lost.
  mutating func replace(_ list: PendingList, with rest: PendingList?, at index: Int) {
    guard let position = checkpoint.pending[index].lists.firstIndex(where: { $0.list == list.list }) else { return }
    if let rest {
      checkpoint.pending[index].lists[position] = rest
      return
    }
    checkpoint.pending[index].lists.remove(at: position)
    guard checkpoint.pending[index].lists.isEmpty else { return }
    let item = checkpoint.pending.remove(at: index)
    if !item.hasLosses { builder.complete(item.number) }
  }
}
