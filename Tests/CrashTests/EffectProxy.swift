import Foundation
import Glibc

/// Stands before a server on 127.0.0.1, tells `effects` of each effect before it passes, and lets the process be killed
/// there.
final class EffectProxy: Sendable {
  let port: UInt16
  private let listener: Int32
  private let effects: Effects
  private let target: UInt16
  private let reader: @Sendable () -> any MessageReader

  init(to target: UInt16, _ effects: Effects, reader: @escaping @Sendable () -> any MessageReader) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let ready = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard ready else { throw POSIXError(.EADDRINUSE) }
    port = UInt16(bigEndian: address.sin_port)
    (self.listener, self.effects, self.target, self.reader) = (listener, effects, target, reader)
    Thread.detachNewThread { [weak self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0, let self else { break }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(self.target)
        let connected = withUnsafePointer(to: &address) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
          }
        }
        guard connected else {
          close(client)
          close(server)
          continue
        }
        var on: Int32 = 1
        for end in [client, server] {
          setsockopt(end, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        Thread.detachNewThread { self.relay(client, server) }
      }
      close(listener)
    }
  }

  /// Takes no further connections.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func relay(_ client: Int32, _ server: Int32) {
    defer {
      close(client)
      close(server)
    }
    var messages = reader()
    var pending: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var entries = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&entries, 2, -1) > 0 else { return }
      if entries[1].revents != 0 {
        let count = read(server, &buffer, buffer.count)
        guard count > 0, Self.send(buffer[..<count], to: client) else { return }
      }
      guard entries[0].revents != 0 else { continue }
      let count = read(client, &buffer, buffer.count)
      guard count > 0 else { return }
      pending += buffer[..<count]
      while let message = messages.next(&pending) {
        switch message.effect.map(effects.pass) ?? .pass {
        case .pass:
          guard Self.send(message.bytes[...], to: server) else { return }
        case .killBefore:
          return effects.kill()
        case .killAfter:
          // The server's first word says that the effect has happened; the client does not get it.
          if Self.send((message.bytes + message.flush)[...], to: server) { _ = read(server, &buffer, buffer.count) }
          return effects.kill()
        }
      }
    }
  }

  private static func send(_ bytes: ArraySlice<UInt8>, to end: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(end, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
