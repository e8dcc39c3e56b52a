import Patterns
import Testing

private func repeated(_ piece: String, _ count: Int) -> String { String(repeating: piece, count: count) }

@Suite("The cost of a search is bounded")
struct PatternBoundsTests {
  /// Every text is as long as GitHub lets one be.
  private static let texts = [
    repeated("a", 65_000) + "!", repeated("ab", 32_768), repeated("A", 65_536), repeated("漢字", 32_768),
    repeated("😀", 65_536), repeated("🇩🇪", 32_768), repeated("\n", 65_536), repeated("A", 32_768) + repeated("😀", 32_768),
    repeated(repeated("a", 900) + " ", 72), repeated("Привет, мир\n", 5_461),
  ]

  /// Each is slow in its own way: nested quantifiers; many places to begin; long reads that fail; looking ahead and
  /// behind; large classes; counted groups; recursion; a required letter of which one case is rare.
  private static let patterns = [
    "(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){20}$", "^(([a-z])+.)+[A-Z]([a-z])+$", #"(?:.|\n)*zebra"#, "[^x]*zebra",
    #"\w++!!"#,
    #"\w{500}!!"#, #"(?:\w{500}|b)!!"#, #"(?<=\w{200})!!"#, #"(?=.*!)(?=.*?)(?=.*z)a"#, "[^а-яё]*+z", #"\R{500}z"#,
    "(?:a{0,50}){0,50}!!", #"(?:\W){0,300}\bz"#, "(?:(?R)|a)+!!", #"(?<x>a|(?&x)b)*c"#, " ?$a{3}b?", "a{3}[[:punct:]]",
    "a*a*a*a*a*a*a*a*a*a*z", #"(?>a*)*!!"#, "(?s).*?!!", #"\N{100,}z"#, #"(\s*\S*)*#"#,
  ]

  @Test("no search spends more than its steps, nor much time", .timeLimit(.minutes(2)), arguments: patterns.indices)
  func bounded(index: Int) throws {
    let source = Self.patterns[index]
    let pattern = try Pattern(source)
    // All pairs would take a minute in a debug build, where counting a step costs ten times as much.
    for text in [index, index * 3 + 1, index * 7 + 2].map({ Self.texts[$0 % Self.texts.count] }) {
      var budget = SearchBudget(searches: 2)
      let before = budget.remaining
      // The figure of 20 ms is for optimised code and an idle machine; this one is neither.
      let time = ContinuousClock().measure { _ = pattern.search(text, within: &budget) }
      #expect(before - budget.remaining <= SearchBudget.stepsOfOneSearch)
      #expect(time < .seconds(2), "\(source) in \(text.prefix(5))…")
    }
  }

  @Test("the classic one is decided or given up: where it matches, it is found")
  func classic() throws {
    let pattern = try Pattern("(a+)+$")
    #expect(pattern.search(repeated("a", 65_000) + "!") == .tooExpensive)
    #expect(pattern.search(repeated("a", 1_000)) == .found)
    #expect(pattern.search(repeated("a", 10) + "!") == .absent)
  }

  @Test(
    "what people write is decided in the longest text",
    arguments: [
      "crash(es|ed)?", #"\w+@\w+\.com"#, "zebra", "(foo|bar|panic|segfault):", #"^.*zebra$"#, #"\d+\.\d+\.\d+"#,
      #"(?m)^\s*$"#,
    ])
  func usual(source: String) throws {
    let words = "the quick brown fox jumps over the lazy dog\nand stumbles with an error in module "
    #expect(try Pattern(source).search(String(repeated(words, 800).prefix(65_536))) == .absent)
  }

  @Test("the same search comes to the same end")
  func deterministic() throws {
    let pattern = try Pattern("(a|aa)+$")
    for length in [10, 100, 1_000, 10_000] {
      let text = repeated("a", length) + "!"
      let outcomes = Set((0..<5).map { _ in pattern.search(text) })
      #expect(outcomes.count == 1, "\(length)")
    }
  }

  @Test("a budget is shared by searches, and ends them when it is spent")
  func budget() throws {
    let pattern = try Pattern("(a+)+$")
    let text = repeated("a", 65_000) + "!"
    var budget = SearchBudget(searches: 3)
    for _ in 0..<3 { #expect(pattern.search(text, within: &budget) == .tooExpensive) }
    #expect(budget.remaining == 0)
    #expect(try Pattern("a").search("a", within: &budget) == .tooExpensive)
    #expect(try Pattern("a").search("a") == .found)
  }

  @Test("a text longer than any on GitHub is not searched")
  func length() throws {
    #expect(try Pattern("a").search(repeated("a", 4 * 65_536)) == .found)
    #expect(try Pattern("a").search(repeated("a", 4 * 65_536 + 1)) == .tooExpensive)
  }

  @Test("one pattern serves several tasks at once, and ends with its last owner")
  func ownership() async throws {
    weak var ended: Pattern?
    do {
      let shared = try Pattern(#"\bx\w+"#)
      ended = shared
      await withTaskGroup(of: Void.self) { group in
        for task in 0..<4 {
          group.addTask {
            for round in 0..<500 {
              #expect(shared.search("in x\(task)") == .found)
              #expect(shared.search("in \(round)") == .absent)
            }
          }
        }
      }
      #expect(ended != nil)
    }
    #expect(ended == nil)
  }
}
