import ActionsRuntime
import Automation
import Capture
import Domain
import FoundationEssentials
import GitHub
import Markup
import Reporting
import Store

/// One event from its file to its outcome.
///
/// decode → route → configuration → claim → decide → intents → effects → outcome. What routing ignores ends before
/// any connection is opened.
struct EventRun {
  let session: Session
  let forcesDryRun: Bool
  private(set) var github: any GitHubAPI
  /// nil where there is no database.
  private let store: Store?
  private let budget: EventBudget?
  let client: GitHubClient
  var report: RunReport
  /// What the configuration says, once it was read.
  var settings: Settings?
  /// What the event came as, for whoever tries again what failed.
  private(set) var payload: @Sendable () -> EventPayload? = { nil }

  init(session: Session, forcesDryRun: Bool) {
    self.session = session
    self.forcesDryRun = forcesDryRun
    store = try? session.makeStore(tolerance: Self.outageTolerance)
    budget = store.map { EventBudget($0) }
    client = session.makeGitHub(ledger: budget, patience: Self.patience)
    github = client
    let environment = session.environment
    report = RunReport(
      trigger: RunReport.Trigger(
        name: environment.eventName ?? "unknown", repository: environment.repositoryName, actor: environment.actor),
      outcome: .ignored)
    report.serverURL = environment.serverURL
  }

  /// Seconds that a request is kept waiting for a limit: as long as GitHub's own minute.
  private static let patience = 65.0
  /// Seconds for which a database that went away is waited for: a person waits for what an event brings about, and a
  /// re-run of the job goes on where it stopped.
  private static let outageTolerance = 15.0

  /// The database, from now on with the budgets that are in it.
  func openStore() throws -> Store {
    let store = try store ?? session.makeStore(tolerance: Self.outageTolerance)
    budget?.open()
    return store
  }

  /// Tells the others what was used, and closes the database.
  func close(_ store: Store) async {
    if session.deadline.stopSignal == nil { await client.flush() }
    await store.close()
  }

  /// The event that started this workflow run.
  mutating func process() async throws -> EventResult {
    let environment = session.environment
    let bytes = try EventFile.read(path: environment.eventPath)
    return try await process(bytes, name: environment.eventName, run: environment.run)
  }

  /// An event that failed, by what was kept of it: something newer may have happened to its item since.
  mutating func process(payload: JSONValue, name: String) async throws -> EventResult {
    var run = session.environment.run
    run.attempt = max(run.attempt, 2)
    return try await process(Array(payload.canonicalText.utf8), name: name, run: run)
  }

  private mutating func process(_ bytes: [UInt8], name: String?, run: RunContext) async throws -> EventResult {
    let environment = session.environment
    let decoded = try EventFile.decode(bytes, name: name, repository: environment.repositoryName, run: run)
    payload = { @Sendable in
      guard let name, let document = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else { return nil }
      return EventPayload(name: name, document: document)
    }
    let event: Event
    switch decoded {
    case .unsupported(_, let reason): return .ignored(reason: reason)
    case .event(let supported): event = supported
    }
    report.trigger = RunReport.Trigger(event)
    session.log.line("Event \(report.trigger.headline)")
    switch try route(event, facts: RoutingFacts(hasDatabase: environment.databaseURL != nil)) {
    case .ignored(let reason):
      return .ignored(reason: reason)
    case .issue:
      if case .issue(let issue, _) = event.payload, AlertReporter.isAlert(issue) { return .ownAlert }
      report.processor = "issue"
      return try await automate(event)
    case .pullRequest(let mayHoldCommand, let causedByBot):
      report.processor = "pull request"
      return try await automate(event, onlyIf: mayHoldCommand, causedByBot: causedByBot)
    case .comment(let mayHoldCommand, let causedByBot):
      report.processor = "comment"
      return try await automate(event, onlyIf: mayHoldCommand, causedByBot: causedByBot)
    case .capture:
      return try await captureItem(of: event)
    case .history:
      report.processor = "history"
      return try await capture(event)
    case .manual(let request):
      report.processor = "manual"
      return try await process(request, of: event)
    }
  }

  /// - Parameter store: where it is open already, what was read last is asked about: an unchanged file costs no quota.
  func configuration(for event: Event, in store: Store? = nil) async throws -> Settings? {
    let key = ThreadKey(repository: event.repository, githubID: event.repositoryGitHubID, number: 0).repository
    return try await ConfigurationSource(
      explicitFile: session.environment.configPath, github: github, cache: store.map { ($0, key) }
    ).load(for: event.repository)
  }

  /// An event that no rule and no command is about, where the repository captures its history.
  ///
  /// Nothing is connected to before the configuration says so. A failure raises no alert: the job waits in the table.
  mutating func captureItem(of event: Event) async throws -> EventResult {
    report.processor = "history"
    if case .issue(let issue, _) = event.payload, AlertReporter.isAlert(issue) { return .ownAlert }
    guard let settings = try await configuration(for: event) else { return .unconfigured }
    return try await captureItem(of: event, settings)
  }

  mutating func captureItem(of event: Event, _ settings: Settings) async throws -> EventResult {
    report.processor = "history"
    guard settings.history.capture else {
      return .ignored(reason: "no rule or command is in it, and the configuration does not say history: capture: true")
    }
    if forcesDryRun { return .ignored(reason: "dry run: all that a capture does is to write rows") }
    let store = try openStore()
    try store.usePseudonyms(settings.audit.usesPseudonyms)
    let result = try await claimed(event, in: store) { run in
      let capture = EventCapture(session: run.session, github: run.github, store: store, settings: settings)
      return try await capture.item(of: event, report: &run.report)
    }
    await close(store)
    return result
  }

  /// Claims the event, works on it, and settles it where it came to its end.
  ///
  /// One that stops before its capture is complete stays open: the re-run of the workflow run takes it over and goes on.
  private mutating func claimed(
    _ event: Event, in store: Store, _ body: (inout EventRun) async throws -> EventResult
  ) async throws -> EventResult {
    let entry = LedgerEntry(event: event, mode: .live, store: store)
    let claimed: ClaimedEvent
    switch try await entry.claim() {
    case .duplicate(let id, let outcome, let runID, _): return .duplicate(of: id, outcome: outcome, runID: runID)
    case .claimed(let mine): claimed = mine
    }
    report.eventID = claimed.id
    report.transactionID = claimed.transaction
    return try await entry.work(on: claimed, log: session.log) {
      var result = try await body(&self)
      result.eventID = claimed.id
      result.transactionID = claimed.transaction
      // Nor is one settled whose time was up: what it leaves waits in the table, and the re-run may be quicker.
      if !Task.isCancelled, result.sync?.isComplete ?? true {
        try await entry.finish(claimed, outcome: .processed, error: nil)
      }
      return result
    }
  }

  /// A dispatch that asks for history: it takes the lane that the table names where the repository has lanes, else it
  /// plans, and works on the chunks in this process.
  private mutating func capture(_ event: Event) async throws -> EventResult {
    let request = try HistoryRequest(event).planRequest
    if forcesDryRun { return .ignored(reason: "dry run: all that a capture does is to write rows") }
    return try await session.withHistory { history in
      github = history.github
      return try await claimed(event, in: history.store) { run in
        // A job that is named has its lane already.
        guard request.jobID == nil, let settings = await run.lanes(for: event) else {
          return try await run.capture(request, history)
        }
        let capture = EventCapture(
          session: run.session, github: history.github, store: history.store, settings: settings)
        return try await capture.history(request, of: event, report: &run.report)
      }
    }
  }

  /// The settings where they ask for lanes. A dispatch needs no configuration: where it cannot be read, it is captured
  /// in this run.
  private func lanes(for event: Event) async -> Settings? {
    do {
      guard let settings = try await configuration(for: event), settings.history.capture else { return nil }
      return settings
    } catch {
      session.log.warning("The configuration was not read, so this run captures: \(Fault(error).problem)")
      return nil
    }
  }

  private mutating func capture(_ request: PlanRequest, _ history: HistoryRun) async throws -> EventResult {
    var result = EventResult(outcome: .processed)
    let plan: Plan
    do {
      plan = try await history.plan(request)
    } catch let waits as PlanWaits {
      result.jobID = waits.job
      result.hasWork = false
      result.isCaptureComplete = false
      report.remaining.append("\(waits.problem); the sweep plans it after that.")
      session.log.line("\(waits.problem). \(waits.advice)")
      return result
    }
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
      let left = captured.result.remainingChunks
      report.remaining.append(
        "\(Figures.count(left, "chunk")) of job \(job.id.text) \(left == 1 ? "waits" : "wait") for the next sync.")
    }
    return result
  }
}

extension RunReport.Trigger {
  init(_ event: Event) {
    var title: String?
    switch event.payload {
    case .issue(let issue, _), .comment(_, let issue, _): title = issue.title
    case .pullRequest(let pull, _), .review(_, let pull), .reviewComment(_, let pull): title = pull.title
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
