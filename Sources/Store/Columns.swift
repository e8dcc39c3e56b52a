import Cryptography
public import Domain
import FoundationEssentials
public import Postgres

/// SQL for a time as microseconds since 1970: its text form would depend on settings of the session.
///
/// Rows may be a queue manager's: what lies outside of the years that a date is written with, `infinity` above all, reads
/// as no time, so that one row hinders nobody who lists it among others.
func microseconds(_ expression: String) -> String {
  """
  CASE WHEN \(expression) BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59+00' \
  THEN (extract(epoch FROM \(expression)) * 1000000)::bigint END
  """
}

/// The same for a column that has to have a time: one that makes no sense is long ago, so that nobody waits for it.
func knownMicroseconds(_ expression: String) -> String { "coalesce(\(microseconds(expression)), 0)" }

extension PostgresValue {
  static func time(_ time: Timestamp?) -> PostgresValue { .text(time?.description) }
  static func id<Row>(_ id: Identifier<Row>) -> PostgresValue { .text(id.text) }
  static func id<Row>(_ id: Identifier<Row>?) -> PostgresValue { .text(id?.text) }
  /// A literal of `uuid[]`.
  static func ids<Row>(_ ids: [Identifier<Row>]) -> PostgresValue {
    .text("{\(ids.map(\.text).joined(separator: ","))}")
  }
  /// JSON's null is SQL's.
  static func json(_ value: JSONValue) -> PostgresValue {
    let storable = value.storable
    return storable == .null ? .null : .json(storable.canonicalText)
  }

  /// The JSON that the standard library's synthesised coding makes of a value of ours.
  static func encoded(_ value: some Encodable) throws -> PostgresValue { .json(try encodedText(value)) }
}

/// Deterministic: members are sorted, so that equal values give equal texts.
func encodedText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// The same as a value, to stand inside a larger document.
func encodedValue(_ value: some Encodable) throws -> JSONValue {
  try JSONDecoder().decode(JSONValue.self, from: Data(try encodedText(value).utf8))
}

extension Identifier: PostgresDecodable {
  public init?(postgres text: String) { self.init(text) }
}

extension Timestamp: PostgresDecodable {
  /// From a column that `microseconds` made.
  public init?(postgres text: String) {
    guard let value = Int64(text) else { return nil }
    self.init(microseconds: value)
  }
}

extension PostgresRow {
  /// NULL reads as JSON's null.
  func decodeJSON<Value: Decodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
    let text = try decodeIfPresent(column, as: String.self) ?? "null"
    do {
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch {
      throw StoreError.malformedRow("column \(column) is no \(type)")
    }
  }

  func decodeWord<Value: RawRepresentable<String>>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
    guard let value = Value(rawValue: try decode(column)) else {
      throw StoreError.malformedRow("column \(column) is no \(type)")
    }
    return value
  }
}

extension JSONValue {
  /// The same document as `jsonb` gives it back: no U+0000, no infinities, whole numbers without a fraction.
  var storable: JSONValue {
    switch self {
    case .null, .bool, .integer: self
    case .number(let value):
      if !value.isFinite { .null } else if let whole = Int64(exactly: value) { .integer(whole) } else { self }
    case .string(let text): .string(text.storable)
    case .array(let values): .array(values.map(\.storable))
    case .object(let members):
      .object(
        Dictionary(members.map { ($0.key.storable, $0.value.storable) }, uniquingKeysWith: { first, _ in first }))
    }
  }
}

extension String {
  /// With U+FFFD for each U+0000, as the database keeps it.
  var storable: String {
    guard utf8.contains(0) else { return self }
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars { text.append(scalar == "\0" ? "\u{FFFD}" : scalar) }
    return String(text)
  }

  /// A text that fits into an index, where an entry holds at most 2,704 bytes: its own up to 512, a digest beyond.
  var indexable: String {
    let text = storable
    guard text.utf8.count > 512 else { return text }
    return text.prefix(bytes: 256) + "\u{1F}sha256:" + hexadecimal(sha256(Array(text.utf8)))
  }

  /// The scalars that fit into this many bytes of UTF-8.
  func prefix(bytes limit: Int) -> String {
    var text = String.UnicodeScalarView()
    var size = 0
    for scalar in unicodeScalars {
      size += UTF8.width(scalar)
      if size > limit { break }
      text.append(scalar)
    }
    return String(text)
  }
}
