import Domain
import Postgres
import Store
import TestSupport
import Testing

@Suite struct JobTests {
  @Test func anOpenJobForTheSameScopeIsFoundAgain() async throws {
    try await withStore { store, database in
      let chunks: [ChunkScope] = [
        .range(first: 1, last: 10), .numbers([11, 13], reviewComments: true),
        .reviewComments(since: nil, reconciles: true),
      ]
      let job = try await Fixture.job(store, chunks: chunks)
      #expect(job.status == .pending)
      #expect(job.repository == Fixture.repository)
      #expect(try await Fixture.job(store, chunks: [.range(first: 1, last: 99)]).id == job.id)
      let other = try await Fixture.job(
        store, chunks: chunks, scope: CaptureScope(window: .daysBack(30), maxItems: 5))
      #expect(other.id != job.id)
      #expect(try await store.job(other.id)?.scope == CaptureScope(window: .daysBack(30), maxItems: 5))
      #expect(
        try await database.value(
          "SELECT time_range_days AS value FROM yardmaster.progressive_capture_jobs WHERE id = '\(other.id)'") == 30)
      let progress = try #require(try await store.progress(of: job.id).first)
      #expect(progress.chunks.map(\.scope) == chunks.map(\.summary))
      #expect(progress.chunks.map(\.size) == [10, 2, nil])
      #expect(try await store.progress(of: nil).count == 2)
      #expect(try await store.job(.random()) == nil)
    }
  }

  /// What the last days or the newest items are, an hour later is something else.
  @Test(arguments: [
    (CaptureScope(window: .daysBack(1)), true), (CaptureScope(window: .all, maxItems: 2), true),
    (CaptureScope(window: .since(Fixture.time("10:00:00"))), false), (CaptureScope(window: .full), false),
  ])
  func anOldJobIsNoAnswerToARelativeRequest(scope: CaptureScope, isNew: Bool) async throws {
    try await withStore { store, database in
      let chunks: [ChunkScope] = [.numbers([1, 2], reviewComments: true)]
      let job = try await Fixture.job(store, chunks: chunks, scope: scope)
      #expect(try await Fixture.job(store, chunks: chunks, scope: scope).id == job.id)
      try await database.query(
        "UPDATE yardmaster.progressive_capture_jobs SET created_at = created_at - interval '2 hours'")
      let next = try await Fixture.job(store, chunks: [.numbers([3], reviewComments: true)], scope: scope)
      #expect((next.id != job.id) == isNew)
      #expect(try await store.job(job.id)?.status.isOpen == true)
    }
  }

  @Test func plansAtOnceMakeOneJob() async throws {
    try await withMigratedDatabase { database in
      let ids = try await withThrowingTaskGroup(of: JobID.self) { group in
        for _ in 0..<8 {
          group.addTask {
            try await Fixture.job(Store(databaseURL: database.url, auditKey: nil), chunks: [.range(first: 1, last: 5)])
              .id
          }
        }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(ids.count == 1)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.capture_chunks") == 1)
    }
  }

  @Test func aQueueManagersRowIsAdopted() async throws {
    try await withStore { store, database in
      let repository = try await store.repository(Fixture.repository, githubID: nil)
      let id = JobID.random()
      try await database.query(
        """
        INSERT INTO yardmaster.progressive_capture_jobs (id, job_type, repository_id, processor_type, time_range_days,
          metadata) VALUES ($1::uuid, 'progressive', $2::uuid, 'github_actions', 14, '{"max_items": 50}')
        """, [.text(id.text), .text(repository.text)])
      let waiting = try #require(try await store.job(id))
      #expect(waiting.status == .pending)
      #expect(waiting.scope == CaptureScope(window: .daysBack(14), maxItems: 50))
      let new = NewJob(
        id: id, repositoryID: repository, scope: waiting.scope, chunks: [.range(first: 1, last: 9)], walkedAsOf: nil,
        runID: 5)
      #expect(try await store.createJob(new).id == id)
      #expect(try await store.createJob(new).id == id)
      #expect(try await store.progress(of: id).first?.chunks.count == 1)
      let unknown = await #expect(throws: StoreError.self) {
        var new = new
        new.id = .random()
        _ = try await store.createJob(new)
      }
      #expect(unknown?.cause == .unknownJob)
      #expect(unknown?.exitStatus == .usage)
      let wrong = await #expect(throws: StoreError.self) {
        var new = new
        new.repositoryID = try await store.repository(RepositoryName("a/b")!, githubID: 77)
        _ = try await store.createJob(new)
      }
      #expect(wrong?.cause == .wrongRepository)
    }
  }

  @Test(arguments: ["'0f8fad5b-d9cb-469f-a165-70867728950e'", "NULL"])
  func aQueueManagersRowMayComeBeforeItsRepository(repositoryID: String) async throws {
    try await withStore { store, database in
      _ = try await store.migrate()
      let id = JobID.random()
      try await database.query(
        "INSERT INTO yardmaster.progressive_capture_jobs (id, repository_id) VALUES ($1::uuid, \(repositoryID))",
        [.text(id.text)])
      await #expect(throws: StoreError.self) { _ = try await store.job(id) }
      let shown = try #require(try await store.progress(of: id).first)
      #expect(shown.id == id && shown.repository == nil && shown.status == .pending)
      #expect(try await store.job(id, assuming: Fixture.repository)?.repository == Fixture.repository)
      let repository = try await store.repository(Fixture.repository, githubID: 1)
      let job = try await store.createJob(
        NewJob(
          id: id, repositoryID: repository, scope: CaptureScope(window: .all), chunks: [.range(first: 1, last: 9)],
          walkedAsOf: nil, runID: 5))
      #expect(job.id == id && job.repositoryID == repository)
    }
  }

  @Test(
    arguments: [
      (#"{"max_items": "5"}"#, 5), (#"{"max_items": 7}"#, 7), (#"{"max_items": null}"#, nil), ("{}", nil),
      (#"{"max_items": 0}"#, nil), (#"{"max_items": -3}"#, -1), (#"{"max_items": "0"}"#, nil),
      (#"{"max_items": "five"}"#, -1), (#"{"max_items": ""}"#, -1), (#"{"max_items": 1.5}"#, -1),
      (#"{"max_items": [5]}"#, -1), (#"{"max_items": "99999999999999999999"}"#, -1), (#"{"max_items": true}"#, -1),
    ] as [(String, Int?)])
  func aQueueManagersLimitIsAWholeNumber(metadata: String, expected: Int?) async throws {
    try await withStore { store, database in
      let id = JobID.random()
      try await database.query(
        "INSERT INTO yardmaster.progressive_capture_jobs (id, metadata) VALUES ($1::uuid, $2::jsonb)",
        [.text(id.text), .text(metadata)])
      if expected == -1 {
        let error = await #expect(throws: StoreError.self) {
          _ = try await store.job(id, assuming: Fixture.repository)
        }
        #expect(error?.exitStatus == .usage)
        #expect(error?.problem.contains("max_items") == true)
      } else {
        #expect(try await store.job(id, assuming: Fixture.repository)?.scope.maxItems == expected)
      }
    }
  }

  @Test func nothingToDoIsDoneAndMovesTheBaseline() async throws {
    try await withStore { store, _ in
      let repository = try await store.repository(Fixture.repository, githubID: 1_296_269)
      #expect(try await store.baseline(of: repository) == nil)
      let moment = Timestamp("2026-11-21T03:22:00.123456Z")!
      let job = try await Fixture.job(store, chunks: [], walkedAsOf: moment)
      #expect(job.status == .completed)
      #expect(job.completedAt != nil)
      #expect(try await store.baseline(of: repository) == moment)
      // Proves nothing about the whole.
      _ = try await Fixture.job(store, chunks: [], walkedAsOf: nil)
      #expect(try await store.baseline(of: repository) == moment)
      _ = try await Fixture.job(store, chunks: [.range(first: 1, last: 2)], walkedAsOf: moment + 60)
      #expect(try await store.baseline(of: repository) == moment)
    }
  }
}
