import Glibc
import Synchronization

/// A server on a loopback socket that plays a script: each request takes the first unused line for its method and
/// target. A request without a line and a line without a request are `problems`.
public final class ScriptedServer: Sendable {
  private struct State {
    var steps: [Step]
    var requests: [ReceivedRequest] = []
    var unmatched: [String] = []
    var connections: Set<Int32> = []
    var connectionCount = 0
    var isStopped = false
    var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let listener: Int32
  public let port: Int
  private let state: Mutex<State>

  public var url: String { "http://127.0.0.1:\(port)" }

  public init(_ steps: [Step]) throws {
    state = Mutex(State(steps: steps))
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { [listener] pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, size) == 0 && listen(listener, 512) == 0 && getsockname(listener, address, &size) == 0
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    guard code else { throw SocketFailure(code: errno) }
    startThread { [self] in accept() }
  }

  struct SocketFailure: Error { var code: Int32 }

  /// Stops, and tells what did not go by the script.
  public func problems() -> [String] {
    stop()
    return state.withLock { state in
      state.unmatched.map { "unmatched request: \($0)" }
        + state.steps.filter { $0.times > 0 }.map { "unused line: \($0.times) × \($0.method) \($0.target)" }
    }
  }

  public var requests: [ReceivedRequest] { state.withLock { $0.requests } }

  /// Returns when that many requests have arrived.
  public func received(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.requests.count >= count { return true }
        state.waiters.append((count, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  /// Closes every connection, whatever is under way on it.
  public func dropConnections() {
    state.withLock { for connection in $0.connections { shutdown(connection, Int32(SHUT_RDWR)) } }
  }

  public func stop() {
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      shutdown(listener, Int32(SHUT_RDWR))
      for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  // MARK: Threads

  private func accept() {
    while true {
      let socket = Glibc.accept(listener, nil, nil)
      guard socket >= 0 else { break }
      let index: Int? = state.withLock { state in
        guard !state.isStopped else { return nil }
        state.connections.insert(socket)
        defer { state.connectionCount += 1 }
        return state.connectionCount
      }
      guard let index else {
        close(socket)
        break
      }
      startThread { [self] in
        Connection(socket: socket).serve { method, target, headers, body in
          record(
            ReceivedRequest(method: method, target: target, headers: headers, body: body, connection: index))
        }
        // Out of the set before it is closed: the number may belong to another socket right after.
        _ = state.withLock { $0.connections.remove(socket) }
        close(socket)
      }
    }
    close(listener)
  }

  private func record(_ request: ReceivedRequest) -> Reply {
    let (reply, ready) = state.withLock { state in
      state.requests.append(request)
      let count = state.requests.count
      let ready = state.waiters.filter { $0.count <= count }.map(\.continuation)
      state.waiters.removeAll { $0.count <= count }
      let found = state.steps.firstIndex {
        $0.times > 0 && $0.method == request.method && $0.target == request.target
      }
      guard let found else {
        state.unmatched.append("\(request.method) \(request.target)")
        return (Reply.answer(status: 599), ready)
      }
      state.steps[found].times -= 1
      return (state.steps[found].reply, ready)
    }
    for continuation in ready { continuation.resume() }
    return reply
  }
}

private final class ThreadBody {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
  var thread = pthread_t()
  let context = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
  pthread_create(
    &thread, nil,
    { context in
      if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run() }
      return nil
    }, context)
  pthread_detach(thread)
}
