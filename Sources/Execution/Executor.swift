public import Domain

/// Carries decisions out: intent → effect → outcome, one row at a time.
///
/// Model. A decision becomes an `Action` row before GitHub hears of it, the row says when its request is about to be sent,
/// and it is settled after GitHub answered. A kill between the two leaves the row `intended`; whoever claims the event
/// next finds it and settles it first.
///
/// Guarantees, by kind of effect (``Effect/guarantee``), for one that may have been sent:
/// - what sets a state is sent again, unless GitHub shows the state already;
/// - a comment carries its action's marker, and is looked for before it is posted, later than GitHub's lists lag behind;
/// - a workflow's dispatch leaves nothing to look for: it is reported as `uncertain`, and not sent again.
///
/// A write belongs to the leases of its event and its thread. Each carries the moment from which it must not be sent,
/// which lies before the leases end; whoever is held up that long asks for them again first.
///
/// Failure handling. A refusal by GitHub (no access, gone, invalid) settles the action as `failed` and the next one is
/// tried. Where GitHub cannot be reached the action stays `intended` and the error is thrown: running again is right.
public struct Executor: Sendable {
  let github: any GitHubAPI
  let journal: any ActionJournal
  let clock: any WallClock

  /// Seconds by which a comment may be missing from GitHub's lists after it was posted: they are read from replicas.
  static let listingLag = 5.0
  /// The part of a lease within which writes are sent; the rest is for one that is on its way.
  static let usableShare = 0.6

  public init(github: any GitHubAPI, journal: any ActionJournal, clock: any WallClock) {
    self.github = github
    self.journal = journal
    self.clock = clock
  }

  /// Records what was decided as intents and carries it out.
  ///
  /// - Parameters:
  ///   - actor: whose doing caused the event; for the audit log.
  ///   - onBehalfOf: whom the event shows in their place, where they had it processed by hand.
  /// - Returns: every action with its outcome, in the order of the decisions.
  public func carryOut(
    _ intents: Intents, for event: ClaimedEvent, mode: Settings.Mode, actor: String?,
    onBehalfOf: String? = nil
  ) async throws -> [SettledAction] {
    guard !intents.isEmpty else { return [] }
    var pen = WriteLease(event)
    let actions = try await journal.intend(intents, for: event, dryRun: mode == .dryRun)
    pen.begun = actions.first { $0.status == .intended }?.id
    return try await settle(actions, for: event, (actor, onBehalfOf), pen)
  }

  /// Goes on with the actions that an earlier attempt at the event recorded.
  ///
  /// - Parameter remainder: what is still to be done of an action that the thread has left behind since.
  public func resume(
    _ event: ClaimedEvent, actor: String?, onBehalfOf: String? = nil, remainder: (Action) -> Remainder? = { _ in nil }
  ) async throws -> [SettledAction] {
    try await settle(event.recorded, for: event, (actor, onBehalfOf), WriteLease(event), remainder)
  }

  private typealias Doer = (actor: String?, onBehalfOf: String?)

  private func settle(
    _ actions: [Action], for event: ClaimedEvent, _ doer: Doer, _ lease: WriteLease,
    _ remainder: (Action) -> Remainder? = { _ in nil }
  ) async throws -> [SettledAction] {
    var lease = lease
    var settled: [SettledAction] = []
    for (index, recorded) in actions.enumerated() {
      guard recorded.isOpen else {
        let outcome = ActionOutcome(
          status: recorded.status, after: recorded.after, explanation: recorded.explanation,
          isSlip: recorded.isSlip)
        settled.append(SettledAction(action: recorded, outcome: outcome))
        continue
      }
      var action = recorded
      var outcome: ActionOutcome
      if let rest = remainder(recorded) ?? recorded.withoutForgotten {
        outcome = ActionOutcome(status: .skipped)
        if let effect = rest.effect {
          action.decision.effect = effect
          outcome = try await attempt(action, for: event, &lease)
        }
        outcome.explanation = outcome.explanation ?? "Not carried out in full: \(rest.words)."
      } else {
        outcome = try await attempt(action, for: event, &lease)
      }
      let next = actions[(index + 1)...].first(where: \.isOpen)
      // One that may have been sent must keep the time at which it was: how long ago says how long to wait.
      let begins = next.flatMap { $0.begunAgo == nil ? $0 : nil }
      lease.renew()
      try await journal.settle(
        action, as: outcome, for: event, audit: audit(action, outcome, doer), beginning: begins)
      lease.begun = begins?.id
      settled.append(SettledAction(action: action, outcome: outcome))
    }
    return settled
  }

  // MARK: One action

  private func attempt(
    _ action: Action, for event: ClaimedEvent, _ lease: inout WriteLease
  ) async throws -> ActionOutcome {
    let mayHaveBeenSent = action.begunAgo != nil
    if mayHaveBeenSent, action.decision.effect.guarantee == .atMostOnce {
      return ActionOutcome(
        status: .uncertain,
        explanation: "A run was ended while it was sent, and nothing tells whether GitHub got it: it is not repeated.")
    }
    do {
      if let outcome = try await look(action, mayHaveBeenSent: mayHaveBeenSent) { return outcome }
      if mayHaveBeenSent { try await outlastListingLag(since: action.begunAgo, action) }
      return try await send(action, for: event, mayHaveBeenSent: mayHaveBeenSent, &lease)
    } catch let error as UncertainWrite {
      return ActionOutcome(status: .uncertain, explanation: error.description)
    } catch let error as any UserFacingError where error.exitStatus == .failed || error.exitStatus == .configuration {
      return ActionOutcome(status: .failed, explanation: error.description)
    }
  }

  /// Looks at the item, or the comment, first where a write may not be needed, or must not overwrite anything.
  private func look(_ action: Action, mayHaveBeenSent: Bool) async throws -> ActionOutcome? {
    let decision = action.decision
    let expectation = RollbackExpectation(decision.before)
    let reader = ItemReader(github: github, target: decision.target)
    if let expected = expectation?.commentBody, case .deleteComment(let id) = decision.effect {
      guard let found = try await reader.body(ofComment: id) else {
        return mayHaveBeenSent ? .sentBefore(after: ["deleted": .integer(id)]) : .shown("The comment is gone already.")
      }
      return found == expected ? nil : .conflict("the comment", after: .null)
    }
    guard !decision.effect.facets.isEmpty, mayHaveBeenSent || expectation?.state != nil else { return nil }
    guard let state = try await reader.state() else {
      return ActionOutcome(status: .failed, explanation: "The item is gone.")
    }
    let shown = state.shown(for: decision.effect)
    var expected = expectation?.state
    // Another reason to lock takes two requests, of which one may have been sent.
    if mayHaveBeenSent, !state.isLocked, case .lock = decision.effect { expected = expected?.applying(.unlock) }
    let changed = expected?.differences(to: state) ?? []
    if state.shows(decision.effect) {
      // Its own write, of an attempt that was cut off, is the one difference that there may be.
      let others = expectation?.state?.applying(decision.effect).differences(to: state) ?? []
      guard others.isEmpty || changed.isEmpty else {
        return .conflict(others.joined(separator: ", "), after: shown)
      }
      if mayHaveBeenSent { return .sentBefore(after: shown) }
      // Somebody did the same since it was checked: theirs is not to be taken for the rollback's.
      guard changed.isEmpty else { return .conflict(changed.joined(separator: ", "), after: shown) }
      return .shown("GitHub shows it already.", after: shown)
    }
    return changed.isEmpty ? nil : .conflict(changed.joined(separator: ", "), after: shown)
  }

  private func outlastListingLag(since begunAgo: Double?, _ action: Action) async throws {
    guard action.decision.effect.guarantee == .marked else { return }
    let rest = Self.listingLag - (begunAgo ?? 0)
    if rest > 0 { try await clock.sleep(seconds: rest) }
  }

  private func send(
    _ action: Action, for event: ClaimedEvent, mayHaveBeenSent: Bool, _ lease: inout WriteLease
  ) async throws -> ActionOutcome {
    var mayHaveBeenSent = mayHaveBeenSent
    while true {
      if lease.begun != action.id || lease.isOver {
        lease.renew()
        try await journal.begin(action, for: event)
        lease.begun = action.id
      }
      let sender = EffectSender(github: github, expires: lease.expires, stickies: event.thread?.stickies ?? [:])
      do {
        return try await sender.send(action, mayHaveBeenSent: mayHaveBeenSent)
      } catch is RequestExpired {
        // Not sent. Whether the leases are still this process's shows when they are renewed.
        lease.begun = nil
      } catch let error as UncertainWrite {
        guard action.decision.effect.guarantee == .marked, !mayHaveBeenSent else { throw error }
        // Looked for at once, as a later attempt would.
        mayHaveBeenSent = true
        try await clock.sleep(seconds: Self.listingLag)
      }
    }
  }

  private func audit(_ action: Action, _ outcome: ActionOutcome, _ doer: Doer) -> AuditEntry {
    let succeeded = outcome.status == .done || outcome.status == .skipped
    var entry = AuditEntry(
      eventType: "action", severity: succeeded ? .info : .error, actor: doer.actor,
      repository: action.decision.target.repository, actionType: action.decision.effect.kind,
      before: outcome.before == .null ? action.decision.before : outcome.before, after: outcome.after,
      success: succeeded,
      metadata: [
        "action_id": .string(action.id.text), "number": .integer(Int64(action.decision.target.number)),
        "status": .string(outcome.status.rawValue), "reasoning": .string(action.decision.reason.origin),
        "evidence": .string(action.decision.reason.evidence), "confidence": 1,
      ])
    entry.onBehalfOf = doer.onBehalfOf
    entry.mentions = action.decision.standing.login.map { [$0] } ?? []
    return entry
  }
}

/// Until when this process may write, by its own clock; paused processes find that it is over.
struct WriteLease {
  /// The action whose row says that it is about to be sent.
  var begun: ActionID?
  private(set) var expires: ContinuousClock.Instant
  private let seconds: Double

  init(_ event: ClaimedEvent) {
    seconds = Double(event.thread?.lease ?? 180) * Executor.usableShare
    expires = .now + .seconds(seconds)
  }

  var isOver: Bool { ContinuousClock.now >= expires }

  /// To be called *before* the row is asked for: the database counts from later on.
  mutating func renew() { expires = .now + .seconds(seconds) }
}

extension Action {
  /// What is to be done of it where assignees of it were forgotten before it came to its end.
  fileprivate var withoutForgotten: Remainder? {
    let rest = decision.effect.withoutForgotten
    return rest == decision.effect ? nil : Remainder(effect: rest, words: "who was meant has been forgotten")
  }

  /// Whether something is still to be done about it.
  fileprivate var isOpen: Bool {
    switch status {
    case .done, .skipped, .rolledBack: false
    case .uncertain: decision.effect.guarantee != .atMostOnce
    case .intended, .failed: true
    }
  }
}

extension ActionOutcome {
  /// Asked for by an attempt that was cut off, and there: it is that attempt's doing, and undone with it.
  static func sentBefore(after: JSONValue = .null) -> ActionOutcome {
    ActionOutcome(status: .done, after: after, explanation: "It was sent before.")
  }

  fileprivate static func conflict(_ what: String, after: JSONValue) -> ActionOutcome {
    ActionOutcome(
      status: .failed, after: after,
      explanation:
        "Conflict: \(what) changed since it was checked. Nothing was written; roll back again to see the plan.")
  }
}

extension ClaimedThread {
  fileprivate var stickies: [String: StickyRecord] {
    if case .entered(let context) = standing { context.stickies } else { [:] }
  }
}

/// What is still to be done of an action that was interrupted.
public struct Remainder: Hashable, Sendable {
  /// nil for nothing.
  public var effect: Effect?
  /// Why it is not all.
  public var words: String

  public init(effect: Effect?, words: String) {
    self.effect = effect
    self.words = words
  }
}

/// An action and how it ended in this run.
public struct SettledAction: Hashable, Sendable {
  public var action: Action
  public var outcome: ActionOutcome

  public init(action: Action, outcome: ActionOutcome) {
    self.action = action
    self.outcome = outcome
  }
}
