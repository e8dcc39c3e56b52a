import Domain

extension SettingsDecoder {
  /// Headings that a template may ask for.
  private static let maximumSections = 20

  /// - Parameter name: `when` or `unless`.
  mutating func conditions(_ node: YAMLNode, called name: String) -> Rule.Conditions {
    var conditions = Rule.Conditions()
    guard let members = mapping(node, ConditionKey.self, called: name) else { return conditions }
    if node.isEmptyMapping {
      fail(
        "'\(name)' has no condition, so \(name == "when" ? "the rule would match everything" : "nothing would match")",
        node, "Add 'title:', 'body:' or 'any:'.")
    }
    for (key, value) in members {
      let name = key.rawValue
      switch key {
      case .title: conditions.title = textMatches(value, called: name)
      case .body: conditions.body = textMatches(value, called: name)
      case .any: conditions.any = textMatches(value, called: name)
      case .comment: conditions.comment = textMatches(value, called: name)
      case .labels: conditions.labels = globs(value, called: name)
      case .allLabels: conditions.allLabels = globs(value, called: name)
      case .noLabels: conditions.noLabels = globs(value, called: name)
      case .author: conditions.author = loginGlobs(value, called: name)
      case .association:
        let words = Rule.Association.allCases.map { ($0.rawValue, $0) }
        conditions.association = items(value, called: name).compactMap { choice($0, words, called: "an association") }
      case .firstTime: conditions.isFirstTime = boolean(value, called: name)
      case .bot: conditions.isBot = boolean(value, called: name)
      case .is: conditions.isPullRequest = choice(value, [("issue", false), ("pull_request", true)], called: "'is'")
      case .state: conditions.isOpen = choice(value, [("open", true), ("closed", false)], called: name)
      case .locked: conditions.isLocked = boolean(value, called: name)
      case .age: conditions.age = duration(value, called: name)
      case .inactive: conditions.inactivity = duration(value, called: name)
      case .milestone: (conditions.milestone, conditions.hasMilestone) = globsOrFlag(value, called: name)
      case .assignee:
        if let flag = flag(value) {
          conditions.isAssigned = flag
        } else {
          conditions.assignee = loginGlobs(value, called: name)
        }
      case .missingSections: conditions.missingSections = sections(value)
      case .linkedPullRequest: conditions.hasLinkedPullRequest = boolean(value, called: name)
      }
    }
    checkLabels(of: conditions, members)
    return conditions
  }

  /// Headings, with or without the signs that make them headings.
  private mutating func sections(_ node: YAMLNode) -> [String] {
    items(node, called: "missing_sections", maximum: Self.maximumSections).compactMap { item in
      guard let line = line(item, called: "a heading", maximum: Self.maximumWordLength) else { return nil }
      let heading = line.drop { $0 == "#" || $0 == " " }
      guard !heading.isEmpty else {
        fail("a heading has no text", item, "Write the heading as the template has it.")
        return nil
      }
      return String(heading)
    }
  }

  private mutating func checkLabels(of conditions: Rule.Conditions, _ members: [(ConditionKey, YAMLNode)]) {
    let unwanted = Set(conditions.noLabels.map { $0.lowercased() })
    // Of several in `labels` another one may match.
    let wanted = conditions.allLabels + (conditions.labels.count == 1 ? conditions.labels : [])
    if let label = wanted.first(where: { unwanted.contains($0.lowercased()) }),
      let (_, node) = members.first(where: { $0.0 == .noLabels })
    {
      fail("the label '\(label)' cannot be there and not be there", node, "Remove it from one of the two lists.")
    }
  }
}
