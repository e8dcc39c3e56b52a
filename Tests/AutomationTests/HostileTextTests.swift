import Automation
import Domain
import Testing

private func commands(_ body: String, before: String? = nil) -> [Command] {
  AutomationProcessor(settings: Settings()).commands(Sample.comment(body, before: before))
}
private func requests(_ body: String, before: String? = nil) -> [Command.Request] {
  commands(body, before: before).map(\.request)
}
private func mistake(_ body: String) -> String? {
  if case .mistake(let why) = requests(body).first { why } else { nil }
}

@Suite("Hostile texts")
struct HostileTextTests {
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
      "a\n=\n", "|-\n", "é", "🚢", "> a\nb\n", "<div>\n", "```\n", "\n\n", "[a\n/close\nb]\n\n[a /close b]: c\n\n",
      "a|b\n-|-\n", "<textarea>",
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
      #expect(requests("/close\n\n" + deep) == [.close(nil)])
    }
    let stairs =
      (0..<170).map { String(repeating: "  ", count: $0) + "- a\n" }.joined() + String(repeating: "\n", count: 30_000)
    let clock = ContinuousClock()
    let elapsed = clock.measure { #expect(requests(stairs + "/close") == [.close(nil)]) }
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
