import Domain
import Foundation
import Markup
import Reporting
import TestSupport
import Testing

@Suite struct AuditExportTests {
  private static let repository = RepositoryName("octo/Hello-World")!

  private static func record(_ text: String, user: String? = "mona", before: JSONValue = .null) -> AuditRecord {
    AuditRecord(
      eventID: "6b0f3c1e-5d1f-4a53-9a53-0a3d6a1f0c11", timestamp: Timestamp("2026-11-21T03:22:00Z")!,
      entry: AuditEntry(
        eventType: "action", severity: .info, actor: user, repository: repository, actionType: text, before: before,
        after: ["title": .string(text)], success: true, metadata: ["evidence": .string(text), "status": "done"]),
      sequence: 7, previousHash: String(repeating: "a", count: 64), hash: String(repeating: "b", count: 64))
  }

  @Test func aLineOfJSONHasTheFieldsInTheirOrder() throws {
    let line = AuditExport.jsonl.line(Self.record("label"))
    #expect(
      line == """
        {"event_id":"6b0f3c1e-5d1f-4a53-9a53-0a3d6a1f0c11","timestamp":"2026-11-21T03:22:00Z","event_type":"action",\
        "severity":"info","user":"mona","repository":"octo/Hello-World","action_type":"label","before_state":null,\
        "after_state":{"title":"label"},"success":true,\
        "metadata":{"confidence":null,"evidence":"label","reasoning":null,"status":"done"},"sequence":7,\
        "previous_hash":"\(String(repeating: "a", count: 64))","hash":"\(String(repeating: "b", count: 64))"}

        """)
    #expect(AuditExport.jsonl.header.isEmpty)
    #expect(AuditExport.csv.header == AuditExport.fields.joined(separator: ",") + "\r\n")
  }

  /// Whatever is in a record, JSON gives it back, and CSV has it in one line of as many fields as the header.
  @Test func texturesOfEveryKindComeBack() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    let pieces = [
      "::error::x", "##[error]", "##\u{200B}[group]x", "#", "\n", "\r\n::warning::", "\"", ",", "\\", "=1+1",
      "@SUM(A1)",
      "é", "\u{1F600}", "\u{202E}", "\u{0}", "\u{2028}", "a", " ", "\t", "+", "-2",
    ]
    var json = AuditExport.jsonl.header
    var csv: [LogText] = []
    for _ in 0..<500 {
      let text = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
        pieces.randomElement(using: &generator) ?? ""
      }.joined()
      let record = Self.record(text, user: text, before: .string(text))
      let line = AuditExport.jsonl.line(record)
      #expect(line.utf8.dropLast().allSatisfy { (0x20...0x7E).contains($0) }, "seed \(seed)")
      let members = try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))
      #expect(members["user"] == .string(text) && members["after_state"]?["title"] == .string(text), "seed \(seed)")
      json += line
      let row = AuditExport.csv.line(record)
      let fields = try #require(Self.fields(row), "seed \(seed): \(row)")
      #expect(fields.count == AuditExport.fields.count, "seed \(seed): \(row)")
      #expect(!fields.contains { "=+-@\t\r".contains($0.first ?? "x") }, "seed \(seed): \(row)")
      csv.append(LogText(trusted: row))
    }
    // As it is, and as a workflow's log shows CSV.
    if Oracle.path != nil {
      #expect(try Oracle.commands(in: json).isEmpty, "seed \(seed)")
      #expect(try Oracle.commands(in: csv.flatMap(\.lines).joined(separator: "\n")).isEmpty, "seed \(seed)")
    }
  }

  @Test(arguments: [
    ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("a=1", "a=1"),
    ("\u{FF1D}1", "'\u{FF1D}1"), ("a,b", "\"a,b\""), ("two\nlines", "two↵lines"),
  ])
  func aFieldIsNoFormulaAndOneLine(_ text: String, _ field: String) {
    let row = AuditExport.csv.line(Self.record(text))
    #expect(row.contains(",octo/Hello-World,\(field),"), "\(row)")
  }

  /// The fields of one record of RFC 4180; nil where it is none.
  private static func fields(_ row: String) -> [String]? {
    var fields = [""]
    var isQuoted = false
    var rest = Array(row.unicodeScalars)[...]
    guard rest.suffix(2).elementsEqual(["\r", "\n"]) else { return nil }
    rest = rest.dropLast(2)
    while let scalar = rest.popFirst() {
      let last = fields.count - 1
      if isQuoted {
        if scalar != "\"" {
          fields[last].unicodeScalars.append(scalar)
        } else if rest.first == "\"" {
          rest = rest.dropFirst()
          fields[last] += "\""
        } else {
          isQuoted = false
          guard rest.isEmpty || rest.first == "," else { return nil }
        }
      } else if scalar == "," {
        fields.append("")
        if rest.first == "\"" {
          isQuoted = true
          rest = rest.dropFirst()
        }
      } else if scalar == "\"" || scalar == "\n" || scalar == "\r" {
        return nil
      } else {
        fields[last].unicodeScalars.append(scalar)
      }
    }
    return isQuoted ? nil : fields
  }
}
