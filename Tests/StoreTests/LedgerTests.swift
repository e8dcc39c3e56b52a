import Domain
import Postgres
import Store
import TestSupport
import Testing

@Suite struct LedgerTests {
  @Test func aSecondDeliveryIsADuplicate() async throws {
    try await withStore { store, _ in
      let first = try #require(try await store.claim(Fixture.claim()).claimed)
      guard case .duplicate(let id, nil, 100, "worker of 100"?) = try await store.claim(Fixture.claim(runID: 200))
      else {
        Issue.record("in another process's hands")
        return
      }
      #expect(id == first.id)
      try await store.finish(first, outcome: .processed, error: nil, audit: Fixture.audit())
      guard case .duplicate(first.id, .processed?, 100, nil) = try await store.claim(Fixture.claim(runID: 300)) else {
        Issue.record("processed before")
        return
      }
    }
  }

  @Test func aDryRunAndALiveRunAreTwoClaims() async throws {
    try await withStore { store, _ in
      let live = try await store.claim(Fixture.claim()).claimed
      let dry = try await store.claim(Fixture.claim(mode: .dryRun)).claimed
      #expect(live != nil && dry != nil && live?.id != dry?.id)
    }
  }

  @Test func oneOfManyProcessesGetsIt() async throws {
    try await withMigratedDatabase { database in
      let claimed = try await withThrowingTaskGroup(of: Bool.self) { group in
        for run in 0..<10 {
          group.addTask {
            let store = Store(databaseURL: database.url, auditKey: nil)
            let result = try await store.claim(Fixture.claim(runID: Int64(run + 1)))
            await store.close()
            return !result.isDuplicate
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(claimed.count { $0 } == 1)
    }
  }

  @Test func whatADeadWorkerLeftIsTakenOverBeforeItsLeaseEnds() async throws {
    try await withStore { store, _ in
      let first = try #require(try await store.claim(Fixture.claim()).claimed)
      var other = Fixture.claim(runID: 200)
      other.deadWorker = "worker of 999"
      #expect(try await store.claim(other).isDuplicate)
      other.deadWorker = "worker of 100"
      let second = try #require(try await store.claim(other).claimed)
      #expect(second.id == first.id && second.attempt == 2)
      await #expect(throws: LeaseLost.self) {
        try await store.finish(first, outcome: .processed, error: nil, audit: Fixture.audit())
      }
    }
  }

  @Test func aFailedEventIsTriedAgainByAnotherRunOrAttempt() async throws {
    try await withStore { store, database in
      let first = try #require(try await store.claim(Fixture.claim()).claimed)
      try await store.finish(first, outcome: .failed, error: "boom", audit: Fixture.audit())
      let second = try #require(try await store.claim(Fixture.claim()).claimed)
      #expect(try await store.claim(Fixture.claim()).isDuplicate)
      #expect(second.id == first.id)
      #expect(second.attempt == 2)
      #expect(second.transaction == first.transaction)
      #expect(
        try await database.value("SELECT error IS NULL AND outcome IS NULL AS value FROM yardmaster.events") == true)
      try await store.finish(second, outcome: .failed, error: "boom", audit: Fixture.audit())
      #expect(try await store.claim(Fixture.claim(runID: 101)).claimed?.attempt == 3)
    }
  }

  @Test func aKilledRunIsTakenOverWhenItsLeaseEnds() async throws {
    try await withStore { store, database in
      let dead = try #require(try await store.claim(Fixture.claim()).claimed)
      #expect(try await store.claim(Fixture.claim(runID: 200)).isDuplicate)
      try await database.query("UPDATE yardmaster.events SET lease_expires_at = now() - interval '1 second'")
      let heir = try #require(try await store.claim(Fixture.claim(runID: 200)).claimed)
      #expect(heir.attempt == dead.attempt + 1)
      // The one that was thought dead may write nothing more.
      await #expect(throws: LeaseLost.self) {
        try await store.finish(dead, outcome: .processed, error: nil, audit: Fixture.audit())
      }
      await #expect(throws: LeaseLost.self) {
        try await store.intend([Fixture.decision()], for: dead, dryRun: false)
      }
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.actions") == 0)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.audit_log") == 0)
      try await store.finish(heir, outcome: .processed, error: nil, audit: Fixture.audit())
    }
  }

  @Test func aLaterAttemptOfTheSameRunTakesOverAtOnce() async throws {
    try await withStore { store, _ async throws in
      #expect(try await store.claim(Fixture.claim(attempt: 1)).claimed != nil)
      #expect(try await store.claim(Fixture.claim(attempt: 1)).isDuplicate)
      #expect(try await store.claim(Fixture.claim(attempt: 2)).claimed?.attempt == 2)
      #expect(try await store.claim(Fixture.claim(attempt: 1)).isDuplicate)
    }
  }

  @Test func recordedActionsComeBack() async throws {
    try await withStore { store, _ in
      let first = try #require(try await store.claim(Fixture.claim()).claimed)
      #expect(first.recorded.isEmpty)
      let hostile = "\u{202E}'; DROP TABLE x; -- \u{1F600} \\ \"\r\n\u{7}"
      let decisions = [
        Fixture.decision(.comment(body: hostile), once: "key"), Fixture.decision(.removeLabel(hostile)),
        Fixture.decision(.close(reason: .notPlanned)), Fixture.decision(.assign(["a", "b"])), Fixture.decision(.reopen),
      ]
      let intended = try await store.intend(decisions, for: first, dryRun: false)
      #expect(intended.map(\.decision) == decisions)
      #expect(intended.allSatisfy { $0.status == .intended && $0.intendedAt != nil })
      try await store.settle(
        intended[0], as: ActionOutcome(status: .done, after: ["id": 5]), for: first, audit: Fixture.audit("action"))
      try await store.settle(
        intended[1], as: ActionOutcome(status: .failed, explanation: "no"), for: first, audit: Fixture.audit("action"))
      let second = try #require(try await store.claim(Fixture.claim(attempt: 2)).claimed)
      #expect(second.recorded.map(\.decision) == decisions)
      #expect(second.recorded.map(\.id) == intended.map(\.id))
      // What failed is intended again.
      #expect(second.recorded.map(\.status) == [.done, .intended, .intended, .intended, .intended])
      #expect(second.recorded[0].after == ["id": 5])
    }
  }

  @Test func longAndNulIdentitiesAreStored() async throws {
    try await withStore { store, _ async throws in
      let long = String(repeating: "é\0\u{1F600}", count: 4_000)
      #expect(try await store.claim(Fixture.claim(long + "a")).claimed != nil)
      #expect(try await store.claim(Fixture.claim(long + "a")).isDuplicate)
      #expect(try await store.claim(Fixture.claim(long + "b")).claimed != nil)
    }
  }
}

@Suite struct JournalTests {
  @Test func aOnceKeyIsTakenOnceByTenAtOnce() async throws {
    try await withMigratedDatabase { database in
      let statuses = try await withThrowingTaskGroup(of: [Action.Status].self) { group in
        for number in 0..<10 {
          group.addTask {
            let store = Store(databaseURL: database.url, auditKey: nil)
            guard let event = try await store.claim(Fixture.claim("issue:\(number)")).claimed else { return [] }
            let actions = try await store.intend(
              [Fixture.decision(.comment(body: "x"), once: "k"), Fixture.decision()], for: event, dryRun: false)
            await store.close()
            return actions.map(\.status)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.count == 10)
      #expect(statuses.count { $0[0] == .intended } == 1)
      #expect(statuses.count { $0[0] == .skipped } == 9)
      #expect(statuses.allSatisfy { $0[1] == .intended })
    }
  }

  @Test func aDryRunTakesNoKeyAndAFailedActionGivesItBack() async throws {
    try await withStore { store, database in
      let keyed = Fixture.decision(.comment(body: "x"), once: "k")
      let dry = try #require(try await store.claim(Fixture.claim("1", mode: .dryRun)).claimed)
      #expect(try await store.intend([keyed], for: dry, dryRun: true).map(\.status) == [.skipped])
      let first = try #require(try await store.claim(Fixture.claim("1")).claimed)
      let action = try await store.intend([keyed, keyed], for: first, dryRun: false)
      #expect(action.map(\.status) == [.intended, .skipped])
      try await store.settle(action[0], as: ActionOutcome(status: .failed), for: first, audit: Fixture.audit())
      try await store.finish(first, outcome: .failed, error: "x", audit: Fixture.audit())
      let second = try #require(try await store.claim(Fixture.claim("2")).claimed)
      let again = try await store.intend([keyed], for: second, dryRun: false)
      #expect(again.map(\.status) == [.intended])
      try await store.settle(again[0], as: ActionOutcome(status: .done), for: second, audit: Fixture.audit())
      // The first event's retry finds its key taken: the comment is not posted twice.
      let retry = try #require(try await store.claim(Fixture.claim("1", attempt: 2)).claimed)
      #expect(retry.recorded.map(\.status) == [.skipped, .skipped])
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.actions WHERE dry_run") == 1)
    }
  }

  @Test func settlingRenewsTheLease() async throws {
    try await withStore { store, database in
      let event = try #require(try await store.claim(Fixture.claim()).claimed)
      try await database.query("UPDATE yardmaster.events SET lease_expires_at = now() - interval '1 second'")
      let actions = try await store.intend([Fixture.decision()], for: event, dryRun: false)
      #expect(actions.count == 1)
      #expect(try await store.claim(Fixture.claim(runID: 200)).isDuplicate)
    }
  }
}
