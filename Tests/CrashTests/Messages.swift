/// Cuts what a client sends into messages, and tells which of them are effects.
protocol MessageReader {
  /// The next whole message at the front of the buffer, removed from it; nil where more bytes have to come.
  mutating func next(_ buffer: inout [UInt8]) -> Message?
}

struct Message {
  var bytes: [UInt8]
  var effect: Effects.Kind?
  /// What makes a server answer at once that would else wait for more messages.
  var flush: [UInt8] = []
}

/// HTTP/1.1 with `Content-Length`, as libcurl sends it.
struct HTTPRequests: MessageReader {
  mutating func next(_ buffer: inout [UInt8]) -> Message? {
    guard let end = buffer.firstRange(of: [13, 10, 13, 10])?.upperBound else { return nil }
    var length = 0
    for line in String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n") {
      let field = line.split(separator: ":", maxSplits: 1)
      if field.count == 2, field[0].lowercased() == "content-length" {
        length = Int(field[1].drop { $0 == " " }) ?? 0
      }
    }
    guard buffer.count >= end + length else { return nil }
    defer { buffer.removeFirst(end + length) }
    return Message(bytes: Array(buffer[..<(end + length)]), effect: .request)
  }
}

/// PostgreSQL's frontend protocol, version 3: https://www.postgresql.org/docs/current/protocol-message-formats.html
struct PostgresMessages: MessageReader {
  private var hasStarted = false
  private var parsed = ""
  private var isInTransaction = false
  /// Whether something was executed that the next synchronisation commits: what stands in no transaction of its own.
  private var isCommitPending = false

  mutating func next(_ buffer: inout [UInt8]) -> Message? {
    // Before the session begins messages have no type byte.
    let head = hasStarted ? 1 : 0
    guard buffer.count >= head + 4 else { return nil }
    let size = head + buffer[head..<(head + 4)].reduce(0) { $0 << 8 | Int($1) }
    guard buffer.count >= size else { return nil }
    let bytes = Array(buffer[..<size])
    buffer.removeFirst(size)
    guard hasStarted else {
      // 80877102 to 80877104 ask to cancel, for TLS and for GSS; a session begins with a version.
      let code = bytes[4..<8].reduce(0) { $0 << 8 | Int($1) }
      hasStarted = !(80_877_102...80_877_104).contains(code)
      return Message(bytes: bytes)
    }
    switch bytes[0] {
    case UInt8(ascii: "P"):
      // Name, text, parameter types.
      parsed = Self.text(bytes[5...].drop { $0 != 0 }.dropFirst())
      return Message(bytes: bytes)
    case UInt8(ascii: "E"):
      let kind = Self.kind(parsed)
      if Self.begins(parsed, with: "BEGIN") { isInTransaction = true }
      if kind == .commit || Self.begins(parsed, with: "ROLLBACK") { isInTransaction = false }
      isCommitPending = !isInTransaction && kind == .statement
      return Message(bytes: bytes, effect: kind, flush: [UInt8(ascii: "H"), 0, 0, 0, 4])
    case UInt8(ascii: "S"):
      defer { isCommitPending = false }
      return Message(bytes: bytes, effect: isCommitPending ? .commit : nil)
    case UInt8(ascii: "Q"):
      return Message(bytes: bytes, effect: Self.kind(Self.text(bytes[5...])))
    default:
      return Message(bytes: bytes)
    }
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func kind(_ statement: String) -> Effects.Kind {
    begins(statement, with: "COMMIT") ? .commit : .statement
  }

  private static func begins(_ statement: String, with word: String) -> Bool {
    statement.drop { $0.isWhitespace }.uppercased().hasPrefix(word)
  }
}
