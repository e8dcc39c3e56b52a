import Glibc

/// One accepted socket: reads requests, writes answers, and breaks them on purpose. Used by one thread.
final class Connection {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var start = 0
  private var chunk = [UInt8](repeating: 0, count: 65_536)

  init(descriptor: Int32) {
    self.descriptor = descriptor
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  /// The next request, or nil at the end of the stream or where it is no HTTP.
  func next() -> HTTPMessage? {
    var lines: [Substring] = []
    while true {
      guard let line = line() else { return nil }
      if line.isEmpty {
        if lines.isEmpty { continue }
        break
      }
      lines.append(Substring(line))
    }
    let words = lines[0].split(separator: " ")
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      var value = line[line.index(after: colon)...]
      while value.first == " " || value.first == "\t" { value.removeFirst() }
      while value.last == " " || value.last == "\t" { value.removeLast() }
      headers[line[..<colon].lowercased()] = String(value)
    }
    if headers["expect"]?.lowercased() == "100-continue" { _ = send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
    var body: [UInt8] = []
    if headers["transfer-encoding"]?.lowercased() == "chunked" {
      while let line = line() {
        guard let size = Int(line.prefix { $0 != ";" }, radix: 16), let part = bytes(size) else { return nil }
        guard self.line() != nil else { return nil }
        if size == 0 { break }
        body += part
      }
    } else if let length = headers["content-length"].flatMap({ Int($0) }), length > 0 {
      guard let bytes = bytes(length) else { return nil }
      body = bytes
    }
    let keepsAlive = words[2] == "HTTP/1.1" && headers["connection"]?.lowercased() != "close"
    return HTTPMessage(
      method: String(words[0]), target: String(words[1]), headers: headers, body: body, keepsAlive: keepsAlive)
  }

  private func fill() -> Bool {
    if start > 0, start == buffer.count {
      buffer.removeAll(keepingCapacity: true)
      start = 0
    }
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    buffer.append(contentsOf: chunk[..<count])
    return true
  }

  private func line() -> String? {
    var from = start
    while true {
      if let end = buffer[from...].firstIndex(of: 0x0A) {
        let line = buffer[start..<end]
        start = end + 1
        return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
      }
      from = buffer.count
      let consumed = start
      guard buffer.count - start < 1 << 20, fill() else { return nil }
      // Filling may have emptied the buffer first.
      if start != consumed { from = start }
    }
  }

  private func bytes(_ count: Int) -> [UInt8]? {
    while buffer.count - start < count { guard fill() else { return nil } }
    defer { start += count }
    return Array(buffer[start..<start + count])
  }

  /// Sends everything, or says that the client has gone.
  func send(_ bytes: [UInt8], more: Bool = false) -> Bool {
    send(bytes[...], more: more)
  }

  func send(_ bytes: ArraySlice<UInt8>, more: Bool = false) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var sent = 0
      while sent < buffer.count {
        let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
        let count = Glibc.send(descriptor, buffer.baseAddress?.advanced(by: sent), buffer.count - sent, flags)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }
  }

  /// Makes the following close send RST rather than FIN.
  func resetOnClose() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  /// Waits till the client goes away or the server stops.
  func waitForEnd() {
    while true {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
    }
  }
}
