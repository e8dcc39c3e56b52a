import Domain

/// Turns GitHub's answers into rows of one page.
struct RowBuilder {
  private(set) var page = CapturedPage()
  private var contributors: [String: ContributorRecord] = [:]

  /// The page with its contributors, each login once.
  func finished() -> CapturedPage {
    var page = page
    page.contributors = Set(contributors.values)
    return page
  }

  /// Adds an item's rows and returns its lists that go on. `hasThreads` items also have review comments over REST.
  mutating func add(_ pull: PullRequestNode) -> [PendingList] {
    let merged = pull.pullState == "MERGED"
    page.pullRequests.append(
      PullRequestRecord(
        number: pull.number, githubID: pull.fullDatabaseId.value, title: pull.title, body: pull.body,
        state: merged ? "merged" : pull.pullState.lowercased(), isDraft: pull.isDraft, authorLogin: note(pull.author),
        createdAt: pull.createdAt, updatedAt: pull.updatedAt, closedAt: pull.closedAt, mergedAt: pull.mergedAt,
        additions: pull.additions, deletions: pull.deletions, changedFiles: pull.changedFiles,
        baseRef: pull.baseRefName, headRef: pull.headRefName, headSHA: pull.headRefOid,
        labels: pull.labels?.present.map(\.name) ?? []))
    var rest: [PendingList] = []
    add(comments: pull.comments, of: pull.number)
    add(reviews: pull.reviews, of: pull.number)
    add(files: pull.files, of: pull.number)
    let lists: [(PendingList.List, PageInfo?)] = [
      (.pullRequestComments, pull.comments?.pageInfo), (.reviews, pull.reviews?.pageInfo),
      (.files, pull.files?.pageInfo),
    ]
    for (list, info) in lists {
      guard let info, info.hasNextPage else { continue }
      rest.append(PendingList(number: pull.number, nodeID: pull.id, list: list, after: info.endCursor))
    }
    if let threads = pull.reviewThreads, threads.totalCount > 0 {
      rest.append(PendingList(number: pull.number, nodeID: pull.id, list: .reviewComments))
    }
    return rest
  }

  mutating func add(_ issue: IssueNode) -> [PendingList] {
    page.issues.append(
      IssueRecord(
        number: issue.number, githubID: issue.fullDatabaseId.value, title: issue.title, body: issue.body,
        state: issue.issueState.lowercased(), stateReason: issue.stateReason?.lowercased(),
        authorLogin: note(issue.author), createdAt: issue.createdAt, updatedAt: issue.updatedAt,
        closedAt: issue.closedAt, labels: issue.labels?.present.map(\.name) ?? []))
    add(comments: issue.comments, of: issue.number)
    guard let info = issue.comments?.pageInfo, info.hasNextPage else { return [] }
    return [PendingList(number: issue.number, nodeID: issue.id, list: .issueComments, after: info.endCursor)]
  }

  mutating func add(comments: Connection<CommentNode>?, of number: Int) {
    for comment in comments?.present ?? [] {
      page.issueComments.append(
        IssueCommentRecord(
          githubID: comment.fullDatabaseId.value, issueNumber: number, authorLogin: note(comment.author),
          body: comment.body, createdAt: comment.createdAt, updatedAt: comment.updatedAt))
    }
  }

  mutating func add(reviews: Connection<ReviewNode>?, of number: Int) {
    for review in reviews?.present ?? [] {
      page.reviews.append(
        ReviewRecord(
          githubID: review.fullDatabaseId.value, pullNumber: number, authorLogin: note(review.author),
          state: review.state.uppercased(), body: review.body, submittedAt: review.submittedAt))
    }
  }

  mutating func add(files: Connection<FileNode>?, of number: Int) {
    for file in files?.present ?? [] {
      page.files.append(
        FileRecord(
          pullNumber: number, path: file.path, additions: file.additions, deletions: file.deletions,
          changeType: file.changeType.lowercased()))
    }
  }

  mutating func add(_ comment: RESTReviewComment, of number: Int) {
    page.reviewComments.append(
      ReviewCommentRecord(
        githubID: comment.id, pullNumber: number, reviewID: comment.reviewID, authorLogin: note(comment.user?.author),
        path: comment.path, body: comment.body ?? "", createdAt: comment.createdAt, updatedAt: comment.updatedAt))
  }

  private mutating func note(_ author: AuthorNode?) -> String? {
    guard let author else { return nil }
    return note(
      ContributorRecord(
        login: restLogin(author.login, typename: author.typename), githubID: author.databaseId,
        accountType: author.typename))
  }

  /// Remembers the account and returns its login. Of two records of one login, the one that knows the id stays.
  private mutating func note(_ record: ContributorRecord?) -> String? {
    guard let record else { return nil }
    if contributors[record.login]?.githubID == nil { contributors[record.login] = record }
    return record.login
  }
}

/// The login as REST and webhooks spell it: an App's ends in `[bot]` there, and GraphQL leaves that out.
/// GitHub's own `Copilot` is the one App that REST, too, shows without it.
func restLogin(_ login: String, typename: String) -> String {
  guard typename == "Bot", login != "Copilot", !login.hasSuffix("[bot]") else { return login }
  return login + "[bot]"
}
