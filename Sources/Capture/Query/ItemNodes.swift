/// What the capture queries answer, as GitHub's schema types it.

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

struct PageInfo: Decodable, Sendable {
  var hasNextPage: Bool
  var endCursor: String?
}

/// A connection. Both its nodes and each of them may be null where GitHub gave up half-way; `errors` says so then.
struct Connection<Node: Decodable & Sendable>: Decodable, Sendable {
  var nodes: [Node?]?
  var pageInfo: PageInfo?

  var present: [Node] { nodes?.compactMap { $0 } ?? [] }
  var hasHole: Bool { nodes?.contains { $0 == nil } ?? true }
}

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

struct TotalNode: Decodable, Sendable { var totalCount: Int }

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
  var labels: Connection<LabelNode>?
  var reviews: Connection<ReviewNode>?
  var comments: Connection<CommentNode>?
  /// null without an error where GitHub cannot compute the difference any more.
  var files: Connection<FileNode>?
  var reviewThreads: TotalNode?

  var hasHole: Bool {
    labels?.hasHole ?? true || reviews?.hasHole ?? true || comments?.hasHole ?? true || files?.hasHole ?? true
  }
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
  var labels: Connection<LabelNode>?
  var comments: Connection<CommentNode>?

  var hasHole: Bool { labels?.hasHole ?? true || comments?.hasHole ?? true }
}

/// What stands at one number.
enum ItemNode: Decodable, Sendable {
  case pullRequest(PullRequestNode)
  case issue(IssueNode)
  /// An answer that does not fit the schema this program was written against; the text names the field, not its value.
  case unreadable(String)

  private enum CodingKeys: String, CodingKey { case typename = "__typename" }

  init(from decoder: any Decoder) throws {
    do {
      let typename = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .typename)
      switch typename {
      case "PullRequest": self = .pullRequest(try PullRequestNode(from: decoder))
      case "Issue": self = .issue(try IssueNode(from: decoder))
      default: self = .unreadable("neither an issue nor a pull request")
      }
    } catch let error as DecodingError {
      // One odd item must not cost the page its others.
      self = .unreadable(error.field)
    }
  }

  /// Whether a list is missing or has a gap; an error beside the data explains it.
  var hasHole: Bool {
    switch self {
    case .pullRequest(let pull): pull.hasHole
    case .issue(let issue): issue.hasHole
    case .unreadable: true
    }
  }
}

extension DecodingError {
  /// The path of the field that did not decode.
  fileprivate var field: String {
    let (path, last): ([any CodingKey], String?) =
      switch self {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
        (context.codingPath, nil)
      case .keyNotFound(let key, let context): (context.codingPath, key.stringValue)
      @unknown default: ([], nil)
      }
    let names = path.map(\.stringValue) + (last.map { [$0] } ?? [])
    return "unexpected value at \(names.joined(separator: "."))"
  }
}
