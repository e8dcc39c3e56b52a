import ActionsRuntime
import Automation
import Cryptography
import Domain
import GitHub
import Markup
import Reporting
import Store

extension EventRun {
  /// An event that is always worked on: what it shows of the item counts, whether a rule is about it or not.
  mutating func automate(_ event: Event) async throws -> EventResult {
    // The first request waits for the connection: another job may have met a limit.
    let store = try openStore()
    // While the database is connected to.
    let client = client
    async let warmUp: Void = client.warmUp()
    guard let settings = try await configuration(for: event, in: store) else {
      await close(store)
      return .unconfigured
    }
    await warmUp
    return try await automate(event, settings, in: store)
  }

  /// An event that is worked on where a rule or a command is about it, and else captured where that is wanted. Nothing is
  /// connected to before that is known.
  mutating func automate(_ event: Event, onlyIf mayHoldCommand: Bool, causedByBot: Bool) async throws -> EventResult {
    if mayHoldCommand, !causedByBot { return try await automate(event) }
    guard let settings = try await configuration(for: event) else { return .unconfigured }
    guard settings.concern(event, causedByBot: causedByBot) else { return try await captureItem(of: event, settings) }
    return try await automate(event, settings, in: try openStore())
  }

  private mutating func automate(
    _ event: Event, _ configured: Settings, in store: Store, mode: Settings.Mode? = nil, by dispatch: Event? = nil
  ) async throws -> EventResult {
    guard var subject = EventSubject(event) else {
      await close(store)
      return .ignored(reason: "the event is about no issue or pull request")
    }
    subject.identity = dispatch?.identity ?? event.identity
    var settings = configured
    if let mode { settings.mode = mode }
    if forcesDryRun { settings.mode = .dryRun }
    self.settings = settings
    try store.usePseudonyms(settings.audit.usesPseudonyms)
    report.mode = settings.mode
    var processing = EventProcessing(
      session: session, subject: subject, settings: settings, processor: AutomationProcessor(settings: settings),
      store: store, github: github, payload: payload, report: report)
    // Whoever pastes a payload can put any name under its text, so what counts is what both may do.
    processing.sponsor = dispatch.map(\.sender)
    var result: EventResult
    do {
      defer { report = processing.report }
      result = try await processing.run()
    }
    report.anchor = store.auditAnchor(of: event.repository)?.description
    try await EventCapture(session: session, github: github, store: store, settings: settings)
      .follow(event, &result, &report, forcesDryRun: forcesDryRun)
    await close(store)
    return result
  }

  // MARK: By hand

  /// What somebody asked for in a dispatch: one item as it is now, as if it had just been opened, or a pasted payload.
  ///
  /// Each run is an event of its own, so that the same thing can be tried again; a re-run of it is not.
  mutating func process(_ request: ManualRequest, of dispatch: Event) async throws -> EventResult {
    let store = try openStore()
    guard let settings = try await configuration(for: dispatch, in: store) else {
      await close(store)
      return .unconfigured
    }
    let event: Event
    switch request.subject {
    case .item(let number):
      guard let issue = try await ItemLookup(github: github).issue(number, in: dispatch.repository) else {
        throw Failure(
          .failed, "There is no issue or pull request #\(number) in \(dispatch.repository)",
          advice: "Correct the number.")
      }
      event = Event(opening: issue, in: dispatch)
    case .payload(let text, let name):
      event = try EventFile.decode(pasted: text, name: name, repository: dispatch.repository, run: dispatch.run)
    }
    report.trigger = RunReport.Trigger(event)
    session.log.line("By hand: \(report.trigger.headline)")
    return try await automate(event, settings, in: store, mode: request.mode, by: dispatch)
  }
}

extension Settings {
  /// Whether a rule, a command of the configuration aside, may be about the event.
  fileprivate func concern(_ event: Event, causedByBot: Bool) -> Bool {
    guard let subject = EventSubject(event) else { return false }
    var trigger = subject.trigger
    if trigger.event == .pullRequestTarget { trigger.event = .pullRequest }
    let isRuled = rules.contains { rule in
      rule.triggers.contains(trigger) && (!causedByBot || rule.conditions.isBot == true)
    }
    if isRuled { return true }
    // Somebody's comment ends what the stale rule began.
    guard let stale, !causedByBot else { return false }
    return subject.issue.labels.contains { $0.lowercased() == stale.label.lowercased() }
  }
}

extension Event {
  /// The item as if it had just been opened.
  fileprivate init(opening issue: Issue, in dispatch: Event) {
    var payload = Payload.issue(issue, detail: nil)
    if issue.isPullRequest {
      payload = .pullRequest(
        PullRequest(
          id: issue.id, number: issue.number, title: issue.title, body: issue.body, isOpen: issue.isOpen,
          author: issue.author, authorAssociation: issue.authorAssociation, labels: issue.labels,
          assignees: issue.assignees, isLocked: issue.isLocked, lockReason: issue.lockReason,
          milestone: issue.milestone,
          createdAt: issue.createdAt, updatedAt: issue.updatedAt, closedAt: issue.closedAt), detail: nil)
    }
    self.init(
      name: issue.isPullRequest ? .pullRequest : .issues, action: "opened", repository: dispatch.repository,
      repositoryGitHubID: dispatch.repositoryGitHubID, sender: issue.author, payload: payload, run: dispatch.run)
  }
}
