import Domain
import Synchronization

/// Counts the time for which a task's calls were kept waiting by limits.
final class WaitedTime: LimitWaitObserver {
  private struct State {
    var waiting = 0
    var since = Timestamp(seconds: 0)
    var seconds = 0.0
  }

  private let state = Mutex(State())

  /// Seconds in which at least one call waited; calls that waited together count once.
  var seconds: Double { state.withLock { $0.seconds } }

  func waitBegan(at moment: Timestamp) {
    state.withLock { state in
      if state.waiting == 0 { state.since = moment }
      state.waiting += 1
    }
  }

  func waitEnded(at moment: Timestamp) {
    state.withLock { state in
      state.waiting -= 1
      if state.waiting == 0 { state.seconds += max(moment.secondsSince(state.since), 0) }
    }
  }
}
