import Markup
import Testing

@Suite struct MarkdownTests {
  @Test(arguments: [
    ("plain words, 12.5 % – done!?", "plain words, 12.5 % – done!?"),
    ("<b>", "&#60;b&#62;"),
    ("@alice", "@&#8203;alice"),
    ("see #12", "see #&#8203;12"),
    ("o/r#1", "o/r#&#8203;1"),
    ("GH-7", "GH-&#8203;7"),
    ("https://a.b", "https:&#8203;//a.b"),
    ("www.a.b", "www&#8203;.a.b"),
    ("0123456789abcdef", "012345&#8203;6789ab&#8203;cdef"),
    ("feedbacks", "feedbacks"),
    ("fix: typo", "fix: typo"),
    (":tada:", "&#58;&#8203;tada:"),
    ("- item", "&#45; item"),
    ("12. item", "12&#46; item"),
    ("0.5 s", "0.5 s"),
    ("say \"x\"", "say \"x\""),
    ("a - b", "a - b"),
    ("wow!", "wow&#33;"),
    ("a\r\nb\u{2028}c", "a b c"),
    ("a\u{202E}b", "a&#60;U+202E&#62;b"),
    ("❤️ 👩‍🚀", "❤️ 👩‍🚀"),
  ])
  func escapes(value: String, expected: String) {
    #expect(Markdown.escaped(value).text == expected)
  }

  @Test func literalsAndMarkdownPassThrough() {
    let inner: Markdown = "**\("*")**"
    #expect(("# \(1) \(inner)" as Markdown).text == "# 1 **&#42;**")
    #expect((("a" as Markdown) + "b").text == "ab")
    #expect((["a", "b"] as [Markdown]).joined(separator: ", ").text == "a, b")
    #expect(Markdown.blocks(["a", "", "b"]).text == "a\n\nb")
  }

  @Test func valuesSideBySideDoNotMakeOne() {
    #expect(("\("GH")\("-1")" as Markdown).text == "GH&#8203;&#45;1")
    #expect((Markdown.code("a") + .code("b")).text == "`a`&#8203;`b`")
  }

  @Test(arguments: [
    ("a", "`a`"), ("", "` `"), ("`", "`` ` ``"), ("a``b", "```a``b```"), (" a ", "`  a  `"), ("a\nb", "`a b`"),
    ("\u{1B}[0m", "`<U+001B>[0m`"),
  ])
  func codeSpans(value: String, expected: String) {
    #expect(Markdown.code(value).text == expected)
  }

  @Test func codeBlockFenceIsLongerThanAnyInside() {
    #expect(Markdown.codeBlock("a\r\n````\nb", language: "swift`<x>").text == "`````swiftx\na\n````\nb\n`````")
  }

  @Test func tableEscapesPipesAndEvensRows() {
    let table = Markdown.table(header: ["A", "B"], rows: [[.code("a|b")], ["1", "2", "3"]])
    #expect(table.text == "| A | B |\n| --- | --- |\n| `a\\|b` |  |\n| 1 | 2 |")
    #expect(text(of: render(table.text)).contains("a|b"))
  }

  @Test func quoteKeepsLines() {
    #expect(Markdown.quote("a\n\n# b\nc").text == "> a\n>\n> &#35;&#8203; b\\\n> c")
  }

  @Test(arguments: [
    ("https://github.com/o/r/actions/runs/1", "[x](https://github.com/o/r/actions/runs/1)"),
    ("https://a.b/) [y](z", "[x](https://a.b/%29%20%5By%5D%28z)"),
    ("javascript:alert(1)", "x"), ("", "x"),
  ])
  func links(url: String, expected: String) {
    #expect(Markdown.link("x", to: url).text == expected)
  }

  @Test(arguments: [("alice", "@alice"), ("dependabot[bot]", "`dependabot[bot]`"), ("a b", "`a b`"), ("", "` `")])
  func mentions(login: String, expected: String) {
    #expect(Markdown.mention(login).text == expected)
  }

  @Test func mermaidLabelsHoldNoSyntax() {
    #expect(("\("a\"]; click b [\n```")" as MermaidText).text == "a#34;#93;#59; click b #91; #96;#96;#96;")
    #expect(("\(3) chunks" as MermaidText).text == "3 chunks")
  }
}
