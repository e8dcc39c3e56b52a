public import Domain
import Glibc
import Synchronization

/// The end of the run: a time limit, and SIGINT or SIGTERM.
///
/// The Actions runner cancels a step by SIGINT to its entry process, sends SIGTERM 7.5 s later and kills the tree after
/// another 2.5 s. So the first signal asks for an end in good order, and a second one ends the process on the spot with
/// 130 (SIGINT) or 143 (SIGTERM): what is not committed then is what a kill would have cost.
///
/// Both signals are blocked in the thread that calls ``install(timeLimit:)`` and in every thread that comes from it,
/// and one thread takes them by `sigtimedwait`. The main thread of an asynchronous `main` ends up in libdispatch's
/// `sigsuspend` with no signal blocked (swift-corelibs-libdispatch, `_dispatch_sigsuspend`), and receives them there: a
/// handler hands them on to the waiting thread and does nothing else. Both signals count even where the parent had them
/// ignored, as a shell does for its background jobs.
///
/// Call `install` first in `main`, while the process has one thread. A child process inherits the blocked signals;
/// whoever spawns one resets its mask.
public final class RunDeadline: Deadline {
  /// Why a run has to end.
  public enum Cause: Hashable, Sendable {
    case signal(StopSignal)
    case timeUp
  }

  private struct State {
    var limit: Double
    var signal: StopSignal?
    var isTimeUp = false
    var nextWaiter: UInt64 = 0
    var waiters: [UInt64: Waiter] = [:]
    /// Waiters whose task was cancelled before they were registered.
    var cancelled: Set<UInt64> = []

    var cause: Cause? { signal.map { .signal($0) } ?? (isTimeUp ? .timeUp : nil) }
  }

  private struct Waiter {
    var forSignalOnly: Bool
    var continuation: CheckedContinuation<Cause?, Never>
  }

  /// Seconds on the monotonic clock.
  private let start: Double
  private let state: Mutex<State>
  private let thread = Atomic<UInt>(0)

  private init(timeLimit: Double?) {
    start = SystemClock.monotonicSeconds
    state = Mutex(State(limit: timeLimit ?? .infinity))
  }

  /// Blocks SIGINT and SIGTERM and starts the thread that waits for them.
  ///
  /// - Parameter timeLimit: seconds from now; nil for no limit.
  public static func install(timeLimit: Double?) -> RunDeadline {
    let deadline = RunDeadline(timeLimit: timeLimit)
    var blocked = Self.signals
    pthread_sigmask(SIG_BLOCK, &blocked, nil)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 256 * 1024)
    var thread = pthread_t()
    // The thread lives as long as the process and keeps the object alive.
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        if let argument { Unmanaged<RunDeadline>.fromOpaque(argument).takeRetainedValue().takeSignals() }
        return nil
      }, Unmanaged.passRetained(deadline).toOpaque())
    pthread_attr_destroy(&attributes)
    if status == 0 {
      deadline.thread.store(UInt(thread), ordering: .releasing)
      waitingThread.store(UInt(thread), ordering: .releasing)
      signal(SIGINT, handOn)
      signal(SIGTERM, handOn)
    } else {
      // Without the thread, signals have to keep their default effect.
      pthread_sigmask(SIG_UNBLOCK, &blocked, nil)
    }
    return deadline
  }

  /// Sets the limit anew, in seconds from the moment of ``install(timeLimit:)``; nil for none.
  public func limit(to seconds: Double?) {
    state.withLock {
      $0.limit = seconds ?? .infinity
      $0.isTimeUp = false
    }
    // Only this thread takes SIGURG, whose default effect is none; it then reads the limit again.
    send(SIGURG)
  }

  /// Seconds that are left, never negative; infinite where no limit was set.
  public var remaining: Double {
    let limit = state.withLock { $0.limit }
    return max(0, start + limit - SystemClock.monotonicSeconds)
  }

  public var stopSignal: StopSignal? { state.withLock { $0.signal } }

  /// Seconds since ``install(timeLimit:)``.
  public var elapsed: Double { SystemClock.monotonicSeconds - start }

  /// Waits for the first signal, whatever happens to the waiting task: no cancellation ends this wait. A task that has
  /// to end before waits on ``untilStopped()``.
  public func onStop() async -> StopSignal {
    let cause = await withCheckedContinuation { register($0, id: newWaiter(), forSignalOnly: true) }
    guard case .signal(let signal) = cause else { return .terminate }
    return signal
  }

  /// Waits for the first signal or for the limit, whichever comes first; nil where the waiting task is cancelled.
  public func untilStopped() async -> Cause? {
    let id = newWaiter()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { register($0, id: id, forSignalOnly: false) }
    } onCancel: {
      let waiter = state.withLock { state in
        let waiter = state.waiters.removeValue(forKey: id)
        if waiter == nil { state.cancelled.insert(id) }
        return waiter
      }
      waiter?.continuation.resume(returning: nil)
    }
  }

  /// Runs `body` in a task that is cancelled when a signal comes or time is up, and waits for its end either way: what
  /// `body` returns or throws is what this returns or throws. Whether it was stopped, `stopSignal` and `remaining` say.
  public func run<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await withThrowingTaskGroup(of: T?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        _ = await self.untilStopped()
        return nil
      }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
        group.cancelAll()
      }
      throw CancellationError()
    }
  }

  private func newWaiter() -> UInt64 {
    state.withLock {
      $0.nextWaiter += 1
      return $0.nextWaiter
    }
  }

  private func register(_ continuation: CheckedContinuation<Cause?, Never>, id: UInt64, forSignalOnly: Bool) {
    let answer: Cause?? = state.withLock { state in
      if state.cancelled.remove(id) != nil { return .some(nil) }
      if forSignalOnly {
        if let signal = state.signal { return .signal(signal) }
      } else if let cause = state.cause {
        return .some(cause)
      }
      state.waiters[id] = Waiter(forSignalOnly: forSignalOnly, continuation: continuation)
      return nil
    }
    if let answer { continuation.resume(returning: answer) }
  }

  private static var signals: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    return set
  }

  /// The thread's life: takes one signal after the other and watches the clock.
  private func takeSignals() {
    var taken = Self.signals
    sigaddset(&taken, SIGURG)
    pthread_sigmask(SIG_BLOCK, &taken, nil)
    while true {
      let number = nextSignal(of: &taken)
      switch number {
      case SIGINT: stop(by: .interrupt)
      case SIGTERM: stop(by: .terminate)
      default: if remaining <= 0 { runOutOfTime() }
      }
    }
  }

  /// The next signal, or a negative number where the limit came first or the wait was interrupted.
  private func nextSignal(of set: inout sigset_t) -> Int32 {
    let (limit, isTimeUp) = state.withLock { ($0.limit, $0.isTimeUp) }
    guard limit.isFinite, !isTimeUp else { return sigwaitinfo(&set, nil) }
    // Years are more than any run lasts, and fit the C type.
    let seconds = min(max(0, start + limit - SystemClock.monotonicSeconds), 1e8)
    var timeout = timespec()
    timeout.tv_sec = Int(seconds)
    timeout.tv_nsec = Int((seconds - seconds.rounded(.down)) * 1_000_000_000)
    return sigtimedwait(&set, nil, &timeout)
  }

  private func stop(by signal: StopSignal) {
    let (isSecond, waiters) = state.withLock { state -> (Bool, [Waiter]) in
      guard state.signal == nil else { return (true, []) }
      state.signal = signal
      defer { state.waiters = [:] }
      return (false, Array(state.waiters.values))
    }
    if isSecond { _exit(signal.exitStatus.rawValue) }
    for waiter in waiters { waiter.continuation.resume(returning: .signal(signal)) }
  }

  private func runOutOfTime() {
    let waiters = state.withLock { state -> [Waiter] in
      state.isTimeUp = true
      let ready = state.waiters.filter { !$0.value.forSignalOnly }
      for id in ready.keys { state.waiters[id] = nil }
      return Array(ready.values)
    }
    for waiter in waiters { waiter.continuation.resume(returning: .timeUp) }
  }

  /// Sends a signal to the waiting thread alone.
  func send(_ signal: Int32) {
    let thread = thread.load(ordering: .acquiring)
    if thread != 0 { pthread_kill(pthread_t(thread), signal) }
  }
}

/// The thread of the deadline that was installed last. The handler finds it initialised: `install` wrote it before.
private let waitingThread = Atomic<UInt>(0)

/// The handler: `pthread_kill` and an atomic load are all that it does, and both are safe in one (POSIX.1-2017, 2.4.3).
private let handOn: @convention(c) (Int32) -> Void = { number in
  let saved = errno
  let thread = waitingThread.load(ordering: .acquiring)
  if thread != 0 { pthread_kill(pthread_t(thread), number) }
  errno = saved
}
