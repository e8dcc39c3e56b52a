public import Domain
import Postgres

/// A request for capture as it is entered into the table, before anybody works on it.
public struct LaneJob: Sendable {
  /// Of a request that has an identity of its own: an event's second delivery finds the first one's row. nil: the open
  /// row for the same scope is taken, or a new one made.
  public var id: JobID?
  public var repositoryID: RepositoryID
  public var scope: CaptureScope
  public var processor: Job.Processor
  public var runID: Int64?
  /// Seconds after which another lane may take it over; nil for a lane that answers at once.
  public var limit: Int?
  /// Added to `progressive_capture_jobs.metadata`.
  public var metadata: [String: JSONValue]

  public init(
    id: JobID?, repositoryID: RepositoryID, scope: CaptureScope, processor: Job.Processor, runID: Int64?,
    limit: Int? = nil, metadata: [String: JSONValue] = [:]
  ) {
    self.id = id
    self.repositoryID = repositoryID
    self.scope = scope
    self.processor = processor
    self.runID = runID
    self.limit = limit
    self.metadata = metadata
  }
}

/// What is stored of a repository that routing looks at.
public struct LaneFacts: Hashable, Sendable {
  public var repositoryID: RepositoryID
  public var githubID: Int64?
  /// The highest number in use when it was last planned.
  public var newest: Int?
}

/// A change of who works on a job.
public struct LaneMove: Sendable {
  public var processor: Job.Processor
  /// nil for what it is already: whoever has the job may have begun.
  public var status: Job.Status?
  /// Whether it is now in somebody's hands who answers through the table.
  public var isHandedOver: Bool
  /// Seconds till another lane may take it over; nil for none.
  public var limit: Int?
  public var error: String?
  /// Added to `progressive_capture_jobs.metadata`.
  public var metadata: [String: JSONValue]

  public init(
    to processor: Job.Processor, status: Job.Status? = nil, isHandedOver: Bool = false, limit: Int? = nil,
    error: String? = nil, metadata: [String: JSONValue] = [:]
  ) {
    self.processor = processor
    self.status = status
    self.isHandedOver = isHandedOver
    self.limit = limit
    self.error = error
    self.metadata = metadata
  }
}

extension Store {
  /// Seconds for which a dispatched workflow is expected to start, and is not dispatched again.
  static let dispatchGrace = 600

  /// The repository, inserted where it is new, and what is known of it.
  public func laneFacts(of name: RepositoryName, githubID: Int64?) async throws -> LaneFacts {
    let id = try await repository(name, githubID: githubID)
    return try await perform { session in
      let row = try await session.query(
        "SELECT github_id, newest_number FROM yardmaster.repositories WHERE id = $1::uuid", [.id(id)])[0]
      return LaneFacts(
        repositoryID: id, githubID: try row.decodeIfPresent("github_id"),
        newest: try row.decodeIfPresent("newest_number"))
    }
  }

  /// Enters the request, `pending`, or finds the row that stands for it already.
  ///
  /// - Returns: the job, and whether somebody has it in hand: accepted by Inngest and not past its time, dispatched a
  ///   while ago, or being worked on by a workflow that gives signs of life: a run that was killed leaves its job
  ///   `running`.
  public func enqueue(_ lane: LaneJob) async throws -> (job: Job, isInHand: Bool) {
    // Chosen here, so that a second attempt finds the row of a first one whose answer was lost.
    let fresh = lane.id ?? JobID.random()
    let (id, isInHand) = try await perform { session in
      try await session.transaction { transaction in
        // Requests for one repository stand in a queue here: the second finds the first one's row.
        try transaction.query(
          "SELECT FROM yardmaster.repositories WHERE id = $1::uuid FOR UPDATE", [.id(lane.repositoryID)])
        let known = try transaction.query(
          """
          SELECT id, coalesce(CASE processor_type
              WHEN 'inngest' THEN handed_over_at IS NOT NULL AND lane_deadline > now()
              WHEN 'github_actions' THEN handed_over_at > now() - make_interval(secs => $4::integer)
                OR status = 'running' AND CASE
                  WHEN EXISTS (SELECT FROM yardmaster.capture_chunks c WHERE c.job_id = j.id)
                  THEN EXISTS (SELECT FROM yardmaster.capture_chunks c
                    WHERE c.job_id = j.id AND c.status = 'leased' AND c.lease_expires_at > now())
                  ELSE coalesce(started_at, created_at) > now() - make_interval(secs => $4::integer) END
            END, false) AS is_in_hand
          FROM yardmaster.progressive_capture_jobs j
          WHERE id = $1::uuid OR $5::boolean AND repository_id = $2::uuid AND scope = $3::jsonb AND job_type = 'history'
            AND status IN ('pending', 'running', 'waiting') AND \(Self.stillMeans("$6"))
          ORDER BY id = $1::uuid DESC, created_at LIMIT 1
          """,
          [
            .id(fresh), .id(lane.repositoryID), try .encoded(lane.scope), .integer(Self.dispatchGrace),
            .bool(lane.id == nil), .bool(lane.scope.isRelative),
          ])
        if let row = known.first {
          return (try row.decode("id", as: JobID.self), try row.decode("is_in_hand", as: Bool.self))
        }
        try Self.insert(lane, as: fresh, transaction)
        if lane.processor == .event { try Self.cutItems(of: fresh, transaction) }
        return (fresh, false)
      }
    }
    guard let job = try await job(id) else { throw StoreError.malformedRow("a job that was not stored") }
    return (job, isInHand)
  }

  private static func insert(_ lane: LaneJob, as id: JobID, _ transaction: PostgresTransaction) throws {
    let days: Int? = if case .daysBack(let days) = lane.scope.window { days } else { nil }
    try transaction.query(
      """
      INSERT INTO yardmaster.progressive_capture_jobs
        (id, repository_id, scope, workflow_run_id, time_range_days, processor_type, lane_deadline, metadata)
      VALUES ($1::uuid, $2::uuid, $3::jsonb, $4::bigint, $5::integer, $6, now() + make_interval(secs => $7::integer),
        $8::jsonb || \(deadline("now() + make_interval(secs => $7::integer)")))
      """,
      [
        .id(id), .id(lane.repositoryID), try .encoded(lane.scope), .integer(lane.runID), .integer(days),
        .text(lane.processor.rawValue), .integer(lane.limit), .json(.object(lane.metadata)),
      ])
  }

  /// `metadata.lane_deadline`, for readers outside.
  private static func deadline(_ moment: String) -> String {
    """
    jsonb_strip_nulls(jsonb_build_object('lane_deadline',
      to_char((\(moment)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
    """
  }

  /// Gives an open job to another lane, or notes what became of it there.
  ///
  /// - Returns: false where the job is not open any more: who had it before was faster.
  @discardableResult
  public func move(_ job: JobID, _ move: LaneMove) async throws -> Bool {
    try await perform { session in
      try await !session.query(
        """
        UPDATE yardmaster.progressive_capture_jobs SET processor_type = $2, status = coalesce($3, status), error = $4,
          handed_over_at = CASE WHEN $5::boolean THEN now() END,
          lane_deadline = now() + make_interval(secs => $6::integer),
          metadata = (coalesce(metadata, '{}') - 'lane_deadline') || $7::jsonb
            || \(Self.deadline("now() + make_interval(secs => $6::integer)")),
          started_at = CASE WHEN $3 = 'running' THEN coalesce(started_at, now()) ELSE started_at END
        WHERE id = $1::uuid AND status IN ('pending', 'running', 'waiting') RETURNING id
        """,
        [
          .id(job), .text(move.processor.rawValue), .text(move.status?.rawValue), .text(move.error),
          .bool(move.isHandedOver), .integer(move.limit), .json(.object(move.metadata)),
        ]
      ).isEmpty
    }
  }

  /// Gives a job of chosen numbers its one chunk, where it has none: nothing about it has to be planned.
  public func cutItems(of job: JobID) async throws {
    try await perform { session in
      try await session.transaction { transaction in try Self.cutItems(of: job, transaction) }
    }
  }

  private static func cutItems(of job: JobID, _ transaction: PostgresTransaction) throws {
    let rows = try transaction.query(
      "SELECT id, scope FROM yardmaster.progressive_capture_jobs WHERE id = $1::uuid FOR UPDATE", [.id(job)])
    try cutItems(of: rows, transaction)
  }

  private static func cutItems(of rows: PostgresRows, _ transaction: PostgresTransaction) throws {
    for row in rows {
      guard case .numbers(let numbers) = try row.decodeJSON("scope", as: CaptureScope?.self)?.window else { continue }
      let chunk = ChunkScope.numbers(numbers.sorted(), reviewComments: true)
      try transaction.query(
        """
        INSERT INTO yardmaster.capture_chunks (job_id, ordinal, scope, size) VALUES ($1::uuid, 1, $2::jsonb, $3::integer)
        ON CONFLICT (job_id, ordinal) DO NOTHING
        """, [.id(try row.decode("id", as: JobID.self)), try .encoded(chunk), .integer(numbers.count)])
    }
  }

  /// Takes from Inngest what its consumer did not complete in time, or reported as failed: these jobs belong to
  /// GitHub Actions from now on, with `metadata.priority`, and whoever sweeps works on them.
  ///
  /// A job that is open is in nobody's hands afterwards; a consumer that is late writes the same rows once more and
  /// harms nothing. Rows that this executable did not hand over are left alone.
  ///
  /// - Parameter repository: nil for all.
  /// - Returns: the jobs, the oldest first.
  public func expireInngestJobs(of repository: RepositoryID?) async throws -> [Job] {
    let ids = try await perform { session in
      try await session.transaction { transaction in
        let rows = try transaction.query(
          """
          UPDATE yardmaster.progressive_capture_jobs SET processor_type = 'github_actions', status = 'pending',
            completed_at = NULL, error = NULL, lane_deadline = NULL, handed_over_at = NULL,
            metadata = (coalesce(metadata, '{}') - 'lane_deadline') || jsonb_build_object('priority', true,
              'fallback', jsonb_strip_nulls(jsonb_build_object('from', 'inngest', 'reason',
                CASE status WHEN 'failed' THEN 'failed' ELSE 'time limit' END, 'error', left(error, 1000),
                'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))))
          WHERE processor_type = 'inngest' AND lane_deadline IS NOT NULL
            AND ($1::uuid IS NULL OR repository_id = $1::uuid)
            AND (status = 'failed' OR status IN ('pending', 'running', 'waiting') AND lane_deadline <= now())
          RETURNING id, scope, created_at
          """, [.id(repository)])
        try Self.cutItems(of: rows, transaction)
        return try rows.map { try $0.decode("id", as: JobID.self) }
      }
    }
    var jobs: [Job] = []
    for id in ids { if let job = try await job(id) { jobs.append(job) } }
    return jobs.sorted { $0.createdAt < $1.createdAt }
  }
}
