import Configuration
import Foundation
import Testing

/// The same files are judged by the JSON Schema in the action's tests (test_schema.py).
private func snippets(_ name: String) -> [String] {
  let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
  let data = try? Data(contentsOf: folder.appending(path: "Snippets/\(name).yml"))
  return String(decoding: data ?? Data(), as: UTF8.self).components(separatedBy: "\n---\n")
}

@Suite("Snippets that the decoder and the schema judge alike")
struct SnippetTests {
  @Test("what both accept", arguments: snippets("valid"))
  func valid(yaml: String) { #expect(errors(yaml).isEmpty, "\(errors(yaml))") }

  @Test("what both refuse: one fault each", arguments: snippets("invalid"))
  func invalid(yaml: String) { #expect(errors(yaml).count == 1, "\(errors(yaml))") }

  @Test("what only the decoder can refuse: one fault each", arguments: snippets("beyond-the-schema"))
  func beyond(yaml: String) { #expect(errors(yaml).count == 1, "\(errors(yaml))") }

  @Test("there are snippets")
  func count() {
    #expect(["valid", "invalid", "beyond-the-schema"].allSatisfy { snippets($0).count > 20 })
  }

  @Test(
    "every fault has one sentence of advice and no full stop in its message",
    arguments: ["invalid", "beyond-the-schema"])
  func wording(name: String) {
    for error in snippets(name).flatMap({ errors($0) }) {
      #expect(!error.message.hasSuffix(".") && error.advice.hasSuffix("."), "\(error)")
      #expect(error.message.first?.isUppercase == false || error.message.hasPrefix("("), "\(error)")
    }
  }
}
