public import Domain
import Postgres

extension Store {
  /// How many jobs are listed where none is named.
  private static let listed = 20

  public func progress(of job: JobID?) async throws -> [JobProgress] {
    try await perform { session in
      let selection =
        "SELECT id FROM yardmaster.progressive_capture_jobs WHERE $1::uuid IS NULL OR id = $1::uuid "
        + "ORDER BY created_at DESC, id LIMIT \(Self.listed)"
      let rows = try await session.pipeline([
        PostgresStatement(
          """
          SELECT j.id, j.job_type, j.processor_type, j.status, j.error,
            coalesce(r.owner || '/' || r.name, j.metadata->>'repository_name', j.metadata->>'repository') AS repository,
            \(knownMicroseconds("j.created_at")) AS created, \(microseconds("j.started_at")) AS started,
            \(microseconds("j.completed_at")) AS completed
          FROM yardmaster.progressive_capture_jobs j LEFT JOIN yardmaster.repositories r ON r.id = j.repository_id
          WHERE j.id IN (\(selection)) ORDER BY j.created_at DESC, j.id
          """, [.id(job)]),
        PostgresStatement(
          """
          SELECT job_id, ordinal, status, scope, items_done, size, attempts, points, requests, numbers_done, run_id,
            pages, error, \(microseconds("not_before")) AS not_before, \(microseconds("lease_expires_at")) AS expires,
            \(microseconds("started_at")) AS started, \(microseconds("completed_at")) AS completed
          FROM yardmaster.capture_chunks WHERE job_id IN (\(selection)) ORDER BY job_id, ordinal
          """, [.id(job)]),
      ])
      var chunks: [JobID: [PostgresRow]] = [:]
      for row in rows[1] { chunks[try row.decode("job_id"), default: []].append(row) }
      return try rows[0].map { row in
        // A queue manager's row may come before its repository is known here.
        let repository = RepositoryName(try row.decodeIfPresent("repository", as: String.self) ?? "")
        let id: JobID = try row.decode("id")
        let own = chunks[id] ?? []
        func sum(_ column: String) throws -> Int { try own.reduce(0) { try $0 + $1.decode(column) } }
        return JobProgress(
          id: id, repository: repository, kind: Job.Kind(rawValue: try row.decode("job_type")) ?? .history,
          processor: try row.decodeWord("processor_type"), status: try row.decodeWord("status"),
          items: try sum("items_done"),
          chunks: try own.map(JobProgress.Chunk.init(row:)), points: try sum("points"), requests: try sum("requests"),
          createdAt: try row.decode("created"), startedAt: try row.decodeIfPresent("started"),
          completedAt: try row.decodeIfPresent("completed"), error: try row.decodeIfPresent("error"))
      }
    }
  }
}

extension JobProgress.Chunk {
  fileprivate init(row: PostgresRow) throws {
    let scope: ChunkScope = try row.decodeJSON("scope")
    self.init(
      ordinal: try row.decode("ordinal"), status: try row.decodeWord("status"), scope: scope.summary,
      itemsDone: try row.decode("items_done"), size: try row.decodeIfPresent("size"),
      attempts: try row.decode("attempts"), notBefore: try row.decodeIfPresent("not_before"),
      leaseExpiresAt: try row.decodeIfPresent("expires"),
      numbersDone: try row.decodeIfPresent("numbers_done"), points: try row.decode("points"),
      requests: try row.decode("requests"), runID: try row.decodeIfPresent("run_id"), pages: try row.decode("pages"),
      startedAt: try row.decodeIfPresent("started"), completedAt: try row.decodeIfPresent("completed"),
      error: try row.decodeIfPresent("error"))
  }
}
