import Domain
import Markup

extension Markdown {
  /// A sentence of ours for a summary. Identifiers in it become code: escaped as text they would hold characters that
  /// nobody sees, and nobody could copy them.
  static func sentence(_ text: String) -> Markdown {
    var parts: [Markdown] = []
    var plain: [Substring] = []
    func endPlain() {
      if !plain.isEmpty { parts.append("\(plain.joined(separator: " "))") }
      plain = []
    }
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let id = word.prefix(36)
      let rest = word.dropFirst(36)
      guard JobID(String(id)) != nil, rest.utf8.allSatisfy({ ".,;:".utf8.contains($0) }) else {
        plain.append(word)
        continue
      }
      endPlain()
      // Nothing but marks that mean nothing to Markdown behind a code span.
      parts.append(.code(id) + Markdown(trusted: String(rest)))
    }
    endPlain()
    return parts.joined(separator: " ")
  }
}
