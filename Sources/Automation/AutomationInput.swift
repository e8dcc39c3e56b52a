public import Domain

/// An event, and all that is known when it is decided on. Nothing else goes into a decision.
public struct AutomationInput: Sendable {
  /// The event and its action, `schedule` for a sweep's visit. ``Rule/Trigger/pullRequest`` also stands for
  /// `pull_request_target`.
  public var trigger: Rule.Trigger
  public var repository: RepositoryName
  /// The item as GitHub shows it now; of a pull request, its issue side.
  public var issue: Issue
  /// What the item's body said when the event was sent; nil where ``issue`` is as the event showed it. Commands are read
  /// in the text that the event's actor saw: what was edited in since is another event's, maybe of somebody who may less.
  public var itemText: String?
  /// The comment that an `issue_comment` event is about.
  public var comment: Comment?
  /// Of an edited text: what it said before. Where the edit left the text alone, the text as it is; nil where it is not
  /// known.
  public var previousBody: String?
  /// Who caused the event; nil for a schedule, and where the account was deleted.
  public var actor: Account?
  /// What the text's author may do, and where somebody else edited it, the lesser of both. nil where it was not looked
  /// up: see ``AutomationProcessor/needsPermission(_:)``.
  public var permission: Permission?
  /// What the event's actor may do; nil where it was not looked up: it matters to whoever caused too many events.
  public var actorPermission: Permission?
  /// Where somebody else than the event's actor had it processed by hand; ``permission`` is the lesser of both then.
  public var sponsorship: Sponsorship?
  public var context: ThreadContext
  /// When it is decided, by GitHub's clock.
  public var now: Timestamp
  /// When somebody who is no bot last did anything about the item; nil where that is not known.
  public var lastActivity: Timestamp?
  /// When what caused the event was said or done; nil to take it from the payload.
  public var happenedAt: Timestamp?
  public var serverURL: String
  /// By the repository's name, where its id was not given.
  public var thread: ThreadKey
  /// Whether commands are left alone, whatever the text says.
  public var isRulesOnly = false
  /// The digest of a text, as ``ThreadContext/said`` and ``StickyRecord/digest`` hold it.
  public var digest: @Sendable (String) -> String

  public init(
    trigger: Rule.Trigger, repository: RepositoryName, issue: Issue, comment: Comment? = nil,
    previousBody: String? = nil, actor: Account? = nil, permission: Permission? = nil,
    context: ThreadContext = ThreadContext(), now: Timestamp, lastActivity: Timestamp? = nil,
    happenedAt: Timestamp? = nil, serverURL: String = "https://github.com",
    digest: @escaping @Sendable (String) -> String
  ) {
    self.trigger = trigger
    self.repository = repository
    self.issue = issue
    self.comment = comment
    self.previousBody = previousBody
    self.actor = actor
    self.permission = permission
    self.context = context
    self.now = now
    self.lastActivity = lastActivity
    self.happenedAt = happenedAt
    self.serverURL = serverURL
    thread = ThreadKey(repository: repository, githubID: nil, number: issue.number)
    self.digest = digest
  }

  /// The moment of the event; see ``Standing/moment``. Of a schedule, now.
  public var moment: Moment {
    Moment(happenedAt ?? payloadTime ?? now, comment: comment?.id ?? 0)
  }

  private var payloadTime: Timestamp? {
    if let comment { return isEdit ? comment.updatedAt ?? comment.createdAt : comment.createdAt ?? comment.updatedAt }
    switch trigger.action {
    case nil: return nil
    case "opened": return issue.createdAt ?? issue.updatedAt
    case "closed": return issue.closedAt ?? issue.updatedAt
    default: return issue.updatedAt
    }
  }

  var isEdit: Bool { trigger.action == "edited" }

  /// The text that the event's actor wrote, in which commands are looked for; nil where the event wrote none.
  public var text: AuthoredText? {
    if let comment {
      return AuthoredText(id: comment.id, body: comment.body, author: comment.author)
    }
    guard trigger.event == .issues || trigger.event == .pullRequest, trigger.action == "opened" || isEdit else {
      return nil
    }
    return AuthoredText(id: 0, body: itemText ?? issue.body, author: issue.author)
  }

  /// As it is once the decisions are carried out: what else the event asks for is decided on that.
  public func after(_ decisions: [Decision]) -> AutomationInput {
    var input = self
    var state = issue.state
    for decision in decisions {
      state = state.applying(decision.effect)
      for (facet, value) in decision.effect.written {
        input.context.facets[facet] = FacetRecord(value: value, standing: decision.standing)
      }
      switch decision.effect {
      case .stickyComment(let key, let body):
        input.context.stickies[key]?.body = body
        input.context.stickies[key]?.digest = digest(body)
      case .deleteComment(let id): input.context.stickies = input.context.stickies.filter { $0.value.commentID != id }
      default: break
      }
    }
    input.issue.labels = state.labels
    input.issue.assignees = state.assignees
    (input.issue.isOpen, input.issue.stateReason) = (state.isOpen, state.stateReason)
    (input.issue.isLocked, input.issue.lockReason) = (state.isLocked, state.lockReason)
    input.issue.title = state.title
    input.issue.milestone = state.milestone
    return input
  }

  /// The item in once-only keys. Not by its id: a pull request has another one in its own events than in its comments'.
  var itemKey: String { "\(thread.repository)#\(thread.number)" }

  var templateValues: TemplateValues {
    TemplateValues(
      issue: issue, repository: repository, serverURL: serverURL, actor: actor, links: context.links)
  }
}

/// What those may do whose permission counts where somebody pasted an event.
public struct Sponsorship: Hashable, Sendable {
  /// Who pasted it; nil for an account that is gone.
  public var login: String?
  public var permission: Permission
  /// What the text's author may do, and where somebody else edited it, the lesser of both.
  public var authorsPermission: Permission

  public init(login: String?, permission: Permission, authorsPermission: Permission) {
    self.login = login
    self.permission = permission
    self.authorsPermission = authorsPermission
  }
}

/// A comment, or an item's body, with who wrote it.
public struct AuthoredText: Hashable, Sendable {
  /// The comment's id; 0 for the item's body.
  public var id: Int64
  public var body: String
  /// nil where the account was deleted.
  public var author: Account?

  public init(id: Int64, body: String, author: Account?) {
    self.id = id
    self.body = body
    self.author = author
  }
}
