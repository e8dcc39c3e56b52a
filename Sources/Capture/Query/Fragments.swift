/// The selections that every capture document shares.
///
/// A document holds literals and variables only: no text of a user, a repository or a cursor is ever part of one, so
/// nothing can be injected and GitHub sees the same few documents again and again.
enum Fragments {
  /// Children of one list that one call brings; GitHub's maximum.
  static let listPage = 100

  static let author = """
    fragment Author on Actor { __typename login ... on User { databaseId } ... on Bot { databaseId } \
    ... on Mannequin { databaseId } ... on Organization { databaseId } }
    """

  static let comments = """
    fragment Comments on IssueCommentConnection { pageInfo { hasNextPage endCursor } \
    nodes { fullDatabaseId author { ...Author } body createdAt updatedAt } }
    """

  static let reviews = """
    fragment Reviews on PullRequestReviewConnection { pageInfo { hasNextPage endCursor } \
    nodes { fullDatabaseId author { ...Author } state body submittedAt } }
    """

  static let files = """
    fragment Files on PullRequestChangedFileConnection { pageInfo { hasNextPage endCursor } \
    nodes { path additions deletions changeType } }
    """

  /// An issue or a pull request with the first page of each of its lists.
  ///
  /// `state` has a type of its own on each side of the union, so it needs two aliases. `labels` hangs on the interface
  /// that both sides implement: asked for once it counts once (an issue has at most 100 labels, so it never overflows).
  static func item(countingThreads: Bool) -> String {
    """
    fragment Item on IssueOrPullRequest { __typename \
    ... on Labelable { labels(first: \(listPage)) { nodes { name } } } \
    ... on PullRequest { id fullDatabaseId number title body pullState: state isDraft author { ...Author } createdAt \
    updatedAt closedAt mergedAt additions deletions changedFiles baseRefName headRefName headRefOid \
    reviews(first: \(listPage)) { ...Reviews } comments(first: \(listPage)) { ...Comments } \
    files(first: \(listPage)) { ...Files }\(countingThreads ? " reviewThreads { totalCount }" : "") } \
    ... on Issue { id fullDatabaseId number title body issueState: state stateReason(enableDuplicate: true) \
    author { ...Author } createdAt updatedAt closedAt comments(first: \(listPage)) { ...Comments } } }
    """
  }

  /// What the call cost, by GitHub's own count.
  static let cost = "rateLimit { cost remaining resetAt }"
}
