public import Domain

/// Reads commands in comments and decides what they do. Pure: no clock, no network, the same answer every time.
public struct CommentProcessor: Sendable {
  /// The most commands of one comment that are carried out.
  public static let maximumCommands = 20

  private let settings: CommandSettings

  public init(settings: Settings) { self.settings = settings.commands }

  /// The commands of a comment, in the order of its lines; of an edited one, those that it did not have before.
  ///
  /// - Parameter previousBody: what the comment said before an edit.
  public func commands(in comment: Comment, previousBody: String?) -> [Command] {
    guard settings.enabled else { return [] }
    var commands = Self.read(comment.body)
    if let previousBody {
      var earlier = Self.read(previousBody)
      commands.removeAll { command in
        guard let index = earlier.firstIndex(where: { $0.request == command.request && $0.name == command.name }) else {
          return false
        }
        earlier.remove(at: index)
        return true
      }
    }
    guard commands.count > Self.maximumCommands else { return commands }
    let line = commands[Self.maximumCommands].line
    let mistake = "it and what follows was not read: a comment may have \(Self.maximumCommands) commands"
    return commands.prefix(Self.maximumCommands) + [Command(request: .mistake(mistake), name: nil, line: line)]
  }

  private static func read(_ body: String) -> [Command] {
    let (lines, isIntricate) = CommandScan.scan(body)
    if isIntricate, let first = lines.first {
      let mistake = "the comment is nested too deeply, or has too much HTML, to be read for commands"
      return [Command(request: .mistake(mistake), name: nil, line: first.line)]
    }
    return lines.map { line in
      if let name = CommandName(rawValue: line.name) {
        return Command(request: CommandGrammar.request(name, line.arguments), name: name, line: line.line)
      }
      let meant = nearest(to: line.name, among: CommandName.allCases.map(\.rawValue)) ?? "label"
      return Command(
        request: .mistake("there is no command /\(line.name.prefix(40)); did you mean /\(meant)?"), name: nil,
        line: line.line)
    }
  }

  /// What the commands do to the issue, given what its payload shows already.
  ///
  /// - Parameter permission: of the comment's author in the repository.
  public func decide(
    _ commands: [Command], comment: Comment, on issue: Issue, in repository: RepositoryName, permission: Permission
  ) -> Deliberation {
    var draft = CommandDraft(issue: issue, author: comment.author, permission: permission)
    for command in commands {
      guard let name = command.name else {
        if case .mistake(let why) = command.request { draft.note(nil, "line \(command.line): \(why)") }
        continue
      }
      if case .mistake(let why) = command.request {
        draft.note(name, "line \(command.line): \(why)")
        continue
      }
      let needed = settings.permission(for: name)
      guard permission >= needed else {
        draft.note(name, "\(draft.who) has \(permission.word) permission; the command needs \(needed.word)")
        continue
      }
      draft.apply(command.request, of: name)
    }
    return draft.deliberation(in: repository)
  }
}
