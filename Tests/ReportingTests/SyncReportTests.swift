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
    report.usage.graphQLPoints = 310
    report.usage.graphQLRemaining = 690
    report.duration = 61.4
    return report
  }

  @Test func complete() throws {
    try expectGolden(
      Self.report(Samples.progress(completed: 8, of: 8, status: "completed")).markdown().text, "sync-complete.md")
  }

  @Test func stoppedByTheClockAfterAResume() throws {
    var report = Self.report(try Samples.progress(completed: 5, of: 8))
    report.stop = .timeUp
    report.resumedFrom = "chunk 3 after 41 of 100"
    try expectGolden(report.markdown().text, "sync-time-up.md")
  }

  @Test func headingsSayWhyItStopped() throws {
    var report = Self.report(try Samples.progress(completed: 7, of: 8))
    for (stop, words) in [
      (.signal(.interrupt), "cancelled with 1 chunk left"), (.nothingFree, "none free now"), (nil, "1 chunk left"),
    ] as [(SyncReport.Stop?, String)] {
      report.stop = stop
      #expect(report.markdown().text.prefix { $0 != "\n" }.contains(words))
    }
    report.fault = Fault(problem: "p", advice: "a")
    #expect(report.markdown().text.contains("the run failed"))
  }

  @Test func hostileTextStaysInItsPlace() throws {
    var progress = try Samples.progress(completed: 1, of: 2)
    progress.error = Samples.hostile
    progress.status = Samples.hostile
    progress.chunks[0].scope = Samples.hostile
    progress.chunks[0].status = Samples.hostile
    var report = Self.report(progress)
    report.resumedFrom = Samples.hostile
    try expectGolden(report.markdown().text, "sync-hostile.md")
  }

  @Test func aLongTableIsCut() throws {
    let text = Self.report(try Samples.progress(completed: 200, of: 256)).markdown().text
    #expect(text.contains("… and 206 more."))
    #expect(text.utf8.count < 20_000)
  }

  @Test func plan() throws {
    var report = PlanReport(
      repository: try Samples.repository(), jobID: try Samples.job(), chunkCount: 8, matrixSize: 2,
      window: .daysBack(30))
    report.duration = 1.5
    report.usage.graphQLRequests = 1
    report.usage.graphQLPoints = 1
    try expectGolden(report.markdown().text, "plan.md")
    let nothing = PlanReport(
      repository: try Samples.repository(), jobID: nil, chunkCount: 0, matrixSize: 0, window: .all)
    #expect(nothing.markdown().text.contains("nothing to capture"))
  }
}
