/// GitHub-flavoured Markdown that is safe to post.
///
/// Literal parts are trusted Markdown. Every interpolated string is escaped (see ``escaped(_:)``), so that it shows as
/// the plain text it is wherever it stands: in a paragraph, a heading, a list, a table cell or a raw HTML block.
/// Integers and other `Markdown` pass through.
public struct Markdown: ExpressibleByStringInterpolation, Sendable, Hashable {
  public let text: String

  /// Markdown from the program's own source; never text that came from outside.
  public init(trusted text: String) { self.text = text }

  public init(stringLiteral value: String) { text = value }
  public init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

  public struct Interpolation: StringInterpolationProtocol {
    var text = ""
    /// Whether the text so far ends with an interpolated value.
    private var endsWithValue = false

    public init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + interpolationCount * 32)
    }

    public mutating func appendLiteral(_ literal: String) {
      guard !literal.isEmpty else { return }
      text = Markdown.join(text, literal)
      endsWithValue = false
    }

    /// Untrusted text, shown as it is.
    public mutating func appendInterpolation(_ value: String) { appendValue(Markdown.escapedText(value)) }
    public mutating func appendInterpolation(_ value: Substring) { appendValue(Markdown.escapedText(value)) }

    /// Whatever describes itself is untrusted text as well.
    public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      appendValue(Markdown.escapedText(value.description))
    }

    public mutating func appendInterpolation(_ value: some BinaryInteger) { appendValue(String(value)) }

    public mutating func appendInterpolation(_ value: Markdown) {
      text = Markdown.join(text, value.text)
      endsWithValue = false
    }

    /// Two values side by side might make together what neither is alone: `GH` and `-1`.
    private mutating func appendValue(_ value: String) {
      guard !value.isEmpty else { return }
      if endsWithValue { text += Markdown.breaker }
      text += value
      endsWithValue = true
    }
  }

  public var isEmpty: Bool { text.isEmpty }

  public static func + (a: Markdown, b: Markdown) -> Markdown { Markdown(trusted: join(a.text, b.text)) }
  public static func += (a: inout Markdown, b: Markdown) { a = a + b }

  /// The parts one after the other with `separator` between them.
  public static func joined(_ parts: some Sequence<Markdown>, separator: Markdown = "") -> Markdown {
    var result = ""
    var isFirst = true
    for part in parts {
      if !isFirst { result = join(result, separator.text) }
      result = join(result, part.text)
      isFirst = false
    }
    return Markdown(trusted: result)
  }

  /// Blocks with an empty line between them; empty ones are left out.
  public static func blocks(_ parts: [Markdown]) -> Markdown {
    joined(parts.filter { !$0.isEmpty }, separator: "\n\n")
  }

  /// Two code spans side by side would become one: the run of backticks is what delimits them.
  private static func join(_ a: String, _ b: String) -> String {
    a.utf8.last == UInt8(ascii: "`") && b.utf8.first == UInt8(ascii: "`") ? a + breaker + b : a + b
  }

  /// A zero-width space as an entity, which shows in the source what it does there.
  static let breaker = "&#8203;"
}

extension Sequence where Element == Markdown {
  public func joined(separator: Markdown = "") -> Markdown { Markdown.joined(self, separator: separator) }
}
