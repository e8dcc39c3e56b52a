import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct QueryTests {
  @Test func valuesComeBackAsTheyWent() async throws {
    try await TestDatabase.withDatabase { database in
      let connection = try await database.connect()
      let row = try await connection.query(
        """
        SELECT $1::text AS text, $2::bigint AS integer, $3::boolean AS bool, $4::bytea AS bytes, $5::jsonb AS json,
          $6::text AS nothing
        """,
        [
          .text("a'b\"c\\d;--\u{1F600}\u{202E}\r\n"), .integer(Int64.min), .bool(true), .bytes([0, 1, 255]),
          .json(#"{"a":[1,"\\u0000 \u00e9"]}"#), .null,
        ])[0]
      #expect(try row.decode("text") == "a'b\"c\\d;--\u{1F600}\u{202E}\r\n")
      #expect(try row.decode("integer") == Int64.min)
      #expect(try row.decode("bool") == true)
      #expect(try row.decode("bytes") == "\\x0001ff")
      #expect(try row.decode("json") == #"{"a": [1, "\\u0000 é"]}"#)
      #expect(try row.decodeIfPresent("nothing", as: String.self) == nil)
      #expect(await connection.replacedNULs == 0)
    }
  }

  @Test func emptyParametersAreNoNulls() async throws {
    try await TestDatabase.withDatabase { database in
      let row = try await database.query(
        "SELECT $1::text AS text, length($2::bytea) AS bytes", [.text(""), .bytes([])])[0]
      #expect(try row.decode("text") == "")
      #expect(try row.decode("bytes") == 0)
    }
  }

  @Test func nulIsReplacedAndCounted() async throws {
    try await TestDatabase.withDatabase { database in
      let connection = try await database.connect()
      let row = try await connection.query(
        "SELECT $1::text AS text, $2::jsonb->>'k' AS json, $3::jsonb->>'k' AS literal",
        [.text("\0a\0\0b\0"), .json(#"{"k":"x\u0000y\\u0000z"}"#), .json(#"{"k":"\\\u0000"}"#)])[0]
      #expect(try row.decode("text") == "\u{FFFD}a\u{FFFD}\u{FFFD}b\u{FFFD}")
      #expect(try row.decode("json") == "x\u{FFFD}y\\u0000z")
      #expect(try row.decode("literal") == "\\\u{FFFD}")
      #expect(await connection.replacedNULs == 6)
    }
  }

  @Test func wrongShapesAreErrorsNotCrashes() async throws {
    try await TestDatabase.withDatabase { database in
      let rows = try await database.query("SELECT NULL::int AS n, 'x' AS t")
      #expect(throws: PostgresError.self) { try rows[0].decode("n", as: Int.self) }
      #expect(throws: PostgresError.self) { try rows[0].decode("t", as: Int.self) }
      #expect(throws: PostgresError.self) { try rows[0].decode("missing", as: Int.self) }
      #expect(throws: PostgresError.self) { try rows[1].decode("t", as: String.self) }
    }
  }

  @Test func pipelineIsOneTransaction() async throws {
    try await TestDatabase.withDatabase { database in
      let connection = try await database.connect()
      _ = try await connection.query("CREATE TABLE t (n int PRIMARY KEY)")
      let rows = try await connection.transaction([
        PostgresStatement("INSERT INTO t VALUES ($1), ($2)", [.integer(1), .integer(2)]),
        PostgresStatement("SELECT count(*) AS n FROM t"),
      ])
      #expect(rows[0].affected == 2)
      #expect(try rows[1][0].decode("n") == 2)
      let error = await #expect(throws: PostgresError.self) {
        try await connection.transaction([
          PostgresStatement("INSERT INTO t VALUES (3)"), PostgresStatement("INSERT INTO t VALUES (3)"),
          PostgresStatement("INSERT INTO t VALUES (4)"),
        ])
      }
      #expect(error?.condition == .constraintViolation)
      #expect(error?.constraint == "t_pkey")
      // The connection goes on, and nothing of the failed transaction is left.
      #expect(try await connection.query("SELECT count(*) AS n FROM t")[0].decode("n") == 2)
    }
  }

  @Test func largePipelinesDoNotDeadlock() async throws {
    try await TestDatabase.withDatabase { database in
      let connection = try await database.connect()
      let megabytes = String(repeating: "0123456789abcdef", count: 65_536)
      let rows = try await connection.transaction(
        (0..<6).map { _ in PostgresStatement("SELECT $1::text AS t", [.text(megabytes)]) })
      #expect(rows.count == 6)
      #expect(try rows[5][0].decode("t", as: String.self).utf8.count == megabytes.utf8.count)
    }
  }

  @Test func transactionsRollBackWhenTheirBodyThrows() async throws {
    struct Stop: Error {}
    try await TestDatabase.withDatabase { database in
      let connection = try await database.connect()
      _ = try await connection.query("CREATE TABLE t (n int)")
      await #expect(throws: Stop.self) {
        try await connection.transaction { transaction in
          try transaction.query("INSERT INTO t VALUES (1)")
          throw Stop()
        }
      }
      await #expect(throws: PostgresError.self) {
        try await connection.transaction { transaction in
          try transaction.query("INSERT INTO t VALUES (1)")
          // A failure that is caught must not be mistaken for success at COMMIT.
          _ = try? transaction.query("SELECT 1/0")
        }
      }
      #expect(try await connection.query("SELECT count(*) AS n FROM t")[0].decode("n") == 0)
      let sum = try await connection.transaction { transaction in
        try transaction.query("INSERT INTO t VALUES (1)")
        return try transaction.query("SELECT sum(n) AS n FROM t")[0].decode("n", as: Int.self)
      }
      #expect(sum == 1)
    }
  }

  @Test func transactionsOfManyTasksDoNotInterleave() async throws {
    try await TestDatabase.withDatabase { database in
      let connection = try await database.connect()
      _ = try await connection.query("CREATE TABLE t (n int)")
      _ = try await connection.query("INSERT INTO t VALUES (0)")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<20 {
          group.addTask {
            try await connection.transaction { transaction in
              let n = try transaction.query("SELECT n FROM t")[0].decode("n", as: Int.self)
              try transaction.query("UPDATE t SET n = $1", [.integer(n + 1)])
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await connection.query("SELECT n FROM t")[0].decode("n") == 20)
    }
  }

  @Test func transactionsAreReadCommittedWhateverTheDefault() async throws {
    try await TestDatabase.withDatabase { database in
      try await database.administer(
        "ALTER DATABASE \(database.name) SET default_transaction_isolation = 'serializable'")
      let connection = try await database.connect()
      let rows = try await connection.transaction([PostgresStatement("SHOW transaction_isolation")])
      #expect(try rows[0][0].decode("transaction_isolation") == "read committed")
    }
  }

  @Test func connectionsBlockSideBySide() async throws {
    try await TestDatabase.withDatabase { database in
      let start = ContinuousClock.now
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<16 {
          group.addTask { _ = try await database.query("SELECT pg_sleep(0.5)") }
        }
        try await group.waitForAll()
      }
      #expect(ContinuousClock.now - start < .seconds(6))
    }
  }
}
