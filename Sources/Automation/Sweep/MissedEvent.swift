public import Domain

/// Something that happened on GitHub, as the event that would have told of it.
public struct MissedEvent: Sendable {
  /// Its payload is what the item is like now, but dated as it was then: so it has the identity, and the moment, of the
  /// event that GitHub would have sent.
  public var event: Event
  /// The item with the version that was really read.
  public var item: Issue
  /// Where it stands among all that happened on the item.
  public var moment: Moment
  /// Whether the text is not its author's any more. Its commands are the edit's then, and need the permission of both.
  public var isEditedByAnother: Bool
  /// Identities under which GitHub's own event of it would be known.
  public var identities: [EventIdentity]
  /// The last change of each facet that others made, at whatever time: what is older than it gives way.
  public var changes: [Facet: FacetRecord]
  /// See ``SweptItem/readAt``.
  public var readAt: Timestamp?
}

/// What all events of a sweep have in common.
public struct SweepSource: Hashable, Sendable {
  public var repository: RepositoryName
  public var repositoryGitHubID: Int64?
  public var run: RunContext
  /// Under which Yardmaster itself writes, in lower case: what they did is no news.
  public var ownLogins: Set<String>

  public init(
    repository: RepositoryName, repositoryGitHubID: Int64?, run: RunContext = RunContext(), ownLogins: Set<String> = []
  ) {
    self.repository = repository
    self.repositoryGitHubID = repositoryGitHubID
    self.run = run
    self.ownLogins = ownLogins
  }

  func isOwn(_ account: Account?) -> Bool { account.map { ownLogins.contains($0.login.lowercased()) } ?? false }
}

extension SweptItem {
  /// What happened on the item from a moment on, in its order: by the second and, within it, comments by their ids.
  ///
  /// Intermediate versions are gone: an edit shows the text as it is now.
  public func happenings(since: Timestamp, from source: SweepSource) -> [MissedEvent] {
    var found: [MissedEvent] = []
    let writes = writes(from: source)
    func add(_ event: Event, _ moment: Moment, isEditedByAnother: Bool = false) {
      guard moment.time >= since, !source.isOwn(event.sender) else { return }
      let missed = MissedEvent(
        event: event, item: issue, moment: moment, isEditedByAnother: isEditedByAnother,
        identities: [event.identity, event.targetIdentity].compactMap(\.self), changes: writes,
        readAt: readAt)
      if !found.contains(where: { $0.event.identity == event.identity }) { found.append(missed) }
    }
    func changed(_ action: String, _ detail: String?, _ account: Account?, at moment: Timestamp) {
      add(itemEvent(action, detail, account, at: moment, source), Moment(moment))
    }

    if let createdAt = issue.createdAt {
      add(
        itemEvent("opened", nil, issue.author, at: createdAt, source), Moment(createdAt),
        isEditedByAnother: lastEditedAt != nil && editor != nil && editor?.login != issue.author?.login)
    }
    for change in changes { changed(change.action, detail(of: change), change.account, at: change.at) }
    for draft in drafts { changed(draft.action, nil, draft.account, at: draft.at) }
    if let lastEditedAt { changed("edited", nil, editor ?? issue.author, at: lastEditedAt) }
    for comment in comments {
      let author = comment.comment.author
      if let createdAt = comment.comment.createdAt {
        add(
          event(of: comment, "created", author, at: createdAt, source),
          Moment(createdAt, comment: comment.comment.id),
          isEditedByAnother: comment.lastEditedAt != nil && comment.editor != nil
            && comment.editor?.login != author?.login)
      }
      if let lastEditedAt = comment.lastEditedAt {
        add(
          event(of: comment, "edited", comment.editor ?? author, at: comment.version, source),
          Moment(lastEditedAt, comment: comment.comment.id))
      }
    }
    // A sort that keeps the order of what has the same moment: an issue is opened before its first label is put on.
    return found.enumerated().sorted { ($0.element.moment, $0.offset) < ($1.element.moment, $1.offset) }
      .map(\.element)
  }

  /// An App's act counts as a rule's, as it does in an event.
  private func writes(from source: SweepSource) -> [Facet: FacetRecord] {
    var last: [Facet: FacetRecord] = [:]
    for change in changes where !source.isOwn(change.account) {
      let standing = Standing(
        will: change.account?.isBot == true ? .rule : .person, login: change.account?.login, moment: Moment(change.at))
      last[change.facet] = FacetRecord(value: change.value, standing: standing)
    }
    return last
  }

  private func itemEvent(
    _ action: String, _ detail: String?, _ sender: Account?, at moment: Timestamp, _ source: SweepSource
  ) -> Event {
    var subject = issue
    subject.updatedAt = moment
    var payload = Event.Payload.issue(subject, detail: detail)
    if var pullRequest {
      pullRequest.updatedAt = moment
      payload = .pullRequest(pullRequest, detail: detail)
    }
    return Event(
      name: pullRequest == nil ? .issues : .pullRequest, action: action, repository: source.repository,
      repositoryGitHubID: source.repositoryGitHubID, sender: sender, payload: payload, run: source.run)
  }

  private func event(
    of swept: SweptComment, _ action: String, _ sender: Account?, at moment: Timestamp, _ source: SweepSource
  ) -> Event {
    var comment = swept.comment
    comment.updatedAt = moment
    return Event(
      name: .issueComment, action: action, repository: source.repository,
      repositoryGitHubID: source.repositoryGitHubID, sender: sender,
      payload: .comment(comment, on: issue, previousBody: nil), run: source.run)
  }

  /// What tells the event apart from others of its second, in the words of the event's payload.
  private func detail(of change: TimelineChange) -> String? {
    switch change.facet {
    case .label: change.detail
    case .assignee: change.detail
    // GitHub's payload has the milestone's number; the timeline its title.
    case .milestone: milestoneNumber.flatMap { change.detail == issue.milestone ? String($0) : nil } ?? change.detail
    case .state, .title, .lock: nil
    }
  }
}

extension SweptComment {
  /// The version that the event of the last edit showed. GitHub writes the comment a moment after it notes the edit;
  /// much later, something else than the text was changed.
  fileprivate var version: Timestamp {
    guard let lastEditedAt, let updatedAt = comment.updatedAt else { return .distantPast }
    return (0...2).contains(updatedAt.secondsSince(lastEditedAt)) ? updatedAt : lastEditedAt
  }
}

extension Event {
  /// What the same happening is known by where the workflow is triggered by `pull_request_target`.
  fileprivate var targetIdentity: EventIdentity? {
    guard name == .pullRequest else { return nil }
    var other = self
    other.name = .pullRequestTarget
    return other.identity
  }
}
