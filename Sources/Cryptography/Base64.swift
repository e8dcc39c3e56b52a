/// Base64 with the alphabet for URLs and without padding (RFC 4648 section 5), as JSON Web Tokens have it.
public func base64URL(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  var text: [UInt8] = []
  text.reserveCapacity(bytes.count * 4 / 3 + 3)
  var index = 0
  while index < bytes.count {
    let rest = bytes.count - index
    let second = rest > 1 ? bytes[index + 1] : 0
    let third = rest > 2 ? bytes[index + 2] : 0
    text.append(alphabet[Int(bytes[index] >> 2)])
    text.append(alphabet[Int((bytes[index] & 3) << 4 | second >> 4)])
    if rest > 1 { text.append(alphabet[Int((second & 15) << 2 | third >> 6)]) }
    if rest > 2 { text.append(alphabet[Int(third & 63)]) }
    index += 3
  }
  return String(decoding: text, as: UTF8.self)
}

/// The bytes that Base64 text (RFC 4648 section 4) stands for; nil where it is none. Padding may be missing.
func base64Decoded(_ text: [UInt8]) -> [UInt8]? {
  var digits = text[...]
  while digits.last == UInt8(ascii: "=") { digits.removeLast() }
  guard text.count - digits.count <= 2, digits.count % 4 != 1 else { return nil }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(digits.count * 3 / 4)
  var bits: UInt32 = 0
  var count: UInt32 = 0
  for digit in digits {
    let value: UInt8
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): value = 62
    case UInt8(ascii: "/"): value = 63
    default: return nil
    }
    bits = bits << 6 | UInt32(value)
    count += 6
    if count >= 8 {
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> count))
    }
  }
  return bytes
}
