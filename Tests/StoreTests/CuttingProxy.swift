import Foundation
import Glibc
import Synchronization

/// Passes bytes between a client and PostgreSQL, and on demand cuts the client off at the moment when the server's answer
/// to its next request comes: the request is done, and the client does not know. Or it is away, as a server in a failover
/// is: whoever sends or connects is cut off.
final class CuttingProxy: Sendable {
  let port: UInt16
  private let state = Mutex((armed: false, leaves: false, away: false, cuts: 0))

  init(to url: String) throws {
    guard let parts = URLComponents(string: url), let target = parts.port else { throw POSIXError(.EINVAL) }
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let ready = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard ready else { throw POSIXError(.EADDRINUSE) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [weak self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0, let self else { break }
        if self.state.withLock({ $0.away }) {
          close(client)
          continue
        }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(UInt16(target))
        let connected = withUnsafePointer(to: &address) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
          }
        }
        guard connected else { break }
        Thread.detachNewThread { self.pass(client, server) }
      }
      close(listener)
    }
  }

  var cuts: Int { state.withLock { $0.cuts } }

  func cutAfterNextRequest() { state.withLock { $0.armed = true } }

  /// - Parameter afterNextRequest: whether the next request is still done, though not answered.
  func goAway(afterNextRequest: Bool = false) {
    state.withLock { state in
      if afterNextRequest { (state.armed, state.leaves) = (true, true) } else { state.away = true }
    }
  }

  func comeBack() { state.withLock { $0.away = false } }

  private func pass(_ client: Int32, _ server: Int32) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var asked = false
    while true {
      var entries = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&entries, 2, -1) > 0 else { break }
      if entries[0].revents != 0 {
        let count = read(client, &buffer, buffer.count)
        if count <= 0 || state.withLock({ $0.away }) { break }
        _ = write(server, &buffer, count)
        asked = true
      }
      if entries[1].revents != 0 {
        let count = read(server, &buffer, buffer.count)
        if count <= 0 { break }
        let cut = state.withLock { state in
          guard state.armed, asked else { return false }
          state.armed = false
          if state.leaves { (state.leaves, state.away) = (false, true) }
          state.cuts += 1
          return true
        }
        if cut { break }
        _ = write(client, &buffer, count)
        asked = false
      }
    }
    close(client)
    close(server)
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
