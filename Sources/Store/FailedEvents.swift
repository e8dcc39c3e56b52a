public import Domain
import Postgres

/// Events that failed: who tries them again, when, and with what.
extension Store {
  /// Failed events that are due, the oldest on GitHub first; also those whose latest attempt did not come to its end.
  /// Whoever processes one claims it as any event, so two that ask at once do no harm.
  ///
  /// - Parameters:
  ///   - key: see ``ThreadKey/repository``.
  ///   - mode: a dry run and a live run of one event are two events.
  public func retryableEvents(of key: String, mode: Settings.Mode, limit: Int) async throws -> [FailedEvent] {
    try await perform { session in
      try await session.query(
        """
        SELECT \(FailedEvent.columns)
        FROM yardmaster.failed_events f JOIN yardmaster.events e ON e.id = f.event_id
        WHERE f.repository_key = $1 AND f.next_attempt_at <= now() AND f.payload IS NOT NULL
          AND (e.outcome = 'failed' OR e.outcome IS NULL) AND e.mode = $2
        ORDER BY coalesce(e.occurred_at, e.received_at), e.id LIMIT $3::integer
        """, [.text(key), .text(mode.rawValue), .integer(limit)]
      ).map(FailedEvent.init(row:))
    }
  }

  /// The event where an attempt failed and none came to an end after it; nil where there is no such event.
  public func failedEvent(_ id: EventID) async throws -> FailedEvent? {
    try await perform { session in
      try await session.query(
        """
        SELECT \(FailedEvent.columns)
        FROM yardmaster.events e LEFT JOIN yardmaster.failed_events f ON f.event_id = e.id
        WHERE e.id = $1::uuid AND (e.outcome = 'failed' OR e.outcome IS NULL AND f.event_id IS NOT NULL)
        """, [.id(id)]
      ).first.map(FailedEvent.init(row:))
    }
  }

  /// How the event ended; nil in both where there is no such event, and where it has not ended.
  public func outcome(ofEvent id: EventID) async throws -> (isKnown: Bool, outcome: EventOutcome?) {
    try await perform { session in
      let rows = try await session.query("SELECT outcome FROM yardmaster.events WHERE id = $1::uuid", [.id(id)])
      return (!rows.isEmpty, try rows.first?.decodeIfPresent("outcome", as: String.self).flatMap(EventOutcome.init))
    }
  }

  /// What was kept of a failed event to try it again; nil where nothing was.
  public func payload(ofEvent id: EventID) async throws -> EventPayload? {
    try await perform { session in
      guard
        let row = try await session.query(
          """
          SELECT event_name, payload FROM yardmaster.failed_events
          WHERE event_id = $1::uuid AND event_name IS NOT NULL AND payload IS NOT NULL
          """, [.id(id)]
        ).first
      else { return nil }
      return EventPayload(name: try row.decode("event_name"), document: try row.decodeJSON("payload"))
    }
  }

  /// Makes a failed event due at once, however often it failed before; its attempts count on. What has not failed stays
  /// as it is.
  ///
  /// - Parameter entry: says who asked for it.
  public func reopen(_ id: EventID, audit entry: AuditEntry) async throws {
    let row = Identifier<AuditRow>.random()
    try await perform { session in
      try await audit.append(
        entry,
        with: [
          PostgresStatement(
            """
            UPDATE yardmaster.failed_events f SET next_attempt_at = now()
            FROM yardmaster.events e WHERE f.event_id = $1::uuid AND e.id = f.event_id AND e.outcome = 'failed'
            """, [.id(id)])
        ], in: session, id: row)
    }
  }

  /// What failed for good, the newest failure first.
  ///
  /// - Parameter repository: nil for those of every repository.
  public func deadLetters(of repository: RepositoryName?, limit: Int) async throws -> [StoredDeadLetter] {
    try await perform { session in
      try await session.query(
        """
        SELECT d.id AS letter, d.kind, d.reference, d.error AS last_error, d.attempts AS tries, d.number AS item,
          \(microseconds("d.created_at")) AS created, \(microseconds("d.updated_at")) AS updated,
          r.owner || '/' || r.name AS captured_of, \(FailedEvent.columns)
        FROM yardmaster.dead_letters d
          LEFT JOIN yardmaster.repositories r ON r.id = d.repository_id
          LEFT JOIN yardmaster.events e ON d.kind = 'event' AND e.id::text = d.reference
          LEFT JOIN yardmaster.failed_events f ON f.event_id = e.id
        WHERE $1::text IS NULL OR lower(r.owner || '/' || r.name) = lower($1) OR lower(e.repository) = lower($1)
          OR f.repository_key = ANY (yardmaster.repository_keys($1))
        ORDER BY d.updated_at DESC, d.id LIMIT $2::integer
        """, [.text(repository?.description), .integer(limit)]
      ).map(StoredDeadLetter.init(row:))
    }
  }
}

/// What `finish` writes about a failure besides the event's own row.
enum FailureStatements {
  /// The event is kept with what it takes to try it again, and the time for that; where it failed too often it becomes a
  /// dead letter. Follows the statement that settles the event.
  static func keep(_ event: EventID, _ payload: EventPayload?) -> [PostgresStatement] {
    let document = payload.flatMap { payload -> PostgresValue? in
      let value = PostgresValue.json(payload.document)
      guard case .json(let bytes) = value, bytes.count <= EventPayload.maximumSize else { return nil }
      return value
    }
    return [
      PostgresStatement(
        """
        INSERT INTO yardmaster.failed_events AS f (event_id, repository_key, event_name, payload, next_attempt_at)
        SELECT e.id, coalesce(e.repository_key, e.repository_github_id::text, lower(e.repository)), $2, $3::jsonb,
          CASE WHEN e.attempts < $4::integer
            THEN now() + make_interval(secs => $5::integer * power(2, e.attempts - 1)) END
        FROM yardmaster.events e WHERE e.id = $1::uuid
        ON CONFLICT (event_id) DO UPDATE SET event_name = coalesce(excluded.event_name, f.event_name),
          payload = coalesce(excluded.payload, f.payload), next_attempt_at = excluded.next_attempt_at
        """,
        [
          .id(event), .text(document == nil ? nil : payload?.name), document ?? .null,
          .integer(RetrySchedule.maximumAttempts), .integer(RetrySchedule.firstPause),
        ]),
      // Without the repository's row: what a capture lacks is counted by it.
      PostgresStatement(
        """
        INSERT INTO yardmaster.dead_letters AS d (kind, reference, error, attempts, payload)
        SELECT 'event', e.id::text, coalesce(e.error, ''), e.attempts,
          jsonb_build_object('event_name', f.event_name, 'payload', f.payload)
        FROM yardmaster.events e JOIN yardmaster.failed_events f ON f.event_id = e.id
        WHERE e.id = $1::uuid AND e.attempts >= $2::integer
        ON CONFLICT (kind, reference) DO UPDATE SET error = excluded.error, attempts = excluded.attempts,
          payload = excluded.payload, updated_at = now()
        """, [.id(event), .integer(RetrySchedule.maximumAttempts)]),
    ]
  }

  /// An event that came to its end after all.
  static func forget(_ event: EventID) -> [PostgresStatement] {
    [
      PostgresStatement("DELETE FROM yardmaster.failed_events WHERE event_id = $1::uuid", [.id(event)]),
      PostgresStatement(
        "DELETE FROM yardmaster.dead_letters WHERE kind = 'event' AND reference = $1", [.id(event)]),
    ]
  }
}

extension FailedEvent {
  /// What ``init(row:)`` reads of `events e` and `failed_events f`.
  static let columns = """
    e.id, coalesce(f.event_name, e.event_name) AS event_name, e.action, e.repository, e.number, e.mode, e.attempts, \
    e.error, \(microseconds("f.next_attempt_at")) AS next_attempt, f.payload IS NOT NULL AS has_payload
    """

  init(row: PostgresRow) throws {
    guard let repository = RepositoryName(try row.decode("repository", as: String.self)) else {
      throw StoreError.malformedRow("an event's repository")
    }
    self.init(
      id: try row.decode("id"), name: try row.decode("event_name"), action: try row.decodeIfPresent("action"),
      repository: repository, number: try row.decodeIfPresent("number"), mode: try row.decodeWord("mode"),
      attempts: try row.decode("attempts"), error: try row.decodeIfPresent("error"),
      nextAttemptAt: try row.decodeIfPresent("next_attempt"), hasPayload: try row.decode("has_payload"))
  }
}

extension StoredDeadLetter {
  fileprivate init(row: PostgresRow) throws {
    let event = try row.decodeIfPresent("id", as: EventID.self) == nil ? nil : try FailedEvent(row: row)
    let captured = try row.decodeIfPresent("captured_of", as: String.self).flatMap { RepositoryName($0) }
    self.init(
      id: try row.decode("letter"), kind: try row.decode("kind"), reference: try row.decode("reference"),
      repository: event?.repository ?? captured, number: try event?.number ?? row.decodeIfPresent("item"),
      event: event, error: try row.decode("last_error"), attempts: try row.decode("tries"),
      createdAt: try row.decode("created"), updatedAt: try row.decode("updated"))
  }
}
