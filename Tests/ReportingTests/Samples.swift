import Domain
import Reporting

/// Values that reports are made of. What a stranger may type is hostile.
enum Samples {
  static let hostile = "@alice `x` <img src=x> | #1 [a](http://b.c)\n# x ::error::y ##[group]z \u{202E}end"

  static func repository() throws -> RepositoryName { try required(RepositoryName("octo/widgets")) }
  static func job() throws -> JobID { try required(JobID("0b7e8f3a-6c1d-4e2f-9a5b-123456789abc")) }
  static let now = Timestamp(seconds: 1_795_000_000)

  static func decision(_ effect: Effect, evidence: String = "the title contains \"crash\"") throws -> Decision {
    Decision(
      target: ItemReference(repository: try repository(), number: 12), effect: effect,
      reason: Reason(origin: "rule 'bug'", evidence: evidence))
  }

  static func report(_ outcome: EventOutcome, mode: Settings.Mode = .live) throws -> RunReport {
    var report = RunReport(
      trigger: RunReport.Trigger(
        name: "issues", action: "opened", repository: try repository(), number: 12, title: "App crashes on start",
        actor: "alice"),
      outcome: outcome, mode: mode)
    report.processor = "issue"
    report.usage.restRequests = 2
    report.usage.restRemaining = 4_998
    report.duration = 0.418
    report.eventID = try required(EventID("0b7e8f3a-6c1d-4e2f-9a5b-000000000001"))
    report.transactionID = try required(TransactionID("0b7e8f3a-6c1d-4e2f-9a5b-000000000002"))
    return report
  }

  static func progress(completed: Int, of total: Int, status: String = "running") throws -> JobProgress {
    let chunks = (1...max(1, total)).prefix(total).map { ordinal in
      JobProgress.Chunk(
        ordinal: ordinal, status: ordinal <= completed ? "completed" : ordinal == completed + 1 ? "leased" : "pending",
        scope: "numbers \(ordinal * 100 - 99)–\(ordinal * 100)",
        itemsDone: ordinal <= completed ? 100 : ordinal == completed + 1 ? 41 : 0, size: 100,
        attempts: ordinal <= completed + 1 ? 1 : 0)
    }
    return JobProgress(
      id: try job(), repository: try repository(), status: status,
      items: completed * 100 + (total > completed ? 41 : 0),
      chunks: Array(chunks), points: 1_234, requests: 87, createdAt: now - 700, startedAt: now - 600,
      completedAt: status == "completed" ? now : nil, error: nil)
  }

  struct Missing: Error {}

  static func required<T>(_ value: T?) throws -> T {
    guard let value else { throw Missing() }
    return value
  }
}
