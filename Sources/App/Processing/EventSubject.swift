import ActionsRuntime
import Automation
import Domain

/// The item that an event is about, as the event shows it, and what the event shows that somebody did to it.
struct EventSubject: Sendable {
  let event: Event
  /// Of a pull request, its issue side; its id is the pull request's own.
  let issue: Issue
  let comment: Comment?
  let key: ThreadKey
  /// What the ledger knows the event by.
  var identity: EventIdentity
  /// When it happened on GitHub, where that is known; of a visit, when its round began.
  var occurredAt: Timestamp?
  /// When anybody but a bot last did anything about the item, where that is known.
  var lastActivity: Timestamp?
  /// Whether commands are left alone: somebody else edited the text that the event shows.
  var isRulesOnly = false
  /// What others are known to have changed, besides what the event shows.
  var changes: [Facet: FacetRecord] = [:]
  /// When the item was read, by this machine's clock, where it was read for this and is not what some event showed.
  var readAt: Timestamp?
  /// Whether the event is from any time before: something newer may have happened to its item since.
  var mayBeOld = false
  /// What the sweep knows to be linked to the item, besides what was captured.
  var links: [ThreadLink] = []

  /// nil for events about no item, and for reviews, which no rule is about.
  ///
  /// - Parameter item: the item as it is now, where the event shows it as it was.
  init?(_ event: Event, item: Issue? = nil) {
    self.event = event
    identity = event.identity
    occurredAt = event.occurredAt
    let shown: Issue
    switch event.payload {
    case .issue(let issue, _): (shown, comment) = (issue, nil)
    case .comment(let comment, let issue, _): (shown, self.comment) = (issue, comment)
    case .pullRequest(let pull, _): (shown, comment) = (pull.issue, nil)
    case .review, .reviewComment, .workflowDispatch, .schedule, .repositoryDispatch: return nil
    }
    issue = item ?? shown
    key = ThreadKey(repository: event.repository, githubID: event.repositoryGitHubID, number: issue.number)
  }

  /// A failed event by what was kept of it; nil where it is about no item, or about an alert.
  init?(again payload: EventPayload, in repository: RepositoryName, run: RunContext) throws {
    let event = try EventFile.decode(
      offline: Array(payload.document.canonicalText.utf8), name: payload.name, repository: repository, run: run)
    self.init(event)
    mayBeOld = true
    if comment == nil, AlertReporter.isAlert(issue) { return nil }
  }

  /// A sweep's visit for the rules that go by time. One that a kill interrupted is the same event when it comes again.
  init(_ visit: ScheduledVisit, run: RunContext) {
    event = Event(
      name: .schedule, action: nil, repository: visit.repository, repositoryGitHubID: visit.repositoryGitHubID,
      sender: nil, payload: .schedule(cron: nil), run: run)
    issue = visit.issue
    comment = nil
    key = ThreadKey(repository: visit.repository, githubID: visit.repositoryGitHubID, number: visit.issue.number)
    identity = EventIdentity(
      text: ["visit", key.repository, String(key.number), visit.round.description].joined(separator: "\u{1F}"))
    occurredAt = visit.round
    lastActivity = visit.lastHumanActivity
    readAt = visit.readAt
    links = visit.linkedPullRequests.map {
      ThreadLink(kind: "closes", isIncoming: true, number: $0, isPullRequest: true)
    }
  }

  var trigger: Rule.Trigger { Rule.Trigger(event.name, event.action) }

  /// The text that the event may bring commands in.
  var text: String? {
    if let comment { return comment.body }
    return event.action == "opened" || event.action == "edited" ? issue.body : nil
  }

  /// What the text said before an edit; the text itself where the edit left it alone.
  var previousBody: String? {
    guard event.action == "edited" else { return nil }
    if case .comment(_, _, let previous) = event.payload { return previous }
    return event.previous.body ?? issue.body
  }

  /// Whoever wrote the text that commands are looked for in.
  var author: Account? { comment.map(\.author) ?? issue.author }

  var visit: ThreadVisit {
    ThreadVisit(
      key: key, textID: text == nil ? nil : comment?.id ?? 0,
      observed: observed.merging(changes) { $0.standing.moment < $1.standing.moment ? $1 : $0 },
      version: issue.updatedAt, said: said)
  }

  /// What the text links to. Only a pull request's own text closes anything.
  private var said: SaidLinks? {
    guard let text else { return nil }
    let place = ItemReference(repository: event.repository, number: issue.number)
    let links = LinkReader(place: place, serverURL: event.run.serverURL)
      .links(in: text, closes: comment == nil && issue.isPullRequest)
    return SaidLinks(links, saidAt: event.occurredAt, isPullRequestText: comment == nil && issue.isPullRequest)
  }

  /// What the event's sender wrote to the item by hand.
  ///
  /// An App's act counts as a rule's: it is no person whose will a rule would have to give way to.
  private var observed: [Facet: FacetRecord] {
    guard comment == nil, let sender = event.sender, let at = event.occurredAt ?? issue.updatedAt else { return [:] }
    let standing = Standing(will: sender.isBot ? .rule : .person, login: sender.login, moment: Moment(at))
    func wrote(_ facet: Facet) -> [Facet: FacetRecord] {
      [facet: FacetRecord(value: issue.state.value(of: facet), standing: standing)]
    }
    func wrote(_ facet: Facet, _ value: JSONValue) -> [Facet: FacetRecord] {
      [facet: FacetRecord(value: value, standing: standing)]
    }
    let detail: String? =
      switch event.payload {
      case .issue(_, let detail), .pullRequest(_, let detail): detail
      default: nil
      }
    switch (event.action, detail) {
    case ("labeled", let name?): return wrote(.label(named: name), true)
    case ("unlabeled", let name?): return wrote(.label(named: name), false)
    case ("assigned", let login?): return wrote(.assignee(named: login), true)
    case ("unassigned", let login?): return wrote(.assignee(named: login), false)
    case ("closed", _), ("reopened", _): return wrote(.state)
    case ("milestoned", _), ("demilestoned", _): return wrote(.milestone)
    case ("locked", _), ("unlocked", _): return wrote(.lock)
    case ("edited", _) where event.previous.title != nil: return wrote(.title)
    default: return [:]
    }
  }
}
