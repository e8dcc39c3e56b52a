import Glibc
public import Markup

/// How far some work has come, as a log and as a terminal show it.
public struct WorkProgress: Sendable {
  /// 0 to 1; nil where it is not known.
  public var fraction: Double?
  /// For a line that stays.
  public var line: LogText
  /// For a line that is drawn over, what matters most first: it is cut to the terminal's width.
  public var bar: LogText

  public init(fraction: Double? = nil, line: LogText, bar: LogText) {
    self.fraction = fraction
    self.line = line
    self.bar = bar
  }
}

/// One line of a terminal that is drawn again and again in its place.
struct ProgressBar {
  /// Draws over the line and leaves the cursor behind it.
  static let erase = "\r\u{1B}[2K"

  /// Columns of the terminal behind the descriptor; nil where it does not say.
  static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Whether a line of the terminal can be drawn over: `TERM` is not `dumb` and not missing.
  static func isPossible(on descriptor: Int32, terminal: String?) -> Bool {
    guard let terminal, !terminal.isEmpty, terminal != "dumb" else { return false }
    return isatty(descriptor) == 1
  }

  /// `[#######-----]  58 %  2 min left`, in less than `columns`: a full line would wrap, and could not be erased.
  static func text(_ progress: WorkProgress, columns: Int) -> String {
    let room = max(0, columns - 1)
    let text = progress.bar.singleLine
    guard let fraction = progress.fraction, room >= 40 else { return cut(text, to: room) }
    let width = min(30, room / 4)
    let full = Int((min(1, max(0, fraction)) * Double(width)).rounded(.down))
    let bar = "[" + String(repeating: "#", count: full) + String(repeating: "-", count: width - full) + "]  "
    return bar + cut(text, to: room - width - 4)
  }

  /// As many whole characters as fit. Outside ASCII each counts as two columns: some are, and too short harms nothing.
  private static func cut(_ text: String, to room: Int) -> String {
    var left = room
    var out = ""
    for character in text {
      left -= character.isASCII ? 1 : 2
      guard left >= 0 else { break }
      out.append(character)
    }
    return out
  }
}
