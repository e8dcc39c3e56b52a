public import Domain
import Postgres

/// Rows that were entered under a repository's name, by a queue manager or while GitHub could not be asked: what GitHub
/// says of the name decides whose they are.
extension Store {
  /// Open jobs without chunks, `j`, whose repository, `r`, is not known or was never seen on GitHub; `named` is what they
  /// say of it. What a queue manager has Inngest do is its own.
  private static let entered = """
    yardmaster.progressive_capture_jobs j LEFT JOIN yardmaster.repositories r ON r.id = j.repository_id,
      LATERAL (SELECT lower(coalesce(r.owner || '/' || r.name, j.metadata->>'repository_name',
        j.metadata->>'repository')) AS named) n
    WHERE j.status IN ('pending', 'running', 'waiting') AND r.github_id IS NULL
      AND (r.id IS NOT NULL OR j.processor_type <> 'inngest')
      AND NOT EXISTS (SELECT FROM yardmaster.capture_chunks c WHERE c.job_id = j.id)
    """

  public func takeIn(jobsNamed names: [RepositoryName], as repository: RepositoryID) async throws {
    try await perform { session in _ = try await session.pipeline([Self.takeIn(jobsNamed: names, as: repository)]) }
  }

  static func takeIn(jobsNamed names: [RepositoryName], as repository: RepositoryID) -> PostgresStatement {
    PostgresStatement(
      """
      UPDATE yardmaster.progressive_capture_jobs SET repository_id = $1::uuid
      WHERE id IN (SELECT j.id FROM \(entered) AND named = ANY($2::text[])) AND repository_id IS DISTINCT FROM $1::uuid
      """, [.id(repository), .textArray(names.map { $0.description.lowercased() })])
  }

  public func formerNamesInUse(of repository: RepositoryID) async throws -> [RepositoryName] {
    try await perform { session in
      try await session.query(
        """
        SELECT DISTINCT lower(former) AS former
        FROM yardmaster.repositories own, unnest(own.former_names) AS former
        WHERE own.id = $1::uuid AND lower(former) IN (SELECT named FROM \(Self.entered)) ORDER BY 1
        """, [.id(repository)]
      ).compactMap { RepositoryName(try $0.decode("former", as: String.self)) }
    }
  }

  /// Has an open job say whose it is, where it does not yet: a plan that GitHub does not answer leaves it to the sweep,
  /// which finds it by its repository, or by the name. Does nothing where the row names another repository.
  public func name(_ job: JobID, after repository: RepositoryName) async throws {
    try await perform { session in
      _ = try await session.query(
        """
        UPDATE yardmaster.progressive_capture_jobs j SET
          repository_id = coalesce((SELECT r.id FROM yardmaster.repositories r
            WHERE lower(r.owner || '/' || r.name) = lower($2) AND r.github_id IS NOT NULL), j.repository_id),
          metadata = coalesce(j.metadata, '{}') || jsonb_build_object('repository_name', $2::text)
        WHERE j.id = $1::uuid AND j.status IN ('pending', 'running', 'waiting')
          AND lower(coalesce(j.metadata->>'repository_name', j.metadata->>'repository', $2)) = lower($2)
          AND NOT EXISTS (SELECT FROM yardmaster.repositories r WHERE r.id = j.repository_id)
        """, [.id(job), .text(repository.description)])
    }
  }

  public func refuse(_ job: JobID, error: String) async throws {
    try await perform { session in
      _ = try await session.query(
        """
        UPDATE yardmaster.progressive_capture_jobs SET status = 'failed', error = $2
        WHERE id = $1::uuid AND status IN ('pending', 'running', 'waiting')
          AND NOT EXISTS (SELECT FROM yardmaster.capture_chunks WHERE job_id = $1::uuid)
        """, [.id(job), .text(error)])
    }
  }
}
