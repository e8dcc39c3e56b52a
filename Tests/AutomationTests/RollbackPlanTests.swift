import Automation
import Domain
import Testing

/// Taking transactions back, taking that back, and so on, on a thread that is kept here.
@Suite struct RollbackPlanTests {
  /// GitHub and the database as they are once plans were carried out.
  private struct Thread {
    var state: ItemState
    var history: [RecordedAction] = []
    var bodies: [Int64: String] = [:]
    var reactions: Set<Int64> = []
    private var lastID: Int64 = 100

    static let key = ThreadKey(repository: Sample.repository, githubID: 1, number: 7)
    static let item = ItemReference(repository: Sample.repository, number: 7)

    init(_ state: ItemState) { self.state = state }

    mutating func act(_ effects: Effect...) -> TransactionID {
      let transaction = TransactionID.random()
      for effect in effects {
        let decision = Decision(
          target: Self.item, effect: effect, reason: Reason(origin: "command", evidence: ""),
          before: state.shown(for: effect))
        carryOut(decision, in: transaction)
      }
      return transaction
    }

    func plan(_ transaction: TransactionID, isForced: Bool = false) -> RollbackPlan {
      RollbackPlanner(history: history, current: state, commentBodies: bodies, isForced: isForced)
        .plan(
          [transaction], on: Self.key, at: Self.item, reason: Reason(origin: "rollback", evidence: ""),
          standing: Standing(will: .person))
    }

    mutating func takeBack(_ transaction: TransactionID, isForced: Bool = false) -> TransactionID {
      let plan = plan(transaction, isForced: isForced)
      #expect(plan.conflicts == [])
      let rollback = TransactionID.random()
      for decision in plan.decisions { carryOut(decision, in: rollback) }
      return rollback
    }

    private mutating func carryOut(_ decision: Decision, in transaction: TransactionID) {
      state = state.applying(decision.effect)
      var after = state.shown(for: decision.effect)
      lastID += 1
      switch decision.effect {
      case .comment(let body):
        bodies[lastID] = body
        after = ["comment_id": .integer(lastID)]
      case .stickyComment(_, let body):
        bodies[lastID] = body
        after = ["comment_id": .integer(lastID)]
      case .react:
        reactions.insert(lastID)
        after = ["reaction_id": .integer(lastID)]
      case .deleteComment(let id): bodies[id] = nil
      case .removeReaction(let id, _, _): reactions.remove(id)
      default: break
      }
      let action = Action(id: .random(), decision: decision, status: .done, after: after)
      history.append(
        RecordedAction(action: action, transaction: transaction, thread: Self.key, sequence: lastID))
      for index in history.indices where decision.undoes.contains(history[index].action.id) {
        history[index].action.status = history[index].isLive ? .rolledBack : .done
      }
    }
  }

  @Test("Steps that take one action back together are no writes of their own", arguments: [false, true])
  func stepsAreNoWrites(isForced: Bool) {
    let start = ItemState(labels: ["a"], title: "t")
    var thread = Thread(start)
    let removal = thread.act(.removeLabel("a"))
    // Two labels, so two steps, of which the last names the action.
    let addition = thread.act(.addLabels(["a", "b"]))
    _ = thread.takeBack(addition, isForced: isForced)
    _ = thread.takeBack(removal, isForced: isForced)
    #expect(thread.state.labels == start.labels)
  }

  @Test("What was taken back and done again any number of times is as its last turn left it", arguments: 1...6)
  func turns(count: Int) {
    let start = ItemState(labels: ["a"], title: "t")
    var thread = Thread(start)
    var last = thread.act(
      .addLabels(["b", "c"]), .close(reason: .notPlanned), .comment(body: "text"),
      .stickyComment(key: "k", body: "sticky"), .react(.eyes, to: .item))
    let done = thread.state
    for _ in 0..<count { last = thread.takeBack(last) }
    let isDone = count.isMultiple(of: 2)
    #expect(thread.state.differences(to: isDone ? done : start) == [])
    #expect(thread.bodies.values.sorted() == (isDone ? ["sticky", "text"] : []))
    #expect(thread.reactions.count == (isDone ? 1 : 0))
  }

  @Test("A transaction that changed nothing visible can be done again all the same")
  func nothingVisible() {
    var thread = Thread(ItemState(title: "t"))
    let first = thread.act(.addLabels(["a"]))
    let second = thread.act(.removeLabel("a"))
    let rollback = thread.takeBack(first)
    _ = thread.takeBack(rollback)
    _ = thread.takeBack(second)
    #expect(thread.state.labels == ["a"])
  }

  @Test("What a person changed between two writes of the same was there before the second")
  func changesBetween() {
    var thread = Thread(ItemState(title: "t"))
    _ = thread.act(.addLabels(["a"]))
    let first = thread.history
    _ = thread.act(.removeLabel("a"))
    let transaction = thread.act(.addLabels(["a"]))
    func change(_ action: String, _ label: String, _ login: String, _ second: Int64) -> TimelineChange {
      TimelineChange(
        account: Account(login: login, kind: .user), at: Timestamp(seconds: second), action: action,
        facet: .label(named: label),
        value: .bool(action == "labeled"), detail: label)
    }
    let timeline = [
      change("labeled", "a", "robot", 1), change("labeled", "x", "mona", 2), change("unlabeled", "a", "robot", 3),
      change("labeled", "a", "robot", 4),
    ]
    func since(_ own: [RecordedAction], _ changes: [TimelineChange]) -> [String] {
      OutsideChange.since(own, of: thread.history, in: changes, ownLogin: "robot").map(\.what)
    }
    let own = thread.history.filter { $0.transaction == transaction }
    #expect(since(own, timeline) == [])
    #expect(since(first, timeline) == ["labeled \"x\""])
    #expect(since(own, timeline + [change("unlabeled", "x", "mona", 5)]) == ["unlabeled \"x\""])
    // Somebody else with the same account: a change too many and none too few.
    let others = timeline + [change("unlabeled", "a", "mona", 5), change("labeled", "a", "robot", 6)]
    #expect(since(own, others).contains("unlabeled \"a\""))
  }
}
