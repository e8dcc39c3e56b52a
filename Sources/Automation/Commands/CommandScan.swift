import Domain

/// Finds the lines of a text that are commands.
///
/// A line qualifies where its first visible character is a slash that a command's name follows, and where CommonMark
/// takes it for ordinary paragraph text. To learn the latter without trusting positions that parsers get wrong, each
/// candidate's name is replaced by a word that stands nowhere else, and the parsed tree is searched for those words:
/// names and words are both letters and digits, so the tree is otherwise the same, references by a link's text aside
/// (see ``withoutLinkTexts(_:)``).
struct CommandScan {
  struct Candidate {
    /// From 1.
    var line: Int
    /// As typed, in lower case.
    var name: String
    var arguments: String
    /// Where its mark stands in the marked text, and what it replaced.
    fileprivate var mark: Range<Int>
    fileprivate var spelled: [UInt8]
    /// Whether GitHub reads the line as a table's head.
    fileprivate var headsTable = false
  }

  /// The most candidates that are looked at.
  static let maximumCandidates = 200
  /// The most commands of a text in which some stand in links' texts.
  static let maximumDoubtful = 8
  /// The most unknown words that are compared with the commands' names.
  static let maximumUnknown = 100
  /// Four bytes for each of the 65,536 characters that GitHub allows.
  static let maximumSize = 262_144

  private(set) var candidates: [Candidate] = []
  /// The text with its candidates' names replaced, up to the end of the last one's paragraph.
  private var marked: [UInt8] = []
  private let nonce: String
  private let names: [String]
  /// Whether the parser could take long; then nothing is parsed.
  private(set) var isIntricate = false

  /// The commands of `body` in the order of their lines; with `isIntricate`, the candidates.
  ///
  /// - Parameter names: in lower case, the names that commands have; what is near to one of them is a candidate too.
  static func scan(_ body: String, names: [String]) -> (commands: [Candidate], isIntricate: Bool) {
    let bytes = bytes(of: body)
    guard bytes.count <= maximumSize else { return ([], false) }
    var scan = CommandScan(bytes, names)
    scan.findCandidates(in: bytes)
    guard !scan.candidates.isEmpty else { return ([], false) }
    if scan.isIntricate { return (scan.candidates, true) }
    let found = CommonMark.textsStartingWithSlash(in: scan.marked).compactMap(scan.candidate)
    return (scan.withoutLinkTexts(found).map { scan.candidates[$0] }, false)
  }

  /// Whether any line begins as commands do; says so of more texts than have commands, and of none that has one too
  /// few.
  static func mayHoldCommands(_ body: String) -> Bool {
    let bytes = bytes(of: body)
    guard bytes.count <= maximumSize else { return false }
    return bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).contains { name(in: $0) != nil }
  }

  /// The parser drops a byte order mark too.
  private static func bytes(of body: String) -> [UInt8] {
    let bytes = Array(body.utf8)
    return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
  }

  private init(_ bytes: [UInt8], _ names: [String]) {
    self.names = names
    nonce = "c" + String(UInt64.random(in: .min ... .max), radix: 36)
    marked.reserveCapacity(bytes.count + 1024)
  }

  /// The candidate whose mark begins `text`.
  private func candidate(_ text: String) -> Int? {
    let mark = "/" + nonce + "x"
    guard text.hasPrefix(mark) else { return nil }
    let digits = text.dropFirst(mark.count).prefix { $0.isASCII && $0.isNumber }
    guard let index = Int(digits), candidates.indices.contains(index) else { return nil }
    return candidates[index].headsTable ? nil : index
  }

  // MARK: References by a link's text

  /// Leaves out what stands in the text of a link whose definition repeats that text: `[see⏎/close]` with
  /// `[see /close]: …` elsewhere. The mark keeps the two from meeting, so the parser is asked again without it.
  private func withoutLinkTexts(_ found: [Int]) -> [Int] {
    guard !found.isEmpty, Self.mayDefine(marked) else { return found }
    let others = ordinaryTexts(unmarking: [])
    func areOrdinary(_ all: [Int]) -> Bool { ordinaryTexts(unmarking: all) - others == all.count }
    if areOrdinary(found) { return found }
    // Each costs a parse. Nobody who writes to be read repeats commands in definitions: the rest is left.
    let found = Array(found.prefix(Self.maximumDoubtful))
    let left = found.filter { ordinaryTexts(unmarking: [$0]) > others }
    // Two in one link's text: which of them cannot be told, so neither is read.
    return areOrdinary(left) ? left : []
  }

  /// How many ordinary texts start with a slash and no mark, where these candidates have their names back.
  private func ordinaryTexts(unmarking unmarked: [Int]) -> Int {
    var text = marked
    for index in unmarked.sorted(by: >) where candidates[index].mark.upperBound <= text.count {
      text.replaceSubrange(candidates[index].mark, with: candidates[index].spelled)
    }
    return CommonMark.textsStartingWithSlash(in: text).count { candidate($0) == nil }
  }

  private static func mayDefine(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while let close = rest.firstIndex(of: UInt8(ascii: "]")) {
      rest = rest[(close + 1)...]
      if rest.first == UInt8(ascii: ":") { return true }
    }
    return false
  }

  // MARK: Lines

  private mutating func findCandidates(in bytes: [UInt8]) {
    var line = 1
    var at = 0
    var unknown = 0
    var tables = TableLines()
    var followsBlank = false
    var bounds = ParsingBounds()
    /// The end of the last candidate's paragraph, once it was met, and what was read by then: what follows matters to
    /// no candidate, unless it defines links.
    var end: (count: Int, bounds: ParsingBounds)?
    let definesLinks = Self.mayDefine(bytes)
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

      let place = tables.read(text, isBlank: isBlank)
      if isBlank, end == nil, !definesLinks { end = (marked.count, bounds) }
      if place == .delimiter, let last = candidates.indices.last, candidates[last].line == line - 1 {
        candidates[last].headsTable = true
      }
      if place != .row, candidates.count < Self.maximumCandidates, let name = Self.name(in: text),
        let word = String(validating: bytes[name], as: UTF8.self)?.lowercased(), isNear(word, &unknown)
      {
        marked.append(contentsOf: bytes[at..<name.lowerBound])
        let start = marked.count
        marked.append(contentsOf: (nonce + "x" + String(candidates.count) + "x").utf8)
        let mark = start..<marked.count
        marked.append(contentsOf: bytes[name.upperBound..<next])
        let arguments = String(decoding: bytes[name.upperBound..<lineEnd], as: UTF8.self)
        candidates.append(
          Candidate(
            line: line, name: word, arguments: Self.withoutComment(arguments), mark: mark, spelled: Array(bytes[name])))
        end = nil
      } else if !isRepeated {
        NewerHTML.append(bytes[at..<next], to: &marked)
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

  private static func withoutComment(_ arguments: String) -> String {
    var rest = arguments[...]
    while let open = rest.firstIndex(of: "<") {
      if rest[open...].hasPrefix("<!--") { return String(arguments[..<open]) }
      rest = rest[rest.index(after: open)...]
    }
    return arguments
  }
}
