/// Text for a log that the Actions runner reads: nothing in it is a workflow command.
///
/// Literal parts are trusted to hold no command on purpose; every interpolated value is data, on one line, with nothing
/// hidden in it. Because a literal and a value can make a command together (`:` and `:error::`), what counts is the
/// finished line: ``lines`` gives each line of the text with every command broken.
///
/// The rules are the runner's (actions/runner, `src/Runner.Common/ActionCommand.cs`): a command is `::name::` first in
/// a line after white space, or `##[name]` anywhere in a line; the text is compared by culture, which skips ignorable
/// characters.
public struct LogText: ExpressibleByStringInterpolation, Sendable, Hashable {
  /// The text as it was put together; line breaks stem from literals only.
  public let text: String

  /// Text that is trusted as it is, line breaks included. ``lines`` still breaks commands in it.
  public init(trusted text: String) { self.text = text }

  public init(stringLiteral value: String) { text = value }
  public init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

  public struct Interpolation: StringInterpolationProtocol {
    var text = ""

    public init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + interpolationCount * 16)
    }

    public mutating func appendLiteral(_ literal: String) { text += literal }

    /// Untrusted text: on one line (`↵` for a line break), invisible characters as `<U+202E>`.
    public mutating func appendInterpolation(_ value: String) {
      text += VisibleText.make(value, lineBreaks: .mark)
    }

    public mutating func appendInterpolation(_ value: Substring) {
      text += VisibleText.make(value, lineBreaks: .mark)
    }

    /// Whatever describes itself is untrusted text as well.
    public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      text += VisibleText.make(value.description, lineBreaks: .mark)
    }

    public mutating func appendInterpolation(_ value: some BinaryInteger) { text += String(value) }
    public mutating func appendInterpolation(_ value: LogText) { text += value.text }
  }

  public var isEmpty: Bool { text.isEmpty }

  public static func + (a: LogText, b: LogText) -> LogText { LogText(trusted: a.text + b.text) }
  public static func += (a: inout LogText, b: LogText) { a = a + b }

  /// The lines of the text, each free of commands: `::` that begins a line becomes `: :`, and `##[` becomes `## [`.
  public var lines: [String] {
    var lines: [String] = []
    var line = ""
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      if VisibleText.isLineBreak(scalar) {
        if !(scalar == "\n" && previous == "\r") {
          lines.append(Self.withoutCommands(line))
          line = ""
        }
      } else {
        line.unicodeScalars.append(scalar)
      }
      previous = scalar
    }
    lines.append(Self.withoutCommands(line))
    return lines
  }

  /// The text as one line, line breaks shown as `↵`, free of commands.
  public var singleLine: String { Self.withoutCommands(VisibleText.make(text, lineBreaks: .mark)) }

  /// One line with a space put into whatever the runner would take for the start of a command.
  ///
  /// Ignorable characters count as absent, so that none of them hides a command. A second pass finds nothing to do.
  static func withoutCommands(_ line: String) -> String {
    guard line.utf8.contains(UInt8(ascii: ":")) || line.utf8.contains(UInt8(ascii: "#")) else { return line }
    var out = String.UnicodeScalarView()
    var leadingColons = 0
    var mayLead = true
    var hashes = 0
    for scalar in line.unicodeScalars {
      if VisibleText.isInvisible(scalar) {
        out.append(scalar)
        continue
      }
      if mayLead {
        if scalar == ":" {
          leadingColons += 1
          if leadingColons == 2 {
            out.append(" ")
            mayLead = false
          }
        } else if leadingColons > 0 || !scalar.properties.isWhitespace {
          mayLead = false
        }
      }
      if scalar == "[", hashes >= 2 { out.append(" ") }
      hashes = scalar == "#" ? hashes + 1 : 0
      out.append(scalar)
    }
    return String(out)
  }
}

extension Sequence where Element == LogText {
  public func joined(separator: LogText = "") -> LogText {
    LogText(trusted: map(\.text).joined(separator: separator.text))
  }
}
