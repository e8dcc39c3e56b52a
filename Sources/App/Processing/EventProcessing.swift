import ActionsRuntime
import Automation
import Cryptography
import Domain
import Execution
import Markup
import Reporting
import Store

/// An event on an item with its configuration: claim → thread → decide → intents → effects → outcome.
struct EventProcessing {
  let session: Session
  let subject: EventSubject
  let settings: Settings
  let processor: AutomationProcessor
  let store: Store
  let github: any GitHubAPI
  /// What the event came as.
  let payload: @Sendable () -> EventPayload?
  /// Who has the event processed by hand; an inner nil for an account that is gone.
  var sponsor: Account??
  /// Whether `/reprocess` processes the thread's failed events again. Not where this is one of them: whoever asked for
  /// it sees to the others.
  var retriesThread = true
  var report: RunReport

  private var event: Event { subject.event }
  /// Whose doing it is that the event is processed.
  private var actor: String? { sponsor.map { $0?.login } ?? event.sender?.login }
  /// Whose doing it is that its commands are: of a text that is pasted, whoever pasted it.
  var asker: String? { sponsor.map { $0?.login } ?? subject.author?.login }
  /// Whom the event shows in the place of whoever had it processed by hand: the text's author, where it wrote one.
  var onBehalfOf: String? {
    let wroteText = event.action == "created" || event.action == "opened"
    guard sponsor != nil, let shown = (wroteText ? subject.author : event.sender)?.login,
      shown.lowercased() != actor?.lowercased()
    else { return nil }
    return shown
  }
  private var log: RunLog { session.log }
  private var entry: LedgerEntry {
    var visit = subject.visit
    visit.looksAround = processor.usesSurroundings
    var known = LedgerSubject(event, thread: visit)
    known.identity = subject.identity
    known.number = subject.issue.number
    known.actor = actor
    known.onBehalfOf = onBehalfOf
    known.occurredAt = subject.occurredAt
    return LedgerEntry(subject: known, mode: settings.mode, store: store, payload: payload)
  }

  mutating func run() async throws -> EventResult {
    let claimed: ClaimedEvent
    switch try await entry.claim() {
    case .duplicate(let id, let outcome, let runID, _):
      return .duplicate(of: id, outcome: outcome, runID: runID)
    case .claimed(let mine):
      claimed = mine
    }
    report.eventID = claimed.id
    report.transactionID = claimed.transaction
    let entry = entry
    return try await entry.work(on: claimed, log: log) {
      let (event, context) = try await entry.enter(claimed, in: session)
      return try await decideAndAct(event, context)
    }
  }

  private mutating func decideAndAct(_ entered: ClaimedEvent, _ known: ThreadContext) async throws -> EventResult {
    var (claimed, context) = (entered, known)
    let executor = Executor(github: github, journal: store, clock: session.clock)
    var settled: [SettledAction] = []
    if !claimed.recorded.isEmpty {
      log.line("An earlier attempt recorded \(claimed.recorded.count) actions: going on with them.")
      report.entries = claimed.recorded.map { RunReport.Entry(decision: $0.decision, status: $0.status) }
      settled = try await executor.resume(claimed, actor: actor, onBehalfOf: onBehalfOf) { action in
        Supersession(of: action, in: context).map { Remainder(effect: $0.remaining, words: $0.words) }
      }
    }
    guard var input = try await input(context) else { return try await finishWithoutItem(claimed, settled) }
    var outcome = processor.decide(input)
    report.commands = outcome.commands.read
    if claimed.recorded.isEmpty {
      let retry = ThreadRetry(processing: self, claimed: claimed)
      var again: [ReopenedEvent] = []
      if retriesThread, outcome.commands.requests.contains(.reprocess) { again = try await retry.events() }
      if !again.isEmpty, settings.mode == .live {
        // Each takes the thread itself. What they did to it counts in what is decided here.
        try await store.leave(claimed)
        again = try await retry.process(again)
        (claimed, context) = try await entry.enterAgain(claimed, in: session)
        guard let present = try await self.input(context) else { return try await finishWithoutItem(claimed, settled) }
        input = present
        outcome = processor.decide(input)
      }
      let answer = try await ThreadRequests(processing: self, claimed: claimed, input: input, again: again)
        .carryOut(outcome.commands.requests)
      // What else the text asks for, and the rules, come after what is undone.
      if !answer.undone.isEmpty { outcome = processor.decide(input.after(answer.undone)) }
      report.notes = outcome.deliberation.notes + answer.notes
      report.rules = outcome.rules.filter { $0.outcome != .notTriggered }.map {
        RunReport.RuleFinding(name: $0.name, matches: $0.outcome == .matched, words: $0.words)
      }
      let decided = outcome.deliberation.decisions
      let intents = Intents(
        decisions: answer.undone + decided
          + answer.decisions.filter { answered in !decided.contains { $0.effect == answered.effect } },
        commands: outcome.commands.read, confirmed: outcome.confirmed, withdrawn: answer.withdrawn)
      // So that the report tells what was decided also where carrying it out fails.
      report.entries = intents.decisions.map { RunReport.Entry(decision: $0) }
      settled = try await executor.carryOut(
        intents, for: claimed, mode: settings.mode, actor: actor, onBehalfOf: onBehalfOf)
    }
    // Whether a comment was posted is found out by the next attempt; nobody needs to be told meanwhile.
    if settled.contains(where: \.isInDoubt) { return try await finish(claimed, settled) }
    // An earlier attempt may have come as far as this.
    let known = Set(settled.map(\.action.decision.effect))
    let isRefused = settled.contains { $0.action.decision.reason == CommandDeliberation.refusedRequest }
    let last = processor.acknowledge(
      outcome, of: input, failures: settled.compactMap { $0.failure ?? $0.slip }, isRefused: isRefused
    ).filter { !known.contains($0.effect) }
    settled += try await executor.carryOut(
      Intents(decisions: last), for: claimed, mode: settings.mode, actor: actor, onBehalfOf: onBehalfOf)
    return try await finish(claimed, settled)
  }

  private mutating func finishWithoutItem(
    _ claimed: ClaimedEvent, _ settled: [SettledAction]
  ) async throws -> EventResult {
    report.notes.append(Reason(origin: "item", evidence: "#\(subject.issue.number) is gone"))
    return try await finish(claimed, settled)
  }

  private mutating func finish(_ claimed: ClaimedEvent, _ settled: [SettledAction]) async throws -> EventResult {
    report.entries = settled.map {
      RunReport.Entry(
        decision: $0.action.decision, status: $0.outcome.status, explanation: $0.outcome.explanation)
    }
    let failure = settled.first { $0.failure != nil }
    let outcome: EventOutcome = failure == nil ? .processed : .failed
    let error = failure?.failure
    try await entry.finish(claimed, outcome: outcome, error: error)
    var result = EventResult(outcome: outcome)
    result.eventID = claimed.id
    result.transactionID = claimed.transaction
    result.actions = settled.count { $0.outcome.status == .done }
    if let failure, var error {
      while error.hasSuffix(".") { error.removeLast() }
      report.fault = Fault(
        problem: "The action \(failure.action.decision.effect.kind) failed: \(error)",
        advice: "Mend what it names and re-run the job: it tries again what failed.")
    }
    return result
  }

  // MARK: What is decided on

  /// nil where the item is gone.
  private func input(_ context: ThreadContext) async throws -> AutomationInput? {
    var issue = subject.issue
    if isOutdated(context) {
      guard let present = try await ItemLookup(github: github).issue(issue.number, in: event.repository) else {
        return nil
      }
      // A pull request's event knows it by another id than its issue side has.
      issue = present
      issue.id = subject.issue.id
    }
    var context = context
    context.actor.botScore = try await botScore(context.actor)
    context.links += subject.links.filter { !context.links.contains($0) }
    var input = AutomationInput(
      trigger: subject.trigger, repository: event.repository, issue: issue, comment: subject.comment,
      previousBody: subject.previousBody, actor: event.sender, context: context,
      now: await github.usage.serverTime ?? session.clock.now, lastActivity: subject.lastActivity,
      happenedAt: event.occurredAt, serverURL: session.environment.serverURL, digest: textDigest)
    input.thread = subject.key
    input.itemText = subject.issue.body
    input.isRulesOnly = subject.isRulesOnly
    if processor.needsPermission(input) { try await lookUpPermission(for: &input) }
    if context.actor.events >= settings.actors.eventsPerHour {
      let cause = if let sponsor { sponsor } else { event.sender }
      if cause?.login != subject.author?.login {
        input.actorPermission = try await PermissionLookup(github: github).permission(of: cause, in: event.repository)
      }
    }
    return input
  }

  /// What the registry says of whoever caused the event. An account that it does not know is judged and entered first.
  private func botScore(_ known: ActorRecord) async throws -> Double? {
    guard known.botScore == nil, let actor = event.sender else { return known.botScore }
    let score = BotScore(of: actor, behaving: try await store.behaviour(of: actor.login))
    try await store.recordActor(
      AccountEvidence(
        login: actor.login, githubID: actor.id, accountType: actor.kind.rawValue, score: score.value,
        evidence: score.evidence))
    return score.value
  }

  /// Seconds by which the database's clock may differ from GitHub's, and from this machine's.
  private static let clockTolerance = 60.0

  /// Whether the item may be another than the payload shows: something newer was seen of it, or Yardmaster wrote to it
  /// since, or the job was re-run, at any time after the event.
  private func isOutdated(_ context: ThreadContext) -> Bool {
    if subject.mayBeOld { return true }
    guard subject.readAt != nil || event.run.attempt == 1, let version = subject.issue.updatedAt else { return true }
    if let seen = context.seenAt, seen > version { return true }
    // What the sweep read shows all that was written before, however lately the item changed.
    if let acted = context.actedAt, acted > (subject.readAt ?? version) - Self.clockTolerance { return true }
    return false
  }

  /// What counts is the permission of the text's author, never that of the actor who re-ran the job. Maintainers can edit
  /// other people's texts, so after an edit by somebody else both have to have it.
  /// So they have to where somebody else had it processed by hand.
  private func lookUpPermission(for input: inout AutomationInput) async throws {
    let lookup = PermissionLookup(github: github)
    var permission = try await lookup.permission(of: subject.author, in: event.repository)
    if event.action == "edited", let editor = event.sender, editor.login != subject.author?.login {
      permission = min(permission, try await lookup.permission(of: editor, in: event.repository))
    }
    input.permission = permission
    guard let sponsor, sponsor?.login != subject.author?.login else { return }
    let own = try await lookup.permission(of: sponsor, in: event.repository)
    input.permission = min(permission, own)
    input.sponsorship = Sponsorship(login: sponsor?.login, permission: own, authorsPermission: permission)
  }
}

extension SettledAction {
  /// Why nothing came of the action, or not all, where that is no fault of the run: somebody cannot be assigned. An earlier
  /// attempt may have ended before it said so; where it did, the same is not said again.
  var slip: String? {
    let isInDoubtForGood = action.status == .uncertain && action.decision.effect.guarantee == .atMostOnce
    return outcome.isSlip || isInDoubtForGood ? outcome.explanation : nil
  }

  /// Whether the next attempt finds out what became of it.
  var isInDoubt: Bool { outcome.status == .uncertain && action.decision.effect.guarantee == .marked }

  /// Why the action came to nothing, where that is a fault.
  var failure: String? {
    guard outcome.status == .failed || outcome.status == .uncertain else { return nil }
    // Recorded when it happened, and nothing more can come of it.
    if action.status == .uncertain, action.decision.effect.guarantee == .atMostOnce { return nil }
    return outcome.explanation ?? "An action failed."
  }
}
