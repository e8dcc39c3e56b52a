/// What the capture query answers, as GitHub's schema types it.

struct AuthorNode: Decodable, Sendable {
  var typename: String
  var login: String
  /// null above 2^31 − 1; the login is the key.
  var databaseId: Int64?

  enum CodingKeys: String, CodingKey {
    case login, databaseId
    case typename = "__typename"
  }
}

/// A `BigInt`: GitHub sends a string, because JSON's numbers lose integers above 2^53.
struct BigInteger: Decodable, Sendable {
  var value: Int64

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      guard let value = Int64(text) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a 64-bit integer")
      }
      self.value = value
    } else {
      value = try container.decode(Int64.self)
    }
  }
}

struct PullRequestNode: Decodable, Sendable {
  var id: String
  var fullDatabaseId: BigInteger
  var number: Int
  var title: String
  var body: String
  var pullState: String
  var isDraft: Bool
  var author: AuthorNode?
  var createdAt: String
  var updatedAt: String
  var closedAt: String?
  var mergedAt: String?
  var additions: Int
  var deletions: Int
  var changedFiles: Int
  var baseRefName: String
  var headRefName: String
  var headRefOid: String
  var mergeCommit: CommitNode?
  /// Comments and review comments together.
  var totalCommentsCount: Int?
}

struct IssueNode: Decodable, Sendable {
  var id: String
  var fullDatabaseId: BigInteger
  var number: Int
  var title: String
  var body: String
  var issueState: String
  var stateReason: String?
  var author: AuthorNode?
  var createdAt: String
  var updatedAt: String
  var closedAt: String?
}

/// What stands at one number.
enum ItemNode: Decodable, Sendable {
  case pullRequest(PullRequestNode)
  case issue(IssueNode)

  private enum CodingKeys: String, CodingKey { case typename = "__typename" }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(String.self, forKey: .typename) {
    case "PullRequest": self = .pullRequest(try PullRequestNode(from: decoder))
    case "Issue": self = .issue(try IssueNode(from: decoder))
    default:
      throw DecodingError.dataCorruptedError(
        forKey: .typename, in: container, debugDescription: "neither an issue nor a pull request")
    }
  }

  var number: Int {
    switch self {
    case .pullRequest(let pull): pull.number
    case .issue(let issue): issue.number
    }
  }
}

struct DiscussionNode: Decodable, Sendable { var id: String }

struct CommitNode: Decodable, Sendable { var oid: String }

struct LabelNode: Decodable, Sendable { var name: String }

struct CommentNode: Decodable, Sendable {
  var fullDatabaseId: BigInteger
  var author: AuthorNode?
  var body: String
  var createdAt: String
  var updatedAt: String
}

struct ReviewNode: Decodable, Sendable {
  var fullDatabaseId: BigInteger
  var author: AuthorNode?
  var state: String
  var body: String
  var submittedAt: String?
}

struct FileNode: Decodable, Sendable {
  var path: String
  var additions: Int
  var deletions: Int
  var changeType: String
}

struct RepositoryReference: Decodable, Sendable { var nameWithOwner: String }

struct ClosedIssueNode: Decodable, Sendable {
  var number: Int
  var repository: RepositoryReference
}

/// A `ClosedEvent`; its closer is a commit, a pull request, a project, or nil where a person closed by hand.
struct ClosedEventNode: Decodable, Sendable {
  var closer: Closer?

  struct Closer: Decodable, Sendable {
    /// nil for what is no commit.
    var oid: String?
    var repository: RepositoryReference?
  }
}

struct TotalNode: Decodable, Sendable { var totalCount: Int }
