public import Domain

/// What a configuration comes to, for whoever wrote it: one line a rule, a command, a setting.
public struct ConfigurationOverview {
  /// Plain text; holds what the file says, so that it reaches a log only through its escaping.
  public let lines: [String]

  public init(_ settings: Settings) {
    var lines = [
      settings.mode == .live
        ? "mode: live" : "mode: dry-run (nothing is written to GitHub until the file says `mode: live`)"
    ]
    lines.append("rules: \(settings.rules.count)")
    lines += settings.rules.flatMap { [Self.line(of: $0)] + Self.stars(in: $0) }
    lines += Self.lines(of: settings.commands, undo: settings.rollback.permission)
    if let stale = settings.stale { lines.append(Self.line(of: stale)) }
    let actors = settings.actors
    lines.append(
      "in an hour, one account below \(actors.unlimitedFrom.word): \(actors.eventsPerHour) events, \(actors.commandsPerHour) commands"
    )
    self.lines = lines
  }

  private static func line(of rule: Rule) -> String {
    let triggers =
      rule.triggers == Rule.Trigger.usual
      ? Rule.Trigger.issueActions.filter { Rule.Trigger.usual.contains(Rule.Trigger(.issues, $0)) }.map {
        "issues.\($0)"
      }
      : rule.triggers.map(\.text).sorted()
    return "  \(rule.name): on \(triggers.joined(separator: ", ")): \(words(for: rule.actions).joined(separator: ", "))"
  }

  /// Labels and logins are globs, so a star in a word to look for is likely to be meant as one.
  private static func stars(in rule: Rule) -> [String] {
    let conditions = [rule.conditions] + rule.exceptions
    return conditions.flatMap { $0.title + $0.body + $0.any + $0.comment }.compactMap { match in
      guard case .words(let word) = match, word.contains("*") else { return nil }
      return "    a `*` in a word stands for itself: write `glob: \"\(word)\"` if \"\(word)\" is to be a glob"
    }
  }

  private static func lines(of commands: CommandSettings, undo: Permission) -> [String] {
    guard commands.isEnabled else { return ["commands: off"] }
    func line(_ name: String, _ permission: Permission, _ further: String = "") -> String {
      let authors = commands.forAuthors.contains(name) ? ", and the item's author" : ""
      return "  /\(name): \(permission.word)\(authors)\(further)"
    }
    let own = CommandName.allCases.map { command in
      let permission = commands.permissions[command.rawValue] ?? command.usualPermission
      return line(command.rawValue, command == .undo ? undo : permission)
    }
    let custom = commands.custom.map { command in
      let arguments = command.arguments.map { " \($0.isRequired ? "<\($0.name)>" : "[\($0.name)]")" }.joined()
      return line(
        command.name, command.permission, ":\(arguments) → \(words(for: command.actions).joined(separator: ", "))")
    }
    let aliases = commands.aliases.sorted { $0.key < $1.key }.map { name, alias in
      "  /\(name): is /\(alias.command)\(alias.arguments.isEmpty ? "" : " \(alias.arguments)")"
    }
    return ["commands, and the least permission of their author:"] + own + custom + aliases
  }

  private static func line(of stale: StaleSettings) -> String {
    let end = stale.closeAfter.map { ", closed \(time($0)) later" } ?? ""
    return "stale: '\(stale.label)' after \(time(stale.after)) without activity\(end)"
  }

  private static func time(_ seconds: Int) -> String {
    seconds % 86_400 == 0 ? "\(seconds / 86_400) days" : "\(seconds / 60) minutes"
  }

  private static func words(for actions: Rule.Actions) -> [String] {
    var words: [String] = []
    func list(_ verb: String, _ names: [String]) {
      if !names.isEmpty { words.append("\(verb) \(names.joined(separator: " + "))") }
    }
    list("label", actions.addLabels)
    list("unlabel", actions.removeLabels)
    if actions.comment != nil { words.append("comment") }
    if let sticky = actions.sticky { words.append("sticky comment '\(sticky.key)'") }
    list("assign", actions.assign)
    list("unassign", actions.unassign)
    switch actions.state {
    case .close(let reason): words.append("close as \(reason.rawValue)")
    case .reopen: words.append("reopen")
    case nil: break
    }
    switch actions.lock {
    case .lock(let reason): words.append(reason.map { "lock as \($0.rawValue)" } ?? "lock")
    case .unlock: words.append("unlock")
    case nil: break
    }
    if actions.title != nil { words.append("title") }
    switch actions.milestone {
    case .set(let title): words.append("milestone \(title)")
    case .clear: words.append("no milestone")
    case nil: break
    }
    if let dispatch = actions.dispatch { words.append("dispatch \(dispatch.workflow)") }
    return words
  }
}
