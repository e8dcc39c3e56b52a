import Domain
import Postgres
import Store
import TestSupport
import Testing

/// A superuser lifts the triggers and alters a log of 1,000 entries; each single alteration is found at its place.
@Suite struct AuditTamperingTests {
  private static let size = 1_000

  /// At least one other value for each column of the log.
  private static let edits: [(column: String, value: String)] = [
    ("repository", "'octo/other'"), ("repository", "lower(repository)"), ("sequence", "sequence + 100000"),
    ("sequence", "-sequence"), ("entry_id", "gen_random_uuid()"), ("event_type", "event_type || ' '"),
    ("severity", "'error'"), ("severity", "'none'"), ("actor", "NULL"), ("actor", "''"), ("actor", "'hubot'"),
    ("action_type", "upper(action_type)"), ("before_state", "NULL"), ("before_state", "'{}'"),
    ("before_state", "jsonb_set(before_state, '{labels,0}', '\"old \"')"), ("after_state", "'null'"),
    ("after_state", "jsonb_set(after_state, '{n}', ((after_state->>'n') || '.0')::jsonb)"),
    ("after_state", "jsonb_set(after_state, '{x}', '0.10')"),
    ("after_state", "jsonb_set(after_state, '{x}', '0.1000000000000000055')"),
    ("after_state", "jsonb_set(after_state, '{y}', 'null')"), ("after_state", "jsonb_set(after_state, '{x}', '1e999')"),
    ("success", "NOT success"), ("metadata", "metadata - 'confidence'"), ("metadata", "NULL"),
    ("recorded_at", "recorded_at + interval '1 microsecond'"), ("recorded_at", "'infinity'"),
    ("recorded_at", "recorded_at - interval '1 year'"), ("format", "format + 1"), ("hash_algorithm", "'none'"),
    ("hash_algorithm", "CASE hash_algorithm WHEN 'sha256' THEN 'hmac-sha256' ELSE 'sha256' END"),
    ("previous_hash", "repeat('a', 64)"), ("previous_hash", "upper(previous_hash) || ''"), ("hash", "repeat('b', 64)"),
  ]

  /// Some places between the first and the last, and these two where they are asked for: a walk of all takes its time.
  private static func places(_ count: Int, ends: Bool, using generator: inout SeededGenerator) -> [Int] {
    (ends ? [1, size] : []) + (0..<count).map { _ in Int.random(in: 2..<size, using: &generator) }
  }

  @Test(arguments: [nil, AuditLog.key])
  func everyAlterationIsFoundAtItsPlace(key: [UInt8]?) async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    try await AuditLog.with(entries: Self.size, key: key) { log in
      #expect(try await log.verify().entries == Self.size)
      try await log.unlock()
      let table = "yardmaster.audit_log"
      var cases: [(place: Int, sql: String)] = []
      var edited: Set<String> = []
      for edit in Self.edits {
        let ends = key != nil && edited.insert(edit.column).inserted
        for place in Self.places(1, ends: ends, using: &generator) {
          // Upper case leaves the first entry's zeros as they are.
          if edit.value.hasPrefix("upper(previous_hash)"), place == 1 { continue }
          cases.append((place, "UPDATE \(table) SET \(edit.column) = \(edit.value) WHERE sequence = \(place)"))
        }
      }
      for place in Self.places(4, ends: key != nil, using: &generator) {
        cases.append((place, "DELETE FROM \(table) WHERE sequence = \(place)"))
        cases.append((place, "DELETE FROM \(table) WHERE sequence >= \(place)"))
        // A copy of some entry, with what follows moved along, or in the place of another.
        let other = place % Self.size + 1
        cases.append(
          (
            place,
            """
            UPDATE \(table) SET sequence = sequence + 1 WHERE sequence >= \(place);
            INSERT INTO \(table) SELECT (jsonb_populate_record(l, '{"sequence": \(place)}')).* FROM \(table) l
              WHERE sequence = \(other + (other >= place ? 1 : 0));
            """
          ))
        cases.append(
          (
            min(place, other),
            """
            UPDATE \(table) SET sequence = CASE sequence WHEN \(place) THEN \(other) ELSE \(place) END
            WHERE sequence IN (\(place), \(other))
            """
          ))
        let far = Int.random(in: 1...Self.size, using: &generator)
        if far != place {
          cases.append(
            (
              min(place, far),
              """
              UPDATE \(table) SET sequence = CASE sequence WHEN \(place) THEN \(far) ELSE \(place) END
              WHERE sequence IN (\(place), \(far))
              """
            ))
        }
      }
      for (place, sql) in cases {
        let fault = try await log.fault(after: sql)
        // Moved before the beginning, an entry is found there.
        let expected = sql.contains("= -sequence") ? Int64(-place) : Int64(place)
        #expect(fault?.sequence == expected, "seed \(seed), \(sql): \(fault?.reason ?? "not found")")
      }
      for sequence in [0, -5, Int64.min] {
        let fault = try await log.fault(
          after: """
            INSERT INTO \(table) SELECT (jsonb_populate_record(l, '{"sequence": \(sequence)}')).* FROM \(table) l
            WHERE sequence = 7
            """)
        #expect(fault?.sequence == sequence)
      }
      #expect(try await log.verify().fault == nil)
    }
  }

  @Test func everyColumnOfTheLogIsEdited() async throws {
    try await withStore { _, database in
      let rows = try await database.query(
        "SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = 'audit_log'")
      #expect(Set(try rows.map { try $0.decode("name", as: String.self) }) == Set(Self.edits.map(\.column)))
    }
  }

  @Test func aTruncatedTailIsFoundByTheAnchorWhereTheEndWasMovedBackToo() async throws {
    try await AuditLog.with(entries: 9) { log in
      let middle = try #require(try await log.append(10))
      try await log.append(11)
      let last = try #require(try await log.append(12))
      #expect(last.sequence == 12)
      #expect(try await log.verify([middle, last]).fault == nil)
      try await log.unlock()
      let cut = """
        DELETE FROM yardmaster.audit_log WHERE sequence > 10;
        UPDATE yardmaster.audit_heads SET sequence = 10, hash = '\(middle.hash)';
        """
      #expect(try await log.fault(after: "DELETE FROM yardmaster.audit_log WHERE sequence > 10")?.sequence == 11)
      #expect(try await log.fault(after: cut) == nil)
      #expect(try await log.fault(after: cut, anchors: [middle]) == nil)
      #expect(try await log.fault(after: cut, anchors: [last])?.sequence == 11)
      #expect(try await log.fault(after: cut, anchors: [AuditAnchor(sequence: nil, hash: last.hash)])?.sequence == 11)
      // At another place than its own it does not count.
      let moved = AuditAnchor(sequence: 9, hash: middle.hash)
      #expect(try await log.verify([moved]).fault?.sequence == 9)
      let text = try #require(AuditAnchor(last.description))
      #expect(text == last)

      // Whoever cuts the tail off and has the key can write another one.
      try await log.script(cut)
      let forger = Store(databaseURL: log.database.url, auditKey: AuditLog.key)
      try await log.script("ALTER TABLE yardmaster.audit_log ENABLE TRIGGER USER")
      for number in 20...22 { try await log.append(number, by: forger) }
      await forger.close()
      #expect(try await log.verify().fault == nil)
      #expect(try await log.verify([last]).fault?.sequence == 12)
    }
  }

  @Test func aRemovedLogIsMissed() async throws {
    try await AuditLog.with(entries: 3) { log in
      let anchor = try #require(log.store.auditAnchor(of: Fixture.repository))
      try await log.unlock()
      try await log.script("TRUNCATE yardmaster.audit_log, yardmaster.audit_heads")
      #expect(try await log.verify().fault?.sequence == 1)
      #expect(try await log.verify([anchor]).fault?.sequence == 1)
      #expect(try await log.store.auditedRepositories() == [Fixture.repository])
      try await log.script("TRUNCATE yardmaster.events CASCADE")
      #expect(try await log.verify().fault == nil)
      #expect(try await log.verify([anchor]).fault?.sequence == 1)
    }
  }

  /// Without the key nobody can write an entry that holds; one who hashes without a key is found out too.
  @Test func aForgedTailDoesNotHoldWhereTheLogIsKeyed() async throws {
    try await withStore(auditKey: AuditLog.key) { store, database in
      let log = AuditLog(store: store, database: database)
      let stranger = Store(databaseURL: log.database.url, auditKey: nil)
      // Who comes later is refused before anything is done.
      let early = try #require(try await stranger.claim(Fixture.claim("issue:7")).claimed)
      for number in 1...5 { try await log.append(number) }
      let error = await #expect(throws: StoreError.self) { try await log.append(6, by: stranger) }
      #expect(error?.cause == .missingAuditKey)
      #expect(error?.exitStatus == .configuration)
      #expect(try await log.verify().fault == nil)
      try await log.script("ALTER TABLE yardmaster.audit_log DISABLE TRIGGER audit_log_append")
      try await stranger.finish(early, outcome: .processed, error: nil, audit: Fixture.audit())
      await stranger.close()
      let other = Store(databaseURL: log.database.url, auditKey: Array("another key".utf8))
      #expect(try await log.verify().fault?.sequence == 6)
      #expect(try await other.verifyAudit(of: Fixture.repository).fault?.sequence == 1)
      await other.close()
    }
  }
}
