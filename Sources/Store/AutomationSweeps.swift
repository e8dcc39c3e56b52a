public import Domain
import Postgres

extension Store: AutomationSweepStore {
  /// One round trip.
  public func enterSweep(_ claim: SweepClaim) async throws -> SweepClaimResult {
    try await perform { session in
      let key = Self.key(of: claim)
      let rows = try await session.pipeline([
        PostgresStatement(
          """
          WITH taken AS (
            INSERT INTO yardmaster.automation_sweeps AS s (repository_key, mode, lease_token, lease_worker,
              lease_expires_at)
            VALUES ($1, $2, $3::uuid, $4, now() + make_interval(secs => $5::integer))
            ON CONFLICT (repository_key, mode) DO UPDATE SET lease_token = excluded.lease_token,
              lease_worker = excluded.lease_worker, lease_expires_at = excluded.lease_expires_at
            WHERE s.lease_expires_at IS NULL OR s.lease_expires_at <= now() OR s.lease_token = excluded.lease_token
              OR s.lease_worker = $6
            RETURNING *
          )
          SELECT \(microseconds("t.cursor")) AS cursor, t.changes, t.round,
            \(microseconds("t.round_started_at")) AS round_started, t.unshown,
            (SELECT \(microseconds("min(coalesce(e.occurred_at, e.received_at))")) FROM yardmaster.events e
              WHERE e.repository_key = $1 AND e.mode = $2) AS first_event,
            (SELECT json_agg(lower(o.login)) FROM yardmaster.own_logins o) AS own_logins
          FROM taken t
          """, key + [.text(claim.worker), .integer(claim.lease), .text(claim.deadWorker)]),
        PostgresStatement(
          "SELECT lease_worker FROM yardmaster.automation_sweeps WHERE repository_key = $1 AND mode = $2",
          Array(key.prefix(2))),
      ])
      guard let row = rows[0].first else {
        return .occupied(worker: try rows[1].first?.decodeIfPresent("lease_worker"))
      }
      let own: [String]? = try row.decodeJSON("own_logins")
      return .entered(
        SweepEntry(
          state: SweepState(
            cursor: try row.decodeIfPresent("cursor"), changes: try row.decodeJSON("changes"),
            round: try row.decodeJSON("round"), roundStartedAt: try row.decodeIfPresent("round_started"),
            unshown: try row.decodeJSON("unshown")),
          firstEventAt: try row.decodeIfPresent("first_event"), ownLogins: Set(own ?? [])))
    }
  }

  public func recordSweep(_ state: SweepState, of claim: SweepClaim) async throws {
    let changes = try state.changes.map { try PostgresValue.encoded($0) } ?? .null
    let round = try state.round.map { try PostgresValue.encoded($0) } ?? .null
    try await hold(
      claim,
      """
      , cursor = $5::timestamptz, changes = $6::jsonb, round = $7::jsonb, round_started_at = $8::timestamptz, \
      unshown = $9::jsonb
      """,
      [
        .integer(claim.lease), .time(state.cursor), changes, round, .time(state.roundStartedAt),
        .json(try encodedValue(state.unshown)),
      ])
  }

  public func renewSweep(_ claim: SweepClaim) async throws { try await hold(claim, "", [.integer(claim.lease)]) }

  public func leaveSweep(_ claim: SweepClaim) async throws {
    try await perform { session in
      _ = try await session.query(
        """
        UPDATE yardmaster.automation_sweeps SET lease_token = NULL, lease_worker = NULL, lease_expires_at = NULL
        WHERE repository_key = $1 AND mode = $2 AND lease_token = $3::uuid
        """, Self.key(of: claim))
    }
  }

  public func knownIdentities(_ identities: [EventIdentity], mode: Settings.Mode) async throws -> Set<EventIdentity> {
    let texts = Dictionary(identities.map { ($0.text.indexable, $0) }, uniquingKeysWith: { first, _ in first })
    guard !texts.isEmpty else { return [] }
    let list = JSONValue.array(texts.keys.map(JSONValue.string))
    let found: [String] = try await perform { session in
      try await session.query(
        """
        SELECT e.identity FROM json_array_elements_text($1::json) AS i (identity)
        JOIN yardmaster.events e ON e.identity = i.identity AND e.mode = $2
        LEFT JOIN yardmaster.failed_events f ON f.event_id = e.id
        -- A failed one has its own time; only one of which nothing was kept to try it again with is found by this alone.
        WHERE e.outcome <> 'failed'
          OR e.outcome = 'failed' AND f.event_id IS NOT NULL AND (f.payload IS NOT NULL OR f.next_attempt_at IS NULL
            OR f.next_attempt_at > now())
        """, [.json(list), .text(mode.rawValue)]
      ).map { try $0.decode("identity") }
    }
    return Set(found.compactMap { texts[$0] })
  }

  public func unfinishedVisits(_ claim: SweepClaim) async throws -> [UnfinishedVisit] {
    try await perform { session in
      try await session.query(
        """
        SELECT e.number, \(microseconds("e.occurred_at")) AS round
        FROM yardmaster.events e LEFT JOIN yardmaster.failed_events f ON f.event_id = e.id
        WHERE e.repository_key = $1 AND e.mode = $2 AND e.event_name = 'schedule' AND e.occurred_at IS NOT NULL
          AND e.received_at > now() - interval '7 days'
          AND (e.outcome IS NULL OR e.outcome = 'failed' AND f.next_attempt_at <= now())
        ORDER BY e.received_at, e.number LIMIT 50
        """, Array(Self.key(of: claim).prefix(2))
      ).map { UnfinishedVisit(number: try $0.decode("number"), round: try $0.decode("round")) }
    }
  }

  private static func key(of claim: SweepClaim) -> [PostgresValue] {
    [.text(claim.repositoryKey), .text(claim.mode.rawValue), .id(claim.token)]
  }

  /// Renews the lease and writes, where the sweep is still this process's.
  private func hold(_ claim: SweepClaim, _ assignments: String, _ values: [PostgresValue]) async throws {
    let held = try await perform { session in
      try await session.query(
        """
        UPDATE yardmaster.automation_sweeps
        SET lease_expires_at = now() + make_interval(secs => $4::integer)\(assignments)
        WHERE repository_key = $1 AND mode = $2 AND lease_token = $3::uuid
        RETURNING 1 AS held
        """, Self.key(of: claim) + values)
    }
    guard held.first != nil else { throw LeaseLost(subject: "The sweep of \(claim.repositoryKey)") }
  }
}
