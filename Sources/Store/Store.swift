public import Domain
import Postgres

/// All that must survive a kill, in PostgreSQL: the ports `EventLedger`, `ActionJournal` and `CaptureStore`.
///
/// Every call is one transaction, most are one round trip. Whoever claims a row gets a fencing token that grows with each
/// claim; every write names it, and fails with `LeaseLost` once another process holds a newer one. So each call may be
/// repeated: where the connection is lost, the store connects again and repeats the call, for as long as its
/// `OutageTolerance` says, and a call whose transaction was committed although its answer was lost finds what it wrote
/// and changes nothing.
///
/// Nothing relies on a connection's state between transactions, so a pooler in transaction mode may stand in between.
public final class Store: EventLedger, ActionJournal, CaptureStore, Sendable {
  private let database: Database
  let audit: AuditChain

  /// - Parameters:
  ///   - databaseURL: libpq's URI or keyword/value string. Nothing is opened before the first call.
  ///   - auditKey: where given, the audit log's hashes are HMAC-SHA-256 under this key, else SHA-256.
  ///   - tolerance: for how long a database that answered and went away is waited for.
  public init(databaseURL: String, auditKey: [UInt8]?, tolerance: OutageTolerance = .none) {
    database = Database(url: databaseURL, limits: PostgresConnection.Limits(), tolerance: tolerance)
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

  /// Whether audit entries from now on hold pseudonyms in place of logins.
  ///
  /// - Throws: `StoreError` (`missingAuditKey`) where they are to, and there is no key.
  public func usePseudonyms(_ usesPseudonyms: Bool) throws { try audit.usePseudonyms(usesPseudonyms) }

  /// The last entry that this process appended to the repository's audit chain; nil where it appended none. No call of
  /// the database.
  public func auditAnchor(of repository: RepositoryName) -> AuditAnchor? { audit.anchor(of: repository) }

  /// The budgets that all jobs share, on this store's connection; where commits of pages must not keep requests waiting,
  /// they want one of their own: ``BudgetStore/init(databaseURL:)``.
  public var budget: BudgetStore { BudgetStore(sharing: database) }

  /// Opens the connection while the caller is busy with something else. A fault shows at the first real call.
  public func warmUp() async { await database.warmUp() }

  /// How many U+0000, which PostgreSQL cannot store, were replaced by U+FFFD so far.
  public func replacedNULs() async -> Int { await database.replacedNULs() }

  /// Closes the connection; the next call would open another.
  public func close() async { await database.close() }

  /// See ``Database/perform(_:)``.
  func perform<Value>(_ body: (StoreSession) async throws -> Value) async throws -> Value {
    try await database.perform(body)
  }
}
