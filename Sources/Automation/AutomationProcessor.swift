public import Domain
public import Markup

/// Decides what one event comes to: the commands of its text, the rules, and what becomes of stale items.
///
/// Pure: no clock, no network, the same answer every time. Make one for a run: it compiles the configuration's patterns
/// once.
///
/// ```swift
/// let processor = AutomationProcessor(settings: settings)
/// var input = AutomationInput(
///   trigger: Rule.Trigger(.issueComment, "created"), repository: repository, issue: issue, comment: comment,
///   actor: event.sender, context: thread, now: clock.now, digest: digest)
/// if processor.needsPermission(input) { input.permission = try await lookUp(comment.author) }
/// let outcome = processor.decide(input)
/// // Record outcome.deliberation.decisions with outcome.commands.read; carry out; then:
/// let last = processor.acknowledge(outcome, of: input, failures: failures)
/// ```
public struct AutomationProcessor: Sendable {
  private let settings: Settings
  private let book: RuleBook
  private let reader: CommandReader
  private let bots: BotGuard
  /// Whether anything that is decided depends on ``ThreadContext/links`` or ``ActorRecord/isKnown``.
  public let usesSurroundings: Bool

  public init(settings: Settings) {
    self.settings = settings
    usesSurroundings = settings.useSurroundings
    let patterns = PatternLibrary()
    book = RuleBook(settings.rules, patterns: patterns)
    reader = CommandReader(settings.commands, patterns: patterns)
    bots = BotGuard(settings: settings.actors)
  }

  /// Whether a text may hold commands, whatever the configuration calls them: where not, none needs to be read for it.
  public static func mayHoldCommands(_ text: String) -> Bool { CommandScan.mayHoldCommands(text) }

  /// Whether what is decided depends on ``AutomationInput/permission``.
  public func needsPermission(_ input: AutomationInput) -> Bool {
    if input.trigger.event != .schedule, input.context.actor.events >= settings.actors.eventsPerHour { return true }
    return newCommands(normalised(input)).contains(where: \.needsPermission)
  }

  /// The commands that are new in the event's text, in the order of its lines; none where a bot wrote it.
  public func commands(_ input: AutomationInput) -> [Command] { newCommands(normalised(input)) }

  public func decide(_ input: AutomationInput) -> AutomationOutcome {
    let input = normalised(input)
    var outcome = AutomationOutcome()
    outcome.actor = verdict(input)
    outcome.isFlooded = FloodGuard(settings.actors, input).isFlooded(input.trigger)

    var draft = DecisionDraft(input)
    var precedence = Precedence(input.context.facets)
    decideCommands(input, &outcome, &draft, &precedence)
    if outcome.isFlooded {
      draft.note(Reason(origin: "actor", evidence: "\(who(input)) caused more events than an hour allows"))
    } else {
      decideRules(input, &outcome, &draft, precedence)
    }
    outcome.deliberation =
      Deliberation(notes: outcome.commands.deliberation.notes) + draft.deliberation
    outcome.confirmed = draft.confirmed
    acknowledge(input, &outcome)
    return outcome
  }

  /// What each rule would say of the item if its event came, without a decision.
  public func explain(_ input: AutomationInput) -> [RuleVerdict] {
    let input = normalised(input)
    let subject = subject(input, verdict(input))
    return book.verdicts(on: subject, causedByBot: false, ignoresTriggers: true).verdicts
  }

  /// What is left to say once the effects were carried out.
  ///
  /// - Parameters:
  ///   - failures: why an effect of a command could not be carried out. Untrusted.
  ///   - isRefused: whether a decision with ``CommandDeliberation/refusedRequest`` was recorded.
  public func acknowledge(
    _ outcome: AutomationOutcome, of input: AutomationInput, failures: [String], isRefused: Bool = false
  ) -> [Decision] {
    let input = normalised(input)
    guard let text = input.text else { return [] }
    return Acknowledgement(settings: settings, input: input, text: text)
      .afterwards(outcome.commands, failures: failures, isRefused: isRefused)
  }

  /// What is said where requests of the event's commands are refused, or not all of them can be done; to be recorded with
  /// the decisions.
  ///
  /// - Parameter words: why.
  public func refuse(_ words: [Markdown], to input: AutomationInput) -> [Decision] {
    let input = normalised(input)
    guard let text = input.text else { return [] }
    return Acknowledgement(settings: settings, input: input, text: text).refusal(words)
  }

  /// The reply that answers a request of the event's text in words; nil where the thread has the same already.
  public func reply(_ body: Markdown, to input: AutomationInput) -> Decision? {
    let input = normalised(input)
    guard let text = input.text else { return nil }
    return Acknowledgement(settings: settings, input: input, text: text).reply(body, "a command asked for it")
  }

  // MARK: Who is behind it

  private func normalised(_ input: AutomationInput) -> AutomationInput {
    guard input.trigger.event == .pullRequestTarget else { return input }
    var input = input
    input.trigger.event = .pullRequest
    return input
  }

  private func who(_ input: AutomationInput) -> String { input.actor.map { "@\($0.login)" } ?? "a deleted account" }

  /// Of the event: of its actor, and of whoever wrote its text.
  private func verdict(_ input: AutomationInput) -> ActorVerdict {
    let own = input.context.ownLogins
    let actor = bots.verdict(
      on: input.actor, text: input.text?.body, ownLogins: own, score: input.context.actor.botScore)
    guard !actor.isBot, input.text != nil, let author = input.text?.author else { return actor }
    return bots.verdict(on: author, ownLogins: own)
  }

  private func subject(_ input: AutomationInput, _ verdict: ActorVerdict) -> RuleSubject {
    var verdict = verdict
    if !verdict.isBot {
      let author = input.comment.map(\.author) ?? input.issue.author
      verdict = bots.verdict(on: author, ownLogins: input.context.ownLogins)
    }
    var evidence = "no bot is behind it"
    if case .bot(let words) = verdict { evidence = words }
    return RuleSubject(
      input: input, title: SearchedText(input.issue.title, book.search),
      body: SearchedText(input.issue.body, book.search),
      comment: input.comment.map { SearchedText($0.body, book.search) }, isBot: verdict.isBot, botEvidence: evidence)
  }

  // MARK: Commands

  private func newCommands(_ input: AutomationInput) -> [Command] {
    guard settings.commands.isEnabled, !input.isRulesOnly, let text = input.text, !verdict(input).isBot else {
      return []
    }
    let grammar = CommandGrammar(
      repository: input.repository, number: input.issue.number, serverURL: input.serverURL)
    let before = input.isEdit ? input.previousBody.map { reader.read($0, grammar) } : nil
    return CommandReader.new(reader.read(text.body, grammar), read: input.context.commands, before: before)
  }

  private func decideCommands(
    _ input: AutomationInput, _ outcome: inout AutomationOutcome, _ draft: inout DecisionDraft,
    _ precedence: inout Precedence
  ) {
    let commands = newCommands(input)
    guard !commands.isEmpty, let text = input.text else { return }
    var decider = CommandDecider(settings, reader, input, text)
    outcome.commands = decider.decide(commands, isFlooded: outcome.isFlooded, &draft, &precedence)
    outcome.commands.deliberation.decisions = draft.deliberation.decisions
  }

  private func acknowledge(_ input: AutomationInput, _ outcome: inout AutomationOutcome) {
    let text = input.text ?? AuthoredText(id: 0, body: "", author: nil)
    let acknowledgement = Acknowledgement(settings: settings, input: input, text: text)
    let decisions = outcome.deliberation.decisions
    outcome.deliberation.decisions =
      acknowledgement.onReceipt(outcome.commands) + decisions + acknowledgement.replies(outcome.commands)
    // A bot is told nothing: it would answer.
    guard outcome.isFlooded || outcome.commands.isFlooded, !outcome.actor.isBot else { return }
    if let notice = acknowledgement.floodNotice(input.actor ?? text.author) {
      outcome.deliberation.decisions.append(notice)
    }
  }

  // MARK: Rules

  private func decideRules(
    _ input: AutomationInput, _ outcome: inout AutomationOutcome, _ draft: inout DecisionDraft,
    _ precedence: Precedence
  ) {
    let checked = book.verdicts(on: subject(input, outcome.actor), causedByBot: outcome.actor.isBot)
    outcome.rules = checked.verdicts
    for note in checked.notes { draft.note(note) }
    var decider = RuleDecider(input)
    for (index, rule) in book.rules.enumerated() where outcome.rules[index].outcome == .matched {
      if input.context.ruleActions[rule.name, default: 0] >= RuleDecider.actionsPerHour {
        let words =
          "it acted on \(input.issue.isPullRequest ? "the pull request" : "the issue") "
          + "\(RuleDecider.actionsPerHour) times within an hour"
        outcome.rules[index] = RuleVerdict(name: rule.name, outcome: .looping, words: words)
        draft.note(Reason(origin: "rule '\(rule.name)'", evidence: words))
      } else {
        decider.add(rule, evidence: outcome.rules[index].words)
      }
    }
    if let stale = settings.stale {
      let staleDecider = StaleDecider(stale, input, isByPerson: !outcome.actor.isBot && input.actor != nil)
      let verdict = staleDecider.verdict()
      outcome.stale = verdict
      if let plan = staleDecider.plan(verdict) { decider.add(plan) }
    }
    let wishes = decider.standing(against: precedence)
    for note in decider.notes { draft.note(note) }
    draft.decide(wishes, decider.posts)
    if outcome.commands.read.isEmpty, let note = nothing(outcome.rules, input.trigger) { draft.note(note) }
  }

  private func nothing(_ rules: [RuleVerdict], _ trigger: Rule.Trigger) -> Reason? {
    guard !rules.contains(where: { $0.outcome == .matched || $0.outcome == .looping }) else { return nil }
    let started = rules.count { $0.outcome != .notTriggered }
    let words =
      if rules.isEmpty {
        "the configuration has no rules"
      } else if started == 0 {
        "no rule is triggered by \(trigger.text)"
      } else if started == 1 {
        "the one rule for \(trigger.text) does not match"
      } else {
        "none of the \(started) rules for \(trigger.text) matches"
      }
    return Reason(origin: "rules", evidence: words)
  }
}

extension Settings {
  fileprivate var useSurroundings: Bool {
    rules.contains { rule in
      rule.actions.mentionsLinks || ([rule.conditions] + rule.exceptions).contains(where: \.useSurroundings)
    }
      || commands.custom.contains { $0.actions.mentionsLinks }
      || [stale?.comment, stale?.closeComment].contains { $0?.mentionsLinks ?? false }
  }
}

extension Rule.Conditions {
  fileprivate var useSurroundings: Bool { isFirstTime != nil || hasLinkedPullRequest != nil }
}

extension Rule.Actions {
  fileprivate var mentionsLinks: Bool {
    let texts = [comment, sticky?.body, title] + (dispatch.map { Array($0.inputs.values) } ?? [])
    return texts.contains { $0?.mentionsLinks ?? false }
  }
}

extension String {
  /// Whether it may hold the placeholder `{{linked}}`.
  fileprivate var mentionsLinks: Bool {
    (try? Template(self))?.segments.contains(.placeholder(.linked)) ?? true
  }
}
