import Domain
import FoundationEssentials

/// Turns one effect into GitHub requests, one where GitHub allows it.
/// Endpoints: https://docs.github.com/en/rest/issues
struct EffectSender {
  let github: any GitHubAPI
  /// From when on nothing may be sent.
  let expires: ContinuousClock.Instant
  /// The comments that are kept up to date on the item, by key.
  let stickies: [String: StickyRecord]

  /// - Parameter mayHaveBeenSent: an earlier attempt was cut off: what leaves a marker is looked for first.
  func send(_ action: Action, mayHaveBeenSent: Bool) async throws -> ActionOutcome {
    let target = action.decision.target
    let reader = ItemReader(github: github, target: target)
    let item = reader.path
    switch action.decision.effect {
    case .addLabels(let labels):
      let answer = try await write(.post, "\(item)/labels", ["labels": strings(labels)], isIdempotent: true)
      return outcome(answer, ["labels": names(answer, "name")])
    case .removeLabel(let label):
      let answer = try await write(.delete, "\(item)/labels/\(percentEncodedPathSegment(label))")
      // "Not Found" alone would mean the item itself.
      if answer.status == 404, value(answer)?["message"]?.string?.hasPrefix("Label") == true {
        return .shown("The label is not on the item (any more).")
      }
      return outcome(answer, ["labels": names(answer, "name")])
    case .close(let reason):
      var body: [String: JSONValue] = ["state": "closed"]
      if let reason { body["state_reason"] = .string(reason.rawValue) }
      return state(try await write(.patch, item, .object(body)))
    case .reopen:
      return state(try await write(.patch, item, ["state": "open"]))
    case .assign(let logins):
      let answer = try await write(.post, "\(item)/assignees", ["assignees": strings(logins)], isIdempotent: true)
      return assigned(answer, wanted: logins)
    case .unassign(let logins):
      let answer = try await write(.delete, "\(item)/assignees", ["assignees": strings(logins)])
      return outcome(answer, ["assignees": accounts(answer)])
    case .lock(let reason):
      // Nothing says that GitHub changes the reason of a conversation that is locked already.
      if action.decision.before["locked"] == true {
        let answer = try await write(.delete, "\(item)/lock")
        guard answer.status < 300 else { return outcome(answer, .null) }
      }
      let body: JSONValue? = reason.map { ["lock_reason": .string($0.rawValue)] }
      let answer = try await write(.put, "\(item)/lock", body)
      return outcome(answer, ["locked": true, "active_lock_reason": reason.map { .string($0.rawValue) } ?? .null])
    case .unlock:
      let answer = try await write(.delete, "\(item)/lock")
      return outcome(answer, ["locked": false, "active_lock_reason": .null])
    case .setTitle(let title):
      let answer = try await write(.patch, item, ["title": .string(title)])
      return outcome(answer, ["title": value(answer)?["title"] ?? .null])
    case .setMilestone(let title):
      return try await setMilestone(
        title, item: item, in: target.repository, isCommand: action.decision.rules.isEmpty)
    case .react(let reaction, let target):
      let path =
        switch target {
        case .item: "\(item)/reactions"
        case .comment(let id): "/repos/\(action.decision.target.repository)/issues/comments/\(id)/reactions"
        }
      let answer = try await write(.post, path, ["content": .string(reaction.rawValue)], isIdempotent: true)
      if answer.status == 404 || answer.status == 410 { return .shown("What it reacts to is gone.") }
      // 200 where the token has reacted so before; then it is no trace of this action, unless a cut-off attempt left it.
      let isOwn = answer.status == 201 || mayHaveBeenSent
      return outcome(answer, isOwn ? ["reaction_id": value(answer)?["id"] ?? .null] : .null)
    case .dispatch(let dispatch):
      return try await start(dispatch, in: target.repository)
    case .removeReaction(let id, _, let target):
      let path =
        switch target {
        case .item: "\(item)/reactions/\(id)"
        case .comment(let comment):
          "/repos/\(action.decision.target.repository)/issues/comments/\(comment)/reactions/\(id)"
        }
      let answer = try await write(.delete, path)
      if answer.status == 404 || answer.status == 410 {
        return mayHaveBeenSent ? .sentBefore() : .shown("The reaction is gone already.")
      }
      return outcome(answer, .null)
    case .nothing:
      // Done, and not shown already: it belongs to what its own taking back has to know.
      return ActionOutcome(status: .done, explanation: "A later write stands.")
    case .comment, .stickyComment, .deleteComment:
      let sender = CommentSender(sender: self, reader: reader)
      return try await sender.send(action, mayHaveBeenSent: mayHaveBeenSent)
    }
  }

  func write(
    _ method: RESTRequest.Method, _ path: String, _ body: JSONValue? = nil, isIdempotent: Bool? = nil
  ) async throws -> RESTAnswer {
    try await github.send(RESTRequest(method, path, body: body, isIdempotent: isIdempotent, expires: expires))
  }

  // MARK: Effects of more than one request

  /// The API knows milestones by number, people by title.
  private func setMilestone(
    _ title: String?, item: String, in repository: RepositoryName, isCommand: Bool
  ) async throws -> ActionOutcome {
    var number = JSONValue.null
    if let title {
      guard let found = try await milestone(titled: title, in: repository) else {
        // A person's slip, or else the configuration's.
        return ActionOutcome(
          status: isCommand ? .skipped : .failed,
          explanation: "There is no milestone \"\(title)\". Make it, or correct its name.",
          isSlip: isCommand)
      }
      number = .integer(found)
    }
    let answer = try await write(.patch, item, ["milestone": number])
    return outcome(answer, ["milestone": value(answer)?["milestone"]?["title"] ?? .null])
  }

  private func milestone(titled title: String, in repository: RepositoryName) async throws -> Int64? {
    var next: String? = "/repos/\(repository)/milestones?state=all&per_page=100"
    while let page = next {
      let answer = try await github.send(RESTRequest(.get, page))
      guard case .array(let milestones)? = value(answer), answer.status < 300 else { return nil }
      if let found = milestones.first(where: { $0["title"]?.string == title }) { return found["number"]?.integer }
      next = answer.next
    }
    return nil
  }

  private func start(_ dispatch: WorkflowDispatch, in repository: RepositoryName) async throws -> ActionOutcome {
    var ref = dispatch.ref
    if ref == nil {
      ref = value(try await github.send(RESTRequest(.get, "/repos/\(repository)")))?["default_branch"]?.string
    }
    let answer = try await write(
      .post, "/repos/\(repository)/actions/workflows/\(percentEncodedPathSegment(dispatch.workflow))/dispatches",
      ["ref": .string(ref ?? "main"), "inputs": .object(dispatch.inputs.mapValues(JSONValue.string))])
    var outcome = outcome(answer, ["workflow": .string(dispatch.workflow), "ref": .string(ref ?? "main")])
    if answer.status == 404 || answer.status == 422 {
      let message = value(answer)?["message"]?.string ?? "no message"
      outcome.explanation =
        "The workflow \(dispatch.workflow) could not be started on \(ref ?? "main") (GitHub answered \(answer.status): "
        + "\(message)). It has to be on that branch with `on: workflow_dispatch` and these inputs, and the token needs "
        + "`actions: write`."
    }
    return outcome
  }

  // MARK: Answers

  /// GitHub ignores logins that it will not assign, without an error.
  private func assigned(_ answer: RESTAnswer, wanted: [String]) -> ActionOutcome {
    guard case .array(let logins) = accounts(answer), answer.status < 300 else { return outcome(answer, .null) }
    let present = Set(logins.compactMap { $0.string?.lowercased() })
    let missing = wanted.filter { !present.contains($0.lowercased()) }
    let after: JSONValue = ["assignees": .array(logins)]
    guard missing.isEmpty else {
      // A person's slip, not a failure of the run.
      return ActionOutcome(
        status: missing.count < wanted.count ? .done : .skipped, after: after,
        explanation:
          "GitHub did not assign \(missing.joined(separator: ", ")): only people with access can be assigned.",
        isSlip: true)
    }
    return ActionOutcome(status: .done, after: after)
  }

  private func state(_ answer: RESTAnswer) -> ActionOutcome {
    let item = value(answer)
    return outcome(answer, ["state": item?["state"] ?? .null, "state_reason": item?["state_reason"] ?? .null])
  }

  func outcome(_ answer: RESTAnswer, _ after: JSONValue) -> ActionOutcome {
    if answer.status < 300 { return ActionOutcome(status: .done, after: after) }
    let message = value(answer)?["message"]?.string ?? "no message"
    // Deleted, and nobody's fault: there is nothing left to do.
    if answer.status == 410 {
      return ActionOutcome(status: .skipped, explanation: "GitHub says that it is gone: \(message).")
    }
    let advice =
      switch answer.status {
      case 404: "The item is gone, or the token may not write to it: check the workflow's `permissions:`."
      default: "Check the rule or command that asked for it."
      }
    return ActionOutcome(status: .failed, explanation: "GitHub answered \(answer.status): \(message). \(advice)")
  }

  func value(_ answer: RESTAnswer) -> JSONValue? {
    try? JSONDecoder().decode(JSONValue.self, from: Data(answer.body))
  }

  private func names(_ answer: RESTAnswer, _ key: String) -> JSONValue {
    guard case .array(let members)? = value(answer) else { return .null }
    return .array(members.compactMap { $0[key] })
  }

  private func accounts(_ answer: RESTAnswer) -> JSONValue {
    guard case .array(let accounts)? = value(answer)?["assignees"] else { return .null }
    return .array(accounts.compactMap { $0["login"] })
  }

  private func strings(_ values: [String]) -> JSONValue { .array(values.map(JSONValue.string)) }
}
