import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct FailureTests {
  private func failure(_ url: String, limits: PostgresConnection.Limits = .init()) async -> PostgresError? {
    await #expect(throws: PostgresError.self) {
      try await PostgresConnection.connect(url, applicationName: "yardmaster-tests", limits: limits)
    }
  }

  @Test func refusedPort() async {
    let error = await failure("postgresql://u:hunter2@127.0.0.1:1/db")
    #expect(error?.condition == .connectionFailed)
    #expect(error?.description == "no connection to 127.0.0.1:1: Connection refused")
  }

  @Test func missingSocket() async {
    let error = await failure("host=/nowhere/at/all dbname=x password=hunter2")
    #expect(error?.condition == .connectionFailed)
    #expect(error?.description == "no connection to /nowhere/at/all: No such file or directory")
  }

  @Test func silentServer() async throws {
    let silent = try SilentServer()
    let error = await failure(
      "host=127.0.0.1 port=\(silent.port) dbname=x", limits: .init(connect: 0.2))
    #expect(error?.condition == .connectionFailed)
    #expect(error?.message.contains("timeout") == true)
  }

  @Test func wrongPassword() async throws {
    try await TestDatabase.withDatabase { database in
      try await TestRole.with(database) { role in
        let error = await failure(try database.url(user: role, password: "wrong"))
        #expect(error?.condition == .authenticationFailed)
        #expect(error?.sqlState == "28P01")
      }
    }
  }

  @Test func missingDatabase() async throws {
    try await TestDatabase.withDatabase { database in
      let error = await failure(try database.url(database: "no_such_database"))
      #expect(error?.condition == .missingDatabase)
      #expect(error?.sqlState == "3D000")
    }
  }

  @Test func demandedTLS() async throws {
    try await TestDatabase.withDatabase { database in
      let error = await failure(database.url + (database.url.contains("?") ? "&" : "?") + "sslmode=require")
      #expect(error?.condition == .tlsMissing)
    }
  }

  @Test(arguments: [
    "", "postgresql:/u:hunter2@h/d", "hunter2", "host=x hunter2", "postgresql://u:hunter2@h:port/d",
    "postgres://u@h/d?x=hunter2",
    "postgresql://u:hunter2%zz@h/d", "host='hunter2", "host=\0",
  ])
  func malformed(_ url: String) async {
    let error = await failure(url)
    #expect(error?.condition == .malformedConnectionString, "\(url)")
    #expect(error?.debugDescription.contains("hunter2") == false)
  }

  @Test(arguments: [
    ("'postgresql://u:hunter2@h/d'", "quotation mark"), ("postgresql://u:hunter2@h/d?pgbouncer=true", "does not know"),
    ("postgresql://u@h/d?hunter2=x", "does not know"),
  ])
  func aMalformedStringSaysWhy(url: String, words: String) async {
    let error = await failure(url)
    #expect(error?.condition == .malformedConnectionString && error?.message.contains(words) == true)
    #expect(error?.debugDescription.contains("ter2") == false)
  }

  /// libpq takes what follows the first @ for the host, and quotes it where it cannot be resolved.
  @Test func aPasswordWithAnAtSignIsNotShown() async {
    let error = await failure("postgresql://u:hun@ter2@localhost.invalid/db")
    #expect(error?.condition == .malformedConnectionString && error?.message.contains("%40") == true)
    #expect(error?.debugDescription.contains("ter2") == false)
  }

  @Test func anUnknownHostIsNamed() async {
    let error = await failure("postgresql://u:hunter2@nowhere.invalid/db")
    #expect(error?.condition == .connectionFailed)
    #expect(
      error?.message.contains("nowhere.invalid:5432") == true && error?.debugDescription.contains("hunter2") == false)
  }

  @Test func killedServerProcess() async throws {
    try await TestDatabase.withDatabase { database in
      let connection = try await database.connect()
      let process: Int = try await connection.query("SELECT pg_backend_pid() AS n")[0].decode("n")
      let other = try await database.connect()
      _ = try await other.query("SELECT pg_terminate_backend($1, 5000)", [.integer(process)])
      let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
      #expect(error?.endsConnection == true)
      #expect(await connection.isUsable == false)
      // A closed connection stays an error.
      await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
    }
  }

  @Test func aTransactionThatEndsWithItsServerProcess() async throws {
    try await TestDatabase.withDatabase { database in
      let connection = try await database.connect()
      _ = try await connection.query("CREATE TABLE t (n int)")
      let error = await #expect(throws: PostgresError.self) {
        try await connection.transaction([
          PostgresStatement("INSERT INTO t VALUES (1)"),
          PostgresStatement("SELECT pg_terminate_backend(pg_backend_pid())"),
          PostgresStatement("INSERT INTO t VALUES (2)"),
        ])
      }
      #expect(error?.condition == .shutdown)
      #expect(error?.mayHaveCommitted == true)
      #expect(try await database.value("SELECT count(*) AS value FROM t") == 0)
    }
  }

  @Test(arguments: [
    ("SELECT * FROM missing", PostgresError.Condition.undefinedTable), ("SELECT missing()", .undefinedFunction),
    ("SELECT missing.f()", .undefinedSchema), ("SELECT 1/0", .dataException),
    ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$", .diskFull),
    ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$", .serializationFailure),
    ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$", .deadlock), ("nonsense", .other),
  ])
  func conditions(_ sql: String, _ condition: PostgresError.Condition) async throws {
    try await TestDatabase.withDatabase { database in
      let error = await #expect(throws: PostgresError.self) { try await database.query(sql) }
      #expect(error?.condition == condition)
      #expect(error?.endsConnection == false)
    }
  }

  @Test func readOnlyDatabase() async throws {
    try await TestDatabase.withDatabase { database in
      try await database.administer("ALTER DATABASE \(database.name) SET default_transaction_read_only = on")
      let connection = try await database.connect()
      let error = await #expect(throws: PostgresError.self) {
        try await connection.transaction([PostgresStatement("CREATE TABLE t (n int)")])
      }
      #expect(error?.condition == .readOnly)
    }
  }

  @Test func parametersNeverReachTheDescription() async throws {
    try await TestDatabase.withDatabase { database in
      let connection = try await database.connect()
      _ = try await connection.query("CREATE TABLE t (secret text PRIMARY KEY)")
      _ = try await connection.query("INSERT INTO t VALUES ($1)", [.text("hunter2")])
      for (sql, value) in [("INSERT INTO t VALUES ($1)", "hunter2"), ("SELECT $1::int", "hunter2")] {
        let error = await #expect(throws: PostgresError.self) { try await connection.query(sql, [.text(value)]) }
        #expect(error?.description.contains("hunter2") == false)
        #expect(error?.debugDescription.contains("hunter2") == true)
      }
    }
  }
}

@Suite struct CancellationTests {
  @Test func aCancelledTaskGivesUpAfterItsGrace() async throws {
    try await TestDatabase.withDatabase { database in
      let connection = try await PostgresConnection.connect(
        database.url, applicationName: "yardmaster-cancelled", limits: .init(cancellationGrace: 0.1))
      let start = ContinuousClock.now
      let task = Task { try await connection.query("SELECT pg_sleep(60)") }
      task.cancel()
      let error = await #expect(throws: PostgresError.self) { try await task.value }
      #expect(error?.condition == .cancelled)
      #expect(ContinuousClock.now - start < .seconds(10))
      // The server process was told too: it ends within moments, not after a minute.
      let other = try await database.connect()
      while try await other.query(
        "SELECT FROM pg_stat_activity WHERE application_name = 'yardmaster-cancelled' AND datname = current_database()"
      ).count > 0, ContinuousClock.now - start < .seconds(30) { await Task.yield() }
      #expect(ContinuousClock.now - start < .seconds(30))
    }
  }

  @Test func aShortCallInACancelledTaskIsDone() async throws {
    try await TestDatabase.withDatabase { database in
      let connection = try await database.connect()
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await connection.query("SELECT 1 AS n")[0].decode("n", as: Int.self)
      }
      #expect(try await task.value == 1)
    }
  }

  @Test func aStatementHasItsLimit() async throws {
    try await TestDatabase.withDatabase { database in
      let connection = try await PostgresConnection.connect(
        database.url, applicationName: "yardmaster-tests", limits: .init(statement: 0.1))
      let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT pg_sleep(60)") }
      #expect(error?.condition == .timedOut)
      #expect(await connection.isUsable == false)
    }
  }
}
