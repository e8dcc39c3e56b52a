import ActionsRuntime
import Automation
import Capture
import Domain
import GitHub
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
  let github: GitHubClient
  private(set) var report: RunReport
  /// What the configuration says, once it was read.
  private(set) var settings: Settings?

  init(session: Session, forcesDryRun: Bool) {
    self.session = session
    self.forcesDryRun = forcesDryRun
    github = session.makeGitHub()
    let environment = session.environment
    report = RunReport(
      trigger: RunReport.Trigger(
        name: environment.eventName ?? "unknown", repository: environment.repositoryName, actor: environment.actor),
      outcome: .ignored)
    report.serverURL = environment.serverURL
  }

  mutating func process() async throws -> EventResult {
    let environment = session.environment
    let bytes = try EventFile.read(path: environment.eventPath)
    let decoded = try EventFile.decode(
      bytes, name: environment.eventName, repository: environment.repositoryName, run: environment.run)
    let event: Event
    switch decoded {
    case .unsupported(_, let reason): return .ignored(reason: reason)
    case .event(let supported): event = supported
    }
    report.trigger = RunReport.Trigger(event)
    session.log.line("Event \(report.trigger.headline)")
    switch route(event, facts: RoutingFacts(hasDatabase: environment.databaseURL != nil)) {
    case .ignored(let reason):
      return .ignored(reason: reason)
    case .issue:
      if case .issue(let issue, _) = event.payload, AlertReporter.isAlert(issue) {
        return .ignored(reason: "the issue is Yardmaster's own alert")
      }
      report.processor = "issue"
      return try await automate(event, commands: [])
    case .comment:
      report.processor = "comment"
      guard case .comment(let comment, _, let previousBody) = event.payload else {
        return .ignored(reason: "the event has no comment")
      }
      // Reading commands needs no configuration, and most comments hold none.
      let commands = CommentProcessor(settings: Settings()).commands(in: comment, previousBody: previousBody)
      if commands.isEmpty { return .ignored(reason: "the comment holds no new command") }
      return try await automate(event, commands: commands)
    case .history:
      report.processor = "history"
      return try await capture(event)
    }
  }

  private mutating func automate(_ event: Event, commands: [Command]) async throws -> EventResult {
    let store = try session.makeStore()
    // Opened while GitHub sends the configuration; a fault shows at the claim.
    async let connected: Void = store.warmUp()
    let source = ConfigurationSource(explicitFile: session.environment.configPath, github: github)
    guard var settings = try await source.load(for: event.repository) else {
      return .ignored(reason: "the repository has no \(ConfigurationSource.path) on its default branch")
    }
    await connected
    if forcesDryRun { settings.mode = .dryRun }
    self.settings = settings
    report.mode = settings.mode
    var processing = EventProcessing(
      event: event, commands: commands, settings: settings, store: store, github: github, log: session.log,
      report: report)
    defer { report = processing.report }
    let result = try await processing.run()
    await store.close()
    return result
  }

  /// A dispatch that asks for history: plans, then works on the chunks in this process.
  ///
  /// A capture that stops before its job is complete leaves its event open: the re-run of the workflow run takes it
  /// over and goes on.
  private mutating func capture(_ event: Event) async throws -> EventResult {
    let request = try HistoryRequest(event).planRequest
    if forcesDryRun { return .ignored(reason: "dry run: all that a capture does is to write rows") }
    let store = try session.makeStore()
    let entry = LedgerEntry(event: event, mode: .live, store: store)
    let claimed: ClaimedEvent
    switch try await entry.claim() {
    case .duplicate(let id, let outcome, let runID, _): return .duplicate(of: id, outcome: outcome, runID: runID)
    case .claimed(let mine): claimed = mine
    }
    report.eventID = claimed.id
    report.transactionID = claimed.transaction
    let result = try await entry.work(on: claimed, log: session.log) {
      var result = try await capture(request, store: store)
      result.eventID = claimed.id
      result.transactionID = claimed.transaction
      if result.sync?.isComplete ?? true { try await entry.finish(claimed, outcome: .processed, error: nil) }
      return result
    }
    await store.close()
    return result
  }

  private mutating func capture(_ request: PlanRequest, store: Store) async throws -> EventResult {
    let history = HistoryRun(session: session, github: github, store: store)
    let plan = try await history.plan(request)
    var result = EventResult(outcome: .processed)
    result.jobID = plan.job?.id
    result.matrix = plan.matrix
    result.hasWork = plan.hasWork
    report.notes += plan.notes.map { Reason(origin: "plan", evidence: $0) }
    guard let job = plan.job, plan.hasWork else { return result }
    let captured = try await history.sync(job)
    result.sync = captured.result
    result.exitStatus = captured.result.exitStatus
    result.syncReport = captured.report
    if !captured.result.isComplete {
      report.remaining.append("\(captured.result.remainingChunks) chunks of job \(job.id.text) wait for the next sync.")
    }
    return result
  }
}

extension RunReport.Trigger {
  init(_ event: Event) {
    var title: String?
    switch event.payload {
    case .issue(let issue, _), .comment(_, let issue, _): title = issue.title
    case .pullRequest(let pull, _), .review(_, let pull): title = pull.title
    case .workflowDispatch, .schedule, .repositoryDispatch: break
    }
    self.init(
      name: event.name.rawValue, action: event.action, repository: event.repository, number: event.number,
      title: title, actor: event.sender?.login)
  }

  /// `issues.opened in octocat/hello #3 by alice`
  var headline: LogText {
    var text: LogText = "\(name)"
    if let action { text += ".\(action)" }
    if let repository { text += " in \(repository.description)" }
    if let number { text += " #\(number)" }
    if let actor { text += " by \(actor)" }
    return text
  }
}
