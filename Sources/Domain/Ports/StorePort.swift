/// Postgres as the rest sees it. Implemented by the `Store` module; every call is one transaction.

/// Jobs, chunks and captured rows.
public protocol CaptureStore: Sendable {
  /// Finds or inserts the repository; its id on GitHub, where given, follows a rename.
  func repository(_ name: RepositoryName, githubID: Int64?) async throws -> RepositoryID

  /// When the last walk over the whole history began, where one was completed: what changed since is the delta.
  func baseline(of repository: RepositoryID) async throws -> Timestamp?

  /// The open job of the repository of the same kind and scope, or the job that was adopted, or a new one with these
  /// chunks.
  /// A job row that a queue manager inserted without chunks gets them.
  func createJob(_ new: NewJob) async throws -> Job

  /// - Parameter name: the repository of a row that a queue manager inserted before the repository was known here.
  func job(_ id: JobID, assuming name: RepositoryName?) async throws -> Job?

  /// Claims the job's next free chunk, or one whose lease has ended; nil where there is none now. Those that were
  /// attempted least come first, so that one that always fails keeps nobody from the others.
  /// - Parameters:
  ///   - owners: whose budgets the caller draws on: what waits for a limit of others' is free to it.
  ///   - excluding: chunks that the caller has tried already.
  func claimChunk(
    of job: JobID, runID: Int64, lease: Int, owners: [BudgetOwner], excluding: [ChunkID]
  ) async throws -> ClaimedChunk?

  /// Stores the page's rows and the checkpoint, and renews the lease, in one transaction.
  /// With `finished` the chunk is completed, and with its last chunk the job. Throws `LeaseLost`.
  ///
  /// What the page says is gone (`numbers`, `lists`, `reviewCommentWalk`) is marked with `deleted_at`, and what it
  /// completes is no dead letter any more; what it gives up is one from now on.
  /// - Parameter widths: how much a query may ask for, where that changed; for later runs, see `widths(of:)`.
  func commit(
    _ page: CapturedPage, of chunk: ClaimedChunk, checkpoint: Checkpoint, finished: Bool, cost: PageCost,
    widths: [String: Int], lease: Int
  ) async throws

  /// How much each query could ask for in earlier walks of the repository, by the query's name; a query is missing where
  /// nothing kept it from its full width.
  func widths(of repository: RepositoryID) async throws -> [String: Int]

  /// Gives the chunk back before its lease ends: to whoever comes next, or not before a hold ends.
  func release(_ chunk: ClaimedChunk, hold: Hold?, error: String?) async throws

  /// Keeps the job's chunks that the hold concerns, and that nobody works on, from being claimed before a moment: a limit
  /// of GitHub's is one for every process of the same budgets. Moves no chunk's moment to an earlier one.
  func postpone(job: JobID, _ hold: Hold) async throws

  /// The job, or the newest jobs where none is named.
  func progress(of job: JobID?) async throws -> [JobProgress]

  /// The repository's open jobs: first those that another lane failed (`metadata.priority`), then the oldest.
  func openJobs(of repository: RepositoryID) async throws -> [Job]

  /// Gives the repository the open jobs that were entered under one of these names, and that belong to none that was
  /// ever seen on GitHub. The caller knows from GitHub that each of the names leads to this repository.
  func takeIn(jobsNamed names: [RepositoryName], as repository: RepositoryID) async throws

  /// What the repository was called before, as far as open jobs that no repository has taken in still call it so. The
  /// name may be another repository's by now.
  func formerNamesInUse(of repository: RepositoryID) async throws -> [RepositoryName]

  /// Ends an open job without chunks, `failed`: what its row says makes no sense, tomorrow as today.
  func refuse(_ job: JobID, error: String) async throws

  /// What is stored of the repository, held against what GitHub said there is.
  func proof(of repository: RepositoryID) async throws -> CaptureProof

  /// The highest number of a known issue or pull request; 0 where there is none.
  func newestItem(of repository: RepositoryID) async throws -> Int

  /// Numbers from 1 to `newest` that nothing is known of, ascending. Those that are dead letters are left to repairs, which
  /// ask for them ever more seldom.
  func numbersUnaccounted(of repository: RepositoryID, newest: Int) async throws -> [Int]

  /// Those of the numbers where nothing was found when they were last looked at, ascending.
  func numbersGone(of repository: RepositoryID, among numbers: [Int]) async throws -> [Int]

  /// Numbers to capture again, ascending, at most `limit`: up to `newest` never accounted for, begun and not completed,
  /// with fewer or more rows stored than GitHub counted, or dead letters. What an open job has begun is left to it.
  func numbersToRepair(of repository: RepositoryID, newest: Int, limit: Int) async throws -> [Int]

  /// Decides whether a run that leaves the job incomplete is to be followed by another, and records what it went by. See
  /// ``Continuation``.
  func continueJob(_ job: JobID, runID: Int64) async throws -> Continuation
}

/// What is known of a repository's capture, and how well it is known.
public struct CaptureProof: Hashable, Sendable, Codable {
  /// The highest number in use when it was last looked; nil before the first plan.
  public var newest: Int?
  /// Numbers from 1 to `newest` by what stands there.
  public var pullRequests = 0
  public var issues = 0
  public var discussions = 0
  public var gone = 0
  /// Numbers from 1 to `newest` that nothing is known of.
  public var unaccounted = 0
  /// Items of which a list is not stored yet.
  public var incomplete = 0
  /// Items with a list of which the stored rows and GitHub's count differ.
  public var mismatched = 0
  /// Issues and pull requests that GitHub counted when the last complete walk was planned, and that are not stored.
  public var missing = 0
  /// Issues and pull requests that are stored, and that GitHub did not count then.
  public var surplus = 0
  /// Items and lists that GitHub would not give.
  public var deadLetters = 0
  /// Everything up to here was walked: the beginning of the last complete walk, or of the delta after it.
  public var walkedAsOf: Timestamp?
  /// The beginning of the last walk that read everything once more, and so would have met what no timestamp reveals.
  public var auditedAsOf: Timestamp?
  /// The oldest moment at which an item was read in full.
  public var oldestReading: Timestamp?

  public init() {}

  /// Whether every number is accounted for, there are as many items as GitHub counted, and each list has as many rows.
  public var isWhole: Bool {
    walkedAsOf != nil && unaccounted == 0 && incomplete == 0 && mismatched == 0 && missing == 0 && surplus == 0
      && deadLetters == 0
  }
}

/// What comes after a run that leaves its job incomplete.
public enum Continuation: Hashable, Sendable {
  /// The job is complete, or not open any more.
  case notNeeded
  /// Dispatch another run; `number` counts them, from 1.
  case dispatch(number: Int)
  /// This workflow run has its successor already.
  case alreadyDispatched
  /// GitHub's quota is used up until then: the sweep goes on after it.
  case waits(until: Timestamp)
  /// Two runs in a row committed no page.
  case stuck(runs: Int)

  /// Seconds within which a limit ends that breaks no chain: the next run takes half a minute to start, and waits for
  /// the rest itself.
  public static let shortWait = 600
}

public struct NewJob: Sendable {
  /// A row that waits already, to be adopted.
  public var id: JobID?
  public var repositoryID: RepositoryID
  public var scope: CaptureScope
  public var chunks: [ChunkScope]
  /// GitHub's clock when planning began: a later delta starts here. nil for jobs that prove nothing about the whole.
  public var walkedAsOf: Timestamp?
  public var runID: Int64?
  /// The highest number in use, where the plan looked.
  public var newest: Int?
  /// Issues and pull requests by GitHub's count when the plan looked; nil for jobs that prove nothing about the whole.
  public var itemCount: Int?
  public var kind: Job.Kind
  public var processor: Job.Processor
  /// Added to `progressive_capture_jobs.metadata`.
  public var metadata: [String: JSONValue]

  public init(
    id: JobID?, repositoryID: RepositoryID, scope: CaptureScope, chunks: [ChunkScope], walkedAsOf: Timestamp?,
    runID: Int64?, newest: Int? = nil, itemCount: Int? = nil, kind: Job.Kind = .history,
    processor: Job.Processor = .githubActions,
    metadata: [String: JSONValue] = [:]
  ) {
    self.id = id
    self.newest = newest
    self.itemCount = itemCount
    self.kind = kind
    self.processor = processor
    self.metadata = metadata
    self.repositoryID = repositoryID
    self.scope = scope
    self.chunks = chunks
    self.walkedAsOf = walkedAsOf
    self.runID = runID
  }
}

/// Until when a chunk waits for a limit of GitHub's, and who has to wait.
public struct Hold: Hashable, Sendable {
  public var until: Timestamp
  /// Whose budgets are used up: whoever draws on another one need not wait. Empty for everybody.
  public var owners: [BudgetOwner]
  /// Whose quota is used up: only chunks that draw on it have to wait. nil for all.
  public var resource: String?

  public init(until: Timestamp, owners: [BudgetOwner] = [], resource: String? = nil) {
    self.until = until
    self.owners = owners
    self.resource = resource
  }
}

/// What a page cost at GitHub.
public struct PageCost: Hashable, Sendable {
  public var points: Int
  public var requests: Int
  /// Issues and pull requests that the page brought for the first time in this chunk.
  public var items: Int

  public init(points: Int = 0, requests: Int = 0, items: Int = 0) {
    self.points = points
    self.requests = requests
    self.items = items
  }
}

extension CaptureStore {
  public func claimChunk(
    of job: JobID, runID: Int64, lease: Int, excluding: [ChunkID] = []
  ) async throws -> ClaimedChunk? {
    try await claimChunk(of: job, runID: runID, lease: lease, owners: [], excluding: excluding)
  }

  public func job(_ id: JobID) async throws -> Job? { try await job(id, assuming: nil) }
}
