import Domain
import FoundationEssentials

/// Posts, updates, removes comments. https://docs.github.com/en/rest/issues/comments
struct CommentSender {
  let sender: EffectSender
  let reader: ItemReader

  func send(_ action: Action, mayHaveBeenSent: Bool) async throws -> ActionOutcome {
    switch action.decision.effect {
    case .comment(let body):
      let marker = CommentMarker(action: action.id)
      // Clocks may differ.
      if mayHaveBeenSent,
        let found = try await reader.comment(carrying: marker, since: action.intendedAt.map { $0 - 300 })
      {
        return ActionOutcome(
          status: .done, after: ["comment_id": .integer(found.id)], explanation: "Posted before.",
          writtenAs: found.user?.login)
      }
      return try await post(body, marker)
    case .stickyComment(let key, let body):
      return try await keep(key, body)
    case .deleteComment(let id):
      return try await remove(id)
    default:
      return ActionOutcome(status: .failed, explanation: "The effect is none of a comment.")
    }
  }

  private func comment(_ id: Int64) -> String { "/repos/\(reader.target.repository)/issues/comments/\(id)" }

  private func post(_ body: String, _ marker: CommentMarker) async throws -> ActionOutcome {
    let answer = try await sender.write(
      .post, "\(reader.path)/comments", ["body": .string(marker.appended(to: body))])
    let comment = sender.value(answer)
    var outcome = sender.outcome(answer, ["comment_id": comment?["id"] ?? .null])
    outcome.writtenAs = comment?["user"]?["login"]?.string
    return outcome
  }

  /// One that is not known, or that somebody deleted, is looked for: the database may be a new one.
  private func keep(_ key: String, _ body: String) async throws -> ActionOutcome {
    let marker = CommentMarker(sticky: key)
    if let known = sender.stickies[key] {
      let outcome = try await edit(known.commentID, body, marker, before: known.body)
      if !outcome.isShown { return outcome }
    }
    guard let found = try await reader.comment(carrying: marker) else { return try await post(body, marker) }
    if found.body == marker.appended(to: body) {
      return ActionOutcome(status: .done, after: ["comment_id": .integer(found.id)], explanation: "Posted before.")
    }
    return try await edit(found.id, body, marker, before: found.body)
  }

  /// `isShown` where the comment is gone.
  private func edit(
    _ id: Int64, _ body: String, _ marker: CommentMarker, before: String?
  ) async throws -> ActionOutcome {
    let answer = try await sender.write(.patch, comment(id), ["body": .string(marker.appended(to: body))])
    if answer.status == 404 || answer.status == 410 {
      return .shown("The comment is gone.")
    }
    var outcome = sender.outcome(answer, ["comment_id": .integer(id)])
    if let before { outcome.before = ["comment_id": .integer(id), "body": .string(before)] }
    return outcome
  }

  /// Deletes the comment; where the token may not, hides it as outdated, so that readers do not meet it.
  private func remove(_ id: Int64) async throws -> ActionOutcome {
    do {
      let answer = try await sender.write(.delete, comment(id))
      if answer.status == 404 || answer.status == 410 {
        return .shown("The comment is gone already.")
      }
      return sender.outcome(answer, ["deleted": .integer(id)])
    } catch let refusal as any UserFacingError where refusal.exitStatus == .configuration {
      let answer = try await sender.github.send(RESTRequest(.get, comment(id)))
      guard let node = sender.value(answer)?["node_id"] else { throw refusal }
      struct Hidden: Decodable, Sendable {}
      let hidden = try await sender.github.query(
        GraphQLQuery(
          operation: "HideComment",
          document: """
            mutation HideComment($id: ID!) {
              minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } }
            }
            """, variables: ["id": node], isMutation: true), as: Hidden.self)
      guard hidden.data != nil, hidden.errors.isEmpty else { throw refusal }
      return ActionOutcome(
        status: .done, after: ["hidden": .integer(id)],
        explanation: "The comment is not the token's to delete: it was hidden as outdated.")
    }
  }
}
