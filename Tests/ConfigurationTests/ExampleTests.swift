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
  @Test("the example is valid and says what its comments say")
  func valid() throws {
    guard case .valid(let settings) = ConfigurationFile.parse(try example(), file: "example") else {
      Issue.record("\(ConfigurationFile.parse(try example(), file: "example"))")
      return
    }
    #expect(settings.mode == .dryRun)
    #expect(settings.rules.map(\.name) == ["crash", "documentation"])
    #expect(settings.commands.permission(for: .close) == .write)
    #expect(settings.history == HistorySettings())
  }

  @Test("the schema's numbers are the decoder's: limits are valid, and one beyond is not")
  func numbers() throws {
    let data = try Data(contentsOf: folder.appending(path: "yardmaster.schema.json"))
    let schema = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let properties = try #require(schema["properties"] as? [String: Any])
    let history = try #require((properties["history"] as? [String: Any])?["properties"] as? [String: [String: Any]])
    func isValid(_ key: String, _ value: Int) -> Bool {
      let yaml = "history: {\(key): \(value)}"
      if case .valid = ConfigurationFile.parse(Array(yaml.utf8), file: "x") { return true }
      return false
    }
    var count = 0
    for (key, property) in history where property["type"] as? String == "integer" {
      let (least, most) = (try #require(property["minimum"] as? Int), try #require(property["maximum"] as? Int))
      #expect(isValid(key, least) && isValid(key, most), "\(key)")
      #expect(!isValid(key, least - 1) && !isValid(key, most + 1), "\(key)")
      count += 1
    }
    #expect(count == 4)
  }

  /// Every property of the JSON Schema has to be a key of the decoder, and every key a property.
  @Test("the schema for editors has the decoder's keys and values")
  func schema() throws {
    let data = try Data(contentsOf: folder.appending(path: "yardmaster.schema.json"))
    let schema = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    func at(_ path: String...) throws -> Any {
      var value: Any = schema
      for key in path { value = try #require((value as? [String: Any])?[key], "\(path)") }
      return value
    }
    func keys(_ value: Any) throws -> Set<String> { Set(try #require(value as? [String: Any]).keys) }
    let byKeys = ConfigurationFile.keys
    #expect(try keys(at("properties")) == byKeys["configuration"])
    #expect(try keys(at("definitions", "rule", "properties")) == byKeys["rule"])
    #expect(try keys(at("definitions", "rule", "properties", "when", "properties")) == byKeys["when"])
    #expect(try keys(at("definitions", "rule", "properties", "then", "properties")) == byKeys["then"])
    #expect(try keys(at("properties", "commands", "properties")) == byKeys["commands"])
    #expect(try keys(at("properties", "history", "properties")) == byKeys["history"])
    #expect(
      try keys(at("properties", "commands", "properties", "permissions", "properties")) == byKeys["permissions"])
    #expect(try at("definitions", "action", "enum") as? [String] == Rule.Trigger.knownActions)
    #expect(try at("properties", "mode", "enum") as? [String] == Settings.Mode.allCases.map(\.rawValue))
    for word in try #require(at("definitions", "permission", "enum") as? [String]) {
      let yaml = "commands: {permissions: {label: \(word)}}"
      guard case .valid = ConfigurationFile.parse(Array(yaml.utf8), file: "x") else {
        Issue.record("\(word)")
        continue
      }
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
    for round in 0..<250 {
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
