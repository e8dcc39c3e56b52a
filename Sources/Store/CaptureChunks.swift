public import Domain
import Postgres

extension Store {
  /// One round trip. A chunk that another process is claiming is passed over. The chunk of a claim whose answer was lost
  /// comes first when the claim is repeated.
  public func claimChunk(
    of job: JobID, runID: Int64, lease: Int, owners: [BudgetOwner], excluding: [ChunkID]
  ) async throws -> ClaimedChunk? {
    let token = Identifier<ClaimRow>.random()
    return try await perform { session in
      let rows = try await session.pipeline([
        PostgresStatement(
          """
          WITH free AS (
            SELECT c.id FROM yardmaster.capture_chunks c
            WHERE c.job_id = $1::uuid AND c.id <> ALL ($5::uuid[])
              AND EXISTS (
                SELECT FROM yardmaster.progressive_capture_jobs j
                WHERE j.id = $1::uuid AND j.status IN ('pending', 'running', 'waiting'))
              AND (c.status IN ('pending', 'waiting') 
                  AND (c.not_before IS NULL OR c.not_before <= now() OR NOT $6::text[] <@ c.held_owners)
                OR c.status = 'leased' AND (c.lease_expires_at <= now() OR c.claim_token = $2::uuid))
            ORDER BY c.claim_token IS NOT DISTINCT FROM $2::uuid DESC, c.attempts, c.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED
          )
          UPDATE yardmaster.capture_chunks c SET status = 'leased', fence = c.fence + 1, attempts = c.attempts + 1,
            claim_token = $2::uuid, run_id = $3::bigint, not_before = NULL, held_owners = NULL,
            updated_at = now(),
            lease_expires_at = now() + make_interval(secs => $4::integer), started_at = coalesce(c.started_at, now())
          FROM free WHERE c.id = free.id
          RETURNING c.id, c.job_id, c.ordinal, c.scope, c.cursor, c.fence, c.items_done,
            \(microseconds("clock_timestamp()")) AS clock,
            (SELECT j.repository_id FROM yardmaster.progressive_capture_jobs j WHERE j.id = c.job_id) AS repository_id,
            (SELECT r.github_id FROM yardmaster.repositories r
              JOIN yardmaster.progressive_capture_jobs j ON j.repository_id = r.id WHERE j.id = c.job_id) AS github_id
          """,
          [
            .id(job), .id(token), .integer(runID), .integer(lease),
            .text("{\(excluding.map(\.text).joined(separator: ","))}"), .textArray(owners.map(\.description)),
          ]),
        PostgresStatement(
          """
          UPDATE yardmaster.progressive_capture_jobs SET status = 'running', started_at = coalesce(started_at, now())
          WHERE id = $1::uuid AND status IN ('pending', 'waiting')
            AND EXISTS (SELECT FROM yardmaster.capture_chunks WHERE job_id = $1::uuid AND claim_token = $2::uuid)
          """, [.id(job), .id(token)]),
      ])
      if let row = rows[0].first { return try ClaimedChunk(row: row) }
      try await Self.endStalledCommits(of: job, lease: lease, session)
      return nil
    }
  }

  /// A process that stands still in the middle of a commit (a frozen machine, SIGSTOP) keeps its chunk's row locked,
  /// whatever became of its lease. Once it has sent nothing for as long as a lease lasts, its connection is ended for it:
  /// the transaction is rolled back, and the next claim finds the chunk free.
  ///
  /// A role may end its own sessions: https://www.postgresql.org/docs/current/functions-admin.html
  private static func endStalledCommits(of job: JobID, lease: Int, _ session: StoreSession) async throws {
    _ = try await session.query(
      """
      SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
      WHERE EXISTS (
          SELECT FROM yardmaster.capture_chunks c
          WHERE c.job_id = $1::uuid AND c.status = 'leased' AND c.lease_expires_at <= now())
        AND a.datname = current_database() AND a.usename = current_user AND a.pid <> pg_backend_pid()
        AND a.xact_start IS NOT NULL AND a.wait_event = 'ClientRead'
        AND greatest(a.query_start, a.state_change) < clock_timestamp() - make_interval(secs => $2::integer)
        AND EXISTS (
          SELECT FROM pg_locks l
          WHERE l.pid = a.pid AND l.relation = 'yardmaster.capture_chunks'::regclass AND l.mode = 'RowExclusiveLock')
      """, [.id(job), .integer(lease)])
  }

  /// One round trip, whatever the page holds.
  public func commit(
    _ page: CapturedPage, of chunk: ClaimedChunk, checkpoint: Checkpoint, finished: Bool, cost: PageCost,
    widths: [String: Int], lease: Int
  ) async throws {
    let cursor = try encodedText(checkpoint)
    var statements = [Self.advance(chunk, to: checkpoint, cursor, page, finished, cost, lease)]
    statements += PageStatements(page, of: chunk, finished: finished).all
    if !widths.isEmpty { statements.append(Self.remember(widths, of: chunk.repositoryID)) }
    if finished {
      statements += [
        PostgresStatement(
          "SELECT FROM yardmaster.progressive_capture_jobs WHERE id = $1::uuid FOR UPDATE", [.id(chunk.jobID)]),
        Self.completeJob(chunk.jobID),
        Self.dropFlatLetters(after: chunk.jobID),
      ]
    }
    let all = statements
    try await perform { session in
      if session.isRepeated, try await Self.isStored(chunk, cursor, finished, session) { return }
      do {
        _ = try await session.pipeline(all)
      } catch let error as PostgresError where error.isLeaseLost {
        throw LeaseLost(subject: "Chunk \(chunk.ordinal) of job \(chunk.jobID)")
      }
    }
  }

  public func widths(of repository: RepositoryID) async throws -> [String: Int] {
    try await perform { session in
      let rows = try await session.query(
        "SELECT query, width FROM yardmaster.query_widths WHERE repository_id = $1::uuid", [.id(repository)])
      return try Dictionary(uniqueKeysWithValues: rows.map { try ($0.decode("query"), $0.decode("width")) })
    }
  }

  /// Given back in good order a chunk costs no attempt; with an error it does. A chunk that another process took over
  /// meanwhile is left alone.
  public func release(_ chunk: ClaimedChunk, hold: Hold?, error: String?) async throws {
    _ = try await perform { session in
      try await session.pipeline([
        PostgresStatement(
          """
          UPDATE yardmaster.capture_chunks SET status = CASE WHEN $3::timestamptz IS NULL THEN 'pending' ELSE 'waiting' END,
            not_before = $3::timestamptz, held_owners = $5::text[], error = $4::text, lease_expires_at = NULL, claim_token = NULL,
            attempts = attempts - CASE WHEN $4::text IS NULL THEN 1 ELSE 0 END, updated_at = now()
          WHERE id = $1::uuid AND fence = $2::integer AND status = 'leased'
          """, [.id(chunk.id), .integer(chunk.fence), .time(hold?.until), .text(error), .owners(of: hold)]),
        // Nobody works on the job now: it waits for the next run.
        PostgresStatement(
          """
          UPDATE yardmaster.progressive_capture_jobs SET status = 'waiting', error = $2::text
          WHERE id = $1::uuid AND status = 'running'
            AND NOT EXISTS (SELECT FROM yardmaster.capture_chunks WHERE job_id = $1::uuid AND status = 'leased')
          """, [.id(chunk.jobID), .text(error)]),
      ])
    }
  }

  public func postpone(job: JobID, _ hold: Hold) async throws {
    _ = try await perform { session in
      try await session.query(
        """
        UPDATE yardmaster.capture_chunks SET status = 'waiting', updated_at = now(),
          not_before = greatest(not_before, $2::timestamptz), held_owners = $3::text[]
        WHERE job_id = $1::uuid AND status IN ('pending', 'waiting')
          -- `ChunkScope.resources`, by how scopes are stored.
          AND CASE $4::text
            WHEN 'core' THEN NOT (scope ? 'range' OR scope @> '{"review_comments": false}')
            WHEN 'graphql' THEN scope ?| '{range,numbers}'
            ELSE $4::text IS NULL END
        """, [.id(job), .time(hold.until), .owners(of: hold), .text(hold.resource)])
    }
  }

  /// Comes first in its transaction: whoever lost the lease writes nothing at all.
  private static func advance(
    _ chunk: ClaimedChunk, to checkpoint: Checkpoint, _ cursor: String, _ page: CapturedPage, _ finished: Bool,
    _ cost: PageCost, _ lease: Int
  ) -> PostgresStatement {
    PostgresStatement(
      """
      WITH held AS (
        UPDATE yardmaster.capture_chunks SET cursor = $3, items_done = items_done + $4::integer,
          points = points + $5::integer, requests = requests + $6::integer, error = NULL, updated_at = now(),
          lease_expires_at = CASE WHEN $7::boolean THEN NULL ELSE now() + make_interval(secs => $8::integer) END,
          status = CASE WHEN $7::boolean THEN 'completed' ELSE status END,
          completed_at = CASE WHEN $7::boolean THEN now() END,
          pages = pages + CASE WHEN $7::boolean OR $9::boolean OR cursor IS DISTINCT FROM $3 THEN 1 ELSE 0 END,
          numbers_done = CASE WHEN $7::boolean THEN size ELSE $10::integer END
        WHERE id = $1::uuid AND fence = $2::integer AND status = 'leased'
        RETURNING 1
      )
      SELECT CASE WHEN NOT EXISTS (SELECT FROM held) THEN yardmaster.fail('YM002', 'the chunk was taken over') END,
        -- For the statements that follow in this transaction: pages touch few rows of large tables.
        set_config('random_page_cost', '1.1', true), set_config('jit', 'off', true)
      """,
      [
        .id(chunk.id), .integer(chunk.fence), .text(cursor), .integer(cost.items), .integer(cost.points),
        .integer(cost.requests), .bool(finished), .integer(lease), .bool(page.holdsAnything),
        .integer(chunk.scope.size.map { checkpoint.numbersDone(of: $0) }),
      ])
  }

  /// A walk over everything has read both lists of the repository, and each item's comments: what was lost of them before
  /// it began was met again. What it lost itself is younger than the job.
  private static func dropFlatLetters(after job: JobID) -> PostgresStatement {
    PostgresStatement(
      """
      DELETE FROM yardmaster.dead_letters d USING yardmaster.progressive_capture_jobs j
      WHERE j.id = $1::uuid AND j.status = 'completed' AND d.repository_id = j.repository_id AND d.number = 0
        AND d.kind = 'list' AND d.updated_at < j.created_at
        AND EXISTS (SELECT FROM yardmaster.capture_chunks c WHERE c.job_id = j.id AND c.scope ? 'range')
      """, [.id(job)])
  }

  private static func remember(_ widths: [String: Int], of repository: RepositoryID) -> PostgresStatement {
    let rows = widths.sorted { $0.key < $1.key }.map { WidthRow(query: $0.key, width: $0.value) }
    return PostgresStatement(
      """
      INSERT INTO yardmaster.query_widths AS t (repository_id, query, width)
      SELECT $2::uuid, r.query, r.width FROM json_to_recordset($1::json) AS r (query text, width integer)
      ORDER BY r.query
      ON CONFLICT (repository_id, query) DO UPDATE SET width = excluded.width, updated_at = now()
      WHERE t.width <> excluded.width
      """, [.json(RowWriter(rows).document), .id(repository)])
  }

  /// Whether an attempt whose answer was lost was committed: then the chunk stands at this very checkpoint.
  private static func isStored(
    _ chunk: ClaimedChunk, _ cursor: String, _ finished: Bool, _ session: StoreSession
  ) async throws -> Bool {
    try await !session.query(
      """
      SELECT FROM yardmaster.capture_chunks
      WHERE id = $1::uuid AND fence = $2::integer AND cursor = $3 AND status = $4
      """,
      [.id(chunk.id), .integer(chunk.fence), .text(cursor), .text(finished ? "completed" : "leased")]
    ).isEmpty
  }
}

extension ClaimedChunk {
  fileprivate init(row: PostgresRow) throws {
    self.init(
      id: try row.decode("id"), jobID: try row.decode("job_id"), repositoryID: try row.decode("repository_id"),
      githubID: try row.decodeIfPresent("github_id"), ordinal: try row.decode("ordinal"),
      scope: try row.decodeJSON("scope"),
      checkpoint: try row.decodeIfPresent("cursor", as: String.self) == nil ? Checkpoint() : row.decodeJSON("cursor"),
      fence: try row.decode("fence"), itemsDone: try row.decode("items_done"),
      clock: DatabaseClock(try row.decode("clock")))
  }
}

extension CapturedPage {
  /// Whether it is more than a heartbeat.
  fileprivate var holdsAnything: Bool {
    rowCount > 0 || !numbers.isEmpty || !lists.isEmpty || !labels.isEmpty || !links.isEmpty || !completed.isEmpty
      || !deadLetters.isEmpty
  }
}

extension PostgresValue {
  /// NULL where the hold is everybody's.
  fileprivate static func owners(of hold: Hold?) -> PostgresValue {
    guard let hold, !hold.owners.isEmpty else { return .null }
    return .textArray(hold.owners.map(\.description))
  }
}

/// How wide a query may be.
private struct WidthRow: CapturedRow {
  var query: String
  var width: Int

  func write(to writer: inout RowWriter) {
    writer.member("query", query)
    writer.member("width", width)
  }
}
