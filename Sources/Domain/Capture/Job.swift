/// A request to capture a repository's history, and how far it has come: `progressive_capture_jobs`.
public struct Job: Hashable, Sendable {
  public var id: JobID
  /// nil where a queue manager inserted the row without one.
  public var repositoryID: RepositoryID?
  public var repository: RepositoryName
  public var kind: Kind
  public var processor: Processor
  public var status: Status
  public var scope: CaptureScope
  public var createdAt: Timestamp
  public var startedAt: Timestamp?
  public var completedAt: Timestamp?
  public var error: String?

  /// `progressive_capture_jobs.job_type`.
  public enum Kind: String, Hashable, Sendable, Codable {
    case history
    /// A walk over everything once more, spread over sweeps, that finds what no timestamp reveals.
    case audit
    /// Chosen numbers whose stored rows are missing, incomplete or dead letters.
    case repair
  }

  /// `progressive_capture_jobs.processor_type`: who works on the job.
  public enum Processor: String, Hashable, Sendable, Codable {
    case githubActions = "github_actions"
    case inngest
    /// The run of the event that asked for it.
    case event
  }

  public enum Status: String, Hashable, Sendable, Codable {
    case pending, running, waiting, completed, failed, cancelled
    /// Whether chunks may still be worked on.
    public var isOpen: Bool { self == .pending || self == .running || self == .waiting }
  }

  public init(
    id: JobID, repositoryID: RepositoryID?, repository: RepositoryName, kind: Kind = .history,
    processor: Processor = .githubActions, status: Status, scope: CaptureScope, createdAt: Timestamp,
    startedAt: Timestamp? = nil, completedAt: Timestamp? = nil, error: String? = nil
  ) {
    self.id = id
    self.repositoryID = repositoryID
    self.repository = repository
    self.kind = kind
    self.processor = processor
    self.status = status
    self.scope = scope
    self.createdAt = createdAt
    self.startedAt = startedAt
    self.completedAt = completedAt
    self.error = error
  }
}

/// How much of the history a job wants.
public struct CaptureScope: Hashable, Sendable {
  public var window: Window
  /// At most this many issues and pull requests, the newest first; nil for all.
  public var maxItems: Int?

  public enum Window: Hashable, Sendable {
    /// Everything; after a completed walk of everything, only what changed since.
    case all
    /// Everything again, whatever was captured before.
    case full
    /// What was updated at or after this moment.
    case since(Timestamp)
    case daysBack(Int)
    /// These issues and pull requests, ascending.
    case numbers([Int])
  }

  /// Whether it means something else at another moment: the last days, the newest items.
  public var isRelative: Bool {
    if case .daysBack = window { return true }
    return maxItems != nil
  }

  public init(window: Window, maxItems: Int? = nil) {
    self.window = window
    self.maxItems = maxItems
  }
}

/// What one chunk covers. A value that is stored with the chunk.
public enum ChunkScope: Hashable, Sendable {
  /// Issue and pull request numbers of an unbroken range, both ends included.
  case range(first: Int, last: Int)
  /// Chosen numbers, ascending.
  /// - reviewComments: whether the review comments of each pull request are captured with it. A delta leaves them to
  ///   the repository's flat list.
  case numbers([Int], reviewComments: Bool)
  /// All review comments of the repository in the order of their updates, from `since` on.
  /// - reconciles: whether stored comments that the walk does not meet are gone; only for a walk from the beginning.
  case reviewComments(since: Timestamp?, reconciles: Bool)
  /// Comments on issues and pull requests in the order of their updates: an edit need not move its issue's time.
  case issueComments(since: Timestamp)

  /// How many numbers the chunk covers; nil where that is not known beforehand.
  public var size: Int? {
    switch self {
    case .range(let first, let last): max(0, last - first + 1)
    case .numbers(let numbers, _): numbers.count
    case .reviewComments, .issueComments: nil
    }
  }

  /// Whose quotas its pages draw on: lists of the whole repository come over REST alone, ranges over GraphQL alone.
  public var resources: Set<String> {
    switch self {
    case .reviewComments, .issueComments: ["core"]
    case .range, .numbers(_, reviewComments: false): ["graphql"]
    case .numbers(_, reviewComments: true): ["core", "graphql"]
    }
  }

  /// - Parameter resource: of a limit; nil for one that holds back every request.
  public func draws(on resource: String?) -> Bool { resource.map(resources.contains) ?? true }

  public var summary: String {
    switch self {
    case .range(let first, let last): "numbers \(first)–\(last)"
    case .numbers(let numbers, _): numbers.count == 1 ? "number \(numbers[0])" : "\(numbers.count) chosen numbers"
    case .reviewComments(let since, _): since.map { "review comments since \($0)" } ?? "all review comments"
    case .issueComments(let since): "comments since \(since)"
    }
  }
}

/// A chunk that this process holds the lease of.
public struct ClaimedChunk: Hashable, Sendable {
  public var id: ChunkID
  public var jobID: JobID
  public var repositoryID: RepositoryID
  /// GitHub's id of the repository; nil where it was not told yet.
  public var githubID: Int64?
  /// 1-based position in the job, for people.
  public var ordinal: Int
  public var scope: ChunkScope
  public var checkpoint: Checkpoint
  /// The fencing token: it grows with every claim, and every write names it.
  public var fence: Int
  /// Items stored by earlier attempts.
  public var itemsDone: Int
  /// The database's clock when it was claimed.
  public var clock: DatabaseClock

  public init(
    id: ChunkID, jobID: JobID, repositoryID: RepositoryID, githubID: Int64? = nil, ordinal: Int, scope: ChunkScope,
    checkpoint: Checkpoint, fence: Int, itemsDone: Int, clock: DatabaseClock
  ) {
    self.id = id
    self.jobID = jobID
    self.repositoryID = repositoryID
    self.githubID = githubID
    self.ordinal = ordinal
    self.scope = scope
    self.checkpoint = checkpoint
    self.fence = fence
    self.itemsDone = itemsDone
    self.clock = clock
  }
}

/// The database's clock, read off this machine's steady one: all processes share it, so it tells which of two readings
/// is the newer, whatever GitHub's answers say about the time and however wrong this machine's clock is.
public struct DatabaseClock: Hashable, Sendable {
  private var moment: Timestamp
  private var instant: ContinuousClock.Instant

  /// - Parameter moment: what the database said it is at `instant`, or earlier: no reading is then taken for newer than
  ///   it is.
  public init(_ moment: Timestamp, at instant: ContinuousClock.Instant = .now) {
    self.moment = moment
    self.instant = instant
  }

  public var now: Timestamp { self[.now] }
  public subscript(_ instant: ContinuousClock.Instant) -> Timestamp {
    moment + (instant - self.instant) / .seconds(1)
  }
}

/// A job with its chunks counted, for `status`, the summary and the outputs.
public struct JobProgress: Hashable, Sendable, Codable {
  public var id: JobID
  /// nil where a queue manager's row names none that is known.
  public var repository: RepositoryName?
  public var kind: Job.Kind
  public var processor: Job.Processor
  public var status: Job.Status
  /// Pull requests and issues stored so far.
  public var items: Int
  public var chunks: [Chunk]
  /// GraphQL points and REST requests spent so far.
  public var points: Int
  public var requests: Int
  public var createdAt: Timestamp
  public var startedAt: Timestamp?
  public var completedAt: Timestamp?
  public var error: String?

  public struct Chunk: Hashable, Sendable, Codable {
    /// `capture_chunks.status`.
    public enum Status: String, Hashable, Sendable, Codable {
      case pending, leased, waiting, completed, failed
    }

    public var ordinal: Int
    public var status: Status
    public var scope: String
    public var itemsDone: Int
    /// How many numbers it covers, where known.
    public var size: Int?
    public var attempts: Int
    /// The moment before which nobody takes it up, where there is one.
    public var notBefore: Timestamp?
    /// When the lease of whoever works on it ends; the lease of a process that lives is renewed before.
    public var leaseExpiresAt: Timestamp?
    /// Numbers that are accounted for, with an item read in full or with nothing there; nil where the chunk covers none.
    public var numbersDone: Int?
    /// GraphQL points and REST requests.
    public var points: Int
    public var requests: Int
    /// The workflow run that had it last.
    public var runID: Int64?
    /// Pages committed: what grows whenever work was done.
    public var pages: Int
    public var startedAt: Timestamp?
    public var completedAt: Timestamp?
    public var error: String?

    public init(
      ordinal: Int, status: Status, scope: String, itemsDone: Int, size: Int?, attempts: Int,
      notBefore: Timestamp? = nil, leaseExpiresAt: Timestamp? = nil, numbersDone: Int? = nil, points: Int = 0,
      requests: Int = 0, runID: Int64? = nil, pages: Int = 0, startedAt: Timestamp? = nil,
      completedAt: Timestamp? = nil, error: String? = nil
    ) {
      self.ordinal = ordinal
      self.status = status
      self.scope = scope
      self.itemsDone = itemsDone
      self.size = size
      self.attempts = attempts
      self.notBefore = notBefore
      self.leaseExpiresAt = leaseExpiresAt
      self.numbersDone = numbersDone
      self.points = points
      self.requests = requests
      self.runID = runID
      self.pages = pages
      self.startedAt = startedAt
      self.completedAt = completedAt
      self.error = error
    }

    /// Whether the process that worked on it gave no sign of life for a lease's time: anybody may go on with it.
    public func isAbandoned(at moment: Timestamp) -> Bool {
      status == .leased && leaseExpiresAt.map { $0 <= moment } ?? false
    }
  }

  public init(
    id: JobID, repository: RepositoryName?, kind: Job.Kind = .history, processor: Job.Processor = .githubActions,
    status: Job.Status, items: Int, chunks: [Chunk], points: Int, requests: Int, createdAt: Timestamp,
    startedAt: Timestamp?, completedAt: Timestamp?, error: String?
  ) {
    self.id = id
    self.repository = repository
    self.kind = kind
    self.processor = processor
    self.status = status
    self.items = items
    self.chunks = chunks
    self.points = points
    self.requests = requests
    self.createdAt = createdAt
    self.startedAt = startedAt
    self.completedAt = completedAt
    self.error = error
  }

  public var remainingChunks: Int { chunks.count { $0.status != .completed } }
  public var isComplete: Bool { status == .completed }
}
