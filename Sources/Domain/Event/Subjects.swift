/// An issue, or the issue side of a pull request, as an event's payload shows it.
public struct Issue: Hashable, Sendable, Codable {
  public var id: Int64
  public var number: Int
  public var title: String
  /// Empty where GitHub says null.
  public var body: String
  public var isOpen: Bool
  /// `completed`, `not_planned`, `duplicate`, `reopened`, or nil.
  public var stateReason: String?
  public var labels: [String]
  public var assignees: [String]
  /// nil where the account was deleted.
  public var author: Account?
  /// GitHub's `author_association` (`OWNER`, `MEMBER`, `CONTRIBUTOR`, `NONE`, …).
  public var authorAssociation: String?
  public var isPullRequest: Bool
  public var isLocked: Bool
  /// `off-topic`, `too heated`, `resolved`, `spam`, or nil.
  public var lockReason: String?
  /// The milestone's title.
  public var milestone: String?
  public var createdAt: Timestamp?
  public var updatedAt: Timestamp?
  public var closedAt: Timestamp?

  public init(
    id: Int64, number: Int, title: String, body: String = "", isOpen: Bool = true, stateReason: String? = nil,
    labels: [String] = [], assignees: [String] = [], author: Account? = nil, authorAssociation: String? = nil,
    isPullRequest: Bool = false, isLocked: Bool = false, lockReason: String? = nil, milestone: String? = nil,
    createdAt: Timestamp? = nil, updatedAt: Timestamp? = nil, closedAt: Timestamp? = nil
  ) {
    self.id = id
    self.number = number
    self.title = title
    self.body = body
    self.isOpen = isOpen
    self.stateReason = stateReason
    self.labels = labels
    self.assignees = assignees
    self.author = author
    self.authorAssociation = authorAssociation
    self.isPullRequest = isPullRequest
    self.isLocked = isLocked
    self.lockReason = lockReason
    self.milestone = milestone
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.closedAt = closedAt
  }
}

/// A comment on an issue or on a pull request's conversation.
public struct Comment: Hashable, Sendable, Codable {
  public var id: Int64
  public var body: String
  public var author: Account?
  public var authorAssociation: String?
  public var createdAt: Timestamp?
  public var updatedAt: Timestamp?

  public init(
    id: Int64, body: String, author: Account? = nil, authorAssociation: String? = nil, createdAt: Timestamp? = nil,
    updatedAt: Timestamp? = nil
  ) {
    self.id = id
    self.body = body
    self.author = author
    self.authorAssociation = authorAssociation
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

/// A pull request, as an event's payload shows it.
public struct PullRequest: Hashable, Sendable, Codable {
  /// Of the pull request itself; its issue side has an id of its own.
  public var id: Int64
  public var number: Int
  public var title: String
  public var body: String
  public var isOpen: Bool
  public var author: Account?
  public var authorAssociation: String?
  public var labels: [String]
  public var assignees: [String]
  public var isLocked: Bool
  /// `off-topic`, `too heated`, `resolved`, `spam`, or nil.
  public var lockReason: String?
  /// The milestone's title.
  public var milestone: String?
  public var baseRef: String
  public var headRef: String
  public var headSHA: String
  /// nil where the fork was deleted.
  public var headRepository: RepositoryName?
  public var baseRepository: RepositoryName?
  public var createdAt: Timestamp?
  public var updatedAt: Timestamp?
  public var closedAt: Timestamp?

  public init(
    id: Int64, number: Int, title: String, body: String = "", isOpen: Bool = true, author: Account? = nil,
    authorAssociation: String? = nil, labels: [String] = [], assignees: [String] = [], isLocked: Bool = false,
    lockReason: String? = nil, milestone: String? = nil, baseRef: String = "", headRef: String = "",
    headSHA: String = "", headRepository: RepositoryName? = nil, baseRepository: RepositoryName? = nil,
    createdAt: Timestamp? = nil, updatedAt: Timestamp? = nil, closedAt: Timestamp? = nil
  ) {
    self.id = id
    self.number = number
    self.title = title
    self.body = body
    self.isOpen = isOpen
    self.author = author
    self.authorAssociation = authorAssociation
    self.labels = labels
    self.assignees = assignees
    self.isLocked = isLocked
    self.lockReason = lockReason
    self.milestone = milestone
    self.baseRef = baseRef
    self.headRef = headRef
    self.headSHA = headSHA
    self.headRepository = headRepository
    self.baseRepository = baseRepository
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.closedAt = closedAt
  }

  /// What rules and commands look at, which is the same for both kinds of items. Under the pull request's id: the payload
  /// of a `pull_request` event has no other.
  public var issue: Issue {
    Issue(
      id: id, number: number, title: title, body: body, isOpen: isOpen, labels: labels, assignees: assignees,
      author: author, authorAssociation: authorAssociation, isPullRequest: true, isLocked: isLocked,
      lockReason: lockReason, milestone: milestone, createdAt: createdAt, updatedAt: updatedAt, closedAt: closedAt)
  }

  /// Whether the head lives in another repository: its runs get no secrets and a read-only token.
  public var isFromFork: Bool { headRepository == nil || headRepository != baseRepository }
}

public struct Review: Hashable, Sendable, Codable {
  public var id: Int64
  /// `approved`, `changes_requested`, `commented`, `dismissed`, in whichever case the payload has.
  public var state: String
  public var body: String
  public var author: Account?
  public var submittedAt: Timestamp?

  public init(id: Int64, state: String, body: String = "", author: Account? = nil, submittedAt: Timestamp? = nil) {
    self.id = id
    self.state = state
    self.body = body
    self.author = author
    self.submittedAt = submittedAt
  }
}
