public import Domain
import Postgres

extension Store {
  public func baseline(of repository: RepositoryID) async throws -> Timestamp? {
    try await perform { session in
      try await session.query(
        """
        SELECT \(microseconds("max(walked_as_of)")) AS value FROM yardmaster.progressive_capture_jobs
        WHERE repository_id = $1::uuid AND status = 'completed' AND job_type <> 'repair'
        """, [.id(repository)])[0].decodeIfPresent("value")
    }
  }

  /// A job without chunks has nothing to do and is completed from the start.
  public func createJob(_ new: NewJob) async throws -> Job {
    // Chosen here, so that a second attempt finds the job of a first one whose answer was lost.
    let fresh = JobID.random()
    let id = try await perform { session in
      try await session.transaction { transaction in
        // Plans for one repository stand in a queue here: the second finds the first one's job.
        let repository = try transaction.query(
          "SELECT FROM yardmaster.repositories WHERE id = $1::uuid FOR UPDATE", [.id(new.repositoryID)])
        guard !repository.isEmpty else { throw StoreError.malformedRow("a job's repository is missing") }
        if let newest = new.newest {
          try transaction.query(
            """
            UPDATE yardmaster.repositories SET newest_number = $2, updated_at = now()
            WHERE id = $1::uuid AND (newest_number IS NULL OR newest_number < $2)
            """, [.id(new.repositoryID), .integer(newest)])
        }
        return try new.id.map { try Self.adopt($0, new, transaction) } ?? Self.insert(fresh, new, transaction)
      }
    }
    guard let job = try await job(id) else { throw StoreError.malformedRow("a job that was not stored") }
    return job
  }

  public func job(_ id: JobID, assuming name: RepositoryName?) async throws -> Job? {
    try await perform { session in
      try await session.query(
        """
        \(Self.jobs) WHERE j.id = $1::uuid
        """, [.id(id)]
      ).first.map { try Job(row: $0, assuming: name) }
    }
  }

  /// A queue manager's row whose limit makes no sense stands here without one: whoever plans it is told. One that cannot
  /// be read at all is left out: `status` shows it, and it must not keep the others from being worked on.
  public func openJobs(of repository: RepositoryID) async throws -> [Job] {
    try await perform { session in
      try await session.query(
        """
        \(Self.jobs) WHERE j.repository_id = $1::uuid AND j.status IN ('pending', 'running', 'waiting')
        ORDER BY coalesce(j.metadata->>'priority', '') = 'true' DESC, j.created_at, j.id
        """, [.id(repository)]
      ).compactMap { row in
        do {
          return try Job(row: row, assuming: nil, ignoresLimit: true)
        } catch let error as StoreError where error.cause == .malformedRow {
          return nil
        }
      }
    }
  }

  private static let jobs = """
    SELECT j.id, j.repository_id, j.job_type, j.processor_type, j.status, j.scope, j.time_range_days, j.metadata,
      j.error, r.owner, r.name, \(knownMicroseconds("j.created_at")) AS created,
      \(microseconds("j.started_at")) AS started, \(microseconds("j.completed_at")) AS completed
    FROM yardmaster.progressive_capture_jobs j LEFT JOIN yardmaster.repositories r ON r.id = j.repository_id
    """

  private static func adopt(_ id: JobID, _ new: NewJob, _ transaction: PostgresTransaction) throws -> JobID {
    let rows = try transaction.query(
      """
      SELECT j.status, coalesce(j.repository_id = $2::uuid, false) AS is_ours, r.id IS NOT NULL AS is_known,
        r.github_id IS NOT NULL AS was_seen,
        EXISTS (SELECT FROM yardmaster.capture_chunks c WHERE c.job_id = j.id) AS has_chunks
      FROM yardmaster.progressive_capture_jobs j LEFT JOIN yardmaster.repositories r ON r.id = j.repository_id
      WHERE j.id = $1::uuid FOR UPDATE OF j
      """, [.id(id), .id(new.repositoryID)])
    guard let row = rows.first else { throw StoreError.unknownJob(id) }
    let hasChunks: Bool = try row.decode("has_chunks")
    // A repository id that no row has is the queue manager's own; the repository is known by its name. One that was never
    // seen on GitHub was made of a name alone, while GitHub did not answer: now it has said whose the name is.
    if try row.decode("is_known"), try !row.decode("is_ours"), try hasChunks || row.decode("was_seen") {
      throw StoreError.wrongRepository(id)
    }
    let status: Job.Status = try row.decodeWord("status")
    guard status.isOpen, !hasChunks else { return id }
    try transaction.query(
      """
      UPDATE yardmaster.progressive_capture_jobs SET repository_id = $2::uuid, scope = $3::jsonb,
        walked_as_of = $4::timestamptz, workflow_run_id = coalesce(workflow_run_id, $5::bigint),
        metadata = coalesce(metadata, '{}') || $6::jsonb, items_total = $7::bigint, newest_number = $8::bigint
      WHERE id = $1::uuid
      """,
      [
        .id(id), .id(new.repositoryID), try .encoded(new.scope), .time(new.walkedAsOf), .integer(new.runID),
        .json(.object(new.metadata)), .integer(new.itemCount), .integer(new.newest),
      ])
    try insertChunks(of: id, new.chunks, transaction)
    return id
  }

  private static func insert(_ id: JobID, _ new: NewJob, _ transaction: PostgresTransaction) throws -> JobID {
    let open = try transaction.query(
      """
      SELECT id FROM yardmaster.progressive_capture_jobs j
      WHERE repository_id = $1::uuid AND scope = $2::jsonb AND job_type = $4 AND processor_type = $5
        AND status IN ('pending', 'running', 'waiting') AND \(Self.stillMeans("$6")) OR id = $3::uuid
      ORDER BY created_at LIMIT 1
      """,
      [
        .id(new.repositoryID), try .encoded(new.scope), .id(id), .text(new.kind.rawValue),
        .text(new.processor.rawValue), .bool(new.scope.isRelative),
      ])
    // One that was entered and not planned yet gets the chunks.
    if let row = open.first { return try adopt(row.decode("id"), new, transaction) }
    let days: Int? = if case .daysBack(let days) = new.scope.window { days } else { nil }
    try transaction.query(
      """
      INSERT INTO yardmaster.progressive_capture_jobs
        (id, repository_id, scope, walked_as_of, workflow_run_id, time_range_days, job_type, processor_type, metadata,
          items_total, newest_number)
      VALUES ($1::uuid, $2::uuid, $3::jsonb, $4::timestamptz, $5::bigint, $6::integer, $7, $8, $9::jsonb, $10::bigint,
        $11::bigint)
      """,
      [
        .id(id), .id(new.repositoryID), try .encoded(new.scope), .time(new.walkedAsOf), .integer(new.runID),
        .integer(days), .text(new.kind.rawValue), .text(new.processor.rawValue), .json(.object(new.metadata)),
        .integer(new.itemCount), .integer(new.newest),
      ])
    try insertChunks(of: id, new.chunks, transaction)
    if new.kind == .repair { try countRepairs(new, transaction) }
    return id
  }

  /// Whether the open job `j` is what a request for its scope means now. One whose scope is relative was planned for its
  /// own moment: an old one's numbers are not those of today's last days. It stays open, for the sweep.
  static func stillMeans(_ isRelative: String) -> String {
    """
    (NOT \(isRelative)::boolean OR j.created_at > now() - interval '1 hour'
      OR NOT EXISTS (SELECT FROM yardmaster.capture_chunks c WHERE c.job_id = j.id))
    """
  }

  private static func insertChunks(
    of job: JobID, _ chunks: [ChunkScope], _ transaction: PostgresTransaction
  ) throws {
    let rows = JSONValue.array(
      try chunks.enumerated().map { index, scope in
        [
          "ordinal": .integer(Int64(index + 1)), "scope": try encodedValue(scope),
          "size": scope.size.map { .integer(Int64($0)) } ?? .null,
        ] as JSONValue
      })
    try transaction.pipeline([
      PostgresStatement(
        """
        INSERT INTO yardmaster.capture_chunks (job_id, ordinal, scope, size)
        SELECT $2::uuid, r.ordinal, r.scope, r.size
        FROM json_to_recordset($1::json) AS r (ordinal integer, scope jsonb, size integer)
        """, [.json(rows), .id(job)]),
      Self.completeJob(job),
    ])
  }

  /// Completes the job where no chunk is left. The caller holds the job's row, so that of two last chunks that end at
  /// once the later one sees the other.
  static func completeJob(_ job: JobID) -> PostgresStatement {
    PostgresStatement(
      """
      UPDATE yardmaster.progressive_capture_jobs SET status = 'completed', error = NULL, completed_at = now(),
        started_at = coalesce(started_at, now())
      WHERE id = $1::uuid AND status IN ('pending', 'running', 'waiting')
        AND NOT EXISTS (SELECT FROM yardmaster.capture_chunks WHERE job_id = $1::uuid AND status <> 'completed')
      """, [.id(job)])
  }
}

extension StoreError {
  static func unknownJob(_ id: JobID) -> StoreError {
    StoreError(
      .unknownJob, .usage, "There is no job \(id) in the database",
      advice: "Name the id of a row in yardmaster.progressive_capture_jobs, or leave the job id out to make one.")
  }

  static func wrongRepository(_ id: JobID) -> StoreError {
    StoreError(
      .wrongRepository, .usage, "Job \(id) belongs to another repository",
      advice: "Name the repository that the job was made for.")
  }
}

extension Job {
  /// `max_items` of a queue manager's row: a whole number, or the text of one. 0 is no limit, as for a dispatch.
  private static func maxItems(_ value: JSONValue?, of id: JobID) throws(StoreError) -> Int? {
    let count: Int? =
      switch value {
      case nil, .null?: nil
      case .integer(let number)?: Int(exactly: number)
      case .number(let number)?: Int(exactly: number)
      case .string(let digits)? where digits.utf8.allSatisfy { (0x30...0x39).contains($0) }: Int(digits)
      default: nil
      }
    if let count, count >= 0 { return count == 0 ? nil : count }
    guard value == nil || value == .null else {
      throw StoreError(
        .malformedRow, .usage, "max_items in the metadata of job \(id) is no whole number of at least 0",
        advice: "Correct it in the row, or leave it out for all issues and pull requests.")
    }
    return nil
  }

  /// - Parameter ignoresLimit: whether a limit that makes no sense is passed over, so that the row can be told of.
  fileprivate init(row: PostgresRow, assuming assumed: RepositoryName?, ignoresLimit: Bool = false) throws {
    let metadata: JSONValue = try row.decodeJSON("metadata")
    let id: JobID = try row.decode("id")
    // A row of a queue manager may come before its repository is known here.
    let name =
      if let owner = try row.decodeIfPresent("owner", as: String.self) {
        "\(owner)/\(try row.decode("name", as: String.self))"
      } else {
        metadata["repository_name"]?.string ?? metadata["repository"]?.string ?? assumed?.description ?? ""
      }
    guard let repository = RepositoryName(name) else {
      throw StoreError(
        .malformedRow, .usage, "Job \(id) names no repository that is known",
        advice: "Plan it with `yardmaster plan --repository OWNER/NAME --job-id \(id)`.")
    }
    let scope: CaptureScope =
      if try row.decodeIfPresent("scope", as: String.self) != nil {
        try row.decodeJSON("scope")
      } else {
        CaptureScope(
          // 0 is everything, as for a dispatch.
          window: try row.decodeIfPresent("time_range_days", as: Int.self).map { $0 == 0 ? .all : .daysBack($0) }
            ?? .all,
          maxItems: ignoresLimit
            ? try? Self.maxItems(metadata["max_items"], of: id) : try Self.maxItems(metadata["max_items"], of: id))
      }
    self.init(
      id: id, repositoryID: try row.decodeIfPresent("repository_id"), repository: repository,
      kind: Kind(rawValue: try row.decode("job_type")) ?? .history,
      processor: try row.decodeWord("processor_type"), status: try row.decodeWord("status"), scope: scope,
      createdAt: try row.decode("created"),
      startedAt: try row.decodeIfPresent("started"), completedAt: try row.decodeIfPresent("completed"),
      error: try row.decodeIfPresent("error"))
  }
}
