import Domain
import Markup

extension Template {
  /// The comment that the template makes for an issue.
  ///
  /// The literal parts are the maintainers' own Markdown. What came from the issue is escaped, except the author's
  /// login, which is meant to notify its owner.
  func render(for issue: Issue, in repository: RepositoryName) -> Markdown {
    var text: Markdown = ""
    for segment in segments {
      switch segment {
      case .literal(let literal):
        text += Markdown(trusted: literal)
      case .placeholder(.author):
        // A deleted account is shown as GitHub shows it, without notifying the account of that name.
        let author = issue.author.map { Markdown.mention($0.login) } ?? .code("ghost")
        // People also write `@{{author}}`.
        if text.text.utf8.last == UInt8(ascii: "@"), author.text.utf8.first == UInt8(ascii: "@") {
          text += Markdown(trusted: String(author.text.dropFirst()))
        } else {
          text += author
        }
      case .placeholder(.title):
        // The end of a literal must not make a mention or a reference of the title's first word.
        let last = text.text.utf8.last
        let joins = last == UInt8(ascii: "@") || last == UInt8(ascii: "#") || last == UInt8(ascii: "/")
        text += joins ? "&#8203;\(issue.title)" : "\(issue.title)"
      case .placeholder(.number):
        text += "\(issue.number)"
      case .placeholder(.repository):
        text += "\(repository.description)"
      }
    }
    return text
  }
}
