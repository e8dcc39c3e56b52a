public import Domain
import Postgres
import Synchronization

/// All that must survive a kill, in PostgreSQL: the ports `EventLedger`, `ActionJournal` and `CaptureStore`.
///
/// Every call is one transaction, most are one round trip. Whoever claims a row gets a fencing token that grows with each
/// claim; every write names it, and fails with `LeaseLost` once another process holds a newer one. So each call may be
/// repeated: where the connection is lost, the store connects again and repeats the call once, and a call whose
/// transaction was committed although its answer was lost finds what it wrote and changes nothing.
///
/// Nothing relies on a connection's state between transactions, so a pooler in transaction mode may stand in between.
public final class Store: EventLedger, ActionJournal, CaptureStore, Sendable {
  private let connector: Connector
  private let isVerified = Atomic(false)
  let audit: AuditChain

  /// - Parameters:
  ///   - databaseURL: libpq's URI or keyword/value string. Nothing is opened before the first call.
  ///   - auditKey: where given, the audit log's hashes are HMAC-SHA-256 under this key, else SHA-256.
  public init(databaseURL: String, auditKey: [UInt8]?) {
    connector = Connector(url: databaseURL, limits: PostgresConnection.Limits())
    audit = AuditChain(key: auditKey)
  }

  /// Brings the schema to this executable's version. Every other call does so too where that is needed.
  ///
  /// - Throws: `StoreError`, among them `newerSchema` where a newer executable was here.
  public func migrate() async throws -> MigrationReport {
    try await perform { session in try await Migrator().migrate(on: session.connection) }
  }

  /// What `doctor` shows. Changes nothing.
  public func inspect() async throws -> StoreHealth {
    try await perform { session in try await StoreHealth(session.connection) }
  }

  /// Opens the connection while the caller is busy with something else. A fault shows at the first real call.
  public func warmUp() async { _ = try? await connector.open() }

  /// How many U+0000, which PostgreSQL cannot store, were replaced by U+FFFD so far.
  public func replacedNULs() async -> Int { await connector.replacedNULs() }

  /// Closes the connection; the next call would open another.
  public func close() async { await connector.close() }

  /// Runs `body` with the connection, and once more where the failure may pass and repeating does no harm.
  ///
  /// - Throws: `StoreError`, `CancellationError`, and what `body` throws of its own.
  func perform<Value>(_ body: (StoreSession) async throws -> Value) async throws -> Value {
    var isRepeated = false
    var isMigrated = false
    while true {
      do {
        let connection = try await connector.open()
        return try await body(StoreSession(connection: connection, store: self, isRepeated: isRepeated))
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
  let store: Store
  /// Whether an earlier attempt of the same call failed, and may have been committed nevertheless.
  let isRepeated: Bool

  private static let check = PostgresStatement(
    "SELECT yardmaster.require_version($1::integer)", [.integer(Migration.current)])

  /// Runs the statements as one transaction and one round trip. The first of a process brings the check of the schema's
  /// version along, at its head: with another version nothing else is done.
  func pipeline(_ statements: [PostgresStatement]) async throws -> [PostgresRows] {
    if store.isSchemaVerified { return try await connection.transaction(statements) }
    let rows = try await connection.transaction([Self.check] + statements)
    store.isSchemaVerified = true
    return Array(rows.dropFirst())
  }

  func query(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresRows {
    guard store.isSchemaVerified else { return try await pipeline([PostgresStatement(sql, parameters)])[0] }
    return try await connection.query(sql, parameters)
  }

  /// Runs a transaction that decides by what it reads.
  func transaction<Value: Sendable>(_ body: @Sendable (PostgresTransaction) throws -> Value) async throws -> Value {
    if !store.isSchemaVerified { _ = try await pipeline([]) }
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
