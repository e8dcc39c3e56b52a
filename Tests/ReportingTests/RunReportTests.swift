import Domain
import Markup
import Reporting
import Testing

@Suite struct RunReportTests {
  @Test func processedLive() throws {
    var report = try Samples.report(.processed)
    report.entries = [
      .init(decision: try Samples.decision(.addLabels(["bug", "crash"])), status: .done),
      .init(
        decision: try Samples.decision(.comment(body: "<!-- marker -->\nThanks for the report!\nMore.")),
        status: .skipped,
        explanation: "posted before"),
    ]
    report.notes = [Reason(origin: "rule 'docs'", evidence: "no word matched")]
    report.rules = [
      .init(name: "bug", matches: true, words: "the title contains \"crash\""),
      .init(name: "docs", matches: false, words: "the body has none of docs, manual"),
    ]
    try expectGolden(report.markdown().text, "processed.md")
  }

  @Test func processedDry() throws {
    var report = try Samples.report(.processed, mode: .dryRun)
    report.entries = try [.removeLabel("triage"), .close(reason: .notPlanned), .reopen, .assign(["bob", "eve"])].map {
      RunReport.Entry(decision: try Samples.decision($0), status: .skipped)
    }
    try expectGolden(report.markdown().text, "dry-run.md")
  }

  @Test func everyEffectHasItsWords() throws {
    var report = try Samples.report(.processed)
    report.entries = try Samples.effects("bug").map {
      RunReport.Entry(decision: try Samples.decision($0), status: .done)
    }
    try expectGolden(report.markdown().text, "effects.md")
    try expectGolden(
      report.entries.flatMap(\.decision.effect.inLogWords.lines).joined(separator: "\n"), "effects.log")
  }

  @Test func whatOthersWroteStaysTextInEveryEffect() throws {
    var report = try Samples.report(.processed)
    report.entries = try Samples.effects(Samples.hostile).map {
      RunReport.Entry(decision: try Samples.decision($0), status: .done)
    }
    try expectGolden(report.markdown().text, "hostile-effects.md")
    for effect in try Samples.effects("a\n::error::b ##[group]c") {
      let lines = effect.inLogWords.lines
      #expect(lines.count == 1)
      #expect(lines.allSatisfy { !$0.hasPrefix("::") && !$0.contains("##[") }, "\(lines)")
    }
  }

  @Test func commandsComeWithTheirVerdicts() throws {
    var report = try Samples.report(.processed)
    report.processor = "comment"
    report.commands = [
      Samples.command("label", "bug crash", .accepted),
      Samples.command("close", "", .refused, explanation: "@mallory has read permission; /close needs triage"),
      Samples.command("lable", "bug", .mistake, explanation: "there is no /lable; did you mean /label?"),
      Samples.command("title", "Old", .superseded, textID: 0), Samples.command("lock", "", .flood, login: nil),
      Samples.command(Samples.hostile, Samples.hostile, .refused, login: Samples.hostile, explanation: Samples.hostile),
    ]
    report.anchor = "42:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    try expectGolden(report.markdown().text, "commands.md")
  }

  @Test func ignoredAndDuplicate() throws {
    var ignored = try Samples.report(.ignored)
    ignored.processor = nil
    ignored.usage = APIUsage()
    ignored.eventID = nil
    ignored.transactionID = nil
    ignored.reason = "Pull requests from forks come without secrets; the sweep will catch up."
    try expectGolden(ignored.markdown().text, "ignored.md")
    var duplicate = try Samples.report(.duplicate)
    duplicate.reason = "Processed by run 17."
    try expectGolden(duplicate.markdown().text, "duplicate.md")
  }

  @Test func failed() throws {
    var report = try Samples.report(.failed)
    report.fault = Fault(
      problem: "GitHub answered 403 to POST /repos/octo/widgets/issues/12/labels",
      advice: "Give the job the permission issues: write.",
      location: Domain.SourceLocation(file: ".github/yardmaster.yml", line: 3, column: 5))
    report.entries = [.init(decision: try Samples.decision(.addLabels(["bug"])), status: .failed, explanation: "403")]
    report.remaining = ["1 of 1 effects was not carried out; a re-run of this job tries again."]
    try expectGolden(report.markdown().text, "failed.md")
  }

  @Test func hostileTextStaysText() throws {
    let hostile = Samples.hostile
    var report = try Samples.report(.failed)
    report.trigger.title = hostile
    report.trigger.actor = hostile
    report.trigger.action = hostile
    report.reason = hostile
    report.notes = [Reason(origin: hostile, evidence: hostile)]
    report.rules = [.init(name: hostile, matches: false, words: hostile)]
    report.remaining = [hostile]
    report.fault = Fault(problem: hostile, advice: hostile)
    report.entries = [
      .init(
        decision: try Samples.decision(.addLabels([hostile]), evidence: hostile), status: .done, explanation: hostile),
      .init(decision: try Samples.decision(.comment(body: hostile)), status: .failed, explanation: hostile),
    ]
    try expectGolden(report.markdown().text, "hostile.md")
  }

  @Test func identifiersCanBeCopied() throws {
    var report = try Samples.report(.processed)
    report.capture = ["Captured in this run: job a6be0209-6e1f-4c8e-9a4e-0f1e2d3c4b5a.", "Nothing else #1."]
    let text = report.markdown().text
    #expect(text.contains("- Captured in this run: job `a6be0209-6e1f-4c8e-9a4e-0f1e2d3c4b5a`.\n"), "\(text)")
    #expect(text.contains("- Nothing else #&#8203;1."))
  }

  @Test func manyRowsAreCounted() throws {
    var report = try Samples.report(.processed)
    report.entries = try (1...120).map { RunReport.Entry(decision: try Samples.decision(.addLabels(["l\($0)"]))) }
    let long = String(repeating: Samples.hostile, count: 1_000)
    report.rules = (1...500).map { .init(name: "r\($0)", matches: false, words: long) }
    let text = report.markdown().text
    #expect(text.contains("`r50`") && !text.contains("`r51`") && text.contains("… and 450 more."))
    #expect(text.utf8.count < 200_000)
    #expect(text.contains("`l50`") && !text.contains("`l51`"))
    #expect(text.contains("… and 70 more."))
  }

  @Test func errorsMadeForNoOneSayOnlyTheirType() {
    struct Leaky: Error { var token = "SECRET" }
    #expect(!Fault(Leaky()).problem.contains("SECRET"))
    let fault = Fault(QueryTooHeavy(detail: "502"))
    #expect(fault.exitStatus == .unavailable)
    #expect(fault.problem.contains("502"))
  }

  @Test func effectsInLogWords() throws {
    let effects: [Effect] = [.addLabels(["a\n::error::b"]), .close(reason: .duplicate), .comment(body: "##[group]x")]
    #expect(
      effects.flatMap(\.inLogWords.lines) == [
        "add label 'a↵::error::b'", "close as duplicate", "comment '## [group]x'",
      ])
  }
}
