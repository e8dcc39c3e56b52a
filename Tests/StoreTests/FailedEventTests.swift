import Domain
import Postgres
import Store
import TestSupport
import Testing

@Suite struct FailedEventTests {
  static let payload = EventPayload(name: "issues", document: ["action": "opened", "issue": ["number": 7]])
  static let key = "1296269"

  /// One attempt that fails.
  @discardableResult
  static func fail(
    _ store: Store, _ identity: String = "issue:1", payload: EventPayload? = Self.payload,
    mode: Settings.Mode = .live, error: String = "boom"
  ) async throws -> EventID {
    let event = try #require(try await store.claim(Fixture.claim(identity, mode: mode)).claimed)
    try await store.finish(event, outcome: .failed, error: error, payload: payload, audit: Fixture.audit())
    return event.id
  }

  static func makeDue(_ database: TestDatabase) async throws {
    try await database.query("UPDATE yardmaster.failed_events SET next_attempt_at = now() - interval '1 second'")
  }

  @Test func aFailedEventKeepsItsPayloadUntilItSucceeds() async throws {
    try await withStore { store, database in
      let id = try await Self.fail(store)
      #expect(try await store.payload(ofEvent: id) == Self.payload)
      let failed = try #require(try await store.failedEvent(id))
      #expect(failed.error == "boom" && failed.attempts == 1 && failed.hasPayload && failed.number == 7)
      let second = try #require(try await store.claim(Fixture.claim()).claimed)
      try await store.finish(second, outcome: .processed, error: nil, audit: Fixture.audit())
      #expect(try await store.payload(ofEvent: id) == nil)
      #expect(try await store.failedEvent(id) == nil)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.failed_events") == 0)
    }
  }

  @Test func eachFailureDoublesTheWaitAndTheFifthMakesADeadLetter() async throws {
    try await withStore { store, database in
      for (attempt, minutes) in [10, 20, 40, 80].enumerated() {
        try await Self.fail(store, error: "boom \(attempt)")
        #expect(
          try await database.value(
            """
            SELECT round(extract(epoch FROM next_attempt_at - now()) / 60)::integer AS value
            FROM yardmaster.failed_events
            """) == minutes)
        #expect(try await store.deadLetters(of: nil, limit: 10).isEmpty)
        #expect(try await store.retryableEvents(of: Self.key, mode: .live, limit: 10).isEmpty)
        try await Self.makeDue(database)
        #expect(try await store.retryableEvents(of: Self.key, mode: .live, limit: 10).map(\.attempts) == [attempt + 1])
      }
      let id = try await Self.fail(store, error: "for good")
      let letter = try #require(try await store.deadLetters(of: Fixture.repository, limit: 10).first)
      #expect(letter.kind == "event" && letter.reference == id.text && letter.error == "for good")
      #expect(letter.attempts == 5 && letter.event?.id == id && letter.repository == Fixture.repository)
      #expect(letter.event?.nextAttemptAt == nil)
      #expect(
        try await database.value("SELECT payload ->> 'event_name' AS value FROM yardmaster.dead_letters") == "issues")
      #expect(try await store.retryableEvents(of: Self.key, mode: .live, limit: 10).isEmpty)
    }
  }

  @Test func aReplayIsDueAtOnceAndItsSuccessTakesTheLetterAway() async throws {
    try await withStore { store, database in
      for _ in 1...5 { try await Self.fail(store) }
      let id = try #require(try await store.deadLetters(of: nil, limit: 1).first?.event?.id)
      try await store.reopen(id, audit: Fixture.audit("replay"))
      #expect(try await store.retryableEvents(of: Self.key, mode: .live, limit: 10).map(\.id) == [id])
      #expect(
        try await database.value("SELECT count(*) AS value FROM yardmaster.audit_log WHERE event_type = 'replay'") == 1)
      // Once more in vain: the letter is brought up to date, and nobody tries again by himself.
      try await Self.fail(store, payload: nil, error: "again")
      let letter = try #require(try await store.deadLetters(of: nil, limit: 1).first)
      #expect(letter.attempts == 6 && letter.error == "again" && letter.event?.nextAttemptAt == nil)
      #expect(try await store.payload(ofEvent: id) == Self.payload)
      let last = try #require(try await store.claim(Fixture.claim()).claimed)
      try await store.finish(last, outcome: .processed, error: nil, audit: Fixture.audit())
      #expect(try await store.deadLetters(of: nil, limit: 1).isEmpty)
      // What did not fail is not made due.
      try await store.reopen(id, audit: Fixture.audit("replay"))
      #expect(try await store.retryableEvents(of: Self.key, mode: .live, limit: 10).isEmpty)
    }
  }

  /// Its next attempt was killed: nobody else would come back to it.
  @Test func anAttemptWithoutAnEndIsNoSuccess() async throws {
    try await withStore { store, database in
      let id = try await Self.fail(store)
      try await Self.makeDue(database)
      _ = try #require(try await store.claim(Fixture.claim()).claimed)
      #expect(try await store.retryableEvents(of: Self.key, mode: .live, limit: 10).map(\.id) == [id])
      #expect(try await store.failedEvent(id)?.attempts == 2)
      // One that never failed is only under way.
      let other = try #require(try await store.claim(Fixture.claim("issue:2")).claimed)
      #expect(try await store.failedEvent(other.id) == nil)
      #expect(try await store.retryableEvents(of: Self.key, mode: .live, limit: 10).map(\.id) == [id])
    }
  }

  @Test func whatFailedInADryRunIsNotRetriedLive() async throws {
    try await withStore { store, database in
      try await Self.fail(store, mode: .dryRun)
      try await Self.makeDue(database)
      #expect(try await store.retryableEvents(of: Self.key, mode: .live, limit: 10).isEmpty)
      #expect(try await store.retryableEvents(of: Self.key, mode: .dryRun, limit: 10).count == 1)
    }
  }

  @Test func theOldestDueEventComesFirst() async throws {
    try await withStore { store, database in
      for (identity, day) in [("b", 2), ("a", 1), ("c", 3)] {
        var claim = Fixture.claim(identity)
        claim.occurredAt = Timestamp("2026-03-0\(day)T00:00:00Z")
        let event = try #require(try await store.claim(claim).claimed)
        try await store.finish(
          event, outcome: .failed, error: identity, payload: Self.payload, audit: Fixture.audit())
      }
      try await Self.makeDue(database)
      let due = try await store.retryableEvents(of: Self.key, mode: .live, limit: 2)
      #expect(due.map(\.error) == ["a", "b"])
    }
  }

  @Test func payloadsComeBackAsTheyWere() async throws {
    let hostile = "\u{202E}'; DROP TABLE x; -- \u{1F600} \\ \"\r\n\u{7} ::error::x ##[group]"
    let document: JSONValue = [
      "text": .string(hostile), "big": .integer(.max), "half": .number(0.5), "list": [1, nil, true, ["deep": [[]]]],
      "\u{1F600} key": "",
    ]
    try await withStore { store, _ in
      let id = try await Self.fail(store, payload: EventPayload(name: "issue_comment", document: document))
      #expect(try await store.payload(ofEvent: id) == EventPayload(name: "issue_comment", document: document))
    }
  }

  @Test func aNULIsReplacedAndAPayloadThatIsTooLargeIsNotKept() async throws {
    try await withStore { store, database in
      let nul = try await Self.fail(store, "nul", payload: EventPayload(name: "issues", document: ["a": "x\0y"]))
      #expect(try await store.payload(ofEvent: nul)?.document == ["a": "x\u{FFFD}y"])
      let fits = String(repeating: "x", count: EventPayload.maximumSize - 8)
      let large = EventPayload(name: "issues", document: ["a": .string(fits)])
      let kept = try await Self.fail(store, "fits", payload: large)
      #expect(try await store.payload(ofEvent: kept) == large)
      let tooLarge = EventPayload(name: "issues", document: ["a": .string(fits + "x")])
      let refused = try await Self.fail(store, "too large", payload: tooLarge)
      #expect(try await store.payload(ofEvent: refused) == nil)
      #expect(try await store.failedEvent(refused)?.hasPayload == false)
      try await Self.makeDue(database)
      let due = try await store.retryableEvents(of: Self.key, mode: .live, limit: 10)
      #expect(Set(due.map(\.id)) == [nul, kept])
    }
  }

  @Test func anAttemptThatLostItsEventRecordsNoFailure() async throws {
    try await withStore { store, database in
      let first = try #require(try await store.claim(Fixture.claim()).claimed)
      let heir = try #require(try await store.claim(Fixture.claim(attempt: 2)).claimed)
      await #expect(throws: LeaseLost.self) {
        try await store.finish(
          first, outcome: .failed, error: "late", payload: Self.payload, audit: Fixture.audit())
      }
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.failed_events") == 0)
      try await store.finish(heir, outcome: .processed, error: nil, audit: Fixture.audit())
    }
  }

  @Test func deadLettersOfACaptureAreListedWithThoseOfEvents() async throws {
    try await withStore { store, database in
      for _ in 1...5 { try await Self.fail(store) }
      var walk = try await Walk(store, database)
      try await walk.commit { $0.deadLetters = [Fixture.letter(9)] }
      let letters = try await store.deadLetters(of: Fixture.repository, limit: 10)
      #expect(Set(letters.map(\.kind)) == ["event", "item"])
      #expect(letters.first { $0.kind == "item" }?.number == 9)
      #expect(letters.allSatisfy { $0.repository == Fixture.repository })
      let elsewhere = try #require(RepositoryName("octo/elsewhere"))
      #expect(try await store.deadLetters(of: elsewhere, limit: 10).isEmpty)
      #expect(try await store.deadLetters(of: nil, limit: 1).count == 1)
    }
  }
}
