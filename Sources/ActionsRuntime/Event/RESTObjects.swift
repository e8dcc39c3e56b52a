public import Domain
import FoundationEssentials

// REST shows issues and comments as payloads do; so what is looked up is read by the same rules.
// Source: https://docs.github.com/en/rest/issues/issues#get-an-issue

extension Domain.Issue {
  /// What `GET …/issues/{number}` answered; nil where it is no issue, as a message about a deleted one.
  public init?(restAnswer bytes: [UInt8]) {
    guard let issue = try? JSONDecoder().decode(WireIssue.self, from: Data(bytes)), issue.number > 0 else { return nil }
    self = issue.issue
  }
}

extension Domain.Comment {
  /// What `GET …/issues/comments/{id}` answered; nil where it is no comment.
  public init?(restAnswer bytes: [UInt8]) {
    guard let comment = try? JSONDecoder().decode(WireComment.self, from: Data(bytes)) else { return nil }
    self = comment.comment
  }
}
