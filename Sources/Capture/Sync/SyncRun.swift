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
/// - `RateLimited`: the chunk is given back, and no chunk of the job that draws on the resource that is used up (of a
///   secondary limit: no chunk) may be taken before the limit ends, by a process that draws on the same budgets. REST's
///   quota is not GraphQL's: chunks that draw on the other one go on. Where none is left and there is time for a page
///   after the limit, the run sleeps until then without a lease and goes on. Where there is not, it ends in good order,
///   and whoever runs the job before that moment finds nothing to take and sends nothing.
/// - A signal, or the time limit: the request in flight is cancelled, the page that already came is committed, the
///   chunk given back; where a limit was being waited out, nobody takes one before it ends. All of it within one grace
///   period, whether the database answers or not.
/// - GitHub does not answer for one chunk: it is given back with the error on it, and the run goes on with others, each
///   chunk once; three in a row that bring no page end the run. The first such error is thrown at the end.
/// - What the run may spend is spent: the chunk is given back, others that need something else go on.
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
  let cap: SpendingCap?
  /// Chunks in a row that fail without a page before GitHub counts as down.
  static let maximumFailures = 3

  /// - Parameters:
  ///   - cap: what the run may spend; nil for whatever GitHub grants.
  ///   - lease: seconds after which a chunk whose holder gave no sign of life is free again.
  public init(
    github: any GitHubAPI, store: any CaptureStore, deadline: any Deadline, clock: any WallClock, logger: Logger,
    observer: any SyncObserver, cap: SpendingCap? = nil, lease: Int = 6
  ) {
    self.github = github
    self.store = store
    self.deadline = deadline
    self.clock = clock
    self.logger = logger
    self.observer = observer
    self.cap = cap
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
    var passed = PassedOver()
    var stop: SyncStop?
    while stop == nil, passed.failuresInARow < Self.maximumFailures {
      stop = stopReason(tally)
      if cap?.isReached(by: tally.totals) ?? false { stop = stop ?? .spent }
      guard stop == nil else { break }
      let next: ClaimedChunk?
      do {
        next = try await nextChunk(of: job, runID: runID, tally: tally, except: passed)
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
      stop = try await take(chunk, of: job, tally: &tally, passed: &passed)
    }
    if stop == nil, isOver { stop = stopReason(tally) }
    if deadline.stopSignal != nil || Task.isCancelled { return before.result(tally.totals, stopped: stop) }
    if let first = passed.firstFailure { throw first.cause }
    let after = try await look(at: job)
    if stop == nil, !after.isComplete {
      stop = passed.isShortOfMeans ? .spent : after.postponed(after: clock.now).map { .rateLimited(until: $0) }
    }
    if case .rateLimited(let until)? = stop {
      observer.note("GitHub's rate limit holds until \(until): nothing is asked of it before then.")
    }
    return SyncResult(
      totals: tally.totals, remainingChunks: after.remainingChunks, isComplete: after.isComplete, stopped: stop)
  }

  /// Works on a chunk, and says why the run has to end, if it has to.
  private func take(
    _ chunk: ClaimedChunk, of job: Job, tally: inout Tally, passed: inout PassedOver
  ) async throws -> SyncStop? {
    guard !isSpent(for: chunk, tally) else {
      try await release(chunk)
      passed.cannotAfford(chunk)
      return nil
    }
    observer.chunkStarted(chunk)
    let pages = tally.totals.pages
    do {
      let stop = try await work(chunk, of: job, tally: &tally)
      passed.failuresInARow = 0
      if stop == nil || tally.totals.pages > pages { passed.limitsInARow = 0 }
      switch stop {
      case nil:
        tally.totals.chunksCompleted += 1
        observer.chunkFinished(chunk, totals: tally.totals)
        return nil
      case .spent:
        passed.cannotAfford(chunk)
        return nil
      default: return stop
      }
    } catch let limited as RateLimited {
      observer.note("Chunk \(chunk.ordinal) waits for the end of \(limited.name), \(limited.until).")
      passed.failuresInARow = 0
      passed.limitsInARow = tally.totals.pages > pages ? 1 : passed.limitsInARow + 1
      // More than there are kinds of chunks: the database's clock is ahead of this machine's, or the moment was wrong.
      let isOdd = passed.limitsInARow > ChunkCut.flatChunks + 1
      let hasTime = fits(limited.until, tally)
      guard hasTime || limited.resource != nil && !isOdd else { return .rateLimited(until: limited.until) }
      // The chunk waits for its moment; others may go on, and the search for the next one waits where none may.
      if isOdd { try? await rest(until: clock.now + 5) }
    } catch is LeaseLost {
      observer.note("Chunk \(chunk.ordinal) went to another process.")
    } catch let failure as ChunkFailure {
      observer.note("Chunk \(chunk.ordinal) failed: \(failure.cause.problem).")
      passed.count(failure, of: chunk, broughtPages: tally.totals.pages > pages)
    }
    return nil
  }

  func look(at job: Job) async throws -> JobOutlook {
    JobOutlook(job, try await shielded { try await store.progress(of: job.id).first })
  }

  /// Walks one chunk. Returns nil where it is completed, or why it was given back. Throws `RateLimited` where it waits for
  /// a limit, with all that the limit concerns.
  private func work(_ chunk: ClaimedChunk, of job: Job, tally: inout Tally) async throws -> SyncStop? {
    do {
      let stop = try await walk(chunk, of: job, tally: &tally)
      if let stop { try await giveBack(chunk, onStop: stop) }
      return stop
    } catch let lost as LeaseLost {
      throw lost
    } catch let limited as RateLimited {
      // Whoever has it now knows more than a process that was held up.
      let hold = Hold(until: limited.until, owners: await github.budgetOwners, resource: limited.resource)
      guard try await release(chunk, hold: hold) else { throw LeaseLost(subject: "Chunk \(chunk.ordinal)") }
      if limited.until > clock.now { try await shielded { try await store.postpone(job: job.id, hold) } }
      throw limited
    } catch {
      if isOver, let stop = stopReason(tally) {
        try await giveBack(chunk, onStop: stop)
        return stop
      }
      logger.debug("chunk \(chunk.ordinal): \(error)")
      let cause = (error as? ChunkFailure)?.cause ?? error
      // The error that ended the walk matters more than one on the way out; the lease ends by itself.
      _ = try? await release(chunk, error: String("\(cause)".prefix(1_000)))
      throw error
    }
  }

  /// Gives the chunk back because the run ends. Limits that were being waited out are left to whoever comes next, each to
  /// the chunks that it concerns.
  private func giveBack(_ chunk: ClaimedChunk, onStop stop: SyncStop) async throws {
    let limits = await github.limits
    let owners = limits.isEmpty ? [] : await github.budgetOwners
    let holds = limits.map { Hold(until: $0.until, owners: owners, resource: $0.resource) }
    let own = holds.filter { chunk.scope.draws(on: $0.resource) }.max { $0.until < $1.until }
    do {
      guard try await release(chunk, hold: own) else { return }
      for hold in holds { try await shielded { try await store.postpone(job: chunk.jobID, hold) } }
    } catch {
      // A process that was told to end does so, whatever the database does; the lease ends by itself.
      guard deadline.stopSignal != nil || Task.isCancelled else { throw error }
      logger.debug("chunk \(chunk.ordinal) was not given back: \(error)")
    }
  }

  private func walk(_ chunk: ClaimedChunk, of job: Job, tally: inout Tally) async throws -> SyncStop? {
    let walk = ChunkWalk(
      github: github, repository: job.repository, githubID: chunk.githubID, scope: chunk.scope, clock: chunk.clock)
    if tally.widths == nil { tally.widths = try await shielded { try await store.widths(of: chunk.repositoryID) } }
    let pace = walk.initialPace(tally.widths ?? [:])
    // What is at its full width is stored only once it changed.
    tally.widths?.merge(pace.widths) { known, _ in known }
    var checkpoint = chunk.checkpoint
    // Other chunks' answers tell whose they are.
    var upcoming = fetch(walk, at: checkpoint, pace: pace, identified: chunk.scope.resources.contains("graphql"))
    while true {
      let fetched = try await wait(for: upcoming, of: chunk, at: checkpoint)
      let step = fetched.step
      let stop = step.isLast ? nil : stopReason(tally) ?? (isSpent(for: chunk, tally, with: step.cost) ? .spent : nil)
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

  /// Whether the chunk's next page would exceed what the run may spend.
  private func isSpent(for chunk: ClaimedChunk, _ tally: Tally, with cost: PageCost = PageCost()) -> Bool {
    guard let cap else { return false }
    var totals = tally.totals
    totals.points += cost.points
    totals.requests += cost.requests
    return cap.isReached(for: chunk.scope, by: totals)
  }

  /// Stores the step's rows, what it lost, and its checkpoint: in one transaction, so that a process that lost its lease
  /// writes no dead letter either.
  private func commit(
    _ fetched: FetchedStep, of chunk: ClaimedChunk, job: Job, tally: inout Tally
  ) async throws {
    let step = fetched.step
    let begun = clock.now
    let widths = step.pace.widths.filter { tally.widths?[$0.key] != $0.value }
    var page = step.page
    page.deadLetters = step.losses.map { deadLetter($0, of: chunk, job: job) }
    let committed = page
    try await shielded {
      try await store.commit(
        committed, of: chunk, checkpoint: step.next, finished: step.isLast, cost: step.cost, widths: widths,
        lease: lease)
    }
    for (loss, letter) in zip(step.losses, page.deadLetters) {
      let what = loss.list.map { "the \($0.rawValue) of \(letter.reference)" } ?? letter.reference
      observer.note("GitHub would not give \(what) (\(loss.error)); it is a dead letter now.")
    }
    tally.widths?.merge(widths) { _, new in new }
    tally.count(step, seconds: fetched.seconds + clock.now.secondsSince(begun))
  }

  private func deadLetter(_ loss: Loss, of chunk: ClaimedChunk, job: Job) -> DeadLetter {
    DeadLetter(
      kind: loss.kind, reference: loss.number > 0 ? "\(job.repository)#\(loss.number)" : "\(job.repository)",
      number: loss.number, error: loss.error,
      payload: [
        "job": .string(job.id.text), "chunk": .integer(Int64(chunk.ordinal)), "number": .integer(Int64(loss.number)),
        "list": loss.list.map { .string($0.rawValue) } ?? .null,
      ])
  }

  /// Gives the chunk back; false where someone else has it already.
  @discardableResult
  private func release(_ chunk: ClaimedChunk, hold: Hold? = nil, error: String? = nil) async throws -> Bool {
    try await shielded {
      do {
        try await store.release(chunk, hold: hold, error: error)
        return true
      } catch is LeaseLost {
        return false
      }
    }
  }

  /// Whether the run has to end now, not merely before the next page.
  var isOver: Bool { Task.isCancelled || deadline.stopSignal != nil || deadline.remaining <= 0 }

  func stopReason(_ tally: Tally) -> SyncStop? {
    if let signal = deadline.stopSignal { return .signal(signal) }
    if deadline.remaining <= tally.estimate { return .timeLimit }
    return Task.isCancelled ? .cancelled : nil
  }
}
