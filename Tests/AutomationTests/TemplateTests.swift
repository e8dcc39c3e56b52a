import Automation
import Domain
import Testing

private func comment(_ template: String, _ input: AutomationInput = Sample.event()) -> String? {
  let rule = Rule.sample(then: { $0.comment = template })
  let outcome = AutomationProcessor(settings: Settings(rules: [rule])).decide(input)
  if case .comment(let body)? = outcome.effects.first { return body }
  return nil
}

@Suite("Comments by template")
struct TemplateTests {
  @Test("every placeholder has its value")
  func values() {
    var context = ThreadContext()
    context.links = [
      ThreadLink(kind: "closes", isIncoming: true, number: 12, isPullRequest: true),
      ThreadLink(kind: "closes", isIncoming: true, repository: "a/b", number: 3, isPullRequest: true),
      ThreadLink(kind: "mentions", isIncoming: true, number: 4),
    ]
    let issue = Sample.issue(title: "T", labels: ["a", "b c"], assignees: ["carol"], milestone: "v1")
    let input = Sample.event(issue, "edited", actor: Sample.bob, context: context)
    for (template, text) in [
      ("Hi {{author}}, see {{repository}}#{{ number }}", "Hi @alice, see octo/repo#7"),
      ("{{title}}|{{milestone}}", "T|v1"), ("{{labels}}", "`a`, `b c`"), ("{{assignees}}", "`carol`"),
      ("{{actor}}", "@bob"), ("{{url}}", "https://github.com/octo/repo/issues/7"), ("{{linked}}", "#12, `a/b#3`"),
    ] {
      #expect(comment(template, input) == text)
    }
    #expect(
      comment("{{url}}", Sample.event(Sample.issue(isPullRequest: true))) == "https://github.com/octo/repo/pull/7")
  }

  @Test(
    "untrusted parts stay text",
    arguments: [
      "@everyone", "<img src=x>", "[a](http://evil)", "#1", "`x`", "</details>", "**b**", "a\n# b", "![i](x)",
    ])
  func escaping(title: String) throws {
    for template in ["T: {{title}}!", "T: {{milestone}}!", "T: {{labels}}!"] {
      let body = try #require(
        comment(template, Sample.event(Sample.issue(title: title, labels: [title], milestone: title))))
      let shown = body.replacing("`", with: "")
      #expect(body.hasPrefix("T: ") && body.hasSuffix("!"))
      #expect(!body.contains("\n"))
      if template != "T: {{labels}}!" {
        #expect(!body.contains("<") && !body.contains("@e") && !body.contains("](") && !body.contains("`"))
        #expect(!shown.contains("#1"))
      }
    }
  }

  @Test("an author is mentioned only where the login has a login's form")
  func authors() {
    func body(_ template: String, _ author: String?, title: String = "x") -> String? {
      comment(template, Sample.event(Sample.issue(title: title, author: author.map { Account(login: $0) })))
    }
    #expect(body("{{author}}", "al-ice") == "@al-ice")
    #expect(body("@{{author}}", "alice") == "@alice")
    #expect(body("{{author}}", nil) == "`ghost`")
    #expect(body("@{{title}}", "alice", title: "alice") == "@&#8203;alice")
    #expect(body("#{{title}}", "alice", title: "1") == "#&#8203;1")
  }

  @Test("a stranger's text does not begin a line with what another bot would take for a command")
  func slashes() {
    let issue = Sample.issue(title: "/close now", milestone: "  /x")
    #expect(comment("{{title}}", Sample.event(issue)) == "&#47;close now")
    #expect(comment("a\n  {{title}}", Sample.event(issue)) == "a\n  &#47;close now")
    #expect(comment("a {{title}}", Sample.event(issue)) == "a /close now")
    #expect(comment("a\n{{milestone}}", Sample.event(issue)) == "a\n&#47;x")
    for body in ["{{title}}", "a\n{{title}}", "{{milestone}}"].compactMap({ comment($0, Sample.event(issue)) }) {
      #expect(!AutomationProcessor.mayHoldCommands(body))
    }
  }

  @Test("a template that cannot be read is a note")
  func invalid() {
    let rule = Rule.sample(then: {
      $0.comment = "{{nobody}}"
      $0.title = "{{"
    })
    let outcome = AutomationProcessor(settings: Settings(rules: [rule])).decide(Sample.event())
    #expect(outcome.effects == [])
    #expect(outcome.notes.count { $0.contains("template is invalid") } == 2)
  }
}
