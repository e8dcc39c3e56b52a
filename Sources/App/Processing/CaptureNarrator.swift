import ActionsRuntime
import Capture
import Domain
import Markup
import Reporting
import Store
import Synchronization

/// Tells a person how capture goes: a line for each chunk and each wait, and in between how far the job has come.
final class CaptureNarrator: SyncObserver {
  private struct State: Sendable {
    var ledger: CaptureLedger
    var resumedFrom: String?
    /// What is worked on: limits of what it does not draw on keep nobody waiting.
    var scope: ChunkScope?
    var isOver = false
  }

  private let log: RunLog
  private let github: any GitHubAPI
  private let store: any CaptureStore
  private let clock: any WallClock
  private let job: JobID
  private let state: Mutex<State>

  /// Seconds between two looks at what the other processes have done.
  private static let lookInterval = 10.0
  /// Seconds between two lines while GitHub's limit holds for long: nothing changes meanwhile.
  private static let waitInterval = 60.0
  /// Waits that are shorter belong to the normal pace; the client's own line tells of them.
  private static let shortWait = 30.0

  init(log: RunLog, github: any GitHubAPI, store: any CaptureStore, clock: any WallClock, job: JobID) {
    self.log = log
    self.github = github
    self.store = store
    self.clock = clock
    self.job = job
    state = Mutex(State(ledger: CaptureLedger(begun: clock.now)))
  }

  /// The first checkpoint that this run went on from, in words.
  var resumedFrom: String? { state.withLock { $0.resumedFrom } }

  /// Runs `body` and tells meanwhile how far the work has come, also while no page comes.
  func watch<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    log.beginProgress()
    let ticker = Task { await self.tick() }
    defer {
      ticker.cancel()
      // A tick that is under way must draw nothing behind the end.
      state.withLock { $0.isOver = true }
      log.endProgress()
    }
    return try await body()
  }

  func chunkStarted(_ chunk: ClaimedChunk) {
    let place = Self.place(chunk)
    state.withLock { state in
      state.ledger.begin(chunk, at: clock.now)
      state.scope = chunk.scope
      if let place, state.resumedFrom == nil { state.resumedFrom = "chunk \(chunk.ordinal) \(place)" }
    }
    let beginning: LogText = place.map { "resuming from the checkpoint \($0)" } ?? "from its beginning"
    log.line("Chunk \(chunk.ordinal) (\(chunk.scope.summary)): \(beginning)")
  }

  func pageCommitted(_ chunk: ClaimedChunk, checkpoint: Checkpoint, totals: SyncTotals) {
    state.withLock { $0.ledger.record(checkpoint, of: chunk, totals.reported, at: clock.now) }
  }

  func chunkFinished(_ chunk: ClaimedChunk, totals: SyncTotals) {
    let share = state.withLock { $0.ledger.finish(chunk, totals.reported, at: clock.now) }
    log.line("\(share)")
  }

  func note(_ text: String) { log.line("\(text)") }

  func waiting(until moment: Timestamp, reason: String) {
    let now = clock.now
    state.withLock { $0.ledger.wait(until: moment) }
    log.line(CaptureProgress.waiting(until: moment, reason: reason, now: now))
  }

  private func tick() async {
    let pause = log.drawsProgress ? 0.2 : 1.0
    var sinceLook = Self.lookInterval
    while !Task.isCancelled {
      do { try await clock.sleep(seconds: pause) } catch { return }
      sinceLook += pause
      if sinceLook >= Self.lookInterval {
        sinceLook = 0
        await look()
      }
      tell(await github.usage, await github.limits, at: clock.now)
    }
  }

  private func tell(_ usage: APIUsage, _ limits: [RateLimited], at now: Timestamp) {
    state.withLock { state in
      guard !state.isOver else { return }
      var progress = state.ledger.progress(at: now)
      progress.pointsLeft = usage.graphQLRemaining
      let limits = limits.filter { state.scope?.draws(on: $0.resource) ?? true }.map(\.until)
      progress.waitsUntil = ([progress.waitsUntil].compactMap(\.self) + limits).filter { $0 > now + 1 }.max()
      let waitsLong = progress.waitsUntil.map { $0 > now + Self.shortWait } ?? false
      log.progress(every: waitsLong ? Self.waitInterval : RunLog.progressInterval) {
        WorkProgress(fraction: progress.fraction, line: progress.line(now: now), bar: progress.bar(now: now))
      }
    }
  }

  /// What all processes together have done. Where the database does not say, what this one knows has to do.
  private func look() async {
    let (store, job) = (store, job)
    // On its own, because a query that is cancelled costs the connection.
    let answer = await Task { try? await store.progress(of: job).first }.value
    guard let progress = answer else { return }
    state.withLock { $0.ledger.merge(progress) }
  }

  /// Where the chunk's walk stands; nil at its beginning.
  private static func place(_ chunk: ClaimedChunk) -> String? {
    let checkpoint = chunk.checkpoint
    guard let size = chunk.scope.size else {
      guard let since = checkpoint.since, checkpoint.begun != nil || checkpoint.page > 1 else { return nil }
      return "updates since \(since), page \(checkpoint.page)"
    }
    guard checkpoint.next > 0 || !checkpoint.pending.isEmpty else { return nil }
    let count = checkpoint.pending.count
    let lists = count == 0 ? "" : ", lists of \(count) \(count == 1 ? "item" : "items") still to be read"
    return "after \(checkpoint.next) of \(size)\(lists)"
  }
}

extension SyncTotals {
  fileprivate var reported: CaptureLedger.Totals {
    CaptureLedger.Totals(items: items, rows: rows, points: points, requests: requests)
  }
}
