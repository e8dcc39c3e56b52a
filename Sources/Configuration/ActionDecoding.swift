import Domain

extension SettingsDecoder {
  /// An issue holds at most 100 labels.
  private static let maximumLabels = 100
  /// Source: https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/assigning-issues-and-pull-requests-to-other-github-users
  private static let maximumAssignees = 10
  /// Characters of an item's title.
  /// Source: GitHub answers 422 `title is too long (maximum is 256 characters)`.
  private static let maximumTitleLength = 256
  /// Characters of a milestone's title.
  private static let maximumMilestoneLength = 255

  /// What a rule or a command does.
  ///
  /// - Parameters:
  ///   - stickyKey: of a sticky comment that names none.
  ///   - arguments: of the command; nil for a rule.
  mutating func actions(_ node: YAMLNode, stickyKey: String, arguments: [String]?) -> Rule.Actions {
    var actions = Rule.Actions()
    guard let members = mapping(node, ActionKey.self, called: "then") else { return actions }
    if node.isEmptyMapping { fail("'then' does nothing", node, "Add 'label:' or 'comment:'.") }
    for (key, value) in members {
      let name = key.rawValue
      switch key {
      case .label: actions.addLabels = labels(value, called: name)
      case .unlabel: actions.removeLabels = labels(value, called: name)
      case .comment: actions.comment = template(value, called: "the comment", arguments: arguments)
      case .sticky: actions.sticky = sticky(value, key: stickyKey, arguments: arguments)
      case .assign: actions.assign = assignees(value, called: name)
      case .unassign: actions.unassign = assignees(value, called: name)
      case .close:
        let reasons = Effect.CloseReason.allCases
        let reason = flag(value) == true ? .completed : self.reason(value, reasons, called: name, isOptional: true)
        actions.state = reason.map(Rule.StateChange.close)
      case .reopen: if isTrue(value, called: name) { actions.state = .reopen }
      case .lock:
        if flag(value) == true {
          actions.lock = .lock(nil)
        } else if let reason = reason(value, Effect.LockReason.allCases, called: name, isOptional: true) {
          actions.lock = .lock(reason)
        }
      case .unlock: if isTrue(value, called: name) { actions.lock = .unlock }
      case .title:
        actions.title = template(value, called: "the title", maximum: Self.maximumTitleLength, arguments: arguments)
      case .milestone: actions.milestone = milestone(value)
      case .dispatch: actions.dispatch = dispatch(value, arguments: arguments)
      }
    }
    checkContradictions(in: actions, members)
    return actions
  }

  /// A reason to close or to lock. GitHub joins the words of one by an underscore, of another by a hyphen or a space: each
  /// is understood in all of these ways, as in commands.
  ///
  /// - Parameter isOptional: whether `true` may stand for no reason.
  mutating func reason<Reason: RawRepresentable<String>>(
    _ node: YAMLNode, _ reasons: [Reason], called name: String, isOptional: Bool = false
  ) -> Reason? {
    func words(_ text: String) -> String { String(text.map { "_-".contains($0) ? " " : $0 }) }
    if case .scalar(let text, _) = node.content,
      let reason = reasons.first(where: { words($0.rawValue) == words(text) })
    {
      return reason
    }
    let list = (isOptional ? ["true"] : []) + reasons.map(\.rawValue)
    return choice(node, reasons.map { ($0.rawValue, $0) }, called: name, list: list.joined(separator: ", "))
  }

  private mutating func labels(_ node: YAMLNode, called name: String) -> [String] {
    items(node, called: name, maximum: Self.maximumLabels).compactMap { label($0) }
  }

  private mutating func assignees(_ node: YAMLNode, called name: String) -> [String] {
    items(node, called: name, maximum: Self.maximumAssignees).compactMap { item in
      if case .scalar(let text, _) = item.content, text.hasPrefix("{{") {
        let inner = text.dropFirst(2).dropLast(text.hasSuffix("}}") ? 2 : 0).split(separator: " ")
        if text.hasSuffix("}}"), inner == ["author"] { return "{{author}}" }
        fail(
          "'\(name)' knows no placeholder but {{author}}", item, "Write a login, or {{author}}.", nearest: "{{author}}")
        return nil
      }
      return login(item, called: "a login of '\(name)'")
    }
  }

  private mutating func sticky(_ node: YAMLNode, key: String, arguments: [String]?) -> Rule.Sticky? {
    guard case .mapping = node.content else {
      return template(node, called: "the sticky comment", arguments: arguments).map { Rule.Sticky(key: key, body: $0) }
    }
    var sticky = Rule.Sticky(key: key, body: "")
    for (part, value) in mapping(node, StickyKey.self, called: "sticky") ?? [] {
      switch part {
      case .key: sticky.key = line(value, called: "the key", maximum: Self.maximumNameLength) ?? key
      case .body: sticky.body = template(value, called: "the sticky comment", arguments: arguments) ?? ""
      }
    }
    if !node.has(StickyKey.body.rawValue) {
      fail("the sticky comment has no 'body'", node, "Add 'body:' with its text.")
    }
    return sticky.body.isEmpty ? nil : sticky
  }

  private mutating func milestone(_ node: YAMLNode) -> Rule.MilestoneChange? {
    switch flag(node) {
    case false: return .clear
    case true:
      fail("the milestone cannot be true", node, "Write the milestone's title, or false to take the item out of it.")
      return nil
    case nil:
      return line(node, called: "the milestone", maximum: Self.maximumMilestoneLength).map(Rule.MilestoneChange.set)
    }
  }

  private mutating func dispatch(_ node: YAMLNode, arguments: [String]?) -> Rule.Dispatch? {
    var dispatch = Rule.Dispatch(workflow: "")
    for (key, value) in mapping(node, DispatchKey.self, called: "dispatch") ?? [] {
      switch key {
      case .workflow: dispatch.workflow = workflowFile(value, called: key.rawValue) ?? ""
      case .ref: dispatch.ref = reference(value)
      case .inputs: dispatch.inputs = inputs(value, arguments: arguments)
      }
    }
    if case .mapping = node.content, !node.has(DispatchKey.workflow.rawValue) {
      fail("dispatch has no 'workflow'", node, "Add 'workflow:' with the name of its file.")
    }
    return dispatch.workflow.isEmpty ? nil : dispatch
  }

  /// A branch or a tag, as far as git's rules for their names are simple.
  /// Source: https://git-scm.com/docs/git-check-ref-format
  private mutating func reference(_ node: YAMLNode) -> String? {
    guard let name = line(node, called: "ref", maximum: 255) else { return nil }
    guard !name.contains(where: { " ~^:?*[\\".contains($0) }), !name.contains("..") else {
      fail("'\(name.prefix(50))' is no name of a branch or tag", node, "Write the branch's or the tag's name.")
      return nil
    }
    return name
  }

  /// Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs
  private mutating func inputs(_ node: YAMLNode, arguments: [String]?) -> [String: String] {
    guard let members = members(node, called: "inputs") else { return [:] }
    if members.count > 25 {
      fail("a workflow takes at most 25 inputs, not \(members.count)", node, "Remove some of them.")
    }
    var inputs: [String: String] = [:]
    for member in members {
      let called = "the input '\(member.key.prefix(50))'"
      inputs[member.key] = template(member.value, called: called, maximum: 2_000, arguments: arguments)
    }
    return inputs
  }

  private mutating func checkContradictions(in actions: Rule.Actions, _ members: [(ActionKey, YAMLNode)]) {
    for (one, other) in [(ActionKey.close, ActionKey.reopen), (.lock, .unlock)] {
      guard members.contains(where: { $0.0 == one }), let second = members.first(where: { $0.0 == other }) else {
        continue
      }
      fail("'\(one.rawValue)' and '\(other.rawValue)' contradict each other", second.1, "Remove one of the two.")
    }
    let lists = [
      (actions.addLabels, actions.removeLabels, ActionKey.unlabel), (actions.assign, actions.unassign, .unassign),
    ]
    for (added, removed, key) in lists {
      let taken = Set(added.map { $0.lowercased() })
      if let name = removed.first(where: { taken.contains($0.lowercased()) }),
        let (_, node) = members.first(where: { $0.0 == key })
      {
        fail("'\(name)' is added and removed at once", node, "Remove it from one of the two lists.")
      }
    }
  }
}
