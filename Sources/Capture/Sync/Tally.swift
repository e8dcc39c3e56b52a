import Domain

/// What a run has done, how long a page takes it, and what it has learned.
struct Tally: Sendable {
  var totals = SyncTotals()
  /// How much each query may ask for, once it was looked up: as stored, and as this run found since.
  var widths: [String: Int]?
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

/// Chunks that this run does not try again, and why.
struct PassedOver: Sendable {
  private(set) var ids: [ChunkID] = []
  private(set) var ordinals: Set<Int> = []
  /// The first failure of GitHub's to answer for one of them.
  private(set) var firstFailure: ChunkFailure?
  /// Failures without a page in between.
  var failuresInARow = 0
  /// Limits without a page in between.
  var limitsInARow = 0
  /// Whether one was left because what it needs is spent.
  private(set) var isShortOfMeans = false

  mutating func count(_ failure: ChunkFailure, of chunk: ClaimedChunk, broughtPages: Bool) {
    if firstFailure == nil { firstFailure = failure }
    pass(chunk)
    failuresInARow = broughtPages ? 0 : failuresInARow + 1
  }

  mutating func cannotAfford(_ chunk: ClaimedChunk) {
    isShortOfMeans = true
    pass(chunk)
  }

  private mutating func pass(_ chunk: ClaimedChunk) {
    ids.append(chunk.id)
    ordinals.insert(chunk.ordinal)
  }
}
