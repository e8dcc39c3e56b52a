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
    enum IssueTimelineItemsItemType { CLOSED_EVENT REOPENED_EVENT CROSS_REFERENCED_EVENT }
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
      id: ID! author: Actor body: String! bodyText: String! createdAt: DateTime! updatedAt: DateTime!
    }
    union IssueOrPullRequest = Issue | PullRequest
    union IssueTimelineItems = ClosedEvent
    union Closer = Commit | PullRequest

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
    }
    type Discussion implements Node { id: ID! number: Int! title: String! }
    type PullRequest implements Node & Labelable & Comment {
      id: ID! databaseId: Int fullDatabaseId: BigInt number: Int! title: String! body: String! bodyText: String!
      url: URI! state: PullRequestState! isDraft: Boolean! merged: Boolean! closed: Boolean!
      locked: Boolean! author: Actor
      createdAt: DateTime! updatedAt: DateTime! closedAt: DateTime mergedAt: DateTime
      additions: Int! deletions: Int! changedFiles: Int! totalCommentsCount: Int
      baseRefName: String! baseRefOid: GitObjectID! headRefName: String! headRefOid: GitObjectID!
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
    }
    type Issue implements Node & Labelable & Comment {
      id: ID! databaseId: Int fullDatabaseId: BigInt number: Int! title: String! body: String! bodyText: String!
      url: URI! state: IssueState! stateReason(enableDuplicate: Boolean = false): IssueStateReason
      closed: Boolean! locked: Boolean! author: Actor
      createdAt: DateTime! updatedAt: DateTime! closedAt: DateTime repository: Repository!
      labels(first: Int last: Int after: String before: String orderBy: LabelOrder): LabelConnection
      assignees(first: Int last: Int after: String before: String): UserConnection!
      comments(
        first: Int last: Int after: String before: String orderBy: IssueCommentOrder): IssueCommentConnection!
      timelineItems(
        first: Int last: Int after: String before: String since: DateTime skip: Int
        itemTypes: [IssueTimelineItemsItemType!]): IssueTimelineItemsConnection!
    }
    type Commit implements Node { id: ID! oid: GitObjectID! repository: Repository! }
    type ClosedEvent implements Node { id: ID! createdAt: DateTime! closer: Closer }
    type IssueComment implements Node & Comment {
      id: ID! databaseId: Int fullDatabaseId: BigInt body: String! bodyText: String! url: URI! author: Actor
      createdAt: DateTime! updatedAt: DateTime! issue: Issue! pullRequest: PullRequest
    }
    type PullRequestReview implements Node & Comment {
      id: ID! databaseId: Int fullDatabaseId: BigInt state: PullRequestReviewState! body: String! bodyText: String!
      url: URI! author: Actor createdAt: DateTime! updatedAt: DateTime! submittedAt: DateTime pullRequest: PullRequest!
      comments(first: Int last: Int after: String before: String): PullRequestReviewCommentConnection!
    }
    type PullRequestReviewComment implements Node & Comment {
      id: ID! databaseId: Int fullDatabaseId: BigInt body: String! bodyText: String! path: String! url: URI!
      author: Actor createdAt: DateTime! updatedAt: DateTime! pullRequest: PullRequest!
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
    ("IssueTimelineItems", "!"),
  ].map { name, required in
    """

    type \(name)Connection {
      nodes: [\(name)] edges: [\(name)Edge] pageInfo: PageInfo\(required) totalCount: Int\(required)
    }
    type \(name)Edge { cursor: String! node: \(name) }
    """
  }.joined()
}
