public import Domain

extension OutsideChange {
  /// What others changed after Yardmaster's own actions, by the order of the item's timeline.
  ///
  /// Yardmaster's own entries in the timeline mark where its actions stand: what another account did before the first of
  /// them was there already. Where it wrote the same several times, the entries are counted from both ends, and the
  /// older of the two that this comes to is taken: one of an action that left none, or of somebody else with the same
  /// account, then makes for a change too many and not too few. Where there is no entry, the time of the first action
  /// decides.
  ///
  /// - Parameters:
  ///   - own: the actions that are to be taken back.
  ///   - history: all actions of the thread that happened, in the order of their sequence.
  ///   - ownLogin: under which Yardmaster writes; entries of an account that people use too count as its own.
  public static func since(
    _ own: [RecordedAction], of history: [RecordedAction], in changes: [TimelineChange], ownLogin: String?
  ) -> [OutsideChange] {
    let name = ownLogin?.lowercased()
    func isOwn(_ change: TimelineChange) -> Bool {
      guard let name else { return own.contains { $0.wrote(change) } }
      return change.account?.login.lowercased() == name
    }
    let entries = changes.indices.filter { isOwn(changes[$0]) }
    let anchor = own.flatMap { action in
      action.action.decision.effect.written.compactMap { facet, value -> Int? in
        let same = entries.filter { changes[$0].facet == facet && changes[$0].value == value }
        let writes = history.filter { $0.action.decision.effect.written[facet] == value }
        let earlier = writes.count { $0.sequence < action.sequence }
        let later = writes.count { $0.sequence > action.sequence }
        return same.isEmpty ? nil : same[max(0, min(earlier, same.count - 1 - later))]
      }
    }.min()
    let begin = own.compactMap { $0.settledAt ?? $0.action.intendedAt }.min()
    return changes.enumerated().compactMap { index, change in
      guard !isOwn(change) else { return nil }
      if let anchor {
        guard index > anchor else { return nil }
      } else if let begin, change.at.seconds <= begin.seconds {
        // Of the same second nobody can tell; nor is there anything on the item itself that could be overwritten.
        return nil
      }
      return OutsideChange(login: change.account?.login, what: change.words, at: change.at)
    }
  }
}

extension RecordedAction {
  fileprivate func wrote(_ change: TimelineChange) -> Bool {
    action.decision.effect.written[change.facet] == change.value
  }
}
