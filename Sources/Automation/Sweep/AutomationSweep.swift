public import Domain

/// Finds what no event brought, and visits what only time changes.
///
/// In this order:
/// 1. a walk over what changed that stopped goes on at its page;
/// 2. issues and pull requests that changed since the last walk began (less an overlap) are read, 50 with a request,
///    and what happened on each since then is handed over, in its order, unless the ledger knows it;
/// 3. where rules go by time, every open item that has not changed for as long as the shortest of them takes is handed
///    over, once in a round; a round goes on where it stopped, with the visits that were cut off.
///
/// What a page brings is processed before the page counts as done, so a sweep may be killed anywhere. Of two sweeps of
/// one repository at once the second does nothing.
public struct AutomationSweep: Sendable {
  let github: any GitHubAPI
  let store: any AutomationSweepStore
  let clock: any WallClock
  let deadline: any Deadline
  let handler: any SweepHandler

  public init(
    github: any GitHubAPI, store: any AutomationSweepStore, clock: any WallClock, deadline: any Deadline,
    handler: any SweepHandler
  ) {
    self.github = github
    self.store = store
    self.clock = clock
    self.deadline = deadline
    self.handler = handler
  }

  /// Sweeps until nothing is left or time is up.
  ///
  /// - Throws: `Failure` where the repository cannot be seen; what the store throws; and an event's error where it
  ///   tells that a dependency is gone (exit status 75). The page that it stands on is read again by the next sweep.
  public func run(_ request: AutomationSweepRequest) async throws -> AutomationSweepResult {
    let key = ThreadKey(repository: request.repository, githubID: request.repositoryGitHubID, number: 0)
    var claim = SweepClaim(repositoryKey: key.repository, mode: request.mode, worker: request.worker)
    var entered = try await store.enterSweep(claim)
    if case .occupied(let worker?) = entered, request.isKnownDead(worker) {
      claim.deadWorker = worker
      entered = try await store.enterSweep(claim)
    }
    guard case .entered(let entry) = entered else {
      var result = AutomationSweepResult(repository: request.repository)
      if case .occupied(let worker) = entered { result.stop = .occupied(worker: worker) }
      return result
    }
    var pass = SweepPass(self, request, claim, entry)
    do {
      try await pass.run()
    } catch let end as SweepPass.End {
      pass.result.stop = end.stop
    } catch let limited as RateLimited {
      pass.result.stop = .rateLimited(limited)
    } catch is LeaseLost {
      pass.result.stop = .occupied(worker: nil)
    } catch is CancellationError {
      pass.result.stop =
        deadline.stopSignal.map { .signal($0) } ?? (deadline.remaining <= 0 ? .timeLimit : .cancelled)
    } catch {
      try? await store.leaveSweep(claim)
      throw error
    }
    // Where it cannot be given back, it ends by itself.
    try? await store.leaveSweep(claim)
    return pass.concluded
  }
}

/// Takes what a sweep finds: the processing that an event of a run goes through.
public protocol SweepHandler: Sendable {
  /// Processes an event that never came, or whose processing was cut off.
  ///
  /// - Returns: false where another process is at work on it.
  func process(_ missed: MissedEvent) async throws -> Bool
  /// Applies the rules that go by time.
  func visit(_ visit: ScheduledVisit) async throws
}

/// What a sweep is to do.
public struct AutomationSweepRequest: Sendable {
  public var repository: RepositoryName
  public var repositoryGitHubID: Int64?
  public var mode: Settings.Mode
  public var run: RunContext
  /// Looks at what happened from here on, rather than since the last sweep.
  public var since: Timestamp?
  /// nil where no rule goes by time.
  public var timeRules: TimeRules?
  /// Logins under which this process writes, besides those that the store knows.
  public var ownLogins: Set<String>
  /// Names this process. See ``SweepClaim/worker``.
  public var worker: String
  /// Whether the configuration or the registry says that the account is a bot.
  public var isBot: @Sendable (Account) -> Bool
  /// Whether a worker ran on this machine and does not any more.
  public var isKnownDead: @Sendable (String) -> Bool

  public init(
    repository: RepositoryName, repositoryGitHubID: Int64?, mode: Settings.Mode, run: RunContext = RunContext(),
    since: Timestamp? = nil, timeRules: TimeRules? = nil, ownLogins: Set<String> = [], worker: String,
    isBot: @escaping @Sendable (Account) -> Bool = { _ in false },
    isKnownDead: @escaping @Sendable (String) -> Bool = { _ in false }
  ) {
    self.repository = repository
    self.repositoryGitHubID = repositoryGitHubID
    self.mode = mode
    self.run = run
    self.since = since
    self.timeRules = timeRules
    self.ownLogins = ownLogins
    self.worker = worker
    self.isBot = isBot
    self.isKnownDead = isKnownDead
  }

  public struct TimeRules: Hashable, Sendable {
    /// Seconds: what changed less long ago is nothing to any of them. 0 visits every open item.
    public var threshold: Double
    /// Whether a round begins whenever the last one did.
    public var isAskedFor: Bool
    /// Seconds between the beginnings of two rounds: a day, less what a schedule may come early.
    public static let interval = 72_000.0

    public init(threshold: Double, isAskedFor: Bool = false) {
      self.threshold = threshold
      self.isAskedFor = isAskedFor
    }

    /// For rules that wait for these durations, in seconds; nil where there are none.
    ///
    /// The shortest step between two of them counts: what a rule did to an item after 30 days is a change of the item,
    /// and one that waits for 37 must not wait for 30 more.
    public init?(durations: [Double], isAskedFor: Bool = false) {
      let sorted = Set(durations.filter { $0 > 0 } + [0]).sorted()
      guard let shortest = zip(sorted.dropFirst(), sorted).map({ $0 - $1 }).min() else { return nil }
      self.init(threshold: shortest, isAskedFor: isAskedFor)
    }
  }
}
