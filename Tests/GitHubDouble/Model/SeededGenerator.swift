/// SplitMix64: the same seed gives the same repository on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 0x1234_5678_9abc_def1 }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A number below `bound`.
  mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: next() >> 33) % max(bound, 1) }

  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }

  /// Mostly small numbers with a long tail: how many comments, reviews or files something has.
  mutating func tail(mean: Int, most: Int) -> Int {
    var count = 0
    while count < most, below(mean + 1) != 0 { count += 1 }
    return count
  }

  mutating func hexadecimal(_ count: Int) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: count) { buffer in
      var left: UInt64 = 0
      for index in 0..<count {
        if index % 16 == 0 { left = next() }
        buffer[index] = digits[Int(left & 15)]
        left >>= 4
      }
      return count
    }
  }
}
