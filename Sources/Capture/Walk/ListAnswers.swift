import Domain

extension ItemWork {
  /// Settles the lists of one owner, and returns those that did not come.
  mutating func settle(
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
    if page.isEndless(after: question.page.seen) {
      return "the list goes on far beyond GitHub's count of it"
    }
    readable.insert(Readable(isPullRequest: question.isPullRequest, list: question.page.list))
    owner.rows(of: question, into: &builder)
    let names = question.page.list == .labels ? question.page.names + owner.labelNames : []
    advance(
      question, past: page, of: reply.first, names: names, readAt: reply.begun, hidesEntries: isHidden)
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
  ///
  /// Where the second reading has as many entries as the first, GitHub counts what it does not list: then what it lists
  /// is the whole. A list that ends with a full page, as one that was cut short would, is first asked for what follows.
  /// Otherwise GitHub's count stands, and the item is one that a later sweep reads again.
  private mutating func advance(
    _ question: ListQuestion, past page: ListPage, of first: Int, names: [String], readAt moment: Timestamp,
    hidesEntries: Bool
  ) {
    let list = question.page
    let isFirst = list.after == nil
    let begun = isFirst ? moment : list.begun
    let seen = list.seen + page.distinct
    var total = hidesEntries ? nil : page.total
    var rest: PendingList?
    let onward = PendingList(
      list.list, after: page.endCursor, begun: begun, seen: seen, isSecondReading: list.isSecondReading,
      firstSeen: list.firstSeen, names: names)
    if page.hasNext {
      rest = onward
    } else if let counted = total, begun != nil, seen != counted {
      guard list.isSecondReading else {
        if let index = index(of: question.number) {
          replace(list, with: PendingList(list.list, isSecondReading: true, firstSeen: seen), at: index)
        }
        return
      }
      if list.firstSeen == seen {
        let mayGoOn = page.count >= first && page.endCursor != nil && page.endCursor != list.after
        if mayGoOn { rest = onward } else if page.count < first { total = min(seen, counted) }
      }
    }
    advance(list, of: question.number, isFirst: isFirst, begun: begun, total: total, rest: rest)
  }
}
