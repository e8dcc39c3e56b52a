import Automation
import Domain
import Testing

private let day = 86_400.0

private func settings(_ change: (inout StaleSettings) -> Void = { _ in }) -> AutomationProcessor {
  var stale = StaleSettings(
    after: 30 * 86_400, closeAfter: 7 * 86_400, comment: "Still there, {{author}}?", closeComment: "Bye")
  change(&stale)
  return AutomationProcessor(settings: Settings(stale: stale))
}

/// The item so many days after it was opened.
private func visit(
  day number: Double, active: Double? = nil, label: (day: Double, value: Bool, will: Standing.Will)? = nil,
  _ issue: Domain.Issue = Sample.issue()
) -> AutomationInput {
  var context = ThreadContext()
  var issue = issue
  if let label {
    let standing = Standing(will: label.will, login: "carol", moment: Moment(Sample.after(label.day * day)))
    context.facets[.label("stale")] = FacetRecord(value: .bool(label.value), standing: standing)
    if label.value { issue.labels.append("stale") }
  }
  return Sample.visit(
    issue, context: context, lastActivity: active.map { Sample.after($0 * day) }, now: Sample.after(number * day))
}

@Suite("Stale items")
struct StaleTests {
  typealias Case = (what: String, input: AutomationInput, effects: [Effect])
  static let warning: [Effect] = [.addLabels(["stale"]), .comment(body: "Still there, @alice?")]
  static let cases: [Case] = [
    ("too early", visit(day: 29), []),
    ("quiet for long", visit(day: 30), warning),
    ("active lately", visit(day: 30, active: 1), []),
    ("quiet since", visit(day: 31, active: 1), warning),
    ("just warned", visit(day: 36, active: 0, label: (30, true, .rule)), []),
    (
      "warned for long", visit(day: 37, active: 0, label: (30, true, .rule)),
      [.comment(body: "Bye"), .close(reason: .notPlanned)]
    ),
    (
      "warned by a person", visit(day: 37, active: 30, label: (30, true, .person)),
      [.comment(body: "Bye"), .close(reason: .notPlanned)]
    ),
    ("active after the warning", visit(day: 37, active: 30.5, label: (30, true, .rule)), [.removeLabel("stale")]),
    ("label taken off by a person", visit(day: 40, active: 0, label: (31, false, .person)), []),
    ("quiet long after that", visit(day: 61, active: 0, label: (31, false, .person)), warning),
    ("label taken off by a rule", visit(day: 40, active: 0, label: (31, false, .rule)), warning),
    ("closed", visit(day: 99, Sample.issue(isOpen: false)), []),
    ("a pull request", visit(day: 99, Sample.issue(isPullRequest: true)), []),
    // Since when is not known: since the last change at the latest.
    ("label without a record", visit(day: 6, Sample.issue(labels: ["Stale"])), []),
    (
      "old label without a record", visit(day: 7, Sample.issue(labels: ["Stale"])),
      [.comment(body: "Bye"), .close(reason: .notPlanned)]
    ),
  ]

  @Test("an item is warned, closed, or left alone", arguments: cases)
  func steps(what: String, input: AutomationInput, effects: [Effect]) {
    let outcome = settings().decide(input)
    #expect(outcome.effects == effects, "\(what): \(String(describing: outcome.stale))")
    #expect(outcome.deliberation.decisions.allSatisfy { $0.reason.origin == "stale" && $0.standing.will == .rule })
  }

  @Test("an exempt item is left alone, and loses a warning that it has; the reason is said")
  func exemptions() {
    let cases: [(Domain.Issue, String, @Sendable (inout StaleSettings) -> Void)] = [
      (Sample.issue(labels: ["Pinned"]), "the label \"Pinned\"", { $0.exemptLabels = ["pin*"] }),
      (Sample.issue(milestone: "v1"), "the milestone \"v1\"", { $0.exemptMilestones = ["v?"] }),
      (Sample.issue(milestone: "v1"), "has a milestone", { $0.exemptsMilestones = true }),
      (Sample.issue(assignees: ["dave"]), "@dave is assigned", { $0.exemptAssignees = ["dave"] }),
      (Sample.issue(assignees: ["dave"]), "somebody is assigned", { $0.exemptsAssigned = true }),
      (Sample.issue(), "its author is @alice", { $0.exemptAuthors = ["alice"] }),
    ]
    for (issue, words, change) in cases {
      let outcome = settings(change).decide(visit(day: 99, issue))
      #expect(outcome.effects == [] && outcome.stale?.words.contains(words) == true, "\(words)")
      #expect(settings().decide(visit(day: 99, issue)).effects == Self.warning)
      #expect(
        settings(change).decide(visit(day: 99, label: (50, true, .rule), issue)).effects == [.removeLabel("stale")])
      #expect(settings(change).decide(visit(day: 99, active: 60, label: (50, true, .person), issue)).effects == [])
    }
  }

  @Test("pull requests take part where they are included, and are closed without a reason")
  func pullRequests() {
    let input = visit(day: 99, active: 0, label: (50, true, .rule), Sample.issue(isPullRequest: true))
    #expect(
      settings { $0.includesPullRequests = true }.decide(input).effects == [.comment(body: "Bye"), .close(reason: nil)])
  }

  @Test("nothing is closed where the configuration says never")
  func never() {
    #expect(settings { $0.closeAfter = nil }.decide(visit(day: 999, active: 0, label: (30, true, .rule))).effects == [])
  }

  @Test("a person's event takes the warning back at once; a bot's does not, and no event warns")
  func events() {
    var input = visit(day: 31, active: 0, label: (30, true, .rule))
    input.trigger = Rule.Trigger(.issueComment, "created")
    input.comment = Domain.Comment(id: 9, body: "still there", author: Sample.bob, createdAt: Sample.after(31 * day))
    input.actor = Sample.bob
    #expect(settings().decide(input).effects == [.removeLabel("stale")])
    input.comment?.author = Account(login: "ci[bot]", kind: .bot)
    input.actor = input.comment?.author
    #expect(settings().decide(input).effects == [])
    var late = visit(day: 99)
    late.trigger = Rule.Trigger(.issues, "labeled")
    #expect(settings().decide(late).effects == [])
  }
}
