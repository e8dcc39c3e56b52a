import Domain

/// Cuts numbers into chunks.
///
/// A chunk is what one lease covers, so it should be large enough that claiming it costs little beside walking it and
/// that its calls are full, and small enough that several jobs have something to do: 1,000 numbers are some 30 calls.
/// A matrix has at most 256 jobs and a person reads the list, so there are never more than 256 chunks.
/// Source of the 256: https://docs.github.com/en/actions/reference/limits
struct ChunkCut {
  static let maximumChunks = 256
  /// The chunks that lists of the whole repository may take: its review comments, and its comments.
  static let flatChunks = 2
  /// The chunk of what was gone and is back.
  private static let returnedChunks = 1
  static let defaultSize = 1_000

  /// Numbers in a chunk.
  let size: Int
  /// Whether the size that was asked for would have made too many.
  let wasRaised: Bool

  /// The cut of `count` numbers for the size that was asked for, if one was.
  init(count: Int, asked: Int?) {
    let most = Self.maximumChunks - Self.flatChunks - Self.returnedChunks
    let smallest = max(1, (count + most - 1) / most)
    let wanted = asked ?? Self.defaultSize
    size = max(wanted, smallest)
    wasRaised = asked.map { $0 < smallest } ?? false
  }

  func ranges(upTo newest: Int) -> [ChunkScope] {
    stride(from: 1, through: newest, by: size).map { .range(first: $0, last: min(newest, $0 + size - 1)) }
  }

  func lists(of numbers: [Int], reviewComments: Bool) -> [ChunkScope] {
    stride(from: 0, to: numbers.count, by: size).map {
      .numbers(Array(numbers[$0..<min(numbers.count, $0 + size)]), reviewComments: reviewComments)
    }
  }
}
