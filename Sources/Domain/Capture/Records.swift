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
  public var labels: [String]

  public init(
    number: Int, githubID: Int64, title: String, body: String, state: String, isDraft: Bool, authorLogin: String?,
    createdAt: String, updatedAt: String, closedAt: String?, mergedAt: String?, additions: Int, deletions: Int,
    changedFiles: Int, baseRef: String, headRef: String, headSHA: String, labels: [String]
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
    self.labels = labels
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
  public var labels: [String]

  public init(
    number: Int, githubID: Int64, title: String, body: String, state: String, stateReason: String?,
    authorLogin: String?, createdAt: String, updatedAt: String, closedAt: String?, labels: [String]
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
    self.labels = labels
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

/// The rows of one page, whatever mix of tables it fills. Commits in one transaction with its checkpoint.
public struct CapturedPage: Hashable, Sendable {
  public var pullRequests: [PullRequestRecord] = []
  public var issues: [IssueRecord] = []
  public var reviews: [ReviewRecord] = []
  public var reviewComments: [ReviewCommentRecord] = []
  public var issueComments: [IssueCommentRecord] = []
  public var files: [FileRecord] = []
  public var contributors: Set<ContributorRecord> = []

  public init() {}

  public var rowCount: Int {
    pullRequests.count + issues.count + reviews.count + reviewComments.count + issueComments.count + files.count
  }
}
