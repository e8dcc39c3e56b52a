public import Domain
import Postgres

/// What was done, and how a thread came to where it is, for people.
extension Store {
  /// Actions, the newest first, whatever became of them.
  ///
  /// - Parameters:
  ///   - repository: under its name of today or a former one; nil for every repository.
  ///   - number: nil for every item.
  public func actions(
    repository: RepositoryName?, number: Int? = nil, limit: Int = 50
  ) async throws -> [ListedAction] {
    try await perform { session in
      try await session.query(
        """
        SELECT \(Action.columns), a.transaction_id, a.event_id, a.dry_run, a.explanation, e.event_name,
          e.action AS event_action, e.actor, nullif(e.run_id, 0) AS run, \(microseconds("a.settled_at")) AS settled
        FROM (
          SELECT * FROM yardmaster.actions
          WHERE ($1::text IS NULL OR repository_key = ANY (yardmaster.repository_keys($1)))
            AND ($2::bigint IS NULL OR number = $2::bigint)
          ORDER BY sequence DESC LIMIT $3::integer
        ) a JOIN yardmaster.events e ON e.id = a.event_id
        ORDER BY a.sequence DESC
        """, [.text(repository?.description), .integer(number), .integer(limit)]
      ).map { row in
        ListedAction(
          action: try Action(row: row), transaction: try row.decode("transaction_id"),
          event: try row.decode("event_id"), eventName: try row.decode("event_name"),
          eventAction: try row.decodeIfPresent("event_action"), actor: try row.decodeIfPresent("actor"),
          runID: try row.decodeIfPresent("run"), isDryRun: try row.decode("dry_run"),
          explanation: try row.decodeIfPresent("explanation"), settledAt: try row.decodeIfPresent("settled"))
      }
    }
  }

  /// The thread's story in order: `SELECT * FROM yardmaster.story('o/r', 12)` is the same for any client.
  ///
  /// - Parameter limit: of a longer story, the newest entries.
  public func story(
    of repository: RepositoryName, number: Int, limit: Int = 1_000
  ) async throws -> [StoryEntry] {
    try await perform { session in
      try await session.query(
        """
        SELECT \(microseconds("s.at")) AS at, s.kind, s.who, s.what, s.detail, s.transaction_id,
          s.detail -> 'effect' AS effect
        FROM yardmaster.story($1, $2::bigint) WITH ORDINALITY
          AS s (at, kind, who, what, detail, transaction_id, ordinal)
        ORDER BY s.ordinal DESC LIMIT $3::integer
        """, [.text(repository.description), .integer(number), .integer(limit)]
      ).reversed().map { row in
        StoryEntry(
          at: try row.decodeIfPresent("at"), kind: try row.decodeWord("kind"), who: try row.decodeIfPresent("who"),
          what: try row.decode("what"), detail: try row.decodeJSON("detail"),
          transaction: try row.decodeIfPresent("transaction_id"), effect: try row.decodeJSON("effect"))
      }
    }
  }
}
