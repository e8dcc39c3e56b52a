import Domain
import Markup
import Reporting
import Testing

@Suite struct AlertIssueTests {
  static func alert(previousBody: String? = nil) -> AlertIssue {
    AlertIssue(
      fault: Fault(
        problem: "The database cannot be reached", advice: "Check the secret DATABASE_URL.", exitStatus: .unavailable),
      trigger: RunReport.Trigger(name: "issues", action: "opened", number: 12), workflow: "Issue automation",
      runURL: "https://github.com/octo/widgets/actions/runs/17", at: Samples.now, previousBody: previousBody)
  }

  @Test func body() throws {
    let alert = Self.alert()
    #expect(alert.title == "Yardmaster needs attention")
    #expect(AlertIssue.isAlert(alert.body.text))
    try expectGolden(alert.body.text, "alert.md")
  }

  @Test func failuresAreCountedOn() {
    let third = Self.alert(previousBody: Self.alert(previousBody: Self.alert().body.text).body.text)
    #expect(third.body.text.contains("| Failures since this issue was opened | 3 |"))
    let overCRLF = Self.alert(previousBody: third.body.text.replacing("\n", with: "\r\n"))
    #expect(overCRLF.body.text.contains("| 4 |"))
    let edited = Self.alert(previousBody: "\(AlertIssue.marker)\n<!-- yardmaster:failures 99999999999999999999 -->")
    #expect(edited.body.text.contains("| 1,000,000 |"))
    #expect(Self.alert(previousBody: "").body.text.contains("| 1 |"))
  }

  @Test func anOrdinaryIssueIsNone() {
    #expect(!AlertIssue.isAlert("quoting \(AlertIssue.marker)"))
  }

  @Test func hostileTextStaysText() throws {
    let alert = AlertIssue(
      fault: Fault(problem: Samples.hostile, advice: Samples.hostile),
      trigger: RunReport.Trigger(name: Samples.hostile), workflow: Samples.hostile, runURL: "javascript:alert(1)",
      at: Samples.now)
    try expectGolden(alert.body.text, "alert-hostile.md")
  }
}
