/// Finds words and phrases in a text: whole words, without regard to case, in time linear in the text.
///
/// Words are runs of letters, digits and their marks in any script. Between the words of a phrase any white space will
/// do; other characters have to be the same ones. Scripts that write no spaces between words have no word boundaries
/// either: their characters match one by one.
struct WordSearch {
  /// A text or a phrase as numbers: a scalar's value for a single character, a larger number for a word.
  typealias Tokens = [UInt32]

  private var numberOfWord: [String: UInt32] = [:]
  private static let space: UInt32 = 0x20
  private static let firstWord: UInt32 = 0x11_0000
  /// Stands for every word that no phrase asks for.
  private static let otherWord: UInt32 = .max

  /// The phrase as tokens, to be looked for in texts that are read afterwards.
  mutating func phrase(_ phrase: String) -> Tokens {
    var tokens = Self.tokens(of: phrase) { word in
      if let number = numberOfWord[word] { return number }
      let number = Self.firstWord + UInt32(numberOfWord.count)
      numberOfWord[word] = number
      return number
    }
    if tokens.first == Self.space { tokens.removeFirst() }
    if tokens.last == Self.space { tokens.removeLast() }
    return tokens
  }

  func text(_ text: String) -> Tokens {
    Self.tokens(of: text) { numberOfWord[$0] ?? Self.otherWord }
  }

  /// Whether `phrase` stands in `text` (Knuth, Morris, Pratt). An empty phrase stands nowhere.
  static func contains(_ text: Tokens, _ phrase: Tokens) -> Bool {
    guard !phrase.isEmpty, phrase.count <= text.count else { return false }
    // For each beginning of the phrase, the length of its longest proper beginning that is also its end.
    var borders = [0]
    var length = 0
    for index in phrase.indices.dropFirst() {
      while length > 0, phrase[index] != phrase[length] { length = borders[length - 1] }
      if phrase[index] == phrase[length] { length += 1 }
      borders.append(length)
    }
    var matched = 0
    for token in text {
      while matched > 0, token != phrase[matched] { matched = borders[matched - 1] }
      if token == phrase[matched] { matched += 1 }
      if matched == phrase.count { return true }
    }
    return false
  }

  private static func tokens(of text: String, number: (String) -> UInt32) -> Tokens {
    var tokens: Tokens = []
    var word = String.UnicodeScalarView()
    func endWord() {
      guard !word.isEmpty else { return }
      tokens.append(number(String(word).lowercased()))
      word.removeAll(keepingCapacity: true)
    }
    for scalar in text.unicodeScalars {
      switch kind(of: scalar, insideWord: !word.isEmpty) {
      case .word:
        word.append(scalar)
      case .space:
        endWord()
        if tokens.last != space { tokens.append(space) }
      case .single:
        endWord()
        tokens.append(scalar.value)
      case .invisible:
        continue
      }
    }
    endWord()
    return tokens
  }

  private enum Kind { case word, space, single, invisible }

  private static func kind(of scalar: Unicode.Scalar, insideWord: Bool) -> Kind {
    switch scalar.value {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: return .word
    case 0x09...0x0D, 0x20: return .space
    case 0..<0x80: return .single
    // Thai, Lao, Myanmar, Khmer; Japanese kana; Han.
    case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xF900...0xFAFF, 0x2_0000...0x3_FFFF:
      return .single
    // Zero-width joiners, soft hyphens and direction marks show nothing and would hide a word.
    case 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFEFF: return .invisible
    default: break
    }
    let properties = scalar.properties
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
      .letterNumber, .otherNumber:
      return .word
    case .nonspacingMark, .spacingMark, .enclosingMark: return insideWord ? .word : .single
    default: return properties.isWhitespace ? .space : .single
    }
  }
}
