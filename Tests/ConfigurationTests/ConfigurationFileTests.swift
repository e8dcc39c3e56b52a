import Configuration
import Domain
import Testing

/// A file with one rule that has `lines` in place of its `when` and `then`.
func rule(when: String = "{title: x}", then: String = "{label: y}", more: String = "") -> String {
  "rules:\n  - name: r\n    when: \(when)\n    then: \(then)\n\(more)"
}

@Suite("The configuration file")
struct ConfigurationFileTests {
  @Test(
    "nothing, or comments alone, means the defaults",
    arguments: ["", "\n", "# nothing\n", "---\n", "---\n...\n", "~", "\u{FEFF}"])
  func empty(yaml: String) throws {
    #expect(try settings(yaml) == Settings())
    #expect(Settings().mode == .dryRun)
  }

  @Test("on is a key like any other, not a boolean")
  func on() throws {
    #expect(try settings(rule(more: "    on: edited")).rules[0].triggers == [Rule.Trigger(.issues, "edited")])
    #expect(try settings(rule()).rules[0].triggers == Rule.Trigger.usual)
  }

  @Test(
    "each fault: its place, and what was meant",
    arguments: [
      ("mod: live", 1, 1, "mode"), ("mode: life", 1, 7, "live"), ("alerts: yes", 1, 9, nil),
      ("alerts: \"true\"", 1, 9, nil), ("a: 1\nmode: live", 1, 1, nil), ("- a", 1, 1, nil), ("just text", 1, 1, nil),
      ("rules: {}", 1, 8, nil), ("rules:\n  - name: a", 2, 5, nil), ("rules: [x]", 1, 9, nil),
      ("commands:\n  permissions:\n    lable: write", 3, 5, "label"),
      ("commands:\n  permissions:\n    label: wirte", 3, 12, "write"),
      ("commands:\n  permissions:\n    undo: write", 3, 5, nil), ("commands: {permissions: {udno: write}}", 1, 26, nil),
      ("commands: {for_authors: [clsoe]}", 1, 26, "close"), ("commands: {for_authors: undoo}", 1, 25, nil),
      ("commands: {aliases: {bug: label $1}}", 1, 27, nil),
      ("commands: {aliases: {bug: \"label {{args.x}}\"}}", 1, 27, nil),
      ("commands: {aliases: {bug: \"label $@\"}}", 1, 27, nil),
      ("rollback: {permission: read}", 1, 24, nil),
      ("commands:\n  permissions: {label: none}", 2, 24, nil), ("commands: [label]", 1, 11, nil),
      ("mode: live\nmode: live", 2, 1, nil), ("mode: live\n---\nmode: live", 2, 1, nil),
      ("mode: &a live", 0, 0, nil), ("mode: *a", 1, 7, nil), ("mode: !!int 5", 1, 7, nil), ("mode: !x live", 1, 7, nil),
      ("? [a]\n: b", 1, 3, nil), ("mode: [", 1, 8, nil), ("mode: \"live", 1, 12, nil), ("\tmode: live", 1, 1, nil),
      ("a: b: c", 1, 5, nil), ("mode: live\n rules: []", 2, 7, nil), ("mode: \u{01}live", 1, 7, nil),
      ("mode: li\0ve", 1, 9, nil),
      (rule(then: "{label: y, labels: z}"), 4, 22, "label"), (rule(then: "{}"), 4, 11, nil),
      (rule(then: "{label: \"\"}"), 4, 19, nil), (rule(then: "{label: []}"), 4, 19, nil),
      (rule(then: "{comment: \"hi {{auther}}\"}"), 4, 21, "author"),
      (rule(then: "{comment: \"hi {{author\"}"), 4, 21, nil),
      (rule(then: "{label: \"a\\nb\"}"), 4, 19, nil), (rule(then: "{label: \"a\\0b\"}"), 4, 19, nil),
      (rule(when: "{title: {pattren: x}}"), 3, 20, "pattern"), (rule(when: "{title: {pattern: 'a('}}"), 3, 29, nil),
      (rule(when: "{age: 30 dyas}"), 3, 17, "30 days"), (rule(when: "{author: \"@bob\"}"), 3, 20, "bob"),
      (rule(when: "{association: ownr}"), 3, 25, "owner"), (rule(when: "{comment: x}"), 3, 12, nil),
      (rule(when: "{is: pull_request}"), 3, 12, nil), (rule(then: "{close: copmleted}"), 4, 19, "completed"),
      (rule(then: "{lock: true, unlock: true}"), 4, 32, nil), (rule(then: "{label: y, unlabel: Y}"), 4, 31, nil),
      (rule(then: "{comment: \"{{args.x}}\"}"), 4, 21, nil), ("rules:\n  - {name: r, then: {label: y}}", 2, 5, nil),
      ("rules:\n  - {name: r, on: schedule, then: {label: y}}", 2, 5, nil),
      (rule(when: "{}"), 3, 11, nil), (rule(when: "{titel: x}"), 3, 12, "title"), (rule(when: "{title: }"), 3, 19, nil),
      (rule(when: "{title: [[a]]}"), 3, 20, nil), (rule(more: "    on: [opend]"), 5, 10, "opened"),
      (rule(more: "    on: []"), 5, 9, nil), (rule(more: "  - {name: r, when: {any: a}, then: {label: b}}"), 5, 5, nil),
      (rule(more: "    if: x"), 5, 5, nil),
      ("history: true", 1, 10, nil), ("history: {captrue: true}", 1, 11, "capture"),
      ("history: {capture: 1}", 1, 20, nil), ("history:\n  recent_hours: 0", 2, 17, nil),
      ("history: {recent_hours: 24h}", 1, 25, nil), ("history: {recent_hours: 2161}", 1, 25, nil),
      ("history: {recent_items: -1}", 1, 25, nil), ("history: {recent_items: \"5\"}", 1, 25, nil),
      ("history: {inngest_percent: 101}", 1, 28, nil), ("history: {inngest_percent: 1e2}", 1, 28, nil),
      ("history: {inngest_percent: 99999999999999999999}", 1, 28, nil), ("history: {inngest_minutes: }", 1, 28, nil),
      ("history: {bulk_workflow: ../../x.yml}", 1, 26, nil), ("history: {bulk_workflow: bulk}", 1, 26, nil),
      ("history: {bulk_workflow: .yml}", 1, 26, nil), ("history: {bulk_workflow: [a.yml]}", 1, 26, nil),
    ] as [(String, Int, Int, String?)])
  func fault(yaml: String, line: Int, column: Int, suggestion: String?) throws {
    if line == 0 {
      // An anchor that nothing refers to is harmless.
      #expect(errors(yaml).isEmpty)
      return
    }
    let error = try #require(errors(yaml).first)
    #expect(error.location?.line == line, "\(error)")
    if error.location?.line == line, column > 0 { #expect(error.location?.column == column, "\(error)") }
    #expect(error.suggestion == suggestion)
    #expect(error.exitStatus == .configuration)
    #expect(error.location?.file == "c.yml")
    #expect(error.description.hasPrefix("c.yml:\(line):"))
    #expect(!error.problem.hasSuffix(".") && (error.advice.hasSuffix(".") || error.advice.hasSuffix("'.")))
  }

  @Test("all faults at once, in the order of the file")
  func allAtOnce() {
    let found = errors(
      """
      mode: love
      alert: true
      rules:
        - name: a
          when: {title: ""}
          then: {label: b, coment: c}
      commands: {enabled: 1}
      """)
    #expect(found.compactMap(\.location?.line) == [1, 2, 5, 6, 7])
    #expect(found.map(\.suggestion) == ["live", "alerts", nil, "comment", nil])
  }

  @Test("a key with a slip in it is told once, and not missed besides", arguments: ["nmae: a, when", "name: a, whne"])
  func slip(beginning: String) {
    #expect(errors("rules: [{\(beginning): {title: x}, then: {label: y}}]").count == 1)
  }

  @Test("what cannot be granted there is not offered", arguments: ["permissions: {xyz: write}", "for_authors: xyz"])
  func undoIsGrantedElsewhere(section: String) throws {
    let error = try #require(errors("commands: {\(section)}").first)
    #expect(error.advice.contains("reprocess") && !error.advice.contains("undo"), "\(error)")
    let meant = try #require(errors("commands: {\(section.replacing("xyz", with: "unod"))}").first)
    #expect(meant.advice.contains("'rollback'"), "\(meant)")
    #expect(errors("commands: {aliases: {back: undo, five: label costs $ 5}}").isEmpty)
  }

  @Test("aliases are refused, also those that refer to themselves or multiply")
  func aliases() {
    #expect(errors("rules: &a [*a]").first?.message.contains("alias") == true)
    var bomb = "a0: &a0 [x, x]\n"
    for level in 1...30 { bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    #expect(errors(bomb).contains { $0.message.contains("alias") })
    #expect(errors("mode: *nobody").count == 1)
  }

  @Test("a text that is not UTF-8 is refused at the byte")
  func encoding() {
    func place(_ bytes: [UInt8]) -> Domain.SourceLocation? {
      if case .invalid(let errors) = ConfigurationFile.parse(bytes, file: "c.yml") {
        errors.first?.location
      } else {
        nil
      }
    }
    #expect(
      place(Array("mode: live\n# é".utf8) + [0xFF, 0x20]) == Domain.SourceLocation(file: "c.yml", line: 2, column: 4))
    #expect(place([0xFF, 0xFE, 0x6D, 0x00]) == Domain.SourceLocation(file: "c.yml", line: 1, column: 1))
    #expect(place(Array("é".utf8.dropLast())) == Domain.SourceLocation(file: "c.yml", line: 1, column: 1))
  }

  @Test("columns count characters, also after letters of several bytes")
  func columns() {
    #expect(errors("mode: \"é🚢\" x").first?.location?.column == 12)
    #expect(
      errors("# \u{2028} \u{85}\nmod: live").first?.location == Domain.SourceLocation(file: "c.yml", line: 2, column: 1)
    )
  }

  @Test("size, depth and brackets are bounded, in time too", .timeLimit(.minutes(1)))
  func bounds() {
    #expect(errors(String(repeating: "#", count: 1024 * 1024 + 1)).count == 1)
    for opening in ["[", "{", "{a: ", "[a, ", "- ", "? ", "a: {", "!a ", "&a ", "[a: "] {
      let yaml = String(repeating: opening, count: 1_000_000 / opening.utf8.count)
      #expect(!errors(yaml).isEmpty, "\(opening)")
    }
    let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
    #expect(!errors("rules: " + deep).isEmpty)
    let wide = String(repeating: "[", count: 150) + String(repeating: "b, ", count: 300_000)
    #expect(!errors("rules: " + wide).isEmpty)
    #expect(try! settings("# " + String(repeating: "x", count: 1_000_000)) == Settings())
  }

  @Test("many faults and many rules stay quick", .timeLimit(.minutes(1)))
  func many() {
    #expect(errors((0..<20_000).map { "key\($0): x\n" }.joined()).count == 20_000)
    let one = "  - {name: a, when: {any: [\(String(repeating: "w, ", count: 100))w]}, then: {label: l}}\n"
    #expect(errors("rules:\n" + String(repeating: one, count: 501)).count >= 500)
  }
}
