public import Domain
import Postgres

extension Store {
  /// One round trip, and one more for an event that somebody claimed before.
  public func claim(_ claim: EventClaim) async throws -> ClaimResult {
    let transaction = claim.transaction ?? .random()
    let token = Identifier<ClaimRow>.random()
    let identity = claim.identity.text.indexable
    let thread = claim.thread.map { ThreadStatements(visit: $0, claim: claim, token: token) }
    while true {
      let result = try await perform { session -> ClaimResult? in
        var statements = [
          // Nothing is lost with a claim that a crash of the server takes away: the next commit that counts, that of the
          // intents, waits for what was written before it, too.
          StoreSession.withoutWaiting,
          Self.claim(claim, identity, transaction, token), audit.look(claim.repository, login: claim.actor),
        ]
        if let thread { statements += [thread.take(deadWorker: claim.deadWorker)] + thread.links + thread.all }
        let rows = try await session.pipeline(statements)
        do {
          try audit.learn(claim.repository, rows[2])
        } catch {
          _ = try await session.pipeline(Self.release(claim.id, token))
          throw error
        }
        guard let row = rows[1].first else { return nil }
        let id: EventID = try row.decode("id")
        guard try row.decode("claimed") else {
          let outcome = try row.decodeIfPresent("outcome", as: String.self).flatMap(EventOutcome.init)
          return .duplicate(
            of: id, outcome: outcome, runID: try row.decode("run_id"),
            worker: outcome == nil ? try row.decode("worker") : nil)
        }
        let attempt: Int = try row.decode("attempts")
        return .claimed(
          ClaimedEvent(
            id: id, repository: claim.repository, attempt: attempt, transaction: try row.decode("transaction_id"),
            recorded: attempt == 1 ? [] : try await recorded(identity, claim.mode, token, in: session),
            claim: token.text, thread: try thread?.thread(rows)))
      }
      // Nothing at all: another process inserted the row after this statement's snapshot. The next one sees it.
      if let result { return result }
    }
  }

  /// What earlier attempts left. Nothing where this claim was lost meanwhile: then every write of this attempt fails.
  private func recorded(
    _ identity: String, _ mode: Settings.Mode, _ token: Identifier<ClaimRow>, in session: StoreSession
  ) async throws -> [Action] {
    try await session.pipeline([
      Self.resume(identity, mode, token),
      PostgresStatement(
        """
        SELECT \(Action.columns)
        FROM yardmaster.actions a JOIN yardmaster.events e ON e.id = a.event_id
        WHERE e.identity = $1 AND e.mode = $2 AND e.claim_token = $3::uuid
        ORDER BY a.ordinal
        """, [.text(identity), .text(mode.rawValue), .id(token)]),
    ])[1].map(Action.init(row:))
  }

  /// One round trip.
  public func enter(_ event: ClaimedEvent, of claim: EventClaim, deadWorker: String?) async throws -> ClaimedEvent {
    guard let visit = claim.thread, let token = Identifier<ClaimRow>(event.claim) else { return event }
    let thread = ThreadStatements(visit: visit, claim: claim, token: token)
    let rows = try await perform { session in
      do {
        return try await session.pipeline(
          [
            Self.holdEvent(event), thread.take(deadWorker: deadWorker),
            audit.look(claim.repository, login: claim.actor),
          ] + thread.links + thread.all)
      } catch let error as PostgresError where error.isLeaseLost {
        throw LeaseLost(subject: "Event \(event.id)")
      }
    }
    try audit.learn(claim.repository, rows[2])
    var event = event
    event.thread = try thread.thread(rows)
    return event
  }

  /// One round trip where nobody else appended to the repository's audit log since the claim, else three.
  public func finish(
    _ event: ClaimedEvent, outcome: EventOutcome, error: String?, payload: EventPayload?, audit entry: AuditEntry
  ) async throws {
    var statements = [
      PostgresStatement(
        """
        WITH held AS (
          UPDATE yardmaster.events SET outcome = $3, error = $4, finished_at = now()
          WHERE id = $1::uuid AND attempts = $2::integer AND outcome IS NULL
          RETURNING 1
        )
        SELECT CASE WHEN NOT EXISTS (SELECT FROM held) THEN yardmaster.fail('YM002', 'the event was taken over') END
        """, [.id(event.id), .integer(event.attempt), .text(outcome.rawValue), .text(error)])
    ]
    if event.thread != nil { statements.append(Self.leave(event)) }
    if outcome == .failed {
      statements += FailureStatements.keep(event.id, payload)
    } else if event.attempt > 1 {
      statements += FailureStatements.forget(event.id)
    }
    try await write(statements, audit: entry, for: event)
  }

  /// What was claimed is anybody's again.
  private static func release(_ event: EventID, _ token: Identifier<ClaimRow>) -> [PostgresStatement] {
    [
      PostgresStatement(
        """
        UPDATE yardmaster.threads t SET lease_event = NULL, lease_attempt = NULL, lease_worker = NULL,
          lease_expires_at = NULL
        FROM yardmaster.events e
        WHERE t.lease_event = e.id AND t.lease_attempt = e.attempts AND e.id = $1::uuid AND e.claim_token = $2::uuid
        """, [.id(event), .id(token)]),
      PostgresStatement(
        "UPDATE yardmaster.events SET lease_expires_at = now() WHERE id = $1::uuid AND claim_token = $2::uuid",
        [.id(event), .id(token)]),
    ]
  }

  /// Gives the thread back, and keeps the event: whoever goes on with it enters the thread anew.
  public func leave(_ event: ClaimedEvent) async throws {
    guard event.thread != nil else { return }
    try await perform { session in _ = try await session.pipeline([Self.leave(event)]) }
  }

  /// A thread that this attempt does not have any more is left alone.
  private static func leave(_ event: ClaimedEvent) -> PostgresStatement {
    PostgresStatement(
      """
      UPDATE yardmaster.threads SET lease_event = NULL, lease_attempt = NULL, lease_worker = NULL,
        lease_expires_at = NULL
      WHERE lease_event = $1::uuid AND lease_attempt = $2::integer
      """, [.id(event.id), .integer(event.attempt)])
  }

  /// Fails where the event, or the thread that it entered, is not this attempt's any more; keeps other attempts out until
  /// the transaction's end, and renews the leases.
  static func hold(_ event: ClaimedEvent) -> PostgresStatement {
    guard let thread = event.thread else { return holdEvent(event) }
    return PostgresStatement(
      """
      WITH held AS (
        UPDATE yardmaster.events SET lease_expires_at = now() + make_interval(secs => lease_seconds)
        WHERE id = $1::uuid AND attempts = $2::integer AND outcome IS NULL
        RETURNING 1
      ), thread AS (
        UPDATE yardmaster.threads SET lease_expires_at = now() + make_interval(secs => $5::integer)
        WHERE repository_key = $3 AND number = $4::bigint AND lease_event = $1::uuid AND lease_attempt = $2::integer
        RETURNING 1
      )
      SELECT CASE WHEN NOT EXISTS (SELECT FROM held) OR NOT EXISTS (SELECT FROM thread)
        THEN yardmaster.fail('YM002', 'the event was taken over') END
      """,
      [
        .id(event.id), .integer(event.attempt), .text(thread.key.repository), .integer(thread.key.number),
        .integer(thread.lease),
      ])
  }

  private static func holdEvent(_ event: ClaimedEvent) -> PostgresStatement {
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

  /// Runs statements about a claimed event and appends the audit entry, in one transaction.
  func write(_ statements: [PostgresStatement], audit entry: AuditEntry, for event: ClaimedEvent) async throws {
    let id = Identifier<AuditRow>.random()
    try await perform { session in
      do {
        try await audit.append(entry, with: statements, in: session, id: id)
      } catch let error as PostgresError where error.isLeaseLost {
        throw LeaseLost(subject: "Event \(event.id)")
      }
    }
  }

  /// Inserts the event, or takes it over where that is allowed, or tells who has it.
  ///
  /// A failed event is tried again by whoever comes next. One without outcome is taken over once its lease ended, or at
  /// once by a later attempt of the same run, since GitHub starts that only after the earlier attempt's end, or where its worker is known to be dead.
  private static func claim(
    _ claim: EventClaim, _ identity: String, _ transaction: TransactionID, _ token: Identifier<ClaimRow>
  ) -> PostgresStatement {
    PostgresStatement(
      """
      WITH taken AS (
        INSERT INTO yardmaster.events AS e (id, identity, mode, event_name, action, repository, repository_github_id,
          number, actor, run_id, run_attempt, workflow, transaction_id, claim_token, lease_seconds, worker,
          lease_expires_at, repository_key, occurred_at)
        VALUES ($1::uuid, $2, $3, $4, $5, $6, $7::bigint, $8::bigint, $9, $10::bigint, $11::integer, $12, $13::uuid,
          $14::uuid, $15::integer, $16, now() + make_interval(secs => $15::integer), $18, $19::timestamptz)
        ON CONFLICT (identity, mode) DO UPDATE SET
          attempts = e.attempts + 1, outcome = NULL, error = NULL, finished_at = NULL, claimed_at = now(),
          run_id = excluded.run_id, run_attempt = excluded.run_attempt, workflow = excluded.workflow,
          claim_token = excluded.claim_token, lease_seconds = excluded.lease_seconds, worker = excluded.worker,
          lease_expires_at = excluded.lease_expires_at
        WHERE e.claim_token = excluded.claim_token
          OR e.outcome = 'failed'
          OR e.outcome IS NULL AND (e.lease_expires_at <= now() OR e.worker = $17
            OR excluded.run_id <> 0 AND e.run_id = excluded.run_id AND e.run_attempt < excluded.run_attempt)
        RETURNING e.id, e.attempts, e.transaction_id, e.run_id, e.worker
      )
      SELECT true AS claimed, id, attempts, transaction_id, run_id, worker, NULL AS outcome FROM taken
      UNION ALL
      SELECT false, id, attempts, transaction_id, run_id, worker, outcome FROM yardmaster.events
      WHERE identity = $2 AND mode = $3 AND NOT EXISTS (SELECT FROM taken)
      """,
      [
        .id(claim.id), .text(identity), .text(claim.mode.rawValue), .text(claim.name), .text(claim.action),
        .text(claim.repository.description), .integer(claim.repositoryGitHubID), .integer(claim.number),
        .text(claim.actor), .integer(claim.run.runID), .integer(claim.run.attempt), .text(claim.run.workflow),
        .id(transaction), .id(token), .integer(claim.lease), .text(claim.worker), .text(claim.deadWorker),
        .text(claim.thread?.key.repository), .time(claim.occurredAt),
      ])
  }

  /// What failed in an earlier attempt is intended again, unless another event took its once-key meanwhile.
  private static func resume(
    _ identity: String, _ mode: Settings.Mode, _ token: Identifier<ClaimRow>
  ) -> PostgresStatement {
    PostgresStatement(
      """
      WITH failed AS (
        SELECT a.id, EXISTS (
          SELECT FROM yardmaster.actions o
          WHERE o.once_key = a.once_key
            AND o.status NOT IN ('failed', 'skipped')
        ) AS is_taken
        FROM yardmaster.actions a JOIN yardmaster.events e ON e.id = a.event_id
        WHERE e.identity = $1 AND e.mode = $2 AND e.claim_token = $3::uuid AND a.status = 'failed'
      )
      UPDATE yardmaster.actions a SET
        status = CASE WHEN is_taken THEN 'skipped' ELSE 'intended' END, begun_at = NULL,
        explanation = CASE WHEN is_taken THEN '\(onceKeyTaken)' END
      FROM failed WHERE a.id = failed.id
      """, [.text(identity), .text(mode.rawValue), .id(token)])
  }

  static let onceKeyTaken = "done once already for another event"
}

/// Row kind of claim tokens.
enum ClaimRow {}

extension Action {
  /// What the initialiser reads of `actions a`.
  static let columns = """
    a.id, a.repository, a.number, a.effect, a.reason, a.once_key, a.before_state, a.after_state, a.status, a.standing, \
    a.explanation, a.is_slip, \
    array_to_json(a.undoes) AS undoes, array_to_json(a.rules) AS rules, \(microseconds("a.intended_at")) AS intended, \
    extract(epoch FROM now() - a.begun_at) AS begun_ago
    """

  init(row: PostgresRow) throws {
    guard let repository = RepositoryName(try row.decode("repository", as: String.self)) else {
      throw StoreError.malformedRow("an action's repository")
    }
    self.init(
      id: try row.decode("id"),
      decision: Decision(
        target: ItemReference(repository: repository, number: try row.decode("number")),
        effect: try row.decodeJSON("effect"), reason: try row.decodeJSON("reason"),
        onceKey: try row.decodeIfPresent("once_key"), before: try row.decodeJSON("before_state"),
        standing: try row.decodeJSON("standing", as: Standing?.self) ?? Standing(),
        undoes: try row.decodeJSON("undoes"), rules: try row.decodeJSON("rules")),
      status: try row.decodeWord("status"), after: try row.decodeJSON("after_state"),
      intendedAt: try row.decode("intended"), begunAgo: try row.decodeIfPresent("begun_ago"),
      explanation: try row.decodeIfPresent("explanation"),
      isSlip: try row.decode("is_slip"))
  }
}
