public import Domain

/// Carries decisions out: intent → effect → outcome, one row at a time.
///
/// Model. A decision becomes an `Action` row before GitHub hears of it, and the row is settled after GitHub answered.
/// A kill between the two leaves the row `intended`; whoever claims the event next finds it and settles it first.
///
/// Guarantees, by kind of effect:
/// - labels, state, assignees set a state: sending them again changes nothing, so an unsettled one is sent again;
/// - a comment is no state: it carries its action's marker, and an unsettled one is looked for before it is posted.
///
/// Failure handling. A refusal by GitHub (no access, gone, invalid) settles the action as `failed` and the next one is
/// tried. Where GitHub cannot be reached the action stays `intended` and the error is thrown: running again is right.
public struct Executor: Sendable {
  let github: any GitHubAPI
  let journal: any ActionJournal

  public init(github: any GitHubAPI, journal: any ActionJournal) {
    self.github = github
    self.journal = journal
  }

  /// Records the decisions as intents and carries them out.
  ///
  /// - Parameter actor: whose doing caused the event; for the audit log.
  /// - Returns: every action with its outcome, in the order of the decisions.
  public func carryOut(
    _ decisions: [Decision], for event: ClaimedEvent, mode: Settings.Mode, actor: String?
  ) async throws -> [SettledAction] {
    guard !decisions.isEmpty else { return [] }
    let actions = try await journal.intend(decisions, for: event, dryRun: mode == .dryRun)
    return try await settle(actions, for: event, actor: actor, resumed: false)
  }

  /// Goes on with the actions that an earlier attempt at the event recorded.
  public func resume(_ event: ClaimedEvent, actor: String?) async throws -> [SettledAction] {
    try await settle(event.recorded, for: event, actor: actor, resumed: true)
  }

  private func settle(
    _ actions: [Action], for event: ClaimedEvent, actor: String?, resumed: Bool
  ) async throws -> [SettledAction] {
    var settled: [SettledAction] = []
    for action in actions {
      switch action.status {
      case .done, .skipped, .rolledBack:
        settled.append(
          SettledAction(action: action, outcome: ActionOutcome(status: action.status, after: action.after)))
      case .intended, .uncertain, .failed:
        let outcome = try await attempt(action, resumed: resumed)
        try await journal.settle(action, as: outcome, for: event, audit: audit(action, outcome, actor: actor))
        settled.append(SettledAction(action: action, outcome: outcome))
      }
    }
    return settled
  }

  private func attempt(_ action: Action, resumed: Bool) async throws -> ActionOutcome {
    do {
      return try await EffectSender(github: github).send(action, mayHaveBeenSent: resumed)
    } catch let error as UncertainWrite {
      return ActionOutcome(status: .uncertain, explanation: error.description)
    } catch let error as any UserFacingError where error.exitStatus == .failed || error.exitStatus == .configuration {
      return ActionOutcome(status: .failed, explanation: error.description)
    }
  }

  private func audit(_ action: Action, _ outcome: ActionOutcome, actor: String?) -> AuditEntry {
    let succeeded = outcome.status == .done || outcome.status == .skipped
    return AuditEntry(
      eventType: "action", severity: succeeded ? .info : .error, actor: actor,
      repository: action.decision.target.repository, actionType: action.decision.effect.kind,
      before: action.decision.before, after: outcome.after, success: succeeded,
      metadata: [
        "action_id": .string(action.id.text), "number": .integer(Int64(action.decision.target.number)),
        "status": .string(outcome.status.rawValue), "reasoning": .string(action.decision.reason.origin),
        "evidence": .string(action.decision.reason.evidence), "confidence": 1,
      ])
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
