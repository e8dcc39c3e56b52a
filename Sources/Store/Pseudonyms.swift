import Cryptography
import Domain
import Postgres

/// Who is who in an audit log that names nobody.
///
/// A pseudonym is `p_` and 32 hexadecimal digits of HMAC-SHA-256, under the audit key, of the login and of a salt that
/// was drawn for it and stands in the mapping's row only. Without the row nobody can compute it again, with the key or
/// without; the login's next pseudonym is another one.
struct Pseudonyms: Sendable {
  private struct Row: Hashable {
    var pseudonym: String
    var login: String
    var salt: String
  }

  private let key: [UInt8]
  /// By login in lower case.
  private var known: [String: String]
  private var minted: [Row] = []

  init(key: [UInt8], known: [String: String]) {
    self.key = key
    self.known = known
  }

  /// The entry with a pseudonym for every login that it marks, and that is no bot's:
  ///
  /// - its actor, and its `mentions`;
  /// - every text under a member that holds logins (`login`, `assignees`, …) in a state or in the metadata;
  /// - what follows on `assignee:` at the beginning of a text or of a member's name, as facets are written;
  /// - `@login` of any of these in every other text.
  ///
  /// Those that had none get one: `statement` stores it.
  mutating func mask(_ entry: AuditEntry) -> AuditEntry {
    let logins = Self.logins(of: entry)
    guard !logins.isEmpty else { return entry }
    for (folded, login) in logins.sorted(by: { $0.key < $1.key }) where known[folded] == nil { mint(login, folded) }
    let names = LoginReplacement(known.filter { logins[$0.key] != nil })
    var masked = entry
    masked.actor = entry.actor.map(names.login)
    masked.before = names.value(entry.before)
    masked.after = names.value(entry.after)
    masked.metadata = names.value(entry.metadata)
    masked.mentions = []
    return masked
  }

  /// What was made here, for later entries of the same process.
  var fresh: [String: String] {
    Dictionary(minted.map { ($0.login.lowercased(), $0.pseudonym) }, uniquingKeysWith: { first, _ in first })
  }

  /// Stores the new pseudonyms, and makes sure of the used ones: fails with `YM004` where a login got another one, or
  /// was forgotten, meanwhile. nil where the entry names nobody.
  func statement(for entry: AuditEntry) -> PostgresStatement? {
    let logins = Self.logins(of: entry).keys.sorted()
    guard !logins.isEmpty else { return nil }
    let used = logins.compactMap { known[$0] }
    return PostgresStatement(
      """
      WITH made AS (
        INSERT INTO yardmaster.audit_pseudonyms (pseudonym, login, salt)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
        ON CONFLICT DO NOTHING
        RETURNING 1
      )
      SELECT CASE WHEN (SELECT count(*) FROM made)
        + (SELECT count(*) FROM yardmaster.audit_pseudonyms WHERE pseudonym = ANY ($4::text[])) <> $5::bigint
      THEN yardmaster.fail('YM004', 'a pseudonym changed') END
      """,
      [
        .textArray(minted.map(\.pseudonym)), .textArray(minted.map(\.login)), .textArray(minted.map(\.salt)),
        .textArray(used), .integer(used.count),
      ])
  }

  /// Reads the pseudonyms of logins; see `read`.
  static func look(_ logins: [String]) -> PostgresStatement {
    PostgresStatement(
      "SELECT lower(login) AS login, pseudonym FROM yardmaster.audit_pseudonyms WHERE lower(login) = ANY ($1::text[])",
      [.textArray(logins.map { $0.lowercased().storable })])
  }

  static func read(_ rows: PostgresRows) throws -> [String: String] {
    var known: [String: String] = [:]
    for row in rows { known[try row.decode("login")] = try row.decode("pseudonym") }
    return known
  }

  /// Those that the entry marks, by their lower case; no bots, whose names GitHub keeps apart by `[bot]`.
  static func logins(of entry: AuditEntry) -> [String: String] {
    var found = entry.mentions
    if let actor = entry.actor { found.append(actor) }
    for value in [entry.before, entry.after, entry.metadata] { LoginReplacement.collect(value, into: &found) }
    return Dictionary(
      found.filter(LoginReplacement.isPersonal).map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
  }

  private mutating func mint(_ login: String, _ folded: String) {
    var generator = SystemRandomNumberGenerator()
    let salt = hexadecimal((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
    let code = hmacSHA256(Array("yardmaster pseudonym\u{1F}\(salt)\u{1F}\(folded)".utf8), key: key)
    let pseudonym = "p_" + hexadecimal(Array(code.prefix(16)))
    minted.append(Row(pseudonym: pseudonym, login: login, salt: salt))
    known[folded] = pseudonym
  }
}

/// Puts other names in the place of logins. Pure.
struct LoginReplacement {
  /// By login in lower case.
  private let names: [String: String]

  init(_ names: [String: String]) { self.names = names }

  /// Members of which every text is a login.
  private static let members: Set<String> = [
    "actor", "assignee", "assignees", "author", "login", "logins", "on_behalf_of", "sender", "user", "users",
  ]
  private static let facet = "assignee:"

  /// What GitHub lets a login be made of (an enterprise's has an underscore), and none of a bot's.
  static func isPersonal(_ login: String) -> Bool {
    !login.isEmpty && login.utf8.count <= 100 && login.utf8.allSatisfy(isLoginByte)
  }

  /// The logins that stand where only logins stand.
  static func collect(_ value: JSONValue, into found: inout [String], isLogin: Bool = false) {
    switch value {
    case .string(let text):
      if isLogin {
        found.append(text)
      } else if text.hasPrefix(facet) {
        found.append(String(text.dropFirst(facet.count)))
      }
    case .array(let values): for value in values { collect(value, into: &found, isLogin: isLogin) }
    case .object(let members):
      for (name, value) in members {
        if name.hasPrefix(facet) { found.append(String(name.dropFirst(facet.count))) }
        collect(value, into: &found, isLogin: Self.members.contains(name))
      }
    case .null, .bool, .integer, .number: break
    }
  }

  func login(_ login: String) -> String { names[login.lowercased()] ?? login }

  func value(_ value: JSONValue, isLogin: Bool = false) -> JSONValue {
    switch value {
    case .string(let text): .string(isLogin ? login(text) : self.text(text))
    case .array(let values): .array(values.map { self.value($0, isLogin: isLogin) })
    case .object(let members):
      .object(
        Dictionary(
          members.map { (text($0.key), self.value($0.value, isLogin: Self.members.contains($0.key))) },
          uniquingKeysWith: { first, _ in first }))
    case .null, .bool, .integer, .number: value
    }
  }

  /// A text with each `@login` replaced, and what follows on `assignee:` at its beginning.
  func text(_ text: String) -> String {
    if text.hasPrefix(Self.facet) { return Self.facet + login(String(text.dropFirst(Self.facet.count))) }
    guard text.utf8.contains(UInt8(ascii: "@")) else { return text }
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      out.append(bytes[index])
      index += 1
      guard bytes[index - 1] == UInt8(ascii: "@"), index < 2 || !Self.isLoginByte(bytes[index - 2]) else { continue }
      let end = bytes[index...].firstIndex { !Self.isLoginByte($0) } ?? bytes.count
      // A login ends with a letter or a digit; what follows is the sentence's.
      let last = bytes[index..<end].lastIndex(where: Self.isLetterOrDigit) ?? index - 1
      if let name = names[String(decoding: bytes[index..<(last + 1)], as: UTF8.self).lowercased()] {
        out.append(contentsOf: name.utf8)
        index = last + 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func isLoginByte(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }
}
