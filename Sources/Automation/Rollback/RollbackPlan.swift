public import Domain

/// What taking a transaction back would do to one thread, or why it must not.
public struct RollbackPlan: Hashable, Sendable {
  public var thread: ThreadKey
  public var target: ItemReference
  /// In the order in which they are to be carried out.
  public var decisions: [Decision]
  /// What somebody else changed since; the whole is refused for any of them, unless it is forced.
  public var conflicts: [String]
  /// What happened and cannot be taken back.
  public var irreversible: [String]
  /// The transaction that did what is asked for, where nothing of it is left to be done.
  public var doneBy: TransactionID?
}

/// A change that somebody else than Yardmaster made to an item.
public struct OutsideChange: Hashable, Sendable {
  /// nil for a deleted account.
  public var login: String?
  /// `labeled "bug"`, in words for a maintainer.
  public var what: String
  public var at: Timestamp

  public init(login: String?, what: String, at: Timestamp) {
    self.login = login
    self.what = what
    self.at = at
  }
}

/// Plans to take a transaction back, or, where the transaction took something back itself, to do that again. Pure.
///
/// Each facet gets the value that it would have without the transaction's writes (see ``WriteHistory``), so that any order
/// of taking transactions back leads to the same end. What is on GitHub now has to be what the history says it is.
public struct RollbackPlanner {
  /// All actions of the thread that happened, in the order of their sequence.
  public var history: [RecordedAction]
  public var current: ItemState
  /// What the comments that would be removed say now; a missing id is a comment that is gone.
  public var commentBodies: [Int64: String]
  public var outsideChanges: [OutsideChange]
  /// Writes over whatever somebody else changed.
  public var isForced: Bool

  public init(
    history: [RecordedAction], current: ItemState, commentBodies: [Int64: String] = [:],
    outsideChanges: [OutsideChange] = [], isForced: Bool = false
  ) {
    self.history = history
    self.current = current
    self.commentBodies = commentBodies
    self.outsideChanges = outsideChanges
    self.isForced = isForced
  }

  /// Of the transaction's actions on the thread, those that its taking back concerns: what stands of it, or, of a
  /// rollback, what is still as it left it: taken back, or done again.
  public static func concerned(by transactions: Set<TransactionID>, in history: [RecordedAction]) -> [RecordedAction] {
    var standing: [ActionID: Bool] = [:]
    var left: [ActionID: Bool] = [:]
    for recorded in history {
      for id in recorded.action.decision.undoes {
        let stands = !standing[id, default: true]
        standing[id] = stands
        if transactions.contains(recorded.transaction) { left[id] = stands }
      }
    }
    return history.filter { recorded in
      guard !recorded.isUndo else { return false }
      return transactions.contains(recorded.transaction)
        ? recorded.isLive : left[recorded.action.id] == recorded.isLive
    }
  }

  /// The last transaction besides these that took back what they did, or did again what they took back.
  private static func turned(
    _ transactions: Set<TransactionID>, in history: [RecordedAction]
  ) -> TransactionID? {
    var turned: Set<ActionID> = []
    for recorded in history where transactions.contains(recorded.transaction) {
      turned.formUnion(recorded.action.decision.undoes + (recorded.isUndo ? [] : [recorded.action.id]))
    }
    return history.last { recorded in
      !transactions.contains(recorded.transaction) && !turned.isDisjoint(with: recorded.action.decision.undoes)
    }?.transaction
  }

  /// Comments whose text has to be known before a plan can be made.
  public static func comments(of concerned: [RecordedAction], in history: [RecordedAction]) -> [Int64] {
    concerned.compactMap { recorded in
      switch recorded.action.decision.effect {
      case .comment where recorded.isLive: commentID(of: recorded, in: history)
      case .stickyComment(let key, _): stickyID(key, in: history)
      default: nil
      }
    }
  }

  /// What the transactions did that cannot be taken back.
  private static func irreversible(of transactions: Set<TransactionID>, in history: [RecordedAction]) -> [String] {
    let concerned = concerned(by: transactions, in: history)
    let toggled = Set(concerned.map(\.action.id))
    let writes = WriteHistory(history)
    var words: [String] = []
    for recorded in concerned {
      for facet in recorded.action.decision.effect.facets where writes.value(of: facet, toggling: toggled) == nil {
        let word = "\(facet.text): what was there before is not known"
        if !words.contains(word) { words.append(word) }
      }
      for facet in recorded.action.decision.effect.facets {
        guard let wanted = writes.value(of: facet, toggling: toggled), facet.isForgotten(wanted) else { continue }
        let word = facet == .title ? "the title: it named somebody who was forgotten" : "an assignee who was forgotten"
        if !words.contains(word) { words.append(word) }
      }
    }
    for recorded in concerned where recorded.isLive {
      if case .dispatch(let dispatch) = recorded.action.decision.effect {
        words.append("the run of \(dispatch.workflow) that was started")
      }
    }
    return words
  }

  /// The comment that an action left: the one that was posted anew where it was taken back and done again.
  private static func commentID(of recorded: RecordedAction, in history: [RecordedAction]) -> Int64? {
    let again = history.last { other in
      guard case .comment = other.action.decision.effect else { return false }
      return other.action.decision.undoes.contains(recorded.action.id)
    }
    return (again ?? recorded).action.after["comment_id"]?.integer
  }

  /// The same of a reaction; nil where the token had reacted so before.
  private static func reactionID(of recorded: RecordedAction, in history: [RecordedAction]) -> Int64? {
    let again = history.last { other in
      guard case .react = other.action.decision.effect else { return false }
      return other.action.decision.undoes.contains(recorded.action.id)
    }
    return (again ?? recorded).action.after["reaction_id"]?.integer
  }

  /// The comment of a key: the one that was written to last.
  private static func stickyID(_ key: String, in history: [RecordedAction]) -> Int64? {
    let written = history.last {
      $0.action.decision.effect.isSticky(key) && $0.action.after["comment_id"]?.integer != nil
    }
    return written?.action.after["comment_id"]?.integer
  }

  public func plan(
    _ transactions: Set<TransactionID>, on thread: ThreadKey, at target: ItemReference, reason: Reason,
    standing: Standing
  ) -> RollbackPlan {
    let concerned = Self.concerned(by: transactions, in: history)
    let toggled = Set(concerned.map(\.action.id))
    var plan = RollbackPlan(
      thread: thread, target: target, decisions: [], conflicts: [],
      irreversible: Self.irreversible(of: transactions, in: history))
    var steps: [Step] = []

    facets(concerned, toggled, &steps, &plan)
    for recorded in concerned { trace(recorded, toggled, &steps, &plan) }
    if concerned.isEmpty { plan.doneBy = Self.turned(transactions, in: history) }
    // Where nothing is left to be taken back, nobody's change stands against it.
    if !isForced, !concerned.isEmpty {
      plan.conflicts += outsideChanges.map {
        "\($0.login.map { "@\($0)" } ?? "a deleted account") \($0.what) at \($0.at)"
      }
    }

    // An action counts as taken back with the last step that belongs to it, so that a kill in between leaves it open.
    var left = toggled
    var decisions: [Decision] = []
    var state = current
    var undone: [[ActionID]] = steps.map { _ in [] }
    for index in steps.indices.reversed() {
      undone[index] = steps[index].actions.filter { left.remove($0) != nil }
    }
    for (index, step) in steps.enumerated() {
      let expectation =
        isForced
        ? RollbackExpectation()
        : RollbackExpectation(
          state: step.effect.facets.isEmpty ? nil : state, commentBody: step.commentBody)
      decisions.append(
        Decision(
          target: target, effect: step.effect, reason: reason,
          before: expectation.before(of: step.effect, state),
          standing: standing, undoes: undone[index]))
      state = state.applying(step.effect)
    }
    if !left.isEmpty {
      let rest = concerned.map(\.action.id).filter(left.contains)
      decisions.append(Decision(target: target, effect: .nothing, reason: reason, standing: standing, undoes: rest))
    }
    plan.decisions = decisions
    return plan
  }

  private struct Step {
    var effect: Effect
    var actions: [ActionID]
    var commentBody: String?
  }

  // MARK: Facets

  private func facets(
    _ concerned: [RecordedAction], _ toggled: Set<ActionID>, _ steps: inout [Step], _ plan: inout RollbackPlan
  ) {
    let writes = WriteHistory(history)
    var actions: [Facet: [ActionID]] = [:]
    var order: [Facet] = []
    for recorded in concerned {
      for facet in recorded.action.decision.effect.facets {
        if actions[facet] == nil { order.append(facet) }
        actions[facet, default: []].append(recorded.action.id)
      }
    }
    var added: (labels: [String], logins: [String], labelActions: [ActionID], loginActions: [ActionID]) = (
      [], [], [], []
    )
    var removedLogins: (logins: [String], actions: [ActionID]) = ([], [])
    for facet in order {
      guard let expected = writes.value(of: facet), let wanted = writes.value(of: facet, toggling: toggled),
        !facet.isForgotten(wanted)
      else { continue }
      let found = current.value(of: facet)
      if !facet.isSame(found, as: expected), found != wanted, !isForced {
        plan.conflicts.append("\(facet.text) is \(Self.words(found)), and Yardmaster left \(Self.words(expected))")
      }
      guard found != wanted, let effect = Self.effect(setting: facet, to: wanted, spelled: spelling(of: facet)) else {
        continue
      }
      let ids = actions[facet] ?? []
      switch effect {
      case .addLabels(let names):
        added.labels += names
        added.labelActions += ids
      case .assign(let logins):
        added.logins += logins
        added.loginActions += ids
      case .unassign(let logins):
        removedLogins.logins += logins
        removedLogins.actions += ids
      default: steps.append(Step(effect: effect, actions: ids))
      }
    }
    if !added.labels.isEmpty { steps.append(Step(effect: .addLabels(added.labels), actions: added.labelActions)) }
    if !removedLogins.logins.isEmpty {
      steps.append(Step(effect: .unassign(removedLogins.logins), actions: removedLogins.actions))
    }
    if !added.logins.isEmpty { steps.append(Step(effect: .assign(added.logins), actions: added.loginActions)) }
  }

  /// Labels and logins as somebody spelled them; a facet knows them in lower case.
  private func spelling(of facet: Facet) -> String? {
    let key: String
    let name: String
    switch facet {
    case .label(let folded): (key, name) = ("labels", folded)
    case .assignee(let folded): (key, name) = ("assignees", folded)
    default: return nil
    }
    for recorded in history.reversed() {
      for shown in [recorded.action.decision.before, recorded.action.after] {
        guard case .array(let names)? = shown[key] else { continue }
        if let spelled = names.lazy.compactMap(\.string).first(where: { $0.lowercased() == name }) { return spelled }
      }
    }
    return name
  }

  private static func effect(setting facet: Facet, to value: JSONValue, spelled: String?) -> Effect? {
    switch (facet, value) {
    case (.label(let name), .bool(let isThere)):
      isThere ? .addLabels([spelled ?? name]) : .removeLabel(spelled ?? name)
    case (.assignee(let login), .bool(let isThere)):
      isThere ? .assign([spelled ?? login]) : .unassign([spelled ?? login])
    case (.state, .string("open")): .reopen
    case (.state, .string(let reason)): .close(reason: Effect.CloseReason(rawValue: reason))
    case (.title, .string(let title)): .setTitle(title)
    case (.milestone, .string(let title)): .setMilestone(title)
    case (.milestone, .null): .setMilestone(nil)
    case (.lock, .string("unlocked")): .unlock
    case (.lock, .string(let reason)): .lock(reason: Effect.LockReason(rawValue: reason))
    default: nil
    }
  }

  private static func words(_ value: JSONValue) -> String {
    switch value {
    case .bool(true): "there"
    case .bool(false): "not there"
    case .string(let text): "\"\(text)\""
    default: "none"
    }
  }

  // MARK: Comments, reactions, dispatches

  private func trace(
    _ recorded: RecordedAction, _ toggled: Set<ActionID>, _ steps: inout [Step], _ plan: inout RollbackPlan
  ) {
    let action = recorded.action
    switch action.decision.effect {
    case .comment(let body):
      if !recorded.isLive {
        steps.append(Step(effect: .comment(body: body), actions: [action.id]))
      } else if let id = Self.commentID(of: recorded, in: history), let found = commentBodies[id] {
        if !ForgottenAccount.starts(found, with: body), !isForced {
          plan.conflicts.append("the comment \(id) was edited")
        }
        steps.append(Step(effect: .deleteComment(id: id), actions: [action.id], commentBody: found))
      }
    case .stickyComment(let key, _):
      sticky(key, action, toggled, &steps, &plan)
    case .react(let reaction, let target):
      if !recorded.isLive {
        steps.append(Step(effect: .react(reaction, to: target), actions: [action.id]))
      } else if let id = Self.reactionID(of: recorded, in: history) {
        steps.append(Step(effect: .removeReaction(id: id, reaction, from: target), actions: [action.id]))
      }
    default: break
    }
  }

  private func sticky(
    _ key: String, _ action: Action, _ toggled: Set<ActionID>, _ steps: inout [Step], _ plan: inout RollbackPlan
  ) {
    let writes = WriteHistory(history)
    let expected = writes.body(ofSticky: key)
    let wanted = writes.body(ofSticky: key, toggling: toggled)
    // Once a key, with the first action that writes it.
    let first = history.first { toggled.contains($0.action.id) && $0.action.decision.effect.isSticky(key) }
    guard first?.action.id == action.id, expected != wanted else { return }
    let ids = writes.stickies[key, default: []].map(\.action).filter(toggled.contains)
    guard let wanted else {
      if let id = Self.stickyID(key, in: history), let found = commentBodies[id] {
        if let expected, !ForgottenAccount.starts(found, with: expected), !isForced {
          plan.conflicts.append("the comment \(id) was edited")
        }
        steps.append(Step(effect: .deleteComment(id: id), actions: ids, commentBody: found))
      }
      return
    }
    steps.append(Step(effect: .stickyComment(key: key, body: wanted), actions: ids))
  }
}

extension Effect {
  fileprivate func isSticky(_ key: String) -> Bool {
    if case .stickyComment(key: key, _) = self { true } else { false }
  }
}

extension Facet {
  /// Whether the value is not known any more, because it named somebody who was forgotten: it is left alone.
  fileprivate func isForgotten(_ value: JSONValue) -> Bool {
    switch self {
    case .assignee(let login): login == ForgottenAccount.login
    case .title: value.string.map(ForgottenAccount.isMentioned) ?? false
    default: false
    }
  }

  fileprivate func isSame(_ found: JSONValue, as recorded: JSONValue) -> Bool {
    guard self == .title, let found = found.string, let recorded = recorded.string else { return found == recorded }
    return ForgottenAccount.isSame(found, as: recorded)
  }
}
