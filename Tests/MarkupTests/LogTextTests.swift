import Markup
import TestSupport
import Testing

@Suite struct LogTextTests {
  @Test(arguments: [
    ("::error::x", ": :error::x"),
    ("  \t::error::x", "   : :error::x"),
    ("a ::error::x", "a ::error::x"),
    ("##[group]x", "## [group]x"),
    ("###[group]x", "### [group]x"),
    ("a##\u{200B}[error]x", "a##<U+200B>[error]x"),
    ("a\r\n::add-mask::x", "a↵::add-mask::x"),
    ("\u{2028}::x::", "↵::x::"),
    ("\u{1B}[31mred", "<U+001B>[31mred"),
    ("\u{FEFF}::x::", "<U+FEFF>::x::"),
    ("\u{3000}::x::", "\u{3000}: :x::"),
    ("::1 is an address", ": :1 is an address"),
    ("❤️ 12:30 #1", "❤️ 12:30 #1"),
  ])
  func values(value: String, expected: String) {
    #expect(("\(value)" as LogText).lines == [expected])
  }

  @Test func commandsMadeOfLiteralAndValueAreBroken() {
    #expect((":\(":error::x")" as LogText).lines == [": :error::x"])
    #expect(("#\("#")\("[error]x")" as LogText).lines == ["## [error]x"])
    #expect(("\(" ")\u{200D}:\u{200D}\(":x::")" as LogText).lines == [" \u{200D}:\u{200D} :x::"])
  }

  @Test func onlyLiteralsBreakLines() {
    #expect(("a \("b\nc")\n\(1)\r\nd" as LogText).lines == ["a b↵c", "1", "d"])
    #expect(("a\nb" as LogText).singleLine == "a↵b")
    #expect((["a", "\("\n")"] as [LogText]).joined(separator: "\n").lines == ["a", "↵"])
  }

  @Test func breakingTwiceChangesNothing() {
    for seed in UInt64(0)..<2_000 {
      var generator = SeededGenerator(seed: seed)
      let value = (0..<8).map { _ in
        ["::", ":", "#", "##", "[", "##[", " ", "\u{200D}", "error", "]", "x"].randomElement(using: &generator) ?? ""
      }.joined()
      let once = LogText(trusted: value).lines
      #expect(LogText(trusted: once.joined(separator: "\n")).lines == once, "seed \(seed)")
    }
  }
}
