/// A pattern in which `*` stands for any characters and `?` for one. The whole text has to match, without regard to case.
///
/// The time is at most the glob's length times the text's, whatever stands in either: only the last `*` is ever tried
/// again.
struct Glob {
  private let pattern: [Unicode.Scalar]

  init(_ glob: String) { pattern = Self.folded(glob) }

  /// A text as globs see it.
  static func folded(_ text: String) -> [Unicode.Scalar] { Array(text.lowercased().unicodeScalars) }

  func matches(_ text: String) -> Bool { matches(folded: Self.folded(text)) }

  func matches(folded text: [Unicode.Scalar]) -> Bool {
    var at = 0
    var next = 0
    /// Behind the last star, and the text up to which it is taken to reach.
    var star: (pattern: Int, text: Int)?
    while at < text.count {
      if next < pattern.count, pattern[next] == "*" {
        star = (next + 1, at)
        next += 1
      } else if next < pattern.count, pattern[next] == "?" || pattern[next] == text[at] {
        next += 1
        at += 1
      } else if let last = star {
        star = (last.pattern, last.text + 1)
        next = last.pattern
        at = last.text + 1
      } else {
        return false
      }
    }
    return pattern[next...].allSatisfy { $0 == "*" }
  }

  /// The first of the values that one of the globs matches.
  static func first(of values: [String], matching globs: [String]) -> String? {
    let globs = globs.map(Glob.init)
    return values.first { value in
      let folded = folded(value)
      return globs.contains { $0.matches(folded: folded) }
    }
  }
}
