/// A request to capture a repository's history, and how far it has come: `progressive_capture_jobs`.
public struct Job: Hashable, Sendable {
  public var id: JobID
  /// nil where a queue manager inserted the row without one.
  public var repositoryID: RepositoryID?
  public var repository: RepositoryName
  public var status: Status
  public var scope: CaptureScope
  public var createdAt: Timestamp
  public var startedAt: Timestamp?
  public var completedAt: Timestamp?
  public var error: String?

  public enum Status: String, Hashable, Sendable, Codable {
    case pending, running, waiting, completed, failed, cancelled
    /// Whether chunks may still be worked on.
    public var isOpen: Bool { self == .pending || self == .running || self == .waiting }
  }

  public init(
    id: JobID, repositoryID: RepositoryID?, repository: RepositoryName, status: Status, scope: CaptureScope,
    createdAt: Timestamp, startedAt: Timestamp? = nil, completedAt: Timestamp? = nil, error: String? = nil
  ) {
    self.id = id
    self.repositoryID = repositoryID
    self.repository = repository
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
  /// At most this many pull requests, the newest first; nil for all.
  public var maxItems: Int?

  public enum Window: Hashable, Sendable {
    /// Everything; after a completed walk of everything, only what changed since.
    case all
    /// Everything again, whatever was captured before.
    case full
    /// What was updated at or after this moment.
    case since(Timestamp)
    case daysBack(Int)
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
  /// Chosen numbers, ascending. Their review comments are captured with them.
  case numbers([Int])
  /// All review comments of the repository in the order of their updates, from `since` on.
  case reviewComments(since: Timestamp?)

  /// How many numbers the chunk covers; nil where that is not known beforehand.
  public var size: Int? {
    switch self {
    case .range(let first, let last): max(0, last - first + 1)
    case .numbers(let numbers): numbers.count
    case .reviewComments: nil
    }
  }

  public var summary: String {
    switch self {
    case .range(let first, let last): "numbers \(first)–\(last)"
    case .numbers(let numbers): numbers.count == 1 ? "number \(numbers[0])" : "\(numbers.count) chosen numbers"
    case .reviewComments(let since): since.map { "review comments since \($0)" } ?? "all review comments"
    }
  }
}

/// How far a chunk has come: everything before it is stored, nothing after it is.
public struct Checkpoint: Hashable, Sendable, Codable {
  /// Index into the chunk's numbers of the next one to ask for.
  public var next: Int
  /// Lists of items before `next` that were longer than a page and are not yet drained.
  public var pending: [PendingList]
  /// Where the walk over review comments stands: ask for updates since here, from this page on.
  public var since: Timestamp?
  public var page: Int

  public init(next: Int = 0, pending: [PendingList] = [], since: Timestamp? = nil, page: Int = 1) {
    self.next = next
    self.pending = pending
    self.since = since
    self.page = page
  }
}

/// The rest of a nested list.
public struct PendingList: Hashable, Sendable, Codable {
  public var number: Int
  /// GraphQL's id of the issue or pull request.
  public var nodeID: String
  public var list: List
  /// GraphQL's cursor, or nil for a list of which nothing was fetched yet.
  public var after: String?
  /// The REST page for lists that are drained over REST.
  public var page: Int

  public enum List: String, Hashable, Sendable, Codable {
    case pullRequestComments, issueComments, reviews, files, reviewComments
  }

  public init(number: Int, nodeID: String, list: List, after: String? = nil, page: Int = 1) {
    self.number = number
    self.nodeID = nodeID
    self.list = list
    self.after = after
    self.page = page
  }
}

/// A chunk that this process holds the lease of.
public struct ClaimedChunk: Hashable, Sendable {
  public var id: ChunkID
  public var jobID: JobID
  public var repositoryID: RepositoryID
  /// 1-based position in the job, for people.
  public var ordinal: Int
  public var scope: ChunkScope
  public var checkpoint: Checkpoint
  /// The fencing token: it grows with every claim, and every write names it.
  public var fence: Int
  /// Items stored by earlier attempts.
  public var itemsDone: Int

  public init(
    id: ChunkID, jobID: JobID, repositoryID: RepositoryID, ordinal: Int, scope: ChunkScope, checkpoint: Checkpoint,
    fence: Int, itemsDone: Int
  ) {
    self.id = id
    self.jobID = jobID
    self.repositoryID = repositoryID
    self.ordinal = ordinal
    self.scope = scope
    self.checkpoint = checkpoint
    self.fence = fence
    self.itemsDone = itemsDone
  }
}

/// A job with its chunks counted, for `status`, the summary and the outputs.
public struct JobProgress: Hashable, Sendable, Codable {
  public var id: JobID
  /// nil where a queue manager's row names none that is known.
  public var repository: RepositoryName?
  public var status: String
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
    public var ordinal: Int
    public var status: String
    public var scope: String
    public var itemsDone: Int
    /// How many numbers it covers, where known.
    public var size: Int?
    public var attempts: Int
    /// The moment before which nobody takes it up, where there is one.
    public var notBefore: Timestamp?

    public init(
      ordinal: Int, status: String, scope: String, itemsDone: Int, size: Int?, attempts: Int,
      notBefore: Timestamp? = nil
    ) {
      self.ordinal = ordinal
      self.status = status
      self.scope = scope
      self.itemsDone = itemsDone
      self.size = size
      self.attempts = attempts
      self.notBefore = notBefore
    }
  }

  public init(
    id: JobID, repository: RepositoryName?, status: String, items: Int, chunks: [Chunk], points: Int, requests: Int,
    createdAt: Timestamp, startedAt: Timestamp?, completedAt: Timestamp?, error: String?
  ) {
    self.id = id
    self.repository = repository
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

  public var remainingChunks: Int { chunks.count { $0.status != "completed" } }
  public var isComplete: Bool { status == Job.Status.completed.rawValue }
}
