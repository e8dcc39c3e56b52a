import Domain

/// Finds the lines of a comment that are commands.
///
/// A line qualifies where its first visible character is a slash that a command's name follows, and where CommonMark
/// takes it for ordinary paragraph text. To learn the latter without trusting positions that parsers get wrong, each
/// candidate's name is replaced by a word that stands nowhere else, and the parsed tree is searched for those words:
/// names and words are both letters and digits, so the tree is otherwise the same.
struct CommandScan {
  struct Candidate {
    /// From 1.
    var line: Int
    /// As typed, in lower case.
    var name: String
    var arguments: String
  }

  /// The most candidates that are looked at.
  static let maximumCandidates = 200
  /// The most unknown words that are compared with the commands' names.
  static let maximumUnknown = 100
  /// Four bytes for each of the 65,536 characters that GitHub allows.
  static let maximumSize = 262_144

  private(set) var candidates: [Candidate] = []
  /// The comment with its candidates' names replaced, up to the end of the last one's paragraph.
  private var marked: [UInt8] = []
  private let nonce: String
  private let names: [String]
  /// Whether the parser could take long; then nothing is parsed.
  private(set) var isIntricate = false

  /// The commands of `body` in the order of their lines; with `isIntricate`, the candidates.
  ///
  /// - Parameter names: in lower case, the names that commands have; what is near to one of them is a candidate too.
  static func scan(_ body: String, names: [String]) -> (commands: [Candidate], isIntricate: Bool) {
    let bytes = Array(body.utf8)
    guard bytes.count <= maximumSize else { return ([], false) }
    var scan = CommandScan(bytes, names)
    scan.findCandidates(in: bytes)
    guard !scan.candidates.isEmpty else { return ([], false) }
    if scan.isIntricate { return (scan.candidates, true) }
    let found = CommonMark.textsStartingWithSlash(in: scan.marked).compactMap(scan.candidate)
    return (found, false)
  }

  /// Whether any line begins as commands do; says so of more texts than have commands, and of none that has one too few.
  static func mayHoldCommands(_ body: String) -> Bool {
    let bytes = Array(body.utf8)
    guard bytes.count <= maximumSize else { return false }
    return bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).contains { name(in: $0) != nil }
  }

  private init(_ bytes: [UInt8], _ names: [String]) {
    self.names = names
    nonce = "c" + String(UInt64.random(in: .min ... .max), radix: 36)
    marked.reserveCapacity(bytes.count + 1024)
  }

  /// The candidate whose mark begins `text`.
  private func candidate(_ text: String) -> Candidate? {
    let mark = "/" + nonce + "x"
    guard text.hasPrefix(mark) else { return nil }
    let digits = text.dropFirst(mark.count).prefix { $0.isASCII && $0.isNumber }
    guard let index = Int(digits), candidates.indices.contains(index) else { return nil }
    return candidates[index]
  }

  // MARK: Lines

  private mutating func findCandidates(in bytes: [UInt8]) {
    var line = 1
    var at = 0
    var unknown = 0
    /// Whether a table's second row stood above in this paragraph: the lines below are rows.
    var inTable = false
    var followsBlank = false
    var bounds = ParsingBounds()
    /// The end of the last candidate's paragraph, once it was met, and what was read by then: what follows matters to
    /// no candidate.
    var end: (count: Int, bounds: ParsingBounds)?
    while at < bytes.count {
      var lineEnd = at
      while lineEnd < bytes.count, bytes[lineEnd] != 0x0A, bytes[lineEnd] != 0x0D { lineEnd += 1 }
      var next = min(lineEnd + 1, bytes.count)
      if next < bytes.count, bytes[lineEnd] == 0x0D, bytes[next] == 0x0A { next += 1 }
      let text = bytes[at..<lineEnd]
      let isBlank = text.allSatisfy { $0 == 0x20 || $0 == 0x09 }
      // One blank line ends what many end, and cmark asks each open list item about each of them.
      let isRepeated = isBlank && followsBlank
      followsBlank = isBlank

      if isBlank {
        inTable = false
        if end == nil { end = (marked.count, bounds) }
      } else if Self.isTableDelimiter(text) {
        inTable = true
      }
      if !inTable, candidates.count < Self.maximumCandidates, let name = Self.name(in: text),
        let word = String(validating: bytes[name], as: UTF8.self)?.lowercased(), isNear(word, &unknown)
      {
        let mark = nonce + "x" + String(candidates.count) + "x"
        marked.append(contentsOf: bytes[at..<name.lowerBound])
        marked.append(contentsOf: mark.utf8)
        marked.append(contentsOf: bytes[name.upperBound..<next])
        let arguments = String(decoding: bytes[name.upperBound..<lineEnd], as: UTF8.self)
        candidates.append(Candidate(line: line, name: word, arguments: Self.withoutComment(arguments)))
        end = nil
      } else if !isRepeated {
        marked.append(contentsOf: bytes[at..<next])
      }
      bounds.read(text)
      at = next
      line += 1
    }
    if let end { marked.removeLast(marked.count - end.count) }
    isIntricate = (end?.bounds ?? bounds).areExceeded
  }

  private func isNear(_ word: String, _ unknown: inout Int) -> Bool {
    if names.contains(word) { return true }
    guard unknown < Self.maximumUnknown else { return false }
    unknown += 1
    return nearest(to: word, among: names) != nil
  }

  /// Where the name stands in a line that starts with a slash, a letter, and letters, digits, `-` or `_` up to white
  /// space: `/usr/bin` is a path.
  private static func name(in line: ArraySlice<UInt8>) -> Range<Int>? {
    guard let slash = line.firstIndex(where: { $0 != 0x20 && $0 != 0x09 }), line[slash] == UInt8(ascii: "/") else {
      return nil
    }
    let start = slash + 1
    var end = start
    while end < line.endIndex, isNameByte(line[end], first: end == start) { end += 1 }
    guard end > start, end == line.endIndex || line[end] == 0x20 || line[end] == 0x09 else { return nil }
    return start..<end
  }

  private static func isNameByte(_ byte: UInt8, first: Bool) -> Bool {
    switch byte {
    case 0x41...0x5A, 0x61...0x7A: true
    case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "_"): !first
    default: false
    }
  }

  /// The row of dashes under a table's head. Tables are GitHub's extension, which cmark's core does not read.
  private static func isTableDelimiter(_ line: ArraySlice<UInt8>) -> Bool {
    line.contains(UInt8(ascii: "|")) && line.contains(UInt8(ascii: "-"))
      && line.allSatisfy { [0x20, 0x09, UInt8(ascii: "|"), UInt8(ascii: "-"), UInt8(ascii: ":")].contains($0) }
  }

  private static func withoutComment(_ arguments: String) -> String {
    var rest = arguments[...]
    while let open = rest.firstIndex(of: "<") {
      if rest[open...].hasPrefix("<!--") { return String(arguments[..<open]) }
      rest = rest[rest.index(after: open)...]
    }
    return arguments
  }
}
