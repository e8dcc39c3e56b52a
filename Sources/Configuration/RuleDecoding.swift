import Domain

extension SettingsDecoder {
  /// The most rules in one file.
  static let maximumRules = 500
  /// Characters of a rule's name.
  static let maximumNameLength = 100
  /// Mappings of one `unless`.
  private static let maximumExceptions = 20

  mutating func rules(_ node: YAMLNode) -> [Rule] {
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
    var rule = Rule(name: "", actions: Rule.Actions())
    // A sticky comment is named after its rule, whichever of the two comes first in the file.
    if let (_, value) = members.first(where: { $0.0 == .name }) {
      rule.name = line(value, called: "the rule's name", maximum: Self.maximumNameLength) ?? ""
    }
    for (key, value) in members {
      switch key {
      case .name: break
      case .on: rule.triggers = triggers(value)
      case .when: rule.conditions = conditions(value, called: "when")
      case .unless: rule.exceptions = exceptions(value)
      case .then: rule.actions = actions(value, stickyKey: rule.name, arguments: nil)
      }
    }
    for required in [RuleKey.name, .then] where node.lacks(required) {
      fail("the rule has no '\(required.rawValue)'", node, "Add '\(required.rawValue):' to the rule.")
    }
    if node.lacks(RuleKey.when) {
      if !node.has(RuleKey.on.rawValue) {
        fail(
          "the rule has no 'when'", node,
          "Add 'when:' with a condition, or 'on:' where every such event should start the rule.")
      } else if rule.triggers.contains(.schedule), rule.exceptions.isEmpty {
        fail(
          "the rule has no 'when', so each sweep would apply it to every item", node,
          "Add 'when:' with a condition, or take 'schedule' out of 'on'.")
      }
    }
    checkReach(of: rule, node, members)
    return rule.name.isEmpty ? nil : rule
  }

  private mutating func triggers(_ node: YAMLNode) -> Set<Rule.Trigger> {
    let list = """
      \(Rule.Trigger.issueActions.joined(separator: ", ")) (of an issue; with 'pull_request.' before it, of a pull \
      request, which also has \(Rule.Trigger.pullRequestActions.dropFirst(Rule.Trigger.issueActions.count)
        .joined(separator: ", "))), issue_comment.created, issue_comment.edited, schedule
      """
    let words = Rule.Trigger.words.map { ($0.word, $0.trigger) }
    return Set(items(node, called: "on").compactMap { choice($0, words, called: "a value of 'on'", list: list) })
  }

  private mutating func exceptions(_ node: YAMLNode) -> [Rule.Conditions] {
    items(node, called: "unless", maximum: Self.maximumExceptions, mappings: true)
      .map { conditions($0, called: "unless") }
  }

  /// Conditions that no event of the rule's triggers can meet.
  private mutating func checkReach(of rule: Rule, _ node: YAMLNode, _ members: [(RuleKey, YAMLNode)]) {
    guard !rule.triggers.isEmpty else { return }
    let events = Set(rule.triggers.map(\.event))
    for (key, value) in members where key == .when || key == .unless {
      for place in value.places(of: ConditionKey.comment.rawValue) where !events.contains(.issueComment) {
        fail(
          "'comment' is looked at, and no comment starts this rule", at: place,
          "Add 'issue_comment.created' to 'on', or remove 'comment'.")
      }
    }
    let conditions = members.first { $0.0 == .when }?.1
    if rule.triggers == [.schedule], rule.conditions.isOpen == false,
      let place = conditions?.places(of: ConditionKey.state.rawValue).first
    {
      fail(
        "the rule never applies: a sweep visits open items only", at: place,
        "Add 'closed' to 'on', so that the closing starts the rule, or remove 'state'.")
    }
    guard let isPullRequest = rule.conditions.isPullRequest,
      let place = conditions?.places(of: ConditionKey.is.rawValue).first
    else { return }
    let other: EventName = isPullRequest ? .issues : .pullRequest
    if events == [other] {
      fail(
        "the rule never applies: only \(isPullRequest ? "issues" : "pull requests") start it", at: place,
        "Add '\(isPullRequest ? "pull_request.opened" : "opened")' to 'on', or remove 'is'.")
    }
  }
}

extension YAMLNode {
  /// Where a key stands in a mapping, or in those of a list.
  fileprivate func places(of key: String) -> [SourceLocation] {
    switch content {
    case .mapping(let members): members.filter { $0.key == key }.map(\.keyLocation)
    case .sequence(let items): items.flatMap { $0.places(of: key) }
    case .scalar: []
    }
  }
}
