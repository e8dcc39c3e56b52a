public import Domain
import Markup

/// Decides what the configuration's rules do to an issue. Pure: no clock, no network, the same answer every time.
public struct IssueProcessor: Sendable {
  private let rules: [Rule]

  public init(settings: Settings) { rules = settings.rules }

  /// What the rules decide for an `issues` event, or say about it.
  ///
  /// All labels become one decision, because GitHub adds any number of labels in one request. Each comment is decided
  /// once per rule and issue, by its once-key.
  ///
  /// - Parameter action: the event's action, as in `opened`.
  public func decide(_ issue: Issue, action: String, in repository: RepositoryName) -> Deliberation {
    let started = rules.filter { $0.trigger.issueActions.contains(action) }
    let matches = Matcher(started, issue).matches
    var deliberation = Deliberation()
    let target = ItemReference(repository: repository, number: issue.number)

    if let labels = labels(of: matches, on: issue, notes: &deliberation.notes) {
      deliberation.decisions.append(
        Decision(
          target: target, effect: .addLabels(labels.names), reason: labels.reason, before: issue.labelsBefore))
    }
    for match in matches {
      guard let comment = match.rule.actions.comment else { continue }
      do {
        let body = try Template(comment).render(for: issue, in: repository).text
        guard body.utf16.count <= GitHubLimits.commentLength else {
          deliberation.notes.append(match.reason("the comment would be longer than GitHub accepts"))
          continue
        }
        deliberation.decisions.append(
          Decision(
            target: target, effect: .comment(body: body), reason: match.reason(),
            onceKey: "comment:\(match.rule.name):issue:\(issue.id)"))
      } catch {
        deliberation.notes.append(match.reason("the comment's template is invalid"))
      }
    }
    if matches.isEmpty {
      deliberation.notes.append(Reason(origin: "rules", evidence: nothing(started: started.count, action: action)))
    }
    return deliberation
  }

  private func labels(
    of matches: [Match], on issue: Issue, notes: inout [Reason]
  ) -> (names: [String], reason: Reason)? {
    let present = Names(issue.labels)
    var added = Names()
    var contributors: [Match] = []
    for match in matches {
      var contributes = false
      for label in match.rule.actions.addLabels {
        if present.contains(label) {
          notes.append(match.reason("the issue has the label \"\(label)\" already"))
        } else if issue.labels.count + added.list.count >= GitHubLimits.labels, !added.contains(label) {
          notes.append(match.reason("no room for the label \"\(label)\": an issue holds \(GitHubLimits.labels)"))
        } else {
          added.insert(label)
          contributes = true
        }
      }
      if contributes { contributors.append(match) }
    }
    guard let first = contributors.first else { return nil }
    guard contributors.count > 1 else { return (added.list, first.reason()) }
    let names = contributors.map { "'\($0.rule.name)'" }.joined(separator: ", ")
    let evidence = contributors.map { "'\($0.rule.name)': \($0.evidence)" }.joined(separator: "; ")
    return (added.list, Reason(origin: "rules \(names)", evidence: evidence))
  }

  private func nothing(started: Int, action: String) -> String {
    if rules.isEmpty { return "the configuration has no rules" }
    if started == 0 { return "no rule is triggered by the action \(action)" }
    return started == 1
      ? "the one rule for \(action) does not match" : "none of the \(started) rules for \(action) matches"
  }
}

/// A rule that applies, and why.
private struct Match {
  var rule: Rule
  var evidence: String

  /// - Parameter outcome: where the match led to nothing, why.
  func reason(_ outcome: String? = nil) -> Reason {
    Reason(origin: "rule '\(rule.name)'", evidence: outcome.map { "\(evidence), but \($0)" } ?? evidence)
  }
}

private struct Matcher {
  private(set) var matches: [Match] = []

  init(_ rules: [Rule], _ issue: Issue) {
    var search = WordSearch()
    func phrases(_ words: [String]) -> [(String, WordSearch.Tokens)] { words.map { ($0, search.phrase($0)) } }
    // All phrases first: the texts are then read once, and only words that are looked for get numbers.
    let prepared = rules.map { rule in
      let conditions = rule.conditions
      return (rule, phrases(conditions.titleWords), phrases(conditions.bodyWords), phrases(conditions.anyWords))
    }
    let title = search.text(issue.title)
    let body = search.text(issue.body)
    func evidence(_ words: [(String, WordSearch.Tokens)], title isTitle: Bool, body isBody: Bool) -> String? {
      for (word, tokens) in words {
        if isTitle, WordSearch.contains(title, tokens) { return "the title contains \"\(word)\"" }
        if isBody, WordSearch.contains(body, tokens) { return "the body contains \"\(word)\"" }
      }
      return nil
    }
    for (rule, inTitle, inBody, inAny) in prepared {
      let conditions = [(inTitle, true, false), (inBody, false, true), (inAny, true, true)].filter { !$0.0.isEmpty }
      let found = conditions.compactMap { evidence($0.0, title: $0.1, body: $0.2) }
      guard !conditions.isEmpty, found.count == conditions.count else { continue }
      matches.append(Match(rule: rule, evidence: found.joined(separator: " and ")))
    }
  }
}
