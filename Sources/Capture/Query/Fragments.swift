/// The selections that capture documents are made of.
///
/// A document holds literals and variables only: no text of a user, a repository or a cursor is ever part of one, so
/// nothing can be injected.
enum Fragments {
  /// Children of one list that one call brings where nothing is too heavy; GitHub's maximum.
  static let listPage = 100

  static let author = """
    fragment Author on Actor { __typename login ... on User { databaseId } ... on Bot { databaseId } \
    ... on Mannequin { databaseId } ... on Organization { databaseId } }
    """

  /// An issue or a pull request without its lists: no connection, so it costs nothing.
  ///
  /// `state` has a type of its own on each side of the union, so it needs two aliases.
  static let head = """
    fragment Head on IssueOrPullRequest { __typename \
    ... on PullRequest { id fullDatabaseId number title body pullState: state isDraft author { ...Author } createdAt \
    updatedAt closedAt mergedAt additions deletions changedFiles baseRefName headRefName headRefOid \
    mergeCommit { oid } totalCommentsCount } \
    ... on Issue { id fullDatabaseId number title body issueState: state stateReason(enableDuplicate: true) \
    author { ...Author } createdAt updatedAt closedAt } }
    """

  /// What the call cost, by GitHub's own count.
  static let cost = "rateLimit { cost remaining resetAt }"

  private static let page = "totalCount pageInfo { hasNextPage endCursor }"

  static let labels = "fragment Labels on LabelConnection { \(page) nodes { name } }"

  static let comments = """
    fragment Comments on IssueCommentConnection { \(page) \
    nodes { fullDatabaseId author { ...Author } body createdAt updatedAt } }
    """

  static let reviews = """
    fragment Reviews on PullRequestReviewConnection { \(page) \
    nodes { fullDatabaseId author { ...Author } state body submittedAt } }
    """

  static let files = """
    fragment Files on PullRequestChangedFileConnection { \(page) nodes { path additions deletions changeType } }
    """

  static let closes = "fragment Closes on IssueConnection { \(page) nodes { number repository { nameWithOwner } } }"

  static let closer = """
    fragment Closer on IssueTimelineItemsConnection { \
    nodes { ... on ClosedEvent { closer { __typename ... on Commit { oid repository { nameWithOwner } } } } } }
    """
}
