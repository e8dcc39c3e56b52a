public import Domain

/// What a run knows of the job that it works on: its own pages as they come, and now and then what the others did.
public struct CaptureLedger: Sendable {
  /// What this run has stored so far.
  public struct Totals: Hashable, Sendable {
    public var items: Int
    public var rows: Int
    public var points: Int
    /// Over REST.
    public var requests: Int

    public init(items: Int = 0, rows: Int = 0, points: Int = 0, requests: Int = 0) {
      self.items = items
      self.rows = rows
      self.points = points
      self.requests = requests
    }
  }

  private let begun: Timestamp
  private var totals = Totals()
  private var sizes: [Int: Int] = [:]
  private var done: [Int: Int] = [:]
  private var current: (totals: Totals, begun: Timestamp)?
  /// Whether the chunk that is worked on covers a flat list: then neither items nor numbers come, which tells nothing.
  private var isFlat = false
  private var flatWalk: Timestamp?
  private var waitsUntil: Timestamp?
  private var items = RateMeter()
  private var numbers = RateMeter()
  /// Numbers that were done before anybody looked: no part of the rate.
  private var head = 0
  private var hasMerged = false

  public init(begun: Timestamp) { self.begun = begun }

  /// What all processes did, as the database says.
  public mutating func merge(_ job: JobProgress) {
    let before = looked
    for chunk in job.chunks {
      guard let size = chunk.size, let looked = chunk.numbersLookedAt else { continue }
      sizes[chunk.ordinal] = size
      done[chunk.ordinal] = max(looked, done[chunk.ordinal] ?? 0)
    }
    if !hasMerged { head += looked - before }
    hasMerged = true
  }

  /// The run sleeps until then; that does not spoil its rate.
  public mutating func wait(until moment: Timestamp) {
    waitsUntil = moment
    (items, numbers) = (RateMeter(), RateMeter())
  }

  public mutating func begin(_ chunk: ClaimedChunk, at now: Timestamp) {
    waitsUntil = nil
    current = (totals, now)
    if isFlat { (items, numbers) = (RateMeter(), RateMeter()) }
    isFlat = chunk.scope.size == nil
    flatWalk = chunk.scope.size == nil ? chunk.checkpoint.since : nil
    let before = looked
    note(chunk.checkpoint, of: chunk)
    head += looked - before
    sample(at: now)
  }

  public mutating func record(_ checkpoint: Checkpoint, of chunk: ClaimedChunk, _ totals: Totals, at now: Timestamp) {
    waitsUntil = nil
    self.totals = totals
    if chunk.scope.size == nil { flatWalk = checkpoint.since ?? flatWalk }
    note(checkpoint, of: chunk)
    sample(at: now)
  }

  /// Says what came of the chunk.
  public mutating func finish(_ chunk: ClaimedChunk, _ totals: Totals, at now: Timestamp) -> String {
    let before = current ?? (Totals(), begun)
    self.totals = totals
    current = nil
    flatWalk = nil
    let items = chunk.itemsDone + totals.items - before.totals.items
    var parts: [String] = []
    if let size = chunk.scope.size {
      done[chunk.ordinal] = size
      sizes[chunk.ordinal] = size
      parts.append(Figures.count(items, "item"))
      if items < size { parts.append("\(Figures.count(size - items, "number")) without one") }
    }
    parts.append(Figures.count(totals.rows - before.totals.rows, "row"))
    let cost = Cost(
      points: totals.points - before.totals.points, requests: totals.requests - before.totals.requests)
    sample(at: now)
    let time = Figures.duration(max(0, now.secondsSince(before.begun)))
    return "Chunk \(chunk.ordinal) is complete: \(parts.joined(separator: ", ")); \(cost.total) in \(time)."
  }

  public mutating func progress(at now: Timestamp) -> CaptureProgress {
    if waitsUntil == nil { sample(at: now) }
    var progress = CaptureProgress()
    progress.items = totals.items
    progress.rows = totals.rows
    progress.points = totals.points
    progress.requests = totals.requests
    progress.numbersTotal = sizes.values.reduce(0, +)
    progress.numbersDone = min(progress.numbersTotal, looked)
    progress.itemsPerSecond = items.perSecond
    progress.flatWalk = flatWalk
    progress.waitsUntil = waitsUntil.flatMap { $0 > now ? $0 : nil }
    let left = progress.numbersTotal - progress.numbersDone
    if left > 0, let rate = numbers.perSecond, rate > 0 {
      let seconds = Double(left) / rate
      // A year is no forecast.
      if seconds < 31_536_000 { progress.secondsLeft = seconds }
    }
    return progress
  }

  private var looked: Int { done.values.reduce(0, +) }

  private mutating func note(_ checkpoint: Checkpoint, of chunk: ClaimedChunk) {
    guard let size = chunk.scope.size else { return }
    sizes[chunk.ordinal] = size
    done[chunk.ordinal] = max(done[chunk.ordinal] ?? 0, checkpoint.numbersDone(of: size))
  }

  private mutating func sample(at now: Timestamp) {
    guard !isFlat else { return }
    let time = max(0, now.secondsSince(begun))
    items.record(totals.items, at: time)
    numbers.record(looked - head, at: time)
  }
}
