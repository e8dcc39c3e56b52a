import Domain

// The values that a node may hold, whatever section it stands in. Each tells the fault and returns nil.
extension SettingsDecoder {
  /// Values of one list.
  static let maximumItems = 500

  /// The members with known keys; unknown ones become faults.
  mutating func mapping<Key: CaseIterable & RawRepresentable<String>>(
    _ node: YAMLNode, _ keys: Key.Type, called name: String
  ) -> [(Key, YAMLNode)]? {
    let names = Key.allCases.map(\.rawValue)
    guard let members = members(node, called: name, keys: names) else { return nil }
    return members.compactMap { member in
      if let key = Key(rawValue: member.key) { return (key, member.value) }
      failUnknown("'\(member.key.prefix(50))' is no key of \(name)", at: member.keyLocation, typed: member.key, names)
      return nil
    }
  }

  /// The members of a mapping whose keys are names that the file gives.
  mutating func members(_ node: YAMLNode, called name: String, keys: [String] = []) -> [YAMLNode.Member]? {
    if case .mapping(let members) = node.content { return members }
    fail(
      "\(name) must be a mapping, not \(node.kind)", node,
      keys.isEmpty ? "Write 'name: value', one to a line." : "Its keys are \(keys.joined(separator: ", ")).")
    return nil
  }

  /// The items of a list, or the one value that stands without a list.
  mutating func items(
    _ node: YAMLNode, called name: String, maximum: Int = Self.maximumItems, mappings: Bool = false
  ) -> [YAMLNode] {
    switch node.content {
    case .scalar where !node.isNull: return [node]
    case .mapping where mappings: return [node]
    case .sequence(let items) where items.count > maximum:
      fail("'\(name)' has \(items.count) values, more than \(maximum)", node, "Remove some of them.")
    case .sequence(let items) where !items.isEmpty: return items
    case .sequence:
      fail("'\(name)' is an empty list", node, "Add at least one value, or remove the key.")
    default:
      fail("'\(name)' must be a text or a list, not \(node.kind)", node, "Write one value, or a list of values.")
    }
    return []
  }

  mutating func text(_ node: YAMLNode, called name: String) -> String? {
    if case .scalar(let text, _) = node.content, !node.isNull {
      // YAML can spell it (`\0`); Postgres cannot store it, and no GitHub text has it.
      guard !text.unicodeScalars.contains("\0") else {
        fail("\(name) holds the character U+0000", node, "Remove the character.")
        return nil
      }
      return text
    }
    fail("\(name) must be a text, not \(node.kind)", node, "Write a text here, in quotes where in doubt.")
    return nil
  }

  /// One line that is not white space alone.
  mutating func line(_ node: YAMLNode, called name: String, maximum: Int) -> String? {
    guard let text = text(node, called: name) else { return nil }
    let isOneLine = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    guard isOneLine, !text.allSatisfy(\.isWhitespace), text.unicodeScalars.count <= maximum else {
      fail("\(name) must be one line of 1 to \(maximum) characters", node, "Write a shorter text, on one line.")
      return nil
    }
    return text
  }

  /// `true` and `false`, where other values are allowed too.
  func flag(_ node: YAMLNode) -> Bool? {
    guard case .scalar(let text, isPlain: true) = node.content else { return nil }
    return text == "true" ? true : text == "false" ? false : nil
  }

  mutating func boolean(_ node: YAMLNode, called name: String) -> Bool? {
    if let value = flag(node) { return value }
    fail("\(name) must be true or false", node, "Write true or false, without quotes.")
    return nil
  }

  /// For what can be asked for and not be forbidden.
  mutating func isTrue(_ node: YAMLNode, called name: String) -> Bool {
    if flag(node) == true { return true }
    fail("\(name) can only be true", node, "Write true, or remove the key.")
    return false
  }

  mutating func wholeNumber(_ node: YAMLNode, _ range: ClosedRange<Int>, called name: String) -> Int? {
    if case .scalar(let text, isPlain: true) = node.content, !text.isEmpty, text.utf8.count <= 9,
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text), range.contains(value)
    {
      return value
    }
    fail(
      "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)", node,
      "Write the number in digits, without quotes.")
    return nil
  }

  mutating func choice<Value>(
    _ node: YAMLNode, _ choices: [(String, Value)], called name: String, list: String? = nil
  ) -> Value? {
    guard case .scalar(let text, _) = node.content, !node.isNull else {
      let words = list ?? choices.map(\.0).joined(separator: ", ")
      fail("\(name) must be a text, not \(node.kind)", node, "Write one of \(words).")
      return nil
    }
    if let match = choices.first(where: { $0.0 == text }) { return match.1 }
    failUnknown(
      "\(name) cannot be '\(text.prefix(50))'", at: node.location, typed: text, choices.map(\.0), list: list)
    return nil
  }

  /// - Parameter least: `read` means everybody on a public repository; `none` would mean the same.
  mutating func permission(_ node: YAMLNode, from least: Permission = .read, called name: String) -> Permission? {
    let words: [Permission] = [.read, .triage, .write, .maintain, .admin]
    return choice(node, words.filter { $0 >= least }.map { ($0.word, $0) }, called: name)
  }
}

extension YAMLNode {
  func has(_ key: String) -> Bool {
    if case .mapping(let members) = content { members.contains { $0.key == key } } else { false }
  }

  /// Whether a mapping has neither the key nor, among those that are no keys at all, a slip for it.
  func lacks<Key: CaseIterable & RawRepresentable<String>>(_ key: Key) -> Bool {
    guard case .mapping(let members) = content else { return false }
    return !members.contains { member in
      member.key == key.rawValue
        || Key(rawValue: member.key) == nil
          && nearest(to: member.key, among: Key.allCases.map(\.rawValue)) == key.rawValue
    }
  }

  var isEmptyMapping: Bool {
    if case .mapping(let members) = content { members.isEmpty } else { false }
  }
}
