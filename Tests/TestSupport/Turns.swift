import Foundation
import Synchronization

/// How many tests may have a database or a double of GitHub at a time.
///
/// Swift Testing begins all tests at once. Hundreds of them, each with servers, connections and processes, would starve
/// each other until their time limits end them, and would have more descriptors open than `select` can hold (1,024), on
/// which Foundation's `Process` rests.
final class Turns: Sendable {
  static let shared = Turns(max(16, 4 * ProcessInfo.processInfo.activeProcessorCount))

  /// Whether the test has its turn: one that has a double and asks for a database waits for nobody.
  @TaskLocal private static var isTaken = false

  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  init(_ count: Int) { state = Mutex(State(free: count)) }

  func with<Value>(_ body: () async throws -> Value) async rethrows -> Value {
    if Self.isTaken { return try await body() }
    await take()
    defer { give() }
    return try await Self.$isTaken.withValue(true, operation: body)
  }

  private func take() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.free > 0 else {
          state.waiting.append(continuation)
          return false
        }
        state.free -= 1
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  private func give() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.waiting.isEmpty else {
        state.free += 1
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}
