import Domain
import Foundation
import Postgres
import Store
import TestSupport

/// A migrated database of the test's own, and a store on it.
func withStore<Value>(
  auditKey: [UInt8]? = nil, _ body: (Store, TestDatabase) async throws -> Value
) async throws -> Value {
  try await withMigratedDatabase { database in
    let store = Store(databaseURL: database.url, auditKey: auditKey)
    let value = try await body(store, database)
    await store.close()
    return value
  }
}

func withMigratedDatabase<Value>(_ body: (TestDatabase) async throws -> Value) async throws -> Value {
  try await TestDatabase.withDatabase(
    template: "store",
    prepare: { url in
      let store = Store(databaseURL: url, auditKey: nil)
      _ = try await store.migrate()
      await store.close()
    }, body)
}

enum Fixture {
  static let repository = RepositoryName("octo/Hello-World")!

  static func claim(
    _ identity: String = "issue:1", runID: Int64 = 100, attempt: Int = 1, mode: Settings.Mode = .live, lease: Int = 600
  ) -> EventClaim {
    EventClaim(
      id: .random(), identity: EventIdentity(text: identity), name: "issues", action: "opened", repository: repository,
      repositoryGitHubID: 1_296_269, number: 7, actor: "mona", run: RunContext(runID: runID, attempt: attempt),
      mode: mode, worker: "worker of \(runID)", lease: lease)
  }

  static func audit(_ type: String = "event", after: JSONValue = .null) -> AuditEntry {
    AuditEntry(
      eventType: type, severity: .info, actor: "mona", repository: repository, actionType: "test", after: after,
      success: true)
  }

  static func decision(_ effect: Effect = .addLabels(["bug"]), once: String? = nil) -> Decision {
    Decision(
      target: ItemReference(repository: repository, number: 7), effect: effect,
      reason: Reason(origin: "rule 'bug'", evidence: "the title contains \"crash\""), onceKey: once,
      before: ["labels": ["old"]])
  }

  static func pullRequest(_ number: Int, title: String = "Title") -> PullRequestRecord {
    PullRequestRecord(
      number: number, githubID: Int64(number) + 5_000_000_000, title: title, body: "Body", state: "open",
      isDraft: false,
      authorLogin: "mona", createdAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-02T00:00:00Z", closedAt: nil,
      mergedAt: nil, additions: 1, deletions: 2, changedFiles: 3, baseRef: "main", headRef: "topic", headSHA: "abc")
  }

  static func comment(
    _ id: Int64, on number: Int, body: String = "Body", createdAt: String = "2026-01-01T00:00:00Z",
    updatedAt: String? = nil
  ) -> IssueCommentRecord {
    IssueCommentRecord(
      githubID: id, issueNumber: number, authorLogin: nil, body: body, createdAt: createdAt,
      updatedAt: updatedAt ?? createdAt)
  }

  static func job(
    _ store: Store, chunks: [ChunkScope], scope: CaptureScope = CaptureScope(window: .all), walkedAsOf: Timestamp? = nil
  ) async throws -> Job {
    let id = try await store.repository(repository, githubID: 1_296_269)
    return try await store.createJob(
      NewJob(id: nil, repositoryID: id, scope: scope, chunks: chunks, walkedAsOf: walkedAsOf, runID: 100))
  }
}

/// A chunk under work, for tests that commit pages.
struct Walk {
  let store: Store
  let database: TestDatabase
  let job: Job
  var chunk: ClaimedChunk
  private var step = 0

  init(
    _ store: Store, _ database: TestDatabase, scope: ChunkScope = .range(first: 1, last: 1_000),
    window: CaptureScope.Window = .all, runID: Int64 = 1
  ) async throws {
    let job = try await Fixture.job(store, chunks: [scope], scope: CaptureScope(window: window))
    guard let chunk = try await store.claimChunk(of: job.id, runID: runID, lease: 600) else { throw NoChunk() }
    (self.store, self.database, self.job, self.chunk) = (store, database, job, chunk)
  }

  struct NoChunk: Error {}

  /// - Parameter observed: the page's reading, `HH:MM:SS` of 1 March 2026.
  mutating func commit(
    at observed: String? = nil, finished: Bool = false, _ fill: (inout CapturedPage) -> Void
  ) async throws {
    var page = CapturedPage()
    page.observedAt = observed.map { Fixture.time($0) }
    fill(&page)
    step += 1
    try await store.commit(
      page, of: chunk, checkpoint: Checkpoint(next: step), finished: finished, cost: PageCost(), widths: [:],
      lease: 600)
  }

  /// As after a kill: the lease has ended, and another process goes on.
  mutating func resume(runID: Int64 = 2) async throws {
    try await database.query("UPDATE yardmaster.capture_chunks SET lease_expires_at = now() - interval '1 second'")
    guard let heir = try await store.claimChunk(of: job.id, runID: runID, lease: 600) else { throw NoChunk() }
    chunk = heir
  }

  /// The values of a column in the rows that are there, as one text.
  func present(_ table: String, _ column: String = "github_id") async throws -> String {
    try await database.query(
      """
      SELECT string_agg(\(column)::text, ' ' ORDER BY \(column)) AS value FROM yardmaster.\(table)
      WHERE deleted_at IS NULL
      """)[0].decodeIfPresent("value") ?? ""
  }
}

extension Fixture {
  static func time(_ text: String) -> Timestamp { Timestamp("2026-03-01T\(text)Z")! }

  static func issue(_ number: Int, title: String = "Title", updatedAt: String = "2026-01-02T00:00:00Z") -> IssueRecord {
    IssueRecord(
      number: number, githubID: Int64(number) + 6_000_000_000, title: title, body: "Body", state: "open",
      stateReason: nil, authorLogin: "mona", createdAt: "2026-01-01T00:00:00Z", updatedAt: updatedAt, closedAt: nil)
  }

  static func review(_ id: Int64, on number: Int, state: String = "APPROVED") -> ReviewRecord {
    ReviewRecord(
      githubID: id, pullNumber: number, authorLogin: "mona", state: state, body: "",
      submittedAt: "2026-01-01T00:00:00Z")
  }

  static func reviewComment(_ id: Int64, on number: Int, createdAt: String = "2026-01-01T00:00:00Z")
    -> ReviewCommentRecord
  {
    ReviewCommentRecord(
      githubID: id, pullNumber: number, reviewID: nil, authorLogin: "mona", path: "a.swift", body: "Body",
      createdAt: createdAt, updatedAt: createdAt)
  }

  static func file(_ path: String, of number: Int, additions: Int = 1) -> FileRecord {
    FileRecord(pullNumber: number, path: path, additions: additions, deletions: 0, changeType: "modified")
  }

  static func letter(_ number: Int, list: CapturedList? = nil, name: String = "octo/Hello-World") -> DeadLetter {
    DeadLetter(
      kind: list == nil ? "item" : "list", reference: "\(name)#\(number)", number: number, error: "poison",
      payload: ["number": .integer(Int64(number)), "list": list.map { .string($0.rawValue) } ?? .null])
  }

  static func number(_ number: Int, _ kind: NumberRecord.Kind) -> NumberRecord {
    NumberRecord(number: number, kind: kind, nodeID: kind == .gone ? nil : "N\(number)")
  }

  /// A list that came in one part unless said otherwise.
  static func list(
    _ list: CapturedList, of number: Int, begun: String, total: Int? = nil, first: Bool = true, last: Bool = true
  ) -> ListPart {
    ListPart(number: number, list: list, isFirst: first, isLast: last, begun: time(begun), total: total)
  }
}

extension ClaimResult {
  var claimed: ClaimedEvent? { if case .claimed(let event) = self { event } else { nil } }
  var isDuplicate: Bool { claimed == nil }
}
