import Postgres

/// The database as `doctor` sees it.
public struct StoreHealth: Hashable, Sendable {
  /// As the server says it: `15.20 (Debian …)`.
  public var serverVersion: String
  public var database: String
  public var role: String
  public var isReadOnly: Bool
  /// nil where the schema was never made.
  public var schemaVersion: Int?
  /// The version that this executable needs; a lower one is migrated, a higher one refused.
  public var expectedSchemaVersion: Int

  /// Whether the role may make the schema, or bring it up to date; true where there is nothing to make.
  public var mayMigrate: Bool

  /// One line for a person.
  public var summary: String {
    let schema =
      switch schemaVersion {
      case nil: "no schema yet, made on first use"
      case expectedSchemaVersion?: "schema version \(expectedSchemaVersion)"
      case let version?: "schema version \(version) instead of \(expectedSchemaVersion)"
      }
    return "PostgreSQL \(serverVersion), database \(database) as \(role)\(isReadOnly ? ", READ-ONLY" : ""), \(schema)"
  }

  init(_ connection: PostgresConnection) async throws {
    let row = try await connection.query(
      """
      SELECT current_setting('server_version') AS version, current_database() AS database, current_user AS role,
        current_setting('transaction_read_only') = 'on' OR pg_is_in_recovery() AS read_only,
        to_regclass('yardmaster.schema_migrations') IS NOT NULL AS has_schema,
        has_database_privilege(current_database(), 'CREATE') AS may_make,
        coalesce(has_schema_privilege(to_regnamespace('yardmaster'), 'CREATE'), false) AS may_change
      """)[0]
    serverVersion = try row.decode("version")
    database = try row.decode("database")
    role = try row.decode("role")
    isReadOnly = try row.decode("read_only")
    expectedSchemaVersion = Migration.current
    mayMigrate = try row.decode("may_make")
    if try row.decode("has_schema") {
      let version = try await connection.query("SELECT max(version) AS version FROM yardmaster.schema_migrations")[0]
      schemaVersion = try version.decodeIfPresent("version")
      mayMigrate = try schemaVersion ?? 0 >= Migration.current || row.decode("may_change")
    }
  }
}
