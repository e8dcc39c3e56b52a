/// Keeps away from the parser what older releases of cmark-gfm take quadratic time for (CVE-2023-22483, CVE-2023-24824):
/// containers nested thousands deep, and inline HTML that is opened thousands of times.
struct ParsingBounds {
  /// Block quotes and list items that one line may open.
  static let maximumDepth = 50
  /// Declarations, instructions, CDATA sections and comments (`<!`, `<?`).
  static let maximumDeclarations = 100

  private(set) var areExceeded = false
  private var declarations = 0

  /// Takes the next line into account.
  mutating func read(_ line: ArraySlice<UInt8>) {
    if Self.containers(in: line) > Self.maximumDepth { areExceeded = true }
    var previous: UInt8 = 0
    for byte in line {
      if previous == UInt8(ascii: "<"), byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?") { declarations += 1 }
      previous = byte
    }
    if declarations > Self.maximumDeclarations { areExceeded = true }
  }

  /// Whether a whole text is more than the parser should be given.
  static func exceeded(by bytes: [UInt8]) -> Bool {
    var bounds = ParsingBounds()
    for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) { bounds.read(line) }
    return bounds.areExceeded
  }

  /// How many container marks begin the line, as far as it matters.
  private static func containers(in line: ArraySlice<UInt8>) -> Int {
    var count = 0
    var at = line.startIndex
    func isEndOfMark(_ index: Int) -> Bool { index >= line.endIndex || line[index] == 0x20 || line[index] == 0x09 }
    while at < line.endIndex, count <= maximumDepth {
      switch line[at] {
      case 0x20, 0x09:
        at += 1
      case UInt8(ascii: ">"):
        count += 1
        at += 1
      case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "*"):
        guard isEndOfMark(at + 1) else { return count }
        count += 1
        at += 1
      case 0x30...0x39:
        var end = at
        while end < line.endIndex, end - at < 10, (0x30...0x39).contains(line[end]) { end += 1 }
        guard end < line.endIndex, line[end] == UInt8(ascii: ".") || line[end] == UInt8(ascii: ")"),
          isEndOfMark(end + 1)
        else { return count }
        count += 1
        at = end + 1
      default:
        return count
      }
    }
    return count
  }
}
