import TestSupport

/// Pieces of text that mean something to Markdown, HTML or GitHub; strung together at random.
enum HostileText {
  static let pieces = [
    "`", "``", "```", "~~~", "\n", "\r\n", "\n\n", "\\", "\\`", "\\|", "|", "||", " | ", "<", ">", "<img src=x>",
    "<script>", "</td>", "<!--", "-->", "<a href='x'>", "<details>", "&", "&lt;", "&#64;", "&amp;", "@", "@alice",
    "@org/team", "#", "#1", "#123", "GH-1", "gh-22", "owner/repo#1", "bitcoin/bitcoin@", "deadbeef",
    "0123456789abcdef0123456789abcdef01234567", "abcdef1", "abc", "123", "http://", "https://evil.example/x", "www.",
    "www.evil.example", "ftp://a.b", "mailto:a@b.cc", "xmpp:a@b.cc", "a@b.cc", "evil@example.com", "://", ":", ":tada:",
    "[", "]", "(", ")", "![", "[x](http://a.b)", "[x]: http://a.b", "](javascript:x)", "[^1]", "[^1]: x", "!", "*",
    "**",
    "***x***", "_", "__x__", "~", "~~x~~", "# x", "## ", "- ", "+ ", "* ", "1. ", "1) ", "> ", "===", "---", "- [ ] ",
    "| a | b |", "|---|---|", ":-:", "    ", "\t", " ", "  ", "$x$", "$$", "^", "{", "}", "\"", "'", "%", "=", ".",
    "\u{202E}", "\u{200B}", "\u{200D}", "\u{FE0F}", "\u{FEFF}", "\u{AD}", "\u{1B}[31m", "\u{0}", "\u{7F}", "\u{85}",
    "\u{2028}", "\u{E0041}", "\u{301}", "é", "❤️", "👩‍🚀", "日本", "x", "word", "a", "1", "w", "W", "WWW.x.yy", "HTTP://X.YY",
  ]

  static func make(using generator: inout SeededGenerator, upTo count: Int = 12) -> String {
    (0..<Int.random(in: 1...count, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }
      .joined()
  }
}
