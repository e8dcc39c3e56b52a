import Capture
import Domain
import Logging
import Synchronization

/// A clock that the test moves. Sleeping either moves it (`runs`) or lasts until the task is cancelled; with
/// `onlyRests`, looks at the deadline last that long too, so that time passes by what a run means to wait.
final class FakeClock: WallClock, Sendable {
  private let time = Mutex(Timestamp(seconds: 1_800_000_000))
  private let runs: Bool
  private let onlyRests: Bool

  init(runs: Bool = false, onlyRests: Bool = false) {
    self.runs = runs || onlyRests
    self.onlyRests = onlyRests
  }

  var now: Timestamp { time.withLock { $0 } }
  func advance(_ seconds: Double) { time.withLock { $0 = $0 + seconds } }

  func sleep(seconds: Double) async throws {
    guard runs, !onlyRests || seconds > 0.3 else {
      // Ends with the task: no test waits for it.
      let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
      for await _ in stream {}
      continuation.finish()
      try Task.checkCancellation()
      return
    }
    try Task.checkCancellation()
    advance(seconds)
    await Task.yield()
  }
}

final class FakeDeadline: Deadline, Sendable {
  private let values: Mutex<(remaining: Double, signal: StopSignal?)>

  init(remaining: Double = .infinity) { values = Mutex((remaining, nil)) }

  var remaining: Double { values.withLock { $0.remaining } }
  var stopSignal: StopSignal? { values.withLock { $0.signal } }
  func set(remaining: Double) { values.withLock { $0.remaining = remaining } }
  func signal(_ signal: StopSignal) { values.withLock { $0.signal = signal } }
}

final class Notes: SyncObserver, Sendable {
  private let lines = Mutex<[String]>([])
  private let pages: @Sendable (SyncTotals) -> Void
  private let waits: @Sendable () -> Void

  init(
    onWait: @escaping @Sendable () -> Void = {}, onPage: @escaping @Sendable (SyncTotals) -> Void = { _ in }
  ) {
    waits = onWait
    pages = onPage
  }

  var all: [String] { lines.withLock { $0 } }
  func note(_ text: String) { lines.withLock { $0.append(text) } }
  func chunkStarted(_ chunk: ClaimedChunk) { note("started \(chunk.ordinal) at \(chunk.checkpoint.next)") }
  func pageCommitted(_ chunk: ClaimedChunk, checkpoint: Checkpoint, totals: SyncTotals) { pages(totals) }
  func chunkFinished(_ chunk: ClaimedChunk, totals: SyncTotals) { note("finished \(chunk.ordinal)") }
  func waiting(until moment: Timestamp, reason: String) {
    note("waiting until \(moment)")
    waits()
  }
}

let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

func name(_ text: String) throws -> RepositoryName {
  struct Unreadable: Error {}
  guard let name = RepositoryName(text) else { throw Unreadable() }
  return name
}
