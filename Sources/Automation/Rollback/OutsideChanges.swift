public import Domain

extension OutsideChange {
  /// What others changed after Yardmaster's own actions, by the order of the item's timeline.
  ///
  /// Yardmaster's own entries in the timeline mark where its actions stand: what another account did before the first of
  /// them was there already. Where none of them left an entry, the time of the first one decides.
  ///
  /// - Parameters:
  ///   - own: the actions that are to be taken back.
  ///   - ownLogin: under which Yardmaster writes; entries of an account that people use too count as its own.
  public static func since(
    _ own: [RecordedAction], in changes: [TimelineChange], ownLogin: String?
  ) -> [OutsideChange] {
    let name = ownLogin?.lowercased()
    func isOwn(_ change: TimelineChange) -> Bool {
      guard let name else { return own.contains { $0.action.decision.effect.written[change.facet] == change.value } }
      return change.account?.login.lowercased() == name
    }
    let anchor = changes.firstIndex { change in
      isOwn(change) && own.contains { $0.action.decision.effect.written[change.facet] == change.value }
    }
    let begin = own.compactMap { $0.settledAt ?? $0.action.intendedAt }.min()
    return changes.enumerated().compactMap { index, change in
      guard !isOwn(change) else { return nil }
      if let anchor {
        guard index > anchor else { return nil }
      } else if let begin, change.at.seconds < begin.seconds {
        return nil
      }
      return OutsideChange(login: change.account?.login, what: change.words, at: change.at)
    }
  }
}
