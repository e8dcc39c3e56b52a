/// Whether a `jsonb` column holds a document as this store writes it.
///
/// Documents are hashed by their values, and some different documents have one value: JSON's null and none at all, 1
/// and 1.0, 0.1 and a number so near that a `Double` cannot tell. Of these, one is what the store writes.
enum StoredJSON {
  /// - Parameter text: what PostgreSQL prints: white space only after `:` and `,`, each number without an exponent.
  static func isCanonical(_ text: String) -> Bool {
    guard text != "null" else { return false }
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""):
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
          index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        index += 1
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        let end = bytes[index...].firstIndex { !isOfNumber($0) } ?? bytes.count
        guard isCanonicalNumber(String(decoding: bytes[index..<end], as: UTF8.self)) else { return false }
        index = end
      default: index += 1
      }
    }
    return true
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  /// A whole number that fits, or the shortest digits of a `Double` that is none.
  private static func isCanonicalNumber(_ text: String) -> Bool {
    if let whole = Int64(text) { return String(whole) == text }
    guard let value = Double(text), value.isFinite, Int64(exactly: value) == nil else { return false }
    return expanded("\(value)") == text
  }

  /// `-2.5e-09` as `-0.0000000025`, which is how `numeric` prints it.
  private static func expanded(_ text: String) -> String {
    let parts = text.split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]) else { return text }
    let isNegative = parts[0].hasPrefix("-")
    let mantissa = parts[0].drop { $0 == "-" }.split(separator: ".")
    let fraction = mantissa.count == 2 && mantissa[1] != "0" ? mantissa[1] : ""
    var digits = String(mantissa[0] + fraction)
    let point = mantissa[0].count + exponent
    if point <= 0 {
      digits = "0." + String(repeating: "0", count: -point) + digits
    } else if point >= digits.count {
      digits += String(repeating: "0", count: point - digits.count)
    } else {
      digits.insert(".", at: digits.index(digits.startIndex, offsetBy: point))
    }
    return (isNegative ? "-" : "") + digits
  }
}
