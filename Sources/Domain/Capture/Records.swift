/// Rows of captured history, one type a table; the store knows their columns.

public struct PullRequestRecord: Hashable, Sendable {
  public var number: Int
  public var githubID: Int64
  public var title: String
  public var body: String
  /// `open`, `closed` or `merged`.
  public var state: String
  public var isDraft: Bool
  public var authorLogin: String?
  public var createdAt: String
  public var updatedAt: String
  public var closedAt: String?
  public var mergedAt: String?
  public var additions: Int
  public var deletions: Int
  public var changedFiles: Int
  public var baseRef: String
  public var headRef: String
  public var headSHA: String
  /// The commit that merged it.
  public var mergeCommitSHA: String?

  public init(
    number: Int, githubID: Int64, title: String, body: String, state: String, isDraft: Bool, authorLogin: String?,
    createdAt: String, updatedAt: String, closedAt: String?, mergedAt: String?, additions: Int, deletions: Int,
    changedFiles: Int, baseRef: String, headRef: String, headSHA: String, mergeCommitSHA: String? = nil
  ) {
    self.number = number
    self.githubID = githubID
    self.title = title
    self.body = body
    self.state = state
    self.isDraft = isDraft
    self.authorLogin = authorLogin
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.closedAt = closedAt
    self.mergedAt = mergedAt
    self.additions = additions
    self.deletions = deletions
    self.changedFiles = changedFiles
    self.baseRef = baseRef
    self.headRef = headRef
    self.headSHA = headSHA
    self.mergeCommitSHA = mergeCommitSHA
  }
}

public struct IssueRecord: Hashable, Sendable {
  public var number: Int
  public var githubID: Int64
  public var title: String
  public var body: String
  /// `open` or `closed`.
  public var state: String
  /// `completed`, `not_planned`, `duplicate`, `reopened`, or nil.
  public var stateReason: String?
  public var authorLogin: String?
  public var createdAt: String
  public var updatedAt: String
  public var closedAt: String?

  public init(
    number: Int, githubID: Int64, title: String, body: String, state: String, stateReason: String?,
    authorLogin: String?, createdAt: String, updatedAt: String, closedAt: String?
  ) {
    self.number = number
    self.githubID = githubID
    self.title = title
    self.body = body
    self.state = state
    self.stateReason = stateReason
    self.authorLogin = authorLogin
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.closedAt = closedAt
  }
}

public struct ReviewRecord: Hashable, Sendable {
  public var githubID: Int64
  public var pullNumber: Int
  public var authorLogin: String?
  /// GitHub's word in upper case: `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, `PENDING`.
  public var state: String
  public var body: String
  /// nil while pending.
  public var submittedAt: String?

  public init(
    githubID: Int64, pullNumber: Int, authorLogin: String?, state: String, body: String, submittedAt: String?
  ) {
    self.githubID = githubID
    self.pullNumber = pullNumber
    self.authorLogin = authorLogin
    self.state = state
    self.body = body
    self.submittedAt = submittedAt
  }
}

public struct ReviewCommentRecord: Hashable, Sendable {
  public var githubID: Int64
  public var pullNumber: Int
  /// The review that the comment belongs to; nil on very old comments.
  public var reviewID: Int64?
  public var authorLogin: String?
  public var path: String
  public var body: String
  public var createdAt: String
  public var updatedAt: String

  public init(
    githubID: Int64, pullNumber: Int, reviewID: Int64?, authorLogin: String?, path: String, body: String,
    createdAt: String, updatedAt: String
  ) {
    self.githubID = githubID
    self.pullNumber = pullNumber
    self.reviewID = reviewID
    self.authorLogin = authorLogin
    self.path = path
    self.body = body
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

public struct IssueCommentRecord: Hashable, Sendable {
  public var githubID: Int64
  public var issueNumber: Int
  public var authorLogin: String?
  public var body: String
  public var createdAt: String
  public var updatedAt: String

  public init(
    githubID: Int64, issueNumber: Int, authorLogin: String?, body: String, createdAt: String, updatedAt: String
  ) {
    self.githubID = githubID
    self.issueNumber = issueNumber
    self.authorLogin = authorLogin
    self.body = body
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

public struct FileRecord: Hashable, Sendable {
  public var pullNumber: Int
  public var path: String
  public var additions: Int
  public var deletions: Int
  /// GraphQL's `PatchStatus` in lower case: `added`, `modified`, `deleted`, `renamed`, `copied`, `changed`.
  public var changeType: String

  public init(pullNumber: Int, path: String, additions: Int, deletions: Int, changeType: String) {
    self.pullNumber = pullNumber
    self.path = path
    self.additions = additions
    self.deletions = deletions
    self.changeType = changeType
  }
}

/// Whoever wrote something that was captured.
public struct ContributorRecord: Hashable, Sendable {
  public var login: String
  public var githubID: Int64?
  /// `User`, `Bot`, `Organization`, `Mannequin`, `EnterpriseUserAccount`.
  public var accountType: String

  public init(login: String, githubID: Int64?, accountType: String) {
    self.login = login
    self.githubID = githubID
    self.accountType = accountType
  }
}

/// All labels of an issue or a pull request; they are fetched after its own row.
public struct LabelsRecord: Hashable, Sendable {
  public var number: Int
  public var isPullRequest: Bool
  public var labels: [String]

  public init(number: Int, isPullRequest: Bool, labels: [String]) {
    self.number = number
    self.isPullRequest = isPullRequest
    self.labels = labels
  }
}

/// A line from an item to what belongs to it: a row of `links`.
///
/// `closes` leads from a pull request to the issue that it closes, and from an issue to the commit that closed it.
public struct LinkRecord: Hashable, Sendable {
  public var fromNumber: Int
  /// `owner/name`.
  public var toRepository: String
  /// Exactly one of the two is there.
  public var toNumber: Int?
  public var toCommit: String?

  public init(fromNumber: Int, toRepository: String, toNumber: Int?, toCommit: String?) {
    self.fromNumber = fromNumber
    self.toRepository = toRepository
    self.toNumber = toNumber
    self.toCommit = toCommit
  }
}

/// What stands at a number of the repository: a row of `numbers`.
public struct NumberRecord: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, Codable {
    case pullRequest = "pull_request"
    case issue, discussion
    /// Deleted, transferred, or never given out.
    case gone
  }

  public var number: Int
  public var kind: Kind
  /// GraphQL's id; nil where nothing is there.
  public var nodeID: String?

  public init(number: Int, kind: Kind, nodeID: String?) {
    self.number = number
    self.kind = kind
    self.nodeID = nodeID
  }
}

/// A page of one item's list, with its place in the list. Its rows stand in the page that it belongs to.
///
/// With the last part the list was read whole: rows that are stored and were not in any part are gone upstream.
public struct ListPart: Hashable, Sendable {
  public var number: Int
  public var list: CapturedList
  public var isFirst: Bool
  public var isLast: Bool
  /// The database's clock when the first part was asked for: what was created later may be missing without being gone.
  public var begun: Timestamp
  /// `totalCount`; nil where GitHub gives none. Where GitHub counts more entries than its own list has, whenever it is
  /// read, it is the number of those that it has.
  public var total: Int?

  public init(
    number: Int, list: CapturedList, isFirst: Bool, isLast: Bool, begun: Timestamp, total: Int?
  ) {
    self.number = number
    self.list = list
    self.isFirst = isFirst
    self.isLast = isLast
    self.begun = begun
    self.total = total
  }
}

/// What GitHub would not give, whatever was tried.
public struct DeadLetter: Hashable, Sendable {
  /// `item` or `list`.
  public var kind: String
  /// What it is called in front of people; one kind and reference is one letter, however often it fails.
  public var reference: String
  /// 0 for a part of a list of the whole repository.
  public var number: Int
  public var error: String
  public var payload: JSONValue

  public init(kind: String, reference: String, number: Int, error: String, payload: JSONValue) {
    self.kind = kind
    self.reference = reference
    self.number = number
    self.error = error
    self.payload = payload
  }
}

/// The rows of one page, whatever mix of tables it fills. Commits in one transaction with its checkpoint.
public struct CapturedPage: Hashable, Sendable {
  public var pullRequests: [PullRequestRecord] = []
  public var issues: [IssueRecord] = []
  public var labels: [LabelsRecord] = []
  public var reviews: [ReviewRecord] = []
  public var reviewComments: [ReviewCommentRecord] = []
  public var issueComments: [IssueCommentRecord] = []
  public var files: [FileRecord] = []
  public var links: [LinkRecord] = []
  public var contributors: Set<ContributorRecord> = []
  /// What stands at the numbers that the page answers for. Where nothing does, rows stored earlier are gone with all
  /// that hangs on them.
  public var numbers: [NumberRecord] = []
  /// The lists of which the page holds a part.
  public var lists: [ListPart] = []
  /// Numbers of which all is stored with this page.
  public var completed: [Int] = []
  /// What the walk gave up with this page.
  public var deadLetters: [DeadLetter] = []
  /// Of a walk over all review comments: whether the stored ones that it did not meet are gone, after its last page.
  public var reviewCommentWalk: FlatWalk?
  /// The database's clock when the answer was asked for: what the rows say was true then.
  public var observedAt: Timestamp?
  /// Seconds that GitHub's clock is ahead of the database's: with it `begun` compares with the times of rows.
  public var serverAhead = 0.0

  public struct FlatWalk: Hashable, Sendable {
    /// The database's clock when the walk began.
    public var begun: Timestamp
    public var isLast: Bool
    /// What was updated in these seconds may be there although the walk did not meet it.
    public var unsure: ClosedRange<Timestamp>?
    public init(begun: Timestamp, isLast: Bool, unsure: ClosedRange<Timestamp>? = nil) {
      self.begun = begun
      self.isLast = isLast
      self.unsure = unsure
    }
  }

  public init() {}

  public var rowCount: Int {
    pullRequests.count + issues.count + reviews.count + reviewComments.count + issueComments.count + files.count
  }
}
