import ActionsRuntime
import ArgumentParser
import Capture
import Domain
import Markup
import Reporting
import Store

/// `yardmaster sweep`: what the events missed and what runs left.
struct SweepCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Find what the events missed, apply rules that go by time, and keep captured history complete.",
    discussion: """
      To be run by a schedule. Where the repository has a configuration, what no event brought is processed as if it had \
      come, failed events are tried again, and rules that go by time (on: schedule, stale:) visit the open items.

      Then history, where `plan` or a sweep began to capture it, the configuration says `history: capture: true`, or there \
      is no configuration: open jobs go on first; then what changed since the last complete walk is \
      captured; then numbers and lists that are not as GitHub counts them; and what is left of the time goes to the \
      audit, a walk over everything once more that is spread over sweeps.
      """)

  @Option(help: ArgumentHelp("The repository; default: GITHUB_REPOSITORY.", valueName: "owner/name"))
  var repository: String?

  @Option(help: ArgumentHelp("Stop in good order after this long.", valueName: "seconds"))
  var timeLimit: Double?

  @Option(
    help: ArgumentHelp(
      "GraphQL points, and REST requests, that the audit may spend; 0 for none (default: a quarter of the hour's quota).",
      valueName: "n"))
  var auditPoints: Int?

  @Option(help: ArgumentHelp("One of the two parts alone: automation, or history.", valueName: "part"))
  var only: SweptPart?

  @Option(
    help: ArgumentHelp(
      "Look for missed events from this moment on (ISO 8601), rather than from where the last sweep ended.",
      valueName: "date"))
  var since: String?

  enum SweptPart: String, ExpressibleByArgument, CaseIterable { case automation, history }

  static var publishesFailure: Bool { true }

  func validate() throws {
    if let since, Timestamp(since) == nil { throw ValidationError("--since takes a date, as in 2026-01-31.") }
    if let timeLimit, !(timeLimit > 0) { throw ValidationError("--time-limit takes a number of seconds above 0.") }
    if let auditPoints, !(0...1_000_000).contains(auditPoints) {
      throw ValidationError("--audit-points takes a number from 0 to 1000000.")
    }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    if let timeLimit { session.deadline.limit(to: timeLimit) }
    let name = try session.repository(repository)
    let cap = auditPoints.map { SpendingCap(points: $0, requests: $0) }
    return try await session.withHistory { history in
      var automation: AutomationSweepReport?
      var failure: (any UserFacingError)?
      var wantsHistory = true
      if only != .history {
        let swept = try await session.deadline.run { try await attemptAutomation(of: name, history) }
        (automation, failure, wantsHistory) = (swept.report, swept.failure, swept.wantsHistory)
        if let automation {
          try session.summary.append(automation.markdown())
          for line in automation.lines { session.log.line(line) }
        }
        if only == .automation || session.deadline.stopSignal != nil {
          return try conclude(automation, in: session)
        }
        if !wantsHistory, try await !history.store.hasCaptured(name) {
          session.log.line("No history of \(name.description) is captured: `yardmaster plan` begins, if you want one.")
          return try conclude(automation, in: session)
        }
      }
      failure = failure ?? automation?.failure
      let sweep = SweepRun(history)
      let result = try await session.deadline.run { try await sweep.run(name, auditCap: cap) }
      let open = try await sweep.open(after: result)
      try session.outputs.write([
        (.outcome, (result.firstFailure == nil ? EventOutcome.processed : .failed).rawValue),
        (.jobID, open.job?.text ?? ""), (.items, String(result.items)),
        (.remainingChunks, String(open.chunks)), (.complete, String(result.isComplete)),
      ])
      let report = await sweep.report(result)
      try session.summary.append(report.markdown())
      if let proof = report.proof { session.log.line("\(ProofReport(proof, now: report.now).verdict)") }
      for sentence in report.remaining { session.log.line("\(sentence)") }
      if case .signal(let signal)? = result.stopped {
        session.log.line("Ended by \(signal.name); what was captured is stored. The next `yardmaster sweep` goes on.")
        return signal.exitStatus
      }
      if case .timeLimit? = result.stopped {
        session.log.line("Time is up; what was captured is stored. The next `yardmaster sweep` goes on.")
      }
      if let failure = result.firstFailure ?? failure { throw Published(cause: failure) }
      return .done
    }
  }

  /// What hinders rules and commands must not keep history from being captured.
  private func attemptAutomation(of name: RepositoryName, _ history: HistoryRun) async throws -> Swept {
    do {
      return try await sweepAutomation(of: name, history)
    } catch let limited as RateLimited {
      // Before its first page: a stop in good order, like those after it.
      var result = AutomationSweepResult(repository: name)
      result.stop = .rateLimited(limited)
      return Swept(report: AutomationSweepReport(result, isDryRun: false))
    } catch let error as any UserFacingError where only == nil {
      var report = AutomationSweepReport(AutomationSweepResult(repository: name), isDryRun: false)
      report.fault = Fault(error)
      return Swept(report: report, failure: error)
    }
  }

  /// What the automation's part of a sweep came to.
  private struct Swept {
    /// nil where the repository has no configuration.
    var report: AutomationSweepReport?
    var failure: (any UserFacingError)?
    /// Whether history is captured where none is yet.
    var wantsHistory = true
  }

  private func sweepAutomation(of name: RepositoryName, _ history: HistoryRun) async throws -> Swept {
    let session = history.session
    let id = try await RepositoryLookup(github: history.github, environment: session.environment).githubID(of: name)
    let key = ThreadKey(repository: name, githubID: id, number: 0).repository
    let source = ConfigurationSource(
      explicitFile: session.environment.configPath, github: history.github, cache: (history.store, key))
    guard let settings = try await source.load(for: name) else { return Swept() }
    let run = AutomationSweepRun(
      session: session, github: history.github, store: history.store, settings: settings)
    let report = try await run.run(name, githubID: id, since: since.flatMap { Timestamp($0) })
    return Swept(report: report, wantsHistory: settings.history.capture)
  }

  /// The outputs of a sweep that ends with its first part.
  private func conclude(_ automation: AutomationSweepReport?, in session: Session) throws -> ExitStatus {
    let failure = automation?.failure
    try session.outputs.write([
      (.outcome, (failure == nil ? EventOutcome.processed : .failed).rawValue),
      (.actions, String(automation?.entries.count { $0.status == Action.Status.done } ?? 0)),
      (.complete, String(automation?.result.isComplete ?? true)),
    ])
    if let signal = session.deadline.stopSignal {
      session.log.line("Ended by \(signal.name). The next `yardmaster sweep` goes on.")
      return signal.exitStatus
    }
    if automation == nil { session.log.line("The repository has no \(ConfigurationSource.path): nothing to sweep.") }
    if let failure { throw Published(cause: failure) }
    return .done
  }
}

extension AutomationSweepReport {
  /// What could not be processed, as the command's failure.
  fileprivate var failure: (any UserFacingError)? {
    guard let first = result.failures.first else { return nil }
    return Failure(
      .failed,
      "\(result.failures.count) of the missed events failed; the first, \(first.event) of #\(first.number): \(first.problem)",
      advice: "They are recorded, and tried again by later sweeps; mend what the message names.")
  }
}
