import Foundation
import GitHubDouble
import Glibc

/// A client that sees what happens on the socket: a reset is told from an orderly end.
struct RawClient {
  enum Failure: Error, Hashable {
    case reset
    /// The connection ended before the announced length.
    case truncated(received: Int, announced: Int)
    case closed
    case timeout
  }

  struct Answer {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]
    var json: JSONNode { JSONNode(bytes: body) ?? .null }
    /// The `Link` header's target of that relation, as path and query.
    func link(_ relation: String) -> String? {
      for part in (headers["link"] ?? "").components(separatedBy: ", ") where part.hasSuffix("rel=\"\(relation)\"") {
        guard let url = part.dropFirst().split(separator: ">").first else { continue }
        return url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true).last.map { "/" + $0 }
      }
      return nil
    }
  }

  let port: UInt16
  var token: String? = "token"
  var timeout = 60

  init(_ double: GitHubDouble, token: String? = "token") {
    port = double.port
    self.token = token
  }

  func get(_ target: String, _ headers: [String: String] = [:]) throws -> Answer {
    try send("GET", target, headers: headers)
  }

  func post(_ target: String, _ body: JSONNode) throws -> Answer { try send("POST", target, body: body.bytes) }

  func graphQL(_ query: String, _ variables: JSONNode = .object([])) throws -> JSONNode {
    let answer = try post("/graphql", ["query": .string(query), "variables": variables])
    guard answer.status == 200 else { throw Failure.closed }
    return answer.json
  }

  func send(
    _ method: String, _ target: String, headers: [String: String] = [:], body: [UInt8] = []
  ) throws -> Answer {
    let descriptor = try connect()
    defer { close(descriptor) }
    var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: \(body.count)\r\n"
    if let token { head += "Authorization: Bearer \(token)\r\n" }
    for (name, value) in ["User-Agent": "test"].merging(headers, uniquingKeysWith: { $1 }) {
      head += "\(name): \(value)\r\n"
    }
    write(Array((head + "\r\n").utf8) + body, to: descriptor)
    return try read(from: descriptor)
  }

  func connect() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var limit = timeval(tv_sec: timeout, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      close(descriptor)
      throw Failure.closed
    }
    return descriptor
  }

  func write(_ bytes: [UInt8], to descriptor: Int32) {
    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  func read(from descriptor: Int32) throws -> Answer {
    var received: [UInt8] = []
    var headEnd: Int?
    var status = 0
    var headers: [String: String] = [:]
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      if headEnd == nil, let end = received.firstRange(of: Array("\r\n\r\n".utf8)) {
        headEnd = end.upperBound
        let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        status = Int(lines[0].split(separator: " ")[1]) ?? 0
        for line in lines.dropFirst() {
          let pair = line.split(separator: ":", maxSplits: 1)
          headers[pair[0].lowercased()] = pair.count > 1 ? pair[1].trimmingCharacters(in: .whitespaces) : ""
        }
      }
      let announced = headers["content-length"].flatMap { Int($0) } ?? 0
      if let headEnd, received.count - headEnd >= announced {
        return Answer(status: status, headers: headers, body: Array(received[headEnd...]))
      }
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count > 0 {
        received += chunk[..<count]
      } else if count == 0 {
        guard let headEnd else { throw Failure.closed }
        throw Failure.truncated(received: received.count - headEnd, announced: announced)
      } else {
        throw errno == ECONNRESET ? Failure.reset : Failure.timeout
      }
    }
  }
}
