import Domain

/// Turns nodes into settings; collects every fault instead of stopping at the first.
struct SettingsDecoder {
  private(set) var errors: [ConfigurationError] = []

  /// The most rules in one file.
  static let maximumRules = 500
  /// Characters of one word or phrase that a rule looks for.
  static let maximumWordLength = 200
  /// Characters of a comment template. GitHub's limit is 65,536 for what comes out of it.
  static let maximumTemplateLength = 30_000
  /// Characters of a rule's name.
  static let maximumNameLength = 100

  mutating func settings(_ root: YAMLNode) -> Settings {
    var settings = Settings()
    guard !root.isNull, let members = mapping(root, RootKey.self, called: "the configuration") else { return settings }
    for (key, value) in members {
      switch key {
      case .mode:
        settings.mode = choice(value, Settings.Mode.allCases.map { ($0.rawValue, $0) }, called: "mode") ?? settings.mode
      case .alerts: settings.alerts = boolean(value, called: "alerts") ?? settings.alerts
      case .rules: settings.rules = rules(value)
      case .commands: settings.commands = commands(value)
      case .history: settings.history = history(value)
      }
    }
    return settings
  }

  private mutating func commands(_ node: YAMLNode) -> CommandSettings {
    var commands = CommandSettings()
    for (key, value) in mapping(node, CommandsKey.self, called: "commands") ?? [] {
      switch key {
      case .enabled: commands.enabled = boolean(value, called: "enabled") ?? commands.enabled
      case .permissions:
        let words = Permission.configurable.map { ($0.word, $0) }
        for (command, value) in mapping(value, CommandName.self, called: "permissions") ?? [] {
          commands.permissions[command] = choice(value, words, called: "the permission for /\(command.rawValue)")
        }
      }
    }
    return commands
  }

  // MARK: Rules

  private mutating func rules(_ node: YAMLNode) -> [Rule] {
    guard !node.isNull else { return [] }
    guard case .sequence(let items) = node.content else {
      fail("rules must be a list, not \(node.kind)", node, "Start each rule with a dash: '- name: …'.")
      return []
    }
    if items.count > Self.maximumRules {
      fail("the file has \(items.count) rules, more than \(Self.maximumRules)", node, "Merge rules that do the same.")
    }
    var lineOfName: [String: Int] = [:]
    return items.compactMap { item in
      guard let rule = rule(item) else { return nil }
      if let line = lineOfName[rule.name] {
        fail(
          "the rule name '\(rule.name)' is taken by the rule in line \(line)", item,
          "Give each rule a name of its own.")
      }
      lineOfName[rule.name] = item.location.line
      return rule
    }
  }

  /// The rule, or nil where it has no usable name; faults in its parts are collected, and the rest is checked.
  private mutating func rule(_ node: YAMLNode) -> Rule? {
    guard let members = mapping(node, RuleKey.self, called: "a rule") else { return nil }
    var name: String?
    var trigger = Rule.Trigger()
    var conditions = Rule.Conditions()
    var actions = Rule.Actions()
    for (key, value) in members {
      switch key {
      case .name: name = ruleName(value)
      case .on:
        let known = Rule.Trigger.knownActions.map { ($0, $0) }
        let chosen = items(value, called: "on").compactMap { choice($0, known, called: "an action of 'on'") }
        trigger = Rule.Trigger(issueActions: Set(chosen))
      case .when: conditions = self.conditions(value)
      case .then: actions = self.actions(value)
      }
    }
    for required in [RuleKey.name, .when, .then] where !has(node, required.rawValue) {
      fail("the rule has no '\(required.rawValue)'", node, "Add '\(required.rawValue):' to the rule.")
    }
    return name.map { Rule(name: $0, trigger: trigger, conditions: conditions, actions: actions) }
  }

  private mutating func ruleName(_ node: YAMLNode) -> String? {
    guard let name = text(node, called: "the rule's name") else { return nil }
    let length = name.unicodeScalars.count
    guard !isBlank(name), length <= Self.maximumNameLength, !hasControlCharacters(name) else {
      fail(
        "the rule's name must be one line of 1 to \(Self.maximumNameLength) characters", node, "Choose a short name.")
      return nil
    }
    return name
  }

  private mutating func conditions(_ node: YAMLNode) -> Rule.Conditions {
    var conditions = Rule.Conditions()
    guard let members = mapping(node, ConditionKey.self, called: "when") else { return conditions }
    if isEmpty(node) {
      fail("'when' has no condition, so the rule would match everything", node, "Add 'title:', 'body:' or 'any:'.")
    }
    for (key, value) in members {
      let words = items(value, called: key.rawValue).compactMap { word($0) }
      switch key {
      case .title: conditions.titleWords = words
      case .body: conditions.bodyWords = words
      case .any: conditions.anyWords = words
      }
    }
    return conditions
  }

  private mutating func word(_ node: YAMLNode) -> String? {
    guard let word = text(node, called: "a word to look for") else { return nil }
    guard !isBlank(word), word.unicodeScalars.count <= Self.maximumWordLength else {
      fail(
        "a word or phrase must have 1 to \(Self.maximumWordLength) characters", node,
        "Write the word that the text must contain.")
      return nil
    }
    return word
  }

  private mutating func actions(_ node: YAMLNode) -> Rule.Actions {
    var actions = Rule.Actions()
    guard let members = mapping(node, ActionKey.self, called: "then") else { return actions }
    if isEmpty(node) { fail("'then' does nothing", node, "Add 'label:' or 'comment:'.") }
    for (key, value) in members {
      switch key {
      case .label: actions.addLabels = items(value, called: "label").compactMap { label($0) }
      case .comment: actions.comment = template(value)
      }
    }
    return actions
  }

  private mutating func label(_ node: YAMLNode) -> String? {
    guard let name = text(node, called: "a label") else { return nil }
    guard LabelName.isValid(name) else {
      fail(
        "a label must be one line of 1 to \(LabelName.maximumLength) characters", node,
        "Write the name as GitHub's list of labels shows it.")
      return nil
    }
    return name
  }

  private mutating func template(_ node: YAMLNode) -> String? {
    guard let text = text(node, called: "the comment") else { return nil }
    guard !isBlank(text), text.unicodeScalars.count <= Self.maximumTemplateLength else {
      fail("a comment must have 1 to \(Self.maximumTemplateLength) characters", node, "Write a shorter text.")
      return nil
    }
    let names = Template.Placeholder.allCases.map(\.rawValue)
    do {
      _ = try Template(text)
      return text
    } catch {
      switch error {
      case .unknownPlaceholder(let name):
        fail(
          "there is no placeholder {{\(name.prefix(50))}}", node,
          (nearest(to: name, among: names).map { "Did you mean {{\($0)}}? " } ?? "")
            + "Valid are {{\(names.joined(separator: "}}, {{"))}}.", nearest: nearest(to: name, among: names))
      case .unclosed:
        fail("a placeholder is opened with {{ and not closed", node, "Write }} after the placeholder's name.")
      }
    }
    return nil
  }

  // MARK: Values

  /// The members with known keys; unknown ones become faults.
  mutating func mapping<Key: CaseIterable & RawRepresentable<String>>(
    _ node: YAMLNode, _ keys: Key.Type, called name: String
  ) -> [(Key, YAMLNode)]? {
    let names = Key.allCases.map(\.rawValue)
    guard case .mapping(let members) = node.content else {
      fail("\(name) must be a mapping, not \(node.kind)", node, "Its keys are \(names.joined(separator: ", ")).")
      return nil
    }
    return members.compactMap { member in
      if let key = Key(rawValue: member.key) { return (key, member.value) }
      errors.append(
        unknown("'\(member.key.prefix(50))' is no key of \(name)", at: member.keyLocation, typed: member.key, names))
      return nil
    }
  }

  private func has(_ node: YAMLNode, _ key: String) -> Bool {
    if case .mapping(let members) = node.content { members.contains { $0.key == key } } else { false }
  }

  private func isEmpty(_ node: YAMLNode) -> Bool {
    if case .mapping(let members) = node.content { members.isEmpty } else { false }
  }

  /// The items of a list, or the one value that stands without a list.
  private mutating func items(_ node: YAMLNode, called name: String) -> [YAMLNode] {
    switch node.content {
    case .scalar where !node.isNull: return [node]
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

  mutating func boolean(_ node: YAMLNode, called name: String) -> Bool? {
    if case .scalar(let text, isPlain: true) = node.content {
      if text == "true" { return true }
      if text == "false" { return false }
    }
    fail("\(name) must be true or false", node, "Write true or false, without quotes.")
    return nil
  }

  private mutating func choice<Value>(_ node: YAMLNode, _ choices: [(String, Value)], called name: String) -> Value? {
    guard case .scalar(let text, _) = node.content, !node.isNull else {
      let words = choices.map(\.0).joined(separator: ", ")
      fail("\(name) must be a text, not \(node.kind)", node, "Write one of \(words).")
      return nil
    }
    if let match = choices.first(where: { $0.0 == text }) { return match.1 }
    errors.append(
      unknown("\(name) cannot be '\(text.prefix(50))'", at: node.location, typed: text, choices.map(\.0)))
    return nil
  }

  // MARK: Faults

  mutating func fail(_ message: String, _ node: YAMLNode, _ advice: String, nearest: String? = nil) {
    errors.append(ConfigurationError(message, at: node.location, advice: advice, suggestion: nearest))
  }

  private func unknown(
    _ message: String, at location: SourceLocation, typed: String, _ valid: [String]
  ) -> ConfigurationError {
    let suggestion = nearest(to: typed, among: valid)
    let list = valid.joined(separator: ", ")
    let advice = suggestion.map { "Did you mean '\($0)'? Valid are \(list)." } ?? "Use one of \(list)."
    return ConfigurationError(message, at: location, advice: advice, suggestion: suggestion)
  }

  private func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

  private func hasControlCharacters(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}
