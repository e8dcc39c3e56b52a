/// How much one call asks for, by the query's name: less after GitHub found a call too heavy, more while it answers.
///
/// It begins where an earlier run ended (`CaptureStore.widths(of:)`), and what it learns is stored with each page.
struct Pace: Hashable, Sendable {
  private(set) var items: Width

  /// - Parameter widths: what earlier runs learned; a query without an entry begins at its full width.
  init(_ widths: [String: Int] = [:]) {
    items = Width(ceiling: ItemsQuery.requestsPerPoint, remembered: widths[ItemsQuery.operation])
  }

  var widths: [String: Int] { [ItemsQuery.operation: items.current] }

  mutating func itemsWereTooHeavy(asked weight: Int) { items.narrow(asked: weight) }
  mutating func itemsWereFine(asked weight: Int) { items.widen(asked: weight) }
  /// What failed did so for itself, not for the size of the calls that it was in.
  mutating func itemsWerePoisoned() { items.restore() }

  /// A search for the width that GitHub answers.
  ///
  /// It charges extra points for a call that it had to cut off after 10 s. So a call that was too heavy is halved, or
  /// goes back to a width that is known to work; from there half of the way back is tried at a time, and the width that
  /// failed not before some good calls, twice as many each time that it fails again.
  struct Width: Hashable, Sendable {
    private(set) var current: Int
    let ceiling: Int
    /// The smallest width that failed lately.
    private var failed: Int?
    /// The largest width that worked since.
    private var proven = 0
    /// Good calls at the present width.
    private var good = 0
    /// Good calls before a width that failed is tried again.
    private var patience = 8
    /// The width before the trouble began.
    private var untroubled: Int

    init(ceiling: Int, remembered: Int? = nil) {
      self.ceiling = ceiling
      current = max(1, min(ceiling, remembered ?? ceiling))
      untroubled = current
      if current < ceiling { failed = current + 1 }
    }

    mutating func narrow(asked: Int) {
      if failed.map({ asked >= $0 }) ?? false { patience = min(64, patience * 2) }
      failed = asked
      if proven >= asked { proven = 0 }
      current = max(1, proven >= asked / 2 ? proven : min(current, asked / 2))
      good = 0
    }

    mutating func widen(asked: Int) {
      guard asked >= current else { return }
      proven = max(proven, asked)
      good += 1
      guard current < ceiling else {
        failed = nil
        patience = 8
        untroubled = ceiling
        return
      }
      let gap = ((failed ?? 2 * current) - current) / 2
      if gap > current / 8 {
        current = min(ceiling, current + gap)
        good = 0
      } else if good >= patience {
        untroubled = current
        failed = nil
        current = min(ceiling, current + max(1, current / 2))
        good = 0
      }
    }

    mutating func restore() {
      current = max(current, untroubled)
      failed = current < ceiling ? current + 1 : nil
      good = 0
    }
  }
}
