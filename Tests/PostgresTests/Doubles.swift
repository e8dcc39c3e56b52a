import Foundation
import Glibc
import TestSupport

/// Takes connections and never says a word.
final class SilentServer: Sendable {
  let port: UInt16
  private let socket: Int32

  init() throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 8) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    guard bound else { throw POSIXError(.EADDRINUSE) }
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(socket) }
}

/// A role that can log in with a password.
enum TestRole {
  static let password = "right"

  static func with(_ database: TestDatabase, _ body: (String) async throws -> Void) async throws {
    let role = "yardmaster_role_\(UInt64.random(in: 0...UInt64.max))"
    try await database.administer("CREATE ROLE \(role) LOGIN PASSWORD '\(password)'")
    do {
      try await body(role)
    } catch {
      try? await database.administer("DROP ROLE \(role)")
      throw error
    }
    try await database.administer("DROP ROLE \(role)")
  }
}
