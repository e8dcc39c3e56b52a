import Testing

@testable import GitHubDouble

@Suite struct WireTests {
  @Test func everyTextComesBackFromJSON() {
    for text in HostileText.titles + HostileText.bodies + HostileText.labels + ["\u{0}", "\u{1F}\u{7F}", "\u{10FFFF}"] {
      let node: JSONNode = ["key": .string(text), "list": [.string(text), .null, true, 1.5.node, -3]]
      #expect(JSONNode(bytes: node.bytes) == node)
    }
    let document: JSONNode? = JSONNode(text: #"{"a": "\ud83d\ude00\u0000\ud800", "b": 12345678901, "c": 1e3}"#)
    #expect(document?["a"] == "😀\0\u{FFFD}")
    #expect(JSONNode(bytes: Array("9007199254740993".utf8)) == 9_007_199_254_740_993)
    for broken in ["", "{", "[1,]", "{\"a\"}", "\"", "nul", "1 2", "{\"a\":1,}", "\"\n\""] {
      #expect(JSONNode(bytes: Array(broken.utf8)) == nil, "\(broken.debugDescription)")
    }
  }

  @Test func momentsComeBack() {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<2000 {
      let moment = Int64(random.below(4_000_000_000)) - 500_000_000
      #expect(Moment.parse(Moment.text(moment)) == moment)
    }
    #expect(Moment.text(1_795_231_320) == "2026-11-21T03:22:00Z")
    #expect(Moment.http(1_795_231_320) == "Sat, 21 Nov 2026 03:22:00 GMT")
    #expect(Moment.parse("2026-11-21T04:22:00.5+01:00") == 1_795_231_320)
    #expect(Moment.parse("yesterday") == nil)
  }

  @Test(arguments: [
    ("*", "/x", true), ("/repos/*", "/repos/a", true), ("/repos/*", "/repo", false),
    ("*/issues/5", "/a/issues/5", true),
    ("*/issues/5", "/a/issues/55", false), ("a*b*c", "aXbYbc", true), ("", "", true), ("abc", "abcd", false),
  ]) func patterns(pattern: String, text: String, fits: Bool) {
    #expect(GitHubDouble.RequestMatch.pattern(pattern, fits: text) == fits)
  }
}

extension Double { fileprivate var node: JSONNode { .number(self) } }
