import ActionsRuntime
import Foundation
import Glibc
import Synchronization

/// A clock that a test sets.
final class ManualSeconds: Sendable {
  private let value = Mutex(0.0)
  var now: Double { value.withLock { $0 } }
  func advance(by seconds: Double) { value.withLock { $0 += seconds } }
}

/// A terminal with a log on it, and what a reader sees there.
final class Terminal {
  struct Unavailable: Error {}

  let log: RunLog
  let clock = ManualSeconds()
  /// `TIOCSPTLCK` and `TIOCGPTN`, which the Glibc module does not have: ioctl_tty(2).
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  private let master: Int32
  private let slave: Int32
  private let columns: Int
  /// Everything that was written.
  private(set) var bytes: [UInt8] = []

  init(columns: Int, kind: String = "xterm-256color", isActions: Bool = false) throws {
    self.columns = columns
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var unlocked: Int32 = 0
    var number: UInt32 = 0
    guard master >= 0, ioctl(master, Self.setLock, &unlocked) == 0, ioctl(master, Self.getNumber, &number) == 0 else {
      throw Unavailable()
    }
    slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var size = winsize(ws_row: 24, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    guard slave >= 0, ioctl(slave, UInt(TIOCSWINSZ), &size) == 0 else { throw Unavailable() }
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
    log = RunLog(
      output: slave, diagnostics: slave, isActions: isActions, allowsColour: false, terminal: kind,
      seconds: { [clock] in clock.now })
  }

  deinit {
    close(slave)
    close(master)
  }

  /// The lines of the screen, as a terminal of this width would show them.
  var screen: [String] {
    drain()
    var lines: [[Character]] = [[]]
    var row = 0
    var column = 0
    var rest = Substring(String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n"))
    while let character = rest.popFirst() {
      switch character {
      case "\r": column = 0
      case "\n":
        row += 1
        column = 0
        if row == lines.count { lines.append([]) }
      case "\u{1B}" where rest.hasPrefix("[2K"):
        rest = rest.dropFirst(3)
        lines[row] = []
      default:
        // A full line goes on in the next one.
        if column == columns {
          row += 1
          column = 0
          if row == lines.count { lines.append([]) }
        }
        while lines[row].count <= column { lines[row].append(" ") }
        lines[row][column] = character
        column += 1
      }
    }
    return lines.map { String($0) }
  }

  /// How often something was drawn over.
  var drawings: Int {
    drain()
    return String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\u{1B}[2K").count - 1
  }

  private func drain() {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(master, &buffer, buffer.count)
      guard count > 0 else { return }
      bytes += buffer[..<count]
    }
  }
}
