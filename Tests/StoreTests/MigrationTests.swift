import Cryptography
import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

@Suite struct MigrationTests {
  /// The checkout's migrations: the numbers have no gap, and all of them are in the executable.
  private static var files: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
  }

  private static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/Store/Migrations")

  @Test func everyFileIsApplied() async throws {
    try await TestDatabase.withDatabase { database in
      let store = Store(databaseURL: database.url, auditKey: nil)
      let files = try Self.files
      let report = try await store.migrate()
      #expect(report.applied == Array(1...files.count))
      #expect(report.version == files.count)
      let rows = try await database.query("SELECT version, name FROM yardmaster.schema_migrations ORDER BY version")
      for (row, file) in zip(rows, files) {
        let number = String(format: "%04d", try row.decode("version", as: Int.self))
        let name: String = try row.decode("name")
        #expect("\(number)_\(name).sql" == file)
      }
      #expect(try await store.migrate().applied.isEmpty)
      let health = try await store.inspect()
      #expect(health.schemaVersion == health.expectedSchemaVersion)
      #expect(health.isReadOnly == false)
    }
  }

  @Test func twentyAtOnce() async throws {
    try await TestDatabase.withDatabase { database in
      let reports = try await withThrowingTaskGroup(of: MigrationReport.self) { group in
        for _ in 0..<20 {
          group.addTask {
            let store = Store(databaseURL: database.url, auditKey: nil)
            let report = try await store.migrate()
            await store.close()
            return report
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let version = try Self.files.count
      #expect(reports.flatMap(\.applied).sorted() == Array(1...version))
      #expect(reports.allSatisfy { $0.version == version })
    }
  }

  @Test func ordinaryCallsMigrate() async throws {
    try await TestDatabase.withDatabase { database in
      let results = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<8 {
          group.addTask {
            let store = Store(databaseURL: database.url, auditKey: nil)
            let result = try await store.claim(Fixture.claim())
            await store.close()
            return result.claimed != nil
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(results.count { $0 } == 1)
    }
  }

  @Test func aNewerSchemaIsRefusedAndNothingDone() async throws {
    try await withMigratedDatabase { database in
      try await database.query(
        "INSERT INTO yardmaster.schema_migrations (version, name, checksum) VALUES (99, 'future', '')")
      let store = Store(databaseURL: database.url, auditKey: nil)
      for call in [{ _ = try await store.claim(Fixture.claim()) }, { _ = try await store.migrate() }] {
        let error = await #expect(throws: StoreError.self) { try await call() }
        #expect(error?.cause == .newerSchema)
        #expect(error?.exitStatus == .configuration)
        #expect(error?.problem.contains("99") == true)
        #expect(error?.advice.contains("Upgrade") == true)
      }
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.events") == 0)
    }
  }

  @Test func aChangedMigrationIsRefused() async throws {
    try await withMigratedDatabase { database in
      try await database.query("UPDATE yardmaster.schema_migrations SET checksum = 'x' WHERE version = 2")
      let error = await #expect(throws: StoreError.self) {
        try await Store(databaseURL: database.url, auditKey: nil).migrate()
      }
      #expect(error?.cause == .changedMigration)
    }
  }

  /// What an earlier version captured is known afterwards, but not proven.
  @Test func aSchemaWithRowsIsBroughtForward() async throws {
    try await TestDatabase.withDatabase { database in
      let connection = try await database.connect()
      let scripts = try Self.files.prefix(3).map {
        try String(contentsOf: Self.folder.appending(path: $0), encoding: .utf8)
      }
      try await connection.transaction { transaction in
        try transaction.script(
          """
          CREATE SCHEMA yardmaster;
          CREATE TABLE yardmaster.schema_migrations (version integer PRIMARY KEY, name text NOT NULL,
            checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
          """)
        for (index, script) in scripts.enumerated() {
          try transaction.script(script)
          try transaction.query(
            "INSERT INTO yardmaster.schema_migrations (version, name, checksum) VALUES ($1, 'x', $2)",
            [.integer(index + 1), .text(hexadecimal(sha256(Array(script.utf8))))])
        }
        try transaction.script(
          """
          INSERT INTO yardmaster.repositories (owner, name, github_id) VALUES ('octo', 'Hello-World', 1296269);
          INSERT INTO yardmaster.issues (repository_id, number, github_id, title, body, state, created_at, updated_at,
              labels)
            SELECT id, n, n, '', '', 'open', now(), now(), '{}' FROM yardmaster.repositories, generate_series(1, 3) n;
          INSERT INTO yardmaster.pull_requests (repository_id, number, github_id, title, body, state, is_draft,
              created_at, updated_at, additions, deletions, changed_files, base_ref, head_ref, head_sha, labels)
            SELECT id, 4, 4, '', '', 'open', false, now(), now(), 0, 0, 0, '', '', '', '{}'
            FROM yardmaster.repositories;
          """)
      }
      await connection.close()
      let store = Store(databaseURL: database.url, auditKey: nil)
      let repository = try await store.repository(Fixture.repository, githubID: 1_296_269)
      #expect(try await store.migrate().applied.isEmpty)
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 9) == [1, 2, 3, 4, 5])
      await store.close()
    }
  }

  @Test func theContractsColumnsAreThere() async throws {
    let contract: [String: String] = [
      "progressive_capture_jobs":
        "id job_type repository_id processor_type status time_range_days workflow_run_id metadata error created_at started_at completed_at",
      "repositories": "id owner name github_id",
      "pull_requests":
        "repository_id number github_id title body state is_draft author_login created_at updated_at closed_at merged_at additions deletions changed_files base_ref head_ref head_sha labels deleted_at",
      "reviews": "github_id repository_id pull_number author_login state body submitted_at deleted_at",
      "review_comments":
        "github_id repository_id pull_number review_id author_login path body created_at updated_at deleted_at",
      "issue_comments": "github_id repository_id issue_number author_login body created_at updated_at deleted_at",
      "pull_request_files": "repository_id pull_number path additions deletions change_type deleted_at",
      "issues":
        "repository_id number github_id title body state state_reason author_login created_at updated_at closed_at labels deleted_at",
      "contributors": "login github_id account_type bot_score bot_evidence",
      "links": "repository_id from_number to_repository to_number to_commit kind",
      "events": "id event_name action repository number actor outcome attempts error run_id received_at",
      "capture_chunks": "id job_id status cursor items_done lease_expires_at not_before attempts",
      "actions": "id transaction_id event_id kind repository number before_state after_state status",
      "audit_log":
        "repository sequence event_type severity actor action_type before_state after_state success metadata recorded_at previous_hash hash",
      "dead_letters": "id kind reference error attempts payload created_at",
    ]
    try await withMigratedDatabase { database in
      let rows = try await database.query(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'yardmaster'")
      var found: [String: Set<String>] = [:]
      for row in rows {
        let column: String = try row.decode("column_name")
        found[try row.decode("table_name"), default: []].insert(column)
        if column.hasSuffix("_at") { #expect(try row.decode("data_type") == "timestamp with time zone") }
        if column == "github_id" { #expect(try row.decode("data_type") == "bigint") }
      }
      for (table, columns) in contract {
        let missing = Set(columns.split(separator: " ").map(String.init)).subtracting(found[table] ?? [])
        #expect(missing.isEmpty, "\(table)")
      }
    }
  }
}

@Suite struct DigestTests {
  /// FIPS 180-4's examples and RFC 4231's test cases 1 and 2.
  @Test func knownAnswers() {
    #expect(
      hexadecimal(sha256(Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(hexadecimal(sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      hexadecimal(hmacSHA256(Array("Hi There".utf8), key: [UInt8](repeating: 0x0B, count: 20)))
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
      hexadecimal(hmacSHA256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      hexadecimal(hmacSHA256([], key: []))
        == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }
}
