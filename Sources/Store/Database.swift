import Domain
import Postgres
import Synchronization

/// One connection, made on first use, and the rules by which calls go through it: the schema is brought to this
/// executable's version where that is needed, and what failed for a reason that passes is tried once more.
final class Database: Sendable {
  private let connector: Connector
  private let isVerified = Atomic(false)

  init(url: String, limits: PostgresConnection.Limits) {
    connector = Connector(url: url, limits: limits)
  }

  func warmUp() async { _ = try? await connector.open() }
  func replacedNULs() async -> Int { await connector.replacedNULs() }
  func close() async { await connector.close() }

  /// Runs `body` with the connection, and once more where the failure may pass and repeating does no harm.
  ///
  /// - Throws: `StoreError`, `CancellationError`, and what `body` throws of its own.
  func perform<Value>(_ body: (StoreSession) async throws -> Value) async throws -> Value {
    var isRepeated = false
    var isMigrated = false
    while true {
      do {
        let connection = try await connector.open()
        return try await body(StoreSession(connection: connection, database: self, isRepeated: isRepeated))
      } catch let error as PostgresError {
        if error.condition == .cancelled { throw CancellationError() }
        if error.concernsSchema, !isMigrated {
          isMigrated = true
          try await prepareSchema()
        } else if error.mayPass, !isRepeated {
          isRepeated = true
        } else {
          throw StoreError(error)
        }
      }
    }
  }

  private func prepareSchema() async throws {
    do {
      _ = try await Migrator().migrate(on: try await connector.open())
    } catch let error as PostgresError {
      throw error.condition == .cancelled ? CancellationError() : StoreError(error)
    }
  }

  /// Whether this process has seen that the schema has its version.
  fileprivate var isSchemaVerified: Bool {
    get { isVerified.load(ordering: .relaxed) }
    set { isVerified.store(newValue, ordering: .relaxed) }
  }
}

/// One attempt of a call, with the connection that it uses.
struct StoreSession {
  let connection: PostgresConnection
  let database: Database
  /// Whether an earlier attempt of the same call failed, and may have been committed nevertheless.
  let isRepeated: Bool

  private static let check = PostgresStatement(
    "SELECT yardmaster.require_version($1::integer)", [.integer(Migration.current)])

  /// Runs the statements as one transaction and one round trip. The first of a process brings the check of the schema's
  /// version along, at its head: with another version nothing else is done.
  func pipeline(_ statements: [PostgresStatement]) async throws -> [PostgresRows] {
    if database.isSchemaVerified { return try await connection.transaction(statements) }
    let rows = try await connection.transaction([Self.check] + statements)
    database.isSchemaVerified = true
    return Array(rows.dropFirst())
  }

  func query(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresRows {
    guard database.isSchemaVerified else { return try await pipeline([PostgresStatement(sql, parameters)])[0] }
    return try await connection.query(sql, parameters)
  }

  /// Runs a transaction that decides by what it reads.
  func transaction<Value: Sendable>(_ body: @Sendable (PostgresTransaction) throws -> Value) async throws -> Value {
    if !database.isSchemaVerified { _ = try await pipeline([]) }
    return try await connection.transaction(body)
  }
}

extension PostgresError {
  /// The store's own conditions; see `yardmaster.fail` in the first migration.
  var isOtherVersion: Bool { sqlState == "YM001" }
  var isLeaseLost: Bool { sqlState == "YM002" }
  var isChainMoved: Bool { sqlState == "YM003" }

  fileprivate var concernsSchema: Bool {
    switch condition {
    case .undefinedTable, .undefinedFunction, .undefinedSchema: true
    default: isOtherVersion
    }
  }

  fileprivate var mayPass: Bool {
    switch condition {
    case .connectionLost, .shutdown, .serializationFailure, .deadlock: true
    // Two transactions that want the same unique key at once: the second attempt sees the first one's row.
    case .constraintViolation: sqlState == "23505"
    default: false
    }
  }
}
