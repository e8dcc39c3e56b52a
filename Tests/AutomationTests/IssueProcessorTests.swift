import Automation
import Domain
import Testing

private let repository = RepositoryName("octo/repo")!

private func decide(
  _ rules: [Rule], title: String = "", body: String = "", labels: [String] = [], author: String? = "alice",
  action: String = "opened"
) -> Deliberation {
  let issue = Domain.Issue(
    id: 1, number: 7, title: title, body: body, labels: labels, author: author.map { Account(login: $0) })
  return IssueProcessor(settings: Settings(rules: rules)).decide(issue, action: action, in: repository)
}

private func rule(
  _ name: String = "r", title: [String] = [], body: [String] = [], any: [String] = [], label: [String] = ["l"],
  comment: String? = nil
) -> Rule {
  Rule(
    name: name, conditions: .init(titleWords: title, bodyWords: body, anyWords: any),
    actions: .init(addLabels: label, comment: comment))
}

@Suite("Rules on issues")
struct IssueProcessorTests {
  @Test(
    "words match whole, in any case, with any white space between them",
    arguments: [
      ("crash", "It CRASHed", false), ("crash", "It CRASH.", true), ("crash", "crashes", false),
      ("crash", "a_crash_b", true),
      ("crash", "crash2", false), ("stack trace", "a stack\r\n\t trace!", true), ("stack trace", "stacktrace", false),
      ("stack trace", "stack-trace", false), ("stack trace", "stack stack trace", true), ("c++", "in C++ code", true),
      ("c++", "c+", false), ("größe", "Die GRÖSSE", false), ("größe", "Die GRÖßE", true),
      ("größe", "gro\u{308}ße", true),
      ("ошибка", "Ошибка!", true), ("ошибк", "Ошибка", false), ("崩溃", "应用崩溃了", true), ("クラッシュ", "アプリがクラッシュした", true),
      ("500", "HTTP 500", true), ("500", "1500", false), ("v1.2", "in v1.2.3", true), ("don't", "I don't know", true),
      ("panic", "pa\u{200B}nic", true), ("🚢", "x🚢y", true), (" bug ", "bug", true), (" ", "a b", false),
      ("", "a", false),
      ("a a b", "a a a b", true), ("x", "", false),
    ])
  func words(word: String, text: String, matches: Bool) {
    #expect(!decide([rule(title: [word])], title: text).decisions.isEmpty == matches)
    #expect(!decide([rule(body: [word])], body: text).decisions.isEmpty == matches)
    #expect(!decide([rule(any: [word])], title: "other", body: text).decisions.isEmpty == matches)
    #expect(decide([rule(title: [word])], body: text).decisions.isEmpty)
  }

  @Test("every list that is given must hold, and one word of it is enough")
  func conditions() {
    let both = [rule(title: ["a", "b"], body: ["c"])]
    #expect(decide(both, title: "b", body: "c").decisions.count == 1)
    #expect(decide(both, title: "b", body: "d").decisions.isEmpty)
    #expect(decide([rule()], title: "anything").decisions.isEmpty)
  }

  @Test("all labels of one event are one decision that names its rules")
  func oneDecision() throws {
    let rules = [
      rule("one", title: ["x"], label: ["a", "b"]), rule("two", any: ["x"], label: ["B", "c"]),
      rule("no", title: ["y"]),
    ]
    let deliberation = decide(rules, title: "x", labels: ["C"])
    #expect(deliberation.decisions.count == 1)
    let decision = try #require(deliberation.decisions.first)
    #expect(decision.effect == .addLabels(["a", "b"]))
    #expect(decision.target == ItemReference(repository: repository, number: 7))
    #expect(decision.reason.origin == "rules 'one', 'two'")
    #expect(decision.reason.evidence == "'one': the title contains \"x\"; 'two': the title contains \"x\"")
    #expect(decision.before == ["labels": ["C"]])
    #expect(deliberation.notes.map(\.origin) == ["rule 'two'"])
    #expect(deliberation.notes[0].evidence.contains("has the label \"c\" already"))
  }

  @Test("a rule that its event does not trigger is not looked at, and the note says so")
  func triggers() {
    let deliberation = decide([rule(title: ["x"])], title: "x", action: "closed")
    #expect(deliberation.decisions.isEmpty)
    #expect(deliberation.notes.count == 1)
    #expect(decide([], title: "x").notes[0].evidence.contains("no rules"))
    #expect(decide([rule(title: ["x"])], title: "y").notes[0].evidence.contains("does not match"))
  }

  @Test("an issue never gets more than a hundred labels")
  func labelLimit() {
    let present = (0..<98).map { "l\($0)" }
    let deliberation = decide([rule(title: ["x"], label: ["a", "b", "c", "l1"])], title: "x", labels: present)
    #expect(deliberation.decisions.map(\.effect) == [.addLabels(["a", "b"])])
    #expect(deliberation.notes.count == 2)
  }

  @Test("a comment is decided once per rule and issue")
  func commentOnce() throws {
    let rules = [rule("r", title: ["x"], label: [], comment: "Hi {{author}}, see {{repository}}#{{ number }}")]
    let decision = try #require(decide(rules, title: "x").decisions.first)
    #expect(decision.onceKey == "comment:r:issue:1")
    #expect(decision.effect == .comment(body: "Hi @alice, see octo/repo#7"))
  }

  @Test(
    "untrusted parts of a template stay text",
    arguments: [
      "@everyone", "<img src=x>", "[a](http://evil)", "#1", "`x`", "</details>", "**b**", "a\n# b", "![i](x)",
    ])
  func escaping(title: String) throws {
    let rules = [rule(any: ["w"], label: [], comment: "T: {{title}}!")]
    let effect = try #require(decide(rules, title: title, body: "w").decisions.first?.effect)
    guard case .comment(let body) = effect else { return }
    #expect(body.hasPrefix("T: ") && body.hasSuffix("!"))
    #expect(
      !body.contains("\n") && !body.contains("<") && !body.contains("@e") && !body.contains("](") && !body.contains("`")
    )
    #expect(!body.contains("#1"))
  }

  @Test("an author is mentioned only where the login has a login's form")
  func authors() {
    func comment(_ template: String, _ author: String?, title: String = "x") -> Effect? {
      decide([rule(any: ["w"], label: [], comment: template)], title: title, body: "w", author: author).decisions.first?
        .effect
    }
    #expect(comment("{{author}}", "al-ice") == .comment(body: "@al-ice"))
    #expect(comment("@{{author}}", "alice") == .comment(body: "@alice"))
    #expect(comment("{{author}}", "ci[bot]") == .comment(body: "`ci[bot]`"))
    #expect(comment("{{author}}", nil) == .comment(body: "`ghost`"))
    #expect(comment("@{{title}}", "alice", title: "alice") == .comment(body: "@&#8203;alice"))
  }

  @Test("a comment that GitHub would refuse for its length is not decided")
  func length() {
    let template = String(repeating: "{{title}}", count: 1000)
    let deliberation = decide(
      [rule(title: ["x"], label: [], comment: template)], title: "x " + String(repeating: "<", count: 200))
    #expect(deliberation.decisions.isEmpty)
    #expect(deliberation.notes[0].evidence.contains("longer than GitHub accepts"))
  }

  @Test("hostile texts and phrases are decided in linear time", .timeLimit(.minutes(1)))
  func time() {
    let long = String(repeating: "a ", count: 32_768)
    let rules = (0..<100).map { rule("r\($0)", any: [String(repeating: "a ", count: 99) + "b", "ä\($0)"]) }
    let clock = ContinuousClock()
    for text in [
      long, String(repeating: "a", count: 65_536), String(repeating: "!", count: 65_536),
      String(repeating: "é\u{301}", count: 32_768),
    ] {
      let elapsed = clock.measure { _ = decide(rules, title: "x", body: text) }
      // An unoptimised build on a loaded machine; quadratic time would be minutes.
      #expect(elapsed < .seconds(10))
    }
  }
}
