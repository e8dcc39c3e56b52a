import Domain
import Postgres
import Store
import TestSupport
import Testing

/// A repository's audit log, made by the store and altered behind its back.
struct AuditLog {
  static let key = Array("the audit log's key".utf8)

  let store: Store
  let database: TestDatabase

  /// A log of its own with so many entries; its constraints and triggers are off, as a superuser has it.
  static func with(
    entries: Int, key: [UInt8]? = key, _ body: (AuditLog) async throws -> Void
  ) async throws {
    try await withStore(auditKey: key) { store, database in
      let log = AuditLog(store: store, database: database)
      for number in 1...entries { try await log.append(number) }
      try await body(log)
    }
  }

  @discardableResult
  func append(_ number: Int, entry: AuditEntry? = nil, by other: Store? = nil) async throws -> AuditAnchor? {
    let store = other ?? store
    guard let event = try await store.claim(Fixture.claim("issue:\(number)")).claimed else { return nil }
    var written = Fixture.audit(after: ["n": .integer(Int64(number)), "x": .number(0.1)])
    written.before = ["labels": ["old"]]
    written.metadata = ["confidence": 1, "evidence": .string("entry \(number)")]
    try await store.finish(event, outcome: .processed, error: nil, audit: entry ?? written)
    return store.auditAnchor(of: Fixture.repository)
  }

  func verify(_ anchors: [AuditAnchor] = []) async throws -> AuditVerification {
    try await store.verifyAudit(of: Fixture.repository, anchors: anchors)
  }

  /// Lets the rows be written freely from now on.
  func unlock() async throws {
    try await script(
      """
      ALTER TABLE yardmaster.audit_log DISABLE TRIGGER USER;
      ALTER TABLE yardmaster.audit_heads DISABLE TRIGGER USER;
      ALTER TABLE yardmaster.audit_checkpoints DISABLE TRIGGER USER;
      ALTER TABLE yardmaster.audit_log DROP CONSTRAINT audit_log_pkey, DROP CONSTRAINT audit_log_entry_id_key,
        DROP CONSTRAINT audit_log_repository_previous_hash_key, DROP CONSTRAINT audit_log_severity_check,
        DROP CONSTRAINT audit_log_hash_algorithm_check;
      CREATE INDEX ON yardmaster.audit_log (repository, sequence);
      CREATE TABLE copy_of_log AS TABLE yardmaster.audit_log;
      CREATE TABLE copy_of_heads AS TABLE yardmaster.audit_heads;
      """)
  }

  /// Undoes every alteration since `unlock`.
  func restore() async throws {
    try await script(
      """
      TRUNCATE yardmaster.audit_log, yardmaster.audit_heads;
      INSERT INTO yardmaster.audit_log TABLE copy_of_log;
      INSERT INTO yardmaster.audit_heads TABLE copy_of_heads;
      """)
  }

  func script(_ sql: String) async throws {
    let connection = try await database.connect()
    try await connection.transaction { transaction in try transaction.script(sql) }
    await connection.close()
  }

  /// The fault that shows after an alteration, which is then undone.
  func fault(after sql: String, anchors: [AuditAnchor] = []) async throws -> AuditVerification.Fault? {
    try await script(sql)
    let fault = try await verify(anchors).fault
    try await restore()
    return fault
  }
}
