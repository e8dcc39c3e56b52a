import Domain

/// The documents by which a sweep reads. Each item comes with its newest comments and changes, so that a page of items
/// is one request; what does not fit is asked for by the item's node id.
enum SweepQuery {
  /// Items of a page.
  static let width = 50
  static let commentsOfItem = 20
  static let changesOfItem = 50
  /// Entries of a page of one item's comments or changes.
  static let followUp = 100

  /// A page of a list.
  ///
  /// - Parameters:
  ///   - since: of the walks over what changed, the moment from which on changes are wanted.
  ///   - numbersOnly: to learn which items stand where they cannot be shown whole.
  static func page(
    of part: SweepWalk.Part, in repository: RepositoryName, after cursor: String?, since: Timestamp, width: Int,
    numbersOnly: Bool = false
  ) -> GraphQLQuery {
    let item = numbersOnly ? "number updatedAt" : selection(isPullRequest: part.isOfPullRequests, part.isOfChanges)
    let usesSince = part == .changedIssues || part.isOfChanges && !numbersOnly
    let document = """
      query \(part.operation)($owner: String!, $name: String!, $first: Int!, $after: String\
      \(usesSince ? ", $since: DateTime!" : "")) {
        repository(owner: $owner, name: $name) {
          databaseId nameWithOwner
          items: \(part.list) { pageInfo { hasNextPage endCursor } nodes { \(item) } }
        }
      }
      """
    var variables = names(repository)
    variables["first"] = .integer(Int64(width))
    variables["after"] = cursor.map(JSONValue.string) ?? .null
    if usesSince { variables["since"] = .string(since.description) }
    let lists = numbersOnly ? 0 : 5
    return GraphQLQuery(
      operation: part.operation, document: document, variables: variables,
      points: max(1, (1 + width * lists + 50) / 100),
      isNarrowable: true)
  }

  /// One item by its number.
  static func item(_ number: Int, in repository: RepositoryName, since: Timestamp?) -> GraphQLQuery {
    let document = """
      query SweepItem($owner: String!, $name: String!, $number: Int!\(since == nil ? "" : ", $since: DateTime!")) {
        repository(owner: $owner, name: $name) {
          item: issueOrPullRequest(number: $number) {
            ... on Issue { \(selection(isPullRequest: false, since != nil)) }
            ... on PullRequest { \(selection(isPullRequest: true, since != nil)) }
          }
        }
      }
      """
    var variables = names(repository)
    variables["number"] = .integer(Int64(number))
    if let since { variables["since"] = .string(since.description) }
    return GraphQLQuery(operation: "SweepItem", document: document, variables: variables, isNarrowable: true)
  }

  /// The comments of one item that were changed before those that are known.
  static func comments(of node: String, after cursor: String) -> GraphQLQuery {
    let list = "comments(first: \(followUp), after: $cursor, orderBy: {field: UPDATED_AT, direction: DESC})"
    return more("SweepComments", node, cursor, "", "\(list) { \(commentFields) }", "\(list) { \(commentFields) }")
  }

  /// The changes of one item before those that are known.
  static func changes(of node: String, before cursor: String, since: Timestamp?) -> GraphQLQuery {
    func list(_ types: String, _ more: String = "") -> String {
      """
      timelineItems(last: \(followUp), before: $cursor\(since == nil ? "" : ", since: $since"), itemTypes: [\(types)]) \
      { pageInfo { hasPreviousPage startCursor } \(TimelineChange.selection) \(more) }
      """
    }
    var query = more(
      "SweepChanges", node, cursor, since == nil ? "" : ", $since: DateTime!", list(TimelineChange.itemTypes),
      list(pullRequestTypes, draftFields))
    if let since { query.variables["since"] = .string(since.description) }
    return query
  }

  private static func more(
    _ operation: String, _ node: String, _ cursor: String, _ parameters: String, _ issue: String, _ pull: String
  ) -> GraphQLQuery {
    GraphQLQuery(
      operation: operation,
      document: """
        query \(operation)($node: ID!, $cursor: String!\(parameters)) {
          node(id: $node) { ... on Issue { \(issue) } ... on PullRequest { \(pull) } }
        }
        """,
      variables: ["node": .string(node), "cursor": .string(cursor)])
  }

  private static func names(_ repository: RepositoryName) -> [String: JSONValue] {
    ["owner": .string(repository.owner), "name": .string(repository.name)]
  }

  private static func selection(isPullRequest: Bool, _ isSince: Bool) -> String {
    """
    typename: __typename id fullDatabaseId number title body closed locked activeLockReason authorAssociation
    createdAt updatedAt closedAt lastEditedAt author { typename: __typename login } editor { typename: __typename login }
    labels(first: 100) { nodes { name } } assignees(first: 20) { nodes { login } } milestone { number title }
    comments(first: \(commentsOfItem), orderBy: {field: UPDATED_AT, direction: DESC}) { \(commentFields) }
    timelineItems(last: \(changesOfItem)\(isSince ? ", since: $since" : ""), \
    itemTypes: [\(isPullRequest ? pullRequestTypes : TimelineChange.itemTypes)]) {
      pageInfo { hasPreviousPage startCursor } \(TimelineChange.selection) \(isPullRequest ? draftFields : "")
    }
    \(isPullRequest ? pullRequestFields : issueFields)
    """
  }

  private static let issueFields = """
    stateReason(enableDuplicate: true)
    closedByPullRequestsReferences(first: 10, includeClosedPrs: false) { nodes { number } }
    """
  private static let pullRequestFields = """
    headRefOid headRefName baseRefName headRepository { nameWithOwner } baseRepository { nameWithOwner }
    """
  private static let commentFields = """
    pageInfo { hasNextPage endCursor }
    nodes {
      fullDatabaseId body authorAssociation createdAt updatedAt lastEditedAt
      author { typename: __typename login } editor { typename: __typename login }
    }
    """
  private static let draftFields = """
    nodes {
      ... on ReadyForReviewEvent { createdAt actor { typename: __typename login } }
      ... on ConvertToDraftEvent { createdAt actor { typename: __typename login } }
    }
    """
  private static let pullRequestTypes = TimelineChange.itemTypes + ", READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT"
}

extension SweepWalk.Part {
  fileprivate var operation: String {
    switch self {
    case .changedIssues: "SweepChangedIssues"
    case .changedPullRequests: "SweepChangedPullRequests"
    case .openIssues: "SweepOpenIssues"
    case .openPullRequests: "SweepOpenPullRequests"
    }
  }

  /// Where changes may come during the walk, ascending order loses nothing: what is changed moves to the end. But
  /// `pullRequests` cannot begin at a moment, so it is walked from its newest end.
  fileprivate var list: String {
    let page = "first: $first, after: $after"
    switch self {
    case .changedIssues:
      return "issues(\(page), orderBy: {field: UPDATED_AT, direction: ASC}, filterBy: {since: $since})"
    case .changedPullRequests: return "pullRequests(\(page), orderBy: {field: UPDATED_AT, direction: DESC})"
    case .openIssues: return "issues(\(page), states: OPEN, orderBy: {field: UPDATED_AT, direction: ASC})"
    case .openPullRequests: return "pullRequests(\(page), states: OPEN, orderBy: {field: UPDATED_AT, direction: ASC})"
    }
  }
}
