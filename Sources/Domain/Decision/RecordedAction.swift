/// An action as it stands in the store, with what an undo has to know besides.
public struct RecordedAction: Hashable, Sendable {
  public var action: Action
  public var transaction: TransactionID
  public var thread: ThreadKey
  /// The order of writes to a thread.
  public var sequence: Int64
  /// By the database's clock.
  public var settledAt: Timestamp?

  public init(
    action: Action, transaction: TransactionID, thread: ThreadKey, sequence: Int64, settledAt: Timestamp? = nil
  ) {
    self.action = action
    self.transaction = transaction
    self.thread = thread
    self.sequence = sequence
    self.settledAt = settledAt
  }

  /// Whether its effect stands: it happened, and was not taken back.
  public var isLive: Bool { action.status == .done }
  /// Whether it is a part of taking others back. Of several steps for one action, the last one names it.
  public var isUndo: Bool { !action.decision.undoes.isEmpty || RollbackExpectation(action.decision.before) != nil }
}

extension [RecordedAction] {
  /// A thread's history as it was before a transaction that takes others back.
  public func before(_ transaction: TransactionID) -> [RecordedAction] {
    var hasTurned: Set<ActionID> = []
    for recorded in self where recorded.transaction == transaction {
      hasTurned.formSymmetricDifference(recorded.action.decision.undoes)
    }
    return filter { $0.transaction != transaction }.map { recorded in
      var recorded = recorded
      if hasTurned.contains(recorded.action.id) { recorded.action.status = recorded.isLive ? .rolledBack : .done }
      return recorded
    }
  }
}
