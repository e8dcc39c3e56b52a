import Domain
import Markup
import Reporting
import Testing

@Suite struct CaptureProgressTests {
  static func progress() -> CaptureProgress {
    var progress = CaptureProgress()
    progress.items = 1_388
    progress.rows = 12_004
    progress.points = 69
    progress.requests = 3
    progress.numbersDone = 1_412
    progress.numbersTotal = 3_400
    progress.itemsPerSecond = 61.27
    progress.secondsLeft = 32.4
    progress.pointsLeft = 4_321
    return progress
  }

  static func line(_ progress: CaptureProgress) -> String { progress.line(now: Samples.now).singleLine }
  static func bar(_ progress: CaptureProgress) -> String { progress.bar(now: Samples.now).singleLine }

  @Test func everythingThatIsKnown() {
    #expect(
      Self.line(Self.progress())
        == "42 % (1,412 of 3,400 numbers) · 1,388 items, 12,004 rows in this run · 61.3 items/s · "
        + "0.05 points, 0.0022 REST requests an item · 4,321 points left · about 33 s left")
    #expect(Self.bar(Self.progress()) == "42 %  33 s left  1,388 items  61.3/s  4,321 points left")
    #expect(Self.progress().fraction.map { ($0 * 100).rounded() } == 42)
  }

  @Test func nothingIsInvented() {
    #expect(Self.line(CaptureProgress()) == "0 items, 0 rows in this run")
    #expect(Self.bar(CaptureProgress()) == "0 items")
    #expect(CaptureProgress().fraction == nil)
    var rows = CaptureProgress()
    rows.rows = 2_300
    #expect(Self.bar(rows) == "2,300 rows")
    var flat = CaptureProgress()
    flat.rows = 300
    flat.flatWalk = Timestamp(seconds: 1_700_000_000)
    #expect(Self.line(flat) == "0 items, 300 rows in this run · comments up to 2023-11-14T22:13:20Z")
  }

  @Test func aWaitSaysUntilWhen() {
    var progress = Self.progress()
    progress.waitsUntil = Samples.now + 600
    #expect(
      Self.line(progress).hasSuffix(
        "waiting for GitHub's rate limit until 2026-11-18T11:16:40Z (in 10 min) · 4,321 points left"))
    #expect(Self.bar(progress).hasPrefix("42 %  waiting 10 min for GitHub  1,388 items"))
    #expect(
      CaptureProgress.waiting(until: Samples.now + 45, reason: "GitHub's rate limit", now: Samples.now).singleLine
        == "GitHub's rate limit holds until 2026-11-18T11:07:25Z (in 45 s): waiting.")
  }

  @Test func tooFewPointsAreForetold() {
    var progress = Self.progress()
    progress.pointsLeft = 40
    #expect(Self.line(progress).contains("40 points left, about 99 needed"))
  }

  @Test func hundredPercentMeansAll() {
    var progress = Self.progress()
    progress.numbersDone = 3_399
    #expect(Self.line(progress).hasPrefix("99 %"))
    progress.numbersDone = 1
    #expect(Self.line(progress).hasPrefix("1 %"))
    progress.numbersDone = 3_400
    #expect(Self.line(progress).hasPrefix("100 %"))
  }

  @Test func theRateForgetsWhatIsLongAgo() throws {
    var meter = RateMeter(window: 60)
    meter.record(0, at: 0)
    #expect(meter.perSecond == nil)
    // Ten a second for ten minutes in quick steps, then a pause of five minutes, then a hundred a second.
    for step in 1...6_000 { meter.record(step, at: Double(step) / 10) }
    #expect(meter.perSecond.map { ($0 * 10).rounded() } == 100)
    for step in 0...6_000 { meter.record(6_000 + step * 10, at: 900 + Double(step) / 10) }
    #expect(meter.perSecond.map { ($0 * 10).rounded() } == 1_000)
  }
}

@Suite struct CaptureLedgerTests {
  static let begun = Samples.now

  static func chunk(_ ordinal: Int, _ scope: ChunkScope, next: Int = 0, itemsDone: Int = 0) -> ClaimedChunk {
    ClaimedChunk(
      id: .random(), jobID: .random(), repositoryID: .random(), ordinal: ordinal, scope: scope,
      checkpoint: Checkpoint(next: next), fence: 1, itemsDone: itemsDone,
      clock: DatabaseClock(begun))
  }

  /// Chunk 2 of a job whose first chunk is done: 40 numbers a page, a page a second.
  @Test func ownPagesCountAtOnceAndOthersNowAndThen() throws {
    var ledger = CaptureLedger(begun: Self.begun)
    let chunk = Self.chunk(2, .range(first: 101, last: 200), next: 20, itemsDone: 15)
    ledger.begin(chunk, at: Self.begun)
    #expect(ledger.progress(at: Self.begun).numbersDone == 20)
    ledger.merge(try Samples.progress(completed: 1, of: 3))
    #expect(ledger.progress(at: Self.begun).numbersDone == 141)
    #expect(ledger.progress(at: Self.begun).numbersTotal == 300)
    for page in 1...2 {
      ledger.record(
        Checkpoint(next: 20 + 40 * page), of: chunk, .init(items: 38 * page, rows: 300 * page, points: page),
        at: Self.begun + Double(page) * 2)
    }
    let progress = ledger.progress(at: Self.begun + 4)
    #expect(progress.numbersDone == 200 && progress.items == 76 && progress.rows == 600)
    #expect(progress.itemsPerSecond == 19)
    // What was done before the run began is no part of its rate.
    let seconds = try #require(progress.secondsLeft)
    #expect(seconds > 5 && seconds < 10, "\(seconds)")
    let words = ledger.finish(chunk, .init(items: 80, rows: 640, points: 3), at: Self.begun + 5)
    #expect(
      words
        == "Chunk 2 is complete: 95 items, 5 numbers without one, 640 rows; 3 GraphQL points, 0 REST requests in 5.0 s."
    )
    #expect(ledger.progress(at: Self.begun + 5).numbersDone == 200)
  }

  /// All numbers are asked for long before the last list is read.
  @Test func anItemIsDoneWhenItsListsAreRead() {
    var ledger = CaptureLedger(begun: Self.begun)
    let chunk = Self.chunk(1, .range(first: 1, last: 6))
    ledger.begin(chunk, at: Self.begun)
    let pending = (1...6).map {
      PendingItem(number: $0, nodeID: "n", isPullRequest: true, lists: [PendingList(.comments)])
    }
    ledger.record(Checkpoint(next: 6, pending: pending), of: chunk, .init(items: 6), at: Self.begun + 1)
    #expect(ledger.progress(at: Self.begun + 1).numbersDone == 0)
    ledger.record(
      Checkpoint(next: 6, pending: Array(pending.prefix(2)), absent: [6]), of: chunk, .init(items: 6),
      at: Self.begun + 2)
    #expect(ledger.progress(at: Self.begun + 2).numbersDone == 3)
    _ = ledger.finish(chunk, .init(items: 6), at: Self.begun + 3)
    #expect(ledger.progress(at: Self.begun + 3).numbersDone == 6)
  }

  @Test func aFlatWalkShowsItsPlace() {
    var ledger = CaptureLedger(begun: Self.begun)
    let chunk = Self.chunk(1, .reviewComments(since: nil, reconciles: true))
    ledger.begin(chunk, at: Self.begun)
    #expect(ledger.progress(at: Self.begun).flatWalk == nil)
    let place = Timestamp(seconds: 1_700_000_000)
    ledger.record(Checkpoint(since: place), of: chunk, .init(rows: 100, requests: 1), at: Self.begun + 1)
    let progress = ledger.progress(at: Self.begun + 1)
    #expect(progress.flatWalk == place && progress.numbersTotal == 0 && progress.fraction == nil)
    #expect(
      ledger.finish(chunk, .init(rows: 120, requests: 2), at: Self.begun + 2)
        == "Chunk 1 is complete: 120 rows; 0 GraphQL points, 2 REST requests in 2.0 s.")
  }

  @Test func aFlatWalkDoesNotSpoilTheRate() {
    var ledger = CaptureLedger(begun: Self.begun)
    let comments = Self.chunk(1, .issueComments(since: Samples.now))
    ledger.begin(comments, at: Self.begun)
    ledger.record(Checkpoint(), of: comments, .init(rows: 900), at: Self.begun + 50)
    _ = ledger.finish(comments, .init(rows: 900), at: Self.begun + 50)
    let chunk = Self.chunk(2, .range(first: 1, last: 100))
    ledger.begin(chunk, at: Self.begun + 50)
    ledger.record(Checkpoint(next: 50), of: chunk, .init(items: 40, rows: 1_000), at: Self.begun + 54)
    let progress = ledger.progress(at: Self.begun + 54)
    #expect(progress.itemsPerSecond == 10 && progress.secondsLeft == 4)
  }

  @Test func aPauseDoesNotSpoilTheRate() {
    var ledger = CaptureLedger(begun: Self.begun)
    let chunk = Self.chunk(1, .range(first: 1, last: 1_000))
    ledger.begin(chunk, at: Self.begun)
    ledger.wait(until: Self.begun + 3_000)
    #expect(ledger.progress(at: Self.begun + 10).waitsUntil == Self.begun + 3_000)
    ledger.begin(chunk, at: Self.begun + 3_000)
    ledger.record(Checkpoint(next: 100), of: chunk, .init(items: 90), at: Self.begun + 3_003)
    let progress = ledger.progress(at: Self.begun + 3_003)
    #expect(progress.waitsUntil == nil && progress.itemsPerSecond == 30)
  }
}
