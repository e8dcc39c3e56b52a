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
      // The name belongs to another repository by now: what is stored under it keeps its rows and loses the name.
      try transaction.query(
        """
        UPDATE yardmaster.repositories SET name = left(name, 60) || '.superseded-' || id::text, updated_at = now()
        WHERE id = $1::uuid
        """, [.id(id)])
    }
    if let sameID {
      let id: RepositoryID = try sameID.decode("id")
      try transaction.query(
        "UPDATE yardmaster.repositories SET owner = $2, name = $3, updated_at = now() WHERE id = $1::uuid",
        [.id(id), .text(name.owner), .text(name.name)])
      return id
    }
    return try transaction.query(
      "INSERT INTO yardmaster.repositories (owner, name, github_id) VALUES ($1, $2, $3) RETURNING id",
      [.text(name.owner), .text(name.name), .integer(githubID)])[0].decode("id")
  }
}
