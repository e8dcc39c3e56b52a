import Domain
import Postgres

/// Brings the schema to this executable's version.
///
/// Each step is one transaction that first takes a lock which ends with it, so any number of processes may start at once,
/// and a pooler in transaction mode may stand between: nothing is kept on a connection from one step to the next.
struct Migrator {
  /// The lock's number: the ASCII letters `yardmast`.
  private static let lock: Int64 = 0x7961_7264_6D61_7374

  func migrate(on connection: PostgresConnection) async throws -> MigrationReport {
    var applied: [Int] = []
    while let version = try await step(on: connection) { applied.append(version) }
    return MigrationReport(applied: applied, version: Migration.current)
  }

  /// Applies the next step; nil where there is none.
  private func step(on connection: PostgresConnection) async throws -> Int? {
    try await connection.transaction { transaction in
      try transaction.query("SELECT pg_advisory_xact_lock($1)", [.integer(Self.lock)])
      let exists = try transaction.query("SELECT to_regclass('yardmaster.schema_migrations') IS NOT NULL AS value")
      if try !exists[0].decode("value", as: Bool.self) {
        try transaction.script(
          """
          CREATE SCHEMA IF NOT EXISTS yardmaster;
          CREATE TABLE yardmaster.schema_migrations (
            version integer PRIMARY KEY,
            name text NOT NULL,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
          );
          """)
      }
      let recorded = try transaction.query(
        "SELECT version, checksum FROM yardmaster.schema_migrations ORDER BY version")
      for row in recorded {
        let version: Int = try row.decode("version")
        guard version <= Migration.current else {
          throw StoreError.newerSchema(found: try recorded[recorded.count - 1].decode("version"))
        }
        guard try row.decode("checksum") == Migration.all[version - 1].checksum else {
          throw StoreError.changedMigration(version: version)
        }
      }
      guard recorded.count < Migration.current else { return nil }
      let next = Migration.all[recorded.count]
      try transaction.script(next.sql)
      try transaction.query(
        "INSERT INTO yardmaster.schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
        [.integer(next.version), .text(next.name), .text(next.checksum)])
      return next.version
    }
  }
}
