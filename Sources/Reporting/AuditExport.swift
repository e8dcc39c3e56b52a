public import Domain
import Markup

/// Audit records as text for other programs.
///
/// Both formats have the same fields in the same order, and one record a line. JSON Lines are ASCII and hold no
/// `##[`, so that no line is a workflow command wherever it is printed; CSV is that of RFC 4180.
public enum AuditExport: String, CaseIterable, Sendable {
  case jsonl, csv

  public static let fields = [
    "event_id", "timestamp", "event_type", "severity", "user", "repository", "action_type", "before_state",
    "after_state", "success", "metadata", "sequence", "previous_hash", "hash",
  ]

  /// What stands before the first record, with its line's end.
  public var header: String {
    switch self {
    case .jsonl: ""
    case .csv: Self.fields.joined(separator: ",") + "\r\n"
    }
  }

  /// One line, with its end.
  public func line(_ record: AuditRecord) -> String {
    let values = Self.values(record)
    switch self {
    case .jsonl:
      return "{" + zip(Self.fields, values).map { "\"\($0)\":\(Self.ascii($1))" }.joined(separator: ",") + "}\n"
    case .csv: return values.map(Self.cell).joined(separator: ",") + "\r\n"
    }
  }

  private static func values(_ record: AuditRecord) -> [JSONValue] {
    let entry = record.entry
    return [
      .string(record.eventID), .string(record.timestamp.description), .string(entry.eventType),
      .string(entry.severity.rawValue), entry.actor.map(JSONValue.string) ?? .null,
      .string(entry.repository.description), .string(entry.actionType), entry.before, entry.after,
      .bool(entry.success), metadata(entry.metadata), .integer(record.sequence), .string(record.previousHash),
      .string(record.hash),
    ]
  }

  /// With `confidence`, `reasoning` and `evidence` in any case.
  private static func metadata(_ value: JSONValue) -> JSONValue {
    guard case .object(var members) = value else {
      return ["confidence": nil, "reasoning": nil, "evidence": nil, "value": value]
    }
    for name in ["confidence", "reasoning", "evidence"] where members[name] == nil { members[name] = .null }
    return .object(members)
  }

  /// JSON in ASCII: what is beyond is escaped (RFC 8259 section 7), and of two `#` the second.
  private static func ascii(_ value: JSONValue) -> String {
    let text = value.canonicalText
    var out = ""
    out.reserveCapacity(text.utf8.count)
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      if scalar == "#" && previous == "#" || scalar.value > 0x7E {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      } else {
        out.unicodeScalars.append(scalar)
      }
      previous = scalar
    }
    return out
  }

  /// A text as it is, on one line and with invisible characters shown; anything else as JSON. What a spreadsheet would
  /// take for a formula begins with an apostrophe (https://owasp.org/www-community/attacks/CSV_Injection).
  private static func cell(_ value: JSONValue) -> String {
    var text: String
    switch value {
    case .null: return ""
    case .integer, .bool: return value.canonicalText
    case .string(let string): text = (LogText("\(string)")).text
    case .number, .array, .object: text = ascii(value)
    }
    if let first = text.unicodeScalars.first, formulas.contains(first) { text = "'" + text }
    guard text.unicodeScalars.contains(where: { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }) else {
      return text
    }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  /// The last four are the wide forms that East Asian spreadsheets take for the same.
  private static let formulas: Set<Unicode.Scalar> = [
    "=", "+", "-", "@", "\t", "\r", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
  ]
}
