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

  static func pullRequest(_ number: Int, title: String = "Title", labels: [String] = ["a"]) -> PullRequestRecord {
    PullRequestRecord(
      number: number, githubID: Int64(number) + 5_000_000_000, title: title, body: "Body", state: "open",
      isDraft: false,
      authorLogin: "mona", createdAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-02T00:00:00Z", closedAt: nil,
      mergedAt: nil, additions: 1, deletions: 2, changedFiles: 3, baseRef: "main", headRef: "topic", headSHA: "abc",
      labels: labels)
  }

  static func comment(_ id: Int64, on number: Int, body: String = "Body") -> IssueCommentRecord {
    IssueCommentRecord(
      githubID: id, issueNumber: number, authorLogin: nil, body: body, createdAt: "2026-01-01T00:00:00Z",
      updatedAt: "2026-01-01T00:00:00Z")
  }

  static func job(
    _ store: Store, chunks: [ChunkScope], scope: CaptureScope = CaptureScope(window: .all), walkedAsOf: Timestamp? = nil
  ) async throws -> Job {
    let id = try await store.repository(repository, githubID: 1_296_269)
    return try await store.createJob(
      NewJob(id: nil, repositoryID: id, scope: scope, chunks: chunks, walkedAsOf: walkedAsOf, runID: 100))
  }
}

extension ClaimResult {
  var claimed: ClaimedEvent? { if case .claimed(let event) = self { event } else { nil } }
  var isDuplicate: Bool { claimed == nil }
}
