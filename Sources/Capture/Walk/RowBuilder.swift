import Domain

/// Turns GitHub's answers into rows of one page.
struct RowBuilder {
  private var page = CapturedPage()
  /// By the bytes of their login.
  private var contributors: [[UInt8]: ContributorRecord] = [:]

  /// The page with each row once: GitHub may list an entry on two pages when others move, and a row that comes twice in
  /// one statement is an error in PostgreSQL. Of two the later one stays.
  func finished() -> CapturedPage {
    var page = page
    page.contributors = Set(contributors.values)
    page.pullRequests.keepLast(by: \.number)
    page.issues.keepLast(by: \.number)
    page.labels.keepLast(by: \.number)
    page.reviews.keepLast(by: \.githubID)
    page.reviewComments.keepLast(by: \.githubID)
    page.issueComments.keepLast(by: \.githubID)
    page.files.keepLast { FileKey(number: $0.pullNumber, path: Array($0.path.utf8)) }
    page.links.keepLast { $0 }
    page.numbers.keepLast(by: \.number)
    return page
  }

  /// GitHub's clock when what follows was asked for; the earliest counts.
  mutating func observe(_ moment: Timestamp) { page.observedAt = min(page.observedAt ?? moment, moment) }

  mutating func add(_ number: NumberRecord) { page.numbers.append(number) }
  mutating func add(_ part: ListPart) { page.lists.append(part) }
  mutating func add(_ walk: CapturedPage.FlatWalk) { page.reviewCommentWalk = walk }
  mutating func complete(_ number: Int) { page.completed.append(number) }

  mutating func add(_ pull: PullRequestNode) {
    let merged = pull.pullState == "MERGED"
    page.numbers.append(NumberRecord(number: pull.number, kind: .pullRequest, nodeID: pull.id))
    page.pullRequests.append(
      PullRequestRecord(
        number: pull.number, githubID: pull.fullDatabaseId.value, title: pull.title, body: pull.body,
        state: merged ? "merged" : pull.pullState.lowercased(), isDraft: pull.isDraft, authorLogin: note(pull.author),
        createdAt: pull.createdAt, updatedAt: pull.updatedAt, closedAt: pull.closedAt, mergedAt: pull.mergedAt,
        additions: pull.additions, deletions: pull.deletions, changedFiles: pull.changedFiles,
        baseRef: pull.baseRefName, headRef: pull.headRefName, headSHA: pull.headRefOid,
        mergeCommitSHA: merged ? pull.mergeCommit?.oid : nil))
  }

  mutating func add(_ issue: IssueNode) {
    page.numbers.append(NumberRecord(number: issue.number, kind: .issue, nodeID: issue.id))
    page.issues.append(
      IssueRecord(
        number: issue.number, githubID: issue.fullDatabaseId.value, title: issue.title, body: issue.body,
        state: issue.issueState.lowercased(), stateReason: issue.stateReason?.lowercased(),
        authorLogin: note(issue.author), createdAt: issue.createdAt, updatedAt: issue.updatedAt,
        closedAt: issue.closedAt))
  }

  mutating func add(labels: [String], of number: Int, isPullRequest: Bool) {
    page.labels.append(LabelsRecord(number: number, isPullRequest: isPullRequest, labels: labels))
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

  mutating func add(closes: Connection<ClosedIssueNode>?, of number: Int) {
    for issue in closes?.present ?? [] {
      page.links.append(
        LinkRecord(
          fromNumber: number, toRepository: issue.repository.nameWithOwner, toNumber: issue.number, toCommit: nil))
    }
  }

  mutating func add(closer: Connection<ClosedEventNode>?, of number: Int) {
    for event in closer?.present ?? [] {
      guard let commit = event.closer, let oid = commit.oid, let repository = commit.repository else { continue }
      page.links.append(
        LinkRecord(fromNumber: number, toRepository: repository.nameWithOwner, toNumber: nil, toCommit: oid))
    }
  }

  mutating func add(_ comment: RESTReviewComment, of number: Int) {
    page.reviewComments.append(
      ReviewCommentRecord(
        githubID: comment.id, pullNumber: number, reviewID: comment.reviewID, authorLogin: note(comment.user?.author),
        path: comment.path, body: comment.body ?? "", createdAt: comment.createdAt, updatedAt: comment.updatedAt))
  }

  mutating func add(_ comment: RESTIssueComment, of number: Int) {
    page.issueComments.append(
      IssueCommentRecord(
        githubID: comment.id, issueNumber: number, authorLogin: note(comment.user?.author), body: comment.body ?? "",
        createdAt: comment.createdAt, updatedAt: comment.updatedAt))
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
    let key = Array(record.login.utf8)
    if contributors[key]?.githubID == nil { contributors[key] = record }
    return record.login
  }

  /// Compared by bytes, as PostgreSQL does: Swift's strings are equal under canonical equivalence, and a tree may hold
  /// both spellings of an accented name.
  private struct FileKey: Hashable {
    var number: Int
    var path: [UInt8]
  }
}

extension Array {
  /// Of elements with the same key the last one stays, in its place.
  fileprivate mutating func keepLast<Key: Hashable>(by key: (Element) -> Key) {
    var last: [Key: Int] = [:]
    last.reserveCapacity(count)
    for (index, element) in enumerated() { last[key(element)] = index }
    guard last.count < count else { return }
    self = enumerated().filter { last[key($0.element)] == $0.offset }.map(\.element)
  }
}

/// The login as REST and webhooks spell it: an App's ends in `[bot]` there, and GraphQL leaves that out.
/// GitHub's own `Copilot` is the one App that REST, too, shows without it.
func restLogin(_ login: String, typename: String) -> String {
  guard typename == "Bot", login != "Copilot", !login.hasSuffix("[bot]") else { return login }
  return login + "[bot]"
}
