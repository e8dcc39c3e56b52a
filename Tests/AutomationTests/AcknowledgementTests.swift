import Automation
import Domain
import Markup
import TestSupport
import Testing

private let settings = Settings(
  commands: CommandSettings(
    aliases: ["bug": CommandSettings.Alias(command: "label", arguments: "bug")],
    custom: [
      CustomCommand(
        name: "deploy", description: "Deploys | @team", permission: .admin,
        arguments: [CustomCommand.Argument(name: "where"), CustomCommand.Argument(name: "why", isRequired: false)],
        actions: Rule.Actions())
    ]))
private let processor = AutomationProcessor(settings: settings)

private func reactions(_ decisions: [Decision]) -> [Effect.Reaction] {
  decisions.compactMap { if case .react(let reaction, _) = $0.effect { reaction } else { nil } }
}

@Suite("Answers to commands")
struct AcknowledgementTests {
  @Test("what is accepted is acknowledged first, and again once it is done")
  func accepted() {
    let input = Sample.comment("/label a")
    let outcome = processor.decide(input)
    #expect(outcome.effects == [.react(.eyes, to: .comment(id: 500)), .addLabels(["a"])])
    #expect(
      processor.acknowledge(outcome, of: input, failures: []).map(\.effect) == [.react(.rocket, to: .comment(id: 500))])
    let body = Sample.event(Sample.issue(body: "/label a"), permission: .write)
    #expect(processor.decide(body).effects.first == .react(.eyes, to: .item))
  }

  @Test("what is refused or wrong is answered once, line by line, and nobody is mentioned")
  func refused() throws {
    let input = Sample.comment("/label a\n/deploy @team/<b>\n/clsoe now\n/lock", permission: .triage)
    let outcome = processor.decide(input)
    let reply = try #require(outcome.reply)
    #expect(reactions(outcome.deliberation.decisions) == [.eyes, .confused])
    #expect(reply.hasPrefix("Not carried out:\n\n- Line 2, `/deploy`: @&#8203;bob has triage permission"))
    #expect(reply.contains("- Line 3, `/clsoe`: there is no command /clsoe; did you mean /close?"))
    #expect(reply.contains("- Line 4, `/lock`: @&#8203;bob has triage permission; the command needs write"))
    #expect(outcome.deliberation.decisions.count { if case .comment = $0.effect { true } else { false } } == 1)
    #expect(processor.acknowledge(outcome, of: input, failures: []) == [])
    let allRefused = processor.decide(Sample.comment("/lock", permission: .read))
    #expect(reactions(allRefused.deliberation.decisions) == [.confused])
  }

  @Test("what failed is answered, escaped")
  func failed() throws {
    let input = Sample.comment("/label a")
    let last = processor.acknowledge(processor.decide(input), of: input, failures: ["GitHub said <b>\n/close @all"])
    #expect(reactions(last) == [.confused])
    guard case .comment(let body) = try #require(last.first).effect else { return }
    #expect(body == "Not everything could be done:\n\n- GitHub said &#60;b&#62; /close @&#8203;all")
  }

  @Test("the same answer is not given twice in a thread, and superseded commands get none")
  func repeated() throws {
    let first = try #require(processor.decide(Sample.comment("/lock", permission: .read)).reply)
    let context = ThreadContext(said: [Sample.digest(first)])
    #expect(processor.decide(Sample.comment("/lock", permission: .read, context: context)).reply == nil)
    var newer = ThreadContext()
    newer.facets[.lock] = FacetRecord(value: "unlocked", standing: Standing(will: .person, moment: Moment(Sample.now)))
    #expect(processor.decide(Sample.comment("/lock", context: newer)).effects == [])
  }

  @Test("help shows every command with what it needs")
  func help() throws {
    let outcome = processor.decide(Sample.comment("/help", permission: .read))
    let reply = try #require(outcome.reply)
    for name in settings.commands.names { #expect(reply.contains("`/\(name)"), "\(name)") }
    #expect(
      reply.contains("| `/undo [transaction]` | takes back what was done last, or by that transaction | maintain |"))
    #expect(reply.contains("| `/deploy where [why]` | Deploys &#124; @&#8203;team | admin |"))
    #expect(reply.contains("| `/bug` | the same as `/label bug` | triage |"))
    #expect(reactions(outcome.deliberation.decisions) == [.eyes])
  }

  @Test(
    "a reply's reason says what is answered",
    arguments: [
      ("/help", "the answer to /help"), ("/lock", "what the commands asked for cannot all be done"),
      ("/lock\n/help", "what the commands asked for cannot all be done, and the answer to /help"),
    ])
  func reasons(text: String, evidence: String) {
    let outcome = processor.decide(Sample.comment(text, permission: .read))
    let reply = outcome.deliberation.decisions.first { if case .comment = $0.effect { true } else { false } }
    #expect(reply?.reason.evidence == evidence)
  }

  @Test("a repository that wants no acknowledgement gets none; who asks for help still gets it")
  func silent() {
    var silent = settings
    silent.commands.acknowledges = false
    let processor = AutomationProcessor(settings: silent)
    let input = Sample.comment("/label a\n/lock\n/clsoe", permission: .triage)
    let outcome = processor.decide(input)
    #expect(outcome.effects == [.addLabels(["a"])])
    #expect(processor.acknowledge(outcome, of: input, failures: ["x"]) == [])
    #expect(processor.decide(Sample.comment("/help", permission: .read)).reply != nil)
  }

  @Test("a request is answered in a reply of its own")
  func requests() {
    let decision = processor.reply("Rule \("@x")", to: Sample.comment("/explain"))
    #expect(decision?.effect == .comment(body: "Rule @&#8203;x"))
    #expect(decision?.onceKey == "reply:500:digest of Rule @&#8203;x")
    #expect(processor.reply("x", to: Sample.visit()) == nil)
  }

  @Test("no reply holds a line that any Yardmaster would read as a command", arguments: 1...5 as ClosedRange<UInt64>)
  func harmless(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let pieces = [
      "/lock", "/clsoe", "/close", "/label", "\n", "\n\n", "/help\n", "/deploy", " ", "x", "\"", "`", "|", "<b>",
      "@team", "- ",
      "/bug", "\\", "#1", "/title ", "```", "\r", "/duplicate", "\u{2028}", "\t",
    ]
    for round in 0..<200 {
      let body = (0..<Int.random(in: 1...30, using: &generator)).map { _ in
        pieces[Int.random(in: pieces.indices, using: &generator)]
      }.joined()
      let outcome = processor.decide(Sample.comment(body, permission: .read))
      for case .comment(let reply) in outcome.effects {
        #expect(processor.commands(Sample.comment(reply)) == [], "seed \(seed), round \(round)")
        #expect(!AutomationProcessor.mayHoldCommands(reply), "seed \(seed), round \(round)")
        #expect(!reply.contains("@team") && !reply.contains("<b>"), "seed \(seed), round \(round)")
      }
    }
  }
}
