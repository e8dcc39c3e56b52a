public import Domain

/// A line of a text that is, or was probably meant to be, a command.
public struct Command: Hashable, Sendable {
  /// As it was typed: what makes two commands the same.
  public var record: CommandRecord
  /// The name of the command that it is, aliases resolved, of the configuration's commands too; nil where none was
  /// recognised.
  public var name: String?
  /// What it asks for, or what is wrong with it.
  public var request: Request
  /// The line's number in the text, from 1.
  public var line: Int

  public enum Request: Hashable, Sendable {
    case addLabels([String])
    case removeLabels([String])
    /// nil where no reason was written.
    case close(Effect.CloseReason?)
    case reopen
    /// Logins; `nil` stands for the text's author.
    case assign([String?])
    case unassign([String?])
    case lock(Effect.LockReason?)
    case unlock
    /// nil takes the item out of its milestone.
    case setMilestone(String?)
    case setTitle(String)
    case duplicate(DuplicateTarget)
    /// Nothing that a decision could say: the caller carries it out.
    case ask(CommandRequest)
    case help
    /// A command of the configuration; its arguments by their names, checked.
    case custom([String: String])
    /// Not to be carried out; says why, for the maintainer.
    case mistake(String)
  }

  public init(record: CommandRecord, name: String?, request: Request, line: Int) {
    self.record = record
    self.name = name
    self.request = request
    self.line = line
  }

  /// Whether the author's permission has to be looked up before it can be decided.
  public var needsPermission: Bool { if case .mistake = request { false } else { true } }
}

/// What a command asks of the caller.
public enum CommandRequest: Hashable, Sendable {
  /// Take back a transaction; nil for the item's last one.
  case undo(TransactionID?)
  /// Process the item's events again.
  case reprocess
  /// Say which rules match the item and why.
  case explain
}

/// What an item is a duplicate of.
public struct DuplicateTarget: Hashable, Sendable {
  /// nil for the item's own repository.
  public var repository: RepositoryName?
  public var number: Int

  public init(repository: RepositoryName? = nil, number: Int) {
    self.repository = repository
    self.number = number
  }

  /// `#12`, `octo/repo#3`: in the words by which GitHub links a duplicate.
  /// Source: https://docs.github.com/en/issues/tracking-your-work-with-issues/marking-issues-or-pull-requests-as-a-duplicate
  public var text: String { "\(repository?.description ?? "")#\(number)" }
}
