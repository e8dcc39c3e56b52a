import Automation
import Domain
import Testing

private func commands(_ body: String, before: String? = nil) -> [Command] {
  AutomationProcessor(settings: Settings()).commands(Sample.comment(body, before: before))
}
private func requests(_ body: String, before: String? = nil) -> [Command.Request] {
  commands(body, before: before).map(\.request)
}
private func mistake(_ body: String) -> String? {
  if case .mistake(let why) = requests(body).first { why } else { nil }
}

@Suite("Reading commands")
struct CommandReadingTests {
  @Test(
    "the grammar",
    arguments: [
      ("/label bug", .addLabels(["bug"])), ("/label a, \"b c\"", .addLabels(["a", "b c"])),
      ("/label a b,c ,, d", .addLabels(["a", "b", "c", "d"])),
      ("/LABEL “good first issue” x", .addLabels(["good first issue", "x"])),
      ("/label a A", .addLabels(["a"])), ("/label __init__ a*b*", .addLabels(["__init__", "a*b*"])),
      ("/label area:ui/x #1", .addLabels(["area:ui/x", "#1"])), ("/label bug <!-- why -->", .addLabels(["bug"])),
      ("/label 5\" x", .addLabels(["5\"", "x"])), ("/label a\u{A0}b", .addLabels(["a", "b"])),
      ("/unlabel bug", .removeLabels(["bug"])),
      ("/label\tbug", .addLabels(["bug"])), ("  /label bug  ", .addLabels(["bug"])),
      ("/close", .close(nil)), ("/close Completed", .close(.completed)),
      ("/close not planned", .close(.notPlanned)),
      ("/close not_planned", .close(.notPlanned)), ("/close \"not planned\"", .close(.notPlanned)),
      ("/close duplicate", .close(.duplicate)), ("/Reopen", .reopen), ("/assign", .assign([nil])),
      ("/assign me", .assign([nil])),
      ("/assign @al-ice, bob_corp", .assign(["al-ice", "bob_corp"])), ("/unassign", .unassign([nil])),
      ("/unassign @x me", .unassign(["x", nil])), ("/lock", .lock(nil)), ("/lock too-heated", .lock(.tooHeated)),
      ("/lock off topic", .lock(.offTopic)), ("/lock \"too heated\"", .lock(.tooHeated)), ("/lock spam", .lock(.spam)),
      ("/unlock", .unlock), ("/milestone v1.0", .setMilestone("v1.0")),
      ("/milestone \"v1 beta\"", .setMilestone("v1 beta")),
      ("/milestone v1 beta, final", .setMilestone("v1 beta, final")), ("/milestone None", .setMilestone(nil)),
      ("/milestone \"none\"", .setMilestone("none")), ("/title A  new: \"title\"!", .setTitle("A  new: \"title\"!")),
      ("/title “Quoted”", .setTitle("Quoted")), ("/duplicate #12", .duplicate(DuplicateTarget(number: 12))),
      ("/duplicate octo/REPO#12", .duplicate(DuplicateTarget(number: 12))),
      ("/duplicate a/b.c#7", .duplicate(DuplicateTarget(repository: RepositoryName("a/b.c"), number: 7))),
      ("/duplicate https://github.com/octo/repo/issues/12", .duplicate(DuplicateTarget(number: 12))),
      (
        "/duplicate https://github.com/a/b/pull/3#issuecomment-1",
        .duplicate(DuplicateTarget(repository: RepositoryName("a/b"), number: 3))
      ),
      ("/undo", .ask(.undo(nil))),
      (
        "/undo 0191E8A0-0000-7000-8000-000000000001",
        .ask(.undo(TransactionID("0191e8a0-0000-7000-8000-000000000001")))
      ),
      ("/reprocess", .ask(.reprocess)), ("/explain", .ask(.explain)), ("/help", .help), ("/help me", .help),
    ] as [(String, Command.Request)])
  func grammar(body: String, request: Command.Request) {
    #expect(requests(body) == [request])
  }

  @Test(
    "what is wrong with a command is said",
    arguments: [
      ("/label", "names no label"), ("/label \"a", "not closed"), ("/label \"\"", "empty quotes"),
      ("/label \"a\"b", "missing after"),
      ("/label \(String(repeating: "x", count: 51))", "1 to 50"), ("/label a\u{07}b", "cannot be a label"),
      ("/close later", "no reason to close"), ("/reopen now", "no argument"), ("/assign @octo/team", "no login"),
      ("/assign \(String(repeating: "x", count: 40))", "no login"), ("/assign @-x", "no login"),
      ("/lable bug", "did you mean /label"), ("/labels bug", "did you mean /label"), ("/clsoe", "did you mean /close"),
      ("/label \(String(repeating: "x ", count: 101))", "more than 100"), ("/lock forever", "no reason to lock"),
      ("/unlock now", "no argument"), ("/title", "names no title"),
      ("/title \(String(repeating: "x", count: 257))", "1 to 256"),
      ("/title a\u{07}b", "1 to 256"), ("/milestone", "names no milestone"), ("/duplicate", "names no issue"),
      ("/duplicate 12 13", "names no issue"), ("/duplicate #0", "names no issue"), ("/duplicate #7", "of itself"),
      ("/duplicate https://evil.example/a/b/issues/3", "names no issue"),
      ("/duplicate www.evil.example/b#3", "names no issue"), ("/undo it", "no transaction"),
      ("/explain why", "no argument"),
    ])
  func mistakes(body: String, contains: String) throws {
    #expect(try #require(mistake(body)).contains(contains))
    #expect(commands(body).allSatisfy { !$0.needsPermission })
  }

  @Test(
    "lines that are no command are passed over in silence",
    arguments: [
      "", "/", "/ label bug", "//label bug", "please /label bug", "/usr/bin/env", "/label/bug", "/shrug", "/retest",
      "/label:bug",
      "/close.", "x/close", "`/close`", "-/close", "\\/close", "&#47;close", "/лabel x", "／close",
    ])
  func silence(body: String) { #expect(requests(body) == []) }

  @Test("commands are ordinary text at the start of a line, as CommonMark sees it", arguments: CommandCorpus.all)
  func corpus(text: String, lines: [Int]) {
    #expect(commands(text).map(\.line) == lines, "\(text.debugDescription)")
  }

  @Test("the corpus is as large as it is said to be, and has no case twice")
  func corpusSize() {
    #expect(CommandCorpus.all.count >= 400)
    #expect(Set(CommandCorpus.all.map(\.text)).count == CommandCorpus.all.count)
  }

  @Test("several commands keep their order and lines")
  func several() {
    let found = commands("Hi\r\n/label a\r\n\r\n```\n/close\n```\n/unlabel b\n> /reopen\n\n/assign @x\n")
    #expect(found.map(\.line) == [2, 7, 10])
    #expect(found.map(\.name) == ["label", "unlabel", "assign"])
    #expect(commands("/close").first?.line == 1)
  }

  @Test("an edit brings only the commands that were not there")
  func edits() {
    #expect(requests("/close\n/label a", before: "/close") == [.addLabels(["a"])])
    #expect(requests("text\n\n/close", before: "/close") == [])
    #expect(requests("/close", before: "`/close`") == [.close(nil)])
    #expect(requests("/close\n/close", before: "/close") == [.close(nil)])
    #expect(requests("/label a b", before: "/label a") == [.addLabels(["a", "b"])])
    #expect(requests("/label  a   b", before: "/LABEL a b") == [])
    #expect(requests("", before: "/close") == [])
  }

  @Test("what was read in the text before is not read again, whichever of its versions had it")
  func recorded() {
    func requests(_ body: String, before: String? = nil, read: [String]) -> [Command.Request] {
      var context = ThreadContext()
      context.commands = read.map { CommandRecord(name: $0, arguments: "") }
      return AutomationProcessor(settings: Settings())
        .commands(Sample.comment(body, before: before, context: context)).map(\.request)
    }
    #expect(requests("/close\n/reopen", read: ["close"]) == [.reopen])
    #expect(requests("/close\n/close", read: ["close"]) == [.close(nil)])
    #expect(requests("/close\n/close", before: "/close\n/close", read: ["close"]) == [])
    #expect(requests("/close", before: "", read: ["close"]) == [])
    #expect(requests("/close", before: "/close", read: []) == [])
    #expect(requests("/close\n/reopen\n/close", before: "/close", read: ["reopen"]) == [.close(nil)])
  }

  @Test("the body of an item is read for commands as a comment is, when it is written and when it is edited")
  func bodies() {
    let processor = AutomationProcessor(settings: Settings())
    func lines(_ event: EventName, _ action: String?, before: String? = nil) -> [Int] {
      var input = Sample.event(Sample.issue(body: "a\n/close"), action, event: event)
      input.previousBody = before
      return processor.commands(input).map(\.line)
    }
    #expect(lines(.issues, "opened") == [2])
    #expect(lines(.pullRequest, "opened") == [2])
    #expect(lines(.pullRequestTarget, "opened") == [2])
    #expect(lines(.issues, "edited", before: "a") == [2])
    #expect(lines(.issues, "edited", before: "a\n/close") == [])
    #expect(lines(.issues, "labeled") == [])
    #expect(lines(.schedule, nil) == [])
  }

  @Test("commands that are switched off are not read, nor are a bot's")
  func disabled() {
    let off = AutomationProcessor(settings: Settings(commands: CommandSettings(isEnabled: false)))
    #expect(off.commands(Sample.comment("/close")) == [])
    let processor = AutomationProcessor(settings: Settings())
    #expect(processor.commands(Sample.comment("/close", author: Account(login: "ci[bot]", kind: .bot))) == [])
    #expect(processor.commands(Sample.comment("/close\n<!-- yardmaster:action=1 -->")) == [])
    #expect(!processor.needsPermission(Sample.comment("/clsoe")))
    #expect(processor.needsPermission(Sample.comment("/close")))
  }

  @Test("a text has at most twenty commands, and says so")
  func limit() {
    let found = commands((0..<300).map { "/label l\($0)\n" }.joined())
    #expect(found.count == 21)
    #expect(found.last?.line == 21)
    #expect(found.last?.needsPermission == false)
  }

  @Test(
    "a text without a line that begins as commands do is known without the configuration",
    arguments: [
      ("a\n  /deploy now", true), ("/x", true), ("a /close", false), ("/usr/bin", false), ("", false),
      ("> /close", false),
      ("a\r/close", true), ("\u{FEFF}/close", true),
    ])
  func mayHold(text: String, may: Bool) { #expect(AutomationProcessor.mayHoldCommands(text) == may) }

  @Test("a forged mark is no command")
  func forgery() {
    #expect(requests("/close\n\n> /c0x0x\n\n/cx0x /c1x0x") == [.close(nil)])
  }
}
