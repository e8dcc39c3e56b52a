public import Domain
import Postgres

extension Store {
  /// One round trip. A dry run's actions are `skipped` from the start.
  public func intend(_ decisions: [Decision], for event: ClaimedEvent, dryRun: Bool) async throws -> [Action] {
    guard !decisions.isEmpty else { return [] }
    let ids = decisions.map { _ in ActionID.random() }
    let rows = JSONValue.array(
      try decisions.enumerated().map { ordinal, decision in
        [
          "id": .string(ids[ordinal].text), "ordinal": .integer(Int64(ordinal)), "kind": .string(decision.effect.kind),
          "repository": .string(decision.target.repository.description),
          "number": .integer(Int64(decision.target.number)), "effect": try encodedValue(decision.effect),
          "reason": try encodedValue(decision.reason), "before": decision.before,
          "once_key": decision.onceKey.map { .string($0.indexable) } ?? .null,
        ] as JSONValue
      })
    let parameters: [PostgresValue] = [.json(rows), .id(event.transaction), .id(event.id)]
    let answers = try await perform { session in
      do {
        return try await session.pipeline([
          Self.hold(event),
          // A live decision whose once-key is taken conflicts and is left out here …
          PostgresStatement(Self.insertActions(status: dryRun ? "skipped" : "intended", isDryRun: dryRun), parameters),
          // … and comes in as skipped here.
          PostgresStatement(Self.insertActions(status: "skipped", isDryRun: dryRun), parameters),
          PostgresStatement(
            """
            SELECT id, status, \(microseconds("intended_at")) AS intended FROM yardmaster.actions
            WHERE event_id = $1::uuid AND id = ANY ($2::uuid[])
            """, [.id(event.id), .text("{" + ids.map(\.text).joined(separator: ",") + "}")]),
        ])[3]
      } catch let error as PostgresError where error.isLeaseLost {
        throw LeaseLost(subject: "Event \(event.id)")
      }
    }
    var stored: [ActionID: PostgresRow] = [:]
    for row in answers { stored[try row.decode("id")] = row }
    return try zip(ids, decisions).map { id, decision in
      guard let row = stored[id] else { throw StoreError.malformedRow("an action that was not stored") }
      return Action(
        id: id, decision: decision, status: try row.decodeWord("status"), intendedAt: try row.decode("intended"))
    }
  }

  /// One round trip where nobody else appended to the repository's audit log meanwhile, else three.
  public func settle(
    _ action: Action, as outcome: ActionOutcome, for event: ClaimedEvent, audit entry: AuditEntry
  ) async throws {
    try await write(
      [
        Self.hold(event),
        PostgresStatement(
          """
          UPDATE yardmaster.actions SET status = $3, after_state = $4::jsonb, explanation = $5, settled_at = now()
          WHERE id = $1::uuid AND event_id = $2::uuid
          """,
          [
            .id(action.id), .id(event.id), .text(outcome.status.rawValue), .json(outcome.after),
            .text(outcome.explanation),
          ]),
      ], audit: entry, for: event)
  }

  /// Fails where the event is not this attempt's any more; keeps other attempts out until the transaction's end, and
  /// renews the lease.
  private static func hold(_ event: ClaimedEvent) -> PostgresStatement {
    PostgresStatement(
      """
      WITH held AS (
        UPDATE yardmaster.events SET lease_expires_at = now() + make_interval(secs => lease_seconds)
        WHERE id = $1::uuid AND attempts = $2::integer AND outcome IS NULL
        RETURNING 1
      )
      SELECT CASE WHEN NOT EXISTS (SELECT FROM held) THEN yardmaster.fail('YM002', 'the event was taken over') END
      """, [.id(event.id), .integer(event.attempt)])
  }

  private static func insertActions(status: String, isDryRun: Bool) -> String {
    """
    INSERT INTO yardmaster.actions (id, transaction_id, event_id, ordinal, kind, repository, number, effect, reason,
      once_key, before_state, after_state, status, explanation, dry_run, settled_at)
    SELECT r.id, $2::uuid, $3::uuid, r.ordinal, r.kind, r.repository, r.number, r.effect, r.reason,
      r.once_key, r.before, NULL, '\(status)',
      \(status == "intended" ? "NULL" : isDryRun ? "'dry run'" : "'\(onceKeyTaken)'"), \(isDryRun),
      \(status == "intended" ? "NULL" : "now()")
    FROM json_to_recordset($1::json) AS r (id uuid, ordinal integer, kind text, repository text, number bigint,
      effect jsonb, reason jsonb, once_key text, before jsonb)
    ORDER BY r.once_key, r.ordinal
    ON CONFLICT DO NOTHING
    """
  }
}
