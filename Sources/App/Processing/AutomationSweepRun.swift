import ActionsRuntime
import Automation
import Domain
import Markup
import Reporting
import Store
import Synchronization

/// The part of a sweep that is about rules and commands: failed events once more, then what no event brought, then the
/// rules that go by time. Each goes the way of an event's run.
final class AutomationSweepRun: SweepHandler {
  private let session: Session
  private let github: any GitHubAPI
  private let store: Store
  private let settings: Settings
  private let processor: AutomationProcessor
  private let entries = Mutex<[RunReport.Entry]>([])

  /// The most failed events that one sweep tries again.
  private static let retryLimit = 50

  init(session: Session, github: any GitHubAPI, store: Store, settings: Settings) {
    self.session = session
    self.github = github
    self.store = store
    self.settings = settings
    processor = AutomationProcessor(settings: settings)
  }

  /// - Parameter since: looks at what happened from here on, rather than since the last sweep.
  func run(_ repository: RepositoryName, githubID: Int64?, since: Timestamp?) async throws -> AutomationSweepReport {
    let begin = session.deadline.elapsed
    try store.usePseudonyms(settings.audit.usesPseudonyms)
    try await retry(repository, githubID)
    let bots = BotGuard(settings: settings.actors)
    var request = AutomationSweepRequest(
      repository: repository, repositoryGitHubID: githubID, mode: settings.mode, run: session.environment.run,
      since: since, timeRules: settings.timeRules, worker: ProcessIdentity.own.text,
      isBot: { bots.verdict(on: $0).isBot }, isKnownDead: { ProcessIdentity.isKnownDead($0) })
    if let login = try await github.ownLogin { request.ownLogins = [login.lowercased()] }
    let sweep = AutomationSweep(
      github: github, store: store, clock: session.clock, deadline: session.deadline, handler: self)
    var report = AutomationSweepReport(try await sweep.run(request), isDryRun: settings.mode == .dryRun)
    report.entries = entries.withLock { $0 }
    report.anchor = store.auditAnchor(of: repository)?.description
    report.usage = await github.usage
    report.duration = session.deadline.elapsed - begin
    return report
  }

  func process(_ missed: MissedEvent) async throws -> Bool {
    guard var subject = EventSubject(missed.event, item: missed.item) else { return true }
    subject.isRulesOnly = missed.isEditedByAnother
    subject.changes = missed.changes
    subject.readAt = missed.readAt
    return try await process(subject, payload: nil)
  }

  func visit(_ visit: ScheduledVisit) async throws {
    try await process(EventSubject(visit, run: session.environment.run), payload: nil)
  }

  /// Events whose turn has come after a failure.
  private func retry(_ repository: RepositoryName, _ githubID: Int64?) async throws {
    let key = ThreadKey(repository: repository, githubID: githubID, number: 0).repository
    for failed in try await store.retryableEvents(of: key, mode: settings.mode, limit: Self.retryLimit) {
      guard let payload = try await store.payload(ofEvent: failed.id) else { continue }
      do {
        let subject = try EventSubject(again: payload, in: repository, run: session.environment.run)
        guard let subject else { continue }
        session.log.line("Once more: \(failed.title), which failed \(failed.attempts) times")
        try await process(subject, payload: payload)
      } catch let error as any UserFacingError where error.exitStatus != .unavailable {
        // Recorded, with its next turn; the next event may fare better.
        session.log.warning("It failed again: \(error.problem)")
      }
    }
  }

  /// - Returns: false where another process is at work on the event.
  @discardableResult
  private func process(_ subject: EventSubject, payload: EventPayload?) async throws -> Bool {
    if subject.comment == nil, AlertReporter.isAlert(subject.issue) { return true }
    let trigger = RunReport.Trigger(subject.event)
    var processing = EventProcessing(
      session: session, subject: subject, settings: settings, processor: processor, store: store, github: github,
      payload: { payload }, report: RunReport(trigger: trigger, outcome: .processed, mode: settings.mode))
    let result = try await processing.run()
    let done = processing.report.entries
    entries.withLock { $0 += done }
    if result.outcome == .failed {
      throw Failure(
        .failed, processing.report.fault?.problem ?? "An action failed", advice: "The next sweep tries it again.")
    }
    return !result.isOccupied
  }
}

extension Settings {
  /// When items that nothing happens to have to be visited; nil where no rule goes by time.
  fileprivate var timeRules: AutomationSweepRequest.TimeRules? {
    var durations: [Int] = []
    for rule in rules where rule.triggers.contains(.schedule) {
      let given = ([rule.conditions] + rule.exceptions).flatMap { [$0.age, $0.inactivity] }.compactMap(\.self)
      durations += given.isEmpty ? [0] : given
    }
    if let stale { durations += [stale.after] + (stale.closeAfter.map { [$0] } ?? []) }
    return AutomationSweepRequest.TimeRules(durations: durations.map(Double.init))
  }
}
