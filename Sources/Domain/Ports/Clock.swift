/// Wall-clock time, and waiting; tests bring their own.
public protocol WallClock: Sendable {
  var now: Timestamp { get }
  /// Waits; throws `CancellationError` where the task is cancelled meanwhile.
  func sleep(seconds: Double) async throws
}

/// The moment by which the run must have ended, and the request to end at once.
public protocol Deadline: Sendable {
  /// Seconds that are left; infinite where no limit is known.
  var remaining: Double { get }
  /// The signal that asked for the end, once one came.
  var stopSignal: StopSignal? { get }
}

public enum StopSignal: Sendable {
  case interrupt, terminate

  /// `SIGINT` or `SIGTERM`.
  public var name: String {
    switch self {
    case .interrupt: "SIGINT"
    case .terminate: "SIGTERM"
    }
  }

  public var exitStatus: ExitStatus {
    switch self {
    case .interrupt: .interrupted
    case .terminate: .terminated
    }
  }
}
