import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

@Suite struct StoreFailureTests {
  private func failure(_ url: String) async -> StoreError? {
    await #expect(throws: StoreError.self) { try await Store(databaseURL: url, auditKey: nil).claim(Fixture.claim()) }
  }

  @Test func unreachable() async {
    let error = await failure("postgresql://u:hunter2@127.0.0.1:1/db")
    #expect(error?.cause == .unreachable)
    #expect(error?.exitStatus == .unavailable)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test func malformed() async {
    let error = await failure("postgresql://u:hunter2@h:port/db")
    #expect(error?.cause == .malformedURL)
    #expect(error?.exitStatus == .configuration)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test func wrongPassword() async throws {
    try await withMigratedDatabase { database in
      let role = "yardmaster_role_\(UInt64.random(in: 0...UInt64.max))"
      try await database.administer("CREATE ROLE \(role) LOGIN PASSWORD 'right'")
      let wrong = await failure(try database.url(user: role, password: "wrong"))
      // The right password, but none of the rights.
      let powerless = await failure(try database.url(user: role, password: "right"))
      try await database.administer("DROP ROLE \(role)")
      #expect(wrong?.cause == .authentication)
      #expect(wrong?.exitStatus == .configuration)
      #expect(powerless?.cause == .privilege)
      #expect(powerless?.exitStatus == .configuration)
    }
  }

  @Test func missingDatabase() async throws {
    try await withMigratedDatabase { database in
      let error = await failure(try database.url(database: "no_such_database"))
      #expect(error?.cause == .missingDatabase)
      #expect(error?.exitStatus == .configuration)
    }
  }

  @Test func readOnly() async throws {
    try await withMigratedDatabase { database in
      try await database.administer("ALTER DATABASE \(database.name) SET default_transaction_read_only = on")
      let error = await failure(database.url)
      #expect(error?.cause == .readOnly)
      #expect(error?.exitStatus == .configuration)
      #expect(try await Store(databaseURL: database.url, auditKey: nil).inspect().isReadOnly)
    }
  }

  @Test func theServersOwnTimeLimit() async throws {
    try await withMigratedDatabase { database in
      try await database.administer("ALTER DATABASE \(database.name) SET statement_timeout = '1s'")
      let blocker = try await database.connect()
      _ = try await blocker.query("BEGIN")
      _ = try await blocker.query("LOCK TABLE yardmaster.events")
      let error = await failure(database.url)
      _ = try await blocker.query("ROLLBACK")
      #expect(error?.cause == .interrupted)
      #expect(error?.exitStatus == .unavailable)
      #expect(error?.problem.hasPrefix("The database did not answer in time: ") == true)
      #expect(error?.advice.contains("statement_timeout") == true)
    }
  }

  /// A server that runs out of disk space says 53100; a trigger says it in its stead.
  @Test func diskFull() async throws {
    try await withStore { store, database in
      let connection = try await database.connect()
      try await connection.transaction { transaction in
        try transaction.script(
          """
          CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
          CREATE TRIGGER fill BEFORE INSERT ON yardmaster.pull_requests FOR EACH ROW EXECUTE FUNCTION fill();
          """)
      }
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 5)])
      let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      var page = CapturedPage()
      page.pullRequests = [Fixture.pullRequest(1)]
      let error = await #expect(throws: StoreError.self) {
        try await store.commit(
          page, of: chunk, checkpoint: Checkpoint(next: 1), finished: false, cost: PageCost(items: 1), widths: [:],
          lease: 600)
      }
      #expect(error?.cause == .diskFull)
      #expect(error?.exitStatus == .unavailable)
      // After room was made, the same page goes in.
      _ = try await connection.query("DROP TRIGGER fill ON yardmaster.pull_requests")
      try await store.commit(
        page, of: chunk, checkpoint: Checkpoint(next: 1), finished: true, cost: PageCost(items: 1), widths: [:],
        lease: 600)
      #expect(try await store.progress(of: job.id).first?.items == 1)
    }
  }

  private static let killer = """
    CREATE TABLE kills (left_over int);
    CREATE FUNCTION kill() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('kill_count') <= TG_ARGV[0]::int THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
      RETURN NEW;
    END $$;
    CREATE SEQUENCE kill_count;
    """

  /// Killed in mid-transaction once: the call is repeated on a new connection. Killed every time: a clear error.
  @Test(arguments: [1, 100])
  func killedInMidTransaction(times: Int) async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 5)])
      let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      let connection = try await database.connect()
      try await connection.transaction { transaction in
        try transaction.script(Self.killer)
        try transaction.script(
          """
          CREATE TRIGGER kill BEFORE INSERT ON yardmaster.pull_requests
            FOR EACH ROW EXECUTE FUNCTION kill(\(times))
          """)
      }
      var page = CapturedPage()
      page.pullRequests = [Fixture.pullRequest(1)]
      let commit: () async throws -> Void = {
        try await store.commit(
          page, of: chunk, checkpoint: Checkpoint(next: 5), finished: true, cost: PageCost(items: 5), widths: [:],
          lease: 600)
      }
      if times == 1 {
        try await commit()
        let progress = try #require(try await store.progress(of: job.id).first)
        #expect(progress.isComplete && progress.items == 5)
      } else {
        let error = await #expect(throws: StoreError.self) { try await commit() }
        #expect(error?.cause == .interrupted)
        #expect(error?.exitStatus == .unavailable)
        #expect(try await store.progress(of: job.id).first?.items == 0)
      }
    }
  }

  /// The answer to COMMIT is lost: a deferred trigger cannot show that, so a proxy cuts the connection right after it
  /// passed the last bytes on. Whatever the call was, it is in the database once.
  @Test func lostAnswers() async throws {
    try await withMigratedDatabase { database in
      let proxy = try CuttingProxy(to: database.url)
      let url = try database.url(port: Int(proxy.port))
      let store = Store(databaseURL: url, auditKey: nil)
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 5), .range(first: 6, last: 9)])
      proxy.cutAfterNextRequest()
      let event = try #require(try await store.claim(Fixture.claim()).claimed)
      proxy.cutAfterNextRequest()
      let actions = try await store.intend(
        [Fixture.decision(.comment(body: "x"), once: "k"), Fixture.decision()], for: event, dryRun: false)
      #expect(actions.map(\.status) == [.intended, .intended])
      proxy.cutAfterNextRequest()
      try await store.settle(actions[0], as: ActionOutcome(status: .done), for: event, audit: Fixture.audit("action"))
      proxy.cutAfterNextRequest()
      try await store.finish(event, outcome: .processed, error: nil, audit: Fixture.audit())
      proxy.cutAfterNextRequest()
      let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      #expect(chunk.ordinal == 1)
      for (next, finished) in [(3, false), (5, true)] {
        proxy.cutAfterNextRequest()
        var page = CapturedPage()
        page.pullRequests = [Fixture.pullRequest(next)]
        try await store.commit(
          page, of: chunk, checkpoint: Checkpoint(next: next), finished: finished, cost: PageCost(points: 1, items: 2),
          widths: [:],
          lease: 600)
      }
      #expect(proxy.cuts == 7)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.actions") == 2)
      let audit = try await store.verifyAudit(of: Fixture.repository)
      #expect(audit.entries == 2 && audit.fault == nil)
      let progress = try #require(try await store.progress(of: job.id).first)
      #expect(progress.items == 4 && progress.points == 2)
      #expect(progress.chunks.map(\.status) == [.completed, .pending])
      #expect(progress.chunks.map(\.attempts)[1] == 0)
    }
  }

  @Test func cancelledCallsThrowCancellation() async throws {
    try await withStore { store, database in
      let blocker = try await database.connect()
      _ = try await store.claim(Fixture.claim("other"))
      _ = try await blocker.query("BEGIN")
      _ = try await blocker.query("LOCK TABLE yardmaster.events")
      let task = Task { try await store.claim(Fixture.claim()) }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      _ = try await blocker.query("ROLLBACK")
      // The store goes on with a new connection. Whether the cancelled call was done in the end, nobody can say.
      #expect(try await store.claim(Fixture.claim("next")).claimed != nil)
    }
  }
}
