/// How much one call asks for: less after GitHub found a call too heavy, slowly more while it answers.
///
/// GitHub charges extra points for a call that it had to cut off after 10 s, so halving at once and widening one step
/// in four pages is cheaper than trying the full width again and again.
struct Pace: Hashable, Sendable {
  private(set) var numbers: Width
  private(set) var lists: Width

  init(countingThreads: Bool) {
    numbers = Width(NumbersQuery.defaultWidth(countingThreads: countingThreads))
    lists = Width(ListsQuery.defaultWidth)
  }

  mutating func numbersWereTooHeavy(asked: Int) { numbers.narrow(asked: asked) }
  mutating func numbersWereFine() { numbers.widen() }
  mutating func listsWereTooHeavy(asked: Int) { lists.narrow(asked: asked) }
  mutating func listsWereFine() { lists.widen() }

  struct Width: Hashable, Sendable {
    private(set) var current: Int
    let ceiling: Int
    private var good = 0

    init(_ ceiling: Int) {
      current = ceiling
      self.ceiling = ceiling
    }

    mutating func narrow(asked: Int) {
      current = max(1, min(current, asked) / 2)
      good = 0
    }

    mutating func widen() {
      guard current < ceiling else { return }
      good += 1
      guard good == 4 else { return }
      good = 0
      current = min(ceiling, current + max(1, current / 4))
    }
  }
}
