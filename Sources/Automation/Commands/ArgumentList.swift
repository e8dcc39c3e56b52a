/// The arguments of a command's line.
struct ArgumentList {
  struct Argument {
    var text: String
    /// Where it begins in the line, its quote included.
    var start: String.Index
  }
  private(set) var arguments: [Argument] = []
  /// What is wrong with the line.
  private(set) var fault: String?

  var texts: [String] { arguments.map(\.text) }

  /// Reads a line. Arguments stand between white space, and commas where those separate too; quotes, also the curly
  /// ones that telephones type, keep both.
  init(_ line: String, commasSeparate: Bool = true) {
    var current = ""
    var start = line.startIndex
    var isQuoted = false
    var followsQuote = false
    for index in line.indices {
      let character = line[index]
      let isSeparator = (commasSeparate && character == ",") || character.isWhitespace
      if isQuoted {
        guard Self.isQuote(character) else {
          current.append(character)
          continue
        }
        guard !current.allSatisfy(\.isWhitespace) else {
          fault = "it has empty quotes"
          return
        }
        arguments.append(Argument(text: current, start: start))
        current = ""
        isQuoted = false
        followsQuote = true
      } else if isSeparator {
        if !current.isEmpty { arguments.append(Argument(text: current, start: start)) }
        current = ""
        followsQuote = false
      } else if followsQuote {
        fault = "a comma or a space is missing after a closing quote"
        return
      } else {
        if current.isEmpty { start = index }
        if Self.isQuote(character), current.isEmpty { isQuoted = true } else { current.append(character) }
      }
    }
    if isQuoted {
      fault = "a quote is not closed"
    } else if !current.isEmpty {
      arguments.append(Argument(text: current, start: start))
    }
  }

  static func isQuote(_ character: Character) -> Bool { character == "\"" || character == "“" || character == "”" }

  /// The rest of a line as one value: without the quotes where they stand around all of it.
  static func whole(_ text: some StringProtocol) -> String {
    let trimmed = trimmed(text)
    guard trimmed.count >= 2, let first = trimmed.first, let last = trimmed.last, isQuote(first), isQuote(last) else {
      return trimmed
    }
    let inner = trimmed.dropFirst().dropLast()
    return inner.contains(where: isQuote) ? trimmed : Self.trimmed(inner)
  }

  static func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop(while: \.isWhitespace)
    var end = String(start)
    while end.last?.isWhitespace == true { end.removeLast() }
    return end
  }
}
