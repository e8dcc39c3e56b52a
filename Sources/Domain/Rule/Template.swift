/// A comment's text with placeholders, as a rule of the configuration spells it.
///
/// `{{name}}` is a placeholder, with or without spaces inside the braces; there is no other syntax.
public struct Template: Hashable, Sendable {
  public var segments: [Segment]

  public enum Segment: Hashable, Sendable {
    /// Markdown that the repository's maintainers wrote.
    case literal(String)
    case placeholder(Placeholder)
  }

  public enum Placeholder: Hashable, Sendable {
    case author, title, number, repository, url, labels, milestone, assignees
    /// Whoever caused the event, or wrote the command.
    case actor
    /// The pull requests that would close the issue.
    case linked
    /// An argument of a command of the configuration.
    case argument(String)

    /// Those that are always valid.
    public static let plain: [(name: String, placeholder: Placeholder)] = [
      ("author", .author), ("title", .title), ("number", .number), ("repository", .repository), ("url", .url),
      ("labels", .labels), ("milestone", .milestone), ("assignees", .assignees), ("actor", .actor), ("linked", .linked),
    ]

    init?(_ name: String) {
      if let plain = Self.plain.first(where: { $0.name == name }) {
        self = plain.placeholder
      } else if name.hasPrefix("args."), name.count > 5 {
        self = .argument(String(name.dropFirst(5)))
      } else {
        return nil
      }
    }
  }

  /// What is wrong with a template.
  public enum Fault: Error, Hashable, Sendable {
    case unknownPlaceholder(String)
    /// A `{{` without its `}}`.
    case unclosed
  }

  /// Reads a template.
  ///
  /// - Throws: the first fault.
  public init(_ text: String) throws(Fault) {
    segments = []
    let scalars = text.unicodeScalars
    var literalStart = scalars.startIndex
    var at = scalars.startIndex
    while let open = Self.next("{", in: scalars, from: at) {
      if literalStart < open { segments.append(.literal(String(text[literalStart..<open]))) }
      let nameStart = scalars.index(open, offsetBy: 2)
      guard let close = Self.next("}", in: scalars, from: nameStart) else { throw .unclosed }
      let name = text[nameStart..<close].split(whereSeparator: \.isWhitespace).joined(separator: " ")
      guard let placeholder = Placeholder(name) else { throw .unknownPlaceholder(name) }
      segments.append(.placeholder(placeholder))
      at = scalars.index(close, offsetBy: 2)
      literalStart = at
    }
    if literalStart < scalars.endIndex { segments.append(.literal(String(text[literalStart...]))) }
  }

  /// Where `brace` stands twice in a row, at or after `start`.
  private static func next(
    _ brace: Unicode.Scalar, in scalars: String.UnicodeScalarView, from start: String.Index
  ) -> String.Index? {
    var at = start
    while at < scalars.endIndex {
      let following = scalars.index(after: at)
      if scalars[at] == brace, following < scalars.endIndex, scalars[following] == brace { return at }
      at = following
    }
    return nil
  }
}
