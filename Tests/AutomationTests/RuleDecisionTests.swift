import Automation
import Domain
import Testing

private func decide(_ rules: [Rule], _ input: AutomationInput = Sample.event()) -> AutomationOutcome {
  AutomationProcessor(settings: Settings(rules: rules)).decide(input)
}

@Suite("What rules decide")
struct RuleDecisionTests {
  @Test("each action has its effect, in an order that GitHub accepts, with what was there before")
  func actions() {
    let rule = Rule.sample(then: {
      $0.addLabels = ["a"]
      $0.removeLabels = ["old"]
      $0.comment = "Hi"
      $0.sticky = Rule.Sticky(key: "", body: "S")
      $0.assign = ["{{author}}", "@carol"]
      $0.unassign = ["dave"]
      $0.state = .close(.notPlanned)
      $0.lock = .lock(.spam)
      $0.title = "[{{number}}] {{title}}"
      $0.milestone = .set("v1")
      $0.dispatch = Rule.Dispatch(workflow: "x.yml", ref: "main", inputs: ["n": "{{number}}", "t": "{{title}}"])
    })
    let outcome = decide([rule], Sample.event(Sample.issue(title: "*T*\n@x", labels: ["Old"], assignees: ["Dave"])))
    #expect(
      outcome.effects == [
        .removeLabel("old"), .addLabels(["a"]), .unassign(["dave"]), .assign(["alice", "carol"]),
        .setMilestone("v1"), .setTitle("[7] *T* @x"), .comment(body: "Hi"), .stickyComment(key: "r", body: "S"),
        .close(reason: .notPlanned), .lock(reason: .spam),
        .dispatch(WorkflowDispatch(workflow: "x.yml", ref: "main", inputs: ["n": "7", "t": "*T* @x"])),
      ])
    #expect(
      outcome.deliberation.decisions.map(\.before).prefix(3) == [
        ["labels": ["Old"]], ["labels": []], ["assignees": ["Dave"]],
      ])
    #expect(outcome.deliberation.decisions[3].before == ["assignees": []])
    #expect(
      outcome.deliberation.decisions.allSatisfy { decision in
        // An item that is closed, or locked, for another reason would have done.
        let defers = decision.effect.facets == [.state] || decision.effect.facets == [.lock]
        let since = Standing.Deference(
          since: Moment(.distantPast),
          value: defers ? decision.effect.written[decision.effect.facets[0]] ?? .null : .null)
        return decision.standing
          == Standing(will: .rule, moment: Moment(Sample.opened), deference: defers ? since : nil)
      })
    #expect(
      outcome.deliberation.decisions.allSatisfy {
        $0.reason == Reason(origin: "rule 'r'", evidence: "the rule has no conditions")
      })
    #expect(outcome.deliberation.decisions[6].onceKey == "comment:r:octo/repo#7")
    #expect(outcome.deliberation.decisions[10].onceKey?.hasPrefix("dispatch:r:octo/repo#7:issues.opened:") == true)
  }

  @Test("the opposite actions undo it, and a pull request is closed without a reason")
  func opposites() {
    let rule = Rule.sample(then: {
      $0.state = .reopen
      $0.lock = .unlock
      $0.milestone = .clear
    })
    let closed = Sample.issue(isOpen: false, isLocked: true, milestone: "v1")
    #expect(decide([rule], Sample.event(closed)).effects == [.setMilestone(nil), .reopen, .unlock])
    let close = Rule.sample(then: { $0.state = .close(.completed) })
    #expect(
      decide([close], Sample.event(Sample.issue(isPullRequest: true), event: .pullRequest)).effects == [
        .close(reason: nil)
      ])
  }

  @Test("all labels of one event are one decision that names its rules")
  func oneDecision() throws {
    let rules = [
      Rule.sample("one", when: { $0.title = [.words("x")] }, then: { $0.addLabels = ["a", "b"] }),
      Rule.sample("two", when: { $0.any = [.words("x")] }, then: { $0.addLabels = ["B", "c", "d"] }),
      Rule.sample("no", when: { $0.title = [.words("y")] }),
    ]
    let outcome = decide(rules, Sample.event(Sample.issue(title: "x", labels: ["C"])))
    let decision = try #require(outcome.deliberation.decisions.first)
    #expect(outcome.effects == [.addLabels(["a", "b", "d"])])
    #expect(decision.target == ItemReference(repository: Sample.repository, number: 7))
    #expect(decision.reason.origin == "rules 'one', 'two'")
    #expect(decision.reason.evidence == "the title contains \"x\"")
    #expect(outcome.notes == ["the title contains \"x\", but the issue has the label \"c\" already"])
  }

  @Test("of two rules that write one facet the first in the file decides, and the other is told")
  func firstWins() {
    let rules = [
      Rule.sample(
        "one",
        then: {
          $0.addLabels = ["a"]
          $0.state = .close(.completed)
          $0.title = "One"
        }),
      Rule.sample(
        "two",
        then: {
          $0.removeLabels = ["A"]
          $0.state = .close(.duplicate)
          $0.title = "Two"
          $0.lock = .lock(nil)
        }),
      Rule.sample(
        "own",
        then: {
          $0.addLabels = ["z"]
          $0.removeLabels = ["z"]
        }),
    ]
    let outcome = decide(rules)
    #expect(
      outcome.effects == [.addLabels(["a", "z"]), .setTitle("One"), .close(reason: .completed), .lock(reason: nil)])
    #expect(outcome.notes.count { $0.hasSuffix("but rule 'one' decides that already") } == 3)
    #expect(outcome.notes.contains { $0.hasSuffix("but it asks for the opposite too") })
  }

  @Test("what GitHub shows already is a note, no decision")
  func shown() {
    let rule = Rule.sample(then: {
      $0.addLabels = ["A"]
      $0.removeLabels = ["b"]
      $0.assign = ["Carol"]
      $0.unassign = ["dave"]
      $0.state = .close(.completed)
      $0.lock = .lock(.spam)
      $0.title = "Title"
      $0.milestone = .set("v1")
    })
    let issue = Sample.issue(
      labels: ["a"], assignees: ["carol"], isOpen: false, reason: "not_planned", isLocked: true, milestone: "v1")
    let outcome = decide([rule], Sample.event(issue))
    #expect(outcome.effects == [])
    #expect(outcome.notes.count == 8)
  }

  @Test("GitHub's limits are kept: labels, assignees, titles, comments, inputs")
  func limits() {
    let labels = Rule.sample(then: {
      $0.addLabels = ["a", "b", "c", "l1"]
      $0.removeLabels = ["l0"]
    })
    let full = decide([labels], Sample.event(Sample.issue(labels: (0..<99).map { "l\($0)" })))
    #expect(full.effects == [.removeLabel("l0"), .addLabels(["a", "b"])])
    #expect(full.notes.contains { $0.contains("no room for \"c\"") })
    let people = Rule.sample(then: { $0.assign = (0..<12).map { "u\($0)" } + ["no login!"] })
    #expect(decide([people]).effects == [.assign((0..<10).map { "u\($0)" })])
    #expect(decide([people]).notes.count == 3)
    let long = Sample.event(Sample.issue(title: String(repeating: "<", count: 200), body: "x"))
    #expect(decide([.sample(then: { $0.title = "{{title}}{{title}}" })], long).effects == [])
    let template = String(repeating: "{{title}}", count: 1_000)
    #expect(
      decide([.sample(then: { $0.comment = template })], long).notes.contains {
        $0.contains("longer than GitHub accepts")
      })
    let inputs = Dictionary(uniqueKeysWithValues: (0..<26).map { ("i\($0)", "") })
    #expect(decide([.sample(then: { $0.dispatch = Rule.Dispatch(workflow: "w", inputs: inputs) })]).effects == [])
    #expect(decide([.sample(then: { $0.comment = "{{milestone}}" })]).notes.contains { $0.contains("empty") })
  }

  @Test("a comment that the thread has is not said again, nor one that two rules say")
  func said() {
    let rules = [
      Rule.sample("one", then: { $0.comment = "Hi {{author}}" }),
      Rule.sample("two", then: { $0.comment = "Hi {{author}}" }),
    ]
    #expect(decide(rules).effects == [.comment(body: "Hi @alice")])
    let context = ThreadContext(said: [Sample.digest("Hi @alice")])
    #expect(decide(rules, Sample.event(context: context)).effects == [])
  }

  @Test("what a template puts around a title is not put around it twice")
  func framedTitle() {
    func title(_ template: String, _ title: String) -> Effect? {
      decide([.sample(then: { $0.title = template })], Sample.event(Sample.issue(title: title))).effects.first
    }
    #expect(title("[x] {{title}}", "T") == .setTitle("[x] T"))
    #expect(title("[x] {{title}}", "[x] T") == nil)
    #expect(title("{{title}} ({{number}})", "T (7)") == nil)
    #expect(title("{{title}}{{title}}", "T") == .setTitle("TT"))
  }

  @Test("a sticky comment is brought up to date only where it says something else")
  func sticky() {
    let rules = [
      Rule.sample("one", then: { $0.sticky = Rule.Sticky(key: "k", body: "{{title}}") }),
      Rule.sample("two", then: { $0.sticky = Rule.Sticky(key: "k", body: "other") }),
    ]
    #expect(decide(rules).effects == [.stickyComment(key: "k", body: "Title")])
    var context = ThreadContext()
    context.stickies["k"] = StickyRecord(commentID: 9, digest: Sample.digest("Title"), body: "Title")
    #expect(decide(rules, Sample.event(context: context)).effects == [])
    context.stickies["k"] = StickyRecord(commentID: 9, digest: Sample.digest("Old"), body: "Old")
    let decision = decide(rules, Sample.event(context: context)).deliberation.decisions.first
    #expect(decision?.before == ["comment_id": 9, "body": "Old"])
  }

  @Test("a person's later write stands, and a label that a person removed is not put back")
  func precedence() {
    let rule = Rule.sample(then: {
      $0.addLabels = ["a", "b"]
      $0.state = .close(.completed)
    })
    func outcome(_ facet: Facet, _ value: JSONValue, _ will: Standing.Will, after seconds: Double) -> AutomationOutcome
    {
      var context = ThreadContext()
      context.facets[facet] = FacetRecord(
        value: value, standing: Standing(will: will, login: "carol", moment: Moment(Sample.after(seconds))))
      return decide([rule], Sample.event(context: context))
    }
    let both: [Effect] = [.addLabels(["a", "b"]), .close(reason: .completed)]
    #expect(outcome(.state, "open", .person, after: 1).effects == [.addLabels(["a", "b"])])
    #expect(
      outcome(.state, "open", .person, after: 1).notes.contains { $0.hasSuffix("but @carol changed the state since") })
    #expect(outcome(.state, "open", .person, after: 0).effects == both)
    #expect(outcome(.state, "open", .rule, after: 1).effects == both)
    #expect(outcome(.label("a"), false, .person, after: -9).effects == [.addLabels(["b"]), .close(reason: .completed)])
    #expect(outcome(.label("a"), false, .person, after: -9).notes.contains { $0.hasSuffix("but @carol removed it") })
    #expect(outcome(.label("a"), false, .rule, after: 1).effects == both)
    // It was there, and is not: the event that would tell by whom it was taken off is lost, or late.
    let rest: [Effect] = [.addLabels(["b"]), .close(reason: .completed)]
    #expect(outcome(.label("a"), true, .person, after: -9).effects == rest)
    #expect(outcome(.label("a"), true, .rule, after: -9).effects == rest)
  }

  @Test("who opens an issue again is not contradicted by a rule that nobody meant for that", arguments: [true, false])
  func reopened(isMeant: Bool) {
    var rule = Rule.sample(then: {
      $0.state = .close(.notPlanned)
      $0.lock = .lock(.spam)
      $0.addLabels = ["spam"]
    })
    rule.triggers = isMeant ? [Rule.Trigger(.issues, "reopened")] : Rule.Trigger.usual
    var context = ThreadContext()
    var input = Sample.event(Sample.issue(), "reopened", context: context)
    input.happenedAt = Sample.after(50)
    context.facets[.state] = FacetRecord(
      value: "open", standing: Standing(will: .person, login: "carol", moment: Moment(Sample.after(50))))
    input.context = context
    let outcome = decide([rule], input)
    #expect(outcome.effects.count == (isMeant ? 3 : 0), "\(outcome.effects)")
    #expect(isMeant || outcome.notes.contains { $0.contains("again") || $0.contains("changed the state") })
  }

  @Test("a command on the same text stands against a rule")
  func commandsFirst() {
    let rule = Rule.sample(then: {
      $0.addLabels = ["a"]
      $0.removeLabels = ["b"]
      $0.assign = ["x"]
    })
    let outcome = decide([rule], Sample.comment("/unlabel a\n/label b", on: Sample.issue(labels: ["a"])))
    #expect(outcome.writes == [.removeLabel("a"), .addLabels(["b"]), .assign(["x"])])
    #expect(outcome.notes.contains { $0.hasSuffix("but @bob removed it") })
  }

  @Test("a rule that acted ten times within the hour does nothing more")
  func loops() {
    var context = ThreadContext()
    context.ruleActions = ["r": 9]
    #expect(decide([.sample()], Sample.event(context: context)).effects.count == 1)
    context.ruleActions = ["r": 10]
    let outcome = decide([.sample(), .sample("s", then: { $0.addLabels = ["s"] })], Sample.event(context: context))
    #expect(outcome.effects == [.addLabels(["s"])])
    #expect(outcome.rules.first?.outcome == .looping)
    #expect(outcome.notes.contains { $0.contains("10 times within an hour") })
  }

  @Test("what a bot causes starts only the rules that ask for bots")
  func bots() {
    let bot = Account(login: "ci[bot]", kind: .bot)
    let rules = [
      Rule.sample("people"), Rule.sample("bots", when: { $0.isBot = true }, then: { $0.addLabels = ["bot"] }),
    ]
    let outcome = decide(rules, Sample.event(Sample.issue(author: bot), actor: bot))
    #expect(outcome.effects == [.addLabels(["bot"])])
    #expect(outcome.rules.map(\.outcome) == [.causedByBot, .matched])
    #expect(decide(rules).effects == [.addLabels(["l"])])
    let marked = decide(rules, Sample.comment("> <!-- yardmaster:action=1 -->\n\n/close"))
    #expect(marked.rules.map(\.outcome) == [.causedByBot, .matched])
    #expect(marked.commands.read.isEmpty)
  }

  @Test("the explanation has every rule and every command with what became of it")
  func explanation() {
    let rules = [
      Rule.sample("yes", on: [Rule.Trigger(.issueComment, "created")]), Rule.sample("no", when: { $0.isLocked = true }),
      Rule.sample("other", on: [.schedule]),
    ]
    let outcome = decide(rules, Sample.comment("/label a\n/lock", permission: .triage))
    #expect(
      outcome.explanation.map { "\($0.origin): \($0.evidence)" } == [
        "line 1, /label a: accepted",
        "line 2, /lock: refused: @bob has triage permission; the command needs write",
        "rule 'yes': matches: the rule has no conditions",
        "rule 'no': does not match: the issue is not locked",
        "rule 'other': does not match: it runs on schedule, not on issue_comment.created",
      ])
    let bot = decide(rules, Sample.event(actor: Account(login: "ci[bot]", kind: .bot)))
    #expect(bot.explanation.first == Reason(origin: "actor", evidence: "a bot: GitHub lists @ci[bot] as a bot"))
  }

  @Test("where nothing is decided a note says why")
  func nothing() {
    #expect(decide([]).notes == ["the configuration has no rules"])
    #expect(decide([.sample(on: [.schedule])]).notes == ["no rule is triggered by issues.opened"])
    #expect(decide([.sample(when: { $0.isLocked = true })]).notes == ["the one rule for issues.opened does not match"])
    #expect(
      decide([.sample(when: { $0.isLocked = true }), .sample("s", when: { $0.isLocked = true })]).notes == [
        "none of the 2 rules for issues.opened matches"
      ])
  }
}
