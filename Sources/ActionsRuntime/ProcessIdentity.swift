import Glibc

/// Names this process so that another one on the same machine can tell whether it still lives.
///
/// A lease that a killed process holds need not be waited for when its successor sees that it is dead: after a SIGKILL
/// on a self-hosted runner or on a laptop, work goes on at once. Across machines nothing can be seen, and the lease
/// decides. A wrong answer could cost time and never data, as every write is fenced.
///
/// The text is `boot id/pid namespace/pid/start time`: a pid alone is reused, and means nothing in another container.
/// Sources: proc_sys_kernel(5) (`random/boot_id`), pid_namespaces(7), proc_pid_stat(5) (field 22, `starttime`).
public struct ProcessIdentity: Sendable {
  /// This process. Empty parts where /proc is not readable; such an identity never counts as dead.
  public static let own = ProcessIdentity(of: getpid())

  public let text: String

  private init(of pid: pid_t) {
    text = [Self.machine ?? "", String(pid), Self.startTime(of: pid) ?? ""].joined(separator: "/")
  }

  /// Whether the process that `text` names ran here and is gone. `false` where that cannot be known.
  public static func isKnownDead(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 4, let here = machine, "\(parts[0])/\(parts[1])" == here, let pid = pid_t(parts[2]),
      !parts[3].isEmpty
    else { return false }
    guard let started = startTime(of: pid) else {
      // No such process, or one that may not be looked at: only the first is dead.
      return kill(pid, 0) == -1 && errno == ESRCH
    }
    return started != String(parts[3])
  }

  /// `boot id/pid namespace`.
  private static let machine: String? = {
    guard let boot = contents(of: "/proc/sys/kernel/random/boot_id") else { return nil }
    var buffer = [CChar](repeating: 0, count: 64)
    let count = readlink("/proc/self/ns/pid", &buffer, buffer.count - 1)
    guard count > 0 else { return nil }
    let namespace = buffer[..<count].map { UInt8(bitPattern: $0) }
    return boot.filter { !$0.isWhitespace } + "/" + String(decoding: namespace, as: UTF8.self)
  }()

  /// Clock ticks since boot at which the process began; nil where there is none, or where it is a zombie.
  private static func startTime(of pid: pid_t) -> String? {
    guard let stat = contents(of: "/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
    // The fields after the parenthesised name begin with the third, the state.
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    return String(fields[19])
  }

  private static func contents(of path: String) -> String? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = fread(&buffer, 1, buffer.count, file)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
