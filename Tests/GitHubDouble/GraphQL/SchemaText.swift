extension GraphQLSchema {
  static let text = """
    enum OrderDirection { ASC DESC }
    enum IssueOrderField { CREATED_AT UPDATED_AT COMMENTS }
    enum PullRequestState { OPEN CLOSED MERGED }
    enum IssueState { OPEN CLOSED }
    enum IssueStateReason { REOPENED NOT_PLANNED COMPLETED DUPLICATE }
    enum PullRequestReviewState { PENDING COMMENTED APPROVED CHANGES_REQUESTED DISMISSED }
    enum PatchStatus { ADDED DELETED RENAMED COPIED MODIFIED CHANGED }
    enum IssueCommentOrderField { UPDATED_AT }
    enum IssueTimelineItemsItemType {
      ISSUE_COMMENT LABELED_EVENT UNLABELED_EVENT ASSIGNED_EVENT UNASSIGNED_EVENT MILESTONED_EVENT DEMILESTONED_EVENT
      RENAMED_TITLE_EVENT CLOSED_EVENT REOPENED_EVENT LOCKED_EVENT UNLOCKED_EVENT CROSS_REFERENCED_EVENT
    }
    enum PullRequestTimelineItemsItemType {
      ISSUE_COMMENT LABELED_EVENT UNLABELED_EVENT ASSIGNED_EVENT UNASSIGNED_EVENT MILESTONED_EVENT DEMILESTONED_EVENT
      RENAMED_TITLE_EVENT CLOSED_EVENT REOPENED_EVENT LOCKED_EVENT UNLOCKED_EVENT CROSS_REFERENCED_EVENT
      READY_FOR_REVIEW_EVENT CONVERT_TO_DRAFT_EVENT
    }
    enum CommentAuthorAssociation {
      MEMBER OWNER MANNEQUIN COLLABORATOR CONTRIBUTOR FIRST_TIME_CONTRIBUTOR FIRST_TIMER NONE
    }
    enum LockReason { OFF_TOPIC TOO_HEATED RESOLVED SPAM }
    enum MilestoneState { OPEN CLOSED }
    enum ReportedContentClassifiers { SPAM ABUSE OFF_TOPIC OUTDATED DUPLICATE RESOLVED }
    input MinimizeCommentInput {
      clientMutationId: String subjectId: ID! classifier: ReportedContentClassifiers!
    }
    input UnminimizeCommentInput { clientMutationId: String subjectId: ID! }
    enum LabelOrderField { NAME CREATED_AT }
    input IssueOrder { field: IssueOrderField! direction: OrderDirection! }
    input IssueCommentOrder { field: IssueCommentOrderField! direction: OrderDirection! }
    input LabelOrder { field: LabelOrderField! direction: OrderDirection! }
    input IssueFilters { since: DateTime states: [IssueState!] labels: [String!] }

    interface Node { id: ID! }
    interface Actor { login: String! url: URI! }
    interface Labelable {
      labels(first: Int last: Int after: String before: String orderBy: LabelOrder): LabelConnection
    }
    interface Comment {
      id: ID! author: Actor authorAssociation: CommentAuthorAssociation! body: String! bodyText: String!
      createdAt: DateTime! updatedAt: DateTime! lastEditedAt: DateTime editor: Actor
    }
    interface Lockable { activeLockReason: LockReason locked: Boolean! }
    interface Minimizable { isMinimized: Boolean! minimizedReason: String }
    union Assignee = Bot | Mannequin | Organization | User
    union IssueOrPullRequest = Issue | PullRequest
    union IssueTimelineItems =
      IssueComment | LabeledEvent | UnlabeledEvent | AssignedEvent | UnassignedEvent | MilestonedEvent
      | DemilestonedEvent | RenamedTitleEvent | ClosedEvent | ReopenedEvent | LockedEvent | UnlockedEvent
    union PullRequestTimelineItems =
      IssueComment | LabeledEvent | UnlabeledEvent | AssignedEvent | UnassignedEvent | MilestonedEvent
      | DemilestonedEvent | RenamedTitleEvent | ClosedEvent | ReopenedEvent | LockedEvent | UnlockedEvent
      | ReadyForReviewEvent | ConvertToDraftEvent
    union Closer = Commit | PullRequest

    type Mutation {
      minimizeComment(input: MinimizeCommentInput!): MinimizeCommentPayload
      unminimizeComment(input: UnminimizeCommentInput!): UnminimizeCommentPayload
    }
    type MinimizeCommentPayload { clientMutationId: String minimizedComment: Minimizable }
    type UnminimizeCommentPayload { clientMutationId: String unminimizedComment: Minimizable }

    type Query {
      repository(followRenames: Boolean = true owner: String! name: String!): Repository
      node(id: ID!): Node
      nodes(ids: [ID!]!): [Node]!
      rateLimit(dryRun: Boolean = false): RateLimit
      viewer: User!
    }
    type RateLimit { cost: Int! limit: Int! nodeCount: Int! remaining: Int! resetAt: DateTime! used: Int! }
    type PageInfo { endCursor: String hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String }
    type User implements Node & Actor { id: ID! databaseId: Int login: String! url: URI! name: String }
    type Bot implements Node & Actor { id: ID! databaseId: Int login: String! url: URI! }
    type Organization implements Node & Actor { id: ID! databaseId: Int login: String! url: URI! name: String }
    type Mannequin implements Node & Actor { id: ID! databaseId: Int login: String! url: URI! }
    type EnterpriseUserAccount implements Node & Actor { id: ID! login: String! url: URI! }
    type Ref implements Node { id: ID! name: String! prefix: String! }
    type Label implements Node { id: ID! name: String! color: String! description: String }
    type Repository implements Node {
      id: ID! databaseId: Int name: String! nameWithOwner: String! url: URI! isPrivate: Boolean! isArchived: Boolean!
      createdAt: DateTime! updatedAt: DateTime! hasDiscussionsEnabled: Boolean! hasIssuesEnabled: Boolean!
      defaultBranchRef: Ref
      pullRequests(
        first: Int last: Int after: String before: String states: [PullRequestState!] labels: [String!]
        baseRefName: String headRefName: String orderBy: IssueOrder): PullRequestConnection!
      issues(
        first: Int last: Int after: String before: String states: [IssueState!] labels: [String!]
        filterBy: IssueFilters orderBy: IssueOrder): IssueConnection!
      pullRequest(number: Int!): PullRequest
      issue(number: Int!): Issue
      issueOrPullRequest(number: Int!): IssueOrPullRequest
      discussion(number: Int!): Discussion
      discussions(first: Int last: Int after: String before: String): DiscussionConnection!
      labels(first: Int last: Int after: String before: String): LabelConnection
      milestone(number: Int!): Milestone
      milestones(first: Int last: Int after: String before: String states: [MilestoneState!]): MilestoneConnection
    }
    type Milestone implements Node {
      id: ID! number: Int! title: String! description: String state: MilestoneState! closed: Boolean!
      createdAt: DateTime! dueOn: DateTime
    }
    type Discussion implements Node { id: ID! number: Int! title: String! }
    type PullRequest implements Node & Labelable & Comment & Lockable {
      id: ID! databaseId: Int fullDatabaseId: BigInt number: Int! title: String! body: String! bodyText: String!
      url: URI! state: PullRequestState! isDraft: Boolean! merged: Boolean! closed: Boolean!
      locked: Boolean! activeLockReason: LockReason milestone: Milestone author: Actor
      authorAssociation: CommentAuthorAssociation!
      createdAt: DateTime! updatedAt: DateTime! closedAt: DateTime mergedAt: DateTime lastEditedAt: DateTime
      editor: Actor
      additions: Int! deletions: Int! changedFiles: Int! totalCommentsCount: Int
      baseRefName: String! baseRefOid: GitObjectID! headRefName: String! headRefOid: GitObjectID!
      headRepository: Repository baseRepository: Repository
      repository: Repository! mergeCommit: Commit
      closingIssuesReferences(first: Int last: Int after: String before: String): IssueConnection
      labels(first: Int last: Int after: String before: String orderBy: LabelOrder): LabelConnection
      assignees(first: Int last: Int after: String before: String): UserConnection!
      comments(
        first: Int last: Int after: String before: String orderBy: IssueCommentOrder): IssueCommentConnection!
      reviews(
        first: Int last: Int after: String before: String states: [PullRequestReviewState!]
        author: String): PullRequestReviewConnection
      reviewThreads(first: Int last: Int after: String before: String): PullRequestReviewThreadConnection!
      files(first: Int last: Int after: String before: String): PullRequestChangedFileConnection
      timelineItems(
        first: Int last: Int after: String before: String since: DateTime skip: Int
        itemTypes: [PullRequestTimelineItemsItemType!]): PullRequestTimelineItemsConnection!
    }
    type Issue implements Node & Labelable & Comment & Lockable {
      id: ID! databaseId: Int fullDatabaseId: BigInt number: Int! title: String! body: String! bodyText: String!
      url: URI! state: IssueState! stateReason(enableDuplicate: Boolean = false): IssueStateReason
      closed: Boolean! locked: Boolean! activeLockReason: LockReason milestone: Milestone author: Actor
      authorAssociation: CommentAuthorAssociation!
      createdAt: DateTime! updatedAt: DateTime! closedAt: DateTime lastEditedAt: DateTime editor: Actor
      repository: Repository!
      closedByPullRequestsReferences(
        first: Int last: Int after: String before: String includeClosedPrs: Boolean = false): PullRequestConnection
      labels(first: Int last: Int after: String before: String orderBy: LabelOrder): LabelConnection
      assignees(first: Int last: Int after: String before: String): UserConnection!
      comments(
        first: Int last: Int after: String before: String orderBy: IssueCommentOrder): IssueCommentConnection!
      timelineItems(
        first: Int last: Int after: String before: String since: DateTime skip: Int
        itemTypes: [IssueTimelineItemsItemType!]): IssueTimelineItemsConnection!
    }
    type Commit implements Node { id: ID! oid: GitObjectID! repository: Repository! }
    type LabeledEvent implements Node { id: ID! actor: Actor createdAt: DateTime! label: Label! }
    type UnlabeledEvent implements Node { id: ID! actor: Actor createdAt: DateTime! label: Label! }
    type AssignedEvent implements Node { id: ID! actor: Actor createdAt: DateTime! assignee: Assignee }
    type UnassignedEvent implements Node { id: ID! actor: Actor createdAt: DateTime! assignee: Assignee }
    type MilestonedEvent implements Node { id: ID! actor: Actor createdAt: DateTime! milestoneTitle: String! }
    type DemilestonedEvent implements Node { id: ID! actor: Actor createdAt: DateTime! milestoneTitle: String! }
    type RenamedTitleEvent implements Node {
      id: ID! actor: Actor createdAt: DateTime! previousTitle: String! currentTitle: String!
    }
    type ClosedEvent implements Node {
      id: ID! actor: Actor createdAt: DateTime! closer: Closer stateReason: IssueStateReason
    }
    type ReopenedEvent implements Node { id: ID! actor: Actor createdAt: DateTime! stateReason: IssueStateReason }
    type LockedEvent implements Node { id: ID! actor: Actor createdAt: DateTime! lockReason: LockReason }
    type UnlockedEvent implements Node { id: ID! actor: Actor createdAt: DateTime! }
    type ReadyForReviewEvent implements Node { id: ID! actor: Actor createdAt: DateTime! }
    type ConvertToDraftEvent implements Node { id: ID! actor: Actor createdAt: DateTime! }
    type IssueComment implements Node & Comment & Minimizable {
      id: ID! databaseId: Int fullDatabaseId: BigInt body: String! bodyText: String! url: URI! author: Actor
      authorAssociation: CommentAuthorAssociation! lastEditedAt: DateTime editor: Actor isMinimized: Boolean!
      minimizedReason: String
      createdAt: DateTime! updatedAt: DateTime! issue: Issue! pullRequest: PullRequest
    }
    type PullRequestReview implements Node & Comment {
      id: ID! databaseId: Int fullDatabaseId: BigInt state: PullRequestReviewState! body: String! bodyText: String!
      url: URI! author: Actor authorAssociation: CommentAuthorAssociation! lastEditedAt: DateTime editor: Actor
      createdAt: DateTime! updatedAt: DateTime! submittedAt: DateTime pullRequest: PullRequest!
      comments(first: Int last: Int after: String before: String): PullRequestReviewCommentConnection!
    }
    type PullRequestReviewComment implements Node & Comment {
      id: ID! databaseId: Int fullDatabaseId: BigInt body: String! bodyText: String! path: String! url: URI!
      author: Actor authorAssociation: CommentAuthorAssociation! lastEditedAt: DateTime editor: Actor
      createdAt: DateTime! updatedAt: DateTime! pullRequest: PullRequest!
      pullRequestReview: PullRequestReview replyTo: PullRequestReviewComment
    }
    type PullRequestReviewThread implements Node {
      id: ID! path: String! isResolved: Boolean!
      comments(first: Int last: Int after: String before: String): PullRequestReviewCommentConnection!
    }
    type PullRequestChangedFile { path: String! additions: Int! deletions: Int! changeType: PatchStatus! }
    """ + connections

  private static let connections = [
    ("PullRequest", "!"), ("Issue", "!"), ("Label", "!"), ("User", "!"), ("IssueComment", "!"),
    ("PullRequestReview", "!"), ("PullRequestReviewComment", "!"), ("PullRequestReviewThread", "!"),
    ("PullRequestChangedFile", "!"), ("Discussion", "!"),
    ("IssueTimelineItems", "!"), ("PullRequestTimelineItems", "!"), ("Milestone", "!"),
  ].map { name, required in
    """

    type \(name)Connection {
      nodes: [\(name)] edges: [\(name)Edge] pageInfo: PageInfo\(required) totalCount: Int\(required)
    }
    type \(name)Edge { cursor: String! node: \(name) }
    """
  }.joined()
}
