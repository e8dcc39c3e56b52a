/// One request as it came over the wire.
struct HTTPMessage {
  var method: String
  /// Path and query, undecoded.
  var target: String
  /// Names in lower case.
  var headers: [String: String]
  var body: [UInt8]
  var keepsAlive: Bool

  /// The path without query, as Enterprise Server's prefix `/api/v3` leaves it.
  var path: String {
    var path = target.prefix { $0 != "?" }
    if path.hasPrefix("/api/v3/") { path = path.dropFirst(7) }
    if path == "/api/graphql" { path = "/graphql" }
    return String(path)
  }

  /// Path segments, percent-decoded.
  var segments: [String] {
    path.split(separator: "/").map { Self.decoded($0, plusIsSpace: false) }
  }

  /// The query's values by name; the last one wins.
  var query: [String: String] {
    guard let mark = target.firstIndex(of: "?") else { return [:] }
    var values: [String: String] = [:]
    for part in target[target.index(after: mark)...].split(separator: "&") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      values[Self.decoded(pair[0], plusIsSpace: true)] = pair.count > 1 ? Self.decoded(pair[1], plusIsSpace: true) : ""
    }
    return values
  }

  static func decoded(_ text: Substring, plusIsSpace: Bool) -> String {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
      return String(text)
    }
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var at = 0
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count,
        let value = UInt8(String(decoding: bytes[at + 1...at + 2], as: UTF8.self), radix: 16)
      {
        out.append(value)
        at += 3
      } else {
        out.append(plusIsSpace && bytes[at] == UInt8(ascii: "+") ? 0x20 : bytes[at])
        at += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}

/// A request with what the double knows about it before it answers.
struct ReceivedRequest {
  var message: HTTPMessage
  /// For GraphQL.
  var call: GraphQLCall?
  var nodes: Int { call?.nodes ?? 0 }
  var isGraphQL: Bool { message.path == "/graphql" }
}

/// An answer before it goes out.
struct HTTPAnswer {
  var status: Int
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []
  var cost = 0

  init(_ status: Int, _ body: [UInt8] = [], headers: [(name: String, value: String)] = []) {
    self.status = status
    self.body = body
    self.headers = headers
  }

  init(_ status: Int, json: JSONNode) { self.init(status, json.bytes) }

  var hasContentType: Bool { headers.contains { $0.name.lowercased() == "content-type" } }

  static func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 204: "No Content"
    case 301: "Moved Permanently"
    case 304: "Not Modified"
    case 307: "Temporary Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 410: "Gone"
    case 422: "Unprocessable Entity"
    case 429: "Too Many Requests"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    default: "Status"
    }
  }
}
