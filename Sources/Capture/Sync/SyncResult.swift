public import Domain

/// What a `sync` did and what it leaves.
public struct SyncResult: Hashable, Sendable {
  /// Of this run alone, not of earlier ones.
  public var totals: SyncTotals
  /// Chunks of the job that are not completed, whoever holds them.
  public var remainingChunks: Int
  /// Whether the job is completed.
  public var isComplete: Bool
  /// Why the run ended before the chunks did; nil where it took every chunk that was free.
  public var stopped: SyncStop?

  public init(totals: SyncTotals, remainingChunks: Int, isComplete: Bool, stopped: SyncStop?) {
    self.totals = totals
    self.remainingChunks = remainingChunks
    self.isComplete = isComplete
    self.stopped = stopped
  }

  /// Issues and pull requests.
  public var items: Int { totals.items }
  public var rows: Int { totals.rows }
  public var pages: Int { totals.pages }
  public var chunksCompleted: Int { totals.chunksCompleted }
  /// The signal that ended the run, if one did.
  public var stopSignal: StopSignal? { if case .signal(let signal)? = stopped { signal } else { nil } }
}

/// Why a run stopped in good order, its checkpoint saved.
public enum SyncStop: Hashable, Sendable {
  case signal(StopSignal)
  /// The next page would not have fitted into the time that was left.
  case timeLimit
  /// GitHub's limit ends after this run's time does.
  case rateLimited(until: Timestamp)
  /// What the run may spend is spent.
  case spent
  /// The task was cancelled, and no signal says why.
  case cancelled
}

/// What a run has stored so far.
public struct SyncTotals: Hashable, Sendable {
  /// Issues and pull requests.
  public var items = 0
  public var rows = 0
  public var pages = 0
  public var chunksCompleted = 0
  /// GraphQL points.
  public var points = 0
  /// REST requests.
  public var requests = 0
  /// Items and lists that GitHub would not give; each is a dead letter.
  public var losses = 0

  public init() {}
}

/// Watches a run. Every call comes from the run's task, in the order of what happened; none should block.
///
/// Texts may hold what GitHub answered: they reach a person only through a sink's escaping.
public protocol SyncObserver: Sendable {
  /// A lease was taken; the chunk's checkpoint says where its walk goes on.
  func chunkStarted(_ chunk: ClaimedChunk)
  /// A page and its checkpoint are stored.
  func pageCommitted(_ chunk: ClaimedChunk, checkpoint: Checkpoint, totals: SyncTotals)
  func chunkFinished(_ chunk: ClaimedChunk, totals: SyncTotals)
  func note(_ text: String)
  /// No chunk may be taken before a moment; the run sleeps until then and holds nothing meanwhile.
  func waiting(until moment: Timestamp, reason: String)
}

extension SyncObserver {
  public func waiting(until moment: Timestamp, reason: String) { note("\(reason) holds until \(moment): waiting.") }
}
