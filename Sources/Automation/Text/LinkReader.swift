public import Domain

/// Finds what a text links to, as GitHub would link it: `#12`, `GH-12`, `octo/hello#12`, addresses of issues, pull requests
/// and commits, `octo/hello@` and a commit's 40 digits, and those alone. Not in code, HTML and what Markdown hides.
///
/// Sources: https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
/// and https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
public struct LinkReader: Sendable {
  /// More of one text are not read.
  public static let maximumLinks = 100

  private let place: ItemReference
  /// `https://github.com/`, in lower case.
  private let address: String

  /// - Parameter place: the item that the text stands in; it does not link to itself.
  public init(place: ItemReference, serverURL: String = "https://github.com") {
    self.place = place
    address = serverURL.lowercased() + "/"
  }

  /// The links in the order of their first appearance, each target once: a text that says of an item that it closes it, and
  /// mentions it elsewhere, closes it.
  ///
  /// - Parameter closes: whether GitHub heeds closing words in the text, as it does in a pull request's own; elsewhere they
  ///   mention.
  public func links(in text: String, closes: Bool = false) -> [SaidLink] {
    let bytes = Array(text.utf8)
    guard bytes.count <= CommandScan.maximumSize, Self.mayHoldLinks(bytes), !ParsingBounds.exceeded(by: bytes) else {
      return []
    }
    var links: [SaidLink] = []
    var known: [String: Int] = [:]
    for block in CommonMark.prose(in: bytes) {
      var words = Words(block)
      while let word = words.next() {
        guard let (repository, target) = reference(word.text) else { continue }
        let kind: SaidLink.Kind =
          word.isDuplicate ? .duplicateOf : closes && word.isClosed && target.isItem ? .closes : .mentions
        let key = "\(repository.description.lowercased()) \(target)"
        if let index = known[key] {
          if kind.rank > links[index].kind.rank { links[index].kind = kind }
        } else if links.count < Self.maximumLinks {
          known[key] = links.count
          links.append(SaidLink(kind, to: target, in: repository))
        }
      }
    }
    return links
  }

  /// Says so of more texts than hold links, and of none that has one too few. Most texts need no parser.
  private static func mayHoldLinks(_ bytes: [UInt8]) -> Bool {
    var digits = 0
    for (index, byte) in bytes.enumerated() {
      digits = byte.isHexadecimal ? digits + 1 : 0
      if byte == UInt8(ascii: "#") || digits == 40 { return true }
      let next = index + 1 < bytes.count ? bytes[index + 1] : 0
      if byte == UInt8(ascii: "/"), next == byte { return true }
      if byte | 0x20 == UInt8(ascii: "h"), next == UInt8(ascii: "-") { return true }
    }
    return false
  }

  // MARK: One word

  private func reference(_ word: Substring.UTF8View) -> (RepositoryName, SaidLink.Target)? {
    let word = Substring(word)
    if word.hasPrefix("#") { return item(place.repository, word.dropFirst()) }
    if word.lowercased().hasPrefix("gh-") { return item(place.repository, word.dropFirst(3)) }
    if word.lowercased().hasPrefix(address) { return linked(word.dropFirst(address.count)) }
    if let hash = word.firstIndex(of: "#"), let repository = RepositoryName(word[..<hash]) {
      return item(repository, word[hash...].dropFirst())
    }
    if let at = word.firstIndex(of: "@"), let repository = RepositoryName(word[..<at]) {
      return commit(repository, word[at...].dropFirst())
    }
    return commit(place.repository, word)
  }

  /// `octo/hello/issues/12#issuecomment-5`
  private func linked(_ path: Substring) -> (RepositoryName, SaidLink.Target)? {
    let parts = path.split(separator: "/", maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count >= 4, let repository = RepositoryName("\(parts[0])/\(parts[1])") else { return nil }
    switch parts[2] {
    case "issues", "pull": return item(repository, parts[3])
    case "commit": return commit(repository, parts[3].prefix { $0 != "#" && $0 != "?" })
    default: return nil
    }
  }

  /// The digits that `text` begins with, unless a word goes on behind them.
  private func item(_ repository: RepositoryName, _ text: Substring) -> (RepositoryName, SaidLink.Target)? {
    let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
    guard (1...9).contains(digits.count), let number = Int(Substring(digits)), number > 0 else { return nil }
    if let next = text.utf8.dropFirst(digits.count).first, next.isWord { return nil }
    if number == place.number, repository.description.lowercased() == place.repository.description.lowercased() {
      return nil
    }
    return (repository, .item(number))
  }

  private func commit(_ repository: RepositoryName, _ text: Substring) -> (RepositoryName, SaidLink.Target)? {
    guard text.utf8.count == 40, text.utf8.allSatisfy(\.isHexadecimal) else { return nil }
    return (repository, .commit(text.lowercased()))
  }
}

/// A block's words, each with what the words before it make of a reference.
private struct Words {
  struct Word {
    var text: Substring.UTF8View
    /// Whether a closing word stands before it.
    var isClosed: Bool
    /// Whether `duplicate of` does.
    var isDuplicate: Bool
  }

  private static let closing: Set = [
    "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
  ]

  private var rest: Substring.UTF8View
  /// The two words before, in lower case, where nothing but white space and a colon stands between.
  private var previous = ""
  private var beforePrevious = ""

  init(_ block: String) { rest = block[...].utf8 }

  mutating func next() -> Word? {
    while let first = rest.first, !Self.isPart(first) {
      if !Self.joins(first) { previous = "" }
      rest = rest.dropFirst()
    }
    guard !rest.isEmpty else { return nil }
    var end = rest.startIndex
    while end < rest.endIndex, Self.isPart(rest[end]) || Self.isScheme(rest[end...]) { end = rest.index(after: end) }
    var text = rest[..<end]
    rest = rest[end...]
    while let last = text.last, Self.ends(last) { text = text.dropLast() }
    let word = Word(
      text: text, isClosed: Self.closing.contains(previous),
      isDuplicate: previous == "of" && beforePrevious == "duplicate")
    beforePrevious = previous
    previous = text.count <= 9 ? Substring(text).lowercased() : "-"
    return word
  }

  /// What a word is made of: names, numbers, and what joins them to references and addresses.
  private static func isPart(_ byte: UInt8) -> Bool { byte.isWord || "-./#@?=&%+".utf8.contains(byte) }
  private static func isScheme(_ text: Substring.UTF8View) -> Bool { text.starts(with: "://".utf8) }
  private static func joins(_ byte: UInt8) -> Bool { " \t\n:".utf8.contains(byte) }
  private static func ends(_ byte: UInt8) -> Bool { ".?&=-+".utf8.contains(byte) }
}

extension UInt8 {
  fileprivate var isHexadecimal: Bool { (0x30...0x39).contains(self) || (0x61...0x66).contains(self | 0x20) }
  fileprivate var isWord: Bool {
    (0x30...0x39).contains(self) || (0x61...0x7A).contains(self | 0x20) || self == UInt8(ascii: "_")
  }
}

extension SaidLink.Kind {
  fileprivate var rank: Int {
    switch self {
    case .mentions: 0
    case .duplicateOf: 1
    case .closes: 2
    }
  }
}

extension SaidLink.Target {
  fileprivate var isItem: Bool { if case .item = self { true } else { false } }
}
