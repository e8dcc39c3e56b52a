internal import Glibc
internal import Synchronization

/// Tells a thread that waits in `poll` that the Swift task behind its statement was cancelled.
final class Interruption: Sendable {
  private let isRaisedFlag = Atomic(false)
  private let wakeup: Wakeup

  init(_ wakeup: Wakeup) { self.wakeup = wakeup }

  var isRaised: Bool { isRaisedFlag.load(ordering: .acquiring) }

  func raise() {
    isRaisedFlag.store(true, ordering: .releasing)
    wakeup.ring()
  }
}

/// A pipe to oneself that makes `poll` or `read` return. One that was written for an earlier statement only wakes the
/// thread once in vain.
final class Wakeup: Sendable {
  /// The end to wait on.
  let descriptor: Int32
  private let bell: Int32

  init() throws(PostgresError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      throw PostgresError(.other, message: "no file descriptor is left for a database connection")
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    descriptor = ends[0]
    bell = ends[1]
  }

  deinit {
    close(descriptor)
    close(bell)
  }

  /// A full pipe refuses the byte, and then wakes the reader anyway.
  func ring() {
    var byte: UInt8 = 0
    _ = unsafe write(bell, &byte, 1)
  }

  func silence() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while unsafe read(descriptor, &bytes, bytes.count) == bytes.count {}
  }

  /// Waits until it rings.
  func sleep() {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    _ = unsafe poll(&entry, 1, -1)
    silence()
  }
}

/// How long one call may still take: its own limit, or, once its task is cancelled, a short grace.
///
/// Cancellation is no reason to drop a statement that is done in a moment: the chunk's checkpoint is saved and its lease
/// given back by calls that run in a cancelled task.
struct Patience {
  private var end: Double
  private let grace: Double
  private let interruption: Interruption
  private var isGrace = false

  init(seconds: Double, grace: Double, interruption: Interruption) {
    end = monotonicNow() + seconds
    self.grace = grace
    self.interruption = interruption
  }

  /// Milliseconds for `poll`. Throws once there are none.
  mutating func left() throws(PostgresError) -> Int32 {
    let now = monotonicNow()
    if interruption.isRaised, !isGrace {
      isGrace = true
      end = min(end, now + grace)
    }
    guard end > now else {
      throw isGrace
        ? PostgresError(.cancelled, message: "the database call was cancelled")
        : PostgresError(.timedOut, message: "the database did not answer in time")
    }
    return Int32(min((end - now) * 1000, 3_600_000).rounded(.up))
  }
}

/// Seconds of a clock that never goes back.
func monotonicNow() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
