import Domain
import Postgres
import Store
import TestSupport
import Testing

@Suite struct PseudonymTests {
  private func withLog(_ body: (AuditLog) async throws -> Void) async throws {
    try await AuditLog.with(entries: 1) { log in
      try log.store.usePseudonyms(true)
      try await body(log)
    }
  }

  /// The text of the log's newest entry.
  private func newest(_ log: AuditLog) async throws -> String {
    try await log.database.value(
      """
      SELECT concat_ws(' ', actor, before_state, after_state, metadata) AS value FROM yardmaster.audit_log
      ORDER BY sequence DESC LIMIT 1
      """)
  }

  private static func entry(_ actor: String? = "mona", mentions: [String] = []) -> AuditEntry {
    AuditEntry(
      eventType: "action", severity: .info, actor: actor, repository: Fixture.repository, actionType: "assign",
      before: ["assignees": ["Hubot", "ci-runner[bot]"], "labels": ["mona", "hubot"]],
      after: ["assignee:octocat": true, "facet": "assignee:octocat", "author": "MONA"],
      success: true,
      metadata: [
        "confidence": 1, "reasoning": "a command of @Mona, and not of @mona-lisa or x@mona.example",
        "evidence": "@hubot: ping (@octocat, @stranger) @mona_ @mona's",
      ], mentions: mentions)
  }

  @Test func loginsThatAreMarkedAreReplacedWhereverTheyStand() async throws {
    try await withLog { log in
      try await log.append(2, entry: Self.entry())
      let rows = try await log.database.query(
        "SELECT lower(login) AS login, pseudonym FROM yardmaster.audit_pseudonyms ORDER BY 1")
      var names: [String: String] = [:]
      for row in rows { names[try row.decode("login")] = try row.decode("pseudonym") }
      #expect(names.keys.sorted() == ["hubot", "mona", "octocat"])
      let (mona, hubot) = (try #require(names["mona"]), try #require(names["hubot"]))
      let octocat = try #require(names["octocat"])
      #expect(mona.hasPrefix("p_") && mona.count == 34)
      let text = try await newest(log)
      for part in [
        "\"assignees\": [\"\(hubot)\", \"ci-runner[bot]\"]", "\"labels\": [\"mona\", \"hubot\"]",
        "\"assignee:\(octocat)\": true", "\"facet\": \"assignee:\(octocat)\"", "\"author\": \"\(mona)\"",
        "a command of @\(mona), and not of @mona-lisa or x@mona.example",
        "@\(hubot): ping (@\(octocat), @stranger) @\(mona)_ @\(mona)'s",
      ] { #expect(text.contains(part), "\(part) in \(text)") }
      #expect(text.hasPrefix(mona + " "))
      try await log.append(3, entry: Self.entry("Stranger", mentions: ["mona-lisa"]))
      let other = try await newest(log)
      #expect(!other.contains("@stranger") && !other.contains("mona-lisa") && !other.contains("@Mona"))
      #expect(other.contains(mona))
      #expect(try await log.verify().fault == nil)
    }
  }

  @Test func manyProcessesGiveALoginOnePseudonym() async throws {
    try await withLog { log in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 2...25 {
          group.addTask {
            let store = Store(databaseURL: log.database.url, auditKey: AuditLog.key)
            try store.usePseudonyms(true)
            try await log.append(number, entry: Self.entry(["mona", "hubot", "octocat"][number % 3]), by: store)
            await store.close()
          }
        }
        try await group.waitForAll()
      }
      #expect(try await log.verify().entries == 25)
      #expect(try await log.database.value("SELECT count(*) AS value FROM yardmaster.audit_pseudonyms") == 3)
      let strangers: Int = try await log.database.value(
        """
        SELECT count(*) AS value FROM yardmaster.audit_log l WHERE sequence > 1
          AND NOT EXISTS (SELECT FROM yardmaster.audit_pseudonyms p WHERE p.pseudonym = l.actor)
        """)
      #expect(strangers == 0)
    }
  }

  /// What the claim reads is enough: the head is not locked and read for it. A login that is new needs no more.
  @Test(arguments: [true, false])
  func aPseudonymTakesNoRoundTripOfItsOwn(isKnown: Bool) async throws {
    try await withLog { log in
      if isKnown { try await log.append(2, entry: Self.entry()) }
      try await log.script("DROP FUNCTION yardmaster.lock_audit_head(text)")
      let store = Store(databaseURL: log.database.url, auditKey: AuditLog.key)
      try store.usePseudonyms(true)
      try await log.append(3, entry: Fixture.audit(), by: store)
      try await log.append(4, entry: Fixture.audit(), by: store)
      await store.close()
      let found = try await log.verify()
      #expect(found.entries == (isKnown ? 4 : 3))
      #expect(try await log.database.value("SELECT count(DISTINCT actor) AS value FROM yardmaster.audit_log") == 2)
    }
  }

  @Test func aForgottenLoginComesBackAsAnother() async throws {
    try await withLog { log in
      func actor() async throws -> String {
        try await log.database.value(
          "SELECT actor AS value FROM yardmaster.audit_log ORDER BY sequence DESC LIMIT 1")
      }
      func resolved() async throws -> [String?] {
        var actors: [String?] = []
        try await log.store.readAudit(of: Fixture.repository, since: nil, resolves: true) { records in
          actors += records.map(\.entry.actor)
        }
        return actors
      }
      try await log.append(2, entry: Self.entry())
      let first = try await actor()
      try await log.append(3, entry: Self.entry("hubot"))
      let known = try await resolved()
      #expect(known == ["mona", "mona", "Hubot"])
      let forgotten = try await log.store.forget(login: "MONA", captured: false)
      #expect(forgotten.pseudonym == first)
      // The first entry was written before there were pseudonyms; it can be named, and not be removed.
      let traces = Dictionary(uniqueKeysWithValues: forgotten.traces.map { ($0.table, $0) })
      #expect(traces["audit_log"] == nil || traces["audit_log"]?.isRemovable == false)
      #expect(traces["audit_log"]?.rows == 1)
      #expect(traces["events"]?.rows == 3)
      #expect(try await resolved() == ["mona", first, "Hubot"])
      // This process still knew the old one.
      try await log.append(4, entry: Self.entry())
      let second = try await actor()
      #expect(second != first && second.hasPrefix("p_"))
      #expect(try await resolved() == ["mona", first, "Hubot", "mona"])
      #expect(try await log.verify().entries == 4)
      #expect(try await log.store.forget(login: "nobody", captured: true).pseudonym == nil)
    }
  }

  @Test func forgettingWhatWasCapturedLeavesRowsWithoutTheLogin() async throws {
    try await AuditLog.with(entries: 1) { log in
      var walk = try await Walk(log.store, log.database)
      try await walk.commit(at: "10:00:00") { page in
        page.pullRequests = [Fixture.pullRequest(4)]
        page.contributors = [
          ContributorRecord(login: "mona", githubID: 1, accountType: "User"),
          ContributorRecord(login: "hubot", githubID: 2, accountType: "User"),
        ]
        page.numbers = [Fixture.number(4, .pullRequest)]
      }
      let before = try await log.store.forget(login: "Mona", captured: false).traces
      #expect(
        before.map { "\($0.table).\($0.column)" } == [
          "audit_log.actor", "contributors.login", "events.actor", "pull_requests.author_login",
        ])
      _ = try await log.store.forget(login: "Mona", captured: true)
      let after = try await log.store.traces(of: "mona").traces
      #expect(after.map(\.table) == ["audit_log"])
      #expect(try await log.database.value("SELECT count(*) AS value FROM yardmaster.pull_requests") == 1)
      #expect(try await log.database.value("SELECT login AS value FROM yardmaster.contributors") == "hubot")
    }
  }

  /// More rows than are read at a time; and what only looks like the login stays.
  @Test func forgettingReplacesTheLoginAloneHoweverOftenItStands() async throws {
    try await AuditLog.with(entries: 1) { log in
      let rows = 1_200
      let kept = "@mona-lisa, @Mona[bot], x@mona.example, mona, @lisa-mona"
      _ = try await log.database.query(
        """
        INSERT INTO yardmaster.actions (id, transaction_id, event_id, ordinal, kind, repository, number, effect, reason,
          before_state, status, dry_run)
        SELECT gen_random_uuid(), gen_random_uuid(), e.id, n, 'assign', 'octo/mona', 7,
          '{"assign": {"_0": ["MONA", "hubot"]}}',
          '{"origin": "rule ''mona''", "evidence": "\(kept), @Mona- (@&#8203;mona) `mona`"}',
          '{"labels": ["mona"], "assignees": ["Mona"], "assignee:mona": true}', 'done', false
        FROM yardmaster.events e, generate_series(1, \(rows)) AS n
        """)
      let traces = try await log.store.forget(login: "Mona", captured: true).traces
      #expect(
        traces.filter { $0.table == "actions" }.map { "\($0.column) \($0.rows)" } == [
          "before_state \(rows)", "effect \(rows)", "reason \(rows)",
        ])
      let left = try await log.database.query(
        """
        SELECT count(*) AS rows, effect ->> 'assign' AS effect, reason ->> 'evidence' AS evidence,
          before_state::text AS before FROM yardmaster.actions GROUP BY 2, 3, 4
        """)
      #expect(left.count == 1)
      #expect(try left[0].decode("rows", as: Int.self) == rows)
      #expect(try left[0].decode("effect", as: String.self) == #"{"_0": ["ghost", "hubot"]}"#)
      #expect(try left[0].decode("evidence", as: String.self) == "\(kept), @ghost- (@&#8203;ghost) `ghost`")
      #expect(
        try left[0].decode("before", as: String.self)
          == #"{"labels": ["mona"], "assignees": ["ghost"], "assignee:ghost": true}"#)
      #expect(try await log.verify().fault == nil)
    }
  }

  /// What is kept to try an event again holds whole accounts, and their texts.
  @Test func forgettingDropsKeptPayloadsThatHaveTheAccount() async throws {
    try await AuditLog.with(entries: 1) { log in
      func payload(_ author: String, assignee: String) -> EventPayload {
        EventPayload(
          name: "issues",
          document: [
            "sender": ["login": .string(author)],
            "issue": ["title": "mona", "assignees": [["login": .string(assignee)]]],
          ])
      }
      let kept = [
        payload("Mona", assignee: "hubot"), payload("hubot", assignee: "mona"), payload("hubot", assignee: "x"),
      ]
      for (index, payload) in kept.enumerated() {
        for _ in 1...(index == 0 ? RetrySchedule.maximumAttempts : 1) {
          try await FailedEventTests.fail(log.store, "kept:\(index)", payload: payload)
        }
      }
      func rows(_ traces: [LoginTrace]) -> [String] {
        traces.filter { $0.column == "payload" }.map { "\($0.table) \($0.rows) \($0.isRemovable)" }
      }
      let all = ["dead_letters 1 true", "failed_events 2 true"]
      #expect(rows(try await log.store.traces(of: "mona").traces) == all)
      #expect(rows(try await log.store.forget(login: "mona", captured: false).traces) == all)
      #expect(rows(try await log.store.forget(login: "MONA", captured: true).traces) == all)
      #expect(rows(try await log.store.traces(of: "mona").traces).isEmpty)
      // The letter is still told of, and what is another's is kept.
      #expect(try await log.store.deadLetters(of: nil, limit: 10).map { $0.event?.hasPayload } == [false])
      #expect(
        try await log.database.value(
          "SELECT count(*) AS value FROM yardmaster.failed_events WHERE payload IS NOT NULL") == 1)
      #expect(
        try await log.database.value(
          "SELECT count(*) AS value FROM yardmaster.dead_letters WHERE payload ->> 'payload' IS NOT NULL") == 0)
    }
  }

  @Test func withoutAKeyThereAreNoPseudonyms() async throws {
    try await withStore { store, _ in
      let error = #expect(throws: StoreError.self) { try store.usePseudonyms(true) }
      #expect(error?.cause == .missingAuditKey)
      try store.usePseudonyms(false)
    }
  }
}
