public import Domain
public import Logging

/// Works a job's chunks until none is free, time is up, or the process is asked to end.
///
/// Model. A chunk belongs to whoever holds its lease. Its walk is a chain of steps; each brings rows and the checkpoint
/// behind them, and the store commits both in one transaction. The next step is fetched while its predecessor commits:
/// at most two are in flight.
///
/// Invariants
/// - What is before a stored checkpoint is stored, and nothing behind it counts. A process that is killed anywhere
///   costs at most the two pages in flight, fetched again by whoever takes the chunk next.
/// - A checkpoint never goes back: one task commits to a chunk, in order, and the lease's fencing token shuts out a
///   process that was thought dead and is not.
/// - Rows may be stored twice, never differently: the store upserts by GitHub's ids.
///
/// Failures
/// - `LeaseLost`: another process continues the chunk; this one takes another.
/// - `RateLimited`: the chunk is given back not to be taken before the limit ends, and the run ends in good order.
/// - A signal, or the time limit: the request in flight is cancelled, the page that already came is committed, the
///   chunk given back.
/// - Any other error: the chunk is given back with the error on it, and the error is thrown.
///
/// Leases are short and kept alive by whoever works (`lease` / 3 seconds between renewals), so the chunk of a process
/// that was killed is free again after at most `lease` seconds; a run that finds nothing else to do waits that long
/// for it before it ends. A lease that is lost to a slow machine costs one page fetched twice, nothing else.
public struct SyncRun: Sendable {
  let github: any GitHubAPI
  let store: any CaptureStore
  let deadline: any Deadline
  let clock: any WallClock
  let logger: Logger
  let observer: any SyncObserver
  /// Seconds.
  let lease: Int

  /// - Parameter lease: seconds after which a chunk whose holder gave no sign of life is free again.
  public init(
    github: any GitHubAPI, store: any CaptureStore, deadline: any Deadline, clock: any WallClock, logger: Logger,
    observer: any SyncObserver, lease: Int = 6
  ) {
    self.github = github
    self.store = store
    self.deadline = deadline
    self.clock = clock
    self.logger = logger
    self.observer = observer
    self.lease = lease
  }

  /// Runs to the end that it can reach; stopping in good order is a result, not an error.
  ///
  /// - Throws: what GitHub or the store threw, after the chunk was given back.
  public func run(job: Job, runID: Int64) async throws -> SyncResult {
    var tally = Tally(reserve: min(2, deadline.remaining * 0.1))
    var stop: SyncStop?
    while stop == nil {
      stop = stopReason(tally)
      guard stop == nil, let chunk = try await nextChunk(of: job, runID: runID, tally: tally) else { break }
      if let reason = stopReason(tally) {
        try await release(chunk)
        stop = reason
        break
      }
      observer.chunkStarted(chunk)
      do {
        stop = try await work(chunk, of: job, tally: &tally)
        guard stop == nil else { break }
        tally.totals.chunksCompleted += 1
        observer.chunkFinished(chunk, totals: tally.totals)
      } catch is LeaseLost {
        observer.note("Chunk \(chunk.ordinal) went to another process.")
      }
    }
    if stop == nil, Task.isCancelled { stop = stopReason(tally) }
    let progress = try await shielded { try await store.progress(of: job.id).first }
    return SyncResult(
      totals: tally.totals, remainingChunks: progress?.remainingChunks ?? 0,
      isComplete: progress?.isComplete ?? false, stopped: stop)
  }

  /// Walks one chunk. Returns nil where it is completed, or why it was given back.
  private func work(_ chunk: ClaimedChunk, of job: Job, tally: inout Tally) async throws -> SyncStop? {
    do {
      let stop = try await walk(chunk, of: job, tally: &tally)
      if stop != nil { try await release(chunk) }
      return stop
    } catch let lost as LeaseLost {
      throw lost
    } catch let limited as RateLimited {
      try await release(chunk, notBefore: limited.until)
      return .rateLimited(until: limited.until)
    } catch {
      if isOver, let stop = stopReason(tally) {
        try await release(chunk)
        return stop
      }
      logger.debug("chunk \(chunk.ordinal): \(error)")
      // The error that ended the walk matters more than one on the way out; the lease ends by itself.
      try? await release(chunk, error: String("\(error)".prefix(1_000)))
      throw error
    }
  }

  private func walk(_ chunk: ClaimedChunk, of job: Job, tally: inout Tally) async throws -> SyncStop? {
    let walk = ChunkWalk(github: github, repository: job.repository, scope: chunk.scope)
    var checkpoint = chunk.checkpoint
    var upcoming = fetch(walk, at: checkpoint, pace: walk.initialPace)
    while true {
      let fetched = try await wait(for: upcoming, of: chunk, at: checkpoint)
      let step = fetched.step
      let stop = step.isLast ? nil : stopReason(tally)
      let following = step.isLast || stop != nil ? nil : fetch(walk, at: step.next, pace: step.pace)
      do {
        try await commit(fetched, of: chunk, job: job, tally: &tally)
      } catch {
        following?.cancel()
        _ = await following?.result
        throw error
      }
      checkpoint = step.next
      observer.pageCommitted(chunk, checkpoint: checkpoint, totals: tally.totals)
      guard let following else { return stop }
      upcoming = following
    }
  }

  /// Records what the step lost, then stores its rows and its checkpoint.
  private func commit(_ fetched: FetchedStep, of chunk: ClaimedChunk, job: Job, tally: inout Tally) async throws {
    let step = fetched.step
    let begun = clock.now
    for loss in step.losses {
      let reference = "\(job.repository)#\(loss.number)"
      let payload: JSONValue = [
        "job": .string(job.id.text), "chunk": .integer(Int64(chunk.ordinal)), "number": .integer(Int64(loss.number)),
        "list": loss.list.map { .string($0.rawValue) } ?? .null,
      ]
      try await shielded {
        try await store.bury(kind: loss.kind, reference: reference, error: loss.error, payload: payload)
      }
      let what = loss.list.map { "the \($0.rawValue) of \(reference)" } ?? reference
      observer.note("GitHub would not give \(what) (\(loss.error)); it is a dead letter now.")
    }
    try await shielded {
      try await store.commit(
        step.page, of: chunk, checkpoint: step.next, finished: step.isLast, cost: step.cost, lease: lease)
    }
    tally.count(step, seconds: fetched.seconds + seconds(from: begun, to: clock.now))
  }

  private func release(_ chunk: ClaimedChunk, notBefore: Timestamp? = nil, error: String? = nil) async throws {
    try await shielded {
      do {
        try await store.release(chunk, notBefore: notBefore, error: error)
      } catch is LeaseLost {
        // Someone else has it: there is nothing to give back.
      }
    }
  }

  /// The next chunk that is free. Where none is and another process holds one, waits for as long as a lease lasts: if
  /// that process is dead, its chunk comes free in this time.
  private func nextChunk(of job: Job, runID: Int64, tally: Tally) async throws -> ClaimedChunk? {
    if let chunk = try await claim(of: job, runID: runID) { return chunk }
    let end = clock.now + Double(lease + 1)
    var hasSaid = false
    while clock.now < end, stopReason(tally) == nil {
      let chunks = try await shielded { try await store.progress(of: job.id).first?.chunks ?? [] }
      guard chunks.contains(where: { $0.status == "leased" }) else { return nil }
      if !hasSaid { observer.note("The chunks that are left are in other hands: waiting whether one comes free.") }
      hasSaid = true
      do {
        try await clock.sleep(seconds: 0.5)
      } catch is CancellationError {
        return nil
      }
      if let chunk = try await claim(of: job, runID: runID) { return chunk }
    }
    return nil
  }

  /// Shielded, because a claim whose answer is lost holds its chunk until the lease ends.
  private func claim(of job: Job, runID: Int64) async throws -> ClaimedChunk? {
    try await shielded { try await store.claimChunk(of: job.id, runID: runID, lease: lease) }
  }

  /// Whether the run has to end now, not merely before the next page.
  var isOver: Bool { Task.isCancelled || deadline.stopSignal != nil || deadline.remaining <= 0 }

  private func stopReason(_ tally: Tally) -> SyncStop? {
    if let signal = deadline.stopSignal { return .signal(signal) }
    if deadline.remaining <= tally.estimate { return .timeLimit }
    return Task.isCancelled ? .cancelled : nil
  }
}

/// What a run has done, and how long a page takes it.
struct Tally: Sendable {
  var totals = SyncTotals()
  /// Seconds to keep for the end of the run itself.
  let reserve: Double
  private var recent: [Double] = []

  init(reserve: Double) { self.reserve = reserve }

  /// Seconds that another page may take: half as much again as the slowest of the last eight.
  var estimate: Double { (recent.max() ?? 0) * 1.5 + reserve }

  mutating func count(_ step: Step, seconds: Double) {
    totals.items += step.cost.items
    totals.rows += step.page.rowCount
    totals.pages += 1
    totals.points += step.cost.points
    totals.requests += step.cost.requests
    totals.losses += step.losses.count
    recent.append(seconds)
    if recent.count > 8 { recent.removeFirst() }
  }
}
