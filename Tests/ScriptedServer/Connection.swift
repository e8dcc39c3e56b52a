import Glibc

/// One connection, served with blocking calls on a thread of its own.
struct Connection {
  let socket: Int32

  func serve(_ answer: (String, String, [String: String], [UInt8]) -> Reply) {
    var buffer: [UInt8] = []
    while let (method, target, headers, body) = readRequest(&buffer) {
      guard play(answer(method, target, headers, body), withoutBody: method == "HEAD") else { return }
    }
  }

  /// nil at the end of the stream.
  private func readRequest(_ buffer: inout [UInt8]) -> (String, String, [String: String], [UInt8])? {
    let separator = Array("\r\n\r\n".utf8)
    var end = 0
    while true {
      if let found = buffer.indices.dropLast(3).first(where: { Array(buffer[$0..<$0 + 4]) == separator }) {
        end = found
        break
      }
      guard receive(&buffer) else { return nil }
    }
    let lines = String(decoding: buffer[..<end], as: UTF8.self).split(
      separator: "\r\n", omittingEmptySubsequences: false)
    buffer.removeFirst(end + 4)
    let words = (lines.first ?? "").split(separator: " ")
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      headers[line[..<colon].lowercased()] = String(value)
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    while buffer.count < length { guard receive(&buffer) else { return nil } }
    let body = Array(buffer.prefix(length))
    buffer.removeFirst(length)
    return (String(words[0]), String(words[1]), headers, body)
  }

  private func receive(_ buffer: inout [UInt8]) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    buffer += chunk[..<count]
    return true
  }

  /// Whether the connection stays open.
  private func play(_ reply: Reply, withoutBody: Bool) -> Bool {
    switch reply {
    case .answer(let status, let headers, let body):
      let fields = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
      let length = status == 204 || status == 304 ? "" : "Content-Length: \(body.count)\r\n"
      return send(Array("HTTP/1.1 \(status) Scripted\r\n\(fields)\(length)\r\n".utf8) + (withoutBody ? [] : body))
    case .truncated(let body, let length):
      _ = send(head(length: length) + body)
      return false
    case .resetInBody(let body, let length):
      _ = send(head(length: length) + body)
      resetOnClose()
      return false
    case .reset:
      resetOnClose()
      return false
    case .close:
      return false
    case .silence:
      waitForClose()
      return false
    case .trickle:
      guard send(head(length: 1 << 20)) else { return false }
      var peer = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      while poll(&peer, 1, 20) == 0, send([UInt8(ascii: " ")]) {}
      return false
    case .raw(let text):
      _ = send(Array(text.utf8))
      return false
    }
  }

  private func head(length: Int) -> [UInt8] {
    Array("HTTP/1.1 200 Scripted\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\n\r\n".utf8)
  }

  private func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private func waitForClose() {
    var byte: UInt8 = 0
    while recv(socket, &byte, 1, 0) > 0 {}
  }

  /// A linger of zero seconds makes `close` send RST.
  private func resetOnClose() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
  }
}
