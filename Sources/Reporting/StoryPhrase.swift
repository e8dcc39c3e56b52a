import Domain
import Markup

/// One entry of a story in words: ``issues.opened: processed``, ``add label `bug`: done (the title contains "crash")``.
/// `verb` is ours; everything else is what somebody wrote.
struct StoryPhrase {
  /// Who is behind it: a login, or the rule; `ghost` for an account that was deleted, a dash for nobody.
  let who: String
  private var verb = ""
  private var object = ""
  /// What was decided on, in words of its own.
  private var effect: Effect?
  private var result = ""
  private var remark: String?

  init(_ entry: StoryEntry) {
    let detail = entry.detail
    let isRule = detail["rules"].map { $0 != .array([]) } ?? false
    let isText = [.opened, .comment, .review].contains(entry.kind)
    let somebody = isRule ? detail["reason"]?["origin"]?.string : entry.who
    who = Figures.shortened(somebody ?? (isText ? "ghost" : "–"), to: 50)
    switch entry.kind {
    case .opened:
      verb = detail["is_pull_request"] == true ? "opened the pull request:" : "opened the issue:"
      object = entry.what
    case .comment:
      verb = detail["path"]?.string == nil ? "said:" : "said of the code:"
      object = entry.what
    case .review:
      verb = "reviewed:"
      object = entry.what
    case .event:
      object = entry.what
      result = detail["outcome"]?.string ?? "not finished"
      remark = detail["error"]?.string
    case .command:
      object = entry.what
      result = detail["verdict"]?.string ?? ""
      remark = detail["explanation"]?.string
    case .action, .rollback:
      verb = entry.kind == .rollback ? "take back:" : ""
      effect = entry.effect
      object = entry.effect == nil ? entry.what : ""
      let status = detail["status"]?.string ?? ""
      result = detail["dry_run"] == true ? "dry run" : Action.Status(rawValue: status)?.inWords ?? status
      remark = detail["dry_run"] == true ? nil : detail["explanation"]?.string
      if remark == nil, !result.isEmpty { remark = detail["reason"]?["evidence"]?.string }
    case .link:
      object = [entry.what, detail["title"]?.string.map { "“\($0)”" }].compactMap { $0 }.joined(separator: " ")
      result = detail["state"]?.string ?? ""
    }
    object = Figures.shortened(object, to: 200)
    remark = remark.map { Figures.shortened($0, to: 200) }
  }

  var logText: LogText {
    var text: LogText = "\(verb)"
    if let effect { text += (verb.isEmpty ? "" : " ") + effect.inLogWords }
    if !object.isEmpty { text += "\(verb.isEmpty ? "" : " ")\(object)" }
    if !result.isEmpty { text += ": \(result)" }
    if let remark { text += " (\(remark))" }
    return text
  }

  var markdown: Markdown {
    var text: Markdown = "\(verb)"
    if let effect { text += (verb.isEmpty ? "" : " ") + effect.inWords }
    if !object.isEmpty { text += (verb.isEmpty ? "" : " ") + Markdown.code(object) }
    if !result.isEmpty { text += ": **\(result)**" }
    if let remark { text += " (\(remark))" }
    return text
  }
}
