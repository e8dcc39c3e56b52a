/// The events that have a processor or a stated reason to be ignored; every other name is ignored by routing.
public enum EventName: String, Hashable, Sendable, Codable, CaseIterable {
  case issues
  case issueComment = "issue_comment"
  case pullRequest = "pull_request"
  /// Runs with secrets, also for a pull request from a fork; nothing here ever checks out its code.
  case pullRequestTarget = "pull_request_target"
  case pullRequestReview = "pull_request_review"
  case pullRequestReviewComment = "pull_request_review_comment"
  case workflowDispatch = "workflow_dispatch"
  case schedule
  case repositoryDispatch = "repository_dispatch"
}

/// What started this run: a decoded event file with the run it belongs to.
public struct Event: Sendable {
  public var name: EventName
  /// The payload's `action` (`opened`, `created`, …); nil for events that have none.
  public var action: String?
  public var repository: RepositoryName
  /// GitHub's numeric id of the repository, where the payload has it.
  public var repositoryGitHubID: Int64?
  /// Who caused the event. Never a source of permission: a re-run keeps the payload but may have another actor.
  public var sender: Account?
  public var payload: Payload
  /// What an `edited` event says was there before.
  public var previous: PreviousTexts
  public var run: RunContext

  /// The texts that an edit replaced; nil where it left them alone.
  /// Source: `changes` in https://docs.github.com/en/webhooks/webhook-events-and-payloads
  public struct PreviousTexts: Hashable, Sendable {
    public var title: String?
    /// Of the item, or of the comment where the event is a comment's.
    public var body: String?

    public init(title: String? = nil, body: String? = nil) {
      self.title = title
      self.body = body
    }
  }

  public enum Payload: Sendable {
    /// `detail` tells apart events on one version of the issue: the label added, the assignee, the milestone.
    case issue(Issue, detail: String?)
    /// `previousBody`: what the comment said before an edit.
    case comment(Comment, on: Issue, previousBody: String?)
    case pullRequest(PullRequest, detail: String?)
    case review(Review, on: PullRequest)
    case reviewComment(Comment, on: PullRequest)
    case workflowDispatch(inputs: [String: String])
    case schedule(cron: String?)
    /// `deliveryID`: of a relayed webhook, where the sender put one into `client_payload.delivery_id`.
    case repositoryDispatch(type: String?, deliveryID: String?, clientPayload: JSONValue)
  }

  public init(
    name: EventName, action: String?, repository: RepositoryName, repositoryGitHubID: Int64?, sender: Account?,
    payload: Payload, previous: PreviousTexts = PreviousTexts(), run: RunContext
  ) {
    self.name = name
    self.action = action
    self.repository = repository
    self.repositoryGitHubID = repositoryGitHubID
    self.sender = sender
    self.payload = payload
    self.previous = previous
    self.run = run
  }

  /// The number of the issue or pull request that the event is about.
  public var number: Int? {
    switch payload {
    case .issue(let issue, _): issue.number
    case .comment(_, let issue, _): issue.number
    case .pullRequest(let pull, _): pull.number
    case .review(_, let pull), .reviewComment(_, let pull): pull.number
    case .workflowDispatch, .schedule, .repositoryDispatch: nil
    }
  }

  /// When it happened on GitHub, as far as the payload tells.
  public var occurredAt: Timestamp? {
    switch payload {
    case .issue(let issue, _): action == "opened" ? issue.createdAt ?? issue.updatedAt : issue.updatedAt
    case .comment(let comment, _, _), .reviewComment(let comment, _):
      action == "created" ? comment.createdAt ?? comment.updatedAt : comment.updatedAt
    case .pullRequest(let pull, _): pull.updatedAt
    case .review(let review, let pull): review.submittedAt ?? pull.updatedAt
    case .workflowDispatch, .schedule, .repositoryDispatch: nil
    }
  }

  /// What happens once in an object's life: there its id says all, and the sweep, which knows no event's version, finds
  /// the same identity.
  private static let onceInALife: Set = ["opened", "created", "deleted", "transferred"]

  /// What a second delivery, a re-run and the sweep have in common: objects' ids and versions where the payload has
  /// them, else the run id without its attempt, else a relayed webhook's delivery id.
  public var identity: EventIdentity {
    // The id survives a rename; the name is for payloads without it.
    let place = repositoryGitHubID.map { "repository:\($0)" } ?? repository.description.lowercased()
    var parts = [name.rawValue, action ?? "-", place]
    let isVersioned = !Self.onceInALife.contains(action ?? "")
    func add(_ object: String, version: Timestamp?, _ more: String...) {
      parts.append(object)
      if isVersioned { parts += [version?.description ?? "-"] + more }
    }
    // A version is a second, and two edits fit into one.
    func text(_ parts: String...) -> String { action == "edited" ? Self.digest(parts) : "-" }
    switch payload {
    case .issue(let issue, let detail):
      add("issue:\(issue.id)", version: issue.updatedAt, detail ?? text(issue.title, issue.body))
    case .comment(let comment, _, _), .reviewComment(let comment, _):
      add("comment:\(comment.id)", version: comment.updatedAt, text(comment.body))
    case .pullRequest(let pull, let detail):
      add("pull:\(pull.id)", version: pull.updatedAt, pull.headSHA, detail ?? text(pull.title, pull.body))
    case .review(let review, let pull):
      add("review:\(review.id)", version: review.submittedAt ?? pull.updatedAt, review.state.lowercased())
    case .workflowDispatch, .schedule:
      parts += ["run:\(run.runID)"]
    case .repositoryDispatch(_, let deliveryID, _):
      // Its action is the sender's own word, whatever that is.
      parts += [deliveryID.map { "delivery:\($0)" } ?? "run:\(run.runID)"]
    }
    return EventIdentity(text: parts.joined(separator: "\u{1F}"))
  }
}

extension Event {
  /// 64 bits that tell the texts of one item's edits apart: FNV-1a (draft-eastlake-fnv). Line ends as GitHub's answers
  /// differ in them count alike.
  private static func digest(_ texts: [String]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for text in texts {
      for byte in text.utf8 where byte != 0x0D { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      hash = (hash ^ 0x1F) &* 0x100_0000_01b3
    }
    return String(hash, radix: 16)
  }
}

/// The text by which the ledger knows an event; unit separators stand between its parts.
public struct EventIdentity: Hashable, Sendable {
  public let text: String
  public init(text: String) { self.text = text }
}

/// The Actions run that this process is a step of.
public struct RunContext: Hashable, Sendable {
  public var runID: Int64
  public var attempt: Int
  public var actor: String?
  public var workflow: String?
  public var serverURL: String

  public init(
    runID: Int64 = 0, attempt: Int = 1, actor: String? = nil, workflow: String? = nil,
    serverURL: String = "https://github.com"
  ) {
    self.runID = runID
    self.attempt = attempt
    self.actor = actor
    self.workflow = workflow
    self.serverURL = serverURL
  }
}
