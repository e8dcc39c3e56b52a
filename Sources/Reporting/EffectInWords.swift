public import Domain
public import Markup

extension Effect {
  /// What the effect does, in words for a maintainer: ``add label `bug` ``.
  public var inWords: Markdown {
    let words = phrase
    var text = Markdown(trusted: words.verb)
    if !words.values.isEmpty {
      text = text + " " + words.values.map { Markdown.code(Self.line($0)) }.joined(separator: ", ")
    }
    return words.tail.isEmpty ? text : text + Markdown(trusted: " " + words.tail)
  }

  /// The same for a line of the log.
  public var inLogWords: LogText {
    let words = phrase
    let values = words.values.map { "'\(Self.line($0))'" }.joined(separator: ", ")
    let parts = [words.verb, values, words.tail].filter { !$0.isEmpty }
    return "\(parts.joined(separator: " "))"
  }

  /// A sentence around what somebody else wrote: `verb` and `tail` are ours, `values` are not.
  private struct Phrase {
    var verb: String
    var values: [String] = []
    var tail = ""
  }

  private var phrase: Phrase {
    switch self {
    case .addLabels(let labels): Phrase(verb: labels.count == 1 ? "add label" : "add labels", values: labels)
    case .removeLabel(let label): Phrase(verb: "remove label", values: [label])
    case .close(let reason): Phrase(verb: reason.map { "close as \($0.words)" } ?? "close")
    case .reopen: Phrase(verb: "reopen")
    case .assign(let logins): Phrase(verb: "assign", values: logins)
    case .unassign(let logins): Phrase(verb: "unassign", values: logins)
    case .lock(let reason): Phrase(verb: reason.map { "lock as \($0.rawValue)" } ?? "lock")
    case .unlock: Phrase(verb: "unlock")
    case .setTitle(let title): Phrase(verb: "set title to", values: [title])
    case .setMilestone(let milestone?): Phrase(verb: "set milestone to", values: [milestone])
    case .setMilestone(nil): Phrase(verb: "remove milestone")
    case .comment(let body): Phrase(verb: "comment", values: [Self.firstLine(body)])
    case .stickyComment(let key, let body):
      Phrase(verb: "keep comment", values: [key, Self.firstLine(body)], tail: "up to date")
    case .react(let reaction, let target): Phrase(verb: "react with \(reaction.rawValue) to \(target.words)")
    case .dispatch(let dispatch): Phrase(verb: "dispatch workflow", values: [dispatch.workflow] + dispatch.details)
    case .deleteComment(let id): Phrase(verb: "delete comment \(id)")
    case .removeReaction(_, let reaction, let target):
      Phrase(verb: "remove reaction \(reaction.rawValue) from \(target.words)")
    case .nothing: Phrase(verb: "nothing to write")
    }
  }

  private static func line(_ value: String) -> String { Figures.shortened(value, to: 120) }

  /// The first line that is no hidden marker.
  private static func firstLine(_ body: String) -> String {
    let lines = body.split(whereSeparator: \.isNewline)
    let line = lines.first { !$0.hasPrefix("<!--") } ?? lines.first ?? ""
    let isAll = lines.count { !$0.hasPrefix("<!--") } <= 1
    return Figures.shortened(String(line) + (isAll ? "" : " …"), to: 120)
  }
}

extension Effect.CloseReason {
  var words: String {
    switch self {
    case .completed: "completed"
    case .notPlanned: "not planned"
    case .duplicate: "duplicate"
    }
  }
}

extension Effect.ReactionTarget {
  fileprivate var words: String {
    switch self {
    case .item: "the item"
    case .comment(let id): "comment \(id)"
    }
  }
}

extension WorkflowDispatch {
  /// The branch where it is not the default one, and the inputs in the order of their names.
  fileprivate var details: [String] {
    (ref.map { ["@\($0)"] } ?? []) + inputs.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }
}
