import Domain
import FoundationEssentials

/// What the REST endpoints of the capture answer, as far as it is read.
/// Source: https://docs.github.com/en/rest/pulls/comments, https://docs.github.com/en/rest/issues/issues

struct RESTUser: Decodable, Sendable {
  var login: String
  var id: Int64?
  var type: String?

  /// nil for `ghost`, the account that REST shows for deleted ones where GraphQL says null.
  var author: ContributorRecord? {
    login == "ghost" ? nil : ContributorRecord(login: login, githubID: id, accountType: type ?? "User")
  }
}

struct RESTReviewComment: Decodable, Sendable {
  var id: Int64
  var reviewID: Int64?
  var user: RESTUser?
  var path: String
  var body: String?
  var createdAt: String
  var updatedAt: String
  /// `…/repos/{owner}/{repo}/pulls/{number}`: the only place where the answer names the number.
  var pullRequestURL: String

  enum CodingKeys: String, CodingKey {
    case id, user, path, body
    case reviewID = "pull_request_review_id"
    case createdAt = "created_at"
    case updatedAt = "updated_at"
    case pullRequestURL = "pull_request_url"
  }

  var pullNumber: Int? { pullRequestURL.split(separator: "/").last.flatMap { Int($0) } }
}

/// A line of `GET /repos/{owner}/{repo}/issues` or `/pulls`: which number changed, and whether it is a pull request.
struct RESTListedItem: Decodable, Sendable {
  var number: Int
  var isPullRequest: Bool

  private enum CodingKeys: String, CodingKey {
    case number
    case pullRequest = "pull_request"
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    number = try container.decode(Int.self, forKey: .number)
    isPullRequest = container.contains(.pullRequest)
  }
}

extension RESTAnswer {
  /// The body as a list. A 404 is the repository's, since its lists are never missing by themselves. Statuses other than 200 and unreadable bodies throw, naming `what`, never their content.
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
