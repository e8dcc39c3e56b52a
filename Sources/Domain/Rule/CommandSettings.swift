/// Which commands people may give in comments and in the bodies of issues.
public struct CommandSettings: Hashable, Sendable {
  public var isEnabled: Bool
  /// The least permission of the text's author, by the command's name; see ``CommandName/usualPermission``.
  public var permissions: [String: Permission]
  /// Commands that the item's author may give without that permission, by name.
  public var forAuthors: Set<String>
  /// Further names: `bug` for `label bug`.
  public var aliases: [String: Alias]
  public var custom: [CustomCommand]
  /// Whether commands are acknowledged by reactions, and refusals by a reply.
  public var acknowledges: Bool

  public init(
    isEnabled: Bool = true, permissions: [String: Permission] = [:], forAuthors: Set<String> = [],
    aliases: [String: Alias] = [:], custom: [CustomCommand] = [], acknowledges: Bool = true
  ) {
    self.isEnabled = isEnabled
    self.permissions = permissions
    self.forAuthors = forAuthors
    self.aliases = aliases
    self.custom = custom
    self.acknowledges = acknowledges
  }

  /// The command that an alias stands for, and what stands before the arguments that are typed.
  public struct Alias: Hashable, Sendable {
    public var command: String
    public var arguments: String
    public init(command: String, arguments: String = "") {
      self.command = command
      self.arguments = arguments
    }
  }

  /// Every name that is a command, built in or of the configuration.
  public var names: [String] { CommandName.allCases.map(\.rawValue) + aliases.keys.sorted() + custom.map(\.name) }
}

/// A command that the configuration defines.
public struct CustomCommand: Hashable, Sendable {
  /// Lower-case letters, digits, `-` and `_`, the first a letter.
  public var name: String
  /// For `/help`.
  public var description: String
  public var permission: Permission
  public var arguments: [Argument]
  /// Templates may hold `{{args.NAME}}`.
  public var actions: Rule.Actions

  public init(
    name: String, description: String = "", permission: Permission = .write, arguments: [Argument] = [],
    actions: Rule.Actions
  ) {
    self.name = name
    self.description = description
    self.permission = permission
    self.arguments = arguments
    self.actions = actions
  }

  /// Given in this order; the last one may take the rest of the line.
  public struct Argument: Hashable, Sendable {
    public var name: String
    public var isRequired: Bool
    /// The values that are allowed; empty for all.
    public var choices: [String]
    /// A PCRE2 pattern that the whole value has to match.
    public var pattern: String?
    public var defaultValue: String?
    public init(
      name: String, isRequired: Bool = true, choices: [String] = [], pattern: String? = nil, defaultValue: String? = nil
    ) {
      self.name = name
      self.isRequired = isRequired
      self.choices = choices
      self.pattern = pattern
      self.defaultValue = defaultValue
    }
  }
}

public enum CommandName: String, Hashable, Sendable, Codable, CaseIterable {
  case label, unlabel, close, reopen, assign, unassign, lock, unlock, milestone, title, duplicate, undo, reprocess,
    explain, help

  /// The least permission where the configuration names none.
  public var usualPermission: Permission {
    switch self {
    case .help, .explain: .read
    case .label, .unlabel, .assign, .unassign, .milestone, .duplicate: .triage
    case .close, .reopen: .triage
    case .title, .lock, .unlock, .reprocess: .write
    case .undo: .maintain
    }
  }
}
