import Glibc
import Synchronization

/// What a process does that others can see, counted in the order in which it passes, and the moment at which the process
/// is killed.
final class Effects: Sendable {
  enum Kind: String, CaseIterable, Sendable { case request, statement, commit }

  /// Which effect the process does not live to see the end of.
  struct Kill: Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    var effect: Int
    /// Whether the effect happens, and only its answer is lost; else it does not happen.
    var happens: Bool

    var description: String { "\(happens ? "after" : "before") effect \(effect)" }
  }

  enum Verdict { case pass, killBefore, killAfter }

  private struct State {
    var seen: [Kind] = []
    var kill: Kill?
    var process: pid_t?
    var killed: Kind?
  }
  private let state = Mutex(State())

  /// Forgets what passed, and kills as told, or nobody.
  func begin(kill: Kill? = nil) { state.withLock { $0 = State(kill: kill) } }

  /// Whom to kill.
  func watch(_ process: pid_t) { state.withLock { $0.process = process } }

  var seen: [Kind] { state.withLock { $0.seen } }
  /// The kind of effect at which the process was killed.
  var killed: Kind? { state.withLock { $0.killed } }

  /// An effect is about to happen.
  func pass(_ kind: Kind) -> Verdict {
    state.withLock { state in
      state.seen.append(kind)
      guard let kill = state.kill, state.killed == nil, state.seen.count == kill.effect else { return .pass }
      state.killed = kind
      return kill.happens ? .killAfter : .killBefore
    }
  }

  /// Kills the process; returns once the signal is sent.
  func kill() {
    // An effect may pass before whoever started the process has said which it is.
    while true {
      if let process = state.withLock({ $0.process }) {
        Glibc.kill(process, SIGKILL)
        return
      }
      usleep(200)
    }
  }
}
