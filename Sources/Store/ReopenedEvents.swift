public import Domain
import Postgres

/// A thread's failed events, for whoever asks on the thread itself to have them processed again.
extension Store {
  /// Events of the thread that failed and can be tried again, and those named besides, whatever became of them; the
  /// oldest on GitHub first.
  ///
  /// - Parameter mode: nil for those of either.
  public func reopenedEvents(
    on thread: ThreadKey, mode: Settings.Mode?, besides ids: [EventID], limit: Int
  ) async throws -> [ReopenedEvent] {
    try await perform { session in
      try await session.query(
        """
        SELECT \(FailedEvent.columns), e.outcome
        FROM yardmaster.events e LEFT JOIN yardmaster.failed_events f ON f.event_id = e.id
        WHERE e.repository_key = $1 AND e.number = $2::bigint AND (e.id = ANY ($4::uuid[])
          OR e.outcome = 'failed' AND f.payload IS NOT NULL AND ($3::text IS NULL OR e.mode = $3))
        ORDER BY coalesce(e.occurred_at, e.received_at), e.id LIMIT $5::integer
        """,
        [
          .text(thread.repository), .integer(thread.number), .text(mode?.rawValue), .ids(ids), .integer(limit),
        ]
      ).map { row in
        let outcome = try row.decodeIfPresent("outcome", as: String.self)
        return ReopenedEvent(event: try FailedEvent(row: row), outcome: outcome.flatMap(EventOutcome.init))
      }
    }
  }

  /// Events that an earlier attempt at this one has reopened, as the audit log tells: one that was processed since
  /// has left no other trace of having failed.
  ///
  /// - Parameter eventType: of the entries that ``reopen(_:audit:)`` was given. Their `metadata` names the reopened event
  ///   as `event_id` and the one that it was done for as `asked_by`.
  public func eventsReopened(for event: ClaimedEvent, eventType: String) async throws -> [EventID] {
    try await perform { session in
      try await session.query(
        """
        SELECT DISTINCT (a.metadata ->> 'event_id')::uuid AS id
        FROM yardmaster.audit_log a JOIN yardmaster.events e ON e.id = $1::uuid
        WHERE a.repository = $2 AND a.event_type = $3 AND a.recorded_at >= e.received_at
          AND a.metadata ->> 'asked_by' = $4
        """,
        [.id(event.id), .text(event.repository.description), .text(eventType), .text(event.id.text)]
      ).map { try $0.decode("id") }
    }
  }
}
