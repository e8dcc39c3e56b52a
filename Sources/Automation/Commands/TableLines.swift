/// Tells which lines GitHub reads as tables. Tables are GitHub's extension, which cmark's core does not read.
/// Source: https://github.github.com/gfm/#tables-extension-
struct TableLines {
  enum Place { case text, delimiter, row }

  private var inTable = false
  /// The line above; nil at the beginning of a paragraph.
  private var above: ArraySlice<UInt8>?

  /// Takes the next line into account.
  mutating func read(_ line: ArraySlice<UInt8>, isBlank: Bool) -> Place {
    guard !isBlank, !(inTable && Self.beginsBlock(line)) else {
      inTable = false
      above = nil
      return .text
    }
    if inTable { return .row }
    defer { above = line }
    // The head has as many cells as the row of dashes.
    guard let above, Self.isDelimiter(line), Self.cells(in: above) == Self.cells(in: line) else { return .text }
    inTable = true
    return .delimiter
  }

  /// The row of dashes under a table's head: in each cell dashes, with a colon at either end. A single column's without
  /// a colon or a pipe underlines a heading instead.
  private static func isDelimiter(_ line: ArraySlice<UInt8>) -> Bool {
    enum Part { case start, colon, dashes, end }
    var part = Part.start
    var hasMark = false
    var hasDash = false
    for byte in line {
      switch (byte, part) {
      case (0x20, .dashes), (0x09, .dashes): part = .end
      case (0x20, _), (0x09, _): if part == .colon { return false }
      case (UInt8(ascii: "-"), .end): return false
      case (UInt8(ascii: "-"), _):
        part = .dashes
        hasDash = true
      case (UInt8(ascii: ":"), .start):
        part = .colon
        hasMark = true
      case (UInt8(ascii: ":"), .dashes):
        part = .end
        hasMark = true
      case (UInt8(ascii: "|"), .colon): return false
      case (UInt8(ascii: "|"), _):
        part = .start
        hasMark = true
      default: return false
      }
    }
    return hasMark && hasDash && part != .colon
  }

  /// Cells stand between pipes that no backslash escapes; those at the ends of the line enclose it.
  private static func cells(in line: ArraySlice<UInt8>) -> Int {
    let blank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    var line = line.drop(while: blank)
    while let last = line.last, blank(last) { line.removeLast() }
    var pipes = 0
    var endsWithPipe = false
    var previous: UInt8 = 0
    for byte in line {
      endsWithPipe = byte == UInt8(ascii: "|") && previous != UInt8(ascii: "\\")
      if endsWithPipe { pipes += 1 }
      previous = byte
    }
    if line.first == UInt8(ascii: "|") { pipes -= 1 }
    if endsWithPipe, line.count > 1 { pipes -= 1 }
    return pipes + 1
  }

  /// Whether the line ends a table: with a fence, a quotation, a heading or a list's item.
  private static func beginsBlock(_ line: ArraySlice<UInt8>) -> Bool {
    let text = line.drop { $0 == 0x20 }
    guard text.startIndex - line.startIndex <= 3, let first = text.first else { return false }
    let second = text.dropFirst().first ?? 0x20
    switch first {
    case UInt8(ascii: ">"): return true
    case UInt8(ascii: "`"), UInt8(ascii: "~"):
      return text.prefix(3).count == 3 && text.prefix(3).allSatisfy { $0 == first }
    case UInt8(ascii: "#"):
      let rest = text.drop { $0 == UInt8(ascii: "#") }
      return text.count - rest.count <= 6 && (rest.isEmpty || rest.first == 0x20 || rest.first == 0x09)
    case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "*"): return second == 0x20 || second == 0x09
    default: return false
    }
  }
}
