public import Domain
import Postgres

/// The registry of accounts that all repositories of the database share.
extension Store {
  /// How an account behaves, as far as comments were captured of it: what a score is made of.
  ///
  /// The newest 20,000 comments of the database are looked through, and of them at most 200 of the account. No index leads
  /// from an account to its comments: each capture would pay for it, and this is asked once per account.
  public func behaviour(of login: String) async throws -> AccountBehaviour {
    try await perform { session in
      let row = try await session.query(
        """
        WITH newest AS (
          SELECT c.* FROM yardmaster.issue_comments c WHERE c.deleted_at IS NULL ORDER BY c.github_id DESC LIMIT 20000
        ), texts AS MATERIALIZED (
          SELECT n.*, md5(regexp_replace(lower(n.body), '\\d+|https?://\\S+|@[-\\w]+', '', 'g')) AS gist
          FROM newest n WHERE n.author_login = $1 ORDER BY n.github_id DESC LIMIT 200
        ), answers AS (
          SELECT t.github_id FROM texts t WHERE EXISTS (
            SELECT FROM yardmaster.issue_comments o WHERE o.repository_id = t.repository_id
              AND o.issue_number = t.issue_number AND o.deleted_at IS NULL AND o.author_login IS DISTINCT FROM $1
              AND o.created_at BETWEEN t.created_at - interval '10 seconds' AND t.created_at AND o.github_id < t.github_id)
          UNION
          SELECT t.github_id FROM texts t JOIN yardmaster.issues i
            ON i.repository_id = t.repository_id AND i.number = t.issue_number
          WHERE i.author_login IS DISTINCT FROM $1
            AND i.created_at BETWEEN t.created_at - interval '10 seconds' AND t.created_at
          UNION
          SELECT t.github_id FROM texts t JOIN yardmaster.pull_requests p
            ON p.repository_id = t.repository_id AND p.number = t.issue_number
          WHERE p.author_login IS DISTINCT FROM $1
            AND p.created_at BETWEEN t.created_at - interval '10 seconds' AND t.created_at
        )
        SELECT count(*) AS texts, count(*) - count(DISTINCT gist) AS repeated,
          (SELECT count(*) FROM answers) AS instant,
          count(DISTINCT extract(hour FROM created_at AT TIME ZONE 'UTC')) AS hours,
          coalesce(bool_or(strpos(body, '<!-- yardmaster:') > 0), false) AS marker
        FROM texts
        """, [.text(login)])[0]
      return AccountBehaviour(
        texts: try row.decode("texts"), repeatedTexts: try row.decode("repeated"),
        instantAnswers: try row.decode("instant"), activeHours: try row.decode("hours"),
        wroteMarker: try row.decode("marker"))
    }
  }

  /// Writes an account's score down, with what speaks for it. What a capture knows of the account stays as it is.
  public func recordActor(_ account: AccountEvidence) async throws {
    try await perform { session in _ = try await session.pipeline([Self.record(account)]) }
  }

  /// The same for a pipeline that is under way.
  static func record(_ account: AccountEvidence) -> PostgresStatement {
    PostgresStatement(
      """
      INSERT INTO yardmaster.contributors AS c (login, github_id, account_type, bot_score, bot_evidence)
      VALUES ($1, $2::bigint, $3, $4::double precision, $5::jsonb)
      ON CONFLICT (login) DO UPDATE SET github_id = coalesce(c.github_id, excluded.github_id),
        bot_score = excluded.bot_score, bot_evidence = excluded.bot_evidence
      WHERE (c.bot_score, c.bot_evidence) IS DISTINCT FROM (excluded.bot_score, excluded.bot_evidence)
        OR c.github_id IS NULL AND excluded.github_id IS NOT NULL
      """,
      [
        .text(account.login), .integer(account.githubID), .text(account.accountType),
        .text(String(min(1, max(0, account.score)))), .json(.array(account.evidence.map(JSONValue.string))),
      ])
  }
}
