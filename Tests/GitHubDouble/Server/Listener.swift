import Foundation
import Glibc

/// Accepts connections on 127.0.0.1 and gives each a thread.
///
/// Sendable by its lock: `open` and `isStopped` are touched under it only.
final class Listener: @unchecked Sendable {
  let port: UInt16
  private let descriptor: Int32
  private let lock = NSLock()
  private var open: Set<Int32> = []
  private var isStopped = false

  struct Unavailable: Error, CustomStringConvertible {
    var call: String
    var code: Int32
    var description: String { "\(call): \(String(cString: strerror(code)))" }
  }

  init(port: UInt16) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Unavailable(call: "socket", code: errno) }
    self.descriptor = descriptor
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length) == 0 && listen(descriptor, 1024) == 0
          && getsockname(descriptor, pointer, &length) == 0
      }
    }
    guard bound else {
      let code = errno
      close(descriptor)
      throw Unavailable(call: "bind", code: code)
    }
    self.port = UInt16(bigEndian: address.sin_port)
  }

  /// Serves until `stop`; returns at once.
  func start(_ serve: @escaping @Sendable (Connection) -> Void) {
    Thread.detachNewThread { [self] in
      while true {
        let client = accept(descriptor, nil, nil)
        if client < 0 {
          if errno == EINTR || errno == ECONNABORTED || errno == EMFILE, !stopped { continue }
          break
        }
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        guard admit(client) else {
          close(client)
          break
        }
        Thread.detachNewThread {
          serve(Connection(descriptor: client))
          self.leave(client)
        }
      }
      close(descriptor)
    }
  }

  /// Ends all connections; requests that are under way get no answer.
  func stop() {
    lock.withLock {
      guard !isStopped else { return }
      isStopped = true
      shutdown(descriptor, Int32(SHUT_RDWR))
      for client in open { shutdown(client, Int32(SHUT_RDWR)) }
    }
  }

  private var stopped: Bool { lock.withLock { isStopped } }

  private func admit(_ client: Int32) -> Bool {
    lock.withLock {
      guard !isStopped else { return false }
      open.insert(client)
      return true
    }
  }

  private func leave(_ client: Int32) {
    lock.withLock {
      open.remove(client)
      close(client)
    }
  }
}
