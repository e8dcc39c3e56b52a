import Patterns
import Testing

@Suite("Literal patterns against a plain search")
struct LiteralPatternTests {
  /// Whether `needle` stands in `text`, letter by letter, without regard to the case of ASCII.
  private func contains(_ text: [Unicode.Scalar], _ needle: [Unicode.Scalar]) -> Bool {
    func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
      scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
    }
    return needle.isEmpty
      || text.indices.contains { start in
        text.count - start >= needle.count
          && needle.indices.allSatisfy { folded(text[start + $0]) == folded(needle[$0]) }
      }
  }

  @Test("escaped text is found exactly where it stands", arguments: 1...8 as ClosedRange<UInt64>)
  func literals(seed: UInt64) throws {
    var random = Random(state: seed &* 0x9E37_79B9_7F4A_7C15)
    // Few letters, so that much is found; with what means something in a pattern, and letters of one to four bytes.
    let alphabet = Array("aAbB.*+?[](){}|^$\\#- \n\téÉ漢😀".unicodeScalars)
    func text(_ most: Int) -> [Unicode.Scalar] {
      (0..<random.below(most)).map { _ in alphabet[random.below(alphabet.count)] }
    }
    for round in 0..<500 {
      let needle = text(4)
      let haystack = text(60)
      var source = ""
      for scalar in needle {
        if scalar.isASCII, !scalar.properties.isAlphabetic, scalar.value > 0x20 { source += "\\" }
        source.unicodeScalars.append(scalar)
      }
      var string = ""
      string.unicodeScalars.append(contentsOf: haystack)
      let outcome = try Pattern(source).search(string)
      #expect(
        outcome == (contains(haystack, needle) ? .found : .absent),
        "seed \(seed), round \(round): \(source.debugDescription) in \(string.debugDescription)")
    }
  }
}

private struct Random {
  var state: UInt64
  mutating func below(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }
}
