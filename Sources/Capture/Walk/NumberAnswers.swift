import Domain

extension ItemWork {
  /// Stores what stands at a number, or returns why that is not known.
  mutating func settle(_ question: Question, at slot: Int, of reply: Reply) -> Failed? {
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
  static let unexplained = "GitHub answered null without a reason"

  /// Stores an item's own row and puts its lists into the checkpoint. Lists that are known to be empty count as read.
  mutating func add(_ item: ItemNode, hasLosses: Bool, wasAskedAgain: Bool, begun: Timestamp? = nil) {
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
    readable.insert(Readable(isPullRequest: isPullRequest))
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
}
