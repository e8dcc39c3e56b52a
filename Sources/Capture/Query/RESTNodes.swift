import Domain
import FoundationEssentials

/// What the REST endpoints of the capture answer, as far as it is read.
/// Source: https://docs.github.com/en/rest/pulls/comments, https://docs.github.com/en/rest/issues/comments,
/// https://docs.github.com/en/rest/issues/issues

struct RESTUser: Decodable, Sendable {
  var login: String
  var id: Int64?
  var type: String?

  /// nil for `ghost`, the account that REST shows for deleted ones where GraphQL says null.
  var author: ContributorRecord? {
    login == "ghost" ? nil : ContributorRecord(login: login, githubID: id, accountType: type ?? "User")
  }
}

/// An entry of a list in the order of updates.
protocol RESTEntry: Decodable, Sendable {
  var updatedAt: String { get }
}

/// A comment of a repository's flat list.
protocol RESTComment: RESTEntry {
  var id: Int64 { get }
  /// The issue or pull request, from the only place where the answer names it.
  var number: Int? { get }
  func add(to builder: inout RowBuilder, of number: Int)
  /// The path of the flat list below the repository.
  static var flatList: String { get }
  /// Its name in the records of losses.
  static var list: CapturedList { get }
  static var noun: String { get }
}

struct RESTReviewComment: RESTComment {
  var id: Int64
  var reviewID: Int64?
  var user: RESTUser?
  var path: String
  var body: String?
  var createdAt: String
  var updatedAt: String
  /// `…/repos/{owner}/{repo}/pulls/{number}`
  var pullRequestURL: String

  enum CodingKeys: String, CodingKey {
    case id, user, path, body
    case reviewID = "pull_request_review_id"
    case createdAt = "created_at"
    case updatedAt = "updated_at"
    case pullRequestURL = "pull_request_url"
  }

  static let flatList = "pulls/comments"
  static let list = CapturedList.reviewComments
  static let noun = "review comments"
  var number: Int? { lastSegment(of: pullRequestURL) }
  func add(to builder: inout RowBuilder, of number: Int) { builder.add(self, of: number) }
}

struct RESTIssueComment: RESTComment {
  var id: Int64
  var user: RESTUser?
  var body: String?
  var createdAt: String
  var updatedAt: String
  /// `…/repos/{owner}/{repo}/issues/{number}`, for pull requests too.
  var issueURL: String

  enum CodingKeys: String, CodingKey {
    case id, user, body
    case createdAt = "created_at"
    case updatedAt = "updated_at"
    case issueURL = "issue_url"
  }

  static let flatList = "issues/comments"
  static let list = CapturedList.comments
  static let noun = "comments"
  var number: Int? { lastSegment(of: issueURL) }
  func add(to builder: inout RowBuilder, of number: Int) { builder.add(self, of: number) }
}

private func lastSegment(of url: String) -> Int? { url.split(separator: "/").last.flatMap { Int($0) } }

/// A line of `GET /repos/{owner}/{repo}/issues` or `/pulls`: which number changed.
struct RESTListedItem: Decodable, Sendable {
  var number: Int
}

/// The same where its place in the order of updates counts.
struct RESTUpdatedItem: RESTEntry {
  var number: Int
  var updatedAt: String

  enum CodingKeys: String, CodingKey {
    case number
    case updatedAt = "updated_at"
  }
}

/// `GET /repos/{owner}/{repo}`.
private struct RESTRepository: Decodable {
  var id: Int64
}

extension RESTAnswer {
  /// Of `GET /repos/{owner}/{repo}`; nil where the answer is another.
  var repositoryID: Int64? {
    status == 200 ? (try? JSONDecoder().decode(RESTRepository.self, from: Data(body)))?.id : nil
  }

  /// The body as a list. A 404 is the repository's, since its lists are never missing by themselves. Statuses other than
  /// 200 and unreadable bodies throw, naming `what`, never their content.
  func list<Element: Decodable>(of type: Element.Type, what: String) throws(Failure) -> [Element] {
    guard status == 200 else {
      throw Failure(
        status == 404 ? .configuration : .unavailable, "GitHub answered \(status) to the request for \(what)",
        advice: "Check that the repository exists and that the token may read it, then run again.")
    }
    do {
      return try JSONDecoder().decode([Element].self, from: Data(body))
    } catch {
      throw Failure(
        .unavailable, "GitHub's answer to the request for \(what) could not be read",
        advice: "Run again; if it stays, report it with the run's log.")
    }
  }
}
