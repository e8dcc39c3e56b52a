import Automation
import Domain
import Testing

private let day = 86_400

/// Whether a rule with these conditions matches, and why or why not.
private func verdict(
  _ input: AutomationInput, unless: [Rule.Conditions] = [], _ when: (inout Rule.Conditions) -> Void
) -> RuleVerdict? {
  AutomationProcessor(settings: Settings(rules: [.sample(unless: unless, when: when)])).decide(input).rules.first
}
private func matches(_ input: AutomationInput, _ when: (inout Rule.Conditions) -> Void) -> Bool {
  verdict(input, when)?.outcome == .matched
}

@Suite("Conditions of rules")
struct RuleConditionTests {
  @Test(
    "words match whole, in any case, with any white space between them",
    arguments: [
      ("crash", "It CRASHed", false), ("crash", "It CRASH.", true), ("crash", "crashes", false),
      ("crash", "a_crash_b", true), ("crash", "crash2", false), ("stack trace", "a stack\r\n\t trace!", true),
      ("stack trace", "stacktrace", false), ("stack trace", "stack-trace", false),
      ("stack trace", "stack stack trace", true), ("c++", "in C++ code", true), ("c++", "c+", false),
      ("größe", "Die GRÖSSE", false), ("größe", "Die GRÖßE", true), ("größe", "gro\u{308}ße", true),
      ("ошибка", "Ошибка!", true), ("ошибк", "Ошибка", false), ("崩溃", "应用崩溃了", true),
      ("クラッシュ", "アプリがクラッシュした", true), ("500", "HTTP 500", true), ("500", "1500", false),
      ("v1.2", "in v1.2.3", true), ("don't", "I don't know", true), ("panic", "pa\u{200B}nic", true),
      ("🚢", "x🚢y", true),
      (" bug ", "bug", true), (" ", "a b", false), ("", "a", false), ("a a b", "a a a b", true), ("x", "", false),
    ])
  func words(word: String, text: String, isFound: Bool) {
    #expect(matches(Sample.event(Sample.issue(title: text))) { $0.title = [.words(word)] } == isFound)
    #expect(matches(Sample.event(Sample.issue(body: text))) { $0.body = [.words(word)] } == isFound)
    #expect(matches(Sample.event(Sample.issue(title: "o", body: text))) { $0.any = [.words(word)] } == isFound)
    #expect(matches(Sample.comment(text)) { $0.comment = [.words(word)] } == isFound)
    #expect(!matches(Sample.event(Sample.issue(title: "", body: text))) { $0.title = [.words(word)] })
  }

  @Test(
    "a glob has to match the whole text",
    arguments: [
      ("bug*", "Bug: x", true), ("bug*", "a bug", false), ("*bug*", "a BUG b", true), ("?ug", "bug", true),
      ("?ug", "ug", false),
      ("*", "", true), ("", "", true), ("", "a", false), ("a*b*c", "aXbYbZc", true), ("a*b*c", "acb", false),
      ("area: */ui", "area: x/ui", true), ("**", "x", true), ("a?", "aé", true), ("ÄÖ*", "äöü", true),
      ("*a", "aab", false),
    ])
  func globs(glob: String, text: String, isFound: Bool) {
    #expect(matches(Sample.event(Sample.issue(title: text))) { $0.title = [.glob(glob)] } == isFound)
  }

  @Test("patterns are found anywhere; one that is too expensive does not hold, and says so")
  func patterns() {
    #expect(matches(Sample.event(Sample.issue(title: "v1.22"))) { $0.title = [.pattern("[0-9]{2}$")] })
    #expect(!matches(Sample.event(Sample.issue(title: "v1.2"))) { $0.title = [.pattern("[0-9]{2}$")] })
    let rule = Rule.sample(when: { $0.body = [.pattern("(a+)+$")] })
    let body = String(repeating: "a", count: 65_000) + "!"
    let outcome = AutomationProcessor(settings: Settings(rules: [rule])).decide(Sample.event(Sample.issue(body: body)))
    #expect(outcome.rules.first?.outcome == .unmatched)
    #expect(outcome.notes.contains { $0.contains("too expensive for the body") })
    let broken = Rule.sample(when: { $0.body = [.pattern("(")] })
    let other = AutomationProcessor(settings: Settings(rules: [broken])).decide(Sample.event())
    #expect(other.rules.first?.outcome == .unmatched && other.notes.contains { $0.contains("invalid") })
  }

  typealias Case = (
    what: String, input: AutomationInput, when: @Sendable (inout Rule.Conditions) -> Void, words: String, holds: Bool
  )
  static let bot = Account(login: "ci[bot]", kind: .bot)
  static let linked: ThreadContext = {
    var context = ThreadContext()
    context.links = [ThreadLink(kind: "closes", isIncoming: true, number: 12, isPullRequest: true)]
    return context
  }()
  static let known: ThreadContext = {
    var context = ThreadContext()
    context.actor.isKnown = true
    return context
  }()

  static let cases: [Case] = [
    (
      "label", Sample.event(Sample.issue(labels: ["Area/UI"])), { $0.labels = ["area/*"] },
      "it has the label \"Area/UI\"", true
    ),
    ("label", Sample.event(), { $0.labels = ["a", "b"] }, "it has no label \"a\" or \"b\"", false),
    (
      "all", Sample.event(Sample.issue(labels: ["a", "b"])), { $0.allLabels = ["A", "b"] },
      "it has the labels \"a\" and \"b\"", true
    ),
    ("all", Sample.event(Sample.issue(labels: ["a"])), { $0.allLabels = ["a", "b"] }, "it has no label \"b\"", false),
    ("no", Sample.event(Sample.issue(labels: ["a"])), { $0.noLabels = ["b*"] }, "it has no label \"b*\"", true),
    ("no", Sample.event(Sample.issue(labels: ["bc"])), { $0.noLabels = ["b*"] }, "it has the label \"bc\"", false),
    ("author", Sample.event(), { $0.author = ["ali*"] }, "the author is @alice", true),
    ("author", Sample.comment("x"), { $0.author = ["alice"] }, "the author is @bob, not \"alice\"", false),
    ("author", Sample.event(Sample.issue(author: nil)), { $0.author = ["*"] }, "deleted", false),
    ("association", Sample.comment("x"), { $0.association = [.member, .owner] }, "association is member", true),
    ("association", Sample.event(), { $0.association = [.member] }, "association is none", false),
    (
      "first", Sample.event(Sample.issue(association: "FIRST_TIMER")), { $0.isFirstTime = true }, "for the first time",
      true
    ),
    (
      "first", Sample.event(Sample.issue(association: "FIRST_TIME_CONTRIBUTOR")), { $0.isFirstTime = true },
      "first time", true
    ),
    ("first", Sample.event(), { $0.isFirstTime = true }, "first time", true),
    ("first", Sample.event(context: known), { $0.isFirstTime = true }, "contributed before", false),
    ("first", Sample.event(actor: Sample.bob), { $0.isFirstTime = true }, "contributed before", false),
    (
      "first", Sample.event(Sample.issue(association: "MEMBER")), { $0.isFirstTime = false }, "contributed before", true
    ),
    ("bot", Sample.event(), { $0.isBot = false }, "no bot is behind it", true),
    ("bot", Sample.event(), { $0.isBot = true }, "no bot", false),
    ("bot", Sample.event(Sample.issue(author: bot), actor: bot), { $0.isBot = true }, "@ci[bot] as a bot", true),
    (
      "kind", Sample.event(Sample.issue(isPullRequest: true)), { $0.isPullRequest = true }, "it is a pull request", true
    ),
    ("kind", Sample.event(), { $0.isPullRequest = true }, "it is an issue", false),
    ("open", Sample.event(), { $0.isOpen = true }, "the issue is open", true),
    ("open", Sample.event(Sample.issue(isOpen: false)), { $0.isOpen = true }, "the issue is closed", false),
    ("locked", Sample.event(Sample.issue(isLocked: true)), { $0.isLocked = true }, "is locked", true),
    ("locked", Sample.event(), { $0.isLocked = true }, "is not locked", false),
    ("age", Sample.visit(), { $0.age = 3 * day }, "it is 3 days old", true),
    ("age", Sample.visit(), { $0.age = 3 * day + 1 }, "it is 3 days old, not 3 days", false),
    ("inactive", Sample.visit(lastActivity: Sample.after(Double(2 * day))), { $0.inactivity = day }, "for 1 day", true),
    (
      "inactive", Sample.visit(lastActivity: Sample.after(Double(2 * day))), { $0.inactivity = 2 * day },
      "for 1 day, not 2 days", false
    ),
    ("inactive", Sample.visit(), { $0.inactivity = 3 * day }, "for 3 days", true),
    (
      "milestone", Sample.event(Sample.issue(milestone: "v1.0")), { $0.milestone = ["v1*"] },
      "its milestone is \"v1.0\"", true
    ),
    ("milestone", Sample.event(), { $0.milestone = ["v1*"] }, "it has no milestone", false),
    ("milestone", Sample.event(Sample.issue(milestone: "v2")), { $0.milestone = ["v1*"] }, "is \"v2\"", false),
    ("any milestone", Sample.event(), { $0.hasMilestone = false }, "it has no milestone", true),
    (
      "assignee", Sample.event(Sample.issue(assignees: ["Carol"])), { $0.assignee = ["carol"] }, "@Carol is assigned",
      true
    ),
    ("assignee", Sample.event(), { $0.assignee = ["carol"] }, "nobody like \"carol\"", false),
    ("assigned", Sample.event(), { $0.isAssigned = false }, "nobody is assigned", true),
    (
      "assigned", Sample.event(Sample.issue(assignees: ["x"])), { $0.isAssigned = false }, "somebody is assigned", false
    ),
    (
      "linked", Sample.event(context: linked), { $0.hasLinkedPullRequest = true }, "pull request #12 would close it",
      true
    ),
    ("linked", Sample.event(), { $0.hasLinkedPullRequest = true }, "no pull request", false),
    ("comment", Sample.event(), { $0.comment = [.words("x")] }, "the event has no comment", false),
    (
      "several", Sample.event(Sample.issue(title: "a")), { $0.title = [.words("b"), .words("c")] },
      "the title does not contain \"b\" or \"c\"", false
    ),
    (
      "several kinds", Sample.event(Sample.issue(title: "a")),
      { $0.title = [.words("b"), .glob("c*"), .pattern("d")] },
      "the title does not contain \"b\" or match the glob \"c*\" or the pattern \"d\"", false
    ),
    (
      "both", Sample.event(Sample.issue(title: "a")), { $0.any = [.pattern("x")] },
      "the title and the body do not match the pattern \"x\"", false
    ),
    (
      "evidence", Sample.event(Sample.issue(title: "a crash", labels: ["b"])),
      {
        $0.title = [.words("x"), .words("crash")]
        $0.labels = ["b"]
      }, "it has the label \"b\" and the title contains \"crash\"", true
    ),
    ("none", Sample.event(), { _ in }, "no conditions", true),
  ]

  @Test("each condition says what shows it, or what is there instead", arguments: cases)
  func conditions(
    what: String, input: AutomationInput, when: @Sendable (inout Rule.Conditions) -> Void, words: String, holds: Bool
  ) throws {
    let found = verdict(input, when)
    let result = try #require(found)
    #expect((result.outcome == .matched) == holds, "\(what): \(result)")
    #expect(result.words.contains(words), "\(what): \(result.words)")
  }

  @Test(
    "a section is missing where its heading is not there, or nothing is written under it",
    arguments: [
      ("### Steps\n\n1. a", false), ("### Steps\n\n_No response_", true), ("## steps:\ntext", false),
      ("Steps\n=====\n\na", false),
      ("### Steps\n\n### Next\n\na", true), ("### Steps\n#### Deeper\n\na", false), ("#### Steps\n\n### Next\na", true),
      ("", true), ("Steps", true), ("```\n### Steps\na\n```", true), ("> ### Steps\n> a", true),
      ("### Steps\n<!-- write here -->", true),
      ("### Steps\n<!-- a -->b", false), ("### Steps\n\n![shot](x)", false), ("### Steps\n\n```\na\n```", false),
      ("### Steps\n\n```\n\n```", true), ("### Steps\n\n---", true), ("### **Steps** ###\na", false),
      ("### Steps\n\n&nbsp;", true),
      ("### Steps\n\n### Steps\n\na", false), ("###  STEPS  \r\n\r\na\r\n", false),
      ("### Steps\n\n*No response*", true),
      ("### Steps\n\nNo response", false), ("### Steps taken\n\na", true), ("    ### Steps\n\na", true),
    ])
  func sections(body: String, isMissing: Bool) {
    #expect(matches(Sample.event(Sample.issue(body: body))) { $0.missingSections = ["Steps"] } == isMissing)
    #expect(
      matches(Sample.event(Sample.issue(body: body + "\n\n### Other\nx"))) {
        $0.missingSections = ["Other", "### Steps"]
      } == isMissing)
  }

  @Test("an exception keeps a rule from applying where all of it holds; an empty one is none")
  func exceptions() {
    var locked = Rule.Conditions()
    locked.isLocked = false
    locked.labels = ["a"]
    let labelled = Sample.event(Sample.issue(labels: ["a"]))
    #expect(verdict(labelled, unless: [locked]) { _ in }?.outcome == .excepted)
    #expect(verdict(labelled, unless: [locked]) { _ in }?.words.contains("unless the issue is not locked") == true)
    #expect(verdict(Sample.event(), unless: [locked]) { _ in }?.outcome == .matched)
    #expect(verdict(Sample.event(), unless: [Rule.Conditions()]) { _ in }?.outcome == .matched)
  }

  @Test("every trigger starts its rules and no other", arguments: Rule.Trigger.words.map(\.trigger))
  func triggers(trigger: Rule.Trigger) {
    let processor = AutomationProcessor(
      settings: Settings(rules: Rule.Trigger.words.map { .sample($0.word, on: [$0.trigger]) }))
    let input =
      trigger.event == .issueComment
      ? Sample.comment("x", before: trigger.action == "edited" ? "y" : nil)
      : Sample.event(trigger.action, event: trigger.event)
    let matched = processor.decide(input).rules.filter { $0.outcome == .matched }.map(\.name)
    #expect(matched == Rule.Trigger.words.filter { $0.trigger == trigger }.map(\.word))
    let explained = processor.explain(input)
    #expect(explained.allSatisfy { $0.outcome == .matched })
  }

  @Test("pull_request_target starts the rules of pull_request")
  func pullRequestTarget() {
    let rule = Rule.sample(on: [Rule.Trigger(.pullRequest, "opened")])
    let input = Sample.event(Sample.issue(isPullRequest: true), event: .pullRequestTarget)
    #expect(AutomationProcessor(settings: Settings(rules: [rule])).decide(input).effects == [.addLabels(["l"])])
  }

  @Test("a hundred hostile patterns on one event cost no more than ten", .timeLimit(.minutes(1)))
  func patternBudget() {
    let rules = (0..<100).map { number in Rule.sample("r\(number)", when: { $0.body = [.pattern("(a+)+\(number)?$")] })
    }
    let processor = AutomationProcessor(settings: Settings(rules: rules))
    let body = String(repeating: "a", count: 65_000) + "!"
    let elapsed = ContinuousClock().measure { _ = processor.decide(Sample.event(Sample.issue(body: body))) }
    // An unoptimised build on a loaded machine; without a common budget it would be ten times as long.
    #expect(elapsed < .seconds(5))
  }

  @Test("hostile texts, phrases and globs are decided in linear time", .timeLimit(.minutes(1)))
  func time() {
    let rules = (0..<20).map { number in
      Rule.sample(
        "r\(number)",
        when: {
          $0.any = [.words(String(repeating: "a ", count: 99) + "b"), .words("ä\(number)")]
          $0.body = [.glob("*a*a*a*a*a*a*b")]
        })
    }
    let processor = AutomationProcessor(settings: Settings(rules: rules))
    for text in [
      String(repeating: "a ", count: 32_768), String(repeating: "a", count: 65_536),
      String(repeating: "!", count: 65_536),
      String(repeating: "é\u{301}", count: 32_768),
    ] {
      let elapsed = ContinuousClock().measure {
        _ = processor.decide(Sample.event(Sample.issue(title: "x", body: text)))
      }
      // An unoptimised build on a loaded machine; quadratic time would be minutes.
      #expect(elapsed < .seconds(10))
    }
  }
}

extension Sample {
  /// An event of the sample issue with another action.
  fileprivate static func event(_ action: String?, event: EventName) -> AutomationInput {
    Sample.event(Sample.issue(), action, event: event)
  }
}
