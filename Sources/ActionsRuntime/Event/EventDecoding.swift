public import Domain
import FoundationEssentials

extension EventFile {
  /// The event that `bytes` hold.
  ///
  /// Only what processing needs has to be there; see `WirePayload`.
  ///
  /// - Parameters:
  ///   - name: what `GITHUB_EVENT_NAME` says; nil or empty where it is unset.
  ///   - repository: what `GITHUB_REPOSITORY` says, for payloads that name none (a schedule's may not).
  public static func decode(
    _ bytes: [UInt8], name: String?, repository: RepositoryName?, run: RunContext
  ) throws(EventFileError) -> DecodedEvent {
    guard let name, !name.isEmpty else { throw .variableMissing("GITHUB_EVENT_NAME") }
    // Before the payload is looked at: what is not processed cannot be malformed.
    guard let known = EventName(rawValue: name) else {
      return .unsupported(name: name, reason: "no processor handles \(name) events")
    }
    let payload = try WirePayload.decode(bytes)

    let subject: RepositoryName
    if let fullName = payload.repository?.fullName {
      guard let parsed = RepositoryName(fullName) else {
        throw .wrongType(path: "repository.full_name", expected: "owner/name")
      }
      subject = parsed
    } else {
      guard let repository else { throw .variableMissing("GITHUB_REPOSITORY") }
      subject = repository
    }
    let event = Event(
      name: known, action: payload.action, repository: subject, repositoryGitHubID: payload.repository?.id,
      sender: payload.sender?.account, payload: try payload.content(of: known), previous: payload.previous, run: run)
    if let number = event.number, number < 1 {
      let item = payload.issue == nil ? "pull_request" : "issue"
      throw .wrongType(path: "\(item).number", expected: "a number of 1 or more")
    }
    return .event(event)
  }
}

extension WirePayload {
  static func decode(_ bytes: [UInt8]) throws(EventFileError) -> WirePayload {
    guard bytes.contains(where: { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }) else { throw .empty }
    do {
      return try JSONDecoder().decode(WirePayload.self, from: Data(bytes))
    } catch {
      if let fault = JSONSyntax.firstFault(in: bytes) {
        throw .invalidJSON(offset: fault.offset, isTruncated: fault.isTruncated)
      }
      throw EventFileError(error)
    }
  }

  /// The domain's payload, for an event of this name.
  fileprivate func content(of name: EventName) throws(EventFileError) -> Event.Payload {
    switch name {
    case .issues:
      return .issue(try required(issue, "issue").issue, detail: detail)
    case .issueComment:
      let comment = try required(comment, "comment").comment
      // An edit that did not touch the text has nothing new in it.
      let previousBody = changes?.body?.from ?? (action == "edited" ? comment.body : nil)
      return .comment(comment, on: try required(issue, "issue").issue, previousBody: previousBody)
    case .pullRequest, .pullRequestTarget:
      return .pullRequest(try required(pullRequest, "pull_request").pullRequest, detail: detail)
    case .pullRequestReview:
      let review = try required(review, "review").review
      return .review(review, on: try required(pullRequest, "pull_request").pullRequest)
    case .pullRequestReviewComment:
      let comment = try required(comment, "comment").comment
      return .reviewComment(comment, on: try required(pullRequest, "pull_request").pullRequest)
    case .workflowDispatch:
      return .workflowDispatch(inputs: inputs?.compactMapValues(\.inputText) ?? [:])
    case .schedule:
      return .schedule(cron: schedule)
    case .repositoryDispatch:
      return .repositoryDispatch(
        type: action, deliveryID: clientPayload?["delivery_id"]?.inputText, clientPayload: clientPayload ?? .null)
    }
  }

  private func required<Value>(_ value: Value?, _ path: String) throws(EventFileError) -> Value {
    guard let value else { throw .missingField(path: path) }
    return value
  }

  fileprivate var previous: Event.PreviousTexts {
    Event.PreviousTexts(title: changes?.title?.from, body: changes?.body?.from)
  }

  /// What tells apart events on one version of an issue or pull request.
  private var detail: String? {
    switch action {
    case "labeled", "unlabeled": label?.name
    case "assigned", "unassigned": assignee?.login
    case "milestoned", "demilestoned": milestone?.number.map(String.init) ?? milestone?.title
    case "review_requested", "review_request_removed": requestedReviewer?.login ?? requestedTeam?.slug
    default: nil
    }
  }
}

extension EventFileError {
  /// What is wrong with JSON that is well-formed.
  fileprivate init(_ error: any Error) {
    func path(_ keys: [any CodingKey]) -> String {
      keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
    switch error as? DecodingError {
    case .typeMismatch(let type, let context) where !context.codingPath.isEmpty:
      self = .wrongType(path: path(context.codingPath), expected: Self.words(for: type))
    case .valueNotFound(_, let context) where !context.codingPath.isEmpty:
      self = .missingField(path: path(context.codingPath))
    case .keyNotFound(let key, let context):
      self = .missingField(path: path(context.codingPath + [key]))
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      // Dates that are none (`Timestamp` says so), and numbers that the field's type cannot hold.
      let isDate = context.debugDescription.contains("ISO 8601")
      self = .wrongType(
        path: path(context.codingPath), expected: isDate ? "an ISO 8601 date and time" : "a number in range")
    case .dataCorrupted:
      // Well-formed, and still refused; the decoder does not say where.
      self = .wrongType(
        path: "content",
        expected: "readable: a number is out of range, a text is no valid Unicode, or the nesting is too deep")
    default:
      self = .notAnObject
    }
  }

  private static func words(for type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Int.Type, is Int64.Type: "a whole number"
    case is Bool.Type: "true or false"
    case is [Any].Type: "a list"
    default: "an object"
    }
  }
}

extension JSONValue {
  /// The value as an input's text; nil for null. Lists and objects keep their JSON.
  var inputText: String? {
    switch self {
    case .null: nil
    case .string(let text): text
    default: canonicalText
    }
  }
}
