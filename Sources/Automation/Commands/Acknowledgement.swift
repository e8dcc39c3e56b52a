import Domain
import Markup

/// How the author of commands learns what became of them: two reactions, and one short reply where something was wrong.
///
/// No line of a reply begins with a slash, so no Yardmaster reads a command in it; untrusted text is escaped, and
/// nobody is mentioned.
struct Acknowledgement {
  /// The most lines of a reply.
  static let maximumLines = 10

  let settings: Settings
  let input: AutomationInput
  let text: AuthoredText

  private var target: Effect.ReactionTarget { text.id == 0 ? .item : .comment(id: text.id) }
  private var standing: Standing { Standing(will: .rule, moment: input.moment) }

  /// At once: that the commands were read.
  func onReceipt(_ commands: CommandDeliberation) -> [Decision] {
    guard settings.commands.acknowledges, commands.acceptsAnything else { return [] }
    return [react(.eyes, "the text has commands")]
  }

  /// With the decisions: what was refused or wrong, and what was asked for in words.
  func replies(_ commands: CommandDeliberation) -> [Decision] {
    var blocks: [Markdown] = []
    var decisions: [Decision] = []
    let answers = settings.commands.acknowledges && !commands.refusals.isEmpty
    if answers { blocks.append(Self.refusals(commands.refusals)) }
    // Whoever asks gets an answer, whether others are told of their mistakes or not.
    if commands.asksForHelp { blocks.append(CommandHelp.table(settings)) }
    let refusal = "what the commands asked for cannot all be done"
    let help = "the answer to /help"
    let evidence = !answers ? help : commands.asksForHelp ? "\(refusal), and \(help)" : refusal
    if let reply = reply(.blocks(blocks), evidence) {
      decisions.append(reply)
    }
    if answers { decisions.append(react(.confused, "a command was refused or wrong")) }
    return decisions
  }

  /// After the effects: that all went well, or what failed.
  ///
  /// - Parameters:
  ///   - failures: what went wrong with an effect, in words for a maintainer. Untrusted.
  ///   - isRefused: whether ``refusal(_:)`` was said.
  func afterwards(_ commands: CommandDeliberation, failures: [String], isRefused: Bool) -> [Decision] {
    guard settings.commands.acknowledges, commands.acceptsAnything else { return [] }
    guard failures.isEmpty else {
      return [
        reply(Self.shortcomings(failures.map { "\($0)" }), "an effect of a command failed"),
        react(.confused, "an effect failed"),
      ].compactMap { $0 }
    }
    let isDone = commands.refusals.isEmpty && !commands.isFlooded && !isRefused
    return isDone ? [react(.rocket, "the commands were carried out")] : []
  }

  /// With the decisions: why a request was refused, or not all of it can be done.
  func refusal(_ words: [Markdown]) -> [Decision] {
    guard settings.commands.acknowledges, !words.isEmpty else { return [] }
    let evidence = CommandDeliberation.refusedRequest.evidence
    return [reply(Self.shortcomings(words), evidence), react(.confused, evidence)].compactMap { $0 }
  }

  private static func shortcomings(_ words: [Markdown]) -> Markdown {
    let lines = words.prefix(maximumLines).map { "- \($0)" as Markdown }
    return "Not everything could be done:\n\n\(Markdown.joined(lines, separator: "\n"))"
  }

  /// A reply that is not a repetition; nil where the thread has the same already, or there is nothing to say.
  func reply(_ body: Markdown, _ evidence: String) -> Decision? {
    guard !body.isEmpty, body.text.utf16.count <= GitHubLimits.commentLength else { return nil }
    let digest = input.digest(body.text)
    guard !input.context.said.contains(digest) else { return nil }
    return decision(
      .comment(body: body.text), evidence, onceKey: "reply:\(text.id == 0 ? input.itemKey : String(text.id)):\(digest)")
  }

  /// One answer for each account and hour.
  func floodNotice(_ account: Account?) -> Decision? {
    guard settings.commands.acknowledges, let login = account?.login else { return nil }
    let hour = String(input.now.description.prefix(13))
    let place = input.repository.description.lowercased()
    let limits = settings.actors
    let body: Markdown = """
      \(Markdown.code(login)) asked for more than this repository allows in an hour \
      (\(limits.eventsPerHour) events, \(limits.commandsPerHour) commands). What comes after that is recorded and not \
      carried out.
      """
    return decision(
      .comment(body: body.text), "@\(login) asked for too much", onceKey: "flood:\(place):\(login.lowercased()):\(hour)"
    )
  }

  private func react(_ reaction: Effect.Reaction, _ evidence: String) -> Decision {
    decision(.react(reaction, to: target), evidence)
  }

  private func decision(_ effect: Effect, _ evidence: String, onceKey: String? = nil) -> Decision {
    Decision(
      target: ItemReference(repository: input.repository, number: input.issue.number), effect: effect,
      reason: Reason(origin: CommandDeliberation.acknowledgementOrigin, evidence: evidence), onceKey: onceKey,
      standing: standing)
  }

  private static func refusals(_ refusals: [CommandDeliberation.Refusal]) -> Markdown {
    var lines = refusals.prefix(maximumLines).map { refusal -> Markdown in
      // The login in it is text, not a mention: escaping keeps it from notifying anybody.
      "- Line \(refusal.line), \(Markdown.code("/" + refusal.name.prefix(40))): \(refusal.words)"
    }
    if refusals.count > maximumLines { lines.append("- and \(refusals.count - maximumLines) more") }
    return "Not carried out:\n\n\(Markdown.joined(lines, separator: "\n"))"
  }
}

/// What `/help` answers.
enum CommandHelp {
  /// What each built-in command takes, and does.
  static let usages: [(name: CommandName, arguments: StaticString, meaning: StaticString)] = [
    (.label, "bug, \"needs info\"", "adds labels"), (.unlabel, "bug", "removes labels"),
    (.close, "[completed | not planned | duplicate]", "closes"), (.reopen, "", "opens again"),
    (.assign, "[me | @login …]", "assigns"), (.unassign, "[me | @login …]", "takes off the assignment"),
    (.lock, "[off-topic | too heated | resolved | spam]", "locks the conversation"),
    (.unlock, "", "unlocks the conversation"),
    (.milestone, "\"v1.0\" | none", "sets the milestone"), (.title, "new title", "sets the title"),
    (.duplicate, "#12 | owner/repository#3 | URL", "closes as a duplicate"),
    (.undo, "[transaction]", "takes back what was done last, or by that transaction"),
    (.reprocess, "", "processes again what failed here, then the rules"),
    (.explain, "", "says which rules match, and why"),
    (.help, "", "shows this table"),
  ]

  static func table(_ settings: Settings) -> Markdown {
    func row(_ name: String, _ arguments: String, _ meaning: Markdown) -> [Markdown] {
      let needed = settings.permission(forCommand: name)?.word ?? "?"
      let author = settings.commands.forAuthors.contains(name) ? " or the author" : ""
      return [.code(arguments.isEmpty ? "/\(name)" : "/\(name) \(arguments)"), meaning, "\(needed + author)"]
    }
    var rows = usages.map { row($0.name.rawValue, "\($0.arguments)", "\("\($0.meaning)")") }
    rows += settings.commands.custom.map { command in
      let arguments = command.arguments.map { $0.isRequired ? $0.name : "[\($0.name)]" }.joined(separator: " ")
      return row(command.name, arguments, "\(command.description)")
    }
    rows += settings.commands.aliases.sorted { $0.key < $1.key }.map { name, alias in
      let needed = settings.permission(forCommand: alias.command)?.word ?? "?"
      let meant = alias.arguments.isEmpty ? alias.command : "\(alias.command) \(alias.arguments)"
      return [.code("/\(name)"), "the same as \(Markdown.code("/\(meant)"))", "\(needed)"]
    }
    return "\(Markdown.table(header: ["Command", "Does", "Needs"], rows: rows))"
  }
}
