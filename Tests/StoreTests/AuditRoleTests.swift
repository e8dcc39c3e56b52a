import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

/// The documented set-up with two roles, in a real server.
@Suite struct AuditRoleTests {
  @Test func theRunnersRoleCanAppendAndNothingElse() async throws {
    try await AuditLog.with(entries: 3) { log in
      let suffix = UInt32.random(in: 0...UInt32.max)
      // Names that need quoting.
      let (owner, runner) = ("yard \"owner\" \(suffix)", "yard's runner \(suffix)")
      func quoted(_ name: String) -> String { "\"" + name.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }
      let sql = AuditRoles.sql(owner: owner, runner: runner)
        .replacingOccurrences(of: "BEGIN;\n", with: "").replacingOccurrences(of: "COMMIT;\n", with: "")
      do {
        // The second run changes nothing.
        for _ in 1...2 { try await log.script(sql) }
        try await log.script("ALTER ROLE \(quoted(runner)) PASSWORD 'secret'")
        let url = try log.database.url(user: runner, password: "secret")
        let store = Store(databaseURL: url, auditKey: AuditLog.key)
        try store.usePseudonyms(true)
        try await log.append(4, by: store)
        // The slow path too: somebody else appended meanwhile.
        try await log.append(5)
        try await log.append(6, by: store)
        #expect(try await store.verifyAudit(of: Fixture.repository).entries == 6)
        _ = try await Fixture.job(store, chunks: [.range(first: 1, last: 2)])
        let error = await #expect(throws: StoreError.self) {
          try await store.pruneAudit(of: Fixture.repository, retentionDays: 0, isDryRun: false)
        }
        #expect(error?.cause == .privilege)
        #expect(try await store.forget(login: "mona", captured: false).pseudonym != nil)
        await store.close()
        try await refuse(as: url, owner: quoted(owner))
        #expect(try await log.verify().entries == 6)

        // Whoever is granted it may prune.
        try await log.script(
          """
          GRANT EXECUTE ON FUNCTION yardmaster.prune_audit(text, bigint, text, bigint, timestamptz, integer, text)
          TO \(quoted(runner))
          """)
        let pruner = Store(databaseURL: url, auditKey: AuditLog.key)
        #expect(
          try await pruner.pruneAudit(of: Fixture.repository, retentionDays: 0, isDryRun: false).entries == 5)
        await pruner.close()
        #expect(try await log.verify().fault == nil)
      } catch {
        try? await drop([owner, runner].map(quoted), log)
        throw error
      }
      try await drop([owner, runner].map(quoted), log)
    }
  }

  @Test func theDocumentedSQLIsTheOneThatIsPrinted() throws {
    let checkout = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let document = try String(
      contentsOf: checkout.appending(path: "Sources/App/App.docc/AuditRoles.md"), encoding: .utf8)
    let sql = AuditRoles.sql(owner: "yardmaster_owner", runner: "yardmaster")
    #expect(document.contains("```sql\n\(sql)```"))
  }

  /// Who is all-powerful anyway is no runner's role.
  @Test func aSuperuserIsRefusedAsTheRunnersRole() async throws {
    try await withStore { _, database in
      let user: String = try await database.value("SELECT current_user::text AS value")
      let owner = "yardmaster_owner_\(UInt32.random(in: 0...UInt32.max))"
      let connection = try await database.connect()
      let sql = AuditRoles.sql(owner: owner, runner: user)
      let error = await #expect(throws: PostgresError.self) {
        try await connection.transaction { transaction in try transaction.script(sql) }
      }
      #expect(error?.message.contains("superuser") == true)
      await connection.close()
    }
  }

  private func drop(_ roles: [String], _ log: AuditLog) async throws {
    for role in roles.reversed() { try await log.script("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)") }
  }

  /// What the role may not do, one by one.
  private func refuse(as url: String, owner: String) async throws {
    let connection = try await PostgresConnection.connect(url, applicationName: "yardmaster-tests")
    let log = "yardmaster.audit_log"
    func insert(_ sequence: String, _ previous: String) -> String {
      """
      INSERT INTO \(log) (repository, sequence, entry_id, event_type, severity, action_type, success, recorded_at,
        format, hash_algorithm, previous_hash, hash)
      SELECT repository, \(sequence), gen_random_uuid(), '', 'info', '', true, now(), 1, 'hmac-sha256', \(previous),
        repeat('e', 64) FROM \(log) WHERE sequence = 3
      """
    }
    let refused = [
      "UPDATE \(log) SET actor = 'x'", "DELETE FROM \(log)", "TRUNCATE \(log)",
      "ALTER TABLE \(log) DISABLE TRIGGER ALL", "DROP TRIGGER audit_log_append ON \(log)", "DROP TABLE \(log)",
      "ALTER TABLE \(log) ADD COLUMN x integer", "SET session_replication_role = replica", "SET ROLE \(owner)",
      "CREATE OR REPLACE FUNCTION yardmaster.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
      "CREATE TABLE yardmaster.mine (x integer)", "ALTER FUNCTION yardmaster.append_audit() RESET ALL",
      "UPDATE yardmaster.audit_heads SET sequence = sequence + 1", "DELETE FROM yardmaster.audit_heads",
      "INSERT INTO yardmaster.audit_heads VALUES ('octo/other', 5, '')",
      "INSERT INTO yardmaster.audit_checkpoints VALUES ('octo/other', 5, '', 5, now(), 1, '')",
      "DELETE FROM yardmaster.audit_checkpoints", "UPDATE yardmaster.schema_migrations SET checksum = ''",
      "SELECT yardmaster.prune_audit('octo/Hello-World', 1, '', 1, now(), 1, '')",
      // The owner's rights are not to be had by a trigger on a table of one's own.
      """
      CREATE TEMP TABLE mine (LIKE \(log));
      CREATE TRIGGER mine BEFORE INSERT ON mine FOR EACH ROW EXECUTE FUNCTION yardmaster.append_audit()
      """,
    ]
    for sql in refused {
      let error = await #expect(throws: PostgresError.self, "\(sql)") {
        try await connection.transaction { transaction in try transaction.script(sql) }
      }
      #expect(error?.sqlState == "42501", "\(sql): \(error?.description ?? "")")
    }
    let misplaced = [
      insert("7", "repeat('a', 64)"), insert("4", "hash"), insert("0", "repeat('0', 64)"), insert("-1", "hash"),
      insert("1", "repeat('0', 64)"), insert("8", "hash"),
    ]
    for sql in misplaced {
      let error = await #expect(throws: PostgresError.self, "\(sql)") {
        try await connection.transaction { transaction in try transaction.script(sql) }
      }
      #expect(error?.sqlState == "YM003", "\(sql): \(error?.description ?? "")")
    }
    await connection.close()
  }
}
