import Domain
import Foundation
import Markup
import Reporting
import Testing

@Suite struct JobStatusTests {
  @Test func oneJobShowsItsOpenChunks() throws {
    try expectGolden(
      statusText([try Samples.progress(completed: 5, of: 8)], now: Samples.now).lines.joined(separator: "\n"),
      "status-one.txt")
  }

  @Test func severalJobsAreATable() throws {
    var failed = try Samples.progress(completed: 0, of: 0, status: "failed")
    failed.startedAt = nil
    failed.error = Samples.hostile
    let jobs = [try Samples.progress(completed: 8, of: 8, status: "completed"), failed]
    try expectGolden(statusText(jobs, now: Samples.now).lines.joined(separator: "\n"), "status-many.txt")
    #expect(statusText([], now: Samples.now).lines.count == 1)
  }

  @Test func jsonIsForMachinesAndSafeInALog() throws {
    var job = try Samples.progress(completed: 1, of: 2)
    job.error = Samples.hostile + " 😀 ##[error]"
    let text = statusJSON([job], now: Samples.now)
    try expectGolden(text, "status.json")
    #expect(text.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
    #expect(LogText(trusted: text).lines == [text])
    let decoded = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    guard case .array(let jobs) = decoded["jobs"], let first = jobs.first else {
      Issue.record("no jobs")
      return
    }
    #expect(first["error"]?.string == job.error)
    #expect(first["remaining_chunks"]?.integer == 1)
    #expect(first["eta_seconds"] != .null)
  }

  @Test func aJobWithoutARepositoryIsShown() throws {
    var job = try Samples.progress(completed: 0, of: 0, status: "pending")
    job.repository = nil
    #expect(statusText([job], now: Samples.now).lines.last?.contains("  –           pending") == true)
    let decoded = try JSONDecoder().decode(JSONValue.self, from: Data(statusJSON([job], now: Samples.now).utf8))
    guard case .array(let jobs) = decoded["jobs"] else {
      Issue.record("no jobs")
      return
    }
    #expect(jobs.first?["repository"] == .null)
    #expect(SyncReport(progress: job, now: Samples.now).markdown().text.contains("History of –"))
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
    let done = JobPace(try Samples.progress(completed: 8, of: 8, status: "completed"), now: Samples.now + 1_000)
    #expect(done.secondsLeft == 0 && done.elapsed == 600)
    var slow = try Samples.progress(completed: 0, of: 8)
    slow.items = 1
    slow.startedAt = Timestamp(seconds: 0)
    #expect(JobPace(slow, now: Samples.now).secondsLeft == nil)
  }
}
