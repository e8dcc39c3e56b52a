import Domain
import Store
import TestSupport
import Testing

@Suite struct AutomationSweepTests {
  private func claim(
    _ worker: String = "worker 1", key: String = "1296269", mode: Settings.Mode = .live
  ) -> SweepClaim {
    SweepClaim(repositoryKey: key, mode: mode, worker: worker)
  }

  private func entry(_ store: Store, _ claim: SweepClaim) async throws -> SweepEntry? {
    if case .entered(let entry) = try await store.enterSweep(claim) { entry } else { nil }
  }

  private let walk = SweepWalk(
    startedAt: Fixture.time("12:00:00"), bound: Fixture.time("11:00:00"), part: .changedPullRequests, page: "Y3Vyc29y")

  @Test func aNewRepositoryBeginsWithNothing() async throws {
    try await withStore { store, _ in
      let entry = try #require(try await entry(store, claim()))
      #expect(entry.state == SweepState() && entry.firstEventAt == nil && entry.ownLogins == [])
    }
  }

  @Test func whatWasRecordedIsThereForTheNext() async throws {
    try await withStore { store, _ in
      let first = claim()
      _ = try await entry(store, first)
      let state = SweepState(
        cursor: Fixture.time("10:00:00"), changes: walk,
        round: SweepWalk(startedAt: Fixture.time("09:00:00"), bound: Fixture.time("01:00:00"), part: .openIssues),
        roundStartedAt: Fixture.time("08:00:00"),
        unshown: [UnshownItem(number: 7, since: Fixture.time("10:00:00"), reason: "'; DROP \u{202E} \u{0}")])
      try await store.recordSweep(state, of: first)
      try await store.leaveSweep(first)
      var kept = state
      kept.unshown[0].reason = "'; DROP \u{202E} \u{FFFD}"
      #expect(try await entry(store, claim("worker 2"))?.state == kept)
    }
  }

  /// Killed between a page and its commit: the next process finds the page before, once the lease has ended.
  @Test func aKilledSweepIsTakenOverAtItsLastPage() async throws {
    try await withStore { store, database in
      let dead = claim()
      _ = try await entry(store, dead)
      try await store.recordSweep(SweepState(changes: walk), of: dead)
      #expect(try await store.enterSweep(claim("worker 2")) == .occupied(worker: "worker 1"))
      try await database.query(
        "UPDATE yardmaster.automation_sweeps SET lease_expires_at = now() - interval '1 second'")
      let heir = claim("worker 2")
      #expect(try await entry(store, heir)?.state.changes == walk)

      // The one that was thought dead may write nothing more, nor give the other's lease away.
      await #expect(throws: LeaseLost.self) { try await store.recordSweep(SweepState(), of: dead) }
      await #expect(throws: LeaseLost.self) { try await store.renewSweep(dead) }
      try await store.leaveSweep(dead)
      #expect(try await store.enterSweep(claim("worker 3")) == .occupied(worker: "worker 2"))
      try await store.recordSweep(SweepState(cursor: walk.startedAt), of: heir)
      try await store.leaveSweep(heir)
      let after = try #require(try await entry(store, claim("worker 3")))
      #expect(after.state == SweepState(cursor: walk.startedAt))
    }
  }

  @Test func aDeadProcessIsNotWaitedFor() async throws {
    try await withStore { store, _ in
      _ = try await entry(store, claim())
      var heir = claim("worker 2")
      heir.deadWorker = "worker 9"
      #expect(try await entry(store, heir) == nil)
      heir.deadWorker = "worker 1"
      #expect(try await entry(store, heir) != nil)
    }
  }

  @Test func aClaimWhoseAnswerWasLostFindsItself() async throws {
    try await withStore { store, _ async throws in
      let mine = claim()
      #expect(try await entry(store, mine) != nil)
      #expect(try await entry(store, mine) != nil)
    }
  }

  @Test func everyWriteRenewsTheLease() async throws {
    try await withStore { store, database in
      let mine = claim()
      _ = try await entry(store, mine)
      for write in [store.renewSweep, { try await store.recordSweep(SweepState(), of: $0) }] {
        try await database.query(
          "UPDATE yardmaster.automation_sweeps SET lease_expires_at = now() + interval '1 second'")
        try await write(mine)
        #expect(
          try await database.value(
            "SELECT lease_expires_at > now() + interval '200 seconds' AS value FROM yardmaster.automation_sweeps")
            == true)
      }
    }
  }

  @Test func ofManyProcessesOneSweeps() async throws {
    try await withMigratedDatabase { database in
      let entered = try await withThrowingTaskGroup(of: Bool.self) { group in
        for worker in 0..<8 {
          group.addTask {
            let store = Store(databaseURL: database.url, auditKey: nil)
            defer { Task { await store.close() } }
            let claim = SweepClaim(repositoryKey: "1", mode: .live, worker: "worker \(worker)")
            if case .entered = try await store.enterSweep(claim) { return true }
            return false
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(entered.count { $0 } == 1)
    }
  }

  @Test func dryRunsAndRepositoriesHaveCursorsOfTheirOwn() async throws {
    try await withStore { store, _ in
      for (offset, claim) in [claim(), claim(mode: .dryRun), claim(key: "2")].enumerated() {
        let entry = try #require(try await entry(store, claim))
        #expect(entry.state.cursor == nil)
        try await store.recordSweep(SweepState(cursor: Fixture.time("10:00:00") + Double(offset)), of: claim)
      }
    }
  }

  @Test func theFirstEventIsTheEarliestOfTheRepositoryAndMode() async throws {
    try await withStore { store, database in
      for (identity, mode, second) in [("a", Settings.Mode.live, 30), ("b", .live, 20), ("c", .dryRun, 10)] {
        var claim = Fixture.claim(identity, mode: mode)
        claim.thread = ThreadVisit(
          key: ThreadKey(repository: Fixture.repository, githubID: 1_296_269, number: second))
        claim.occurredAt = Fixture.time("10:00:\(second)")
        _ = try await store.claim(claim)
      }
      try await database.query("INSERT INTO yardmaster.own_logins (login) VALUES ('Yardmaster[bot]')")
      let entry = try #require(try await entry(store, claim()))
      #expect(entry.firstEventAt == Fixture.time("10:00:20") && entry.ownLogins == ["yardmaster[bot]"])
      #expect(try await self.entry(store, claim(key: "2"))?.firstEventAt == nil)
    }
  }

  /// Failed events wait for their time and are tried again with what was kept of them, and of open ones their claim tells whether somebody is at work on them.
  @Test func whatNeedsNoProcessingIsKnown() async throws {
    try await withStore { store, database in
      let long = "long " + String(repeating: "x", count: 3_000)
      let names = [
        "processed", "ignored", "failed", "failed and due", "failed, kept and due", "open", "abandoned", "other mode",
        long,
      ]
      for name in names {
        let claim = Fixture.claim(name, mode: name == "other mode" ? .dryRun : .live)
        let event = try #require(try await store.claim(claim).claimed)
        let word = [long, "other mode"].contains(name) ? "processed" : name.hasPrefix("failed") ? "failed" : name
        if let outcome = EventOutcome(rawValue: word) {
          let payload = name.contains("kept") ? EventPayload(name: "issues", document: ["action": "opened"]) : nil
          try await store.finish(event, outcome: outcome, error: nil, payload: payload, audit: Fixture.audit())
        }
      }
      try await database.query(
        """
        UPDATE yardmaster.events SET lease_expires_at = now() - interval '1 second' WHERE identity = 'abandoned'
        """)
      try await database.query(
        """
        UPDATE yardmaster.failed_events f SET next_attempt_at = now() FROM yardmaster.events e
        WHERE e.id = f.event_id AND e.identity LIKE '%due'
        """)
      let asked = (names + ["never seen", "issues\u{1F}opened\u{0}"]).map { EventIdentity(text: $0) }
      let known = try await store.knownIdentities(asked, mode: .live)
      #expect(Set(known.map(\.text)) == ["processed", "ignored", "failed", "failed, kept and due", long])
      #expect(try await store.knownIdentities(asked, mode: .dryRun).map(\.text) == ["other mode"])
      #expect(try await store.knownIdentities([], mode: .live) == [])
    }
  }

  /// Of visits that came to no end those that nobody gave up, and of failed ones those that are due.
  @Test func visitsThatWereCutOffAreKnownWithTheirRound() async throws {
    try await withStore { store, database in
      let round = Fixture.time("10:00:00")
      for (number, name) in ["open", "processed", "failed", "due", "old"].enumerated() {
        var claim = Fixture.claim("visit \(name)")
        (claim.name, claim.number, claim.occurredAt) = ("schedule", number + 1, round)
        claim.thread = ThreadVisit(
          key: ThreadKey(repository: Fixture.repository, githubID: 1, number: number + 1))
        let event = try #require(try await store.claim(claim).claimed)
        guard name != "open", name != "old" else { continue }
        try await store.finish(
          event, outcome: name == "processed" ? .processed : .failed, error: nil, audit: Fixture.audit())
      }
      try await database.query(
        """
        UPDATE yardmaster.failed_events SET next_attempt_at = now()
        WHERE event_id = (SELECT id FROM yardmaster.events WHERE identity = 'visit due')
        """)
      try await database.query(
        "UPDATE yardmaster.events SET received_at = now() - interval '8 days' WHERE identity = 'visit old'")
      let found = try await store.unfinishedVisits(claim(key: "1"))
      #expect(found == [UnfinishedVisit(number: 1, round: round), UnfinishedVisit(number: 4, round: round)])
      #expect(try await store.unfinishedVisits(claim(key: "2")) == [])
    }
  }
}
