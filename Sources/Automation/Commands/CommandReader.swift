import Domain

/// Finds the commands of a text and reads their arguments, by the names that the configuration knows.
struct CommandReader: Sendable {
  /// The most commands of one text that are carried out.
  static let maximumCommands = 20

  private let names: [String]
  private let aliases: [String: CommandSettings.Alias]
  private let custom: [String: CustomCommand]
  private let patterns: PatternLibrary

  init(_ settings: CommandSettings, patterns: PatternLibrary) {
    names = settings.names.map { $0.lowercased() }
    aliases = Dictionary(settings.aliases.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
    custom = Dictionary(settings.custom.map { ($0.name.lowercased(), $0) }) { first, _ in first }
    self.patterns = patterns
  }

  func definition(of name: String) -> CustomCommand? { custom[name] }

  /// The commands of the text in the order of its lines.
  func read(_ text: String, _ grammar: CommandGrammar) -> [Command] {
    let (lines, isIntricate) = CommandScan.scan(text, names: names)
    if isIntricate, let first = lines.first {
      return [mistake("the text is nested too deeply, or has too much HTML, to be read for commands", first)]
    }
    let commands = lines.prefix(Self.maximumCommands).map { command($0, grammar) }
    guard lines.count > Self.maximumCommands else { return commands }
    let rest = "it and what follows was not read: a text may have \(Self.maximumCommands) commands"
    return commands + [mistake(rest, lines[Self.maximumCommands])]
  }

  /// Those that are new: less those that were read in the text before, in any version of it, and those that its last
  /// version had, whichever are more.
  static func new(_ commands: [Command], read: [CommandRecord], before: [Command]?) -> [Command] {
    func counts(_ records: [CommandRecord]) -> [CommandRecord: Int] {
      records.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
    var old = counts(read).merging(counts((before ?? []).map(\.record)), uniquingKeysWith: max)
    return commands.filter { command in
      let record = command.record
      var known = old[record, default: 0] > 0 ? record : nil
      // What was read of it may have lost a login since.
      if known == nil { known = old.first { $1 > 0 && $0.isForgetful(of: record) }?.key }
      guard let known else { return true }
      old[known, default: 0] -= 1
      return false
    }
  }

  private func command(_ line: CommandScan.Candidate, _ grammar: CommandGrammar) -> Command {
    var name = line.name
    var arguments = line.arguments
    if CommandName(rawValue: name) == nil, custom[name] == nil, let alias = aliases[name] {
      name = alias.command.lowercased()
      arguments = alias.arguments + " " + arguments
    }
    let request: Command.Request
    if let builtIn = CommandName(rawValue: name) {
      request = grammar.request(builtIn, arguments)
    } else if let command = custom[name] {
      request = CustomArguments(command: command, patterns: patterns).request(arguments)
    } else {
      let meant = nearest(to: name, among: names) ?? "help"
      return mistake("there is no command /\(name.prefix(40)); did you mean /\(meant)?", line)
    }
    return Command(record: Self.record(line), name: name, request: request, line: line.line)
  }

  private func mistake(_ words: String, _ line: CommandScan.Candidate) -> Command {
    Command(record: Self.record(line), name: nil, request: .mistake(words), line: line.line)
  }

  private static func record(_ line: CommandScan.Candidate) -> CommandRecord {
    let words = line.arguments.split(whereSeparator: \.isWhitespace)
    return CommandRecord(name: line.name, arguments: words.joined(separator: " "))
  }
}
