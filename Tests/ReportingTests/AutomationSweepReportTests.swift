import Domain
import Markup
import Reporting
import Testing

@Suite struct AutomationSweepReportTests {
  static func result() throws -> AutomationSweepResult {
    var result = AutomationSweepResult(repository: try Samples.repository())
    result.parts = SweepWalk.Part.allCases.map { part in
      var walked = AutomationSweepResult.Part(part)
      walked.visited = 120
      walked.requests = 3
      walked.isComplete = true
      return walked
    }
    result.requests = 12
    result.since = Samples.now - 4_200
    result.cursor = Samples.now
    result.known = 310
    result.visits = 240
    result.nextRoundAt = Samples.now + 72_000
    return result
  }

  static func report(_ result: AutomationSweepResult, isDryRun: Bool = false) -> AutomationSweepReport {
    var report = AutomationSweepReport(result, isDryRun: isDryRun)
    report.usage.graphQLRequests = 12
    report.usage.graphQLPoints = 36
    report.duration = 8.4
    return report
  }

  @Test func nothingWasMissing() throws {
    let report = Self.report(try Self.result())
    try expectGolden(report.markdown().text, "automation-sweep.md")
    #expect(report.verdict == "No event was missing; 480 items read with 12 requests.")
  }

  @Test func whatWasNotVisitedIsToldWithItsReason() throws {
    var result = try Self.result()
    result.missed = ["issues.labeled": 2, "issues.opened": 12, "issue_comment.created": 12]
    result.processed = 25
    result.failures = [.init(number: 12, event: "issues.opened", problem: "GitHub answered 403")]
    result.unshown = [UnshownItem(number: 77, since: Samples.now, reason: "Something went wrong")]
    result.stop = .timeLimit
    result.unfinished = [.openIssues, .openPullRequests]
    result.parts[2].isComplete = false
    result.parts[3] = .init(.openPullRequests)
    result.nextRoundAt = nil
    var report = Self.report(result, isDryRun: true)
    report.entries = [
      .init(decision: try Samples.decision(.addLabels(["bug"]))),
      .init(decision: try Samples.decision(.addLabels(["crash"])), status: .skipped),
    ]
    try expectGolden(report.markdown().text, "automation-sweep-stopped.md")
  }

  @Test func whatAnotherRunHasIsTold() throws {
    var result = try Self.result()
    result.unshown = [UnshownItem(number: 77, since: Samples.now, reason: "issues.opened", isOccupied: true)]
    let said = "Another run is at work on #77 (issues.opened); the next sweep looks what came of it."
    #expect(Self.report(result).remaining == [said])
  }

  @Test func ofTwoAtOnceTheSecondSaysWhyItDidNothing() throws {
    var result = AutomationSweepResult(repository: try Samples.repository())
    result.stop = .occupied(worker: Samples.hostile)
    let report = Self.report(result)
    #expect(report.lines.map(\.text) == ["Another run sweeps this repository: this one left it to that."])
    #expect(!report.markdown().text.contains("Not visited"))
  }

  @Test(arguments: [
    (AutomationSweepResult.Stop.signal(.interrupt), "Ended by SIGINT."),
    (.rateLimited(RateLimited(until: Samples.now, resource: "graphql")), "GitHub's rate limit for GraphQL is used up"),
    (.cancelled, "The run was cancelled."), (.occupied(worker: nil), "Another run took the sweep over."),
  ])
  func everyEndIsInWords(stop: AutomationSweepResult.Stop, words: String) throws {
    var result = try Self.result()
    result.stop = stop
    result.unfinished = [.changedPullRequests]
    let sentence = try #require(Self.report(result).remaining.first)
    #expect(sentence.hasPrefix(words) && sentence.contains("Not visited to the end: pull requests that changed."))
  }

  @Test func hostileTextStaysText() throws {
    var result = try Self.result()
    result.missed = [Samples.hostile: 1]
    result.failures = [.init(number: 1, event: Samples.hostile, problem: Samples.hostile)]
    result.unshown = [UnshownItem(number: 2, since: Samples.now, reason: Samples.hostile)]
    var report = Self.report(result)
    report.fault = Fault(problem: Samples.hostile, advice: Samples.hostile)
    report.entries = [
      .init(decision: try Samples.decision(.addLabels([Samples.hostile]), evidence: Samples.hostile), status: .done)
    ]
    try expectGolden(report.markdown().text, "automation-sweep-hostile.md")
    for line in report.lines.flatMap(\.lines) {
      #expect(!line.contains("##[") && !line.hasPrefix("::") && !line.contains("\u{202E}"), "\(line)")
    }
  }

  @Test func manyRowsAreCounted() throws {
    var result = try Self.result()
    result.failures = (1...70).map { .init(number: $0, event: "issues.opened", problem: "p\($0).") }
    result.unshown = (1...70).map { UnshownItem(number: $0, since: Samples.now, reason: "r\($0)") }
    let text = Self.report(result).markdown().text
    #expect(text.contains("p50.") && !text.contains("p51.") && text.contains("… and 20 more."))
    #expect(text.contains("20 more items were not shown."))
  }
}
