/// What one sweep of the automation did, and what it did not come to.
public struct AutomationSweepResult: Sendable {
  public var repository: RepositoryName
  /// What of each list was visited, in the order of the walk.
  public var parts: [Part] = []
  /// Events that nobody had brought, by what they are (`issues.labeled`).
  public var missed: [String: Int] = [:]
  /// Happenings that the ledger knew.
  public var known = 0
  /// Missed events that were processed without an error.
  public var processed = 0
  /// Items that the rules which go by time looked at.
  public var visits = 0
  /// What could not be processed; the ledger keeps it as failed.
  public var failures: [FailedVisit] = []
  public var unshown: [UnshownItem] = []
  /// Requests to GitHub for reading.
  public var requests = 0
  /// Everything that happened from here on was looked at; nil where nothing was.
  public var since: Timestamp?
  /// Everything up to here is processed now.
  public var cursor: Timestamp?
  /// Why it ended before its end.
  public var stop: Stop?
  /// Lists that it did not come to the end of.
  public var unfinished: [SweepWalk.Part] = []
  /// When the rules that go by time are due again; nil where there are none, or their round is not at its end.
  public var nextRoundAt: Timestamp?

  public init(repository: RepositoryName) { self.repository = repository }

  public struct Part: Hashable, Sendable {
    public var part: SweepWalk.Part
    /// Items that were read, each once.
    public var visited = 0
    public var requests = 0
    /// Whether the walk came to the list's end.
    public var isComplete = false

    public init(_ part: SweepWalk.Part) { self.part = part }
  }

  /// An item with an event, or a visit, that could not be processed.
  public struct FailedVisit: Hashable, Sendable {
    public var number: Int
    /// `issues.labeled`; `schedule`.
    public var event: String
    public var problem: String

    public init(number: Int, event: String, problem: String) {
      self.number = number
      self.event = event
      self.problem = problem
    }
  }

  public enum Stop: Hashable, Sendable {
    case timeLimit
    case signal(StopSignal)
    case rateLimited(RateLimited)
    /// Another process sweeps the repository.
    case occupied(worker: String?)
    case cancelled
  }

  /// Whether nothing is left to the next sweep but what happens from now on.
  public var isComplete: Bool { stop == nil && unfinished.isEmpty && unshown.isEmpty && failures.isEmpty }
}
