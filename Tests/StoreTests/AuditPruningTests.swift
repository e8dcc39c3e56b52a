import Domain
import Postgres
import Store
import TestSupport
import Testing

@Suite struct AuditPruningTests {
  private func prune(_ log: AuditLog, days: Int = 0) async throws -> AuditPruning {
    try await log.store.pruneAudit(of: Fixture.repository, retentionDays: days, isDryRun: false)
  }

  @Test func theRestVerifiesFromTheSignedCheckpoint() async throws {
    try await AuditLog.with(entries: 5) { log in
      let early = try #require(log.store.auditAnchor(of: Fixture.repository))
      for number in 6...10 { try await log.append(number) }
      let young = try await prune(log, days: 1)
      #expect(young.entries == 0)
      #expect(young.remaining == 10)
      let plan = try await log.store.pruneAudit(of: Fixture.repository, retentionDays: 0, isDryRun: true)
      #expect(try await log.verify().prunedThrough == 0)
      let done = try await prune(log)
      #expect(plan == done)
      #expect(done.entries == 9)
      #expect(done.remaining == 1)
      #expect(done.through?.sequence == 9)
      // A chain that was pruned goes on, and is pruned again.
      for number in 11...14 { try await log.append(number) }
      #expect(try await prune(log).entries == 4)
      let last = try #require(try await log.append(15))
      let found = try await log.verify([early, last, try #require(done.through)])
      #expect(found.fault == nil)
      #expect(found.entries == 2)
      #expect(found.prunedThrough == 13)
      #expect(found.prunedAnchors == [early])
      #expect(try await log.verify([AuditAnchor(sequence: 9, hash: early.hash)]).fault?.sequence == 9)
      #expect(try await log.verify([AuditAnchor(sequence: nil, hash: early.hash)]).fault != nil)
      let rows = try await log.database.query("SELECT sequence, count FROM yardmaster.audit_checkpoints ORDER BY 1")
      #expect(try rows.map { try $0.decode("sequence", as: Int.self) } == [9, 13])
      #expect(try rows.map { try $0.decode("count", as: Int.self) } == [9, 4])
    }
  }

  @Test(arguments: [
    ("UPDATE yardmaster.audit_checkpoints SET hash = repeat('a', 64)", Int64(5)),
    ("UPDATE yardmaster.audit_checkpoints SET sequence = 5, count = 5", 6),
    ("UPDATE yardmaster.audit_checkpoints SET count = 3", 5),
    ("UPDATE yardmaster.audit_checkpoints SET pruned_at = pruned_at + interval '1 second'", 5),
    ("UPDATE yardmaster.audit_checkpoints SET signature = repeat('0', 64)", 5),
    ("UPDATE yardmaster.audit_checkpoints SET format = 2", 5),
    ("UPDATE yardmaster.audit_checkpoints SET repository = 'octo/other'", 1),
    ("DELETE FROM yardmaster.audit_checkpoints", 1),
    ("DELETE FROM yardmaster.audit_log WHERE sequence = 5", 5),
    (
      """
      INSERT INTO yardmaster.audit_log SELECT (jsonb_populate_record(l, '{"sequence": 4}')).*
      FROM yardmaster.audit_log l WHERE sequence = 5
      """, 4
    ),
  ])
  func anAlteredCheckpointShows(_ sql: String, _ sequence: Int64) async throws {
    try await AuditLog.with(entries: 5) { log in
      #expect(try await prune(log).entries == 4)
      try await log.unlock()
      try await log.script(sql)
      #expect(try await log.verify().fault?.sequence == sequence)
    }
  }

  @Test func withoutAKeyNothingIsPruned() async throws {
    try await AuditLog.with(entries: 3, key: nil) { log in
      let error = await #expect(throws: StoreError.self) { try await prune(log) }
      #expect(error?.cause == .missingAuditKey)
      #expect(error?.exitStatus == .configuration)
      let found = try await log.verify()
      #expect(found.entries == 3)
    }
  }

  /// A checkpoint over an altered chain would make it look whole.
  @Test func anAlteredChainIsNotPruned() async throws {
    try await AuditLog.with(entries: 4) { log in
      try await log.unlock()
      try await log.script("UPDATE yardmaster.audit_log SET success = NOT success WHERE sequence = 2")
      let error = await #expect(throws: StoreError.self) { try await prune(log) }
      #expect(error?.cause == .brokenAudit)
      #expect(error?.problem.contains("entry 2") == true)
      #expect(try await log.database.value("SELECT count(*) AS value FROM yardmaster.audit_log") == 4)
    }
  }

  /// The database takes nothing else than the beginning of a chain, with its checkpoint, in one transaction.
  @Test func theDatabaseRefusesOtherRemovals() async throws {
    try await AuditLog.with(entries: 6) { log in
      func checkpoint(_ sequence: Int, _ count: Int, _ hashOf: Int) -> String {
        """
        INSERT INTO yardmaster.audit_checkpoints (repository, sequence, hash, count, pruned_at, format, signature)
        SELECT repository, \(sequence), hash, \(count), now(), 1, '' FROM yardmaster.audit_log
        WHERE sequence = \(hashOf);
        """
      }
      let delete = "DELETE FROM yardmaster.audit_log WHERE sequence"
      let refused = [
        "\(delete) <= 3", "\(delete) = 6", checkpoint(3, 3, 2) + "\(delete) <= 3",
        checkpoint(3, 2, 3) + "\(delete) <= 3", checkpoint(3, 3, 3) + "\(delete) <= 2",
        checkpoint(3, 3, 3) + "\(delete) <= 4", checkpoint(4, 2, 4) + "\(delete) IN (3, 4)",
        checkpoint(6, 6, 6) + "\(delete) <= 6",
        "SELECT yardmaster.prune_audit('octo/Hello-World', 3, repeat('a', 64), 3, now(), 1, '')",
        "SELECT yardmaster.prune_audit('octo/nobody', 3, repeat('a', 64), 3, now(), 1, '')",
        "UPDATE yardmaster.audit_heads SET sequence = 1", "DELETE FROM yardmaster.audit_heads",
        "TRUNCATE yardmaster.audit_heads", "TRUNCATE yardmaster.audit_checkpoints",
        "DELETE FROM yardmaster.audit_checkpoints", "UPDATE yardmaster.audit_checkpoints SET hash = ''",
      ]
      for sql in refused {
        let error = await #expect(throws: PostgresError.self, "\(sql)") { try await log.script(sql) }
        #expect(error?.sqlState == "42501", "\(sql)")
      }
      // A checkpoint of an earlier transaction is none for this one.
      try await log.script(checkpoint(3, 3, 3))
      let error = await #expect(throws: PostgresError.self) { try await log.script("\(delete) <= 3") }
      #expect(error?.sqlState == "42501")
      #expect(try await log.database.value("SELECT count(*) AS value FROM yardmaster.audit_log") == 6)
      #expect(try await log.verify().fault?.sequence == 4)
    }
  }

  /// Whatever the moment at which the process or the connection ends, the checkpoint and the removal are one.
  @Test func aPruneThatIsCutOffDidNothing() async throws {
    try await AuditLog.with(entries: 4) { log in
      let connection = try await log.database.connect()
      _ = try await connection.query("BEGIN")
      _ = try await connection.query(
        """
        SELECT yardmaster.prune_audit(repository, sequence, hash, 3, now(), 1, '') FROM yardmaster.audit_log
        WHERE sequence = 3
        """)
      let process = try await connection.query("SELECT pg_backend_pid() AS id")[0].decode("id", as: Int.self)
      try await log.database.query("SELECT pg_terminate_backend(\(process))")
      await connection.close()
      #expect(try await log.verify().entries == 4)
      #expect(try await log.database.value("SELECT count(*) AS value FROM yardmaster.audit_checkpoints") == 0)
    }
  }

  @Test func entriesAreAppendedWhileOthersArePrunedAndVerified() async throws {
    try await AuditLog.with(entries: 10) { log in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 1...4 {
          group.addTask {
            let store = Store(databaseURL: log.database.url, auditKey: AuditLog.key)
            for number in 1...15 { try await log.append(writer * 100 + number, by: store) }
            await store.close()
          }
        }
        group.addTask {
          for _ in 1...4 { _ = try await prune(log) }
        }
        group.addTask {
          let store = Store(databaseURL: log.database.url, auditKey: AuditLog.key)
          for _ in 1...10 {
            let found = try await store.verifyAudit(of: Fixture.repository)
            #expect(found.fault == nil)
          }
          await store.close()
        }
        try await group.waitForAll()
      }
      let found = try await log.verify()
      #expect(found.fault == nil)
      #expect(Int64(found.entries) + found.prunedThrough == 70)
    }
  }
}
