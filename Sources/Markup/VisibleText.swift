/// What every sink does to untrusted text first: nothing that a reader cannot see stays hidden.
///
/// Control characters (ANSI escapes among them), bidirectional overrides and the characters that Unicode calls
/// ignorable are written as `<U+202E>`. Whoever compares text by culture skips ignorable characters, so they can hide
/// a command from a filter that looks at bytes; and overrides show a reader another text than the one that is there.
enum VisibleText {
  enum LineBreaks {
    /// Every line break becomes one space.
    case space
    /// Every line break becomes `↵`.
    case mark
    /// Every line break becomes LF.
    case keep
  }

  /// `text` with every invisible character made visible, and tabs as spaces.
  static func make(_ text: some StringProtocol, lineBreaks: LineBreaks) -> String {
    var out = ""
    out.reserveCapacity(text.utf8.count)
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      defer { previous = scalar }
      if scalar.value >= 0x20, scalar.value < 0x7F {
        out.unicodeScalars.append(scalar)
      } else if scalar == "\t" {
        out.append(" ")
      } else if isLineBreak(scalar) {
        if scalar == "\n", previous == "\r" { continue }
        switch lineBreaks {
        case .space: out.append(" ")
        case .mark: out.append("↵")
        case .keep: out.append("\n")
        }
      } else if isInvisible(scalar), !joins(scalar, after: previous) {
        out.append(escape(scalar))
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// LF, VT, FF, CR, NEL, LS and PS: the mandatory breaks of Unicode Annex 14.
  static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A...0x0D, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  /// Whether the scalar leaves no mark of its own: controls, format characters, default-ignorable ones, and those that
  /// have no meaning at all.
  static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7F { return scalar.value < 0x20 }
    let properties = scalar.properties
    if properties.isDefaultIgnorableCodePoint { return true }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return true
    default: return false
    }
  }

  /// Joiners and variation selectors belong to the emoji or the letter before them (`❤️`, `👩‍🚀`, Persian, Hindi). After
  /// ASCII, where they could only hide something, they do not.
  private static func joins(_ scalar: Unicode.Scalar, after previous: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x200C, 0x200D, 0xFE0E, 0xFE0F: break
    default: return false
    }
    guard previous.value > 0x7F else { return false }
    if previous.value == 0xFE0F { return scalar.value == 0x200D }
    return previous.properties.isAlphabetic || previous.properties.isEmoji || previous.properties.isEmojiModifier
      || previous.properties.generalCategory == .nonspacingMark && !isInvisible(previous)
  }

  static func escape(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "<U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + ">"
  }
}
