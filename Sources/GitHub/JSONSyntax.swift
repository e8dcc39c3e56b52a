/// Whether bytes are one whole JSON text (RFC 8259): tells an answer that was cut off or replaced on its way from one
/// whose shape is merely not the expected.
struct JSONSyntax {
  private let bytes: [UInt8]
  private var at = 0
  private static let maximumDepth = 512

  static func isWhole(_ bytes: [UInt8]) -> Bool {
    var scanner = JSONSyntax(bytes: bytes)
    scanner.skipSpace()
    guard scanner.value(depth: 0) else { return false }
    scanner.skipSpace()
    return scanner.at == bytes.count
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func value(depth: Int) -> Bool {
    guard at < bytes.count, depth < Self.maximumDepth else { return false }
    switch bytes[at] {
    case UInt8(ascii: "{"): return list(end: UInt8(ascii: "}"), depth: depth, isObject: true)
    case UInt8(ascii: "["): return list(end: UInt8(ascii: "]"), depth: depth, isObject: false)
    case UInt8(ascii: "\""): return string()
    case UInt8(ascii: "t"): return word("true")
    case UInt8(ascii: "f"): return word("false")
    case UInt8(ascii: "n"): return word("null")
    default: return number()
    }
  }

  private mutating func list(end: UInt8, depth: Int, isObject: Bool) -> Bool {
    at += 1
    skipSpace()
    if take(end) { return true }
    while true {
      if isObject {
        guard string() else { return false }
        skipSpace()
        guard take(UInt8(ascii: ":")) else { return false }
        skipSpace()
      }
      guard value(depth: depth + 1) else { return false }
      skipSpace()
      if take(end) { return true }
      guard take(UInt8(ascii: ",")) else { return false }
      skipSpace()
    }
  }

  /// Escapes are looked at as far as needed to find the end.
  private mutating func string() -> Bool {
    guard take(UInt8(ascii: "\"")) else { return false }
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        at += 1
        return true
      case UInt8(ascii: "\\"): at += 2
      case 0..<0x20: return false
      default: at += 1
      }
    }
    return false
  }

  private mutating func number() -> Bool {
    let start = at
    while at < bytes.count {
      switch bytes[at] {
      case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
        at += 1
      default: return at > start
      }
    }
    return at > start
  }

  private mutating func word(_ word: StaticString) -> Bool {
    for byte in String(describing: word).utf8 { guard take(byte) else { return false } }
    return true
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  private mutating func skipSpace() {
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09 { at += 1 }
  }
}
