/// Is told when a call begins to wait for a limit, and when it goes on.
///
/// Calls are long then for a reason that says nothing of the next ones: whether a wait fits into the time that is left is
/// decided when it begins.
public protocol LimitWaitObserver: Sendable {
  func waitBegan(at moment: Timestamp)
  func waitEnded(at moment: Timestamp)
}

public enum LimitWaits {
  /// Who is told of the calls' waits: set by whoever makes the calls, for its task and those that it starts.
  @TaskLocal public static var observer: (any LimitWaitObserver)?
}
