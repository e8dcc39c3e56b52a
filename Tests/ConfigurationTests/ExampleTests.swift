import Configuration
import Domain
import Foundation
import Testing

private let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
  .appending(path: "../../../.github").standardizedFileURL

private func example() throws -> [UInt8] {
  try Array(Data(contentsOf: folder.appending(path: "yardmaster.example.yml")))
}

@Suite("The example and the schema")
struct ExampleTests {
  /// What would make the example longer and say nothing new: opposites and synonyms of what it shows.
  private static let notShown: Set<String> = ["body", "unassign", "reopen", "unlock", "required", "key"]

  @Test("the example is valid and says what its comments say")
  func valid() throws {
    guard case .valid(let settings) = ConfigurationFile.parse(try example(), file: "example") else {
      Issue.record("\(ConfigurationFile.parse(try example(), file: "example"))")
      return
    }
    #expect(settings.mode == .dryRun)
    #expect(settings.rules.map(\.name).prefix(2) == ["crash", "incomplete"])
    #expect(settings.commands.permissions == ["close": .write, "title": .maintain])
    // Where a comment calls a value the default, it is.
    #expect(settings.actors.eventsPerHour == ActorSettings().eventsPerHour)
    #expect(settings.rollback == RollbackSettings())
    #expect(settings.history == HistorySettings())
  }

  @Test("the example shows every key", arguments: ConfigurationFile.keys.sorted { $0.key < $1.key }.map(\.key))
  func complete(section: String) throws {
    let text = String(decoding: try example(), as: UTF8.self)
    for key in try #require(ConfigurationFile.keys[section]) where !Self.notShown.contains(key) {
      #expect(text.contains("\(key):") || section == "permissions" && text.contains("/\(key)"), "\(section): \(key)")
    }
  }

  @Test("the schema's numbers are the decoder's: limits are valid, and one beyond is not")
  func numbers() throws {
    let data = try Data(contentsOf: folder.appending(path: "yardmaster.schema.json"))
    let schema = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let properties = try #require(schema["properties"] as? [String: Any])
    func isValid(_ section: String, _ key: String, _ value: Int) -> Bool {
      if case .valid = parse("\(section): {\(key): \(value)}") { true } else { false }
    }
    var count = 0
    for (section, value) in properties {
      let keys = ((value as? [String: Any])?["properties"] as? [String: [String: Any]]) ?? [:]
      for (key, property) in keys where property["type"] as? String == "integer" {
        let (least, most) = (try #require(property["minimum"] as? Int), try #require(property["maximum"] as? Int))
        #expect(isValid(section, key, least) && isValid(section, key, most), "\(key)")
        #expect(!isValid(section, key, least - 1) && !isValid(section, key, most + 1), "\(key)")
        count += 1
      }
    }
    #expect(count == 7)
  }

  /// Every property of the JSON Schema has to be a key of the decoder, and every key a property.
  @Test("the schema for editors has the decoder's keys and values")
  func schema() throws {
    let data = try Data(contentsOf: folder.appending(path: "yardmaster.schema.json"))
    let schema = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    func at(_ path: [String]) throws -> Any {
      var value: Any = schema
      for key in path { value = try #require((value as? [String: Any])?[key], "\(path)") }
      return value
    }
    func keys(_ value: Any) throws -> Set<String> { Set(try #require(value as? [String: Any]).keys) }
    let places: [String: [String]] = [
      "configuration": [], "rule": ["definitions", "rule"], "conditions": ["definitions", "conditions"],
      "textMatch": ["definitions", "textMatch"], "actions": ["definitions", "actions"],
      "dispatch": ["definitions", "actions", "properties", "dispatch"], "commands": ["properties", "commands"],
      "permissions": ["properties", "commands", "properties", "permissions"],
      "customCommand": ["definitions", "customCommand"], "argument": ["definitions", "argument"],
      "stale": ["properties", "stale"], "actors": ["properties", "actors"], "rollback": ["properties", "rollback"],
      "audit": ["properties", "audit"], "history": ["properties", "history"],
    ]
    let byKeys = ConfigurationFile.keys
    for (section, place) in places {
      #expect(try keys(at(place + ["properties"])) == byKeys[section], "\(section)")
    }
    let sticky = try #require(at(["definitions", "actions", "properties", "sticky", "oneOf"]) as? [[String: Any]])
    #expect(try keys(try #require(sticky.last?["properties"])) == byKeys["sticky"])
    #expect(Set(byKeys.keys) == Set(places.keys).union(["sticky"]), "a section is not compared")

    #expect(try at(["definitions", "trigger", "enum"]) as? [String] == Rule.Trigger.words.map(\.word))
    #expect(try at(["definitions", "association", "enum"]) as? [String] == Rule.Association.allCases.map(\.rawValue))
    #expect(try at(["properties", "mode", "enum"]) as? [String] == Settings.Mode.allCases.map(\.rawValue))
    for word in try #require(at(["definitions", "permission", "enum"]) as? [String]) {
      #expect(errors("commands: {permissions: {label: \(word)}}").isEmpty, "\(word)")
    }
  }

  @Test("a mutated example never crashes, and each fault lies inside the file", arguments: 1...8 as ClosedRange<UInt64>)
  func mutations(seed: UInt64) throws {
    var random = Random(state: seed &* 0x9E37_79B9_7F4A_7C15)
    let original = try example()
    let snippets = [
      "\n", "- ", ": ", "{", "}", "[", "]", "\"", "'", "|\n", "&a ", "*a ", "!!str ", "---\n", "...\n", "{{", "\t",
      "? ", "%YAML 1.1\n", "\u{85}", "\u{2028}", "é", "\0", "\\x00", "#", "<<: ",
    ]
    for round in 0..<100 {
      var bytes = original
      for _ in 0..<(1 + random.below(4)) {
        let at = random.below(bytes.count + 1)
        switch random.below(5) {
        case 0: bytes.insert(contentsOf: snippets[random.below(snippets.count)].utf8, at: at)
        case 1 where at < bytes.count: bytes[at] = UInt8(random.below(256))
        case 2: bytes.removeSubrange(at..<min(bytes.count, at + random.below(30)))
        case 3:
          let from = random.below(bytes.count + 1)
          let piece = Array(bytes[from..<min(bytes.count, from + random.below(60))])
          bytes.insert(contentsOf: piece, at: at)
        default: bytes.removeSubrange(at...)
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      guard case .invalid(let errors) = ConfigurationFile.parse(bytes, file: "f") else { continue }
      #expect(!errors.isEmpty)
      let lines = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n").unicodeScalars
        .split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r" }
      for error in errors {
        let place = try #require(error.location)
        let isInside = place.line >= 1 && place.line <= lines.count && place.column >= 1
        #expect(isInside, "seed \(seed), round \(round): \(error)")
        if isInside {
          #expect(place.column <= lines[place.line - 1].count + 1, "seed \(seed), round \(round): \(error)")
        }
      }
    }
  }
}

private struct Random {
  var state: UInt64
  mutating func below(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }
}
