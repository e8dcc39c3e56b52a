import Domain

/// A text as conditions look at it. Each form is made when it is first needed, once for all rules.
final class SearchedText {
  let text: String
  private let search: WordSearch
  private(set) lazy var words = search.text(text)
  private(set) lazy var folded = Glob.folded(text)
  private(set) lazy var sections = TemplateSections(text)

  init(_ text: String, _ search: WordSearch) {
    self.text = text
    self.search = search
  }
}

/// What the conditions of rules look at.
struct RuleSubject {
  let input: AutomationInput
  let title: SearchedText
  let body: SearchedText
  let comment: SearchedText?
  /// Whether a bot wrote the item, or the comment, or caused the event.
  let isBot: Bool
  let botEvidence: String

  var issue: Issue { input.issue }
  /// `the issue` or `the pull request`.
  var noun: String { input.issue.isPullRequest ? "the pull request" : "the issue" }
  /// Whose login, association and first contribution count: the comment's author's where there is a comment.
  var author: Account? { input.comment.map(\.author) ?? input.issue.author }
  var association: String? { input.comment.map(\.authorAssociation) ?? input.issue.authorAssociation }

  /// Whether it is the author's first contribution. GitHub says so of those who never committed; of others without a tie
  /// to the repository it is known only where they caused the event, and were never seen before.
  var isFirstTime: Bool {
    switch association?.uppercased() {
    case "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR": return true
    case "NONE", nil:
      guard let author, let actor = input.actor else { return false }
      return author.login.lowercased() == actor.login.lowercased() && !input.context.actor.isKnown
    default: return false
    }
  }
}
