import Domain
import Markup
import Reporting
import Testing

@Suite struct SyncReportTests {
  static func report(_ progress: JobProgress) -> SyncReport {
    var report = SyncReport(progress: progress, now: Samples.now)
    report.items = 541
    report.rows = 5_320
    report.pages = 28
    report.chunksCompleted = 5
    report.usage.graphQLRequests = 28
    report.usage.graphQLPoints = 31
    report.usage.graphQLRemaining = 690
    report.duration = 61.4
    report.links = Samples.links
    return report
  }

  @Test func complete() throws {
    var report = Self.report(try Samples.progress(completed: 8, of: 8, status: .completed))
    report.pullRequests = 320
    var proof = Samples.whole
    proof.pullRequests = 420
    proof.issues = 300
    report.proof = proof
    try expectGolden(report.markdown().text, "sync-complete.md")
  }

  @Test func stoppedByTheClockAfterAResume() throws {
    var report = Self.report(try Samples.progress(completed: 5, of: 8))
    report.stop = .timeUp
    report.resumedFrom = "chunk 3 after 41 of 100"
    report.balances = Samples.balances
    try expectGolden(report.markdown().text, "sync-time-up.md")
  }

  @Test func headingsSayWhyItStopped() throws {
    var report = Self.report(try Samples.progress(completed: 7, of: 8))
    for (stop, words) in [
      (.signal(.interrupt), "cancelled with 1 chunk left"), (.nothingFree, "none free now"), (nil, "1 chunk left"),
      (.limited(until: Samples.now), "rate limit holds until `2026-11-18T11:06:40Z`"), (.spent, "is spent"),
    ] as [(SyncReport.Stop?, String)] {
      report.stop = stop
      #expect(report.markdown().text.prefix { $0 != "\n" }.contains(words))
    }
    report.progress.kind = .audit
    #expect(report.markdown().text.hasPrefix("### ⏸️ Audit of"))
    report.fault = Fault(problem: "p", advice: "a")
    #expect(report.markdown().text.contains("the run failed"))
  }

  @Test func hostileTextStaysInItsPlace() throws {
    var progress = try Samples.progress(completed: 1, of: 2)
    progress.error = Samples.hostile
    progress.chunks[0].scope = Samples.hostile
    progress.chunks[1].error = Samples.hostile
    progress.chunks[1].status = .failed
    var report = Self.report(progress)
    report.resumedFrom = Samples.hostile
    report.balances = [
      BudgetBalance(resource: Samples.hostile, limit: 1, remaining: -1, resetsAt: Samples.now)
    ]
    report.links = RunLinks(serverURL: "javascript:alert(1)", repository: try Samples.repository())
    try expectGolden(report.markdown().text, "sync-hostile.md")
  }

  @Test func aFlatWalkHasNoNumbers() throws {
    var progress = try Samples.progress(completed: 1, of: 2)
    for index in progress.chunks.indices {
      progress.chunks[index].scope = "all review comments"
      progress.chunks[index].size = nil
      progress.chunks[index].numbersDone = nil
    }
    let text = Self.report(progress).markdown().text
    #expect(text.contains("title Chunks") && text.contains("\"done\" : 1"))
    #expect(!text.contains("empty"))
  }

  @Test func allChunksAreListed() throws {
    let text = Self.report(try Samples.progress(completed: 200, of: 256)).markdown().text
    #expect(text.contains("numbers 25501–25600") && text.contains("numbers 1–100"))
    #expect(text.contains("When the 30 slowest chunks were worked on"))
    #expect(text.utf8.count < 60_000)
    #expect(Self.report(try Samples.progress(completed: 0, of: 1_000)).markdown().text.contains("… and 700 more."))
  }
}
