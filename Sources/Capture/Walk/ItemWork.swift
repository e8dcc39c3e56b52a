import Domain

/// A step in the making: rows, and the checkpoint behind them.
struct ItemWork {
  private(set) var checkpoint: Checkpoint
  private(set) var losses: [Loss] = []
  /// Issues and pull requests that came.
  private(set) var items = 0
  /// Whether a question is settled, so that the walk is further than before.
  private(set) var hasProgress = false
  private var builder = RowBuilder()
  private let wantsReviewComments: Bool

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

  // MARK: Lists over REST

  /// Adds the comments that can be read; returns why, where one cannot.
  mutating func add(_ comments: [Part<RESTReviewComment>], of number: Int, begun: Timestamp) -> String? {
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

  // MARK: Numbers

  private mutating func settle(_ question: Question, at slot: Int, of reply: Reply) -> Failed? {
    let number = question.number
    let part = reply.answer.items[slot]
    var hole: String?
    if case .unreadable(let reason)? = part { hole = reason }
    if let item = part?.value, item.number == number {
      if let reason = reply.complaints.reason(.item(slot), hole: nil) {
        return Failed(question: question, reason: reason, item: item)
      }
      checkpoint.absent.removeAll { $0 == number }
      add(item, hasLosses: false, wasAskedAgain: !question.isHead, begun: reply.begun)
      return nil
    }
    // An item that answers to another number was moved: nothing of the kind stands at this one.
    guard part?.value != nil || reply.complaints.absent.contains(.item(slot)) else {
      let reason = reply.complaints.reason(.item(slot), hole: hole ?? Self.unexplained)
      return Failed(question: question, reason: reason ?? Self.unexplained)
    }
    guard case .absent = question else {
      checkpoint.absent.append(number)
      return nil
    }
    let place = Complaints.Place.discussion(slot)
    if let discussion = reply.answer.discussions[slot]?.value {
      builder.add(NumberRecord(number: number, kind: .discussion, nodeID: discussion.id))
    } else if reply.complaints.absent.contains(place) || reply.complaints.hidden.contains(place) {
      builder.add(NumberRecord(number: number, kind: .gone, nodeID: nil))
    } else {
      return Failed(question: question, reason: reply.complaints.reason(place, hole: Self.unexplained) ?? "")
    }
    checkpoint.absent.removeAll { $0 == number }
    return nil
  }

  /// A null that no error explains is not "nothing there".
  private static let unexplained = "GitHub answered null without a reason"

  /// Stores an item's own row and puts its lists into the checkpoint. Lists that are known to be empty count as read.
  private mutating func add(_ item: ItemNode, hasLosses: Bool, wasAskedAgain: Bool, begun: Timestamp? = nil) {
    items += 1
    var lists: [PendingList] = []
    var empty: [CapturedList] = []
    var isLong = false
    let nodeID: String
    let isPullRequest: Bool
    switch item {
    case .pullRequest(let pull):
      (nodeID, isPullRequest) = (pull.id, true)
      builder.add(pull)
      lists = [PendingList(.labels), PendingList(.reviews), PendingList(.closes)]
      if pull.totalCommentsCount == 0 { empty.append(.comments) } else { lists.append(PendingList(.comments)) }
      if pull.changedFiles == 0 { empty.append(.files) } else { lists.append(PendingList(.files)) }
      if wantsReviewComments { lists.append(PendingList(.reviewThreads)) }
      isLong = max(pull.changedFiles, pull.totalCommentsCount ?? 0) > Fragments.listPage
    case .issue(let issue):
      (nodeID, isPullRequest) = (issue.id, false)
      builder.add(issue)
      lists = [PendingList(.labels), PendingList(.comments)]
      let wasDone = issue.issueState == "CLOSED" && (issue.stateReason ?? "COMPLETED") == "COMPLETED"
      if wasDone { lists.append(PendingList(.closer)) } else { empty.append(.closer) }
    }
    if let begun {
      for list in empty {
        builder.add(
          ListPart(number: item.number, list: list, isFirst: true, isLast: true, begun: begun, total: 0))
      }
    }
    let pending = PendingItem(
      number: item.number, nodeID: nodeID, isPullRequest: isPullRequest, lists: lists, hasLosses: hasLosses,
      wasAskedAgain: wasAskedAgain)
    // A long list is begun early, so that it is not what the chunk ends with.
    if isLong { checkpoint.pending.insert(pending, at: 0) } else { checkpoint.pending.append(pending) }
  }

  // MARK: Lists

  private mutating func settle(
    _ lists: [ListQuestion], _ part: Part<OwnerNode>?, at slot: Int, of reply: Reply
  ) -> [Failed] {
    // Its other alias may have told already that it is gone.
    guard let first = lists.first, index(of: first.number) != nil else { return [] }
    let owner = part?.value
    let wanted = first.isPullRequest ? "PullRequest" : "Issue"
    let isGone =
      part == nil ? reply.complaints.absent.contains(.owner(slot)) : owner.map { $0.typename != wanted } ?? false
    let isStuck = lists.contains { reply.complaints.cursorless.contains(.list(slot, $0.page.list)) }
    if (isGone || isStuck) && askAgain(first.number) { return [] }
    if isGone { return lists.map { Failed(question: .list($0), reason: "the item is not where its number leads") } }
    var failures: [Failed] = []
    for list in lists {
      if let reason = settle(list, owner, at: slot, of: reply) {
        failures.append(Failed(question: .list(list), reason: reason, owner: owner))
      }
    }
    return failures
  }

  /// Returns why the list's page is not settled, where it is not.
  private mutating func settle(
    _ question: ListQuestion, _ owner: OwnerNode?, at slot: Int, of reply: Reply
  ) -> String? {
    let place = Complaints.Place.list(slot, question.page.list)
    guard let index = index(of: question.number) else { return nil }
    guard let owner else { return reply.complaints.reason(place, hole: Self.unexplained) }
    if question.page.list == .reviewThreads {
      guard let threads = owner.reviewThreads?.value else {
        return reply.complaints.reason(place, hole: Self.unexplained)
      }
      if threads.totalCount > 0 {
        replace(question.page, with: PendingList(.reviewComments), at: index)
      } else {
        builder.add(
          ListPart(
            number: question.number, list: .reviewComments, isFirst: true, isLast: true, begun: reply.begun, total: 0))
        replace(question.page, with: nil, at: index)
      }
      return nil
    }
    guard let page = owner.page(of: question.page.list) else {
      return settleMissing(question, owner.unreadable(question.page.list), place, of: reply)
    }
    // What belongs to another repository may be none of the token's business.
    let isHidden = question.page.list.leadsElsewhere && reply.complaints.hidden.contains(place)
    if !isHidden, let reason = reply.complaints.reason(place, hole: page.hole) { return reason }
    if page.hasNext, page.endCursor == nil || page.endCursor == question.page.after {
      return "the list does not go on where it ends"
    }
    owner.rows(of: question, into: &builder)
    advance(question, past: page, readAt: reply.begun, hidesEntries: isHidden)
    return nil
  }

  /// A list that is null. GitHub cannot always compute a difference: then it says null for the files, and no error, however
  /// often it is asked. Any other null that no error explains is not "nothing there".
  private mutating func settleMissing(
    _ question: ListQuestion, _ unreadable: String?, _ place: Complaints.Place, of reply: Reply
  ) -> String? {
    let reason = reply.complaints.reason(place, hole: unreadable ?? Self.unexplained) ?? Self.unexplained
    guard reason == Self.unexplained, question.page.list == .files, let index = index(of: question.number) else {
      return reason
    }
    let rest = PendingList(.files, isSecondReading: true)
    replace(question.page, with: question.page.isSecondReading ? nil : rest, at: index)
    return nil
  }

  /// Moves a list on past a page. At its end its entries are held against GitHub's count of them; where the two differ
  /// the list is read once more, since it may have changed between its pages or have been cut short in silence.
  private mutating func advance(
    _ question: ListQuestion, past page: ListPage, readAt moment: Timestamp, hidesEntries: Bool
  ) {
    let list = question.page
    let isFirst = list.after == nil
    let begun = isFirst ? moment : list.begun
    let seen = list.seen + page.count
    var total = hidesEntries ? nil : page.total
    var rest: PendingList?
    if page.hasNext {
      rest = PendingList(
        list.list, after: page.endCursor, begun: begun, seen: seen, isSecondReading: list.isSecondReading)
    } else if let counted = total, begun != nil, seen != counted {
      guard list.isSecondReading else {
        if let index = index(of: question.number) {
          replace(list, with: PendingList(list.list, isSecondReading: true), at: index)
        }
        return
      }
      total = min(seen, counted)
    }
    advance(list, of: question.number, isFirst: isFirst, begun: begun, total: total, rest: rest)
  }

  private func index(of number: Int) -> Int? { checkpoint.pending.firstIndex { $0.number == number } }

  /// Puts the rest of a list in its place. With an item's last list the item is complete, unless a part of it is lost.
  private mutating func replace(_ list: PendingList, with rest: PendingList?, at index: Int) {
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
