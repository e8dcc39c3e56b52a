public import Domain
import Postgres

extension Store {
  public func proof(of repository: RepositoryID) async throws -> CaptureProof {
    try await perform { session in
      let rows = try await session.pipeline([
        Self.roomToCount,
        PostgresStatement(
          """
          \(Self.underWay)
          SELECT r.newest_number, n.*,
            (SELECT count(*) FROM yardmaster.dead_letters d WHERE d.repository_id = $1::uuid) AS dead_letters,
            (SELECT \(microseconds("max(j.walked_as_of)")) FROM \(Self.walks)) AS walked,
            (SELECT \(microseconds("max(j.walked_as_of)")) FROM \(Self.walks) AND \(Self.findsDeletions)) AS audited
          FROM yardmaster.repositories r, LATERAL (
            SELECT count(*) FILTER (WHERE kind = 'pull_request') AS pull_requests,
              count(*) FILTER (WHERE kind = 'issue') AS issues,
              count(*) FILTER (WHERE kind = 'discussion') AS discussions, count(*) FILTER (WHERE kind = 'gone') AS gone,
              count(*) FILTER (WHERE \(Self.isIncomplete)) AS incomplete,
              \(microseconds("min(proved_at) FILTER (WHERE kind IN ('pull_request', 'issue'))")) AS oldest
            FROM yardmaster.numbers n
            WHERE n.repository_id = r.id AND n.number BETWEEN 1 AND coalesce(r.newest_number, 0)
          ) AS n WHERE r.id = $1::uuid
          """, [.id(repository)]),
        PostgresStatement(
          "\(Self.underWay) SELECT count(*) AS value FROM (\(Self.mismatched)) AS m", [.id(repository)]),
        PostgresStatement(Self.counts, [.id(repository)]),
      ])
      guard let row = rows[1].first else { throw StoreError.malformedRow("a repository is missing") }
      var proof = CaptureProof()
      proof.newest = try row.decodeIfPresent("newest_number")
      proof.pullRequests = try row.decode("pull_requests")
      proof.issues = try row.decode("issues")
      proof.discussions = try row.decode("discussions")
      proof.gone = try row.decode("gone")
      let known = proof.pullRequests + proof.issues + proof.discussions + proof.gone
      proof.unaccounted = (proof.newest ?? 0) - known
      proof.incomplete = try row.decode("incomplete")
      proof.mismatched = try rows[2][0].decode("value")
      if let counts = rows[3].first {
        let (counted, stored): (Int, Int) = (try counts.decode("counted"), try counts.decode("stored"))
        proof.missing = max(0, counted - stored - (try counts.decode("left_since")))
        proof.surplus = max(0, stored - counted)
      }
      proof.deadLetters = try row.decode("dead_letters")
      proof.walkedAsOf = try row.decodeIfPresent("walked")
      proof.auditedAsOf = try row.decodeIfPresent("audited")
      proof.oldestReading = try row.decodeIfPresent("oldest")
      return proof
    }
  }

  public func newestItem(of repository: RepositoryID) async throws -> Int {
    try await perform { session in
      try await session.query(
        """
        SELECT coalesce(max(number), 0)::integer AS value FROM yardmaster.numbers
        WHERE repository_id = $1::uuid AND kind IN ('pull_request', 'issue')
        """, [.id(repository)])[0].decode("value")
    }
  }

  public func numbersGone(of repository: RepositoryID, among numbers: [Int]) async throws -> [Int] {
    guard !numbers.isEmpty else { return [] }
    return try await perform { session in
      try await session.query(
        """
        SELECT number FROM yardmaster.numbers
        WHERE repository_id = $1::uuid AND kind = 'gone' AND number = ANY ($2::bigint[]) ORDER BY number
        """, [.id(repository), .array(numbers)]
      ).map { try $0.decode("number") }
    }
  }

  public func numbersUnaccounted(of repository: RepositoryID, newest: Int) async throws -> [Int] {
    try await perform { session in
      let rows = try await session.pipeline([
        Self.roomToCount,
        PostgresStatement(
          """
          \(Self.unaccounted) AND NOT EXISTS (
            SELECT FROM yardmaster.dead_letters d WHERE d.repository_id = $1::uuid AND d.number = g.number)
          ORDER BY g.number
          """, [.id(repository), .integer(newest)]),
      ])
      return try rows[1].map { try $0.decode("number") }
    }
  }

  /// What failed five times is asked for again after a day, then two, four, and so on up to a month: an item that
  /// GitHub cannot give, or a list that it counts wrongly, must not cost something in every sweep.
  ///
  /// A part of a list of the whole repository that was lost belongs to no number (0): only a walk over everything reads it
  /// again.
  public func numbersToRepair(of repository: RepositoryID, newest: Int, limit: Int) async throws -> [Int] {
    try await perform { session in
      let rows = try await session.pipeline([
        Self.roomToCount,
        PostgresStatement(
          """
          \(Self.underWay), mismatched AS MATERIALIZED (\(Self.mismatched)),
          settled AS (
            UPDATE yardmaster.numbers n SET repairs = 0
            WHERE n.repository_id = $1::uuid AND n.repairs > 0 AND NOT (\(Self.isIncomplete))
              AND n.number NOT IN (SELECT m.number FROM mismatched m UNION SELECT u.number FROM under_way u)
          ),
          wanted AS (
            \(Self.unaccounted)
            UNION
            SELECT n.number FROM yardmaster.numbers n
            WHERE n.repository_id = $1::uuid AND (\(Self.isIncomplete) OR n.number IN (SELECT m.number FROM mismatched m))
              AND \(Self.isDue("n.repairs", since: "n.repaired_at"))
            UNION
            SELECT d.number FROM yardmaster.dead_letters d
            WHERE d.repository_id = $1::uuid AND d.number > 0
          )
          SELECT w.number FROM wanted w
          WHERE w.number NOT IN (SELECT u.number FROM under_way u) AND NOT EXISTS (
            SELECT FROM yardmaster.dead_letters d WHERE d.repository_id = $1::uuid AND d.number = w.number
              AND NOT \(Self.isDue("d.attempts", since: "d.updated_at")))
          ORDER BY w.number LIMIT $3::bigint
          """, [.id(repository), .integer(newest), .integer(limit)]),
      ])
      return try rows[1].map { try $0.decode("number") }
    }
  }

  /// For the rest of the transaction: a count of a million rows stays in memory, and is done before it were compiled. Of
  /// tables that were just filled the planner knows nothing, and would count a table once for each number.
  static let roomToCount = PostgresStatement(
    """
    SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true), set_config('enable_nestloop', 'off', true)
    """)

  /// Counts an attempt for each number of a repair job.
  static func countRepairs(_ new: NewJob, _ transaction: PostgresTransaction) throws {
    let numbers = new.chunks.flatMap { chunk -> [Int] in
      if case .numbers(let numbers, _) = chunk { numbers } else { [] }
    }
    guard !numbers.isEmpty else { return }
    try transaction.query(
      """
      UPDATE yardmaster.numbers SET repairs = repairs + 1, repaired_at = now()
      WHERE repository_id = $1::uuid AND number = ANY ($2::bigint[])
      """, [.id(new.repositoryID), .array(numbers)])
  }

  private static func isDue(_ attempts: String, since moment: String) -> String {
    """
    (\(attempts) < 5 OR \(moment) IS NULL
      OR \(moment) <= now() - interval '1 day' * 2 ^ least(\(attempts) - 5, 5))
    """
  }

  /// Numbers up to `$2` without a row in `numbers`.
  private static let unaccounted = """
    SELECT g.number FROM generate_series(1, $2::bigint) AS g (number)
    WHERE NOT EXISTS (SELECT FROM yardmaster.numbers n WHERE n.repository_id = $1::uuid AND n.number = g.number)
    """

  /// Completed jobs that prove something about the whole.
  private static let walks = """
    yardmaster.progressive_capture_jobs j
    WHERE j.repository_id = $1::uuid AND j.status = 'completed' AND j.job_type <> 'repair'
    """

  /// Of a job `j`: whether it read everything that there was, so that what it did not meet is deleted. A walk over all
  /// review comments that lost one of them has no beginning in its checkpoint.
  private static let findsDeletions = """
    EXISTS (SELECT FROM yardmaster.capture_chunks c WHERE c.job_id = j.id AND c.scope ? 'range')
    AND NOT EXISTS (
      SELECT FROM yardmaster.capture_chunks c WHERE c.job_id = j.id AND c.scope ? 'review_comments'
        AND NOT c.scope ? 'numbers' AND (NOT c.scope ? 'reconciles' OR c.cursor::jsonb->>'begun' IS NULL))
    """

  /// GitHub's count of items when the last complete walk was planned, and the stored ones up to the newest number of that
  /// moment. What is younger was not counted then. What was seen to be gone since may have been counted, or not: a
  /// deletion that an event reported, one that the walk met, one of long ago that the audit found.
  private static let counts = """
    SELECT w.items_total AS counted,
      count(*) FILTER (WHERE n.kind IN ('pull_request', 'issue')) AS stored,
      count(*) FILTER (WHERE n.kind IN ('gone', 'discussion') AND n.observed_at >= w.walked_as_of AND (
        EXISTS (
          SELECT FROM yardmaster.issues i WHERE i.repository_id = $1::uuid AND i.number = n.number
            AND i.deleted_at >= w.walked_as_of)
        OR EXISTS (
          SELECT FROM yardmaster.pull_requests p WHERE p.repository_id = $1::uuid AND p.number = n.number
            AND p.deleted_at >= w.walked_as_of))) AS left_since
    FROM (
      SELECT j.items_total, j.newest_number, j.walked_as_of FROM \(walks) AND j.walked_as_of IS NOT NULL
      ORDER BY j.walked_as_of DESC LIMIT 1
    ) AS w LEFT JOIN yardmaster.numbers n ON n.repository_id = $1::uuid AND n.number BETWEEN 1 AND w.newest_number
    WHERE w.items_total IS NOT NULL
    GROUP BY w.items_total
    """

  /// Numbers whose lists an open job is about to read: they wait in a chunk's checkpoint. Whoever has that chunk next
  /// reads them; until then what proved them before still stands, so a walk that pauses unproves nothing.
  private static let underWay = """
    WITH under_way AS MATERIALIZED (
      SELECT (p.item->>0)::bigint AS number FROM yardmaster.progressive_capture_jobs j
        JOIN yardmaster.capture_chunks c ON c.job_id = j.id
        CROSS JOIN LATERAL jsonb_array_elements(c.cursor::jsonb->'pending') AS p (item)
      WHERE j.repository_id = $1::uuid AND j.status IN ('pending', 'running', 'waiting') AND c.status <> 'completed'
    )
    """

  /// Of a row `n` of `numbers`: an item whose lists are not all stored.
  private static let isIncomplete = """
    n.kind IN ('pull_request', 'issue') AND (n.proved_at IS NULL
      OR n.proved_at < n.observed_at AND n.number NOT IN (SELECT u.number FROM under_way u))
    """

  /// Numbers whose item or lists are stored with fewer or more rows than GitHub counted. Each table is gone through once.
  private static let mismatched = """
    SELECT n.number FROM yardmaster.numbers n
      LEFT JOIN yardmaster.pull_requests p ON p.repository_id = $1::uuid AND p.number = n.number
        AND p.deleted_at IS NULL
      LEFT JOIN yardmaster.issues i ON i.repository_id = $1::uuid AND i.number = n.number AND i.deleted_at IS NULL
      LEFT JOIN (\(counted("issue_comments", "issue_number"))) AS comments ON comments.number = n.number
      LEFT JOIN (\(counted("reviews", "pull_number"))) AS reviews ON reviews.number = n.number
      LEFT JOIN (\(counted("pull_request_files", "pull_number"))) AS files ON files.number = n.number
      LEFT JOIN (
        SELECT from_number AS number, count(*) AS stored FROM yardmaster.links
        WHERE repository_id = $1::uuid AND kind = 'closes' AND to_number IS NOT NULL AND origin = 'github'
        GROUP BY from_number
      ) AS closes ON closes.number = n.number
    WHERE n.repository_id = $1::uuid AND n.kind IN ('pull_request', 'issue') AND NOT (\(isIncomplete))
      AND n.number NOT IN (SELECT u.number FROM under_way u) AND (
      CASE WHEN n.kind = 'pull_request' THEN p.number IS NULL ELSE i.number IS NULL END
      OR n.labels_total <> cardinality(CASE WHEN n.kind = 'pull_request' THEN p.labels ELSE i.labels END)
      OR n.comments_total <> coalesce(comments.stored, 0)
      OR n.reviews_total <> coalesce(reviews.stored, 0)
      OR n.files_total <> coalesce(files.stored, 0)
      OR n.closes_total <> coalesce(closes.stored, 0))
    """

  private static func counted(_ table: String, _ column: String) -> String {
    """
    SELECT \(column) AS number, count(*) AS stored FROM yardmaster.\(table)
    WHERE repository_id = $1::uuid AND deleted_at IS NULL GROUP BY \(column)
    """
  }
}
