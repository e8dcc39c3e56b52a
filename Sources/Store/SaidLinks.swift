import Domain
import Postgres

/// What a text links to, as rows of `links` besides those that GitHub lists.
enum SaidLinkStatements {
  /// Statements for the round trip in which the event claims its thread.
  ///
  /// - Parameter mine: SQL that finds a row where the thread is this attempt's; `$1` and `$2` are its key, `$3` and `$4`
  ///   the claim's token and event.
  static func record(
    _ said: SaidLinks, of visit: ThreadVisit, _ claim: EventClaim, mine: String, _ parameters: [PostgresValue]
  ) -> [PostgresStatement] {
    var statements: [PostgresStatement] = []
    let repository: [PostgresValue] = [
      .text(claim.repository.owner), .text(claim.repository.name), .integer(claim.repositoryGitHubID),
    ]
    if !said.links.isEmpty {
      // Where the name is another repository's, nothing is inserted: whose it is now, only a capture settles.
      statements.append(
        PostgresStatement(
          """
          INSERT INTO yardmaster.repositories (owner, name, github_id)
          SELECT $5, $6, $7::bigint WHERE EXISTS (\(mine)) AND NOT EXISTS (
            SELECT FROM yardmaster.repositories r WHERE \(Self.isIt("$5", "$6", "$7::bigint")))
          ON CONFLICT DO NOTHING
          """, parameters + repository))
    } else if !said.isPullRequestText {
      return []
    }
    let rows = said.links.map { link -> JSONValue in
      var number = JSONValue.null
      var commit = JSONValue.null
      switch link.target {
      case .item(let value): number = .integer(Int64(value))
      case .commit(let value): commit = .string(value)
      }
      return [
        "repository": .string(link.repository.description), "number": number, "commit": commit,
        "kind": .string(link.kind.rawValue),
      ]
    }
    // A text that is older than what was seen of the item says nothing new.
    statements.append(
      PostgresStatement(
        """
        WITH here AS MATERIALIZED (
          SELECT r.id FROM yardmaster.repositories r WHERE \(Self.isIt("$5", "$6", "$7::bigint")) AND EXISTS (\(mine))
            AND NOT EXISTS (SELECT FROM yardmaster.threads t
              WHERE t.repository_key = $1 AND t.number = $2::bigint AND t.seen_at > $10::timestamptz)
          LIMIT 1
        ), said AS MATERIALIZED (
          SELECT * FROM json_to_recordset($8::json) AS r (repository text, number bigint, commit text, kind text)
        ), gone AS (
          DELETE FROM yardmaster.links l USING here
          WHERE $9::boolean AND l.repository_id = here.id AND l.from_number = $2::bigint AND l.origin = 'text'
            AND l.kind = 'closes' AND NOT EXISTS (SELECT FROM said s WHERE s.kind = l.kind
              AND lower(s.repository) = lower(l.to_repository) AND s.number IS NOT DISTINCT FROM l.to_number
              AND s.commit IS NOT DISTINCT FROM l.to_commit)
        )
        INSERT INTO yardmaster.links (repository_id, from_number, to_repository, to_number, to_commit, kind, origin,
          said_at)
        SELECT here.id, $2::bigint, s.repository, s.number, s.commit, s.kind, 'text', $11::timestamptz FROM here, said s
        ORDER BY lower(s.repository), s.number, s.commit, s.kind
        ON CONFLICT DO NOTHING
        """,
        parameters + repository + [
          .json(.array(rows)), .bool(said.isPullRequestText), .time(visit.version), .time(said.saidAt),
        ]))
    return statements
  }

  /// Whether `repositories r` is the event's: by its id where both know one, else by its name.
  private static func isIt(_ owner: String, _ name: String, _ id: String) -> String {
    """
    (r.github_id = \(id) OR (r.github_id IS NULL OR \(id) IS NULL) \
    AND lower(r.owner) = lower(\(owner)) AND lower(r.name) = lower(\(name)))
    """
  }
}
