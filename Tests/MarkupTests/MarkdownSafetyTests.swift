import Markup
import TestSupport
import Testing

/// Hostile text rendered with GitHub's own parser stays text.
@Suite struct MarkdownSafetyTests {
  /// What GitHub looks for in rendered text outside code (html-pipeline's mention filter, and its kin for references).
  static func findings(in rendered: String) -> [String] {
    let patterns: [(String, Regex<Substring>)] = [
      ("mention", /(?:^|[^0-9A-Za-z_])@[a-zA-Z0-9][a-zA-Z0-9-]*/),
      ("reference", /#[0-9]+/),
      ("reference", /[gG][hH]-[0-9]+/),
      ("URL", /[a-zA-Z]:\/\//),
      ("URL", /[wW]{3}\.[a-zA-Z0-9]/),
      ("e-mail", /[a-zA-Z0-9]@[a-zA-Z0-9]/),
      ("emoji", /:[a-z0-9_+-]+:/),
      ("invisible", /[\u{0}-\u{8}\u{B}-\u{1F}\u{7F}\u{AD}\u{202A}-\u{202E}\u{2060}-\u{206F}\u{FEFF}]/),
    ]
    let words = rendered.unicodeScalars.split { !("0"..."9" ~= $0 || "a"..."z" ~= $0 || "A"..."Z" ~= $0 || $0 == "_") }
    let commits = words.filter { (7...40).contains($0.count) && $0.allSatisfy { "0"..."9" ~= $0 || "a"..."f" ~= $0 } }
    return commits.map { "commit \($0)" }
      + patterns.compactMap { name, pattern in
        rendered.firstMatch(of: pattern.matchingSemantics(.unicodeScalar)).map {
          "\(name) \($0.output)"
        }
      }
  }

  static func collapsed(_ text: String) -> String {
    let visible = text.unicodeScalars.filter { $0 != "\u{200B}" }
    var out = String.UnicodeScalarView()
    for scalar in visible {
      let isSpace = scalar == " " || scalar == "\n"
      if isSpace, out.last == " " || out.isEmpty { continue }
      out.append(isSpace ? " " : scalar)
    }
    if out.last == " " { out.removeLast() }
    return String(out)
  }

  static let contexts: [(String, @Sendable (String, String) -> Markdown, Set<String>)] = [
    ("alone", { a, _ in "\(a)" }, ["p"]),
    ("after a word", { a, _ in "word \(a)" }, ["p"]),
    ("after a line", { a, _ in "word\n\(a)" }, ["p"]),
    ("before a line", { a, _ in "\(a)\nword" }, ["p"]),
    ("touching letters", { a, _ in "x\(a)y" }, ["p"]),
    ("two side by side", { a, b in "\(a)\(b)" }, ["p"]),
    ("two with a space", { a, b in "\(a) \(b)" }, ["p"]),
    ("after brackets", { a, b in "[x]\(a)" }, ["p"]),
    ("in a list", { a, b in "- \(a)\n- \(b)" }, ["ul", "li", "p"]),
    ("in a heading", { a, b in "### \(a)\n\n\(b)" }, ["h3", "p"]),
    ("in emphasis", { a, b in "**x \(a) y** \(b)" }, ["p", "strong"]),
    ("in HTML", { a, b in "<details>\n<summary>\(a)</summary>\n\n\(b)\n\n</details>" }, ["details", "summary", "p"]),
    ("code", { a, b in "x \(Markdown.code(a)) \(b)" }, ["p", "code"]),
    ("code side by side", { a, b in "\(Markdown.code(a))\(Markdown.code(b))" }, ["p", "code"]),
    ("code joined", { a, b in Markdown.code(a) + Markdown.code(b) }, ["p", "code"]),
    ("code then text", { a, b in "\(a)\(Markdown.code(b))\(a)" }, ["p", "code"]),
    ("a code block", { a, b in Markdown.blocks([.codeBlock(a, language: b), "\(b)"]) }, ["pre", "code", "p"]),
    ("a quote", { a, b in Markdown.blocks([.quote(a), "\(b)"]) }, ["blockquote", "p", "br"]),
  ]

  @Test(arguments: contexts.indices)
  func hostileTextStaysText(index: Int) {
    let (name, make, allowed) = Self.contexts[index]
    for seed in UInt64(0)..<400 {
      var generator = SeededGenerator(seed: seed)
      let a = HostileText.make(using: &generator)
      let b = HostileText.make(using: &generator)
      let markdown = make(a, b)
      let html = render(markdown.text)
      let unexpected = Set(tags(in: html)).subtracting(allowed)
      let found = Self.findings(in: text(of: html, outsideCode: true))
      guard unexpected.isEmpty, found.isEmpty else {
        Issue.record(
          "\(name), seed \(seed): \(unexpected) \(found)\n\(a.debugDescription) \(b.debugDescription)\n\(html)")
        return
      }
    }
  }

  @Test func tableCellsHoldWhatTheyAreGiven() {
    for seed in UInt64(0)..<1_500 {
      var generator = SeededGenerator(seed: seed)
      let values = (0..<4).map { _ in HostileText.make(using: &generator) }
      let table = Markdown.table(
        header: ["A \(values[0])", "B"],
        rows: [["\(values[1])", .code(values[2])], [.code(values[3]), "\(values[1]) \(Markdown.code(values[0]))"]])
      let html = render(table.text)
      let names = tags(in: html)
      let allowed: Set<String> = ["table", "thead", "tbody", "tr", "th", "td", "code"]
      let found = Self.findings(in: text(of: html, outsideCode: true))
      let spans = names.filter { $0 == "code" }.count
      let shape = [names.count { $0 == "tr" }, names.count { $0 == "th" }, names.count { $0 == "td" }]
      guard Set(names).isSubset(of: allowed), found.isEmpty, shape == [3, 2, 4], spans == 3 else {
        Issue.record("seed \(seed): \(shape) \(found)\n\(values.map(\.debugDescription))\n\(html)")
        return
      }
    }
  }

  /// Escaping changes how the text is written, not what a reader sees.
  @Test func escapedTextReadsAsTheOriginal() {
    for seed in UInt64(0)..<1_500 {
      var generator = SeededGenerator(seed: seed)
      let value = HostileText.make(using: &generator).filter { $0.unicodeScalars.allSatisfy(Self.isPlain) }
      let plain = Self.collapsed(text(of: render("x" + ("\(value)" as Markdown).text)))
      let code = Self.collapsed(text(of: render("x" + Markdown.code(value).text)))
      let wanted = Self.collapsed("x" + value.replacing("\r\n", with: " ").replacing("\t", with: " "))
      guard plain == wanted, value.isEmpty || code == wanted else {
        Issue.record("seed \(seed): \(value.debugDescription)\n\(plain)\n\(code)\n\(wanted)")
        return
      }
    }
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    (0x20..<0x7F).contains(scalar.value) || scalar == "\n" || scalar == "\t" || scalar == "\r"
  }
}
