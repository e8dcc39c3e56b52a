public import Domain
import Postgres

/// Actions that were decided on and not carried out, and that a rollback of their transaction withdraws: else a retry of
/// their event would do what was taken back.
extension Store {
  /// The newest of them on the thread, in their order, rollbacks' left out.
  ///
  /// - Parameter own: left out, too.
  public func unfinished(
    on thread: ThreadKey, besides own: TransactionID
  ) async throws -> [UnfinishedAction] {
    try await perform { session in
      let rows = try await session.query(
        """
        SELECT a.transaction_id, a.sequence, a.standing FROM yardmaster.actions a
        WHERE \(WithdrawalStatements.isUnfinished) AND a.repository_key = $1 AND a.number = $2::bigint
          AND a.transaction_id <> $3::uuid AND a.undoes = '{}'
        ORDER BY a.sequence DESC LIMIT 50
        """, [.text(thread.repository), .integer(thread.number), .id(own)])
      return try rows.reversed().map { row in
        UnfinishedAction(
          transaction: try row.decode("transaction_id"), sequence: try row.decode("sequence"),
          moment: (try row.decodeJSON("standing", as: Standing?.self) ?? Standing()).moment)
      }
    }
  }
}

/// An action that was decided on and not carried out.
public struct UnfinishedAction: Hashable, Sendable {
  public var transaction: TransactionID
  /// The order of all actions.
  public var sequence: Int64
  /// See ``Standing/moment``.
  public var moment: Moment
}

enum WithdrawalStatements {
  /// ``Action/isUnfinished``, of `actions a`.
  static let isUnfinished = "NOT a.dry_run AND (a.status = 'failed' OR a.status = 'intended' AND a.begun_at IS NULL)"

  /// An event that failed for nothing else than what is withdrawn is done with, and is not tried again.
  static func withdraw(_ transactions: Set<TransactionID>, by event: ClaimedEvent) -> [PostgresStatement] {
    guard let thread = event.thread?.key, !transactions.isEmpty else { return [] }
    return [
      PostgresStatement(
        """
        WITH withdrawn AS (
          UPDATE yardmaster.actions a SET status = 'skipped', settled_at = now(),
            explanation = 'taken back before it was carried out'
          WHERE \(isUnfinished) AND a.repository_key = $1 AND a.number = $2::bigint
            AND a.transaction_id = ANY ($3::uuid[]) AND a.event_id <> $4::uuid
          RETURNING a.event_id
        ), ended AS (
          UPDATE yardmaster.events e SET outcome = 'processed' FROM (SELECT DISTINCT event_id FROM withdrawn) w
          WHERE e.id = w.event_id AND e.outcome = 'failed'
          RETURNING e.id
        ), buried AS (
          DELETE FROM yardmaster.dead_letters d USING ended WHERE d.kind = 'event' AND d.reference = ended.id::text
        )
        DELETE FROM yardmaster.failed_events f USING ended WHERE f.event_id = ended.id
        """,
        [
          .text(thread.repository), .integer(thread.number), .ids(Array(transactions)), .id(event.id),
        ])
    ]
  }
}
