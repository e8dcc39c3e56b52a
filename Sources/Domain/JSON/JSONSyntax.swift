/// Where a text stops being JSON (RFC 8259): for an error message, and to tell an answer that was cut off on its way
/// from one whose shape is merely not the expected. Decoding is not done here.
///
/// Iterative and linear: the text may be hostile.
public struct JSONSyntax {
  public struct Fault: Hashable, Sendable {
    /// Bytes from 0.
    public var offset: Int
    /// Whether the text may be the beginning of JSON.
    public var isTruncated: Bool
  }

  private let bytes: [UInt8]
  private var at = 0

  /// The first fault, or nil where `bytes` are one JSON value.
  public static func firstFault(in bytes: [UInt8]) -> Fault? {
    var scanner = JSONSyntax(bytes: bytes)
    return scanner.isValid() ? nil : Fault(offset: scanner.at, isTruncated: scanner.at >= bytes.count)
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
  }

  private enum Expectation { case value, valueOrEnd, key, keyOrEnd, separatorOrEnd }

  private mutating func isValid() -> Bool {
    // The closing brackets that are due, innermost last.
    var open: [UInt8] = []
    var expectation = Expectation.value
    while true {
      skipSpace()
      if expectation == .separatorOrEnd && open.isEmpty { return at == bytes.count }
      guard at < bytes.count else { return false }
      let byte = bytes[at]
      switch expectation {
      case .separatorOrEnd:
        if byte == open.last {
          open.removeLast()
        } else if byte == UInt8(ascii: ",") {
          expectation = open.last == UInt8(ascii: "}") ? .key : .value
        } else {
          return false
        }
        at += 1
      case .key, .keyOrEnd:
        if expectation == .keyOrEnd && byte == UInt8(ascii: "}") {
          open.removeLast()
          at += 1
          expectation = .separatorOrEnd
          continue
        }
        guard byte == UInt8(ascii: "\""), takeString() else { return false }
        skipSpace()
        guard take(":") else { return false }
        expectation = .value
      case .value, .valueOrEnd:
        switch byte {
        case UInt8(ascii: "{"):
          open.append(UInt8(ascii: "}"))
          at += 1
          expectation = .keyOrEnd
        case UInt8(ascii: "["):
          open.append(UInt8(ascii: "]"))
          at += 1
          expectation = .valueOrEnd
        case UInt8(ascii: "]") where expectation == .valueOrEnd:
          open.removeLast()
          at += 1
          expectation = .separatorOrEnd
        default:
          guard takeScalar(byte) else { return false }
          expectation = .separatorOrEnd
        }
      }
    }
  }

  private mutating func takeScalar(_ first: UInt8) -> Bool {
    switch first {
    case UInt8(ascii: "\""): takeString()
    case UInt8(ascii: "t"): takeWord("true")
    case UInt8(ascii: "f"): takeWord("false")
    case UInt8(ascii: "n"): takeWord("null")
    default: takeNumber()
    }
  }

  private mutating func takeWord(_ word: StaticString) -> Bool {
    for index in 0..<word.utf8CodeUnitCount {
      guard at < bytes.count, bytes[at] == word.utf8Start[index] else { return false }
      at += 1
    }
    return true
  }

  private mutating func takeNumber() -> Bool {
    _ = take("-")
    if !take("0") {
      guard takeDigits() else { return false }
    }
    if take(".") {
      guard takeDigits() else { return false }
    }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard takeDigits() else { return false }
    }
    return true
  }

  private mutating func takeDigits() -> Bool {
    let start = at
    while at < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at]) { at += 1 }
    return at > start
  }

  private mutating func takeString() -> Bool {
    at += 1
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        at += 1
        return true
      case UInt8(ascii: "\\"):
        at += 1
        guard at < bytes.count else { return false }
        if bytes[at] == UInt8(ascii: "u") {
          for _ in 0..<4 {
            at += 1
            guard at < bytes.count, Character(Unicode.Scalar(bytes[at])).isHexDigit else { return false }
          }
        } else if !"\"\\/bfnrt".utf8.contains(bytes[at]) {
          return false
        }
        at += 1
      case 0..<0x20:
        return false
      case 0x80...:
        guard takeMultibyte() else { return false }
      default:
        at += 1
      }
    }
    return false
  }

  /// One scalar of two to four bytes.
  private mutating func takeMultibyte() -> Bool {
    let length: Int
    switch bytes[at] {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF: length = 3
    case 0xF0...0xF4: length = 4
    default: return false
    }
    guard at + length <= bytes.count else {
      at = bytes.count
      return false
    }
    guard String(validating: bytes[at..<at + length], as: UTF8.self) != nil else { return false }
    at += length
    return true
  }

  private mutating func skipSpace() {
    while at < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[at]) { at += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }
}
