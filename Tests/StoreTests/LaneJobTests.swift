import Domain
import Postgres
import Store
import TestSupport
import Testing

private func lane(
  _ store: Store, id: JobID? = nil, _ processor: Job.Processor = .event, window: CaptureScope.Window = .numbers([7]),
  limit: Int? = nil
) async throws -> (job: Job, isInHand: Bool) {
  let facts = try await store.laneFacts(of: Fixture.repository, githubID: 1_296_269)
  return try await store.enqueue(
    LaneJob(
      id: id, repositoryID: facts.repositoryID, scope: CaptureScope(window: window), processor: processor, runID: 9,
      limit: limit, metadata: ["trigger": "person"]))
}

private func row(_ database: TestDatabase, _ job: JobID, _ expression: String) async throws -> String {
  try await database.query(
    "SELECT (\(expression))::text AS value FROM yardmaster.progressive_capture_jobs WHERE id = '\(job)'")[0]
    .decodeIfPresent("value") ?? "NULL"
}

/// Moves the moment at which another lane may take the job over into the past.
private func letTimePass(_ database: TestDatabase) async throws {
  try await database.query(
    "UPDATE yardmaster.progressive_capture_jobs SET lane_deadline = now() - interval '1 second' WHERE lane_deadline IS NOT NULL"
  )
}

@Suite struct LaneJobTests {
  @Test func theRepositoryIsKnownAfterwards() async throws {
    try await withStore { store, database in
      let facts = try await store.laneFacts(of: Fixture.repository, githubID: 1_296_269)
      #expect(facts.githubID == 1_296_269 && facts.newest == nil)
      try await database.query("UPDATE yardmaster.repositories SET newest_number = 41")
      let again = try await store.laneFacts(of: Fixture.repository, githubID: nil)
      #expect(again.repositoryID == facts.repositoryID && again.githubID == 1_296_269 && again.newest == 41)
    }
  }

  @Test func aRowThatWasEnteredGetsTheChunksOfTheSamePlan() async throws {
    try await withStore { store, database in
      let scope = CaptureScope(window: .daysBack(30))
      let entered = try await lane(store, .githubActions, window: scope.window).job
      let planned = try await Fixture.job(store, chunks: [.range(first: 1, last: 9)], scope: scope)
      #expect(planned.id == entered.id && planned.status == .pending)
      #expect(try await store.progress(of: entered.id).first?.chunks.count == 1)
      #expect(try await Fixture.job(store, chunks: [.range(first: 1, last: 99)], scope: scope).id == entered.id)
      #expect(try await store.progress(of: entered.id).first?.chunks.map(\.size) == [9])
    }
  }

  @Test func anEventHasOneRowAndTwoEventsHaveTwo() async throws {
    try await withStore { store, database in
      let (first, second) = (JobID.random(), JobID.random())
      let job = try await lane(store, id: first).job
      #expect(job.id == first && job.status == .pending && job.processor == .event && job.kind == .history)
      #expect(try await lane(store, id: first).job.id == first)
      #expect(try await lane(store, id: second).job.id == second)
      #expect(try await row(database, first, "metadata->>'trigger'") == "person")
      #expect(try await row(database, first, "lane_deadline") == "NULL")
      let chunks = try #require(try await store.progress(of: first).first).chunks
      #expect(chunks.map(\.scope) == ["number 7"])
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.capture_chunks") == 2)
      // A completed one is found too, and stays so.
      try await database.query(
        "UPDATE yardmaster.progressive_capture_jobs SET status = 'completed' WHERE id = '\(first)'")
      #expect(try await lane(store, id: first).job.status == .completed)
      #expect(try await !store.move(first, LaneMove(to: .inngest, status: .running)))
      #expect(try await row(database, first, "processor_type || status") == "eventcompleted")
    }
  }

  @Test func requestsForOneScopeAtOnceMakeOneRow() async throws {
    try await withMigratedDatabase { database in
      let ids = try await withThrowingTaskGroup(of: JobID.self) { group in
        for _ in 0..<8 {
          group.addTask {
            try await lane(Store(databaseURL: database.url, auditKey: nil), .githubActions, window: .all).job.id
          }
        }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(ids.count == 1)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.capture_chunks") == 0)
    }
  }

  @Test func whatWasHandedOverIsInHandForAWhile() async throws {
    try await withStore { store, database in
      let bulk = try await lane(store, .githubActions, window: .all)
      #expect(!bulk.isInHand)
      try await store.move(bulk.job.id, LaneMove(to: .githubActions, isHandedOver: true))
      #expect(try await lane(store, .githubActions, window: .all).isInHand)
      #expect(try await row(database, bulk.job.id, "status") == "pending")
      try await database.query(
        "UPDATE yardmaster.progressive_capture_jobs SET handed_over_at = now() - interval '1 hour'")
      #expect(try await !lane(store, .githubActions, window: .all).isInHand)
      // What runs and has no chunks yet.
      try await store.move(bulk.job.id, LaneMove(to: .githubActions, status: .running))
      #expect(try await lane(store, .githubActions, window: .all).isInHand)
      try await database.query("UPDATE yardmaster.progressive_capture_jobs SET started_at = now() - interval '1 hour'")
      #expect(try await !lane(store, .githubActions, window: .all).isInHand)
      // What somebody works on, till his lease ends.
      let planned = try await Fixture.job(store, chunks: [.range(first: 1, last: 9)])
      #expect(planned.id == bulk.job.id)
      #expect(try await store.claimChunk(of: planned.id, runID: 1, lease: 60) != nil)
      #expect(try await lane(store, .githubActions, window: .all).isInHand)
      try await database.query("UPDATE yardmaster.capture_chunks SET lease_expires_at = now() - interval '1 second'")
      #expect(try await row(database, bulk.job.id, "status") == "running")
      #expect(try await !lane(store, .githubActions, window: .all).isInHand)

      let id = JobID.random()
      let sent = try await lane(store, id: id, .inngest, limit: 60)
      #expect(!sent.isInHand)
      #expect(
        try await row(database, id, "metadata->>'lane_deadline' ~ '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$'")
          == "true")
      try await store.move(id, LaneMove(to: .inngest, status: .running, isHandedOver: true, limit: 60))
      #expect(try await lane(store, id: id, .inngest, limit: 60).isInHand)
      #expect(
        try await row(database, id, "started_at IS NOT NULL AND lane_deadline > now() + interval '50 seconds'")
          == "true")
      try await letTimePass(database)
      #expect(try await !lane(store, id: id, .inngest, limit: 60).isInHand)
    }
  }

  @Test(arguments: [Job.Status.pending, .running, .waiting, .failed])
  func inngestHasItsTime(status: Job.Status) async throws {
    try await withStore { store, database in
      let id = JobID.random()
      let job = try await lane(store, id: id, .inngest, limit: 900).job
      try await store.move(id, LaneMove(to: .inngest, status: .running, isHandedOver: true, limit: 900))
      if status != .failed { #expect(try await store.expireInngestJobs(of: nil).isEmpty) }
      try await letTimePass(database)
      try await database.query(
        """
        UPDATE yardmaster.progressive_capture_jobs SET status = '\(status.rawValue)', error = 'no luck',
          metadata = '{"consumer": 1}'
        """)
      let expired = try await store.expireInngestJobs(of: job.repositoryID)
      #expect(expired.map(\.id) == [id])
      #expect(expired.first?.status == .pending && expired.first?.processor == .githubActions)
      #expect(try await row(database, id, "metadata->'priority'") == "true")
      #expect(try await row(database, id, "metadata->'consumer'") == "1")
      #expect(
        try await row(database, id, "metadata->'fallback'->>'reason'") == (status == .failed ? "failed" : "time limit"))
      #expect(try await row(database, id, "metadata->'fallback'->>'error'") == "no luck")
      #expect(try await store.expireInngestJobs(of: nil).isEmpty)
      // It can be worked on now, as one chunk.
      let chunk = try #require(try await store.claimChunk(of: id, runID: 1, lease: 60))
      #expect(chunk.scope == .numbers([7], reviewComments: true))
      #expect(try await store.claimChunk(of: id, runID: 1, lease: 60) == nil)
    }
  }

  @Test func onlyWhatWasHandedOverHereExpires() async throws {
    try await withStore { store, database in
      let completed = try await lane(store, id: .random(), .inngest, limit: 900).job
      try await database.query("UPDATE yardmaster.progressive_capture_jobs SET status = 'completed'")
      // A queue manager's own, which names no moment.
      try await database.query(
        "INSERT INTO yardmaster.progressive_capture_jobs (processor_type, status, created_at) VALUES ('inngest', 'running', now() - interval '1 day')"
      )
      let other = try await store.repository(RepositoryName("octo/other")!, githubID: 5)
      let open = try await lane(store, id: .random(), .inngest, limit: 900).job
      try await letTimePass(database)
      #expect(try await store.expireInngestJobs(of: other).isEmpty)
      #expect(try await store.expireInngestJobs(of: nil).map(\.id) == [open.id])
      #expect(try await row(database, completed.id, "status || processor_type") == "completedinngest")
    }
  }

  @Test func sweepsAtOnceExpireAJobOnce() async throws {
    try await withStore { store, database in
      for _ in 0..<5 { _ = try await lane(store, id: .random(), .inngest, limit: 900) }
      try await letTimePass(database)
      let taken = try await withThrowingTaskGroup(of: [JobID].self) { group in
        for _ in 0..<4 {
          group.addTask {
            try await Store(databaseURL: database.url, auditKey: nil).expireInngestJobs(of: nil).map(\.id)
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(taken.count == 5 && Set(taken).count == 5)
    }
  }
}
