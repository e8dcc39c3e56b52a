import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

@Suite struct ContinuationTests {
  private func page(_ number: Int) -> CapturedPage {
    var page = CapturedPage()
    page.pullRequests = [Fixture.pullRequest(number)]
    return page
  }

  @Test func aRunHasOneSuccessorAndAChainWithoutProgressEnds() async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 9), .range(first: 10, last: 19)])
      func work(_ next: Int, finished: Bool = false) async throws {
        let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
        try await store.commit(
          page(next), of: chunk, checkpoint: Checkpoint(next: next), finished: finished, cost: PageCost(items: 1),
          widths: [:], lease: 600)
        if !finished { try await store.release(chunk, hold: nil, error: nil) }
      }
      try await work(1)
      #expect(try await store.continueJob(job.id, runID: 100) == .dispatch(number: 1))
      // GitHub did not take the dispatch.
      #expect(try await store.continueJob(job.id, runID: 100) == .dispatch(number: 1))
      try await store.noteContinuation(of: job.id, runID: 100)
      #expect(try await store.continueJob(job.id, runID: 100) == .alreadyDispatched)
      // Run again, it works on; whom it dispatched before is at work no more, or is.
      try await work(1)
      let other = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      #expect(try await store.continueJob(job.id, runID: 100) == .alreadyDispatched)
      try await store.release(other, hold: nil, error: nil)
      #expect(try await store.continueJob(job.id, runID: 100) == .dispatch(number: 1))
      try await store.noteContinuation(of: job.id, runID: 100)
      #expect(try await store.continueJob(job.id, runID: 100) == .alreadyDispatched)
      // A note that comes late says nothing about another run.
      try await store.noteContinuation(of: job.id, runID: 99)
      try await work(2)
      #expect(try await store.continueJob(job.id, runID: 101) == .dispatch(number: 2))
      // One run without a page may be bad luck; a heartbeat is no page.
      let beating = try #require(try await store.claimChunk(of: job.id, runID: 102, lease: 600))
      try await store.commit(
        CapturedPage(), of: beating, checkpoint: beating.checkpoint, finished: false, cost: PageCost(), widths: [:],
        lease: 600)
      try await store.release(beating, hold: nil, error: nil)
      #expect(try await store.continueJob(job.id, runID: 102) == .dispatch(number: 3))
      #expect(try await store.continueJob(job.id, runID: 103) == .stuck(runs: 2))
      #expect(try await store.continueJob(job.id, runID: 103) == .stuck(runs: 2))
      // Somebody got it going again: for the run that was stuck, too.
      try await work(3)
      #expect(try await store.continueJob(job.id, runID: 103) == .dispatch(number: 4))
      #expect(try await store.continueJob(job.id, runID: 104) == .dispatch(number: 5))
      try await work(4, finished: true)
      try await work(5, finished: true)
      #expect(try await store.continueJob(job.id, runID: 105) == .notNeeded)
      #expect(
        try await database.value(
          "SELECT metadata->'continuation'->>'run_id' AS value FROM yardmaster.progressive_capture_jobs") == "104")
    }
  }

  @Test func twoRunsWithoutAPageAreEnoughFromTheBeginning() async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 9)])
      #expect(try await store.continueJob(job.id, runID: 100) == .dispatch(number: 1))
      #expect(try await store.continueJob(job.id, runID: 100) == .dispatch(number: 1))
      #expect(try await store.continueJob(job.id, runID: 101) == .stuck(runs: 2))
    }
  }

  @Test func aJobThatWaitsForQuotaIsLeftToTheSweep() async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: (1...3).map { .range(first: $0, last: $0) })
      let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      let moment = Timestamp("2999-01-01T00:00:00Z")!
      try await store.postpone(job: job.id, Hold(until: moment + 60))
      // One is still being worked on.
      #expect(try await store.continueJob(job.id, runID: 100) == .dispatch(number: 1))
      try await store.release(chunk, hold: Hold(until: moment), error: nil)
      #expect(try await store.continueJob(job.id, runID: 101) == .waits(until: moment))
      #expect(try await store.continueJob(job.id, runID: 102) == .waits(until: moment))
      try await database.query("UPDATE yardmaster.capture_chunks SET not_before = now() WHERE ordinal = 2")
      // Waiting was no failure.
      #expect(try await store.continueJob(job.id, runID: 103) == .dispatch(number: 2))
    }
  }

  /// The next run begins at about the end of a limit that ends soon, and waits for the rest itself. What is a moment away
  /// is no failure; and a chain in which nothing is stored ends all the same.
  @Test func aLimitThatEndsSoonBreaksNoChain() async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 9), .range(first: 10, last: 19)])
      func hold(_ interval: String) async throws {
        try await database.query(
          """
          UPDATE yardmaster.capture_chunks SET status = 'waiting', claim_token = NULL, lease_expires_at = NULL,
            not_before = now() + interval '\(interval)' + interval '1 minute' * (ordinal - 1)
          """)
      }
      func work(_ next: Int) async throws {
        try await database.query("UPDATE yardmaster.capture_chunks SET not_before = now()")
        let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
        try await store.commit(
          page(next), of: chunk, checkpoint: Checkpoint(next: next), finished: false, cost: PageCost(items: 1),
          widths: [:], lease: 600)
      }
      try await hold("1 minute")
      for run in 1...5 {
        #expect(try await store.continueJob(job.id, runID: Int64(run)) == .dispatch(number: run))
        // The job's re-run is no further wait.
        #expect(try await store.continueJob(job.id, runID: Int64(run)) == .dispatch(number: run))
      }
      guard case .waits = try await store.continueJob(job.id, runID: 6) else {
        Issue.record("a chain of waits went on without a page")
        return
      }
      // A page makes them forgotten.
      try await work(1)
      try await hold("9 minutes")
      #expect(try await store.continueJob(job.id, runID: 7) == .dispatch(number: 6))
      try await hold("11 minutes")
      guard case .waits = try await store.continueJob(job.id, runID: 8) else {
        Issue.record("a limit that lasts was not left to the sweep")
        return
      }
      // Neither kind of wait was a failure: two runs that are none have to follow.
      try await database.query("UPDATE yardmaster.capture_chunks SET not_before = NULL, status = 'pending'")
      #expect(try await store.continueJob(job.id, runID: 9) == .dispatch(number: 7))
      #expect(try await store.continueJob(job.id, runID: 10) == .stuck(runs: 2))
    }
  }

  @Test(arguments: ["completed", "failed", "cancelled"])
  func aClosedJobNeedsNoSuccessor(status: String) async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 1)])
      try await database.query("UPDATE yardmaster.progressive_capture_jobs SET status = '\(status)'")
      #expect(try await store.continueJob(job.id, runID: 100) == .notNeeded)
      let error = await #expect(throws: StoreError.self) { try await store.continueJob(.random(), runID: 1) }
      #expect(error?.cause == .unknownJob)
    }
  }

  @Test func ofManyAtOnceAllSpeakOfTheSameRun() async throws {
    try await withMigratedDatabase { database in
      let store = Store(databaseURL: database.url, auditKey: nil)
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 1)])
      let answers = try await withThrowingTaskGroup(of: Continuation.self) { group in
        for _ in 0..<8 {
          group.addTask {
            try await Store(databaseURL: database.url, auditKey: nil).continueJob(job.id, runID: 100)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.count { $0 == .dispatch(number: 1) } == 8)
    }
  }
}

@Suite struct OpenJobTests {
  @Test func kindsAndProcessorsAreJobsOfTheirOwn() async throws {
    try await withStore { store, database in
      let repository = try await store.repository(Fixture.repository, githubID: 1_296_269)
      func job(_ kind: Job.Kind, _ processor: Job.Processor) async throws -> Job {
        try await store.createJob(
          NewJob(
            id: nil, repositoryID: repository, scope: CaptureScope(window: .full), chunks: [.range(first: 1, last: 9)],
            walkedAsOf: nil, runID: 5, kind: kind, processor: processor, metadata: ["priority": "high"]))
      }
      let history = try await job(.history, .githubActions)
      let audit = try await job(.audit, .githubActions)
      let inngest = try await job(.history, .inngest)
      #expect(Set([history.id, audit.id, inngest.id]).count == 3)
      #expect(try await job(.audit, .githubActions) == audit)
      #expect(audit.kind == .audit && inngest.processor == .inngest)
      #expect(try await store.openJobs(of: repository).map(\.id) == [history, audit, inngest].map(\.id))
      #expect(
        try await database.value(
          "SELECT metadata->>'priority' AS value FROM yardmaster.progressive_capture_jobs LIMIT 1") == "high")
      // A row that nobody can read hinders nobody.
      try await database.query(
        """
        INSERT INTO yardmaster.progressive_capture_jobs (repository_id, scope) VALUES ($1::uuid, '{"window": "moon"}')
        """, [.text(repository.text)])
      // One whose limit makes no sense stands there until it is refused.
      let nonsense = JobID.random()
      try await database.query(
        """
        INSERT INTO yardmaster.progressive_capture_jobs (id, repository_id, metadata)
        VALUES ($1::uuid, $2::uuid, '{"max_items": "many"}')
        """, [.text(nonsense.text), .text(repository.text)])
      try await database.query(
        "UPDATE yardmaster.progressive_capture_jobs SET status = 'completed' WHERE id = '\(audit.id)'")
      #expect(try await store.openJobs(of: repository).map(\.id) == [history.id, inngest.id, nonsense])
      for job in [nonsense, history.id] { try await store.refuse(job, error: "no number") }
      #expect(try await store.openJobs(of: repository).map(\.id) == [history, inngest].map(\.id))
      let refused = try #require(try await store.progress(of: nonsense).first)
      #expect(refused.status == .failed && refused.error == "no number")
      #expect(try await store.progress(of: audit.id).first?.kind == .audit)
    }
  }

  @Test func progressTellsAllOfAChunk() async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(
        store, chunks: [.range(first: 1, last: 100), .reviewComments(since: nil, reconciles: true)])
      let chunk = try #require(try await store.claimChunk(of: job.id, runID: 77, lease: 600))
      var page = CapturedPage()
      page.pullRequests = [Fixture.pullRequest(1)]
      let checkpoint = Checkpoint(
        next: 40,
        pending: (30...34).map {
          PendingItem(number: $0, nodeID: "n", isPullRequest: true, lists: [PendingList(.files)])
        }, absent: [3, 4])
      try await store.commit(
        page, of: chunk, checkpoint: checkpoint, finished: false, cost: PageCost(points: 2, requests: 3, items: 1),
        widths: [:], lease: 600)
      // A heartbeat.
      try await store.commit(
        CapturedPage(), of: chunk, checkpoint: checkpoint, finished: false, cost: PageCost(), widths: [:], lease: 600)
      var shown = try #require(try await store.progress(of: job.id).first).chunks
      #expect(shown[0].numbersDone == 33 && shown[0].pages == 1 && shown[0].runID == 77)
      #expect(shown[0].points == 2 && shown[0].requests == 3 && shown[0].startedAt != nil)
      #expect(shown[0].completedAt == nil && shown[0].status == .leased)
      #expect(shown[1].numbersDone == nil && shown[1].runID == nil && shown[1].size == nil)
      try await store.release(chunk, hold: nil, error: "the reason")
      shown = try #require(try await store.progress(of: job.id).first).chunks
      #expect(shown[0].error == "the reason" && shown[0].status == .pending)
      let again = try #require(try await store.claimChunk(of: job.id, runID: 78, lease: 600, excluding: [chunk.id]))
      #expect(again.ordinal == 2)
      let first = try #require(try await store.claimChunk(of: job.id, runID: 79, lease: 600))
      try await store.commit(
        CapturedPage(), of: first, checkpoint: Checkpoint(next: 100), finished: true, cost: PageCost(), widths: [:],
        lease: 600)
      shown = try #require(try await store.progress(of: job.id).first).chunks
      #expect(shown[0].numbersDone == 100 && shown[0].completedAt != nil && shown[0].pages == 2)
    }
  }
}
