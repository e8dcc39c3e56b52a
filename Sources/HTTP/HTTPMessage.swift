/// A request, complete in memory.
public struct HTTPRequest: Sendable {
  /// `GET`, `POST`, … in capitals.
  public var method: String
  /// An `http` or `https` URL, percent-encoded, sent as it stands: no dot segments are removed.
  public var url: String
  public var headers: [(String, String)]
  public var body: [UInt8]?
  /// Seconds from the start to the last byte of the answer, connecting included.
  public var timeout: Double
  /// Bytes after decompression.
  public var maximumBodySize: Int
  /// Whether sending it twice has the effect of sending it once.
  ///
  /// No request is sent twice. A kept-alive connection may close before the answer's first byte, though, and then nobody
  /// knows what became of the request: one that is not replayable gets a connection of its own.
  public var isReplayable: Bool

  public init(
    method: String = "GET", url: String, headers: [(String, String)] = [], body: [UInt8]? = nil, timeout: Double = 30,
    maximumBodySize: Int = 32 << 20, isReplayable: Bool? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.maximumBodySize = maximumBodySize
    self.isReplayable = isReplayable ?? (method != "POST" && method != "PATCH")
  }
}

/// A whole answer; its body is decompressed.
public struct HTTPResponse: Sendable {
  public var status: Int
  public var headers: HTTPHeaders
  public var body: [UInt8]

  public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// The header fields of an answer, in their order; names are compared without regard to case.
public struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
  private var fields: [(name: String, value: String)] = []

  public init() {}

  public init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name: name, value: value) }
  }

  /// The first field of that name.
  public subscript(name: String) -> String? {
    let name = name.lowercased()
    return fields.first { $0.name == name }?.value
  }

  public mutating func append(name: String, value: String) {
    fields.append((name.lowercased(), value))
  }

  public mutating func removeAll() { fields.removeAll(keepingCapacity: true) }
}
