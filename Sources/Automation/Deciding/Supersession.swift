public import Domain

/// Why an action that an interrupted attempt left open is not carried out as it was decided: the thread went on since.
///
/// A killed run leaves its thread free, and its event may come again much later. What others wrote meanwhile stands by
/// the moments of decision record 0006; of two rules, the newer event's.
public struct Supersession: Hashable, Sendable {
  /// What is still to be done; nil for nothing.
  public var remaining: Effect?
  public var words: String

  /// nil where nothing newer is known. A rollback's actions check the item themselves.
  public init?(of action: Action, in context: ThreadContext) {
    let decision = action.decision
    guard decision.undoes.isEmpty else { return nil }
    if case .stickyComment(let key, _) = decision.effect {
      guard let decided = context.stickies[key]?.updatedAt, let intended = action.intendedAt, decided > intended else {
        return nil
      }
      self.init(remaining: nil, words: "the comment \"\(key)\" was brought up to date since")
      return
    }
    let isRule = !decision.rules.isEmpty
    let kind: WishSource.Kind = isRule ? .rule : decision.standing.will == .rule ? .stale : .command
    let source = WishSource(
      kind: kind, name: "", evidence: decision.reason.evidence, standing: decision.standing)
    let precedence = Precedence(context.facets)
    var kept: [Effect] = []
    var objections: [String] = []
    for wish in Wish.make(decision.effect, source).map(precedence.inOrder) {
      let objection = precedence.objectionToCommand(wish) ?? (isRule ? precedence.objectionToRule(wish) : nil)
      if let objection { objections.append(objection) } else { kept.append(wish.effect) }
    }
    guard !objections.isEmpty else { return nil }
    self.init(remaining: Self.joined(kept), words: objections.joined(separator: "; "))
  }

  private init(remaining: Effect?, words: String) {
    self.remaining = remaining
    self.words = words
  }

  /// One effect of those that were one before they were looked at facet by facet.
  private static func joined(_ effects: [Effect]) -> Effect? {
    effects.dropFirst().reduce(effects.first) { joined, effect in
      switch (joined, effect) {
      case (.addLabels(let some)?, .addLabels(let more)): .addLabels(some + more)
      case (.assign(let some)?, .assign(let more)): .assign(some + more)
      case (.unassign(let some)?, .unassign(let more)): .unassign(some + more)
      default: joined
      }
    }
  }
}
