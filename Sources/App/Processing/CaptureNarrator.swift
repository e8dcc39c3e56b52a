import ActionsRuntime
import Capture
import Domain
import Markup
import Synchronization

/// Tells a person how capture goes.
final class CaptureNarrator: SyncObserver {
  private let log: RunLog
  private let resumed = Mutex<String?>(nil)

  init(log: RunLog) { self.log = log }

  /// The first checkpoint that this run went on from, in words.
  var resumedFrom: String? { resumed.withLock { $0 } }

  func chunkStarted(_ chunk: ClaimedChunk) {
    let place = Self.place(chunk)
    log.line(
      "Chunk \(chunk.ordinal) (\(chunk.scope.summary)): \(place.map { "resuming from the checkpoint \($0)" } ?? "from its beginning")"
    )
    if let place { resumed.withLock { if $0 == nil { $0 = "chunk \(chunk.ordinal) \(place)" } } }
  }

  func pageCommitted(_ chunk: ClaimedChunk, checkpoint: Checkpoint, totals: SyncTotals) {
    log.progress(
      "\(totals.items) items, \(totals.rows) rows, GraphQL points: \(totals.points), REST requests: \(totals.requests)")
  }

  func chunkFinished(_ chunk: ClaimedChunk, totals: SyncTotals) {
    log.line("Chunk \(chunk.ordinal) is complete; \(totals.items) items, \(totals.rows) rows in this run so far.")
  }

  func note(_ text: String) { log.line("\(text)") }

  /// Where the chunk's walk stands; nil at its beginning.
  private static func place(_ chunk: ClaimedChunk) -> String? {
    let checkpoint = chunk.checkpoint
    if case .reviewComments(let since) = chunk.scope {
      guard let at = checkpoint.since, at != since || checkpoint.page > 1 else { return nil }
      return "updates since \(at), page \(checkpoint.page)"
    }
    guard checkpoint.next > 0 || !checkpoint.pending.isEmpty else { return nil }
    let lists = checkpoint.pending.isEmpty ? "" : ", \(checkpoint.pending.count) long lists to drain"
    return "after \(checkpoint.next) of \(chunk.scope.size ?? 0)\(lists)"
  }
}
