public import Domain

/// An open item that nothing happened to: for the rules that go by time.
public struct ScheduledVisit: Sendable {
  public var repository: RepositoryName
  public var repositoryGitHubID: Int64?
  /// When the round over all open items began that the visit is a part of. A visit that a kill interrupted comes again
  /// with the same moment.
  public var round: Timestamp
  /// See ``SweptItem/issue``.
  public var issue: Issue
  public var pullRequest: PullRequest?
  /// The newest changes of its state, the oldest first.
  public var changes: [TimelineChange]
  /// The newest comments, in the order of their ids.
  public var comments: [Comment]
  /// When anybody but a bot last did anything about it; its creation counts, whoever opened it.
  public var lastHumanActivity: Timestamp
  /// Of each label that it has, by its name in lower case: when it was put on, and by whom. Missing where the timeline
  /// does not tell.
  public var labelings: [String: Labeling]
  /// Open pull requests that would close it.
  public var linkedPullRequests: [Int]
  /// See ``SweptItem/readAt``.
  public var readAt: Timestamp?

  public struct Labeling: Hashable, Sendable {
    public var at: Timestamp
    /// nil for a deleted account.
    public var by: Account?
  }
}

extension ScheduledVisit {
  /// - Parameter isBot: besides what GitHub calls one, and Yardmaster itself.
  init(of item: SweptItem, in round: Timestamp, from source: SweepSource, isBot: @escaping (Account) -> Bool) {
    self.init(
      repository: source.repository, repositoryGitHubID: source.repositoryGitHubID, round: round, issue: item.issue,
      pullRequest: item.pullRequest, changes: item.changes, comments: item.comments.map(\.comment),
      lastHumanActivity: item.lastHumanActivity(isHuman: source.isHuman(isBot)), labelings: item.labelings,
      linkedPullRequests: item.linkedPullRequests, readAt: item.readAt)
  }
}

extension SweepSource {
  /// Whether an account is a person's. Of a deleted one nobody knows; people delete theirs more often than bots.
  func isHuman(_ isBot: @escaping (Account) -> Bool) -> (Account?) -> Bool {
    { account in account.map { !$0.isBot && !isOwn($0) && !isBot($0) } ?? true }
  }
}

extension SweptItem {
  func lastHumanActivity(isHuman: (Account?) -> Bool) -> Timestamp {
    var last = issue.createdAt ?? .distantPast
    func note(_ moment: Timestamp?, _ account: Account?) {
      if let moment, moment > last, isHuman(account) { last = moment }
    }
    note(lastEditedAt, editor ?? issue.author)
    for change in changes { note(change.at, change.account) }
    for draft in drafts { note(draft.at, draft.account) }
    for comment in comments {
      note(comment.comment.createdAt, comment.comment.author)
      note(comment.lastEditedAt, comment.editor ?? comment.comment.author)
    }
    return last
  }

  /// The last time that each of its labels was put on, as far as its changes tell.
  var labelings: [String: ScheduledVisit.Labeling] {
    var found: [String: ScheduledVisit.Labeling] = [:]
    for change in changes where change.value == true {
      if case .label(let name) = change.facet { found[name] = .init(at: change.at, by: change.account) }
    }
    let present = Set(issue.labels.map { $0.lowercased() })
    return found.filter { present.contains($0.key) }
  }
}
