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
/// - `RateLimited`: the chunk is given back, no chunk of the job may be taken before the limit ends, and the run ends in
///   good order. Whoever runs the job before that finds nothing to take and sends nothing.
/// - A signal, or the time limit: the request in flight is cancelled, the page that already came is committed, the
///   chunk given back; where a limit was being waited out, nobody takes one before it ends. All of it within one grace
///   period, whether the database answers or not.
/// - GitHub does not answer for one chunk: it is given back with the error on it, and the run goes on with others, each
///   chunk once; three in a row that bring no page end the run. The first such error is thrown at the end.
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
  let grace: Grace
  /// Chunks in a row that fail without a page before GitHub counts as down.
  static let maximumFailures = 3

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
    grace = Grace(clock: clock)
  }

  /// Runs to the end that it can reach; stopping in good order is a result, not an error. After a signal the result says
  /// what this run knows: chunks that other processes completed meanwhile count as remaining.
  ///
  /// - Throws: `Failure` for a job that was never planned (64) or whose repository cannot be seen (78), and what GitHub
  ///   or the store threw, after the chunk was given back.
  public func run(job: Job, runID: Int64) async throws -> SyncResult {
    var tally = Tally(reserve: min(2, deadline.remaining * 0.1))
    let before = try await look(at: job)
    if let refusal = before.refusal { throw refusal }
    if !job.status.isOpen { observer.note("The job is \(job.status.rawValue): there is nothing left to do in it.") }
    var failures = Failures()
    var stop: SyncStop?
    while stop == nil, failures.inARow < Self.maximumFailures {
      stop = stopReason(tally)
      guard stop == nil else { break }
      let next: ClaimedChunk?
      do {
        next = try await nextChunk(of: job, runID: runID, tally: tally, except: failures.chunks)
      } catch  where isOver {
        // What was claimed without an answer comes free with the end of its lease.
        break
      }
      guard let chunk = next else { break }
      if let reason = stopReason(tally) {
        try await giveBack(chunk, onStop: reason)
        stop = reason
        break
      }
      observer.chunkStarted(chunk)
      let pages = tally.totals.pages
      do {
        stop = try await work(chunk, of: job, tally: &tally)
        failures.inARow = 0
        guard stop == nil else { break }
        tally.totals.chunksCompleted += 1
        observer.chunkFinished(chunk, totals: tally.totals)
      } catch is LeaseLost {
        observer.note("Chunk \(chunk.ordinal) went to another process.")
      } catch let failure as ChunkFailure {
        observer.note("Chunk \(chunk.ordinal) failed: \(failure.cause.problem).")
        failures.count(failure, of: chunk, broughtPages: tally.totals.pages > pages)
      }
    }
    if stop == nil, isOver { stop = stopReason(tally) }
    if deadline.stopSignal != nil || Task.isCancelled { return before.result(tally.totals, stopped: stop) }
    if let first = failures.first { throw first.cause }
    let after = try await look(at: job)
    if stop == nil, !after.isComplete, let until = after.postponed(after: clock.now) {
      stop = .rateLimited(until: until)
    }
    if case .rateLimited(let until)? = stop {
      observer.note("GitHub's rate limit holds until \(until): nothing is asked of it before then.")
    }
    return SyncResult(
      totals: tally.totals, remainingChunks: after.remainingChunks, isComplete: after.isComplete, stopped: stop)
  }

  private func look(at job: Job) async throws -> JobOutlook {
    JobOutlook(job, try await shielded { try await store.progress(of: job.id).first })
  }

  /// Walks one chunk. Returns nil where it is completed, or why it was given back.
  private func work(_ chunk: ClaimedChunk, of job: Job, tally: inout Tally) async throws -> SyncStop? {
    do {
      let stop = try await walk(chunk, of: job, tally: &tally)
      if let stop { try await giveBack(chunk, onStop: stop) }
      return stop
    } catch let lost as LeaseLost {
      throw lost
    } catch let limited as RateLimited {
      try await release(chunk, notBefore: limited.until)
      try await shielded { try await store.postpone(job: job.id, until: limited.until) }
      return .rateLimited(until: limited.until)
    } catch {
      if isOver, let stop = stopReason(tally) {
        try await giveBack(chunk, onStop: stop)
        return stop
      }
      logger.debug("chunk \(chunk.ordinal): \(error)")
      let cause = (error as? ChunkFailure)?.cause ?? error
      // The error that ended the walk matters more than one on the way out; the lease ends by itself.
      try? await release(chunk, error: String("\(cause)".prefix(1_000)))
      throw error
    }
  }

  /// Gives the chunk back because the run ends. A limit that was being waited out is left to whoever comes next.
  private func giveBack(_ chunk: ClaimedChunk, onStop stop: SyncStop) async throws {
    let until = await github.limitedUntil
    do {
      try await release(chunk, notBefore: until)
      if let until { try await shielded { try await store.postpone(job: chunk.jobID, until: until) } }
    } catch {
      // A process that was told to end does so, whatever the database does; the lease ends by itself.
      guard deadline.stopSignal != nil || Task.isCancelled else { throw error }
      logger.debug("chunk \(chunk.ordinal) was not given back: \(error)")
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
  private func nextChunk(of job: Job, runID: Int64, tally: Tally, except tried: [ChunkID]) async throws
    -> ClaimedChunk?
  {
    if let chunk = try await claim(of: job, runID: runID, except: tried) { return chunk }
    let end = clock.now + Double(lease + 1)
    var hasSaid = false
    while clock.now < end, stopReason(tally) == nil {
      guard try await look(at: job).isHeldByOthers else { return nil }
      if !hasSaid { observer.note("The chunks that are left are in other hands: waiting whether one comes free.") }
      hasSaid = true
      do {
        try await clock.sleep(seconds: 0.5)
      } catch is CancellationError {
        return nil
      }
      if let chunk = try await claim(of: job, runID: runID, except: tried) { return chunk }
    }
    return nil
  }

  /// Shielded, because a claim whose answer is lost holds its chunk until the lease ends.
  private func claim(of job: Job, runID: Int64, except tried: [ChunkID]) async throws -> ClaimedChunk? {
    try await shielded { try await store.claimChunk(of: job.id, runID: runID, lease: lease, excluding: tried) }
  }

  /// Whether the run has to end now, not merely before the next page.
  var isOver: Bool { Task.isCancelled || deadline.stopSignal != nil || deadline.remaining <= 0 }

  private func stopReason(_ tally: Tally) -> SyncStop? {
    if let signal = deadline.stopSignal { return .signal(signal) }
    if deadline.remaining <= tally.estimate { return .timeLimit }
    return Task.isCancelled ? .cancelled : nil
  }
}

/// Chunks for which GitHub did not answer in this run.
struct Failures: Sendable {
  private(set) var first: ChunkFailure?
  private(set) var chunks: [ChunkID] = []
  /// Without a page in between.
  var inARow = 0

  mutating func count(_ failure: ChunkFailure, of chunk: ClaimedChunk, broughtPages: Bool) {
    if first == nil { first = failure }
    chunks.append(chunk.id)
    inARow = broughtPages ? 0 : inARow + 1
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
