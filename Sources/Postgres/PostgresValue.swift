/// A parameter of a statement. The server infers its type from the place where the statement uses it.
public enum PostgresValue: Hashable, Sendable {
  case null
  /// Text of any kind, numbers and times included. U+0000, which PostgreSQL cannot store, becomes U+FFFD.
  case text(String)
  case integer(Int64)
  case bool(Bool)
  /// A `bytea`, sent as it is.
  case bytes([UInt8])
  /// A JSON document in UTF-8. U+0000 in its strings, escaped or not, becomes U+FFFD.
  case json([UInt8])

  public static func integer(_ value: Int) -> PostgresValue { .integer(Int64(value)) }
  public static func text(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }
  public static func integer(_ value: Int64?) -> PostgresValue { value.map { .integer($0) } ?? .null }
  public static func integer(_ value: Int?) -> PostgresValue { value.map { .integer(Int64($0)) } ?? .null }
  public static func json(_ text: String) -> PostgresValue { .json(Array(text.utf8)) }
  /// A literal of `text[]`: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
  public static func textArray(_ values: [String]) -> PostgresValue {
    let quoted = values.map { value in
      "\"" + value.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] } + "\""
    }
    return .text("{\(quoted.joined(separator: ","))}")
  }
}

/// One SQL statement with its parameters (`$1`, `$2`, …).
public struct PostgresStatement: Hashable, Sendable {
  public var sql: String
  public var parameters: [PostgresValue]

  public init(_ sql: String, _ parameters: [PostgresValue] = []) {
    self.sql = sql
    self.parameters = parameters
  }
}

/// Parameters laid out as `PQsendQueryParams` wants them: all values in one buffer, each followed by a zero byte.
struct EncodedParameters {
  private(set) var buffer: [UInt8] = []
  /// Where each value starts in `buffer`; -1 for null.
  private(set) var offsets: [Int] = []
  private(set) var lengths: [Int32] = []
  /// 0 for text, 1 for binary.
  private(set) var formats: [Int32] = []
  /// How many U+0000 were replaced.
  private(set) var replacedNULs = 0

  init(_ values: [PostgresValue]) {
    for value in values {
      let start = buffer.count
      switch value {
      case .null: break
      case .text(let text): appendText(text)
      case .integer(let number): buffer.append(contentsOf: String(number).utf8)
      case .bool(let flag): buffer.append(UInt8(ascii: flag ? "t" : "f"))
      case .bytes(let bytes): buffer.append(contentsOf: bytes)
      case .json(let bytes): appendJSON(bytes)
      }
      let isBinary = if case .bytes = value { true } else { false }
      offsets.append(value == .null ? -1 : start)
      lengths.append(Int32(clamping: buffer.count - start))
      formats.append(isBinary ? 1 : 0)
      buffer.append(0)
    }
  }

  private mutating func appendText(_ text: String) {
    let start = buffer.count
    buffer.append(contentsOf: text.utf8)
    guard buffer[start...].contains(0) else { return }
    let raw = buffer[start...].split(separator: 0, omittingEmptySubsequences: false)
    replacedNULs += raw.count - 1
    buffer.replaceSubrange(start..., with: Array(raw.joined(separator: Self.replacement)))
  }

  /// Inside a JSON text a raw zero byte is not allowed at all; the escape `\u0000` is, and PostgreSQL refuses it when
  /// it turns the string into `text` or `jsonb`.
  private mutating func appendJSON(_ bytes: [UInt8]) {
    buffer.reserveCapacity(buffer.count + bytes.count + 1)
    var copied = 0
    var index = 0
    while let found = bytes[index...].firstIndex(where: { $0 == UInt8(ascii: "\\") || $0 == 0 }) {
      if bytes[found] == 0 {
        buffer.append(contentsOf: bytes[copied..<found])
        buffer.append(contentsOf: Self.replacement)
        replacedNULs += 1
        index = found + 1
        copied = index
      } else if bytes[found...].starts(with: Self.escapedNUL) {
        buffer.append(contentsOf: bytes[copied..<found])
        buffer.append(contentsOf: Self.replacement)
        replacedNULs += 1
        index = found + Self.escapedNUL.count
        copied = index
      } else {
        index = min(found + 2, bytes.count)
      }
    }
    buffer.append(contentsOf: bytes[copied...])
  }

  private static let escapedNUL = Array(#"\u0000"#.utf8)
  /// U+FFFD in UTF-8.
  private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]
}
