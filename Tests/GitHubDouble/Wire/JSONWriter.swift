/// Writes JSON straight into bytes; the caller keeps the commas right by `member` and `element`.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

  mutating func raw(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func raw(_ more: [UInt8]) { bytes.append(contentsOf: more) }
  mutating func raw(_ byte: UInt8) { bytes.append(byte) }

  /// A comma where a value came before.
  mutating func separate() {
    guard let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "["), last != UInt8(ascii: ":"),
      last != UInt8(ascii: ",")
    else { return }
    bytes.append(UInt8(ascii: ","))
  }

  mutating func key(_ name: StaticString) {
    separate()
    raw("\"")
    raw(name)
    raw("\":")
  }

  mutating func key(_ name: String) {
    separate()
    write(name)
    raw(":")
  }

  mutating func write(_ value: String) {
    bytes.append(UInt8(ascii: "\""))
    var value = value
    value.withUTF8 { buffer in
      var start = 0
      for index in 0..<buffer.count {
        let byte = buffer[index]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
        bytes.append(contentsOf: buffer[start..<index])
        escape(byte)
        start = index + 1
      }
      bytes.append(contentsOf: buffer[start..<buffer.count])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): raw("\\\"")
    case UInt8(ascii: "\\"): raw("\\\\")
    case 0x0A: raw("\\n")
    case 0x0D: raw("\\r")
    case 0x09: raw("\\t")
    default:
      let digits = Array("0123456789abcdef".utf8)
      raw("\\u00")
      bytes.append(digits[Int(byte >> 4)])
      bytes.append(digits[Int(byte & 15)])
    }
  }

  mutating func write(_ value: Int64) {
    if value >= 0, value < 10 {
      bytes.append(UInt8(ascii: "0") + UInt8(value))
    } else {
      bytes.append(contentsOf: String(value).utf8)
    }
  }

  mutating func write(_ value: Bool) { value ? raw("true") : raw("false") }

  mutating func write(_ node: JSONNode) {
    switch node {
    case .null: raw("null")
    case .bool(let value): write(value)
    case .integer(let value): write(value)
    case .number(let value): bytes.append(contentsOf: "\(value)".utf8)
    case .string(let value): write(value)
    case .array(let values):
      raw("[")
      for value in values {
        separate()
        write(value)
      }
      raw("]")
    case .object(let members):
      raw("{")
      for member in members {
        key(member.key)
        write(member.value)
      }
      raw("}")
    }
  }

  mutating func member(_ name: StaticString, _ value: String?) {
    key(name)
    if let value { write(value) } else { raw("null") }
  }

  mutating func member(_ name: StaticString, _ value: Int64?) {
    key(name)
    if let value { write(value) } else { raw("null") }
  }

  mutating func member(_ name: StaticString, _ value: Int) { member(name, Int64(value)) }

  mutating func member(_ name: StaticString, _ value: Bool) {
    key(name)
    write(value)
  }

  mutating func member(_ name: StaticString, moment: Int64?) {
    key(name)
    if let moment { write(moment: moment) } else { raw("null") }
  }

  mutating func write(moment: Int64) {
    bytes.append(UInt8(ascii: "\""))
    Moment.append(moment, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }
}
