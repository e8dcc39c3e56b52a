public import Domain
import Postgres

extension Store {
  /// One round trip for a repository that is known under this name and id.
  public func repository(_ name: RepositoryName, githubID: Int64?) async throws -> RepositoryID {
    try await perform { session in
      let known = try await session.query(
        """
        SELECT id FROM yardmaster.repositories
        WHERE lower(owner) = lower($1) AND lower(name) = lower($2) AND ($3::bigint IS NULL OR github_id = $3::bigint)
        """, [.text(name.owner), .text(name.name), .integer(githubID)])
      if let row = known.first { return try row.decode("id") }
      return try await session.transaction { transaction in try Self.register(name, githubID, transaction) }
    }
  }

  /// The repository where it is known under this name; nil where it is not. Writes nothing.
  public func knownRepository(_ name: RepositoryName) async throws -> RepositoryID? {
    try await perform { session in
      try await session.query(
        "SELECT id FROM yardmaster.repositories WHERE lower(owner) = lower($1) AND lower(name) = lower($2)",
        [.text(name.owner), .text(name.name)]
      ).first?.decode("id")
    }
  }

  /// Whether any history of the repository was ever asked for.
  public func hasCaptured(_ name: RepositoryName) async throws -> Bool {
    try await perform { session in
      try await session.query(
        """
        SELECT EXISTS (SELECT FROM yardmaster.progressive_capture_jobs j JOIN yardmaster.repositories r ON r.id = j.repository_id
          WHERE lower(r.owner) = lower($1) AND lower(r.name) = lower($2)) AS captured
        """, [.text(name.owner), .text(name.name)]
      )[0].decode("captured")
    }
  }

  private static func register(
    _ name: RepositoryName, _ githubID: Int64?, _ transaction: PostgresTransaction
  ) throws -> RepositoryID {
    // New names and renames are rare; one at a time, they cannot trip over the unique indexes.
    try transaction.query("LOCK TABLE yardmaster.repositories IN SHARE ROW EXCLUSIVE MODE")
    let sameName = try transaction.query(
      "SELECT id, github_id FROM yardmaster.repositories WHERE lower(owner) = lower($1) AND lower(name) = lower($2)",
      [.text(name.owner), .text(name.name)]
    ).first
    let sameID = try githubID.flatMap { id in
      try transaction.query("SELECT id FROM yardmaster.repositories WHERE github_id = $1", [.integer(id)]).first
    }
    if let sameName {
      let id: RepositoryID = try sameName.decode("id")
      let holder = try sameName.decodeIfPresent("github_id", as: Int64.self)
      if githubID == nil || holder == githubID { return id }
      if holder == nil, sameID == nil {
        try transaction.query(
          "UPDATE yardmaster.repositories SET github_id = $2, updated_at = now() WHERE id = $1::uuid",
          [.id(id), .integer(githubID)])
        return id
      }
      // What was never seen on GitHub was this repository under a name that was not known for its own.
      if holder == nil, let sameID {
        try transaction.pipeline([takeIn(jobsNamed: [name], as: sameID.decode("id"))])
      }
      // The name belongs to another repository by now: what is stored under it keeps its rows and loses the name.
      try transaction.query(
        """
        UPDATE yardmaster.repositories SET name = left(name, 60) || '.superseded-' || id::text, updated_at = now(),
          former_names = array_append(former_names, owner || '/' || name)
        WHERE id = $1::uuid
        """, [.id(id)])
      // What it says of itself; others may have meant the name's new holder.
      let kept = try transaction.query(
        "SELECT owner || '/' || name AS value FROM yardmaster.repositories WHERE id = $1::uuid", [.id(id)])
      if let kept = try kept.first?.decode("value", as: String.self) {
        try redirectLinks(from: name.description, to: kept, of: id, transaction)
      }
    }
    if let sameID {
      let id: RepositoryID = try sameID.decode("id")
      let former = try transaction.query(
        "SELECT owner || '/' || name AS value FROM yardmaster.repositories WHERE id = $1::uuid", [.id(id)])
      try transaction.query(
        """
        UPDATE yardmaster.repositories SET owner = $2, name = $3, updated_at = now(),
          former_names = CASE WHEN lower(owner || '/' || name) = lower($2 || '/' || $3) THEN former_names
            ELSE array_append(former_names, owner || '/' || name) END
        WHERE id = $1::uuid
        """, [.id(id), .text(name.owner), .text(name.name)])
      if let former = try former.first?.decode("value", as: String.self) {
        try redirectLinks(from: former, to: name.description, transaction)
      }
      return id
    }
    return try transaction.query(
      "INSERT INTO yardmaster.repositories (owner, name, github_id) VALUES ($1, $2, $3) RETURNING id",
      [.text(name.owner), .text(name.name), .integer(githubID)])[0].decode("id")
  }

  /// GitHub names a link's end by what the repository is called today, and so do the rows: no item's time moves with a
  /// rename, so no delta would read them again.
  /// - Parameter id: whose links; nil for those of every repository.
  private static func redirectLinks(
    from former: String, to current: String, of id: RepositoryID? = nil, _ transaction: PostgresTransaction
  ) throws {
    let parameters: [PostgresValue] = [.text(former), .text(current), id.map { .id($0) } ?? .null]
    let own = "lower(t.to_repository) = lower($1) AND ($3::uuid IS NULL OR t.repository_id = $3::uuid)"
    // A link that was read under both names would be there twice.
    try transaction.query(
      """
      DELETE FROM yardmaster.links t USING yardmaster.links s
      WHERE \(own) AND lower($1) <> lower($2) AND s.repository_id = t.repository_id AND s.from_number = t.from_number
        AND s.kind = t.kind AND lower(s.to_repository) = lower($2)
        AND s.to_number IS NOT DISTINCT FROM t.to_number AND s.to_commit IS NOT DISTINCT FROM t.to_commit
      """, parameters)
    try transaction.query("UPDATE yardmaster.links t SET to_repository = $2 WHERE \(own)", parameters)
  }
}
