import Domain
import Postgres
import Store
import TestSupport
import Testing

@Suite struct AuditTests {
  private func append(_ store: Store, _ number: Int) async throws {
    guard let event = try await store.claim(Fixture.claim("issue:\(number)")).claimed else { return }
    try await store.finish(
      event, outcome: .processed, error: nil, audit: Fixture.audit(after: ["n": .integer(Int64(number))]))
  }

  @Test(arguments: [nil, Array("a secret key".utf8)])
  func fiftyAtOnceMakeOneChain(key: [UInt8]?) async throws {
    try await withMigratedDatabase { database in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<50 {
          group.addTask {
            let store = Store(databaseURL: database.url, auditKey: key)
            try await append(store, number)
            await store.close()
          }
        }
        try await group.waitForAll()
      }
      let store = Store(databaseURL: database.url, auditKey: key)
      let result = try await store.verifyAudit(of: Fixture.repository)
      #expect(result.entries == 50)
      #expect(result.fault == nil)
      let head = try await database.query("SELECT sequence, hash FROM yardmaster.audit_heads")
      #expect(try head[0].decode("sequence") == 50)
      #expect(try head[0].decode("hash") == result.head?.hash)
      if key != nil {
        let stranger = Store(databaseURL: database.url, auditKey: nil)
        #expect(try await stranger.verifyAudit(of: Fixture.repository).fault?.sequence == 1)
      }
    }
  }

  @Test func itIsAppendOnly() async throws {
    try await withStore { store, database in
      try await append(store, 1)
      for sql in [
        "UPDATE yardmaster.audit_log SET actor = 'x'", "DELETE FROM yardmaster.audit_log",
        "TRUNCATE yardmaster.audit_log",
      ] {
        let error = await #expect(throws: PostgresError.self) { try await database.query(sql) }
        #expect(error?.message == "the audit log is append-only")
      }
    }
  }

  /// Whatever a state holds, what comes back from `jsonb` hashes to the same bytes.
  @Test(arguments: 1...20)
  func statesSurviveTheRoundTrip(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    try await withStore { store, _ in
      for number in 0..<10 {
        let event = try #require(try await store.claim(Fixture.claim("\(number)")).claimed)
        var entry = Fixture.audit(after: JSONValue.random(using: &generator, depth: 3))
        entry.metadata = JSONValue.random(using: &generator, depth: 2)
        entry.actor = "a\0b\u{1F600}"
        try await store.finish(event, outcome: .processed, error: nil, audit: entry)
      }
      let result = try await store.verifyAudit(of: Fixture.repository)
      #expect(result.entries == 10 && result.fault == nil, "seed \(seed): \(result)")
    }
  }
}

extension JSONValue {
  fileprivate static func random(using generator: inout SeededGenerator, depth: Int) -> JSONValue {
    func text() -> String {
      String(
        (0..<Int.random(in: 0...8, using: &generator)).map { _ in
          ["a", "\0", "\"", "\\", "\n", "\u{1F600}", "é", "\u{7F}", "\u{1}", "z"].randomElement(using: &generator)
            ?? "b"
        })
    }
    switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &generator) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &generator))
    case 2: return .integer(Int64.random(in: .min ... .max, using: &generator))
    case 3:
      return .number(
        [0.1, -0.0, 1.0, 1e21, 1e300, -2.5e-9, .infinity, .nan, 5e-300, 9_007_199_254_740_992]
          .randomElement(using: &generator) ?? 0)
    case 4, 5: return .string(text())
    case 6: return .array((0..<3).map { _ in random(using: &generator, depth: depth - 1) })
    default:
      return .object(
        Dictionary(
          (0..<3).map { _ in (text(), random(using: &generator, depth: depth - 1)) }, uniquingKeysWith: { $1 }))
    }
  }
}
