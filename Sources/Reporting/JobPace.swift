public import Domain

/// How fast a job goes and when it may be done, from its counts alone.
public struct JobPace: Hashable, Sendable {
  /// Seconds that the job has been worked on, pauses included; nil before it started.
  public var elapsed: Double?
  public var itemsPerSecond: Double?
  /// Numbers still to be looked at, where every chunk knows how many it covers.
  public var itemsLeft: Int?
  /// nil where it cannot be told, 0 where the job is complete.
  public var secondsLeft: Double?

  public init(_ job: JobProgress, now: Timestamp) {
    if let start = job.startedAt {
      let seconds = Double((job.completedAt ?? now).microseconds - start.microseconds) / 1_000_000
      if seconds > 0 {
        elapsed = seconds
        itemsPerSecond = Double(job.items) / seconds
      }
    }
    let open = job.chunks.filter { $0.status != "completed" }
    let left = open.reduce(0 as Int?) { sum, chunk in
      guard let sum, let size = chunk.size else { return nil }
      return sum + max(0, size - chunk.itemsDone)
    }
    itemsLeft = job.isComplete ? 0 : left
    if job.isComplete {
      secondsLeft = 0
    } else if let left, let rate = itemsPerSecond, rate > 0, job.status == "running" {
      let seconds = Double(left) / rate
      // Thirty years are no forecast.
      secondsLeft = seconds < 1e9 ? seconds : nil
    }
  }
}
