import Cryptography
public import Domain
import Postgres

extension Store {
  /// One round trip. A dry run's actions are `skipped` from the start.
  public func intend(_ intents: Intents, for event: ClaimedEvent, dryRun: Bool) async throws -> [Action] {
    let decisions = intents.decisions
    guard !intents.isEmpty else { return [] }
    let ids = decisions.map { _ in ActionID.random() }
    let rows = JSONValue.array(try zip(ids, decisions).enumerated().map { try Self.row($1.1, $1.0, ordinal: $0) })
    let parameters: [PostgresValue] = [
      .json(rows), .id(event.transaction), .id(event.id), .text(event.thread?.key.repository),
    ]
    let all = PostgresValue.ids(ids)
    var statements = [
      Self.hold(event),
      // A live decision whose once-key is taken conflicts and is left out here …
      PostgresStatement(Self.insertActions(status: dryRun ? "skipped" : "intended", isDryRun: dryRun), parameters),
    ]
    // … and comes in as skipped here.
    if !dryRun, decisions.contains(where: { $0.onceKey != nil }) {
      statements.append(PostgresStatement(Self.insertActions(status: "skipped", isDryRun: dryRun), parameters))
    }
    if !intents.commands.isEmpty { statements.append(Self.insertCommands(intents.commands, of: event)) }
    if !dryRun {
      statements += Self.confirm(intents.confirmed, on: event.thread?.key)
      statements += WithdrawalStatements.withdraw(intents.withdrawn, by: event)
    }
    statements += [
      PostgresStatement(
        """
        UPDATE yardmaster.actions SET begun_at = now()
        WHERE id = (SELECT id FROM yardmaster.actions
          WHERE event_id = $1::uuid AND id = ANY ($2::uuid[]) AND status = 'intended' ORDER BY ordinal LIMIT 1)
        """, [.id(event.id), all]),
      PostgresStatement(
        """
        SELECT id, status, \(microseconds("intended_at")) AS intended FROM yardmaster.actions
        WHERE event_id = $1::uuid AND id = ANY ($2::uuid[])
        """, [.id(event.id), all]),
    ]
    let answers = try await perform { session in
      do {
        return try await session.pipeline(statements)
      } catch let error as PostgresError where error.isLeaseLost {
        throw LeaseLost(subject: "Event \(event.id)")
      }
    }
    var stored: [ActionID: PostgresRow] = [:]
    for row in answers[answers.count - 1] { stored[try row.decode("id")] = row }
    return try zip(ids, decisions).map { id, decision in
      guard let row = stored[id] else { throw StoreError.malformedRow("an action that was not stored") }
      return Action(
        id: id, decision: decision, status: try row.decodeWord("status"), intendedAt: try row.decode("intended"))
    }
  }

  /// One round trip.
  public func begin(_ action: Action, for event: ClaimedEvent) async throws {
    try await perform { session in
      do {
        _ = try await session.pipeline([Self.hold(event), Self.begin(action.id, of: event)])
      } catch let error as PostgresError where error.isLeaseLost {
        throw LeaseLost(subject: "Event \(event.id)")
      }
    }
  }

  /// One round trip where nobody else appended to the repository's audit log meanwhile, else three.
  public func settle(
    _ action: Action, as outcome: ActionOutcome, for event: ClaimedEvent, audit entry: AuditEntry,
    beginning next: Action?
  ) async throws {
    var statements = [
      Self.hold(event),
      PostgresStatement(
        """
        UPDATE yardmaster.actions SET status = $3, before_state = coalesce($6::jsonb, before_state),
          after_state = $4::jsonb, explanation = $5, is_slip = $7::boolean, settled_at = now()
        WHERE id = $1::uuid AND event_id = $2::uuid
        """,
        [
          .id(action.id), .id(event.id), .text(outcome.status.rawValue), .json(outcome.after),
          .text(outcome.explanation), .json(outcome.before), .bool(outcome.isSlip),
        ]),
    ]
    statements += Self.traces(of: action, outcome, on: event.thread?.key)
    if let next {
      statements.append(Self.begin(next.id, of: event))
    } else {
      // An outcome that a crash of the server takes away is found out anew, as after a kill. That the next action begins
      // must not be lost.
      statements.append(StoreSession.withoutWaiting)
    }
    try await write(statements, audit: entry, for: event)
  }

  private static func confirm(_ records: [Facet: FacetRecord], on thread: ThreadKey?) -> [PostgresStatement] {
    guard let thread, !records.isEmpty else { return [] }
    let rows = records.map { FacetStatements.row($0, $1) }
    return [
      PostgresStatement(
        FacetStatements.upsert(), [.text(thread.repository), .integer(thread.number), .json(.array(rows))])
    ]
  }

  private static func begin(_ action: ActionID, of event: ClaimedEvent) -> PostgresStatement {
    PostgresStatement(
      "UPDATE yardmaster.actions SET begun_at = now() WHERE id = $1::uuid AND event_id = $2::uuid",
      [.id(action), .id(event.id)])
  }

  /// What an effect that happened leaves besides its own row.
  private static func traces(
    of action: Action, _ outcome: ActionOutcome, on thread: ThreadKey?
  ) -> [PostgresStatement] {
    guard let thread else { return [] }
    let key: [PostgresValue] = [.text(thread.repository), .integer(thread.number)]
    var statements: [PostgresStatement] = []
    let decision = action.decision
    if outcome.status == .done || outcome.isShown {
      let written = decision.effect.written.mapValues { FacetRecord(value: $0, standing: decision.standing) }
      statements += confirm(written, on: thread)
    }
    if !decision.undoes.isEmpty, outcome.status == .done || outcome.isShown {
      // What a rollback takes back counts as taken back from here on; what it restores, as done again.
      statements.append(
        PostgresStatement(
          """
          UPDATE yardmaster.actions SET status = CASE status WHEN 'done' THEN 'rolled_back' ELSE 'done' END
          WHERE id = ANY ($1::uuid[]) AND status IN ('done', 'rolled_back')
          """, [.ids(decision.undoes)]))
    }
    guard outcome.status == .done else { return statements }
    statements.append(
      PostgresStatement(
        "UPDATE yardmaster.threads SET acted_at = now() WHERE repository_key = $1 AND number = $2::bigint", key))
    if case .stickyComment(let sticky, let body) = decision.effect, let id = outcome.after["comment_id"]?.integer {
      statements.append(
        PostgresStatement(
          """
          INSERT INTO yardmaster.sticky_comments AS s (repository_key, number, key, comment_id, body, digest,
            updated_at)
          VALUES ($1, $2::bigint, $3, $4::bigint, $5, $6, coalesce($7::timestamptz, now()))
          ON CONFLICT (repository_key, number, key) DO UPDATE SET comment_id = excluded.comment_id,
            body = excluded.body, digest = excluded.digest, updated_at = excluded.updated_at
          """,
          key + [
            .text(sticky), .integer(id), .text(body), .text(textDigest(body)), .time(action.intendedAt),
          ]))
    }
    if case .deleteComment(let id) = decision.effect {
      statements.append(
        PostgresStatement(
          """
          DELETE FROM yardmaster.sticky_comments
          WHERE repository_key = $1 AND number = $2::bigint AND comment_id = $3::bigint
          """, key + [.integer(id)]))
    }
    if let login = outcome.writtenAs {
      statements.append(
        PostgresStatement(
          "INSERT INTO yardmaster.own_logins (login) VALUES ($1) ON CONFLICT DO NOTHING", [.text(login.lowercased())]))
    }
    return statements
  }

  // MARK: Rows

  private static func row(_ decision: Decision, _ id: ActionID, ordinal: Int) throws -> JSONValue {
    var digest = JSONValue.null
    if case .comment(let body) = decision.effect { digest = .string(textDigest(body)) }
    return [
      "id": .string(id.text), "ordinal": .integer(Int64(ordinal)), "kind": .string(decision.effect.kind),
      "repository": .string(decision.target.repository.description), "number": .integer(Int64(decision.target.number)),
      "effect": try encodedValue(decision.effect), "reason": try encodedValue(decision.reason),
      "before": decision.before, "once_key": decision.onceKey.map { .string($0.indexable) } ?? .null,
      "standing": try encodedValue(decision.standing), "rules": .array(decision.rules.map(JSONValue.string)),
      "digest": digest, "undoes": .array(decision.undoes.map { .string($0.text) }),
    ]
  }

  private static func insertActions(status: String, isDryRun: Bool) -> String {
    """
    INSERT INTO yardmaster.actions (id, transaction_id, event_id, ordinal, kind, repository, repository_key, number,
      effect, reason, once_key, before_state, after_state, status, explanation, dry_run, settled_at, standing, rules,
      digest, undoes)
    SELECT r.id, $2::uuid, $3::uuid, r.ordinal + known.count, r.kind, r.repository, $4, r.number, r.effect, r.reason,
      r.once_key, r.before, NULL, '\(status)',
      \(status == "intended" ? "NULL" : isDryRun ? "'dry run'" : "'\(onceKeyTaken)'"), \(isDryRun),
      \(status == "intended" ? "NULL" : "now()"), r.standing, ARRAY(SELECT json_array_elements_text(r.rules)), r.digest,
      ARRAY(SELECT json_array_elements_text(r.undoes)::uuid)
    FROM json_to_recordset($1::json) AS r (id uuid, ordinal integer, kind text, repository text, number bigint,
      effect jsonb, reason jsonb, once_key text, before jsonb, standing jsonb, rules json, digest text, undoes json),
      (SELECT coalesce(max(ordinal) + 1, 0) AS count FROM yardmaster.actions
        WHERE event_id = $3::uuid AND NOT id = ANY (SELECT (json_array_elements($1::json) ->> 'id')::uuid)) AS known
    ORDER BY r.once_key, r.ordinal
    ON CONFLICT DO NOTHING
    """
  }

  private static func insertCommands(_ commands: [ReadCommand], of event: ClaimedEvent) -> PostgresStatement {
    let rows = commands.map { command -> JSONValue in
      [
        "text_id": .integer(command.textID), "line": .integer(Int64(command.line)),
        "name": .string(command.record.name), "arguments": .string(command.record.arguments),
        "login": command.login.map(JSONValue.string) ?? .null, "moment": .string(command.moment.time.description),
        "verdict": .string(command.verdict.rawValue),
        "explanation": command.explanation.map(JSONValue.string) ?? .null,
      ]
    }
    return PostgresStatement(
      """
      INSERT INTO yardmaster.commands (event_id, mode, repository_key, number, text_id, line, name, arguments, login,
        moment, verdict, explanation)
      SELECT e.id, e.mode, $2, $3::bigint, r.text_id, r.line, r.name, r.arguments, r.login, r.moment, r.verdict,
        r.explanation
      FROM json_to_recordset($4::json) AS r (text_id bigint, line integer, name text, arguments text, login text,
        moment timestamptz, verdict text, explanation text), yardmaster.events e
      WHERE e.id = $1::uuid AND $2::text IS NOT NULL
        -- An attempt whose answer was lost has stored them.
        AND NOT EXISTS (SELECT FROM yardmaster.commands c WHERE c.event_id = e.id)
      """,
      [
        .id(event.id), .text(event.thread?.key.repository), .integer(event.thread?.key.number ?? 0),
        .json(.array(rows)),
      ])
  }
}
