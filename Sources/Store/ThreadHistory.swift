public import Domain
import Postgres

/// What has been done, for those who undo it or show it.
extension Store {
  /// Every action of the thread that happened, in the order of the writes.
  public func history(of thread: ThreadKey) async throws -> [RecordedAction] {
    try await recorded(
      """
      WHERE a.repository_key = $1 AND a.number = $2::bigint AND NOT a.dry_run AND a.status IN ('done', 'rolled_back')
      ORDER BY a.sequence
      """, [.text(thread.repository), .integer(thread.number)])
  }

  /// Every action of a transaction, or of all that a workflow run did.
  public func actions(of target: RollbackTarget) async throws -> [RecordedAction] {
    switch target {
    case .transaction(let id):
      try await recorded("WHERE a.transaction_id = $1::uuid AND NOT a.dry_run ORDER BY a.sequence", [.id(id)])
    case .run(let id):
      try await recorded(
        """
        WHERE a.event_id IN (SELECT id FROM yardmaster.events WHERE run_id = $1::bigint) AND NOT a.dry_run
        ORDER BY a.sequence
        """, [.integer(id)])
    }
  }

  /// How many rollbacks of the target came to an end: the next one is another event than they were. And whether one has
  /// not come to its end.
  public func rollbacks(_ identityPrefix: String) async throws -> (finished: Int, isOneOpen: Bool) {
    try await perform { session in
      let row = try await session.query(
        """
        SELECT count(outcome) AS finished, count(*) > count(outcome) AS open FROM yardmaster.events
        WHERE event_name = 'rollback' AND starts_with(identity, $1)
        """, [.text(identityPrefix)])[0]
      return (try row.decode("finished"), try row.decode("open"))
    }
  }

  private func recorded(_ condition: String, _ parameters: [PostgresValue]) async throws -> [RecordedAction] {
    try await perform { session in
      try await session.query(
        """
        SELECT \(Action.columns), a.transaction_id, a.repository_key, a.sequence,
          \(microseconds("a.settled_at")) AS settled
        FROM yardmaster.actions a \(condition)
        """, parameters
      ).map { row in
        let action = try Action(row: row)
        var thread = ThreadKey(
          repository: action.decision.target.repository, githubID: nil, number: action.decision.target.number)
        if let key = try row.decodeIfPresent("repository_key", as: String.self) { thread.repository = key }
        return RecordedAction(
          action: action, transaction: try row.decode("transaction_id"), thread: thread,
          sequence: try row.decode("sequence"), settledAt: try row.decodeIfPresent("settled"))
      }
    }
  }
}

/// What is to be taken back.
public enum RollbackTarget: Hashable, Sendable {
  case transaction(TransactionID)
  /// Everything that a workflow run did.
  case run(Int64)
}
