import Domain
import Foundation
import Postgres
import Store
import Synchronization
import TestSupport
import Testing

@Suite struct RepositoryTests {
  private func name(_ text: String) -> RepositoryName { RepositoryName(text)! }

  @Test func itsIDFollowsARename() async throws {
    try await withStore { store, database in
      let first = try await store.repository(name("octo/old"), githubID: 1)
      #expect(try await store.repository(name("Octo/OLD"), githubID: nil) == first)
      #expect(try await store.repository(name("octo/new"), githubID: 1) == first)
      #expect(try await store.repository(name("octo/new"), githubID: nil) == first)
      // The old name is free for another repository.
      let second = try await store.repository(name("octo/old"), githubID: 2)
      #expect(second != first)
      // A repository that takes a name over pushes its earlier holder off it.
      #expect(try await store.repository(name("octo/new"), githubID: 2) == second)
      #expect(try await store.repository(name("octo/new"), githubID: nil) == second)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.repositories") == 2)
      // Names that are as long as GitHub allows.
      let long = String(repeating: "n", count: 100)
      #expect(try await store.repository(name("o/\(long)"), githubID: 3) != second)
      #expect(try await store.repository(name("o/\(long)"), githubID: 4) != second)
    }
  }

  @Test func anIDIsLearnedLater() async throws {
    try await withStore { store, database in
      let unknown = try await store.repository(name("octo/a"), githubID: nil)
      #expect(try await store.repository(name("octo/a"), githubID: 9) == unknown)
      #expect(try await database.value("SELECT github_id AS value FROM yardmaster.repositories") == 9)
    }
  }

  @Test func manyAtOnceMakeOneRow() async throws {
    try await withMigratedDatabase { database in
      let ids = try await withThrowingTaskGroup(of: RepositoryID.self) { group in
        for _ in 0..<10 {
          group.addTask {
            let store = Store(databaseURL: database.url, auditKey: nil)
            return try await store.repository(Fixture.repository, githubID: 5)
          }
        }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(ids.count == 1)
    }
  }
}

@Suite struct ChunkTests {
  @Test func eightWorkersNeverOverlapAndTheLastCompletesTheJob() async throws {
    try await withMigratedDatabase { database in
      let store = Store(databaseURL: database.url, auditKey: nil)
      let job = try await Fixture.job(store, chunks: (0..<40).map { .range(first: $0 * 10 + 1, last: $0 * 10 + 10) })
      let held = Held()
      let done = try await withThrowingTaskGroup(of: [Int].self) { group in
        for worker in 0..<8 {
          group.addTask {
            let store = Store(databaseURL: database.url, auditKey: nil)
            var ordinals: [Int] = []
            while let chunk = try await store.claimChunk(of: job.id, runID: Int64(worker), lease: 600) {
              #expect(held.insert(chunk.id))
              var page = CapturedPage()
              page.pullRequests = [Fixture.pullRequest(chunk.ordinal)]
              // Shared rows in every transaction: they must not deadlock.
              page.contributors = Set(
                (0..<20).map { (id: Int64) in ContributorRecord(login: "u\(id)", githubID: id, accountType: "User") })
              try await store.commit(
                page, of: chunk, checkpoint: Checkpoint(next: 10), finished: true,
                cost: PageCost(points: 1, requests: 2, items: 1), widths: [:], lease: 600)
              ordinals.append(chunk.ordinal)
            }
            await store.close()
            return ordinals
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(done.sorted() == Array(1...40))
      let progress = try #require(try await store.progress(of: job.id).first)
      #expect(progress.isComplete && progress.completedAt != nil && progress.remainingChunks == 0)
      #expect(progress.items == 40 && progress.points == 40 && progress.requests == 80)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.contributors") == 20)
    }
  }

  @Test func aKilledWorkersChunkIsTakenOverAtItsCheckpoint() async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 100)])
      let dead = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      #expect(dead.checkpoint == Checkpoint())
      #expect(try await store.job(job.id)?.status == .running)
      let pending = PendingItem(
        number: 7, nodeID: "PR_x", isPullRequest: true,
        lists: [PendingList(.files, after: "c\u{0}ursor", page: 3), PendingList(.labels)])
      let checkpoint = Checkpoint(next: 30, pending: [pending], since: Timestamp("2026-01-01T00:00:00Z"), page: 2)
      try await store.commit(
        CapturedPage(), of: dead, checkpoint: checkpoint, finished: false, cost: PageCost(items: 30), widths: [:],
        lease: 600)
      #expect(try await store.claimChunk(of: job.id, runID: 2, lease: 600) == nil)
      try await database.query("UPDATE yardmaster.capture_chunks SET lease_expires_at = now() - interval '1 second'")
      let heir = try #require(try await store.claimChunk(of: job.id, runID: 2, lease: 600))
      #expect(heir.id == dead.id && heir.fence > dead.fence && heir.itemsDone == 30)
      #expect(heir.checkpoint == checkpoint)
      var page = CapturedPage()
      page.pullRequests = [Fixture.pullRequest(31)]
      await #expect(throws: LeaseLost.self) {
        try await store.commit(
          page, of: dead, checkpoint: Checkpoint(next: 31), finished: true, cost: PageCost(items: 1), widths: [:],
          lease: 600)
      }
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.pull_requests") == 0)
      #expect(try await store.progress(of: job.id).first?.chunks[0].attempts == 2)
      try await store.release(dead, hold: nil, error: "late")
      #expect(try await store.claimChunk(of: job.id, runID: 3, lease: 600) == nil)
    }
  }

  @Test func releasedChunksWaitAndCostNoAttempt() async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 100)])
      let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      try await store.release(chunk, hold: nil, error: nil)
      #expect(try await store.job(job.id)?.status == .waiting)
      #expect(try await store.progress(of: job.id).first?.chunks[0].attempts == 0)
      let again = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      #expect(try await store.job(job.id)?.status == .running)
      try await store.release(
        again, hold: Timestamp("2999-01-01T00:00:00Z").map { Hold(until: $0) }, error: "rate limited")
      #expect(try await store.claimChunk(of: job.id, runID: 1, lease: 600) == nil)
      let progress = try #require(try await store.progress(of: job.id).first)
      #expect(progress.chunks[0].status == .waiting && progress.chunks[0].attempts == 1)
      try await database.query("UPDATE yardmaster.capture_chunks SET not_before = now()")
      #expect(try await store.claimChunk(of: job.id, runID: 1, lease: 600) != nil)
      try await database.query("UPDATE yardmaster.progressive_capture_jobs SET status = 'cancelled'")
      try await database.query("UPDATE yardmaster.capture_chunks SET lease_expires_at = now() - interval '1 second'")
      #expect(try await store.claimChunk(of: job.id, runID: 1, lease: 600) == nil)
    }
  }

  @Test func whatFailedComesLastAndMayBeLeftOut() async throws {
    try await withStore { store, _ in
      let job = try await Fixture.job(store, chunks: (1...3).map { .range(first: $0, last: $0) })
      let poison = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      #expect(poison.ordinal == 1)
      try await store.release(poison, hold: nil, error: "no")
      var order: [Int] = []
      while let chunk = try await store.claimChunk(of: job.id, runID: 1, lease: 600, excluding: [poison.id]) {
        order.append(chunk.ordinal)
      }
      #expect(order == [2, 3])
      #expect(try await store.claimChunk(of: job.id, runID: 1, lease: 600)?.ordinal == 1)
    }
  }

  @Test(arguments: ["cancelled", "failed", "completed"])
  func aClosedJobHandsOutNothingAndTakesThePageInFlight(status: String) async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: (1...2).map { .range(first: $0, last: $0) })
      let held = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      try await database.query("UPDATE yardmaster.progressive_capture_jobs SET status = '\(status)'")
      #expect(try await store.claimChunk(of: job.id, runID: 1, lease: 600) == nil)
      try await store.commit(
        CapturedPage(), of: held, checkpoint: Checkpoint(next: 1), finished: true, cost: PageCost(), widths: [:],
        lease: 600)
      #expect(try await store.job(job.id)?.status.rawValue == status)
    }
  }
}

private final class Held: Sendable {
  private let ids = Mutex<Set<ChunkID>>([])
  func insert(_ id: ChunkID) -> Bool { ids.withLock { $0.insert(id).inserted } }
}

@Suite struct CommitTests {
  private static let hostile =
    "\u{202E}'; DROP TABLE x; --\u{1F600}\u{0}\\u0000 \\\\ \" \r\n\t\u{8}\u{C}\u{1F}\u{7F}\u{2028}\u{FEFF}e\u{301}"

  private static func page() -> CapturedPage {
    var page = CapturedPage()
    page.pullRequests = [Fixture.pullRequest(1, title: hostile)]
    page.labels = [
      LabelsRecord(number: 1, isPullRequest: true, labels: [hostile, "", "NULL", "{a,b}", "\"q\""])
    ]
    page.pullRequests += [Fixture.pullRequest(2), Fixture.pullRequest(2, title: "last")]
    page.issues = [
      IssueRecord(
        number: 3, githubID: 9_007_199_254_740_993, title: hostile, body: hostile, state: "closed",
        stateReason: "not_planned", authorLogin: nil, createdAt: "2026-01-01T00:00:00Z",
        updatedAt: "2026-01-01T00:00:00Z", closedAt: "2026-01-03T00:00:00Z")
    ]
    page.reviews = [
      ReviewRecord(githubID: 1, pullNumber: 1, authorLogin: "a", state: "APPROVED", body: hostile, submittedAt: nil)
    ]
    page.reviewComments = [
      ReviewCommentRecord(
        githubID: 1, pullNumber: 1, reviewID: nil, authorLogin: "a", path: hostile, body: hostile,
        createdAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z")
    ]
    page.issueComments = [Fixture.comment(1, on: 3, body: hostile)]
    page.files = [
      FileRecord(pullNumber: 1, path: hostile, additions: 1, deletions: 0, changeType: "added"),
      // Equal to Swift, not to PostgreSQL.
      FileRecord(pullNumber: 1, path: "caf\u{E9}", additions: 1, deletions: 0, changeType: "added"),
      FileRecord(pullNumber: 1, path: "cafe\u{301}", additions: 1, deletions: 0, changeType: "added"),
      FileRecord(
        pullNumber: 1, path: (0..<1_300).map { "\($0)" }.joined(separator: "/"), additions: 1, deletions: 0,
        changeType: "added"),
    ]
    page.contributors = [
      ContributorRecord(login: "a", githubID: nil, accountType: "User"),
      ContributorRecord(login: "a", githubID: 5, accountType: "Bot"),
    ]
    return page
  }

  private static let tables = [
    "pull_requests", "issues", "reviews", "review_comments", "issue_comments", "pull_request_files", "contributors",
  ]

  @Test func textComesBackByteForByteAndASecondCommitWritesNothing() async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 100)])
      let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      func commit(_ next: Int) async throws {
        try await store.commit(
          Self.page(), of: chunk, checkpoint: Checkpoint(next: next), finished: false, cost: PageCost(), widths: [:],
          lease: 600)
      }
      try await commit(1)
      let kept = Self.hostile.replacingOccurrences(of: "\u{0}", with: "\u{FFFD}")
      for (column, table) in [
        ("title", "pull_requests WHERE number = 1"), ("labels[1]", "pull_requests WHERE number = 1"),
        ("title", "issues"),
        ("body", "issues"), ("body", "reviews"), ("body", "review_comments"), ("path", "review_comments"),
        ("body", "issue_comments"), ("path", "pull_request_files ORDER BY path = 'x', length(path) DESC OFFSET 1"),
      ] {
        let text: String = try await database.value("SELECT \(column) AS value FROM yardmaster.\(table) LIMIT 1")
        #expect(Array(text.utf8) == Array(kept.utf8), "\(table)")
      }
      #expect(
        try await database.value("SELECT to_json(labels[2:]) AS value FROM yardmaster.pull_requests WHERE number = 1")
          == #"["","NULL","{a,b}","\"q\""]"#)
      #expect(
        try await database.value("SELECT title AS value FROM yardmaster.pull_requests WHERE number = 2") == "last")
      #expect(try await database.value("SELECT github_id AS value FROM yardmaster.issues") == 9_007_199_254_740_993)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.pull_request_files") == 4)
      #expect(
        try await database.value("SELECT account_type || github_id AS value FROM yardmaster.contributors") == "Bot5")
      #expect(await store.replacedNULs() > 0)

      // xmin is the transaction that wrote a row's version.
      let versions = Self.tables.map { "SELECT '\($0)' || ctid || xmin AS v FROM yardmaster.\($0)" }
        .joined(separator: " UNION ALL ")
      let sql = "SELECT string_agg(v, ',' ORDER BY v) AS value FROM (\(versions)) AS t"
      let before: String = try await database.value(sql)
      try await commit(2)
      // A locked row keeps its xmin; a written one does not.
      #expect(try await database.value(sql) == before)
      // A change of one field is written, and a row that was gone is there again.
      try await database.query("UPDATE yardmaster.issue_comments SET deleted_at = now()")
      try await database.query("UPDATE yardmaster.pull_requests SET labels = '{}' WHERE number = 1")
      try await commit(3)
      #expect(try await database.value("SELECT deleted_at IS NULL AS value FROM yardmaster.issue_comments") == true)
      #expect(
        try await database.value("SELECT cardinality(labels) AS value FROM yardmaster.pull_requests WHERE number = 1")
          == 5)
    }
  }

  @Test func aPageIsStoredWholeOrNotAtAll() async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 100)])
      let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      var page = Self.page()
      page.issueComments.append(
        IssueCommentRecord(
          githubID: 2, issueNumber: 1, authorLogin: nil, body: "", createdAt: "no time", updatedAt: "no time"))
      let error = await #expect(throws: StoreError.self) {
        try await store.commit(
          page, of: chunk, checkpoint: Checkpoint(next: 9), finished: true, cost: PageCost(items: 9), widths: [:],
          lease: 600)
      }
      #expect(error?.exitStatus == .failed)
      #expect(error?.description.contains("no time") == false)
      for table in Self.tables {
        #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.\(table)") == 0)
      }
      #expect(
        try await database.value("SELECT cursor IS NULL AND items_done = 0 AS value FROM yardmaster.capture_chunks")
          == true)
    }
  }

  /// The store's share of a capture: 4,000 rows a second end to end leave it no more than a fifth of the time.
  @Test func itIsFastEnough() async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 100_000)])
      let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      let body = String(repeating: "Lorem ipsum \"dolor\" sit amet\n", count: 20)
      var rows = 0
      let duration = try await ContinuousClock().measure {
        for page in 0..<10 {
          var captured = CapturedPage()
          for number in page * 50..<page * 50 + 50 {
            captured.pullRequests.append(Fixture.pullRequest(number, title: body))
            captured.issueComments += (0..<20).map { Fixture.comment(Int64(number * 100 + $0), on: number, body: body) }
          }
          rows += captured.rowCount
          try await store.commit(
            captured, of: chunk, checkpoint: Checkpoint(next: page), finished: false, cost: PageCost(), widths: [:],
            lease: 600)
        }
      }
      print("store: \(Int(Double(rows) / (duration / .seconds(1)))) rows/s")
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.issue_comments") == 10_000)
    }
  }

  @Test func deadLettersCountTheirAttempts() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      func letter(_ reference: String, _ error: String, _ payload: JSONValue) -> DeadLetter {
        DeadLetter(kind: "item", reference: reference, number: 1, error: error, payload: payload)
      }
      try await walk.commit { $0.deadLetters = [letter("octo/x#1", "first", ["n": 1])] }
      try await walk.commit { page in
        page.deadLetters = [
          letter("octo/x#1", "one of two", .null), letter("octo/x#1", "second\u{0}", ["n": "\u{0}"]),
          letter(String(repeating: "é", count: 9_000), "x", .null),
        ]
      }
      let row = try await database.query("SELECT * FROM yardmaster.dead_letters WHERE reference = 'octo/x#1'")[0]
      #expect(try row.decode("attempts") == 2)
      #expect(try row.decode("error") == "second\u{FFFD}")
    }
  }
}
