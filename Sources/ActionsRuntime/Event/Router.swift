public import Domain

/// Decides which processor an event goes to. Ignoring is decided here, before anything is connected.
///
/// An event without a rule or a command in it goes to capture where it changes what is captured: whether the repository
/// wants that, its configuration says. A database is missing by rights only where the run has no secrets.
///
/// - Throws: what is wrong with the inputs of a dispatch.
public func route(_ event: Event, facts: RoutingFacts) throws(EventFileError) -> Route {
  switch event.payload {
  case .issue(let issue, _):
    return captured(routeIssue(issue, event), event)
  case .comment(let comment, _, _):
    return captured(routeComment(comment, action: event.action, sender: event.sender), event)
  case .pullRequest(let pull, _):
    return secretless(pull, event, facts) ?? captured(routePullRequest(pull, event), event)
  case .review(_, on: let pull), .reviewComment(_, on: let pull):
    let none = Route.ignored(reason: "no rule and no command can be about \(event.name.rawValue)")
    return secretless(pull, event, facts) ?? captured(none, event)
  case .workflowDispatch(let inputs):
    if let request = try ManualRequest(inputs: inputs) { return .manual(request) }
    if CaptureInput.allCases.contains(where: { inputs[$0.rawValue]?.isEmpty == false }) { return .history }
    return .ignored(
      reason: "the dispatch names no issue, payload or capture: issue, payload, \(CaptureInput.list) are all empty")
  case .repositoryDispatch(_, _, let clientPayload):
    if CaptureInput.allCases.contains(where: { clientPayload[$0.rawValue]?.inputText?.isEmpty == false }) {
      return .history
    }
    return .ignored(reason: "the dispatch names no capture: client_payload has none of \(CaptureInput.list)")
  case .schedule:
    return .ignored(reason: "a schedule starts no rule; the workflow sweep.yml runs plan and sync")
  }
}

/// Why a run cannot process what it was started for; nil where it can.
private func secretless(_ pull: PullRequest, _ event: Event, _ facts: RoutingFacts) -> Route? {
  guard !facts.hasDatabase, let cause = causeOfNoSecrets(event, pull) else { return nil }
  return .ignored(reason: "\(cause): its run has no secrets; the sweep will catch up")
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

private func routeIssue(_ issue: Issue, _ event: Event) -> Route {
  if let ignored = ignored(event, unlessIn: Rule.Trigger.issueActions) { return ignored }
  return .issue(
    mayHoldCommand: bringsText(event) && mayHoldCommand(issue.body),
    causedByBot: (event.sender ?? issue.author)?.isBot ?? false)
}

private func routePullRequest(_ pull: PullRequest, _ event: Event) -> Route {
  if let ignored = ignored(event, unlessIn: Rule.Trigger.pullRequestActions) { return ignored }
  return .pullRequest(
    mayHoldCommand: bringsText(event) && mayHoldCommand(pull.body),
    causedByBot: (event.sender ?? pull.author)?.isBot ?? false)
}

private func ignored(_ event: Event, unlessIn actions: [String]) -> Route? {
  guard let action = event.action else { return .ignored(reason: "the event has no action") }
  if actions.contains(action) { return nil }
  return .ignored(reason: "no rule can be triggered by \(event.name.rawValue).\(action)")
}

/// Whether the item's body may be new.
private func bringsText(_ event: Event) -> Bool { event.action == "opened" || event.action == "edited" }

private func routeComment(_ comment: Comment, action: String?, sender: Account?) -> Route {
  switch action {
  case let action? where Rule.Trigger.commentActions.contains(action): break
  case "deleted": return .ignored(reason: "the comment was deleted; nothing is undone for that")
  case let action?: return .ignored(reason: "no rule or command can be triggered by issue_comment.\(action)")
  case nil: return .ignored(reason: "the event has no action")
  }
  return .comment(
    mayHoldCommand: mayHoldCommand(comment.body),
    causedByBot: sender?.isBot == true || comment.author?.isBot == true)
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
