import ActionsRuntime
import Automation
import Cryptography
import Domain
import Execution
import Markup
import Reporting
import Store

/// One event from its file to its outcome.
///
/// decode → route → configuration → claim → decide → intents → effects → outcome. What routing ignores ends before
/// any connection is opened. The configuration and the database connection are awaited side by side: an event run
/// should cost what its slowest network call costs.
struct EventRun {
  let session: Session
  let forcesDryRun: Bool
  private(set) var report: RunReport

  init(session: Session, forcesDryRun: Bool) {
    self.session = session
    self.forcesDryRun = forcesDryRun
    report = RunReport(eventName: session.environment.eventName ?? "unknown")
  }

  mutating func process() async throws -> EventResult {
    let environment = session.environment
    guard let path = environment.eventPath else {
      throw Failure(
        .configuration, "GITHUB_EVENT_PATH is not set",
        advice: "Run this as a step of a GitHub Actions workflow, or set GITHUB_EVENT_NAME and GITHUB_EVENT_PATH.")
    }
    let context = RunContext(
      runID: environment.runID, attempt: environment.runAttempt, actor: environment.actor,
      workflow: environment.workflow, serverURL: environment.serverURL)
    let decoded = try EventFile.decode(
      try EventFile.read(path: path), name: environment.eventName,
      repository: environment.repository.flatMap { RepositoryName($0) }, run: context)
    guard case .event(let event) = decoded else {
      if case .unsupported(_, let reason) = decoded { return .ignored(reason: reason) }
      return .ignored(reason: "unsupported event")
    }
    report.describe(event)
    session.log.line("Event: \(report.headline)")

    let route = route(event, facts: RoutingFacts(hasDatabase: environment.databaseURL != nil))
    switch route {
    case .ignored(let reason): return .ignored(reason: reason)
    case .issue, .comment: return try await automate(event)
    case .history: return try await capture(event)
    }
  }

  // MARK: Issue and comment automation

  private mutating func automate(_ event: Event) async throws -> EventResult {
    let commands = Self.commands(in: event)
    if case .comment = event.payload, commands.isEmpty {
      return .ignored(reason: "the comment holds no command")
    }
    let store = try session.makeStore()
    let github = session.makeGitHub()
    // The connection is opened while GitHub sends the configuration; a fault of it shows at the claim.
    async let connected: Void = store.warmUp()
    let loaded = try await ConfigurationSource(explicitFile: session.environment.configPath, github: github)
      .load(for: event.repository)
    await connected
    guard var settings = loaded else {
      await store.close()
      return .ignored(reason: "the repository has no \(ConfigurationSource.path) on its default branch")
    }
    if forcesDryRun { settings.mode = .dryRun }
    report.mode = settings.mode

    let result = try await claimed(event, mode: settings.mode, settings: settings, store: store, github: github) {
      claimed, actor in
      let executor = Executor(github: github, journal: store)
      if !claimed.recorded.isEmpty {
        return (Deliberation(), try await executor.resume(claimed, actor: actor))
      }
      let deliberation = try await Self.deliberate(event, commands: commands, settings: settings, github: github)
      let settled = try await executor.carryOut(
        deliberation.decisions, for: claimed, mode: settings.mode, actor: actor)
      return (deliberation, settled)
    }
    report.usage = await github.usage
    await store.close()
    return result
  }

  private static func commands(in event: Event) -> [Command] {
    guard case .comment(let comment, _, let previousBody) = event.payload else { return [] }
    return CommentProcessor(settings: Settings()).commands(in: comment, previousBody: previousBody)
  }

  private static func deliberate(
    _ event: Event, commands: [Command], settings: Settings, github: any GitHubAPI
  ) async throws -> Deliberation {
    switch event.payload {
    case .issue(let issue, _):
      return IssueProcessor(settings: settings).decide(issue, action: event.action ?? "", in: event.repository)
    case .comment(let comment, let issue, _):
      guard settings.commands.enabled else {
        return Deliberation(notes: [Reason(origin: "commands", evidence: "the configuration switches commands off")])
      }
      // The permission that counts is the comment's author's, never that of the actor who re-ran the job.
      let permission = try await PermissionLookup(github: github).permission(of: comment.author, in: event.repository)
      return CommentProcessor(settings: settings).decide(
        commands, comment: comment, on: issue, in: event.repository, permission: permission)
    case .pullRequest, .review, .workflowDispatch, .schedule, .repositoryDispatch:
      return Deliberation()
    }
  }

  /// Claims the event, lets `body` decide and act, and records how it ended, also where it failed.
  private mutating func claimed(
    _ event: Event, mode: Settings.Mode, settings: Settings, store: Store, github: any GitHubAPI,
    body: (ClaimedEvent, String?) async throws -> (Deliberation, [SettledAction])
  ) async throws -> EventResult {
    let actor = event.sender?.login
    let claim = EventClaim(
      id: Self.eventID(event.identity, mode: mode), identity: event.identity, name: event.name.rawValue,
      action: event.action, repository: event.repository, repositoryGitHubID: event.repositoryGitHubID,
      number: event.number, actor: actor, run: event.run, mode: mode)
    let claimed: ClaimedEvent
    switch try await store.claim(claim) {
    case .duplicate(let id, let outcome, let runID):
      return .duplicate(of: id, outcome: outcome, runID: runID)
    case .claimed(let mine):
      claimed = mine
    }
    report.eventID = claimed.id
    report.transactionID = claimed.transaction
    do {
      let (deliberation, settled) = try await body(claimed, actor)
      report.add(deliberation: deliberation, settled: settled.map { ($0.action, $0.outcome) })
      let failures = settled.filter { $0.outcome.status == .failed || $0.outcome.status == .uncertain }
      let outcome: EventOutcome = failures.isEmpty ? .processed : .failed
      let error = failures.first?.outcome.explanation
      try await store.finish(
        claimed, outcome: outcome, error: error,
        audit: Self.audit(event, outcome: outcome, mode: mode, error: error))
      let result = EventResult(
        outcome: outcome, eventID: claimed.id, transactionID: claimed.transaction,
        actions: settled.count { $0.outcome.status == .done }, reason: error)
      if outcome == .failed { await alert(event, settings: settings, github: github, error: error ?? "") }
      return result
    } catch let error as LeaseLost {
      throw error
    } catch is CancellationError {
      // Left unfinished on purpose: the re-run finds the intents and goes on with them.
      throw CancellationError()
    } catch {
      let text = (error as? any UserFacingError)?.description ?? "unexpected error: \(error)"
      try? await store.finish(
        claimed, outcome: .failed, error: text,
        audit: Self.audit(event, outcome: .failed, mode: mode, error: text))
      await alert(event, settings: settings, github: github, error: text)
      throw error
    }
  }

  private static func eventID(_ identity: EventIdentity, mode: Settings.Mode) -> EventID {
    EventID(bytes: sha256(Array("\(mode.rawValue)\u{1F}\(identity.text)".utf8)), version: 8)
  }

  private static func audit(
    _ event: Event, outcome: EventOutcome, mode: Settings.Mode, error: String?
  ) -> AuditEntry {
    AuditEntry(
      eventType: "event", severity: outcome == .failed ? .error : .info, actor: event.sender?.login,
      repository: event.repository, actionType: event.name.rawValue, success: outcome != .failed,
      metadata: [
        "action": event.action.map(JSONValue.string) ?? .null, "outcome": .string(outcome.rawValue),
        "number": event.number.map { .integer(Int64($0)) } ?? .null, "mode": .string(mode.rawValue),
        "run_id": .integer(event.run.runID), "attempt": .integer(Int64(event.run.attempt)),
        "error": error.map(JSONValue.string) ?? .null,
      ])
  }

  private func alert(_ event: Event, settings: Settings, github: any GitHubAPI, error: String) async {
    guard settings.alerts, settings.mode == .live else { return }
    await AlertReporter(github: github, log: session.log).raise(
      in: event.repository, run: event.run, what: report.headline, error: error)
  }

  // MARK: History

  /// A dispatch that asks for history: plans, then works on the chunks in this process.
  private mutating func capture(_ event: Event) async throws -> EventResult {
    let request = try HistoryRequest(event)
    let store = try session.makeStore()
    let github = session.makeGitHub()
    let run = HistoryRun(session: session, github: github, store: store)
    let plan = try await run.plan(request.planRequest)
    var result = EventResult(outcome: .processed, eventID: nil, transactionID: nil, actions: 0, reason: nil)
    result.jobID = plan.job?.id
    result.matrix = plan.matrix
    result.hasWork = plan.hasWork
    if let job = plan.job, plan.hasWork {
      let sync = try await run.sync(job)
      result.sync = sync
      if let signal = sync.stopSignal { result.exitStatus = signal.exitStatus }
    }
    report.usage = await github.usage
    if let job = plan.job { report.progress = try await store.progress(of: job.id) }
    await store.close()
    return result
  }
}
