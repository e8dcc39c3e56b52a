/// A chunk's numbers without spelling a range out.
enum Numbers: Hashable, Sendable {
  case range(Int, Int)
  case list([Int])

  var count: Int {
    switch self {
    case .range(let first, let last): max(0, last - first + 1)
    case .list(let list): list.count
    }
  }

  /// Up to `length` numbers from the position `start` on.
  func slice(from start: Int, length: Int) -> ArraySlice<Int> {
    let end = min(count, start + length)
    guard start < end else { return [] }
    return switch self {
    case .range(let first, _): ArraySlice((first + start)..<(first + end))
    case .list(let list): list[start..<end]
    }
  }
}
