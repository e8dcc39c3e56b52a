import Domain
import Markup
import Reporting
import Testing

@Suite struct SweepReportTests {
  static func report() throws -> SweepReport {
    var report = SweepReport(repository: try Samples.repository(), now: Samples.now)
    report.duration = 312
    report.usage.graphQLRequests = 251
    report.usage.graphQLPoints = 251
    report.usage.restRequests = 12
    return report
  }

  static func parts() throws -> [SweepReport.Part] {
    var open = SweepReport.Part(.continuation, job: try Samples.progress(completed: 5, of: 8))
    open.items = 213
    open.rows = 2_040
    open.points = 31
    open.stop = .limited(until: Samples.now + 600)
    var delta = SweepReport.Part(.delta, job: try Samples.progress(completed: 3, of: 3, status: .completed))
    delta.items = 12
    delta.rows = 88
    delta.points = 2
    delta.requests = 4
    var repair = SweepReport.Part(.repair)
    repair.note = "Nothing needs repair."
    var audit = SweepReport.Part(.audit, job: try Samples.progress(completed: 2, of: 8))
    audit.job?.kind = .audit
    audit.items = 180
    audit.rows = 1_700
    audit.points = 218
    audit.maximumPoints = 250
    audit.requests = 8
    audit.maximumRequests = 250
    audit.stop = .spent
    return [open, delta, repair, audit]
  }

  @Test func everyPart() throws {
    var report = try Self.report()
    report.parts = try Self.parts()
    report.proofBefore = Samples.holed
    report.proof = Samples.holed
    report.proof?.unaccounted = 1
    report.balances = Samples.balances
    report.remaining = ["2 jobs of Inngest are past their time limit; they are worked on here from now on."]
    try expectGolden(report.markdown().text, "sweep.md")
  }

  @Test func whole() throws {
    var report = try Self.report()
    report.proof = Samples.whole
    let text = report.markdown().text
    #expect(text.hasPrefix("### ✅ Sweep of `octo/widgets`: whole"))
    #expect(text.contains("There was nothing to do.") && !text.contains("What is left"))
  }

  @Test func hostileTextStaysText() throws {
    var report = try Self.report()
    var part = SweepReport.Part(.repair)
    part.note = Samples.hostile
    part.fault = Fault(problem: Samples.hostile, advice: Samples.hostile)
    report.parts = [part]
    report.remaining = [Samples.hostile]
    report.fault = Fault(problem: Samples.hostile, advice: Samples.hostile)
    report.balances = [BudgetBalance(resource: Samples.hostile, limit: 1, remaining: 1, resetsAt: Samples.now)]
    try expectGolden(report.markdown().text, "sweep-hostile.md")
  }

  @Test(arguments: [
    (Samples.whole, "Every number and every list is accounted for."),
    (CaptureProof(), "Nothing is known yet: the repository was never planned."),
    (Samples.holed, "Not whole: 3 numbers never looked at, 1 item not read in full, "),
  ])
  func verdicts(proof: CaptureProof, words: String) {
    let report = ProofReport(proof, now: Samples.now)
    #expect(report.verdict.hasPrefix(words))
    #expect(report.markdown().text.contains(proof.isWhole ? "✅" : "⚠️"))
  }

  @Test func continuations() throws {
    func report(_ continuation: Continuation, _ status: Job.Status = .waiting) throws -> ContinuationReport {
      ContinuationReport(
        repository: try Samples.repository(), jobID: try Samples.job(), status: status, continuation: continuation,
        now: Samples.now)
    }
    try expectGolden(try report(.stuck(runs: 2)).markdown().text, "continuation-stuck.md")
    try expectGolden(try report(.waits(until: Samples.now + 1_800)).markdown().text, "continuation-waits.md")
    #expect(try report(.dispatch(number: 3)).sentence.contains("number 3"))
    #expect(try report(.notNeeded, .completed).markdown().text.hasPrefix("### ✅"))
    #expect(try report(.notNeeded, .cancelled).markdown().text.hasPrefix("### ⏹️"))
    #expect(try report(.notNeeded, .failed).sentence.hasPrefix("The job is failed"))
    #expect(try report(.alreadyDispatched).markdown().text.contains("before"))
  }
}
