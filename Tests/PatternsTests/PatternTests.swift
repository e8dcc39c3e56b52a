import Patterns
import Testing

@Suite("Patterns")
struct PatternTests {
  @Test(
    "what is found and what is not",
    arguments: [
      ("crash", "It CRASHES", SearchOutcome.found), ("(?-i)crash", "It CRASHES", .absent),
      (#"\bcrash\b"#, "crashes", .absent),
      ("é", "É", .found), ("straße", "STRASSE", .absent), (#"\w+"#, "漢字", .found), (#"^\d+$"#, "٣٤", .found),
      ("a.c", "a\nc", .absent), ("a.c", "a\u{2028}c", .absent), ("a.c", "a😀c", .found), ("(?s)a.c", "a\r\nc", .absent),
      (#"\(?\(*Call"#, "((call", .found), (#"(?=a)(?!b)\w"#, "a", .found), ("^b", "a\nb", .absent),
      ("(?m)^b", "a\r\nb", .found), ("a$", "a\n", .found), ("", "", .found),
      ("x", "", .absent),
      ("(?<year>\\d{4})-(?<month>\\d\\d)", "on 2026-11-21", .found), (#"(?<=v)\d"#, "v1", .found),
      ("a++b", "aaab", .found),
      ("(?:a|b|)c", "bc", .found), (#"\p{Han}"#, "x漢", .found), (#"\x{1F600}{2}"#, "😀😀", .found),
      ("e\u{301}", "e\u{301}", .found),
    ])
  func search(source: String, text: String, expected: SearchOutcome) throws {
    #expect(try Pattern(source).search(text) == expected)
  }

  @Test(
    "the whole text",
    arguments: [("v\\d+", "v12", SearchOutcome.found), ("v\\d+", "v12 ", .absent), ("a|ab", "ab", .found)])
  func whole(source: String, text: String, expected: SearchOutcome) throws {
    #expect(try Pattern(source).matchesWhole(text) == expected)
  }

  @Test(
    "a fault has its place, in characters",
    arguments: [
      ("(", 1, "missing closing parenthesis"), ("é漢[a", 4, "missing terminating ]"), ("a**", 2, "quantifier"),
      ("é{2,1}", 5, "out of order"), (#"\p{Nope}"#, 8, "unknown property"), (#"(a)\1"#, 3, "back references"),
      (#"(?<n>a)\k<n>"#, 7, "back references"), (#"(?P<n>a)(?P=n)"#, 0, "back references"), (#"é\X"#, 1, "\\X"),
      (#"\C"#, 2, "\\C"), ("(*UCP)a", 0, "(*"), ("a(*SKIP)b", 1, "(*"), ("é(*sr:a)", 1, "(*"),
      ("a(?C1)b", 1, "callouts"),
      ("(?=a){3}", 0, "lookaround"),
      ("(?x) (?=a){3}", 5, "lookaround"), ("(?#c)(?=a){3}", 5, "lookaround"), ("a|(?<!b){2}", 2, "lookaround"),
      (#"(?<=\w{256})a"#, 0, "lookbehind"),
      ("(?:(?:a{200}){200}){200}", 24, "too large"),
      (String(repeating: "(", count: 60) + String(repeating: ")", count: 60), 51, "nested"),
      (String(repeating: "a", count: 501), 500, "501 characters"),
      ("é[" + String((0..<100).compactMap { UnicodeScalar(0x3400 + 2 * $0).map(Character.init) }) + "]", 1, "class"),
    ])
  func faults(source: String, offset: Int, words: String) throws {
    let fault = #expect(throws: PatternFault.self) { _ = try Pattern(source) }
    #expect(fault?.offset == offset, "\(fault?.message ?? "")")
    #expect(fault?.message.contains(words) == true, "\(fault?.message ?? "")")
    #expect(fault?.message.hasSuffix(".") == false)
  }
}
