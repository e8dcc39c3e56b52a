import Automation
import Domain
import Testing

private func decide(_ input: AutomationInput, _ commands: CommandSettings = CommandSettings()) -> AutomationOutcome {
  AutomationProcessor(settings: Settings(commands: commands)).decide(input)
}

@Suite("What commands decide")
struct CommandDecisionTests {
  @Test("each command has its effect, its reason, its standing and what was there before")
  func effects() {
    let issue = Sample.issue(labels: ["Old"], assignees: ["carol"])
    let outcome = decide(Sample.comment("/label a\n/unlabel old\n/assign\n/close not planned", on: issue))
    #expect(
      outcome.writes == [.removeLabel("old"), .addLabels(["a"]), .assign(["bob"]), .close(reason: .notPlanned)])
    let decisions = outcome.deliberation.decisions.filter { $0.reason.origin != "commands" }
    #expect(
      decisions.map(\.reason.origin) == ["command /unlabel", "command /label", "command /assign", "command /close"])
    #expect(decisions.allSatisfy { $0.reason.evidence == "@bob has write permission" })
    #expect(decisions.map(\.standing.moment.line) == [2, 1, 3, 4])
    #expect(decisions.allSatisfy { $0.standing.will == .person && $0.standing.login == "bob" })
    #expect(
      decisions.allSatisfy { $0.standing.moment.time == Sample.after(3_600) && $0.standing.moment.comment == 500 })
    #expect(
      decisions.map(\.before) == [
        ["labels": ["Old"]], ["labels": []], ["assignees": ["carol"]], ["state": "open", "state_reason": nil],
      ])
  }

  @Test(
    "every command that writes writes its facet",
    arguments: [
      ("/lock", .lock(reason: nil)), ("/lock spam", .lock(reason: .spam)), ("/milestone v1", .setMilestone("v1")),
      ("/title A new one", .setTitle("A new one")), ("/close", .close(reason: .completed)),
      ("/unassign dave", .unassign(["dave"])),
      ("/milestone none", .setMilestone(nil)), ("/unlabel x", .removeLabel("x")), ("/assign eve", .assign(["eve"])),
    ] as [(String, Effect)])
  func written(body: String, effect: Effect) {
    let issue = Sample.issue(labels: ["x"], assignees: ["dave"], milestone: "v0")
    #expect(decide(Sample.comment(body, on: issue)).writes == [effect])
  }

  @Test("the permission of the text's author counts, command by command")
  func permission() {
    let commands = CommandSettings(permissions: ["close": .write, "assign": .read])
    func writes(_ permission: Permission?) -> [Effect] {
      decide(Sample.comment("/label a\n/close\n/assign", permission: permission), commands).writes.filter {
        if case .comment = $0 { false } else { true }
      }
    }
    #expect(writes(nil) == [])
    #expect(writes(.read) == [.assign(["bob"])])
    #expect(writes(.triage) == [.addLabels(["a"]), .assign(["bob"])])
    #expect(writes(.admin).count == 3)
    let refused = decide(Sample.comment("/close", permission: .triage), commands)
    #expect(refused.notes.contains("@bob has triage permission; the command needs write"))
    #expect(refused.commands.read.map(\.verdict) == [.refused])
  }

  @Test("an undo needs the permission that the rollback names")
  func undo() {
    let settings = Settings(
      commands: CommandSettings(permissions: ["undo": .read]), rollback: RollbackSettings(permission: .admin))
    let processor = AutomationProcessor(settings: settings)
    #expect(processor.decide(Sample.comment("/undo", permission: .maintain)).commands.requests == [])
    #expect(processor.decide(Sample.comment("/undo", permission: .admin)).commands.requests == [.undo(nil)])
  }

  @Test("the item's author may give the commands that are granted to authors, unless somebody else wrote them")
  func authors() {
    let commands = CommandSettings(forAuthors: ["close"])
    func verdicts(_ input: AutomationInput) -> [ReadCommand.Verdict] {
      decide(input, commands).commands.read.map(\.verdict)
    }
    #expect(
      verdicts(Sample.comment("/close\n/lock", author: Sample.alice, permission: .read)) == [.accepted, .refused])
    #expect(verdicts(Sample.comment("/close", permission: .read)) == [.refused])
    #expect(
      verdicts(Sample.comment("/close", before: "", author: Sample.alice, actor: Sample.bob, permission: .read)) == [
        .refused
      ])
    #expect(verdicts(Sample.comment("/close", before: "", author: Sample.alice, permission: .read)) == [.accepted])
    #expect(verdicts(Sample.event(Sample.issue(body: "/close"), permission: .read)) == [.accepted])
  }

  @Test("what GitHub shows already is a note, no effect, and no refusal")
  func shown() {
    for (body, issue, note) in [
      ("/label A", Sample.issue(labels: ["a"]), "has the label"), ("/unlabel b", Sample.issue(), "has no label"),
      ("/close", Sample.issue(isOpen: false, reason: "not_planned"), "closed already"),
      ("/reopen", Sample.issue(), "open already"),
      ("/assign alice", Sample.issue(assignees: ["Alice"]), "assigned already"),
      ("/unassign", Sample.issue(), "is not assigned"),
      ("/lock", Sample.issue(isLocked: true), "locked already"), ("/unlock", Sample.issue(), "not locked"),
      ("/milestone none", Sample.issue(), "no milestone"), ("/title Title", Sample.issue(), "that title already"),
    ] {
      let outcome = decide(Sample.comment(body, on: issue))
      #expect(outcome.writes == [])
      #expect(outcome.notes.contains { $0.contains(note) }, "\(outcome.notes)")
      #expect(outcome.commands.read.map(\.verdict) == [.accepted])
      #expect(outcome.reply == nil)
    }
  }

  @Test("what a command asks for and is there already counts as written by it")
  func confirmed() {
    let outcome = decide(
      Sample.comment("/label A\n/close\n/lock", on: Sample.issue(labels: ["a"], isOpen: false, reason: "not_planned")))
    #expect(outcome.confirmed.mapValues(\.value) == [.label("a"): true, .state: "not_planned"])
    #expect(outcome.confirmed[.state]?.standing.moment == Moment(Sample.after(3_600), comment: 500, line: 2))
    var context = ThreadContext()
    context.facets = outcome.confirmed
    var late = Sample.comment("/unlabel a", on: Sample.issue(labels: ["a"]), context: context)
    late.comment?.id = 499
    #expect(decide(late).commands.read.map(\.verdict) == [.superseded])
  }

  @Test("several commands of one text are decided by what they come to")
  func net() {
    func writes(_ body: String, _ issue: Domain.Issue = Sample.issue()) -> [Effect] {
      decide(Sample.comment(body, on: issue)).writes
    }
    #expect(writes("/label a\n/label b, A") == [.addLabels(["b", "A"])])
    #expect(writes("/label a\n/unlabel a") == [])
    #expect(writes("/unlabel a\n/label a", Sample.issue(labels: ["a"])) == [])
    #expect(writes("/close\n/reopen") == [])
    #expect(writes("/reopen\n/close duplicate", Sample.issue(isOpen: false)) == [.close(reason: .duplicate)])
    #expect(writes("/close", Sample.issue(isPullRequest: true)) == [.close(reason: nil)])
    #expect(writes("/assign x\n/assign me y") == [.assign(["x", "bob", "y"])])
    #expect(writes("/title a\n/title b") == [.setTitle("b")])
  }

  @Test("a duplicate is closed as one, and said in the words by which GitHub marks it")
  func duplicate() {
    let outcome = decide(Sample.comment("/duplicate #12"))
    #expect(outcome.writes == [.comment(body: "Duplicate of #12"), .close(reason: .duplicate)])
    #expect(
      decide(Sample.comment("/duplicate a/b#3", on: Sample.issue(isPullRequest: true))).writes == [
        .comment(body: "Duplicate of a/b#3"), .close(reason: nil),
      ])
    let said = ThreadContext(said: [Sample.digest("Duplicate of #12")])
    #expect(decide(Sample.comment("/duplicate #12", context: said)).writes == [.close(reason: .duplicate)])
  }

  @Test("what the caller carries out comes back as requests, in order")
  func requests() {
    let outcome = decide(Sample.comment("/explain\n/reprocess\n/undo", permission: .admin))
    #expect(outcome.commands.requests == [.explain, .reprocess, .undo(nil)])
    #expect(outcome.writes == [])
  }

  @Test("a later write stands, whoever's it is: the command is superseded")
  func superseded() {
    func outcome(_ moment: Moment, _ will: Standing.Will = .person) -> AutomationOutcome {
      var context = ThreadContext()
      context.facets[.state] = FacetRecord(
        value: "open", standing: Standing(will: will, login: "carol", moment: moment))
      return decide(Sample.comment("/close\n/label a", context: context))
    }
    let time = Sample.after(3_600)
    #expect(outcome(Moment(time, comment: 500, line: 1)).writes == [.addLabels(["a"]), .close(reason: .completed)])
    #expect(outcome(Moment(time, comment: 499, line: 9)).writes.count == 2)
    for (moment, will) in [
      (Moment(time + 1), .person), (Moment(time, comment: 501), .person), (Moment(time + 1), .rule),
    ] as [(Moment, Standing.Will)] {
      let late = outcome(moment, will)
      #expect(late.writes == [.addLabels(["a"])])
      #expect(late.commands.read.map(\.verdict) == [.superseded, .accepted])
      #expect(late.notes.contains { $0.hasSuffix("changed the state since") })
    }
  }

  @Test("commands over the limit of an hour are not carried out, unless the author has no limit")
  func flood() {
    let settings = Settings(actors: ActorSettings(commandsPerHour: 3))
    func outcome(_ earlier: Int, _ permission: Permission = .read) -> AutomationOutcome {
      var context = ThreadContext()
      context.actor.commands = earlier
      let commands = CommandSettings(permissions: ["label": .read])
      var settings = settings
      settings.commands = commands
      return AutomationProcessor(settings: settings)
        .decide(Sample.comment("/label a\n/label b", permission: permission, context: context))
    }
    #expect(outcome(1).commands.read.map(\.verdict) == [.accepted, .accepted])
    #expect(outcome(2).commands.read.map(\.verdict) == [.accepted, .flood])
    #expect(outcome(9).commands.read.map(\.verdict) == [.flood, .flood])
    #expect(outcome(9, .triage).commands.read.map(\.verdict) == [.accepted, .accepted])
    let answer = outcome(9).deliberation.decisions.last
    #expect(answer?.onceKey == "flood:octo/repo:bob:2026-11-04T00")
    #expect(outcome(9).deliberation.decisions.count == 1)
  }

  @Test("events over the limit of an hour are recorded, answered once, and not worked on")
  func eventFlood() {
    var context = ThreadContext()
    context.actor.events = 5
    let settings = Settings(rules: [.sample()], actors: ActorSettings(eventsPerHour: 5))
    let processor = AutomationProcessor(settings: settings)
    let input = Sample.comment("/label a", permission: .read, context: context)
    let outcome = processor.decide(input)
    #expect(outcome.isFlooded && outcome.rules.isEmpty)
    #expect(outcome.commands.read.map(\.verdict) == [.flood])
    #expect(outcome.deliberation.decisions.map(\.onceKey) == ["flood:octo/repo:bob:2026-11-04T00"])
    #expect(processor.needsPermission(Sample.event(context: context)))
    #expect(!processor.decide(Sample.visit(context: context)).isFlooded)
    #expect(!processor.decide(Sample.comment("/label a", context: context)).isFlooded)
  }

  @Test("an edit's commands are as new as the edit")
  func moments() {
    let outcome = decide(Sample.comment("/close", before: "x"))
    #expect(outcome.commands.read.map(\.moment) == [Moment(Sample.after(7_200), comment: 500, line: 1)])
    #expect(outcome.commands.read.map(\.record) == [CommandRecord(name: "close", arguments: "")])
    let body = decide(Sample.event(Sample.issue(body: "\n/close"), permission: .write))
    #expect(body.commands.read.map(\.moment) == [Moment(Sample.opened, line: 2)])
    #expect(body.commands.read.map(\.textID) == [0])
  }
}

@Suite("Commands of the configuration")
struct CustomCommandTests {
  private static let deploy = CustomCommand(
    name: "deploy", description: "Deploys | *now*", permission: .maintain,
    arguments: [
      CustomCommand.Argument(name: "where", choices: ["Staging", "production"]),
      CustomCommand.Argument(name: "version", isRequired: false, pattern: "v[0-9]+", defaultValue: "latest"),
      CustomCommand.Argument(name: "why", isRequired: false),
    ],
    actions: {
      var actions = Rule.Actions()
      actions.addLabels = ["deploying"]
      actions.comment = "{{actor}}: {{args.where}} {{args.why}}"
      actions.dispatch = Rule.Dispatch(
        workflow: "deploy.yml", inputs: ["to": "{{args.where}}", "v": "{{args.version}}", "why": "{{args.why}}"])
      return actions
    }())

  private func decide(_ body: String, permission: Permission = .admin, context: ThreadContext = ThreadContext())
    -> AutomationOutcome
  {
    let commands = CommandSettings(
      aliases: [
        "ship": CommandSettings.Alias(command: "deploy", arguments: "production"),
        "bug": CommandSettings.Alias(command: "label", arguments: "bug"),
      ],
      custom: [Self.deploy])
    return AutomationProcessor(settings: Settings(commands: commands))
      .decide(Sample.comment(body, permission: permission, context: context))
  }
  private func inputs(_ body: String) -> [String: String]? {
    for effect in decide(body).effects { if case .dispatch(let dispatch) = effect { return dispatch.inputs } }
    return nil
  }

  @Test("arguments are checked, defaults filled in, and the last takes the rest of the line")
  func arguments() {
    #expect(inputs("/deploy staging") == ["to": "Staging", "v": "latest", "why": ""])
    #expect(inputs("/DEPLOY production v12") == ["to": "production", "v": "v12", "why": ""])
    #expect(inputs("/deploy staging v1 \"two words\"") == ["to": "Staging", "v": "v1", "why": "two words"])
    #expect(inputs("/deploy staging v1 a,b \"c d\" e") == ["to": "Staging", "v": "v1", "why": "a,b \"c d\" e"])
    #expect(inputs("/ship v3") == ["to": "production", "v": "v3", "why": ""])
  }

  @Test(
    "what is wrong with an argument is said",
    arguments: [
      ("/deploy", "it needs the argument where; write one of Staging, production"),
      ("/deploy moon", "\"moon\" cannot be the argument where"), ("/deploy staging 12", "does not match v[0-9]+"),
      ("/deploy staging \"v1", "a quote is not closed"), ("/deploy staging xv1x", "does not match"),
      ("/deploy staging v1 \(String(repeating: "x", count: 1_001))", "more than 1000 characters"),
      ("/deploy staging v1 a\u{07}", "control character"), ("/depoy staging", "did you mean /deploy?"),
    ])
  func mistakes(body: String, words: String) {
    let outcome = decide(body)
    #expect(outcome.commands.read.map(\.verdict) == [.mistake])
    #expect(outcome.notes.contains { $0.contains(words) }, "\(outcome.notes)")
  }

  @Test("their actions are decided as a person's, and untrusted arguments stay text")
  func actions() {
    let outcome = decide("/deploy staging v1 @team <b>")
    #expect(outcome.writes.first == .addLabels(["deploying"]))
    #expect(outcome.writes.contains(.comment(body: "@bob: Staging @&#8203;team &#60;b&#62;")))
    #expect(outcome.deliberation.decisions.first { $0.effect == .addLabels(["deploying"]) }?.standing.will == .person)
    #expect(
      outcome.deliberation.decisions.first { $0.effect == .addLabels(["deploying"]) }?.reason.origin
        == "command /deploy")
    #expect(decide("/deploy staging", permission: .write).commands.read.map(\.verdict) == [.refused])
  }

  @Test("an alias needs what its command needs, and is recorded as it was typed")
  func aliases() {
    #expect(decide("/bug", permission: .triage).writes == [.addLabels(["bug"])])
    #expect(decide("/bug crash", permission: .triage).writes == [.addLabels(["bug", "crash"])])
    #expect(decide("/ship", permission: .write).commands.read.map(\.verdict) == [.refused])
    #expect(decide("/ship  v3 ").commands.read.map(\.record) == [CommandRecord(name: "ship", arguments: "v3")])
    var context = ThreadContext()
    context.commands = [CommandRecord(name: "ship", arguments: "v3")]
    #expect(decide("/ship v3", context: context).commands.read.isEmpty)
  }
}
