public import Domain

/// Decides which processor an event goes to. Ignoring is decided here, before anything is connected.
///
/// An event without a rule or a command in it goes to capture where it changes what is captured: whether the repository
/// wants that, its configuration says. A database is missing by rights only where the run has no secrets.
public func route(_ event: Event, facts: RoutingFacts) -> Route {
  switch event.payload {
  case .issue(let issue, _):
    return captured(routeIssue(action: event.action, sender: event.sender ?? issue.author), event)
  case .comment(let comment, _, _):
    return captured(routeComment(comment, action: event.action, sender: event.sender), event)
  case .pullRequest(let pull, _), .review(_, on: let pull), .reviewComment(_, on: let pull):
    if !facts.hasDatabase, let cause = causeOfNoSecrets(event, pull) {
      return .ignored(reason: "\(cause): its run has no secrets; the sweep will catch up")
    }
    let route = Route.ignored(reason: "pull requests are captured by history sync; no rule applies to them yet")
    return captured(route, event)
  case .workflowDispatch(let inputs):
    if CaptureInput.allCases.contains(where: { inputs[$0.rawValue]?.isEmpty == false }) { return .history }
    return .ignored(reason: "the dispatch names no capture: \(CaptureInput.list) are all empty")
  case .repositoryDispatch(_, _, let clientPayload):
    if CaptureInput.allCases.contains(where: { clientPayload[$0.rawValue]?.inputText?.isEmpty == false }) {
      return .history
    }
    return .ignored(reason: "the dispatch names no capture: client_payload has none of \(CaptureInput.list)")
  case .schedule:
    return .ignored(reason: "a schedule starts no rule; the workflow sweep.yml runs plan and sync")
  }
}

/// Why GitHub gives a pull request's run no secrets; nil where it does. Whoever re-runs it, `GITHUB_ACTOR` stays.
/// Source: https://docs.github.com/en/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions
private func causeOfNoSecrets(_ event: Event, _ pull: PullRequest) -> String? {
  if pull.isFromFork { return "pull request from a fork" }
  let isDependabot = [event.sender?.login, event.run.actor].contains("dependabot[bot]")
  return isDependabot ? "caused by Dependabot" : nil
}

/// What automation ignores and capture does not.
private func captured(_ route: Route, _ event: Event) -> Route {
  guard case .ignored = route, let action = event.action, CapturedActions.of(event.name).contains(action)
  else { return route }
  return .capture
}

/// The actions of each event after which something that is captured may be another than before. The rest (somebody was
/// assigned, a review was asked for, a conversation locked, …) is ignored without a request.
/// Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads
private enum CapturedActions {
  static func of(_ event: EventName) -> Set<String> {
    switch event {
    case .issues: issues
    case .issueComment, .pullRequestReviewComment: comments
    case .pullRequest, .pullRequestTarget: pulls
    case .pullRequestReview: reviews
    case .workflowDispatch, .schedule, .repositoryDispatch: []
    }
  }

  private static let issues: Set = [
    "opened", "edited", "closed", "reopened", "labeled", "unlabeled", "deleted", "transferred",
  ]
  private static let comments: Set = ["created", "edited", "deleted"]
  private static let pulls: Set = [
    "opened", "edited", "closed", "reopened", "synchronize", "labeled", "unlabeled", "converted_to_draft",
    "ready_for_review",
  ]
  private static let reviews: Set = ["submitted", "edited", "dismissed"]
}

/// Inputs of a dispatch; any one of them asks for a capture.
public enum CaptureInput: String, CaseIterable, Sendable {
  case repositoryName = "repository_name"
  case jobID = "job_id"
  case daysBack = "days_back"
  case timeRange = "time_range"
  case maxItems = "max_items"

  fileprivate static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

private func routeIssue(action: String?, sender: Account?) -> Route {
  guard let action else { return .ignored(reason: "the event has no action") }
  guard Rule.Trigger.knownActions.contains(action) else {
    return .ignored(reason: "no rule can be triggered by issues.\(action)")
  }
  // An App's own labels and comments come back as events where its token, unlike GITHUB_TOKEN, starts workflows.
  if let sender, sender.isBot { return .ignored(reason: "caused by the bot \(sender.login)") }
  return .issue
}

private func routeComment(_ comment: Comment, action: String?, sender: Account?) -> Route {
  switch action {
  case "created", "edited": break
  case "deleted": return .ignored(reason: "the comment was deleted; nothing is undone for that")
  case let action?: return .ignored(reason: "no command can be triggered by issue_comment.\(action)")
  case nil: return .ignored(reason: "the event has no action")
  }
  if let author = comment.author, author.isBot {
    return .ignored(reason: "the comment's author \(author.login) is a bot")
  }
  if let sender, sender.isBot { return .ignored(reason: "caused by the bot \(sender.login)") }
  guard mayHoldCommand(comment.body) else {
    return .ignored(reason: "the comment has no line that starts with a command")
  }
  return .comment
}

/// Whether a line starts, after white space, with a slash and a letter. Cheap, and never wrong when it says no.
private func mayHoldCommand(_ body: String) -> Bool {
  var isAtLineStart = true
  var followsSlash = false
  for byte in body.utf8 {
    if followsSlash, (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) { return true }
    followsSlash = isAtLineStart && byte == UInt8(ascii: "/")
    switch byte {
    case 0x0A, 0x0D: isAtLineStart = true
    case 0x20, 0x09: break
    default: isAtLineStart = false
    }
  }
  return false
}
