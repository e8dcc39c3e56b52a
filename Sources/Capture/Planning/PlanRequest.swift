public import Domain

/// What `plan` was asked for.
public struct PlanRequest: Hashable, Sendable {
  public var repository: RepositoryName
  /// How much of the history; nil for what the adopted job's row says, or all of it.
  public var scope: CaptureScope?
  /// Numbers in a chunk; nil for the planner's choice. Raised where it would make more than 256 chunks.
  public var chunkSize: Int?
  /// Matrix entries at most; nil for 4.
  public var jobs: Int?
  /// A job row that waits already, to be adopted.
  public var jobID: JobID?
  public var runID: Int64?
  /// What the job is for. An open job is found again by its kind and scope.
  public var kind: Job.Kind
  /// Who is to work on the job.
  public var processor: Job.Processor
  /// Added to the job's row.
  public var metadata: [String: JSONValue]

  public init(
    repository: RepositoryName, scope: CaptureScope? = nil, chunkSize: Int? = nil, jobs: Int? = nil,
    jobID: JobID? = nil, runID: Int64? = nil, kind: Job.Kind = .history, processor: Job.Processor = .githubActions,
    metadata: [String: JSONValue] = [:]
  ) {
    self.repository = repository
    self.scope = scope
    self.chunkSize = chunkSize
    self.jobs = jobs
    self.jobID = jobID
    self.runID = runID
    self.kind = kind
    self.processor = processor
    self.metadata = metadata
  }
}

/// What `plan` made of it.
public struct Plan: Sendable {
  public var job: Job?
  /// Chunks of the job, whatever their state.
  public var chunkCount: Int
  /// The matrix's `chunk` values. They say how many matrix jobs are worth starting, not who does what: each takes the
  /// next free chunk until none is left.
  public var matrix: [Int]
  /// What a reader should know: a rename that was followed, a chunk size that was raised, why nothing is to be done.
  public var notes: [String]
  public var hasWork: Bool { !matrix.isEmpty }

  public init(job: Job?, chunkCount: Int, matrix: [Int], notes: [String] = []) {
    self.job = job
    self.chunkCount = chunkCount
    self.matrix = matrix
    self.notes = notes
  }
}
