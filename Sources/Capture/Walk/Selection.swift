import Domain

extension ChunkWalk {
  /// Lists that an item has at least, by experience two of five: heads are asked for until these fill the next call.
  private static let listsOfAnItem = 2

  /// What the next call asks for, in the order of its importance.
  ///
  /// Lists that go on come first, because each of their pages has to wait for the one before; so the longest list drains
  /// beside other work instead of after it. Then numbers where nothing was found, then first pages, and last the heads
  /// of as many numbers as it takes to fill the call after this one. Something is chosen as long as anything is left.
  func selection(at checkpoint: Checkpoint, width: Int) -> [Question] {
    var begun: [Question] = []
    var fresh: [[Question]] = []
    for item in checkpoint.pending {
      var first: [Question] = []
      for list in item.lists where list.list != .reviewComments {
        let question = Question.list(
          ListQuestion(number: item.number, nodeID: item.nodeID, isPullRequest: item.isPullRequest, page: list))
        if list.after == nil { first.append(question) } else { begun.append(question) }
      }
      if !first.isEmpty { fresh.append(first) }
    }
    let waiting = begun.count + fresh.reduce(0) { $0 + $1.count }
    let full = min(width, ItemsQuery.requestsPerPoint)
    let wanted = min(
      numbers.count - checkpoint.next, (max(0, 2 * full - waiting) + Self.listsOfAnItem - 1) / Self.listsOfAnItem)
    let lists = min(full, waiting, width - min(checkpoint.absent.count + wanted, width / 3))
    let room = width - lists
    let absent = checkpoint.absent.prefix(max(room / 2, room - wanted)).map { Question.absent($0) }
    var heads = numbers.slice(from: checkpoint.next, length: min(wanted, room - absent.count))
    // In fives, so that documents are alike.
    if heads.count > 5, checkpoint.next + heads.count < numbers.count { heads = heads.dropLast(heads.count % 5) }
    var questions = Array(begun.prefix(lists))
    questions += absent
    questions += Self.fill(max(0, lists - begun.count), with: fresh)
    questions += heads.map { .head($0) }
    return questions
  }

  /// First pages of items in their order, whole items before parts of one: the items of a group are alike then.
  private static func fill(_ room: Int, with items: [[Question]]) -> [Question] {
    var chosen: [Question] = []
    var skipped: [Question]?
    for lists in items where chosen.count < room {
      if lists.count <= room - chosen.count { chosen += lists } else { skipped = skipped ?? lists }
    }
    return chosen + (skipped?.prefix(room - chosen.count) ?? [])
  }
}
