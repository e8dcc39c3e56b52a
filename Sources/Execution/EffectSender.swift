import Domain
import FoundationEssentials

/// Turns one effect into GitHub requests, one where GitHub allows it.
/// Endpoints: https://docs.github.com/en/rest/issues
struct EffectSender {
  let github: any GitHubAPI

  /// - Parameter mayHaveBeenSent: an earlier attempt was cut off, so effects that are not idempotent are looked for.
  func send(_ action: Action, mayHaveBeenSent: Bool) async throws -> ActionOutcome {
    let target = action.decision.target
    let item = "/repos/\(target.repository)/issues/\(target.number)"
    switch action.decision.effect {
    case .addLabels(let labels):
      let answer = try await github.send(
        RESTRequest(.post, "\(item)/labels", body: ["labels": strings(labels)], isIdempotent: true))
      return outcome(answer, ["labels": names(answer, "name")])
    case .removeLabel(let label):
      let answer = try await github.send(RESTRequest(.delete, "\(item)/labels/\(percentEncodedPathSegment(label))"))
      // "Not Found" alone would mean the item itself.
      if answer.status == 404, value(answer)?["message"]?.string?.hasPrefix("Label") == true {
        return ActionOutcome(status: .skipped, explanation: "The label is not on the item (any more).")
      }
      return outcome(answer, ["labels": names(answer, "name")])
    case .close(let reason):
      var body: [String: JSONValue] = ["state": "closed"]
      if let reason { body["state_reason"] = .string(reason.rawValue) }
      return state(try await github.send(RESTRequest(.patch, item, body: .object(body))))
    case .reopen:
      return state(try await github.send(RESTRequest(.patch, item, body: ["state": "open"])))
    case .assign(let logins):
      let answer = try await github.send(
        RESTRequest(.post, "\(item)/assignees", body: ["assignees": strings(logins)], isIdempotent: true))
      return assigned(answer, wanted: logins)
    case .comment(let body):
      let marker = CommentMarker(action: action.id)
      if mayHaveBeenSent, let found = try await comment(carrying: marker, item: item, since: action.intendedAt) {
        return ActionOutcome(status: .done, after: ["comment_id": .integer(found)], explanation: "Posted before.")
      }
      let answer = try await github.send(
        RESTRequest(.post, "\(item)/comments", body: ["body": .string(marker.appended(to: body))]))
      return outcome(answer, ["comment_id": value(answer)?["id"] ?? .null])
    }
  }

  /// GitHub ignores logins that it will not assign, without an error.
  private func assigned(_ answer: RESTAnswer, wanted: [String]) -> ActionOutcome {
    let members = value(answer)?["assignees"]
    guard case .array(let accounts)? = members, answer.status < 300 else { return outcome(answer, .null) }
    let present = Set(accounts.compactMap { $0["login"]?.string?.lowercased() })
    let missing = wanted.filter { !present.contains($0.lowercased()) }
    let after: JSONValue = ["assignees": .array(accounts.compactMap { $0["login"] })]
    guard missing.isEmpty else {
      // A person's slip, not a failure of the run.
      return ActionOutcome(
        status: missing.count < wanted.count ? .done : .skipped, after: after,
        explanation:
          "GitHub did not assign \(missing.joined(separator: ", ")): only people with access can be assigned.")
    }
    return ActionOutcome(status: .done, after: after)
  }

  private func state(_ answer: RESTAnswer) -> ActionOutcome {
    let item = value(answer)
    return outcome(answer, ["state": item?["state"] ?? .null, "state_reason": item?["state_reason"] ?? .null])
  }

  private func outcome(_ answer: RESTAnswer, _ after: JSONValue) -> ActionOutcome {
    if answer.status < 300 { return ActionOutcome(status: .done, after: after) }
    let message = value(answer)?["message"]?.string ?? "no message"
    let advice =
      switch answer.status {
      case 404, 410: "The item is gone, or the token may not write to it: check the workflow's `permissions:`."
      default: "Check the rule or command that asked for it."
      }
    return ActionOutcome(status: .failed, explanation: "GitHub answered \(answer.status): \(message). \(advice)")
  }

  /// Looks through the item's comments from a little before the intent on; clocks may differ.
  private func comment(carrying marker: CommentMarker, item: String, since: Timestamp?) async throws -> Int64? {
    let from = since.map { "&since=\(($0 - 300).description.replacing(":", with: "%3A"))" } ?? ""
    var next: String? = "\(item)/comments?per_page=100\(from)"
    while let path = next {
      let answer = try await github.send(RESTRequest(.get, path))
      // Nothing can be posted to an item that is gone either; GitHub says so once more, and that settles it.
      if answer.status == 404 || answer.status == 410 { return nil }
      guard answer.status < 300, case .array(let comments)? = value(answer) else {
        // Not having seen the comment is no proof that it is not there.
        throw UncertainWrite(detail: "the item's comments cannot be read: status \(answer.status)")
      }
      for comment in comments {
        if let body = comment["body"]?.string, marker.isCarried(by: body) { return comment["id"]?.integer }
      }
      next = answer.next
    }
    return nil
  }

  private func value(_ answer: RESTAnswer) -> JSONValue? {
    try? JSONDecoder().decode(JSONValue.self, from: Data(answer.body))
  }

  private func names(_ answer: RESTAnswer, _ key: String) -> JSONValue {
    guard case .array(let members)? = value(answer) else { return .null }
    return .array(members.compactMap { $0[key] })
  }

  private func strings(_ values: [String]) -> JSONValue { .array(values.map(JSONValue.string)) }
}
