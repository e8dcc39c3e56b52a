import Automation
import Domain
import Testing

private let processor = CommentProcessor(settings: Settings())

private func commands(_ body: String, before: String? = nil) -> [Command] {
  processor.commands(in: Domain.Comment(id: 1, body: body), previousBody: before)
}
private func requests(_ body: String, before: String? = nil) -> [Command.Request] {
  commands(body, before: before).map(\.request)
}
private func mistake(_ body: String) -> String? {
  if case .mistake(let why) = requests(body).first { why } else { nil }
}

@Suite("Reading commands")
struct CommandReadingTests {
  @Test(
    "the grammar",
    arguments: [
      ("/label bug", .addLabels(["bug"])), ("/label a, \"b c\"", .addLabels(["a", "b c"])),
      ("/label a b,c ,, d", .addLabels(["a", "b", "c", "d"])),
      ("/LABEL “good first issue” x", .addLabels(["good first issue", "x"])),
      ("/label a A", .addLabels(["a"])), ("/label __init__ a*b*", .addLabels(["__init__", "a*b*"])),
      ("/label area:ui/x #1", .addLabels(["area:ui/x", "#1"])), ("/label bug <!-- why -->", .addLabels(["bug"])),
      ("/label 5\" x", .addLabels(["5\"", "x"])), ("/label a\u{A0}b", .addLabels(["a", "b"])),
      ("/unlabel bug", .removeLabels(["bug"])),
      ("/label\tbug", .addLabels(["bug"])), ("  /label bug  ", .addLabels(["bug"])),
      ("/close", .close(.completed)), ("/close Completed", .close(.completed)),
      ("/close not planned", .close(.notPlanned)),
      ("/close not_planned", .close(.notPlanned)), ("/close \"not planned\"", .close(.notPlanned)),
      ("/close duplicate", .close(.duplicate)), ("/Reopen", .reopen), ("/assign", .assign([nil])),
      ("/assign me", .assign([nil])),
      ("/assign @al-ice, bob", .assign(["al-ice", "bob"])),
    ] as [(String, Command.Request)])
  func grammar(body: String, request: Command.Request) {
    #expect(requests(body) == [request])
  }

  @Test(
    "what is wrong with a command is said",
    arguments: [
      ("/label", "names no label"), ("/label \"a", "not closed"), ("/label \"\"", "empty quotes"),
      ("/label \"a\"b", "missing after"),
      ("/label \(String(repeating: "x", count: 51))", "1 to 50"), ("/label a\u{07}b", "cannot be a label"),
      ("/close later", "no reason to close"), ("/reopen now", "no argument"), ("/assign @octo/team", "no login"),
      ("/assign \(String(repeating: "x", count: 40))", "no login"), ("/assign @-x", "no login"),
      ("/lable bug", "did you mean /label"), ("/labels bug", "did you mean /label"), ("/clsoe", "did you mean /close"),
      ("/label \(String(repeating: "x ", count: 101))", "more than 100"),
    ])
  func mistakes(body: String, contains: String) throws {
    #expect(try #require(mistake(body)).contains(contains))
    #expect(commands(body).allSatisfy { !$0.needsPermission })
  }

  @Test(
    "lines that are no command are passed over in silence",
    arguments: [
      "", "/", "/ label bug", "//label bug", "please /label bug", "/usr/bin/env", "/label/bug", "/shrug", "/help",
      "/label:bug",
      "/close.", "x/close", "`/close`", "-/close", "\\/close", "&#47;close", "/лabel x", "／close",
    ])
  func silence(body: String) { #expect(requests(body) == []) }

  @Test(
    "commands are ordinary text at the start of a line, as CommonMark sees it",
    arguments: [
      // In paragraphs
      ("text\n/close", true), ("text\r\n/close\r\nmore", true), ("text\r/close", true), ("/close\n\ntext", true),
      ("text\n      /close", true), ("   /close", true), ("text\n\t/close", true), ("# h\n/close", true),
      ("---\n/close", true),
      ("<b>x</b>\n\n/close", true), ("```\nx\n```\n/close", true), ("- item\n\n/close", true),
      ("> quote\n\n/close", true),
      ("**bold\n/close\nbold**", true), ("text  \n/close", true), ("text\\\n/close", true), ("[a]: b\n/close", true),
      ("<details>\n\n/close\n\n</details>", true), ("a | b\n/close", true), ("a `b\n/close", true),
      ("<!-- x -->\n\n/close", true),
      ("\u{FEFF}text\n/close", true), ("\0\n/close", true),
      // Many blank lines are as one
      ("- a\n\n\n \n  /close", true), ("-\n\n\n  /close", true), ("- a\n\n\n\n      /close", false),
      ("```\n\n\n\n/close", false), ("<!--\n\n\n/close", false), ("<div>\n\n\n/close", true), ("> a\n\n\n/close", true),
      // In list items
      ("- item\n  /close", true), ("- item\n/close", true), ("1. a\n\n   /close", true), ("- /close", false),
      ("- item\n\n      /close", false), ("- a\n  - b\n\n        /close", false), ("- a\n\t- b\n\n\t  /close", true),
      // In code
      ("    /close", false), ("\t/close", false), ("```\n/close\n```", false), ("~~~\n/close", false),
      ("````\n```\n/close\n````", false),
      ("```\n/close", false), ("`a\n/close\nb`", false), ("``a\n/close\n` b``", false),
      ("x\n\n    a\n\n    /close", false),
      ("- ```\n  /close\n  ```", false), ("1. x\n\n   ~~~\n   /close\n   ~~~", false), ("```x`\n/close\n", true),
      ("~~~ `\n/close", false),
      // In quotes, also where the mark is left out
      ("> /close", false), ("> text\n/close", false), (">\n/close", true), ("> > a\n/close", false),
      ("> - a\n/close", false),
      ("> ```\n> /close\n> ```", false), ("> ```\n/close", true), ("> # h\n/close", true), ("- > a\n  /close", false),
      // In HTML
      ("<!--\n/close\n-->", false), ("<!--\n\n/close\n\n-->", false), ("text <!--\n/close\n--> text", false),
      ("<div>\n/close\n</div>", false), ("<pre>\n\n/close\n</pre>", false), ("<script>\n\n/close\n", false),
      ("<x-y>\n/close", false),
      ("<?php\n\n/close\n?>", false), ("<![CDATA[\n\n/close\n]]>", false),
      ("text <a title=\"\n/close\n\">x</a>", false),
      ("<!-- a --> b\n/close", true), ("<details>\n/close\n</details>", false),
      // In links, headings, definitions and tables
      ("[text\n/close](http://x)", false), ("[text\n/close\n][a]\n\n[a]: x", true), ("[a]\n\n[a]: x\n/close", true),
      ("[a](\n/close)", false), ("![alt\n/close\n](x)", false), ("[a]:\n/close\n", false),
      ("[a]: x '\n/close\n'", false),
      ("/close\n===", false), ("/close\n---", false), ("/close\n\n---", true), ("a | b\n--|--\n/close", false),
      ("a | b\n--|--\nc | d\n\n/close", true),
    ])
  func commonMark(body: String, isCommand: Bool) {
    #expect(requests(body) == (isCommand ? [.close(.completed)] : []))
  }

  @Test("several commands keep their order and lines")
  func several() {
    let found = commands("Hi\r\n/label a\r\n\r\n```\n/close\n```\n/unlabel b\n> /reopen\n\n/assign @x\n")
    #expect(found.map(\.line) == [2, 7, 10])
    #expect(found.map(\.name) == [.label, .unlabel, .assign])
    #expect(commands("/close").first?.line == 1)
  }

  @Test("an edit brings only the commands that were not there")
  func edits() {
    #expect(requests("/close\n/label a", before: "/close") == [.addLabels(["a"])])
    #expect(requests("text\n\n/close", before: "/close") == [])
    #expect(requests("/close", before: "`/close`") == [.close(.completed)])
    #expect(requests("/close\n/close", before: "/close") == [.close(.completed)])
    #expect(requests("/label a b", before: "/label a") == [.addLabels(["a", "b"])])
    #expect(requests("/close completed", before: "/close") == [])
    #expect(requests("", before: "/close") == [])
  }

  @Test("commands that are switched off are not read")
  func disabled() {
    let off = CommentProcessor(settings: Settings(commands: CommandSettings(enabled: false)))
    #expect(off.commands(in: Domain.Comment(id: 1, body: "/close"), previousBody: nil) == [])
  }

  @Test("a comment has at most twenty commands, and says so")
  func limit() {
    let found = commands((0..<300).map { "/label l\($0)\n" }.joined())
    #expect(found.count == CommentProcessor.maximumCommands + 1)
    #expect(found.last?.line == 21)
    #expect(found.last?.needsPermission == false)
  }

  @Test("a forged mark is no command")
  func forgery() {
    #expect(requests("/close\n\n> /c0x0x\n\n/cx0x /c1x0x") == [.close(.completed)])
  }
}

@Suite("Hostile comments")
struct HostileCommentTests {
  static let size = 65_536
  static func filled(_ piece: String) -> String { String(repeating: piece, count: size / piece.utf8.count) }

  @Test(
    "every body is decided quickly", .timeLimit(.minutes(1)),
    arguments: [
      ">", "> ", "- ", "-\t", "* ", "1. ", "1) ", "> - ", "[", "]", "![", "[a](", "[a](<b", "[a](b \"", "[](", "<",
      "<!", "<?", "<!A ",
      "<![CDATA[", "<!--", "<a ", "<a b=\"", "*", "*a", "a*", "**a *a ", "_a__b", "`", "``` ", "~", "&", "&a", "\\",
      "|", "\u{0}",
      "\n", "\r", "\r\n", " ", "\t", "/", "/\n", "/a\n", "/clse\n", "/label \n", "/label \"\n", "- a\n", "[a]: b\n",
      "[a\n", "=\n",
      "a\n=\n", "|-\n", "é", "🚢", "> a\nb\n", "<div>\n", "```\n", "\n\n",
    ])
  func quick(piece: String) {
    let clock = ContinuousClock()
    let filler = Self.filled(piece)
    let bodies = [
      "/close\n" + filler, filler + "\n/close", filler + "\n\n/close\n", "x" + filler + "\n/close\n" + filler,
      "/close\n\n" + filler + "\n\n/label a",
    ]
    for (index, body) in bodies.enumerated() {
      let elapsed = clock.measure { _ = commands(body) }
      // An unoptimised build on a loaded machine: quadratic time would be tens of seconds.
      #expect(elapsed < .seconds(3), "\(piece.debugDescription), shape \(index): \(elapsed)")
    }
  }

  @Test("nesting that would take the parser quadratic time is refused with a note", .timeLimit(.minutes(1)))
  func nesting() throws {
    for deep in [
      String(repeating: ">", count: 10_000) + "x\n" + String(repeating: "b\n", count: 20_000),
      String(repeating: "- ", count: 16_000) + "x\n" + String(repeating: "\n", count: 30_000),
    ] {
      #expect(try #require(mistake(deep + "/close")).contains("nested too deeply"))
      #expect(requests("/close\n\n" + deep) == [.close(.completed)])
    }
    let stairs =
      (0..<170).map { String(repeating: "  ", count: $0) + "- a\n" }.joined() + String(repeating: "\n", count: 30_000)
    let clock = ContinuousClock()
    let elapsed = clock.measure { #expect(requests(stairs + "/close") == [.close(.completed)]) }
    #expect(elapsed < .seconds(3))
  }

  @Test(
    "seeded noise never crashes and never finds a command that no line starts with",
    arguments: 1...6 as ClosedRange<UInt64>)
  func noise(seed: UInt64) {
    var state = seed
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let pieces = [
      "/close", "/label ", "\n", "\r\n", "\n\n", "> ", "- ", "    ", "```", "`", "<!--", "-->", "[", "](", ")", "*",
      "a", "\"", "|-|\n", "\t", "é", "<div>", "1. ", "\0", "~~~",
    ]
    for round in 0..<400 {
      let body = (0..<next(60)).map { _ in pieces[next(pieces.count)] }.joined()
      let lines = body.replacing("\r\n", with: "\n").split(omittingEmptySubsequences: false) {
        $0 == "\n" || $0 == "\r"
      }
      for command in commands(body) {
        let line = lines[command.line - 1].drop { $0 == " " || $0 == "\t" }
        #expect(line.hasPrefix("/"), "seed \(seed), round \(round)")
      }
    }
  }
}
