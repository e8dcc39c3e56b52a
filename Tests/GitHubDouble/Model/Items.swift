extension RepositoryModel {
  /// A person, App or organization. Deleted accounts are a nil where an account is wanted.
  public final class Account: Sendable, Hashable {
    public enum Kind: String, Sendable {
      case user = "User"
      case bot = "Bot"
      case organization = "Organization"
    }

    /// The REST form: Apps end in `[bot]`.
    public let login: String
    public let id: Int64
    public let kind: Kind

    public init(login: String, id: Int64, kind: Kind) {
      self.login = login
      self.id = id
      self.kind = kind
    }

    public static func user(_ login: String) -> Account {
      Account(login: login, id: number(of: login), kind: .user)
    }

    /// The App with this slug; its login gets the suffix `[bot]`.
    public static func bot(_ slug: String) -> Account {
      Account(login: "\(slug)[bot]", id: number(of: slug), kind: .bot)
    }

    /// What `GITHUB_TOKEN` acts as.
    public static let actions = Account(login: "github-actions[bot]", id: 41_898_282, kind: .bot)
    /// What REST shows in the place of a deleted account on issues and their comments.
    static let ghost = Account(login: "ghost", id: 10_137, kind: .user)

    /// GraphQL leaves the suffix of Apps out.
    var graphQLLogin: String { kind == .bot && login.hasSuffix("[bot]") ? String(login.dropLast(5)) : login }
    var nodeID: String {
      switch kind {
      case .user: "U_kgDO\(id)"
      case .bot: "BOT_kgDO\(id)"
      case .organization: "O_kgDO\(id)"
      }
    }

    private static func number(of login: String) -> Int64 {
      1_000_000 + Int64(fnv1a(Array(login.lowercased().utf8)) % 200_000_000)
    }

    public static func == (a: Account, b: Account) -> Bool { a.login == b.login && a.id == b.id }
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
  }

  public struct Label: Hashable, Sendable {
    public var id: Int64
    public var name: String
    public var color: String
    public var description: String?

    public init(id: Int64, name: String, color: String = "ededed", description: String? = nil) {
      self.id = id
      self.name = name
      self.color = color
      self.description = description
    }
  }

  /// An issue, or a pull request where `pull` is there. Moments are seconds since 1970.
  public struct Item: Sendable {
    public var number: Int
    /// The id of the issue object; a pull request has another one in `pull`.
    public var id: Int64
    public var title: String
    public var body: String?
    public var author: Account?
    public var isClosed = false
    /// `completed`, `not_planned`, `duplicate`, `reopened`, or nil.
    public var stateReason: String?
    public var createdAt: Int64
    public var updatedAt: Int64
    public var closedAt: Int64?
    public var labels: [String] = []
    public var assignees: [Account] = []
    public var isLocked = false
    /// `off-topic`, `too heated`, `resolved`, `spam`, or nil.
    public var lockReason: String?
    /// The milestone's number.
    public var milestone: Int?
    public var comments: [Comment] = []
    public var reactions: [Reaction] = []
    /// What happened to it, in this order.
    public var timeline: [TimelineEvent] = []
    /// When its body was last changed, and by whom.
    public var lastEditedAt: Int64?
    public var editor: Account?
    /// The commit that closed the issue, where one did.
    public var closingCommit: String?
    public var pull: Pull?

    public init(
      number: Int, id: Int64, title: String, body: String? = nil, author: Account?, createdAt: Int64,
      pull: Pull? = nil
    ) {
      self.number = number
      self.id = id
      self.title = title
      self.body = body
      self.author = author
      self.createdAt = createdAt
      updatedAt = createdAt
      self.pull = pull
    }

    public var isPullRequest: Bool { pull != nil }
    var state: String { isClosed ? "closed" : "open" }
  }

  public struct Pull: Sendable {
    public var id: Int64
    public var isDraft = false
    public var mergedAt: Int64?
    public var baseRef: String
    public var headRef: String
    public var headSHA: String
    public var baseSHA: String
    public var reviews: [Review] = []
    public var reviewComments: [ReviewComment] = []
    public var files: [File] = []
    /// Issues of the same repository that it closes when it is merged.
    public var closes: [Int] = []

    public init(id: Int64, baseRef: String = "main", headRef: String, headSHA: String, baseSHA: String) {
      self.id = id
      self.baseRef = baseRef
      self.headRef = headRef
      self.headSHA = headSHA
      self.baseSHA = baseSHA
    }

    /// The merge commit, where it was merged.
    public var mergeSHA: String? { mergedAt == nil ? nil : String(headSHA.reversed()) }
    public var additions: Int { files.reduce(0) { $0 + $1.additions } }
    public var deletions: Int { files.reduce(0) { $0 + $1.deletions } }
  }

  /// A comment on an issue or on a pull request's conversation.
  public struct Comment: Sendable {
    public var id: Int64
    public var body: String
    public var author: Account?
    public var createdAt: Int64
    public var updatedAt: Int64
    public var reactions: [Reaction] = []
    public var lastEditedAt: Int64?
    public var editor: Account?
    /// Why it is hidden, as GitHub's classifier says it: `OUTDATED`; nil where it is not.
    public var minimizedReason: String?
    /// Whether lists show it: GitHub's lag behind what was just written.
    public var isListed = true

    public init(id: Int64, body: String, author: Account?, createdAt: Int64) {
      self.id = id
      self.body = body
      self.author = author
      self.createdAt = createdAt
      updatedAt = createdAt
    }
  }

  public struct Review: Sendable {
    public var id: Int64
    public var state: String
    public var body: String
    public var author: Account?
    public var submittedAt: Int64

    public init(id: Int64, state: String, body: String, author: Account?, submittedAt: Int64) {
      self.id = id
      self.state = state
      self.body = body
      self.author = author
      self.submittedAt = submittedAt
    }
  }

  public struct ReviewComment: Sendable {
    public var id: Int64
    /// nil on very old comments.
    public var reviewID: Int64?
    public var path: String
    public var body: String
    public var author: Account?
    public var createdAt: Int64
    public var updatedAt: Int64
    public var replyTo: Int64?

    public init(id: Int64, reviewID: Int64?, path: String, body: String, author: Account?, createdAt: Int64) {
      self.id = id
      self.reviewID = reviewID
      self.path = path
      self.body = body
      self.author = author
      self.createdAt = createdAt
      updatedAt = createdAt
    }
  }

  public struct File: Sendable {
    public var path: String
    public var additions: Int
    public var deletions: Int
    /// GraphQL's `PatchStatus`; REST says `removed` where GraphQL says `DELETED`.
    public var change: Change

    public enum Change: String, Sendable, CaseIterable {
      case added = "ADDED"
      case modified = "MODIFIED"
      case deleted = "DELETED"
      case renamed = "RENAMED"
      case copied = "COPIED"
      case changed = "CHANGED"

      var restName: String { self == .deleted ? "removed" : rawValue.lowercased() }
    }

    public init(path: String, additions: Int, deletions: Int, change: Change) {
      self.path = path
      self.additions = additions
      self.deletions = deletions
      self.change = change
    }
  }

  /// Why a number is neither an issue nor a pull request.
  public enum Gone: Sendable, Hashable {
    case deleted
    case discussion
    /// To `owner/name` and the number there.
    case transferred(repository: String, number: Int)
  }
}

/// FNV-1a over 64 bits: entity tags and derived ids need no more.
func fnv1a(_ bytes: [UInt8]) -> UInt64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return hash
}
