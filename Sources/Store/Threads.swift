import Domain
import FoundationEssentials
import Postgres

/// The statements by which an event takes its thread, and learns what is known of it.
///
/// They follow the statement that claims the event in the same round trip, and go by its claim token: where that claim
/// failed, none of them finds anything to do.
struct ThreadStatements {
  let visit: ThreadVisit
  let claim: EventClaim
  let token: Identifier<ClaimRow>

  private var key: [PostgresValue] { [.text(visit.key.repository), .integer(visit.key.number)] }

  /// Takes the thread where nobody else has it: an earlier attempt at the same event, or a dead process, counts as nobody.
  ///
  /// An event that was claimed under a new token is one that its earlier holder lost, so the thread goes with it.
  func take(deadWorker: String?) -> PostgresStatement {
    PostgresStatement(
      """
      INSERT INTO yardmaster.threads AS t (repository_key, number, lease_event, lease_attempt, lease_worker,
        lease_expires_at)
      SELECT $1, $2::bigint, e.id, e.attempts, e.worker, now() + make_interval(secs => $3::integer)
      FROM yardmaster.events e WHERE e.claim_token = $4::uuid AND e.id = $5::uuid
      ON CONFLICT (repository_key, number) DO UPDATE SET lease_event = excluded.lease_event,
        lease_attempt = excluded.lease_attempt, lease_worker = excluded.lease_worker,
        lease_expires_at = excluded.lease_expires_at
      WHERE t.lease_expires_at IS NULL OR t.lease_expires_at <= now() OR t.lease_event = excluded.lease_event
        OR t.lease_worker = $6
      """, key + [.integer(visit.lease), .id(token), .id(claim.id), .text(deadWorker)])
  }

  /// Records what the event shows that somebody did. What a facet's record says already is no news: Yardmaster's own
  /// writes come back as events too.
  var observe: PostgresStatement {
    let rows = JSONValue.array(visit.observed.map { facet, record in FacetStatements.row(facet, record) })
    return PostgresStatement(
      FacetStatements.upsert(
        from: "WHERE EXISTS (\(Self.mine("$4", "$5")))", where: "f.value IS DISTINCT FROM excluded.value"),
      key + [.json(rows), .id(token), .id(claim.id)])
  }

  /// Whom rules are about.
  private var shownActor: String? { claim.onBehalfOf ?? claim.actor }

  /// What is known of the thread; no row where somebody else has it.
  var context: PostgresStatement {
    PostgresStatement(
      """
      SELECT \(microseconds("t.seen_at")) AS seen, \(microseconds("t.acted_at")) AS acted,
        (SELECT json_agg(json_build_object('facet', f.facet, 'value', f.value, 'will', f.will, 'login', f.login,
            'time', \(microseconds("f.moment")), 'comment', f.moment_comment, 'line', f.moment_line, 'deference', f.deference))
          FROM yardmaster.facets f WHERE f.repository_key = $1 AND f.number = $2::bigint) AS facets,
        (SELECT json_agg(json_build_object('name', c.name, 'arguments', c.arguments))
          FROM yardmaster.commands c WHERE c.repository_key = $1 AND c.number = $2::bigint AND c.text_id = $3::bigint
            AND c.mode = $6 AND c.event_id <> $5::uuid) AS commands,
        (SELECT json_object_agg(s.key, json_build_object('commentID', s.comment_id, 'digest', s.digest, 'body', s.body,
            'updatedAt', to_char(s.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
          FROM yardmaster.sticky_comments s WHERE s.repository_key = $1 AND s.number = $2::bigint) AS stickies,
        (SELECT json_agg(DISTINCT a.digest) FROM yardmaster.actions a
          WHERE a.repository_key = $1 AND a.number = $2::bigint AND a.digest IS NOT NULL AND a.status = 'done') AS said,
        (SELECT json_object_agg(r.rule, r.count) FROM (
            SELECT unnest(a.rules) AS rule, count(DISTINCT a.event_id) AS count FROM yardmaster.actions a
            WHERE a.repository_key = $1 AND a.number = $2::bigint AND a.status = 'done' AND a.rules <> '{}'
              AND a.settled_at > now() - interval '1 hour' GROUP BY 1) r) AS rule_actions,
        (SELECT json_agg(o.login) FROM yardmaster.own_logins o) AS own_logins,
        (SELECT c.bot_score FROM yardmaster.contributors c WHERE c.login = $8) AS bot_score,
        (SELECT count(*) FROM yardmaster.events e WHERE e.repository_key = $1 AND e.actor = $7 AND e.mode = $6
          AND e.received_at > now() - interval '1 hour' AND e.id <> $5::uuid) AS events,
        -- By whose event they came, not by whose text they stand in: a pasted text is not its author's doing.
        (SELECT count(*) FROM yardmaster.events e JOIN yardmaster.commands c ON c.event_id = e.id
          WHERE e.repository_key = $1 AND e.actor = $7 AND e.mode = $6
          AND e.received_at > now() - interval '1 hour' AND e.id <> $5::uuid) AS commands_read
      FROM yardmaster.threads t
      WHERE t.repository_key = $1 AND t.number = $2::bigint AND EXISTS (\(Self.mine("$4", "$5")))
      """,
      key + [
        .integer(visit.textID), .id(token), .id(claim.id), .text(claim.mode.rawValue), .text(claim.actor),
        .text(shownActor),
      ])
  }

  /// What is linked to the thread, and whether its actor was here before: from what was captured of the repository.
  var surroundings: PostgresStatement {
    PostgresStatement(
      """
      WITH here AS (
        SELECT id, owner || '/' || name AS name FROM yardmaster.repositories
        WHERE CASE WHEN $3::bigint IS NULL THEN lower(owner) = lower($4) AND lower(name) = lower($5)
          ELSE github_id = $3::bigint END
        LIMIT 1
      ), links AS (
        SELECT l.kind, false AS incoming, l.to_repository AS repository, l.to_number AS number, l.to_commit AS commit,
          false AS pull
        FROM yardmaster.links l, here WHERE l.repository_id = here.id AND l.from_number = $2::bigint
        UNION ALL
        SELECT l.kind, true, r.owner || '/' || r.name, l.from_number, NULL,
          -- What closes an item is a pull request; whether what mentions it is one, only a capture tells.
          l.kind = 'closes' OR EXISTS (SELECT FROM yardmaster.pull_requests p
            WHERE p.repository_id = l.repository_id AND p.number = l.from_number)
        FROM yardmaster.links l JOIN yardmaster.repositories r ON r.id = l.repository_id, here
        WHERE lower(l.to_repository) = lower(here.name) AND l.to_number = $2::bigint
        LIMIT 100
      )
      SELECT (SELECT json_agg(json_build_object('kind', kind, 'isIncoming', incoming,
          'repository', CASE WHEN lower(repository) <> lower((SELECT name FROM here)) THEN repository END,
          'number', number, 'commit', commit, 'isPullRequest', pull)) FROM links) AS links,
        EXISTS (SELECT FROM yardmaster.events e WHERE e.repository_key = $1 AND e.actor = $6 AND e.number <> $2::bigint)
          OR EXISTS (SELECT FROM yardmaster.issues i, here WHERE i.repository_id = here.id AND i.author_login = $6
            AND i.number <> $2::bigint)
          OR EXISTS (SELECT FROM yardmaster.pull_requests p, here WHERE p.repository_id = here.id
            AND p.author_login = $6 AND p.number <> $2::bigint) AS known
      """,
      key + [
        .integer(claim.repositoryGitHubID), .text(claim.repository.owner), .text(claim.repository.name),
        .text(shownActor),
      ])
  }

  /// The newest version that was seen; after the context was read, so that an older event shows as one.
  var see: PostgresStatement {
    PostgresStatement(
      """
      UPDATE yardmaster.threads t SET seen_at = greatest(t.seen_at, $3::timestamptz)
      WHERE t.repository_key = $1 AND t.number = $2::bigint AND EXISTS (\(Self.mine("$4", "$5")))
      """, key + [.time(visit.version), .id(token), .id(claim.id)])
  }

  /// Who has the thread where it is not this event's.
  var holder: PostgresStatement {
    PostgresStatement(
      "SELECT lease_worker FROM yardmaster.threads WHERE repository_key = $1 AND number = $2::bigint", key)
  }

  /// What the event's text links to. Before the surroundings are read, and before the version is noted.
  var links: [PostgresStatement] {
    guard let said = visit.said else { return [] }
    return SaidLinkStatements.record(
      said, of: visit, claim, mine: Self.mine("$3", "$4"), key + [.id(token), .id(claim.id)])
  }

  /// What needs no statement has none: each costs a new connection's server a plan.
  var all: [PostgresStatement] {
    (visit.observed.isEmpty ? [] : [observe]) + (visit.looksAround ? [surroundings] : []) + [context, see, holder]
  }

  /// Whether the thread is this attempt's.
  private static func mine(_ token: String, _ event: String) -> String {
    """
    SELECT FROM yardmaster.threads m JOIN yardmaster.events e ON e.id = m.lease_event AND e.attempts = m.lease_attempt \
    WHERE m.repository_key = $1 AND m.number = $2::bigint AND e.claim_token = \(token)::uuid AND e.id = \(event)::uuid
    """
  }

  /// From the answers to a pipeline that ends with ``all``.
  func thread(_ rows: [PostgresRows]) throws -> ClaimedThread {
    let around = visit.looksAround ? rows[rows.count - 4].first : nil
    let rows = Array(rows.suffix(3))
    guard let known = rows[0].first else {
      let worker = try rows[2].first?.decodeIfPresent("lease_worker", as: String.self)
      return ClaimedThread(key: visit.key, lease: visit.lease, standing: .occupied(worker: worker))
    }
    return ClaimedThread(
      key: visit.key, lease: visit.lease, standing: .entered(try ThreadContext(known: known, around: around)))
  }
}

/// Writes to the register.
enum FacetStatements {
  static func row(_ facet: Facet, _ record: FacetRecord) -> JSONValue {
    [
      "facet": .string(facet.text), "value": record.value, "will": .string(record.standing.will.rawValue),
      "login": record.standing.login.map(JSONValue.string) ?? .null,
      "moment": .string(record.standing.moment.time.description),
      "comment": .integer(record.standing.moment.comment), "line": .integer(Int64(record.standing.moment.line)),
      "deference": record.standing.deference.flatMap { try? encodedValue($0) } ?? .null,
    ]
  }

  /// - Parameters:
  ///   - source: which rows are taken at all.
  ///   - condition: when a known facet, `f`, gives way besides being of an earlier moment.
  static func upsert(from source: String = "", where condition: String = "true") -> String {
    """
    INSERT INTO yardmaster.facets AS f (repository_key, number, facet, value, will, login, moment, moment_comment,
      moment_line, deference)
    SELECT $1, $2::bigint, r.facet, r.value, r.will, r.login, r.moment, r.comment, r.line, nullif(r.deference, 'null')
    FROM json_to_recordset($3::json) AS r (facet text, value jsonb, will text, login text, moment timestamptz,
      comment bigint, line integer, deference jsonb)
    \(source)
    ON CONFLICT (repository_key, number, facet) DO UPDATE SET value = excluded.value, will = excluded.will,
      login = excluded.login, moment = excluded.moment, moment_comment = excluded.moment_comment,
      moment_line = excluded.moment_line, deference = excluded.deference
    WHERE (f.moment, f.moment_comment, f.moment_line)
      <= (excluded.moment, excluded.moment_comment, excluded.moment_line) AND \(condition)
    """
  }
}

extension ThreadContext {
  fileprivate init(known: PostgresRow, around: PostgresRow?) throws {
    struct Written: Decodable {
      var facet: String
      var value: JSONValue?
      var will: Standing.Will
      var login: String?
      var time: Int64
      var comment: Int64
      var line: Int
      var deference: Standing.Deference?
    }
    let written: [Written]? = try known.decodeJSON("facets")
    var facets: [Facet: FacetRecord] = [:]
    for row in written ?? [] {
      guard let facet = Facet(text: row.facet) else { continue }
      let moment = Moment(Timestamp(microseconds: row.time), comment: row.comment, line: row.line)
      facets[facet] = FacetRecord(
        value: row.value ?? .null,
        standing: Standing(will: row.will, login: row.login, moment: moment, deference: row.deference))
    }
    let said: [String]? = try known.decodeJSON("said")
    let own: [String]? = try known.decodeJSON("own_logins")
    self.init(
      facets: facets, commands: try known.decodeJSON("commands", as: [CommandRecord]?.self) ?? [],
      stickies: try known.decodeJSON("stickies", as: [String: StickyRecord]?.self) ?? [:], said: Set(said ?? []),
      links: try around?.decodeJSON("links", as: [ThreadLink]?.self) ?? [],
      actedAt: try known.decodeIfPresent("acted"), seenAt: try known.decodeIfPresent("seen"),
      ruleActions: try known.decodeJSON("rule_actions", as: [String: Int]?.self) ?? [:],
      actor: ActorRecord(
        botScore: try known.decodeIfPresent("bot_score", as: String.self).flatMap { Double($0) },
        events: try known.decode("events"), commands: try known.decode("commands_read"),
        isKnown: try around?.decode("known") ?? false),
      ownLogins: Set((own ?? []).map { $0.lowercased() }))
  }
}
