import Synchronization

/// Counts the seconds for which the calls of a task were kept waiting, so that they are not taken for the time that GitHub
/// needs: whether a wait fits into the time that is left is decided when it begins.
public final class LimitWaits: Sendable {
  /// Whose calls are counted: set by whoever makes them, for its task and those that it starts.
  @TaskLocal public static var current: LimitWaits?

  private struct State {
    var waiting = 0
    var since = Timestamp(seconds: 0)
    var seconds = 0.0
  }

  private let state = Mutex(State())

  public init() {}

  /// Time in which at least one call waited; calls that waited together count once.
  public var seconds: Double { state.withLock { $0.seconds } }

  public func began(at moment: Timestamp) {
    state.withLock { state in
      if state.waiting == 0 { state.since = moment }
      state.waiting += 1
    }
  }

  public func ended(at moment: Timestamp) {
    state.withLock { state in
      state.waiting -= 1
      if state.waiting == 0 { state.seconds += max(moment.secondsSince(state.since), 0) }
    }
  }
}
