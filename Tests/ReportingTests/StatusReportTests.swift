import Domain
import Foundation
import Markup
import Reporting
import TestSupport
import Testing

@Suite struct StatusReportTests {
  static func report(_ jobs: [JobProgress], isOneJob: Bool = false) -> StatusReport {
    var report = StatusReport(jobs, isOneJob: isOneJob, now: Samples.now)
    report.links = Samples.links
    return report
  }

  static func text(_ report: StatusReport) -> String { report.text().lines.joined(separator: "\n") }

  @Test func oneJobShowsItsOpenChunksAndWhatIsProven() throws {
    var report = Self.report([try Samples.progress(completed: 5, of: 8)], isOneJob: true)
    report.proofs = [try Samples.repository(): Samples.holed]
    report.balances = Samples.balances
    try expectGolden(Self.text(report), "status-one.txt")
    try expectGolden(report.markdown().text, "status-one.md")
  }

  @Test func severalJobsAreATable() throws {
    var failed = try Samples.progress(completed: 0, of: 0, status: .failed)
    failed.startedAt = nil
    failed.error = Samples.hostile
    failed.kind = .audit
    failed.processor = .inngest
    let waiting = try Self.waiting()
    let jobs = [try Samples.progress(completed: 8, of: 8, status: .completed), failed, waiting]
    var report = Self.report(jobs)
    report.proofs = [try Samples.repository(): Samples.whole]
    try expectGolden(Self.text(report), "status-many.txt")
    #expect(report.markdown().isEmpty)
    #expect(Self.report([]).text().lines.count == 1)
  }

  /// All that is left of it waits for GitHub's quota.
  static func waiting() throws -> JobProgress {
    var job = try Samples.progress(completed: 1, of: 2)
    job.chunks[1].status = .waiting
    job.chunks[1].notBefore = Samples.now + 1_800
    return job
  }

  @Test func aWaitIsNoForecast() throws {
    let pace = JobPace(try Self.waiting(), now: Samples.now)
    #expect(pace.waitsUntil == Samples.now + 1_800)
    #expect(JobPace(try Self.waiting(), now: Samples.now + 1_801).waitsUntil == nil)
    var one = try Self.waiting()
    one.chunks[0].status = .pending
    #expect(JobPace(one, now: Samples.now).waitsUntil == nil)
  }

  @Test func jsonIsForMachinesAndSafeInALog() throws {
    var job = try Samples.progress(completed: 1, of: 2)
    job.error = Samples.hostile + " 😀 ##[error]"
    var report = Self.report([job], isOneJob: true)
    report.proofs = [try Samples.repository(): Samples.whole]
    report.balances = Samples.balances
    let text = report.json()
    try expectGolden(text, "status.json")
    #expect(text.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
    #expect(LogText(trusted: text).lines == [text])
    let first = try #require(try Self.jobs(in: text).first)
    #expect(first["error"]?.string == job.error)
    #expect(first["remaining_chunks"]?.integer == 1)
    #expect(first["eta_seconds"] != .null)
    #expect(first["proof"]?["whole"] == .bool(true))
  }

  /// What dashboards read; new keys may come, none may go.
  @Test func keysStay() throws {
    let first = try #require(try Self.jobs(in: Self.report([Samples.progress(completed: 1, of: 2)]).json()).first)
    for key in [
      "id", "repository", "status", "complete", "items", "items_left", "items_per_second", "eta_seconds", "eta",
      "chunk_count", "remaining_chunks", "chunks", "points", "requests", "created_at", "started_at", "completed_at",
      "error", "kind", "processor", "rest_requests", "points_per_item", "rest_requests_per_item", "proof",
      "waits_until", "numbers_done", "numbers_total",
    ] {
      #expect(first[key] != nil, "\(key)")
    }
    guard case .array(let chunks)? = first["chunks"], let chunk = chunks.first else {
      Issue.record("no chunks")
      return
    }
    for key in [
      "ordinal", "status", "scope", "items_done", "size", "attempts", "numbers_done", "empty", "pages", "points",
      "rest_requests", "run_id", "run_url", "not_before", "lease_expires_at", "started_at", "completed_at", "error",
    ] {
      #expect(chunk[key] != nil, "\(key)")
    }
    #expect(chunk["run_url"]?.string == "https://github.com/octo/tools/actions/runs/17")
    #expect(chunk["empty"]?.integer == 10)
  }

  static func jobs(in text: String) throws -> [JSONValue] {
    let decoded = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    guard case .array(let jobs)? = decoded["jobs"] else { return [] }
    return jobs
  }

  @Test func aChunkWhoseProcessDiedIsNotShownAsWorkedOn() throws {
    var job = try Samples.progress(completed: 1, of: 3)
    #expect(Self.text(Self.report([job], isOneJob: true)).contains("leased"))
    job.chunks[1].leaseExpiresAt = Samples.now - 1
    let text = Self.text(Self.report([job], isOneJob: true))
    #expect(text.contains("abandoned") && !text.contains("leased"), "\(text)")
    let table = SyncReport(progress: job, now: Samples.now).markdown().text
    #expect(table.contains("left by a process that ended") && !table.contains("being worked on"), "\(table)")
  }

  @Test func aJobWithoutARepositoryIsShown() throws {
    var job = try Samples.progress(completed: 0, of: 0, status: .pending)
    job.repository = nil
    let report = Self.report([job], isOneJob: true)
    #expect(Self.text(report).contains("  –           history"))
    #expect(try Self.jobs(in: report.json()).first?["repository"] == .null)
    #expect(report.markdown().text.contains("History of –: pending"))
  }

  @Test func paceIsToldOnlyWhereItIsKnown() throws {
    let running = JobPace(try Samples.progress(completed: 5, of: 8), now: Samples.now)
    #expect(running.elapsed == 600)
    #expect(running.itemsLeft == 259)
    #expect(running.secondsLeft.map { $0.rounded() } == 287)
    var unknown = try Samples.progress(completed: 5, of: 8)
    unknown.chunks[7].size = nil
    #expect(JobPace(unknown, now: Samples.now).secondsLeft == nil)
    unknown.startedAt = nil
    #expect(JobPace(unknown, now: Samples.now).itemsPerSecond == nil)
    let done = JobPace(try Samples.progress(completed: 8, of: 8, status: .completed), now: Samples.now + 1_000)
    #expect(done.secondsLeft == 0 && done.elapsed == 600)
    var slow = try Samples.progress(completed: 0, of: 8)
    slow.chunks[0].numbersDone = 1
    slow.startedAt = Timestamp(seconds: 0)
    #expect(JobPace(slow, now: Samples.now).secondsLeft == nil)
    slow.chunks[0].numbersDone = 0
    #expect(JobPace(slow, now: Samples.now).secondsLeft == nil)
  }
}
