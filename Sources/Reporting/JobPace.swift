public import Domain

/// How fast a job goes and when it may be done, from its counts alone.
public struct JobPace: Hashable, Sendable {
  /// Seconds that the job has been worked on, pauses included; nil before it started.
  public var elapsed: Double?
  public var itemsPerSecond: Double?
  /// Numbers still to be read, where every chunk knows how many it covers.
  public var itemsLeft: Int?
  /// nil where it cannot be told, 0 where the job is complete.
  public var secondsLeft: Double?
  public var pointsPerItem: Double?
  public var restRequestsPerItem: Double?
  /// The moment at which the first chunk may be taken up again, where all that are open wait.
  public var waitsUntil: Timestamp?

  public init(_ job: JobProgress, now: Timestamp) {
    if let start = job.startedAt {
      let seconds = (job.completedAt ?? now).secondsSince(start)
      if seconds > 0 {
        elapsed = seconds
        itemsPerSecond = Double(job.items) / seconds
      }
    }
    if job.items > 0 {
      pointsPerItem = Double(job.points) / Double(job.items)
      restRequestsPerItem = Double(job.requests) / Double(job.items)
    }
    let open = job.chunks.filter { $0.status != .completed }
    let isSized = open.allSatisfy { $0.size != nil }
    itemsLeft = job.isComplete ? 0 : isSized ? open.reduce(0) { $0 + ($1.numbersLeft ?? 0) } : nil
    if job.isComplete {
      secondsLeft = 0
    } else if let itemsLeft, let elapsed, job.status == .running {
      let done = job.chunks.reduce(0) { $0 + ($1.numbersLookedAt ?? 0) }
      let seconds = done > 0 ? Double(itemsLeft) * elapsed / Double(done) : .infinity
      // Thirty years are no forecast.
      secondsLeft = seconds < 1e9 ? seconds : nil
    }
    let moments = open.compactMap(\.notBefore).filter { $0 > now }
    if job.status.isOpen, !open.isEmpty, moments.count == open.count { waitsUntil = moments.min() }
  }
}

extension JobProgress.Chunk {
  /// Numbers of the chunk that are accounted for; nil where it covers none.
  var numbersLookedAt: Int? {
    size.map { size in status == .completed ? size : min(size, max(0, numbersDone ?? itemsDone)) }
  }

  var numbersLeft: Int? { size.flatMap { size in numbersLookedAt.map { size - $0 } } }

  /// Numbers at which there is neither an issue nor a pull request; nil where that is not known, as long as items are
  /// found whose lists are still to be read.
  var empty: Int? {
    guard status == .completed, let looked = numbersLookedAt else { return nil }
    return max(0, looked - itemsDone)
  }
}

extension JobProgress {
  /// Numbers of all chunks that know how many they cover.
  var numbersTotal: Int { chunks.reduce(0) { $0 + ($1.size ?? 0) } }
  var numbersLookedAt: Int { chunks.reduce(0) { $0 + ($1.numbersLookedAt ?? 0) } }
}

extension Job.Processor {
  /// Who works on the job.
  var inWords: String {
    switch self {
    case .githubActions: "jobs of GitHub Actions"
    case .inngest: "Inngest"
    case .event: "the run of the event"
    }
  }
}
