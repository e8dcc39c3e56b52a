import Domain

/// Cuts numbers into chunks.
///
/// A chunk is what one lease covers, so it should be large enough that claiming it costs little beside walking it, and
/// small enough that several jobs have something to do: 500 numbers are 18 pages of 29. A matrix has at most 256 jobs
/// and a person reads the list, so there are never more than 256 chunks, one of which may be the review comments.
/// Source of the 256: https://docs.github.com/en/actions/reference/limits
struct ChunkCut {
  static let maximumChunks = 256
  static let defaultSize = 500

  /// Numbers in a chunk.
  let size: Int
  /// Whether the size that was asked for would have made too many.
  let wasRaised: Bool

  /// The cut of `count` numbers for the size that was asked for, if one was.
  init(count: Int, asked: Int?) {
    let smallest = max(1, (count + Self.maximumChunks - 2) / (Self.maximumChunks - 1))
    let wanted = asked ?? Self.defaultSize
    size = max(wanted, smallest)
    wasRaised = asked.map { $0 < smallest } ?? false
  }

  func ranges(upTo newest: Int) -> [ChunkScope] {
    stride(from: 1, through: newest, by: size).map { .range(first: $0, last: min(newest, $0 + size - 1)) }
  }

  func lists(of numbers: [Int]) -> [ChunkScope] {
    stride(from: 0, to: numbers.count, by: size).map { .numbers(Array(numbers[$0..<min(numbers.count, $0 + size)])) }
  }
}
