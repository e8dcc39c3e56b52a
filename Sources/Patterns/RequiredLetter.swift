internal import CPCRE2

/// A letter that every match of a pattern holds, in either case.
///
/// PCRE2 looks for both cases ahead of each place where a match may begin, and keeps the nearer one only: where one case
/// is frequent and the other rare, it reads the text once for each occurrence (50 ms for 32,768 letters before as many
/// emoji, and no callout sees it). Where a text would cost that, it is searched without this preparation.
struct RequiredLetter: Sendable {
  /// Bytes that are read for this reason in less than a millisecond.
  private static let affordable = 64 << 20

  private let lower: UInt8

  /// Of a compiled pattern; nil where it has none.
  init?(of code: OpaquePointer) {
    var kind: UInt32 = 0
    var unit: UInt32 = 0
    guard unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_LASTCODETYPE), &kind) == 0, kind == 1,
      unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_LASTCODEUNIT), &unit) == 0,
      let letter = UInt8(exactly: unit | 0x20), (0x61...0x7A).contains(letter)
    else { return nil }
    lower = letter
  }

  /// Whether looking for it in this text would cost more than searching without.
  func isExpensive(in text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var total = 0
      // The next occurrence of each case, going backwards.
      var next = (lower: bytes.count, upper: bytes.count)
      for index in stride(from: bytes.count - 1, through: 0, by: -1) {
        let byte = unsafe bytes[index]
        if byte == lower {
          total += next.upper - index
          next.lower = index
        } else if byte == lower & ~0x20 {
          total += next.lower - index
          next.upper = index
        }
        if total > Self.affordable { return true }
      }
      return false
    }
  }
}
