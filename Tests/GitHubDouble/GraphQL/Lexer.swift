/// A position in a document, 1-based as GraphQL errors give it.
struct GraphQLLocation: Hashable, Sendable {
  var line: Int
  var column: Int
  var json: JSONNode { ["line": .int(line), "column": .int(column)] }
}

struct GraphQLToken: Sendable {
  enum Kind: Hashable, Sendable { case name, punctuator, integer, float, string, end }
  var kind: Kind
  var text: String
  var location: GraphQLLocation
}

struct GraphQLSyntaxError: Error {
  var message: String
  var location: GraphQLLocation
}

/// Splits a document into tokens (GraphQL specification, October 2021, section 2.1).
struct GraphQLLexer {
  private let bytes: [UInt8]
  private var at = 0
  private var line = 1
  private var lineStart = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  static func tokens(_ text: String) throws(GraphQLSyntaxError) -> [GraphQLToken] {
    var lexer = GraphQLLexer(text)
    var tokens: [GraphQLToken] = []
    while true {
      let token = try lexer.next()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  private var location: GraphQLLocation { GraphQLLocation(line: line, column: at - lineStart + 1) }

  private mutating func skipIgnored() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x0A:
        at += 1
        line += 1
        lineStart = at
      case 0x20, 0x09, 0x0D, UInt8(ascii: ","): at += 1
      case UInt8(ascii: "#"):
        while at < bytes.count, bytes[at] != 0x0A { at += 1 }
      default: return
      }
    }
  }

  private static func isName(_ byte: UInt8) -> Bool {
    (65...90).contains(byte) || (97...122).contains(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "_")
  }

  private mutating func next() throws(GraphQLSyntaxError) -> GraphQLToken {
    skipIgnored()
    let place = location
    guard at < bytes.count else { return GraphQLToken(kind: .end, text: "", location: place) }
    let byte = bytes[at]
    let start = at
    if byte == UInt8(ascii: "\"") {
      return GraphQLToken(kind: .string, text: try string(place), location: place)
    }
    if (48...57).contains(byte) || byte == UInt8(ascii: "-") {
      at += 1
      var kind = GraphQLToken.Kind.integer
      while at < bytes.count {
        switch bytes[at] {
        case 48...57: break
        case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
          kind = .float
        default: return GraphQLToken(kind: kind, text: slice(start), location: place)
        }
        at += 1
      }
      return GraphQLToken(kind: kind, text: slice(start), location: place)
    }
    if Self.isName(byte) {
      while at < bytes.count, Self.isName(bytes[at]) { at += 1 }
      return GraphQLToken(kind: .name, text: slice(start), location: place)
    }
    if byte == UInt8(ascii: "."), at + 2 < bytes.count, bytes[at + 1] == byte, bytes[at + 2] == byte {
      at += 3
      return GraphQLToken(kind: .punctuator, text: "...", location: place)
    }
    guard "!$&()[]{}:=@|".utf8.contains(byte) else {
      throw GraphQLSyntaxError(
        message: "Expected one of SCHEMA, SCALAR, TYPE, QUERY, FRAGMENT, actual: UNKNOWN_CHAR", location: place)
    }
    at += 1
    return GraphQLToken(kind: .punctuator, text: slice(start), location: place)
  }

  private func slice(_ start: Int) -> String { String(decoding: bytes[start..<at], as: UTF8.self) }

  private mutating func string(_ place: GraphQLLocation) throws(GraphQLSyntaxError) -> String {
    let unterminated = GraphQLSyntaxError(
      message: "Expected string or block string, but it was malformed", location: place)
    if at + 2 < bytes.count, bytes[at + 1] == UInt8(ascii: "\""), bytes[at + 2] == UInt8(ascii: "\"") {
      at += 3
      let start = at
      while at + 2 < bytes.count {
        if bytes[at] == UInt8(ascii: "\""), bytes[at + 1] == UInt8(ascii: "\""), bytes[at + 2] == UInt8(ascii: "\"") {
          defer { at += 3 }
          return slice(start)
        }
        if bytes[at] == 0x0A { line += 1 }
        at += 1
      }
      throw unterminated
    }
    let start = at
    at += 1
    while at < bytes.count, bytes[at] != 0x0A {
      if bytes[at] == UInt8(ascii: "\\") {
        at += 1
      } else if bytes[at] == UInt8(ascii: "\"") {
        at += 1
        // The escapes are those of JSON.
        guard let text = JSONNode(bytes: bytes[start..<at])?.string else { throw unterminated }
        return text
      }
      at += 1
    }
    throw unterminated
  }
}
