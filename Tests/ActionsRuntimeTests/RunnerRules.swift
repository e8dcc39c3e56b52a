import TestSupport

/// Which commands the Actions runner would execute in a log: its two parsers (actions/runner, `ActionCommand.cs`), once
/// on the line as it is and once without the characters that a comparison by culture skips.
enum RunnerRules {
  static let registered: Set<String> = [
    "set-env", "set-output", "save-state", "add-mask", "add-path", "add-matcher", "remove-matcher", "debug", "warning",
    "error", "notice", "group", "endgroup", "echo", "stop-commands", "internal-set-repo-path",
  ]

  static func commands(in log: String) -> [String] {
    var lines: [String.UnicodeScalarView] = [.init()]
    for scalar in log.unicodeScalars {
      if scalar == "\n" || scalar == "\r" { lines.append(.init()) } else { lines[lines.count - 1].append(scalar) }
    }
    return lines.compactMap { line in
      command(in: Array(line)) ?? command(in: line.filter { !$0.properties.isDefaultIgnorableCodePoint && $0 != "\0" })
    }
  }

  private static func command(in line: [Unicode.Scalar]) -> String? {
    let trimmed = Array(line.drop { $0.properties.isWhitespace })
    if trimmed.starts(with: Array("::".unicodeScalars)), let end = index(of: "::", in: trimmed, from: 2),
      let name = name(trimmed[2..<end])
    {
      return name
    }
    if let start = index(of: "##[", in: line, from: 0), let end = index(of: "]", in: line, from: start),
      let name = name(line[(start + 3)..<end])
    {
      return name
    }
    return nil
  }

  private static func name(_ inner: ArraySlice<Unicode.Scalar>) -> String? {
    var word = String.UnicodeScalarView()
    word.append(contentsOf: inner.prefix { $0 != " " })
    let name = String(word).lowercased()
    return registered.contains(name) ? name : nil
  }

  private static func index(of text: String, in line: [Unicode.Scalar], from start: Int) -> Int? {
    let wanted = Array(text.unicodeScalars)
    guard start + wanted.count <= line.count else { return nil }
    return (start...(line.count - wanted.count)).first { line[$0..<($0 + wanted.count)].elementsEqual(wanted) }
  }
}

/// Text of which a runner that reads it raw would execute a good part.
enum HostileLogText {
  static let pieces = [
    "::", ":", "##[", "##", "#", "[", "]", "\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}", "\u{0B}", "\u{0C}",
    "\t", " ", "\u{A0}", "\u{3000}", "\u{200B}", "\u{200D}", "\u{200C}", "\u{FE0F}", "\u{FEFF}", "\u{AD}", "\u{34F}",
    "\u{61C}", "\u{115F}", "\u{180E}", "\u{202E}", "\u{2060}", "\u{3164}", "\u{FFA0}", "\u{FFF0}", "\u{E0020}", "\0",
    "\u{1B}[2K", "\u{1B}[1A", "\u{7F}", "\u{8}", "é", "❤", "क", "error", "warning", "ERROR", "add-mask", "set-output",
    " name=x", "group", "endgroup", "stop-commands", "::error::x", "::add-mask::x", "##[error]x", "##[group]",
    "\n::set-output name=a::b", "\r##[add-mask]x", "%0A", "%25", ",", "=", "file=x", "word", "x",
  ]

  static func make(using generator: inout SeededGenerator) -> String {
    (0..<Int.random(in: 1...8, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
  }
}
