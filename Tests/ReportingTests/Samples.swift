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

  /// One effect of each kind, about what somebody wrote.
  static func effects(_ text: String) throws -> [Effect] {
    [
      .addLabels([text]), .addLabels([text, "crash"]), .removeLabel(text), .close(reason: nil),
      .close(reason: .duplicate), .reopen, .assign([text]), .unassign([text, "eve"]), .lock(reason: nil),
      .lock(reason: .tooHeated), .unlock, .setTitle(text), .setMilestone(text), .setMilestone(nil),
      .comment(body: "<!-- marker -->\n\(text)\nMore."), .stickyComment(key: text, body: text),
      .react(.eyes, to: .item), .react(.rocket, to: .comment(id: 7)), .dispatch(WorkflowDispatch(workflow: text)),
      .dispatch(WorkflowDispatch(workflow: "ci.yml", ref: "v1", inputs: ["b": text, "a": "1"])),
      .deleteComment(id: 7), .nothing,
    ]
  }

  static func command(
    _ name: String, _ arguments: String, _ verdict: ReadCommand.Verdict, textID: Int64 = 77, login: String? = "mallory",
    explanation: String? = nil
  ) -> ReadCommand {
    ReadCommand(
      record: CommandRecord(name: name, arguments: arguments), textID: textID, line: 3, login: login,
      moment: Moment(now), verdict: verdict, explanation: explanation)
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

  /// Chunks of 100 numbers, of which the first of each ten stands for nothing; one is being worked on.
  static func progress(completed: Int, of total: Int, status: Job.Status = .running) throws -> JobProgress {
    let chunks = (1...max(1, total)).prefix(total).map { ordinal in
      var chunk = JobProgress.Chunk(
        ordinal: ordinal, status: ordinal <= completed ? .completed : ordinal == completed + 1 ? .leased : .pending,
        scope: "numbers \(ordinal * 100 - 99)–\(ordinal * 100)",
        itemsDone: ordinal <= completed ? 90 : ordinal == completed + 1 ? 37 : 0, size: 100,
        attempts: ordinal <= completed + 1 ? 1 : 0)
      guard ordinal <= completed + 1 else { return chunk }
      chunk.numbersDone = ordinal <= completed ? 100 : 41
      chunk.points = 12
      chunk.requests = 2
      chunk.pages = 9
      chunk.runID = 17
      chunk.startedAt = now - 600 + Double(ordinal * 60)
      chunk.completedAt = ordinal <= completed ? now - 545 + Double(ordinal * 60) : nil
      chunk.leaseExpiresAt = ordinal <= completed ? nil : now + 5
      return chunk
    }
    return JobProgress(
      id: try job(), repository: try repository(), status: status,
      items: chunks.reduce(0) { $0 + $1.itemsDone },
      chunks: Array(chunks), points: 1_234, requests: 87, createdAt: now - 700, startedAt: now - 600,
      completedAt: status == .completed ? now : nil, error: nil)
  }

  static let links = RunLinks(repository: RepositoryName("octo/tools"))

  static var whole: CaptureProof {
    var proof = CaptureProof()
    proof.newest = 880
    proof.pullRequests = 537
    proof.issues = 341
    proof.discussions = 1
    proof.gone = 1
    proof.walkedAsOf = now - 700
    proof.oldestReading = now - 86_400 * 9
    return proof
  }

  static var holed: CaptureProof {
    var proof = whole
    proof.issues = 338
    proof.unaccounted = 3
    proof.incomplete = 1
    proof.mismatched = 1_204
    proof.deadLetters = 2
    proof.auditedAsOf = now - 86_400 * 3
    return proof
  }

  static let balances = [
    BudgetBalance(resource: "core", limit: 1_000, remaining: 912, resetsAt: now + 1_860),
    BudgetBalance(resource: "graphql", limit: 5_000, remaining: 4_321, resetsAt: now - 60),
  ]

  struct Missing: Error {}

  static func required<T>(_ value: T?) throws -> T {
    guard let value else { throw Missing() }
    return value
  }
}
