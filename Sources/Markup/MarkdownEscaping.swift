extension Markdown {
  /// Untrusted text as Markdown that shows it as it is, on one line.
  ///
  /// Two kinds of characters need two means:
  /// - What Markdown or HTML would take for structure becomes a character reference, which never is structure
  ///   (https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references) and holds in raw HTML blocks too,
  ///   where a backslash would not.
  /// - Mentions, references to issues and commits, bare URLs, e-mail addresses and emoji shortcodes are looked for in
  ///   the *rendered* text (GitHub's html-pipeline filters text nodes outside `pre`, `code` and `a`; cmark-gfm's
  ///   autolink extension works on text nodes too), so references and backslashes do not stop them. A zero-width space
  ///   inside the sequence does: after `@`, `#` and `GH-`, in `://` and `www.`, in the middle of a hash.
  public static func escaped(_ untrusted: some StringProtocol) -> Markdown {
    Markdown(trusted: escapedText(untrusted))
  }

  static func escapedText(_ untrusted: some StringProtocol) -> String {
    let scalars = Array(VisibleText.make(untrusted, lineBreaks: .space).unicodeScalars)
    var out = String.UnicodeScalarView()
    out.reserveCapacity(scalars.count + scalars.count / 4)
    /// Whether only digits and white space stand before: there, punctuation may open a block.
    var atStart = true
    var hash = 0..<0
    for (index, scalar) in scalars.enumerated() {
      if scalar == " " {
        // Four spaces would make a code block, two at the end a line break; HTML shows one anyway.
        if index > 0, scalars[index - 1] == " " { continue }
        out.append(scalar)
        continue
      }
      if index == 0 || !isWord(scalars[index - 1]) { hash = hashWord(from: index, in: scalars) }
      if needsReference(scalar) || (atStart && opensBlock(index, in: scalars))
        || (scalar == "!" && index == scalars.count - 1)
      {
        out.append(contentsOf: "&#\(scalar.value);".unicodeScalars)
      } else {
        out.append(scalar)
      }
      let splitsHash = hash.contains(index + 1) && (index + 1 - hash.lowerBound) % 6 == 0
      if splitsHash || breaksAfter(index, in: scalars) { out.append(contentsOf: breaker.unicodeScalars) }
      if !isDigit(scalar) { atStart = false }
    }
    return String(out)
  }

  /// Untrusted text with its lines kept, as a block quote. Begins and ends a block of its own.
  public static func quote(_ untrusted: some StringProtocol) -> Markdown {
    let lines = VisibleText.make(untrusted, lineBreaks: .keep).split(separator: "\n", omittingEmptySubsequences: false)
    // A backslash at the end of a line keeps the break; an empty line begins a paragraph.
    let quoted = lines.enumerated().map { index, line -> String in
      let text = escapedText(line)
      guard text != "", text != " " else { return ">" }
      let next = index + 1 < lines.count ? lines[index + 1].utf8.allSatisfy { $0 == UInt8(ascii: " ") } : true
      return "> " + text + (next ? "" : "\\")
    }
    return Markdown(trusted: quoted.joined(separator: "\n"))
  }

  private static func needsReference(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "&", "<", ">", "\\", "`", "*", "_", "[", "]", "|", "~", "$", "^": true
    default: false
    }
  }

  /// What opens a heading, list, rule, table, definition or link target where it comes first, or after a literal.
  private static func opensBlock(_ index: Int, in scalars: [Unicode.Scalar]) -> Bool {
    switch scalars[index] {
    case "#", "-", "+", "=", ":", "(", "{": true
    // `1. item`, not `1.5`
    case ".", ")": index + 1 == scalars.count || scalars[index + 1] == " "
    default: false
    }
  }

  private static func breaksAfter(_ index: Int, in scalars: [Unicode.Scalar]) -> Bool {
    let next = index + 1 < scalars.count ? scalars[index + 1] : nil
    switch scalars[index] {
    case "@", "#": return true
    case ":": return next == "/" || beginsShortcode(index, in: scalars)
    case "-": return isReferencePrefix(endingAt: index, in: scalars)
    case "w", "W": return next == "." && wordLength(endingAt: index, in: scalars) >= 3
    default: return false
    }
  }

  /// `GH-1`, and the advisories that GitHub links by their ids.
  private static func isReferencePrefix(endingAt index: Int, in scalars: [Unicode.Scalar]) -> Bool {
    let word = word(endingAt: index, in: scalars)
    return word.hasSuffix("gh") || word.hasSuffix("cve") || word.hasSuffix("ghsa")
  }

  /// The ASCII letters before `index` in lower case; at most four are of interest.
  private static func word(endingAt index: Int, in scalars: [Unicode.Scalar]) -> String {
    var start = index
    while start > 0, index - start < 4, isLetter(scalars[start - 1]) { start -= 1 }
    var word = String.UnicodeScalarView()
    word.append(contentsOf: scalars[start..<index])
    return String(word).lowercased()
  }

  /// How many times `w` stands up to and with `index`.
  private static func wordLength(endingAt index: Int, in scalars: [Unicode.Scalar]) -> Int {
    var length = 0
    while length <= index, length < 4, scalars[index - length] == "w" || scalars[index - length] == "W" { length += 1 }
    return length
  }

  /// `:tada:`, or one whose second colon may follow in what comes next.
  private static func beginsShortcode(_ index: Int, in scalars: [Unicode.Scalar]) -> Bool {
    var end = index + 1
    while end < scalars.count, end - index < 64 {
      let scalar = scalars[end]
      if scalar == ":" { return end > index + 1 }
      guard isLetter(scalar) || isDigit(scalar) || scalar == "_" || scalar == "+" || scalar == "-" else { return false }
      end += 1
    }
    return end > index + 1
  }

  /// The word that begins at `start` where it may name a commit: 7 or more hexadecimal digits and nothing else. It is
  /// cut after every sixth digit, so that no part of it may.
  private static func hashWord(from start: Int, in scalars: [Unicode.Scalar]) -> Range<Int> {
    var end = start
    while end < scalars.count, isHexadecimal(scalars[end]) { end += 1 }
    let isWhole = end == scalars.count || !isWord(scalars[end])
    return isWhole && end - start >= 7 ? start..<end : 0..<0
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool { isLetter(scalar) || isDigit(scalar) }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    (0x41...0x5A).contains(scalar.value) || (0x61...0x7A).contains(scalar.value)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { (0x30...0x39).contains(scalar.value) }

  private static func isHexadecimal(_ scalar: Unicode.Scalar) -> Bool {
    isDigit(scalar) || (0x41...0x46).contains(scalar.value) || (0x61...0x66).contains(scalar.value)
  }
}
