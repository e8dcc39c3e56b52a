import Domain

/// Takes one login out of what Yardmaster recorded: a neutral one stands in its place. Pure.
struct LoginErasure {
  /// Whose words a text is.
  enum Wording {
    /// May be anybody's, and hold the same word in another sense.
    case mixed
    /// Yardmaster's own, or a command's arguments: a login may stand there by itself.
    case own
  }

  /// In lower case; as it is, and as Markdown of ours spells it.
  let spellings: [String]

  init(_ login: String) {
    let folded = login.lowercased()
    let escaped = folded.replacing("_", with: "&#95;")
    spellings = escaped == folded ? [folded] : [folded, escaped]
  }

  /// Members below which every text may be a login: those of documents, of effects as they are coded, and of workflow
  /// inputs.
  private static let members: Set<String> = [
    "actor", "assign", "assignee", "assignees", "author", "inputs", "login", "logins", "on_behalf_of", "sender",
    "unassign", "user", "users",
  ]
  /// What a login follows on where it is meant: a mention, one that was made to notify nobody, and a facet's name.
  private static let marks = ["@", "@&#8203;", "@\u{200B}"].map { Array($0.utf8) }
  private static let facet = "assignee:"

  func value(_ value: JSONValue, isLogin: Bool = false) -> JSONValue {
    switch value {
    case .string(let text): .string(isLogin && isLogins(text) ? ForgottenAccount.login : self.text(text))
    case .array(let values): .array(values.map { self.value($0, isLogin: isLogin) })
    case .object(let members):
      .object(
        Dictionary(
          members.map { (text($0.key), self.value($0.value, isLogin: isLogin || Self.members.contains($0.key))) },
          uniquingKeysWith: { first, _ in first }))
    case .null, .bool, .integer, .number: value
    }
  }

  func text(_ text: String, _ wording: Wording = .mixed) -> String {
    if text.hasPrefix(Self.facet), isLogins(String(text.dropFirst(Self.facet.count))) {
      return Self.facet + ForgottenAccount.login
    }
    return spellings.reduce(text) { replace($1, in: $0, wording) }
  }

  private func isLogins(_ text: String) -> Bool { spellings.contains(text.lowercased()) }

  private func replace(_ spelling: String, in text: String, _ wording: Wording) -> String {
    let word = Array(spelling.utf8)
    let bytes = Array(text.utf8)
    guard bytes.count >= word.count else { return text }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let end = index + word.count
      if end <= bytes.count, zip(bytes[index..<end], word).allSatisfy({ Self.folded($0) == $1 }),
        isWhole(bytes, index, end), wording == .own || isMarked(bytes, index, end)
      {
        out.append(contentsOf: ForgottenAccount.login.utf8)
        index = end
      } else {
        out.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Not a part of a longer login. One ends with a letter or a digit: a hyphen that nothing follows is the sentence's.
  private func isWhole(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Bool {
    if start > 0, Self.isOfLogin(bytes[start - 1]) { return false }
    if bytes[end...].starts(with: "[bot]".utf8) { return false }
    let rest = bytes[end...].drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    return rest.first.map { !Self.isOfLogin($0) } ?? true
  }

  /// Whether it is a mention, and not the end of an address, or a code span.
  private func isMarked(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Bool {
    let before = bytes[..<start]
    if before.last == UInt8(ascii: "`"), end < bytes.count, bytes[end] == UInt8(ascii: "`") { return true }
    return Self.marks.contains { mark in
      guard before.count >= mark.count, before.suffix(mark.count).elementsEqual(mark) else { return false }
      return before.dropLast(mark.count).last.map { !Self.isOfLogin($0) } ?? true
    }
  }

  private static func folded(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
  }

  private static func isOfLogin(_ byte: UInt8) -> Bool {
    switch folded(byte) {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
