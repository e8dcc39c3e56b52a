import Domain
import Markup
import Reporting
import Testing

@Suite struct PlanReportTests {
  static func report(_ window: CaptureScope.Window) throws -> PlanReport {
    PlanReport(
      repository: try Samples.repository(), jobID: try Samples.job(), chunkCount: 8, matrixSize: 2, window: window)
  }

  @Test func plan() throws {
    var report = try Self.report(.daysBack(30))
    report.maxItems = 500
    report.notes = ["The chunks hold 4,000 numbers each, so that there are at most 256."]
    report.duration = 1.5
    report.usage.graphQLRequests = 1
    report.usage.graphQLPoints = 1
    try expectGolden(report.markdown().text, "plan.md")
  }

  @Test func kindsAndWindows() throws {
    var repair = try Self.report(.numbers([4, 17, 90]))
    repair.kind = .repair
    repair.processor = .event
    let text = repair.markdown().text
    #expect(text.contains("Repair of `octo/widgets`: planned") && text.contains("3 chosen numbers: 4, 17, 90"))
    #expect(text.contains("the run of the event"))
    var audit = try Self.report(.full)
    audit.kind = .audit
    #expect(audit.markdown().text.contains("everything anew"))
    #expect(try Self.report(.numbers(Array(1...100_000))).markdown().text.utf8.count < 2_000)
    #expect(try Self.report(.since(Samples.now)).markdown().text.contains("`2026-11-18T11:06:40Z`"))
  }

  @Test func nothingToDo() throws {
    var nothing = try Self.report(.all)
    nothing.jobID = nil
    nothing.notes = [Samples.hostile]
    try expectGolden(nothing.markdown().text, "plan-nothing.md")
  }
}
