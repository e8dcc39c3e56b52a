import Automation
import Domain
import TestSupport
import Testing

@Suite struct LinkReaderTests {
  static let repository = RepositoryName("octo/hello")!
  static let hash = "0123456789abcdef0123456789ABCDEF01234567"

  static func links(_ text: String, closes: Bool = false) -> [String] {
    let reader = LinkReader(place: ItemReference(repository: repository, number: 7))
    return reader.links(in: text, closes: closes).map { link in
      let target =
        switch link.target {
        case .item(let number): "#\(number)"
        case .commit(let hash): "@\(hash.prefix(6))"
        }
      return "\(link.kind.rawValue) \(link.repository)\(target)"
    }
  }

  @Test(arguments: [
    ("see #12.", ["mentions octo/hello#12"]),
    ("(#12), [#13] and #14/#15", ["mentions octo/hello#12", "mentions octo/hello#13", "mentions octo/hello#14"]),
    ("GH-12 gh-13", ["mentions octo/hello#12", "mentions octo/hello#13"]),
    ("rails/rails#1, octo/Hello#12 octo/hello#12", ["mentions rails/rails#1", "mentions octo/Hello#12"]),
    ("https://github.com/a/b/issues/3", ["mentions a/b#3"]),
    ("<https://github.com/a/b/pull/3#issuecomment-9>, x", ["mentions a/b#3"]),
    ("[it](https://github.com/a/b/issues/3?q=1 \"title\")", ["mentions a/b#3"]),
    ("https://GitHub.com/a/b/pull/3/files", ["mentions a/b#3"]),
    ("\(hash)", ["mentions octo/hello@012345"]),
    ("a/b@\(hash): it", ["mentions a/b@012345"]),
    ("https://github.com/a/b/commit/\(hash)", ["mentions a/b@012345"]),
    ("Duplicate of #12", ["duplicate_of octo/hello#12"]),
    ("duplicate of: a/b#12", ["duplicate_of a/b#12"]),
    (
      "# A heading on #12\n\n> quoted #13\n\n- item #14",
      [
        "mentions octo/hello#12", "mentions octo/hello#13", "mentions octo/hello#14",
      ]
    ),
    ("**#12** _#13_", ["mentions octo/hello#12", "mentions octo/hello#13"]),
  ])
  func aTextMentions(_ text: String, _ expected: [String]) {
    #expect(Self.links(text) == expected)
  }

  @Test(arguments: [
    "", "nothing", "#", "#x", "#12x", "#12_", "x#12", "#0", "#1234567890", "# 12", "&#12;", "`#12`", "```\n#12\n```",
    "    #12", "<!-- #12 -->", "<b title='#12'>", "https://evil.example/a/b/issues/3", "https://github.com/a/b/issues",
    "https://github.com/a/b/issues/x", "https://github.com/../b/issues/3", "https://github.com/a/b/commit/abc", "a/b#",
    "a/b/c#12", "@alice", "0123456789abcdef", "#7", "octo/hello#7", "https://github.com/octo/Hello/pull/7",
    "\(hash)0", "GH-", "GH-x", "[x]: #12",
  ])
  func aTextMentionsNothing(_ text: String) {
    #expect(Self.links(text) == [])
  }

  @Test(arguments: [
    "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved", "Fixes", "FIXED",
    "closes:",
  ])
  func aPullRequestsTextCloses(_ word: String) {
    #expect(Self.links("This \(word) #12, and a/b#3.", closes: true) == ["closes octo/hello#12", "mentions a/b#3"])
    #expect(Self.links("\(word)\nhttps://github.com/a/b/issues/3", closes: true) == ["closes a/b#3"])
    #expect(Self.links("\(word) #12") == ["mentions octo/hello#12"])
  }

  @Test func aClosingWordBelongsToWhatFollowsAtOnce() {
    #expect(Self.links("closes the door, #12", closes: true) == ["mentions octo/hello#12"])
    #expect(Self.links("closes, #12", closes: true) == ["mentions octo/hello#12"])
    #expect(Self.links("closes `x` #12", closes: true) == ["mentions octo/hello#12"])
    #expect(
      Self.links("encloses #12 closes\n\n#13", closes: true) == ["mentions octo/hello#12", "mentions octo/hello#13"])
    #expect(Self.links("closes \(Self.hash)", closes: true) == ["mentions octo/hello@012345"])
    #expect(Self.links("see #12, closes #12", closes: true) == ["closes octo/hello#12"])
  }

  @Test func aTextOfManyLinksIsCut() {
    let text = (100...400).map { "#\($0)" }.joined(separator: " ")
    #expect(Self.links(text).count == LinkReader.maximumLinks)
    #expect(Self.links(String(repeating: "> ", count: 5_000) + "#12") == [])
  }

  @Test(arguments: 0..<4)
  func anyTextIsReadWithoutHarm(_ round: Int) {
    var generator = SeededGenerator(seed: UInt64(7_000 + round))
    let pieces = [
      "#", "12", "#12", "a/b", "/", "@", "-", "://", "https://github.com/", "issues/", "closes ", "duplicate of ", "é",
      "#️⃣",
      "\u{200B}", "\0", "\n", "\r\n", "`", "[", "](", ")", "<", ">", Self.hash, "GH-", ".", "..", " ", "|", "\u{202E}",
    ]
    for _ in 0..<500 {
      let text = (0..<Int.random(in: 1...12, using: &generator))
        .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      let reader = LinkReader(place: ItemReference(repository: Self.repository, number: 7))
      for link in reader.links(in: text, closes: true) {
        if case .item(let number) = link.target { #expect(number > 0 && text.contains("\(number)"), "\(text)") }
      }
    }
  }
}
