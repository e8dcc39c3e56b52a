import Domain

/// Decides the new commands of one text, in the order of its lines. Of two on one facet the later decides.
struct CommandDecider {
  private let settings: Settings
  private let reader: CommandReader
  private let input: AutomationInput
  private let text: AuthoredText
  private let permission: Permission
  private let isItemsAuthor: Bool
  private var wishes: [Wish] = []
  private var posts: [Post] = []
  private var result = CommandDeliberation()

  init(_ settings: Settings, _ reader: CommandReader, _ input: AutomationInput, _ text: AuthoredText) {
    self.settings = settings
    self.reader = reader
    self.input = input
    self.text = text
    permission = input.permission ?? .none
    // Whoever edits somebody else's text says it with their own permission.
    let isEditedByOther = input.isEdit && !Self.isSame(input.actor, text.author)
    isItemsAuthor = !isEditedByOther && Self.isSame(text.author, input.issue.author)
  }

  /// - Parameter isFlooded: whether the event itself is one of too many: then no command is carried out.
  /// - Parameter draft: takes the decisions.
  /// - Parameter precedence: takes what the commands write, so that no rule on the same event stands against it.
  mutating func decide(
    _ commands: [Command], isFlooded: Bool, _ draft: inout DecisionDraft, _ precedence: inout Precedence
  ) -> CommandDeliberation {
    let flood = FloodGuard(settings.actors, input)
    for (position, command) in commands.enumerated() {
      let verdict: Verdict
      if isFlooded || flood.isFlooded(commandAt: position) {
        verdict = (.flood, "its author asked for more than the configuration allows in an hour")
      } else {
        verdict = judge(command, precedence)
      }
      take(command, verdict)
    }
    for wish in wishes { precedence.record(wish) }
    draft.decide(wishes, posts)
    return result
  }

  private typealias Verdict = (verdict: ReadCommand.Verdict, words: String?)

  private mutating func take(_ command: Command, _ verdict: Verdict) {
    result.read.append(
      ReadCommand(
        record: command.record, textID: text.id, line: command.line, login: text.author?.login,
        moment: moment(command), verdict: verdict.verdict, explanation: verdict.words))
    guard let words = verdict.words else { return }
    let name = command.name ?? command.record.name
    result.deliberation.notes.append(
      Reason(
        origin: "command /\(name.prefix(40))", evidence: command.name == nil ? "line \(command.line): \(words)" : words)
    )
    if verdict.verdict == .refused || verdict.verdict == .mistake {
      result.refusals.append(
        CommandDeliberation.Refusal(line: command.line, name: command.record.name, words: words))
    }
  }

  // MARK: One command

  private mutating func judge(_ command: Command, _ precedence: Precedence) -> Verdict {
    if case .mistake(let why) = command.request { return (.mistake, why) }
    guard let name = command.name, let needed = settings.permission(forCommand: name) else {
      return (.mistake, "there is no such command")
    }
    let isGranted = isItemsAuthor && settings.commands.forAuthors.contains(name)
    guard isGranted || permission >= needed else {
      return (.refused, "\(authority)\(sponsor); the command needs \(needed.word)")
    }
    let evidence = (permission >= needed ? authority : "\(who) opened \(subject)") + sponsor
    let standing = Standing(will: .person, login: text.author?.login, moment: moment(command))
    let source = WishSource(kind: .command, name: name, evidence: evidence, standing: standing)
    switch plan(command.request, source) {
    case .fault(let why): return (.mistake, why)
    case .ask(let request):
      result.requests.append(request)
      return (.accepted, nil)
    case .help:
      result.asksForHelp = true
      return (.accepted, nil)
    case .write(let wishes, let posts, let notes):
      return take(wishes, posts, notes, precedence)
    }
  }

  private mutating func take(
    _ wanted: [Wish], _ said: [Post], _ notes: [Reason], _ precedence: Precedence
  ) -> Verdict {
    result.deliberation.notes += notes
    var objections: [String] = []
    var standing: [Wish] = []
    for wish in wanted.map(precedence.inOrder) {
      if let objection = precedence.objectionToCommand(wish) {
        objections.append(objection)
      } else {
        standing.append(wish)
      }
    }
    if standing.isEmpty, !objections.isEmpty { return (.superseded, objections.joined(separator: "; ")) }
    for wish in standing {
      wishes.removeAll { $0.facet == wish.facet }
      wishes.append(wish)
    }
    posts += said
    return (.accepted, objections.isEmpty ? nil : objections.joined(separator: "; "))
  }

  private enum Plan {
    case write([Wish], [Post] = [], [Reason] = [])
    case ask(CommandRequest)
    case help
    case fault(String)
  }

  private func plan(_ request: Command.Request, _ source: WishSource) -> Plan {
    func writes(_ effect: Effect, anyReason: Bool = false) -> Plan {
      .write(Wish.make(effect, source, isContentWithAnyReason: anyReason))
    }
    switch request {
    case .addLabels(let names): return writes(.addLabels(names))
    case .removeLabels(let names): return .write(names.flatMap { Wish.make(.removeLabel($0), source) })
    case .close(let reason):
      guard !input.issue.isPullRequest else { return writes(.close(reason: nil), anyReason: true) }
      return writes(.close(reason: reason ?? .completed), anyReason: reason == nil)
    case .reopen: return writes(.reopen)
    case .assign(let logins): return people(logins) { writes(.assign($0)) }
    case .unassign(let logins): return people(logins) { writes(.unassign($0)) }
    case .lock(let reason): return writes(.lock(reason: reason), anyReason: reason == nil)
    case .unlock: return writes(.unlock)
    case .setMilestone(let title): return writes(.setMilestone(title))
    case .setTitle(let title): return writes(.setTitle(title))
    case .duplicate(let target): return duplicate(of: target, source)
    case .ask(let request): return .ask(request)
    case .help: return .help
    case .custom(let arguments): return custom(arguments, source)
    case .mistake(let why): return .fault(why)
    }
  }

  private func people(_ logins: [String?], _ write: ([String]) -> Plan) -> Plan {
    var names = Names()
    for login in logins {
      guard let login = login ?? text.author?.login, GitHubLimits.isLogin(login) else {
        return .fault("\(who) cannot be assigned")
      }
      names.insert(login)
    }
    return write(names.list)
  }

  /// GitHub marks a duplicate by a comment in these words.
  private func duplicate(of target: DuplicateTarget, _ source: WishSource) -> Plan {
    let post = Post(
      content: .comment(body: "Duplicate of \(target.text)"), source: source,
      onceKey: "duplicate:\(input.itemKey):\(text.id):\(target.text.lowercased())")
    let reason: Effect.CloseReason? = input.issue.isPullRequest ? nil : .duplicate
    return .write(Wish.make(.close(reason: reason), source), [post])
  }

  private func custom(_ arguments: [String: String], _ source: WishSource) -> Plan {
    guard let definition = reader.definition(of: source.name) else { return .fault("there is no such command") }
    var values = input.templateValues
    values.actor = text.author
    values.arguments = arguments
    // The same command with the same arguments says its piece once for each text.
    let spelled = definition.arguments.map { "\($0.name)=\(arguments[$0.name] ?? "")" }.joined(separator: "\n")
    let key = "command:\(source.name):\(input.itemKey):\(text.id):\(input.digest(spelled))"
    let plan = ActionPlan(
      definition.actions, by: source, values, keys: ActionPlan.OnceKeys(comment: key, dispatch: nil))
    return .write(plan.wishes, plan.posts, plan.notes)
  }

  // MARK: Who and when

  /// The text's author, for reasons.
  private var who: String { text.author.map { "@\($0.login)" } ?? "a deleted account" }
  /// What they may do, of themselves.
  private var authority: String { "\(who) has \((input.sponsorship?.authorsPermission ?? permission).word) permission" }
  /// The same of whoever pasted the event, to be said behind it; empty for an event that GitHub sent.
  private var sponsor: String {
    guard let sponsorship = input.sponsorship else { return "" }
    let name = sponsorship.login.map { "@\($0)" } ?? "a deleted account"
    return "; \(name), who ran it by hand, has \(sponsorship.permission.word)"
  }
  private var subject: String { input.issue.isPullRequest ? "the pull request" : "the issue" }

  private func moment(_ command: Command) -> Moment {
    Moment(input.moment.time, comment: text.id, line: command.line)
  }

  static func isSame(_ a: Account?, _ b: Account?) -> Bool {
    guard let a, let b else { return false }
    if let first = a.id, let second = b.id { return first == second }
    return a.login.lowercased() == b.login.lowercased()
  }
}
