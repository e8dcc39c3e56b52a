import Domain
import Postgres
import Synchronization

/// One connection, made on first use, and the rules by which calls go through it: the schema is brought to this
/// executable's version where that is needed, what failed for a reason that passes is tried once more, and a database
/// that went away is waited for.
final class Database: Sendable {
  private let connector: Connector
  private let outage: Outage
  private let isVerified = Atomic(false)

  init(url: String, limits: PostgresConnection.Limits, tolerance: OutageTolerance = .none) {
    connector = Connector(url: url, limits: limits)
    outage = Outage(tolerance)
  }

  func warmUp() async { _ = try? await connector.open() }
  func replacedNULs() async -> Int { await connector.replacedNULs() }
  func close() async { await connector.close() }

  /// Runs `body` with the connection, and again where the failure may pass and repeating does no harm.
  ///
  /// - Parameter toleratesOutage: false where the caller does better without an answer than with a late one.
  /// - Throws: `StoreError`, `CancellationError`, and what `body` throws of its own.
  func perform<Value>(
    toleratesOutage: Bool = true, _ body: (StoreSession) async throws -> Value
  ) async throws -> Value {
    var isRepeated = false
    var hasConflicted = false
    var absences = Absences()
    var migration = MigrationNeed.unknown
    while true {
      do {
        let connection = try await connector.open()
        if migration == .due {
          _ = try await Migrator().migrate(on: connection)
          migration = .done
        }
        let value = try await body(StoreSession(connection: connection, database: self, isRepeated: isRepeated))
        outage.end()
        return value
      } catch let error as PostgresError where error.condition == .cancelled {
        // Else it was another call that was given up, while it made the connection for both.
        try Task.checkCancellation()
      } catch let error as PostgresError where error.isAbsence {
        isRepeated = isRepeated || error.isLoss
        if let pause = absences.pause(after: error) {
          if pause > 0 { try await Task.sleep(for: .seconds(pause)) }
          continue
        }
        guard toleratesOutage, try await outage.wait(after: error, waits: absences.waits) else {
          throw StoreError(error)
        }
        absences.waits += 1
      } catch let error as PostgresError {
        if error.sqlState != nil { outage.end() }
        if error.concernsSchema, migration == .unknown {
          migration = .due
        } else if error.isConflict, !hasConflicted {
          hasConflicted = true
          isRepeated = true
        } else {
          throw StoreError(error)
        }
      } catch let error as any UserFacingError {
        // What the body found in the answer.
        outage.end()
        throw error
      }
    }
  }

  private enum MigrationNeed { case unknown, due, done }

  /// How often one call found the database away.
  private struct Absences {
    private var losses = 0
    private var refusals = 0
    /// How often it waited for the end of an outage.
    var waits = 0

    /// Seconds before the next attempt where it is made without further ado: a connection that broke is made anew at
    /// once, and a server that takes nobody in gets a moment. nil where the outage lasts longer.
    mutating func pause(after error: PostgresError) -> Double? {
      if error.isLoss {
        losses += 1
        return losses == 1 ? 0 : nil
      }
      refusals += 1
      return refusals == 1 ? 0.1 : refusals == 2 ? 0.5 : nil
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

  /// Lets the transaction's commit return before it is on the disk. A crash of the server may take the transaction back,
  /// and nothing but it: what is committed later is lost first. For rows without which nothing was done.
  static let withoutWaiting = PostgresStatement("SET LOCAL synchronous_commit = off")

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
  var isPseudonymMoved: Bool { sqlState == "YM004" }
  var isChainKeyed: Bool { sqlState == "YM005" }

  fileprivate var concernsSchema: Bool {
    switch condition {
    case .undefinedTable, .undefinedFunction, .undefinedSchema: true
    default: isOtherVersion
    }
  }

  /// Whether the server did not answer, or takes nobody in now.
  fileprivate var isAbsence: Bool { isLoss || condition == .connectionFailed || condition == .connectionRejected }

  /// Whether the connection ended under a statement.
  fileprivate var isLoss: Bool { condition == .connectionLost || condition == .shutdown }

  /// Whether another transaction was in the way, and need not be at the second attempt.
  fileprivate var isConflict: Bool {
    switch condition {
    case .serializationFailure, .deadlock: true
    // Two transactions that want the same unique key at once: the second attempt sees the first one's row.
    case .constraintViolation: sqlState == "23505"
    default: false
    }
  }
}
