import Domain

/// The configuration's rules, with what they look for made ready once.
struct RuleBook: Sendable {
  let rules: [Rule]
  let search: WordSearch
  private let phrases: [String: WordSearch.Tokens]
  let patterns: PatternLibrary

  init(_ rules: [Rule], patterns: PatternLibrary) {
    self.rules = rules
    self.patterns = patterns
    var search = WordSearch()
    var phrases: [String: WordSearch.Tokens] = [:]
    // All phrases first: the texts are then read once, and only words that are looked for get numbers.
    for conditions in rules.flatMap({ [$0.conditions] + $0.exceptions }) {
      for match in conditions.title + conditions.body + conditions.any + conditions.comment {
        if case .words(let phrase) = match { phrases[phrase] = search.phrase(phrase) }
      }
    }
    self.search = search
    self.phrases = phrases
  }

  func tokens(of phrase: String) -> WordSearch.Tokens { phrases[phrase] ?? [] }

  /// What each rule says of the event, in file order.
  ///
  /// - Parameter ignoresTriggers: to explain what each rule would say if its event came.
  func verdicts(
    on subject: RuleSubject, causedByBot: Bool, ignoresTriggers: Bool = false
  ) -> (verdicts: [RuleVerdict], notes: [Reason]) {
    let trigger = subject.input.trigger
    var notes: [Reason] = []
    let verdicts = rules.map { rule -> RuleVerdict in
      guard ignoresTriggers || rule.triggers.contains(trigger) else {
        let triggers = rule.triggers.map(\.text).sorted().joined(separator: ", ")
        return RuleVerdict(
          name: rule.name, outcome: .notTriggered, words: "it runs on \(triggers), not on \(trigger.text)")
      }
      guard !causedByBot || rule.conditions.isBot == true else {
        return RuleVerdict(
          name: rule.name, outcome: .causedByBot, words: "\(subject.botEvidence), and the rule does not say bot: true")
      }
      let check = ConditionCheck(subject, self)
      defer { notes += check.notes.map { Reason(origin: "rule '\(rule.name)'", evidence: $0) } }
      let evidence: String
      switch check.all(of: rule.conditions) {
      case .fails(let words): return RuleVerdict(name: rule.name, outcome: .unmatched, words: words)
      case .holds(let words): evidence = words
      }
      for exception in rule.exceptions where exception != Rule.Conditions() {
        if case .holds(let words) = check.all(of: exception) {
          return RuleVerdict(name: rule.name, outcome: .excepted, words: "\(evidence), unless \(words)")
        }
      }
      return RuleVerdict(name: rule.name, outcome: .matched, words: evidence)
    }
    return (verdicts, notes)
  }
}
