import Domain

/// What becomes of an item that nobody works on.
public enum StaleVerdict: Hashable, Sendable {
  /// Somebody was active lately enough, or the warning is too young. In words.
  case waits(String)
  /// Nothing is ever done about it. In words.
  case exempt(String)
  case warns(String)
  case closes(String)
  /// Somebody was active after the warning: the label goes.
  case unmarks(String)

  /// Why, in words.
  public var words: String {
    switch self {
    case .waits(let words), .exempt(let words), .warns(let words), .closes(let words), .unmarks(let words): words
    }
  }
}

/// Warns, closes and unmarks by the configuration's `stale`. What Yardmaster or a bot did is no activity: the caller
/// leaves it out of ``AutomationInput/lastActivity``.
struct StaleDecider {
  private let settings: StaleSettings
  private let input: AutomationInput
  private let isByPerson: Bool

  /// - Parameter isByPerson: whether a person caused the event.
  init(_ settings: StaleSettings, _ input: AutomationInput, isByPerson: Bool) {
    self.settings = settings
    self.input = input
    self.isByPerson = isByPerson
  }

  private var issue: Issue { input.issue }

  /// The last write to the label, where it is known.
  private var label: FacetRecord? { input.context.facets[.label(named: settings.label)] }

  /// The last thing that a person did: also to take the label off, and the event itself.
  private var lastActivity: Timestamp? {
    let removed = label.flatMap { $0.value == false && $0.standing.will == .person ? $0.standing.moment.time : nil }
    let event = isByPerson && input.trigger.event != .schedule ? input.moment.time : nil
    return [input.lastActivity, removed, event].compactMap { $0 }.max()
  }

  func verdict() -> StaleVerdict {
    let isMarked = Names(issue.labels).contains(settings.label)
    guard issue.isOpen else { return .waits("it is closed") }
    if let reason = exemption {
      // A label that Yardmaster put on before the exemption came is taken back.
      let isOurs = isMarked && label?.standing.will == .rule
      return isOurs ? .unmarks("\(reason), which is exempt") : .exempt(reason)
    }
    return isMarked ? marked() : unmarked()
  }

  private func marked() -> StaleVerdict {
    // Not known since when: since the item's last change at the latest.
    let record = label.flatMap { $0.value == true ? $0.standing.moment.time : nil }
    guard let since = record ?? issue.updatedAt else { return .waits("it is not known when it was warned") }
    if let active = lastActivity, active > since {
      return .unmarks("somebody was active after the warning")
    }
    guard let closeAfter = settings.closeAfter else { return .waits("it was warned; it is never closed") }
    let waited = input.now.secondsSince(since)
    let words = "it was warned \(TimeSpan.words(waited)) ago, and nobody was active since"
    guard waited >= Double(closeAfter) else {
      return .waits("\(words); it is closed after \(TimeSpan.words(Double(closeAfter)))")
    }
    return isVisit ? .closes(words) : .waits(words)
  }

  private func unmarked() -> StaleVerdict {
    // Where nothing else is known: nobody can have been active after the item's last change.
    guard let last = lastActivity ?? issue.updatedAt ?? issue.createdAt else {
      return .waits("it is not known when anybody was active")
    }
    let quiet = input.now.secondsSince(last)
    let words = "nobody was active for \(TimeSpan.words(quiet))"
    guard quiet >= Double(settings.after) else {
      return .waits("\(words); it is warned after \(TimeSpan.words(Double(settings.after)))")
    }
    return isVisit ? .warns(words) : .waits(words)
  }

  /// Time passes in the sweep alone: an event shows that something happened.
  private var isVisit: Bool { input.trigger.event == .schedule }

  private var exemption: String? {
    if issue.isPullRequest, !settings.includesPullRequests { return "it is a pull request" }
    if let label = Glob.first(of: issue.labels, matching: settings.exemptLabels) {
      return "it has the label \"\(label)\""
    }
    if let milestone = issue.milestone {
      if settings.exemptsMilestones { return "it has a milestone" }
      if Glob.first(of: [milestone], matching: settings.exemptMilestones) != nil {
        return "it has the milestone \"\(milestone)\""
      }
    }
    if settings.exemptsAssigned, !issue.assignees.isEmpty { return "somebody is assigned" }
    if let login = Glob.first(of: issue.assignees, matching: settings.exemptAssignees) {
      return "@\(login) is assigned"
    }
    if let author = issue.author?.login, Glob.first(of: [author], matching: settings.exemptAuthors) != nil {
      return "its author is @\(author)"
    }
    return nil
  }

  /// What the verdict comes to.
  func plan(_ verdict: StaleVerdict) -> ActionPlan? {
    var actions = Rule.Actions()
    switch verdict {
    case .waits, .exempt: return nil
    case .warns:
      actions.addLabels = [settings.label]
      actions.comment = settings.comment
    case .closes:
      actions.state = .close(settings.closeReason)
      actions.comment = settings.closeComment
    case .unmarks:
      actions.removeLabels = [settings.label]
    }
    let source = WishSource(
      kind: .stale, name: "stale", evidence: verdict.words, standing: Standing(will: .rule, moment: input.moment))
    // Each spell of quiet is warned of, and ended, by itself.
    let spell = lastActivity ?? issue.createdAt ?? .distantPast
    let step = actions.state == nil ? "warn" : "close"
    return ActionPlan(
      actions, by: source, input.templateValues,
      keys: ActionPlan.OnceKeys(comment: "stale:\(step):\(input.itemKey):\(spell)", dispatch: nil))
  }
}
