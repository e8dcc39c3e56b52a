public import Domain

/// Decides which processor an event goes to. Ignoring is decided here, before anything is connected.
public func route(_ event: Event, facts: RoutingFacts) -> Route {
  switch event.payload {
  case .issue(let issue, _):
    routeIssue(action: event.action, sender: event.sender ?? issue.author)
  case .comment(let comment, _, _):
    routeComment(comment, action: event.action, sender: event.sender)
  case .pullRequest(let pull, _), .review(_, on: let pull):
    if pull.isFromFork && !facts.hasDatabase {
      .ignored(reason: "pull request from a fork: its run has no secrets; the sweep will catch up")
    } else {
      .ignored(reason: "pull requests are captured by history sync; no rule applies to them yet")
    }
  case .workflowDispatch(let inputs):
    if CaptureInput.allCases.contains(where: { inputs[$0.rawValue]?.isEmpty == false }) {
      .history
    } else {
      .ignored(reason: "the dispatch names no capture: \(CaptureInput.list) are all empty")
    }
  case .repositoryDispatch(_, _, let clientPayload):
    if CaptureInput.allCases.contains(where: { clientPayload[$0.rawValue]?.inputText?.isEmpty == false }) {
      .history
    } else {
      .ignored(reason: "the dispatch names no capture: client_payload has none of \(CaptureInput.list)")
    }
  case .schedule:
    .ignored(reason: "a schedule starts no rule; the workflow sweep.yml runs plan and sync")
  }
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
