import Domain
import Markup

/// What stands behind a template's placeholders.
struct TemplateValues {
  var issue: Issue
  var repository: RepositoryName
  var serverURL: String
  var actor: Account?
  var links: [ThreadLink]
  /// Of a command of the configuration, by name.
  var arguments: [String: String] = [:]

  /// The item's page.
  var url: String {
    "\(serverURL)/\(repository)/\(issue.isPullRequest ? "pull" : "issues")/\(issue.number)"
  }

  var closingPullRequests: [ThreadLink] {
    links.filter { $0.kind == "closes" && $0.isIncoming && $0.isPullRequest && $0.number != nil }
  }

  fileprivate func plain(_ placeholder: Template.Placeholder) -> String {
    switch placeholder {
    case .author: issue.author?.login ?? "ghost"
    case .actor: actor?.login ?? "ghost"
    case .title: issue.title
    case .number: String(issue.number)
    case .repository: repository.description
    case .url: url
    case .labels: issue.labels.joined(separator: ", ")
    case .milestone: issue.milestone ?? ""
    case .assignees: issue.assignees.joined(separator: ", ")
    case .linked: closingPullRequests.map { "\($0.repository ?? "")#\($0.number ?? 0)" }.joined(separator: ", ")
    case .argument(let name): arguments[name] ?? ""
    }
  }

  /// Escaped, except what is meant to be live: the two logins, which notify their owners, and what is our own.
  fileprivate func markdown(_ placeholder: Template.Placeholder) -> Markdown {
    switch placeholder {
    // A deleted account is shown as GitHub shows it, without notifying the account of that name.
    case .author: issue.author.map { .mention($0.login) } ?? .code("ghost")
    case .actor: actor.map { .mention($0.login) } ?? .code("ghost")
    case .number: "\(issue.number)"
    case .url: Markdown(trusted: url)
    case .labels: .joined(issue.labels.map { .code($0) }, separator: ", ")
    case .assignees: .joined(issue.assignees.map { .code($0) }, separator: ", ")
    case .linked: .joined(closingPullRequests.map(reference), separator: ", ")
    case .title, .repository, .milestone, .argument: .escaped(plain(placeholder))
    }
  }

  /// A live reference only within the repository: another one's timeline is not ours to write to.
  private func reference(_ link: ThreadLink) -> Markdown {
    guard let number = link.number else { return "" }
    guard let other = link.repository, other.lowercased() != repository.description.lowercased() else {
      return Markdown(trusted: "#\(number)")
    }
    return .code("\(other)#\(number)")
  }
}

extension Template {
  /// The comment that the template makes. Its literal parts are the maintainers' own Markdown.
  func markdown(_ values: TemplateValues) -> Markdown {
    var text: Markdown = ""
    for segment in segments {
      switch segment {
      case .literal(let literal): text += Markdown(trusted: literal)
      case .placeholder(let placeholder):
        text += Self.joined(values.markdown(placeholder), of: placeholder, to: text.text)
      }
    }
    return text
  }

  /// The text that the template makes where no Markdown is read: a title, a workflow's input. On one line.
  func plainText(_ values: TemplateValues) -> String {
    var text = ""
    for segment in segments {
      switch segment {
      case .literal(let literal): text += literal
      case .placeholder(let placeholder): text += values.plain(placeholder)
      }
    }
    return text.split(omittingEmptySubsequences: true) { $0.isNewline || $0 == "\0" }.joined(separator: " ")
  }

  /// The value as it may stand behind `text`.
  private static func joined(_ value: Markdown, of placeholder: Placeholder, to text: String) -> Markdown {
    let last = text.utf8.last
    let first = value.text.utf8.first
    switch placeholder {
    case .author, .actor:
      // People also write `@{{author}}`.
      let isDoubled = last == UInt8(ascii: "@") && first == UInt8(ascii: "@")
      return isDoubled ? Markdown(trusted: String(value.text.dropFirst())) : value
    case .number, .url, .linked:
      return value
    case .title, .repository, .milestone, .labels, .assignees, .argument:
      // The end of a literal must not make a mention or a reference of the value's first word.
      if last == UInt8(ascii: "@") || last == UInt8(ascii: "#") || last == UInt8(ascii: "/") {
        return "&#8203;" + value
      }
      // Nor may a stranger's text begin a line with what other bots take for a command of ours.
      let spaces = value.text.prefix { $0 == " " }
      guard value.text.dropFirst(spaces.count).utf8.first == UInt8(ascii: "/"), beginsLine(behind: text) else {
        return value
      }
      return Markdown(trusted: "&#47;" + value.text.dropFirst(spaces.count + 1))
    }
  }

  private static func beginsLine(behind text: String) -> Bool {
    let rest = text.utf8.reversed().first { $0 != 0x20 && $0 != 0x09 }
    return rest == nil || rest == 0x0A || rest == 0x0D
  }
}
