import Domain

/// Whether the conditions of one rule hold, and what shows it.
final class ConditionCheck {
  enum Finding {
    /// What shows it: `the title contains "crash"`.
    case holds(String)
    /// What is there instead: `it is closed`.
    case fails(String)
  }

  private let subject: RuleSubject
  private let book: RuleBook
  /// What could not be found out.
  private(set) var notes: [String] = []

  init(_ subject: RuleSubject, _ book: RuleBook) {
    self.subject = subject
    self.book = book
  }

  /// In the order of what they cost. nil for a condition that is not given.
  private static let steps: [@Sendable (ConditionCheck) -> (Rule.Conditions) -> Finding?] = [
    state, lock, kind, bot, firstTime, association, author, labels, allLabels, noLabels, milestone, hasMilestone,
    assignee, isAssigned, linked, age, inactivity, title, body, any, comment, sections,
  ]

  /// The first condition that fails, or the evidence for all of them.
  func all(of conditions: Rule.Conditions) -> Finding {
    var evidence: [String] = []
    for step in Self.steps {
      switch step(self)(conditions) {
      case .holds(let words)?: evidence.append(words)
      case .fails(let words)?: return .fails(words)
      case nil: continue
      }
    }
    return .holds(evidence.isEmpty ? "the rule has no conditions" : evidence.joined(separator: " and "))
  }

  private func answer(_ wanted: Bool?, _ actual: Bool, _ yes: String, _ no: String) -> Finding? {
    guard let wanted else { return nil }
    let words = actual ? yes : no
    return wanted == actual ? .holds(words) : .fails(words)
  }

  // MARK: What the item is

  private func state(_ c: Rule.Conditions) -> Finding? {
    answer(c.isOpen, subject.issue.isOpen, "\(subject.noun) is open", "\(subject.noun) is closed")
  }
  private func lock(_ c: Rule.Conditions) -> Finding? {
    answer(c.isLocked, subject.issue.isLocked, "\(subject.noun) is locked", "\(subject.noun) is not locked")
  }
  private func kind(_ c: Rule.Conditions) -> Finding? {
    answer(c.isPullRequest, subject.issue.isPullRequest, "it is a pull request", "it is an issue")
  }
  private func bot(_ c: Rule.Conditions) -> Finding? {
    answer(c.isBot, subject.isBot, subject.botEvidence, "no bot is behind it")
  }
  private func firstTime(_ c: Rule.Conditions) -> Finding? {
    let who = subject.author.map { "@\($0.login)" } ?? "a deleted account"
    return answer(
      c.isFirstTime, subject.isFirstTime, "\(who) contributes for the first time", "\(who) contributed before")
  }

  private func association(_ c: Rule.Conditions) -> Finding? {
    guard !c.association.isEmpty else { return nil }
    let actual = subject.association?.lowercased() ?? "none"
    let words = "the author's association is \(actual)"
    return c.association.contains { $0.rawValue == actual } ? .holds(words) : .fails(words)
  }

  private func author(_ c: Rule.Conditions) -> Finding? {
    guard !c.author.isEmpty else { return nil }
    guard let login = subject.author?.login else { return .fails("the author's account was deleted") }
    let isMeant = Glob.first(of: [login], matching: c.author) != nil
    return isMeant ? .holds("the author is @\(login)") : .fails("the author is @\(login), not \(Self.list(c.author))")
  }

  // MARK: Labels, milestone, assignees

  private func labels(_ c: Rule.Conditions) -> Finding? {
    guard !c.labels.isEmpty else { return nil }
    if let label = Glob.first(of: subject.issue.labels, matching: c.labels) {
      return .holds("it has the label \"\(label)\"")
    }
    return .fails("it has no label \(Self.list(c.labels))")
  }

  private func allLabels(_ c: Rule.Conditions) -> Finding? {
    guard !c.allLabels.isEmpty else { return nil }
    var found: [String] = []
    for glob in c.allLabels {
      guard let label = Glob.first(of: subject.issue.labels, matching: [glob]) else {
        return .fails("it has no label \(Self.list([glob]))")
      }
      found.append(label)
    }
    return .holds("it has the labels \(Self.list(found, "and"))")
  }

  private func noLabels(_ c: Rule.Conditions) -> Finding? {
    guard !c.noLabels.isEmpty else { return nil }
    if let label = Glob.first(of: subject.issue.labels, matching: c.noLabels) {
      return .fails("it has the label \"\(label)\"")
    }
    return .holds("it has no label \(Self.list(c.noLabels))")
  }

  private func milestone(_ c: Rule.Conditions) -> Finding? {
    guard !c.milestone.isEmpty else { return nil }
    guard let milestone = subject.issue.milestone else { return .fails("it has no milestone") }
    let words = "its milestone is \"\(milestone)\""
    return Glob.first(of: [milestone], matching: c.milestone) != nil ? .holds(words) : .fails(words)
  }

  private func hasMilestone(_ c: Rule.Conditions) -> Finding? {
    answer(c.hasMilestone, subject.issue.milestone != nil, "it has a milestone", "it has no milestone")
  }

  private func assignee(_ c: Rule.Conditions) -> Finding? {
    guard !c.assignee.isEmpty else { return nil }
    if let login = Glob.first(of: subject.issue.assignees, matching: c.assignee) {
      return .holds("@\(login) is assigned")
    }
    return .fails("nobody like \(Self.list(c.assignee)) is assigned")
  }

  private func isAssigned(_ c: Rule.Conditions) -> Finding? {
    answer(c.isAssigned, !subject.issue.assignees.isEmpty, "somebody is assigned", "nobody is assigned")
  }

  private func linked(_ c: Rule.Conditions) -> Finding? {
    let links = subject.input.templateValues.closingPullRequests
    return answer(
      c.hasLinkedPullRequest, !links.isEmpty, "pull request #\(links.first?.number ?? 0) would close it",
      "no pull request would close it")
  }

  // MARK: Time

  private func age(_ c: Rule.Conditions) -> Finding? {
    guard let least = c.age else { return nil }
    guard let opened = subject.issue.createdAt else { return .fails("it is not known when it was opened") }
    return span(subject.input.now.secondsSince(opened), least, "it is", "old")
  }

  private func inactivity(_ c: Rule.Conditions) -> Finding? {
    guard let least = c.inactivity else { return nil }
    // Where nothing else is known: nobody can have been active after the item's last change.
    let last = subject.input.lastActivity ?? subject.issue.updatedAt ?? subject.issue.createdAt
    guard let last else { return .fails("it is not known when anybody was active") }
    return span(subject.input.now.secondsSince(last), least, "nobody was active for", "")
  }

  private func span(_ seconds: Double, _ least: Int, _ before: String, _ after: String) -> Finding {
    let words = "\(before) \(TimeSpan.words(seconds))\(after.isEmpty ? "" : " \(after)")"
    return seconds >= Double(least) ? .holds(words) : .fails("\(words), not \(TimeSpan.words(Double(least)))")
  }

  // MARK: Texts

  private func title(_ c: Rule.Conditions) -> Finding? { search(c.title, [("the title", subject.title)]) }
  private func body(_ c: Rule.Conditions) -> Finding? { search(c.body, [("the body", subject.body)]) }
  private func any(_ c: Rule.Conditions) -> Finding? {
    search(c.any, [("the title", subject.title), ("the body", subject.body)])
  }
  private func comment(_ c: Rule.Conditions) -> Finding? {
    guard !c.comment.isEmpty else { return nil }
    guard let comment = subject.comment else { return .fails("the event has no comment") }
    return search(c.comment, [("the comment", comment)])
  }

  private func search(_ matches: [Rule.TextMatch], _ texts: [(name: String, text: SearchedText)]) -> Finding? {
    guard !matches.isEmpty else { return nil }
    for match in matches {
      for (name, text) in texts where holds(match, in: text, name) {
        return .holds("\(name) \(Self.words(match))")
      }
    }
    let names = texts.map(\.name).joined(separator: " and ")
    return .fails(
      "\(names) \(texts.count > 1 ? "do" : "does") not \(Self.anyOf(matches.prefix(3)))\(matches.count > 3 ? " …" : "")"
    )
  }

  /// `contain "a" or "b" or match the glob "c*"`: a verb stands once for those that follow each other under it.
  private static func anyOf(_ matches: some Sequence<Rule.TextMatch>) -> String {
    var last: String?
    return matches.map { match in
      let (verb, object) = phrase(match)
      defer { last = verb }
      return verb == last ? object : "\(verb) \(object)"
    }.joined(separator: " or ")
  }

  private func holds(_ match: Rule.TextMatch, in text: SearchedText, _ name: String) -> Bool {
    switch match {
    case .words(let phrase): return WordSearch.contains(text.words, book.tokens(of: phrase))
    case .glob(let glob): return Glob(glob).matches(folded: text.folded)
    case .pattern(let pattern):
      switch book.patterns.search(pattern, in: text.text, within: &subject.budget.remaining) {
      case .found: return true
      case .absent: return false
      case .tooExpensive:
        notes.append("the pattern \(Self.quoted(pattern)) is too expensive for \(name): it counts as not found")
      case .invalid:
        notes.append("the pattern \(Self.quoted(pattern)) is invalid: it counts as not found")
      }
      return false
    }
  }

  /// `contains "a"`
  private static func words(_ match: Rule.TextMatch) -> String {
    switch phrase(match) {
    case ("contain", let object): "contains \(object)"
    case (_, let object): "matches \(object)"
    }
  }

  /// The verb without the ending of the third person, and what it is about.
  private static func phrase(_ match: Rule.TextMatch) -> (verb: String, object: String) {
    switch match {
    case .words(let phrase): ("contain", quoted(phrase))
    case .glob(let glob): ("match", "the glob \(quoted(glob))")
    case .pattern(let pattern): ("match", "the pattern \(quoted(pattern))")
    }
  }

  private func sections(_ c: Rule.Conditions) -> Finding? {
    guard !c.missingSections.isEmpty else { return nil }
    let sections = subject.body.sections
    guard !sections.isUnreadable else {
      notes.append("the body is nested too deeply, or has too much HTML, to be read for its headings")
      return .fails("the body cannot be read for its headings")
    }
    guard let first = sections.missing(c.missingSections).first else {
      return .fails("no section is missing")
    }
    let heading = Self.quoted(first.heading)
    return .holds(first.isThere ? "nothing is written under \(heading)" : "the section \(heading) is missing")
  }

  // MARK: Words

  private static func quoted(_ text: String) -> String {
    text.count > 80 ? "\"\(text.prefix(80))…\"" : "\"\(text)\""
  }

  private static func list(_ values: [String], _ conjunction: String = "or") -> String {
    let shown = values.prefix(3).map(quoted)
    return shown.joined(separator: " \(conjunction) ") + (values.count > 3 ? " …" : "")
  }
}
