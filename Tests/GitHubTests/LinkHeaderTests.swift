import GitHub
import Testing

@Suite struct LinkHeaderTests {
  @Test(arguments: [
    (
      #"<https://a/x?page=2>; rel="next", <https://a/x?page=5>; rel="last""#, "https://a/x?page=2", "https://a/x?page=5"
    ),
    (#"<https://a/x?labels=a,b;c&page=2>; rel="next""#, "https://a/x?labels=a,b;c&page=2", nil),
    (#"<https://a/1>; rel="prev", <https://a/3>;rel=next"#, "https://a/3", nil),
    (#"<https://a/1>; title="a, b"; rel="first last""#, nil, "https://a/1"),
    (#"<https://a/1>; REL="NEXT""#, "https://a/1", nil), (#"<https://a/1"#, nil, nil), ("", nil, nil),
    (#"<https://a/1>"#, nil, nil), (#"<>; rel="next""#, "", nil),
  ])
  func targets(text: String, next: String?, last: String?) {
    let link = LinkHeader(text)
    #expect(link.next == next)
    #expect(link.last == last)
  }

  @Test func anyTextIsSurvived() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var state = seed
    let alphabet = Array(#"<>;,"= relnextä\"#)
    for _ in 0..<2000 {
      let text = String(
        (0..<Int(state % 40)).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return alphabet[Int(state >> 33) % alphabet.count]
        })
      state = state &* 6_364_136_223_846_793_005 &+ 1
      if let next = LinkHeader(text).next { #expect(text.contains("<\(next)>"), "seed \(seed)") }
    }
  }
}
