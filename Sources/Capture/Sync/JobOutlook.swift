import Domain

/// What a run knows of its job's chunks from the last look at them, and what it has done since.
struct JobOutlook: Sendable {
  let job: Job
  private let progress: JobProgress?

  init(_ job: Job, _ progress: JobProgress?) {
    self.job = job
    self.progress = progress
  }

  /// The error for a job that has no chunks and waits for them.
  var refusal: Failure? {
    guard let progress, progress.chunks.isEmpty, job.status.isOpen, !progress.isComplete else { return nil }
    return Failure(
      .usage, "Job \(job.id) has no chunks yet",
      advice: "Plan it first with `yardmaster plan --repository \(job.repository) --job-id \(job.id)`.")
  }

  var chunks: [JobProgress.Chunk] { progress?.chunks ?? [] }
  var remainingChunks: Int { progress?.remainingChunks ?? 0 }
  var isComplete: Bool { progress?.isComplete ?? false }
  /// Whether chunks may still be worked on.
  var isOpen: Bool { progress?.status.isOpen ?? false }
  var isHeldByOthers: Bool { chunks.contains { $0.status == .leased } }

  /// The moment from which a chunk may be claimed again, where all that are open wait for one.
  func postponed(after now: Timestamp) -> Timestamp? {
    let open = chunks.filter { $0.status != .completed }
    let moments = open.compactMap(\.notBefore).filter { $0 > now }
    return moments.count == open.count ? moments.min() : nil
  }

  /// The first moment after which a chunk that nobody holds may be claimed, of those that lie behind `earliest`.
  /// - Parameter passed: ordinals of chunks that the run has passed over.
  func nextMoment(after earliest: Timestamp, except passed: Set<Int>) -> Timestamp? {
    chunks.filter { ($0.status == .waiting || $0.status == .pending) && !passed.contains($0.ordinal) }
      .compactMap(\.notBefore).filter { $0 > earliest }.min()
  }

  /// The result of a run that has no time for another look. Chunks that other processes completed meanwhile still count
  /// as remaining.
  func result(_ totals: SyncTotals, stopped: SyncStop?) -> SyncResult {
    let remaining = max(0, remainingChunks - totals.chunksCompleted)
    let isThrough = remaining == 0 && progress != nil && job.status.isOpen
    return SyncResult(
      totals: totals, remainingChunks: remaining, isComplete: isComplete || isThrough, stopped: stopped)
  }
}
