import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

@Suite struct ProofTests {
  /// Numbers 1 to 8: two pull requests, an issue, a discussion, one gone, and 6, 7, 8 unknown.
  private func capture(_ walk: inout Walk) async throws {
    try await walk.commit(at: "10:00:00") { page in
      page.numbers = [
        Fixture.number(1, .pullRequest), Fixture.number(2, .pullRequest), Fixture.number(3, .issue),
        Fixture.number(4, .discussion), Fixture.number(5, .gone),
      ]
      page.pullRequests = [Fixture.pullRequest(1), Fixture.pullRequest(2)]
      page.issues = [Fixture.issue(3)]
    }
    try await walk.commit(at: "10:00:01") { page in
      for number in [1, 2, 3] {
        page.labels.append(LabelsRecord(number: number, isPullRequest: number < 3, labels: ["a", "b"]))
        page.issueComments.append(Fixture.comment(Int64(number), on: number))
        page.lists += [
          Fixture.list(.labels, of: number, begun: "09:59:59", total: 2),
          Fixture.list(.comments, of: number, begun: "09:59:59", total: 1),
        ]
      }
      for number in [1, 2] {
        page.reviews.append(Fixture.review(Int64(number), on: number))
        page.files += [Fixture.file("a", of: number), Fixture.file("b", of: number)]
        page.links.append(Fixture.link(number, to: 3))
        page.lists += [
          Fixture.list(.reviews, of: number, begun: "09:59:59", total: 1),
          Fixture.list(.files, of: number, begun: "09:59:59", total: 2),
          Fixture.list(.closes, of: number, begun: "09:59:59", total: 1),
        ]
      }
      page.completed = [1, 2, 3]
    }
  }

  @Test func everyNumberIsAccountedForAndEveryListCounted() async throws {
    try await withStore { store, database in
      let repository = try await store.repository(Fixture.repository, githubID: 1_296_269)
      #expect(try await store.proof(of: repository) == CaptureProof())
      let moment = Fixture.time("09:00:00")
      let job = try await store.createJob(
        NewJob(
          id: nil, repositoryID: repository, scope: CaptureScope(window: .all), chunks: [.range(first: 1, last: 8)],
          walkedAsOf: moment, runID: 1, newest: 8))
      var walk = try await Walk(store, database)
      #expect(walk.job.id == job.id)
      #expect(try await store.proof(of: repository).unaccounted == 8)
      #expect(try await store.numbersToRepair(of: repository, newest: 8, limit: 3) == [1, 2, 3])
      try await capture(&walk)
      var proof = try await store.proof(of: repository)
      #expect(proof.newest == 8 && proof.unaccounted == 3)
      #expect(proof.pullRequests == 2 && proof.issues == 1 && proof.discussions == 1 && proof.gone == 1)
      #expect(proof.incomplete == 0 && proof.mismatched == 0 && proof.walkedAsOf == nil && !proof.isWhole)
      #expect(proof.oldestReading == Fixture.time("10:00:01"))
      #expect(try await store.numbersToRepair(of: repository, newest: 8, limit: 100) == [6, 7, 8])
      #expect(try await store.numbersUnaccounted(of: repository, newest: 7) == [6, 7])
      #expect(try await store.newestItem(of: repository) == 3)
      try await walk.commit(at: "10:00:30") { $0.deadLetters = [Fixture.letter(6)] }
      #expect(try await store.numbersUnaccounted(of: repository, newest: 8) == [7, 8])
      try await database.query("DELETE FROM yardmaster.dead_letters")
      try await walk.commit(at: "10:01:00", finished: true) { $0.numbers = (6...8).map { Fixture.number($0, .gone) } }
      proof = try await store.proof(of: repository)
      #expect(proof.isWhole && proof.walkedAsOf == moment && proof.auditedAsOf == moment)
      #expect(try await store.numbersToRepair(of: repository, newest: 8, limit: 100).isEmpty)
      // A delta moves the walk on, and proves nothing that only an audit can.
      _ = try await store.createJob(
        NewJob(
          id: nil, repositoryID: repository, scope: CaptureScope(window: .all), chunks: [], walkedAsOf: moment + 60,
          runID: 2, newest: 9))
      proof = try await store.proof(of: repository)
      #expect(proof.walkedAsOf == moment + 60 && proof.auditedAsOf == moment)
      #expect(proof.newest == 9 && proof.unaccounted == 1)
      #expect(try await store.numbersToRepair(of: repository, newest: 9, limit: 100) == [9])
    }
  }

  /// Only a walk over everything that lost nothing tells deletions.
  @Test(arguments: [(true, true, true), (true, false, false), (false, true, false)])
  func anAuditIsOneThatWouldMeetEverything(reconciles: Bool, isUnbroken: Bool, counts: Bool) async throws {
    try await withStore { store, database in
      let repository = try await store.repository(Fixture.repository, githubID: 1_296_269)
      let moment = Fixture.time("09:00:00")
      let job = try await store.createJob(
        NewJob(
          id: nil, repositoryID: repository, scope: CaptureScope(window: .all),
          chunks: [.reviewComments(since: nil, reconciles: reconciles), .range(first: 1, last: 1)],
          walkedAsOf: moment, runID: 1, newest: 1))
      while let chunk = try await store.claimChunk(of: job.id, runID: 1, lease: 60) {
        var page = CapturedPage()
        let isRange = chunk.scope == .range(first: 1, last: 1)
        if isRange { page.numbers = [Fixture.number(1, .gone)] }
        let checkpoint = Checkpoint(begun: isUnbroken && !isRange ? moment : nil)
        try await store.commit(
          page, of: chunk, checkpoint: checkpoint, finished: true, cost: PageCost(), widths: [:], lease: 60)
      }
      let proof = try await store.proof(of: repository)
      #expect(proof.walkedAsOf == moment && proof.auditedAsOf == (counts ? moment : nil))
      #expect(try await store.numbersGone(of: repository, among: [1, 2]) == [1])
      #expect(try await store.numbersGone(of: repository, among: []) == [])
    }
  }

  @Test(arguments: [
    "DELETE FROM yardmaster.issue_comments WHERE issue_number = 2",
    "UPDATE yardmaster.issue_comments SET deleted_at = now() WHERE issue_number = 2",
    "UPDATE yardmaster.reviews SET deleted_at = now() WHERE pull_number = 2",
    "DELETE FROM yardmaster.pull_request_files WHERE pull_number = 2 AND path = 'a'",
    "DELETE FROM yardmaster.links WHERE from_number = 2",
    "UPDATE yardmaster.pull_requests SET labels = '{}' WHERE number = 2",
    "DELETE FROM yardmaster.pull_requests WHERE number = 2",
    "UPDATE yardmaster.pull_requests SET deleted_at = now() WHERE number = 2",
    """
    INSERT INTO yardmaster.reviews (github_id, repository_id, pull_number, state, body)
    SELECT 99, repository_id, 2, 'APPROVED', '' FROM yardmaster.reviews WHERE pull_number = 2
    """,
    "UPDATE yardmaster.numbers SET proved_at = NULL WHERE number = 2",
    "UPDATE yardmaster.numbers SET observed_at = proved_at + interval '1 second' WHERE number = 2",
    "DELETE FROM yardmaster.numbers WHERE number = 2",
  ])
  func damageIsFoundAndRepaired(sql: String) async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      let repository = walk.chunk.repositoryID
      try await capture(&walk)
      try await database.query("UPDATE yardmaster.repositories SET newest_number = 5")
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 100).isEmpty)
      try await database.query(sql)
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 100) == [2])
      let proof = try await store.proof(of: repository)
      #expect(proof.unaccounted + proof.incomplete + proof.mismatched == 1)
      // The item is captured again, later.
      try await walk.commit(at: "12:00:00") { page in
        page.numbers = [Fixture.number(2, .pullRequest)]
        page.pullRequests = [Fixture.pullRequest(2)]
        page.labels = [LabelsRecord(number: 2, isPullRequest: true, labels: ["a", "b"])]
        page.issueComments = [Fixture.comment(2, on: 2)]
        page.reviews = [Fixture.review(2, on: 2)]
        page.files = [Fixture.file("a", of: 2), Fixture.file("b", of: 2)]
        page.links = [Fixture.link(2, to: 3)]
        page.lists = [
          (CapturedList.labels, 2), (.comments, 1), (.reviews, 1), (.files, 2), (.closes, 1),
        ].map { Fixture.list($0.0, of: 2, begun: "11:59:58", total: $0.1) }
        page.completed = [2]
      }
      // The clock of the test's pages lies before the marks that this test set.
      try await database.query("UPDATE yardmaster.issue_comments SET deleted_at = NULL")
      try await database.query("UPDATE yardmaster.reviews SET deleted_at = NULL WHERE github_id <> 99")
      try await database.query("UPDATE yardmaster.pull_requests SET deleted_at = NULL")
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 100).isEmpty)
    }
  }

  /// GitHub's count of items, held against those that are stored: of the last complete walk, and of its moment.
  @Test func itemsAreCountedAgainstGitHubs() async throws {
    try await withStore { store, database in
      let repository = try await store.repository(Fixture.repository, githubID: 1_296_269)
      func plan(_ chunks: [ChunkScope], newest: Int, items: Int?, at moment: String) async throws -> Job {
        try await store.createJob(
          NewJob(
            id: nil, repositoryID: repository, scope: CaptureScope(window: .all), chunks: chunks,
            walkedAsOf: items == nil ? nil : Fixture.time(moment), runID: 1, newest: newest, itemCount: items))
      }
      func difference() async throws -> [Int] {
        let proof = try await store.proof(of: repository)
        #expect(proof.isWhole == (proof.missing == 0 && proof.surplus == 0 && proof.walkedAsOf != nil))
        return [proof.missing, proof.surplus]
      }
      _ = try await plan([.range(first: 1, last: 5)], newest: 5, items: 3, at: "09:00:00")
      var walk = try await Walk(store, database)
      #expect(try await store.proof(of: repository).missing == 0, "not complete: nothing is proven yet")
      try await capture(&walk)
      try await walk.commit(finished: true) { _ in }
      #expect(try await difference() == [0, 0])

      // An event brings what is younger than the walk, and one item that was counted goes.
      let event = try await store.createJob(
        NewJob(
          id: nil, repositoryID: repository, scope: CaptureScope(window: .numbers([3, 6])),
          chunks: [.numbers([3, 6], reviewComments: true)], walkedAsOf: nil, runID: 2, newest: 6))
      let chunk = try #require(try await store.claimChunk(of: event.id, runID: 2, lease: 600))
      var page = CapturedPage()
      page.observedAt = Fixture.time("11:00:00")
      page.numbers = [Fixture.number(3, .gone), Fixture.number(6, .issue)]
      page.issues = [Fixture.issue(6)]
      page.completed = [6]
      try await store.commit(
        page, of: chunk, checkpoint: Checkpoint(next: 2), finished: true, cost: PageCost(), widths: [:], lease: 600)
      #expect(try await difference() == [0, 0])

      // Two of them GitHub counts, and three are stored: one was deleted, and nobody saw it.
      _ = try await plan([], newest: 6, items: 2, at: "12:00:00")
      #expect(try await difference() == [0, 1])
      // Five it counts: one stands at a number that was thought to be empty, one nobody knows where.
      _ = try await plan([], newest: 6, items: 5, at: "13:00:00")
      #expect(try await difference() == [2, 0])
      _ = try await plan([], newest: 6, items: 3, at: "14:00:00")
      #expect(try await difference() == [0, 0])
    }
  }

  /// A walk that pauses leaves to its next run what it has begun, and unproves nothing.
  @Test func whatAnOpenJobHasBegunStaysProvenAndIsNoRepair() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      let repository = walk.chunk.repositoryID
      try await capture(&walk)
      try await walk.commit(at: "10:02:00", finished: true) { $0.deadLetters = [Fixture.letter(3)] }
      try await database.query("UPDATE yardmaster.repositories SET newest_number = 5")
      try await database.query("UPDATE yardmaster.dead_letters SET attempts = 1")
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 9) == [3])
      try await database.query("UPDATE yardmaster.numbers SET repairs = 5 WHERE number = 2")

      let audit = try await Walk(store, database, scope: .range(first: 1, last: 5), window: .full)
      var page = CapturedPage()
      page.observedAt = Fixture.time("12:00:00")
      page.numbers = (1...3).map { Fixture.number($0, $0 < 3 ? .pullRequest : .issue) }
      page.issueComments = [Fixture.comment(77, on: 1)]
      let pending = (1...3).map {
        PendingItem(number: $0, nodeID: "N\($0)", isPullRequest: $0 < 3, lists: [PendingList(.labels)])
      }
      try await store.commit(
        page, of: audit.chunk, checkpoint: Checkpoint(next: 3, pending: pending), finished: false, cost: PageCost(),
        widths: [:], lease: 600)
      try await store.release(audit.chunk, hold: nil, error: nil)
      var proof = try await store.proof(of: repository)
      #expect(proof.incomplete == 0 && proof.mismatched == 0)
      #expect(proof.oldestReading == Fixture.time("10:00:01"))
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 9).isEmpty)
      #expect(
        try await database.value("SELECT repairs AS value FROM yardmaster.numbers WHERE number = 2") == 5,
        "not known to be mended")
      // What was never proven is not whole, and yet the audit's.
      try await database.query("UPDATE yardmaster.numbers SET proved_at = NULL WHERE number = 2")
      #expect(try await store.proof(of: repository).incomplete == 1)
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 9).isEmpty)
      // A job that is given up reads nothing any more.
      try await database.query("UPDATE yardmaster.progressive_capture_jobs SET status = 'cancelled'")
      proof = try await store.proof(of: repository)
      #expect(proof.incomplete == 3)
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 9).contains(1))
    }
  }

  /// What GitHub itself miscounts is asked for five times, then ever more seldom.
  @Test func whatCannotBeRepairedIsAskedForMoreSeldom() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      let repository = walk.chunk.repositoryID
      try await capture(&walk)
      try await database.query("UPDATE yardmaster.numbers SET files_total = 7 WHERE number = 1")
      for attempt in 1...5 {
        #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 100) == [1], "\(attempt)")
        let job = try await store.createJob(
          NewJob(
            id: nil, repositoryID: repository, scope: CaptureScope(window: .numbers([1])),
            chunks: [.numbers([1], reviewComments: true)], walkedAsOf: nil, runID: 1, kind: .repair))
        #expect(job.kind == .repair && job.scope.window == .numbers([1]))
        try await database.query(
          "UPDATE yardmaster.progressive_capture_jobs SET status = 'completed' WHERE id = '\(job.id)'")
      }
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 100).isEmpty)
      #expect(try await store.proof(of: repository).mismatched == 1)
      try await database.query("UPDATE yardmaster.numbers SET repaired_at = repaired_at - interval '25 hours'")
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 100) == [1])
      // Once it agrees, its next fault is as urgent as any.
      try await database.query("UPDATE yardmaster.numbers SET files_total = 2 WHERE number = 1")
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 100).isEmpty)
      #expect(try await database.value("SELECT sum(repairs) AS value FROM yardmaster.numbers") == 0)
    }
  }

  @Test func aDeadLetterEndsWhenItsNumberIsComplete() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      let repository = walk.chunk.repositoryID
      try await capture(&walk)
      func bury(_ number: Int, list: CapturedList? = nil) async throws {
        try await walk.commit { $0.deadLetters = [Fixture.letter(number, list: list)] }
      }
      try await bury(1)
      try await bury(1, list: .files)
      try await bury(2, list: .reviewComments)
      try await bury(9)
      // What failed elsewhere is none of a capture's business.
      try await database.query(
        "INSERT INTO yardmaster.dead_letters (kind, reference, error) VALUES ('event', 'octo/Hello-World#1', 'x')")
      #expect(try await store.proof(of: repository).deadLetters == 4)
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 100) == [1, 2, 9])
      // A rename changes nothing.
      _ = try await store.repository(RepositoryName("octo/renamed")!, githubID: 1_296_269)
      try await walk.commit(at: "12:00:00") { $0.completed = [1, 2] }
      // A walk by ranges does not read review comments, so those that are missing stay a dead letter.
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 100) == [2, 9])
      walk.chunk.scope = .numbers([2], reviewComments: true)
      try await walk.commit(at: "12:01:00") { $0.completed = [2] }
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 100) == [9])
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.dead_letters") == 2)
      for _ in 1...4 { try await bury(9) }
      #expect(try await store.numbersToRepair(of: repository, newest: 9, limit: 100) == [6, 7, 8])
    }
  }

  @Test(arguments: [NumberRecord.Kind.gone, .discussion])
  func aDeadLetterEndsWithItsItem(kind: NumberRecord.Kind) async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      let repository = walk.chunk.repositoryID
      try await capture(&walk)
      try await walk.commit { $0.deadLetters = [Fixture.letter(1), Fixture.letter(2, list: .files)] }
      #expect(try await store.proof(of: repository).deadLetters == 2)
      try await walk.commit(at: "12:00:00") { $0.numbers = [1, 2].map { Fixture.number($0, kind) } }
      #expect(try await store.proof(of: repository).deadLetters == 0)
      #expect(try await store.numbersToRepair(of: repository, newest: 5, limit: 100).isEmpty)
    }
  }

  /// What was lost of a list of the whole repository has no number: no repair finds it, a walk over everything does.
  @Test func aLossWithoutANumberEndsWithTheNextWalkOverEverything() async throws {
    try await withStore { store, database in
      var delta = try await Walk(
        store, database, scope: .reviewComments(since: Fixture.time("09:00:00"), reconciles: false))
      let repository = delta.chunk.repositoryID
      try await delta.commit { $0.deadLetters = [Fixture.letter(0, list: .reviewComments)] }
      #expect(try await store.proof(of: repository).deadLetters == 1)
      #expect(try await store.numbersToRepair(of: repository, newest: 0, limit: 10).isEmpty)
      // A delta begins behind what was lost.
      try await delta.commit(finished: true) { _ in }
      #expect(try await store.proof(of: repository).deadLetters == 1)
      // A walk that loses something itself proves nothing.
      var poisoned = try await Walk(store, database, scope: .range(first: 1, last: 1), window: .full)
      try await poisoned.commit { $0.deadLetters = [Fixture.letter(0, list: .reviewComments)] }
      try await poisoned.commit(finished: true) { $0.numbers = [Fixture.number(1, .gone)] }
      #expect(try await store.proof(of: repository).deadLetters == 1)
      var whole = try await Walk(store, database, scope: .range(first: 1, last: 1), window: .full)
      try await whole.commit { $0.numbers = [Fixture.number(1, .gone)] }
      #expect(try await store.proof(of: repository).deadLetters == 1)
      try await whole.commit(finished: true) { _ in }
      #expect(try await store.proof(of: repository).deadLetters == 0)
    }
  }

  @Test func widthsAreRemembered() async throws {
    try await withStore { store, database in
      let walk = try await Walk(store, database)
      #expect(try await store.widths(of: walk.chunk.repositoryID).isEmpty)
      for widths in [["items": 12, "lists": 3], ["items": 20], [:]] {
        try await store.commit(
          CapturedPage(), of: walk.chunk, checkpoint: Checkpoint(next: 1), finished: false, cost: PageCost(),
          widths: widths, lease: 600)
      }
      #expect(try await store.widths(of: walk.chunk.repositoryID) == ["items": 20, "lists": 3])
      let other = try await store.repository(RepositoryName("octo/other")!, githubID: 5)
      #expect(try await store.widths(of: other).isEmpty)
    }
  }
}
