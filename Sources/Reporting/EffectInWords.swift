public import Domain
public import Markup

extension Effect {
  /// What the effect does, in words for a maintainer: ``add label `bug` ``.
  public var inWords: Markdown {
    switch self {
    case .addLabels(let labels): "add \(labels.count == 1 ? "label" : "labels") \(Self.list(labels))"
    case .removeLabel(let label): "remove label \(Markdown.code(label))"
    case .close(let reason): reason.map { "close as \($0.words)" } ?? "close"
    case .reopen: "reopen"
    case .assign(let logins): "assign \(Self.list(logins))"
    case .comment(let body): "comment \(Markdown.code(Self.firstLine(body)))"
    }
  }

  /// The same for a line of the log.
  public var inLogWords: LogText {
    switch self {
    case .addLabels(let labels):
      "add \(labels.count == 1 ? "label" : "labels") \(labels.map { "'\($0)'" }.joined(separator: ", "))"
    case .removeLabel(let label): "remove label '\(label)'"
    case .close(let reason): reason.map { "close as \($0.words)" } ?? "close"
    case .reopen: "reopen"
    case .assign(let logins): "assign \(logins.joined(separator: ", "))"
    case .comment(let body): "comment '\(Self.firstLine(body))'"
    }
  }

  private static func list(_ values: [String]) -> Markdown {
    values.map { Markdown.code($0) }.joined(separator: ", ")
  }

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
