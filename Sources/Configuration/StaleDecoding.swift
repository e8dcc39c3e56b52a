import Domain

extension SettingsDecoder {
  mutating func stale(_ node: YAMLNode) -> StaleSettings? {
    guard !node.isNull else { return nil }
    guard let members = mapping(node, StaleKey.self, called: "stale") else { return nil }
    var stale = StaleSettings(after: 0)
    for (key, value) in members {
      let name = key.rawValue
      switch key {
      case .after: stale.after = duration(value, called: name) ?? 0
      case .closeAfter: stale.closeAfter = duration(value, called: name)
      case .label: stale.label = label(value) ?? stale.label
      case .comment: stale.comment = template(value, called: "the comment", arguments: nil)
      case .closeComment: stale.closeComment = template(value, called: "the closing comment", arguments: nil)
      case .closeReason:
        let reasons = Effect.CloseReason.allCases.filter { $0 != .duplicate }
        stale.closeReason = reason(value, reasons, called: name) ?? stale.closeReason
      case .exemptLabels: stale.exemptLabels = globs(value, called: name)
      case .exemptMilestones:
        if flag(value) != nil {
          stale.exemptsMilestones = isTrue(value, called: name)
        } else {
          stale.exemptMilestones = globs(value, called: name)
        }
      case .exemptAssignees:
        if flag(value) != nil {
          stale.exemptsAssigned = isTrue(value, called: name)
        } else {
          stale.exemptAssignees = loginGlobs(value, called: name)
        }
      case .exemptAuthors: stale.exemptAuthors = loginGlobs(value, called: name)
      case .pullRequests: stale.includesPullRequests = boolean(value, called: name) ?? false
      }
    }
    if !node.has(StaleKey.after.rawValue) {
      fail("stale has no 'after'", node, "Add 'after:' with the time without activity, like '60 days'.")
    }
    for (key, value) in members where key == .closeComment || key == .closeReason {
      guard !node.has(StaleKey.closeAfter.rawValue) else { break }
      fail(
        "'\(key.rawValue)' has no use without 'close_after', which makes the sweep close anything", value,
        "Add 'close_after:', or remove '\(key.rawValue)'.")
    }
    if let (_, value) = members.first(where: { $0.0 == .exemptLabels }),
      stale.exemptLabels.contains(where: { $0.lowercased() == stale.label.lowercased() })
    {
      fail(
        "the label '\(stale.label)' marks what is stale and exempts it", value, "Take the label out of 'exempt_labels'."
      )
    }
    return stale.after > 0 ? stale : nil
  }
}
