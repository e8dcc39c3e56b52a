internal import Glibc
internal import Synchronization

/// A serial executor that is one thread of its own.
///
/// libpq blocks, and the cooperative pool has as many threads as there are cores: sixteen connections that block two
/// seconds each took sixteen seconds there. The thread ends once nobody holds the executor and no job waits.
final class DedicatedThread: SerialExecutor {
  private let inbox: Inbox

  init() throws(PostgresError) {
    let inbox = try Inbox()
    self.inbox = inbox
    var thread = pthread_t()
    let context = unsafe Unmanaged.passRetained(inbox)
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        // Balances `passRetained`: the thread owns its inbox from here on.
        unsafe Unmanaged<Inbox>.fromOpaque(argument).takeRetainedValue().work()
        return nil
      }, context.toOpaque())
    guard status == 0 else {
      unsafe context.release()
      throw PostgresError(.other, message: "no thread can be started for a database connection (error \(status))")
    }
    pthread_detach(thread)
  }

  deinit { inbox.stop() }

  func enqueue(_ job: consuming ExecutorJob) { inbox.put(UnownedJob(job), for: self) }
}

/// The jobs that wait for the thread.
private final class Inbox: Sendable {
  private struct State {
    /// Each job keeps its executor alive until it has run.
    var jobs: [(job: UnownedJob, executor: DedicatedThread)] = []
    var isStopped = false
  }

  private let state = Mutex(State())
  /// Rings after each change of the state.
  private let bell: Wakeup

  init() throws(PostgresError) { bell = try Wakeup() }

  func put(_ job: UnownedJob, for executor: DedicatedThread) {
    state.withLock { $0.jobs.append((job, executor)) }
    bell.ring()
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    bell.ring()
  }

  func work() {
    while true {
      let (jobs, isStopped) = state.withLock { state in
        defer { state.jobs = [] }
        return (state.jobs, state.isStopped)
      }
      for (job, executor) in jobs { unsafe job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
      // The executor is gone, so nobody can enqueue any more.
      if jobs.isEmpty, isStopped { return }
      guard jobs.isEmpty else { continue }
      bell.sleep()
    }
  }
}
