public import Domain

/// What a sweep is to do.
public struct SweepRequest: Hashable, Sendable {
  public var repository: RepositoryName
  /// What the audit may spend; nil for a quarter of an hour's quota.
  public var auditCap: SpendingCap?
  public var runID: Int64

  public init(repository: RepositoryName, auditCap: SpendingCap? = nil, runID: Int64) {
    self.repository = repository
    self.auditCap = auditCap
    self.runID = runID
  }
}

/// The parts of a sweep, in their order.
public enum SweepPart: String, Hashable, Sendable, CaseIterable {
  /// Jobs that stopped, or that nobody took.
  case continuation
  /// What changed since the last walk over everything; the first time, all of it.
  case delta
  /// Numbers whose stored rows are missing, incomplete or dead letters.
  case repair
  /// A walk over everything once more, spread over sweeps.
  case audit
}

/// One job that a sweep worked on.
public struct SweepStep: Sendable {
  public var part: SweepPart
  /// nil where planning failed.
  public var job: Job?
  /// nil where it failed.
  public var result: SyncResult?
  public var failure: (any UserFacingError)?

  public init(part: SweepPart, job: Job?, result: SyncResult?, failure: (any UserFacingError)? = nil) {
    self.part = part
    self.job = job
    self.result = result
    self.failure = failure
  }
}

/// What a sweep did and what it leaves.
public struct SweepResult: Sendable {
  /// The repository's name today.
  public var repository: RepositoryName
  public var steps: [SweepStep] = []
  /// What is known of the repository's capture now; nil where there was no time to look.
  public var proof: CaptureProof?
  /// Why it ended before its last part.
  public var stopped: SyncStop?

  public init(repository: RepositoryName) { self.repository = repository }

  /// Issues and pull requests that were stored.
  public var items: Int { steps.reduce(0) { $0 + ($1.result?.items ?? 0) } }
  /// Chunks that are not completed, but for the audit's: it is never done for long.
  public var remainingChunks: Int {
    steps.reduce(0) { $1.part == .audit ? $0 : $0 + ($1.result?.remainingChunks ?? 0) }
  }
  /// Whether nothing but the audit is left.
  public var isComplete: Bool {
    stopped == nil && steps.allSatisfy { $0.failure == nil && ($0.part == .audit || $0.result?.isComplete ?? true) }
  }
  /// The first error that a job ended with; the others were worked on all the same.
  public var firstFailure: (any UserFacingError)? { steps.lazy.compactMap(\.failure).first }
}

/// Works on the jobs that a sweep finds or makes.
public protocol JobWorker: Sendable {
  /// Called once, before the first job is looked for: to take back what others did not complete in time.
  func begin(_ repository: RepositoryID) async throws
  func work(on job: Job, as part: SweepPart, cap: SpendingCap?) async throws -> SyncResult
  /// What a reader of the log should know.
  func note(_ text: String)
  /// GitHub's limit holds until then, and the sweep waits for its end.
  func waiting(until moment: Timestamp)
}
