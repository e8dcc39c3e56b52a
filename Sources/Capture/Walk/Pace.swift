/// How much one call asks for, by the query's name: less after GitHub found a call too heavy, more while it answers.
///
/// It begins where an earlier run ended (`CaptureStore.widths(of:)`), and what it learns is stored with each page.
struct Pace: Hashable, Sendable {
  /// Questions of a call.
  private(set) var items: Width
  /// Entries of each list that a call brings: narrower than full only where one list alone was too heavy.
  private(set) var page: Width
  /// Entries that a request for a list over REST asks for.
  var entries: Width

  /// - Parameter widths: what earlier runs learned; a query without an entry begins at its full width.
  init(_ widths: [String: Int] = [:]) {
    items = Width(ceiling: ItemsQuery.fullWidth, remembered: widths[ItemsQuery.operation])
    page = Width(ceiling: Fragments.listPage, remembered: widths[Self.pageKey])
    entries = Width(ceiling: ListReader.pageSize, remembered: widths[Self.entriesKey])
  }

  /// Bytes of an answer from which on less is asked for: an answer is held several times over while it is read and stored.
  static let fullAnswer = 2 << 20

  private static let pageKey = "\(ItemsQuery.operation).page"
  private static let entriesKey = "CaptureLists"

  /// What is worth knowing in later runs.
  var widths: [String: Int] {
    [ItemsQuery.operation: items.settled, Self.pageKey: page.settled, Self.entriesKey: entries.settled]
  }

  /// - Parameter first: entries of each list that were asked for; nil where the call held no list.
  mutating func itemsWereTooHeavy(asked questions: Int, first: Int?) {
    if let first, first > 1, questions == 1 || page.isOnTrial {
      page.narrow(asked: first)
    } else if questions > 1 {
      // One that fails alone says nothing of how much may be asked for.
      items.narrow(asked: questions)
    }
  }

  /// - Parameter size: bytes of the answer.
  mutating func itemsWereFine(asked questions: Int, first: Int?, size: Int = 0) {
    // As many times what was asked for fill an answer.
    let room = Double(Self.fullAnswer) / Double(max(1, size))
    guard room >= 1 else { return answersWereLarge(room, asked: questions, first: first) }
    let before = items.current
    items.widen(asked: questions, atMost: room * Double(questions))
    if let first {
      let left = room * Double(before) / Double(max(before, items.current))
      page.widen(asked: first, atMost: left * Double(first))
    }
  }

  /// Asks for proportionally less: for fewer questions, and where one alone is too large for fewer entries.
  private mutating func answersWereLarge(_ room: Double, asked questions: Int, first: Int?) {
    let width = room * Double(questions)
    items.limit(to: width)
    if width < 1, let first { page.limit(to: width * Double(first)) }
  }

  /// What failed did so for itself, not for the size of the calls that it was in.
  mutating func itemsWerePoisoned(pages: Bool) {
    items.restore()
    if pages { page.restore() }
  }

  /// A search for the width that GitHub answers.
  ///
  /// It charges extra points for a call that it had to cut off after 10 s. So a call that was too heavy is halved, or goes
  /// back to a width that is known to work. The width that failed is tried again after the next good call, since it may
  /// have been GitHub's bad moment; where it fails again, the search goes half of the way back at a time, and that width
  /// is tried ever more seldom. Where it works, the width doubles.
  struct Width: Hashable, Sendable {
    private(set) var current: Int
    let ceiling: Int
    /// The smallest width that failed lately.
    private var barrier: Int?
    /// Whether the barrier is being tried again.
    private var isProbing = false
    /// The largest width that worked lately.
    private var proven = 0
    /// Good calls since the last one that failed.
    private var good = 0
    /// Good calls before the barrier is tried again.
    private var patience = 1
    /// The width before the trouble began.
    private var untroubled: Int

    private static let longestPatience = 64

    init(ceiling: Int, remembered: Int? = nil) {
      self.ceiling = ceiling
      current = max(1, min(ceiling, remembered ?? ceiling))
      untroubled = current
      guard current < ceiling else { return }
      barrier = current + 1
      patience = 8
    }

    /// The width that works, as far as is known, while another one may be on trial.
    var settled: Int { proven > 0 ? min(current, proven) : current }

    /// Whether the width is more than is known to work.
    var isOnTrial: Bool { proven > 0 && current > proven }

    mutating func narrow(asked: Int) {
      if barrier == nil { untroubled = current }
      if isProbing {
        patience = min(Self.longestPatience, patience * 4)
      } else {
        barrier = asked
      }
      isProbing = false
      if proven >= asked { proven = 0 }
      current = max(1, proven >= asked / 2 ? proven : min(current, asked / 2))
      good = 0
    }

    /// Nothing failed: what is wider is merely not wanted.
    mutating func limit(to width: Double) {
      proven = max(proven, current)
      current = max(1, min(current, Int(min(width, Double(ceiling)))))
    }

    /// - Parameter limit: what it widens to at most.
    mutating func widen(asked: Int, atMost limit: Double) {
      let before = current
      widen(asked: asked)
      if current > before { current = max(before, Int(min(limit, Double(current)))) }
    }

    /// A call that asks for less than a full one may is full all the same where there are as many lists as a point buys.
    mutating func widen(asked: Int) {
      guard asked >= min(current, ItemsQuery.requestsPerPoint) else { return }
      proven = max(proven, current)
      good += 1
      guard let barrier, !isProbing else { return recover() }
      let gap = (barrier - current) / 2
      if good >= patience {
        isProbing = true
        current = min(ceiling, max(barrier, current + 1))
      } else if gap > current / 8 {
        current += gap
      }
    }

    /// Beyond the barrier, or without one.
    private mutating func recover() {
      barrier = nil
      isProbing = false
      patience = 1
      current = min(ceiling, 2 * current)
    }

    /// Goes back to the width before the trouble, for which something else was to blame.
    mutating func restore() {
      current = max(current, untroubled)
      // What worked meanwhile worked for being less, and is not what a later run should begin with.
      proven = 0
      barrier = nil
      isProbing = false
      patience = 1
    }
  }
}
