/// What `.github/yardmaster.yml` says, validated. Read once per run.
public struct Settings: Hashable, Sendable {
  /// Whether effects are sent or only shown. The default is `dryRun`: nothing is written by surprise.
  public var mode: Mode
  public var rules: [Rule]
  public var commands: CommandSettings
  /// Whether a failed run opens or updates the one alert issue.
  public var alerts: Bool
  public var history: HistorySettings

  public enum Mode: String, Hashable, Sendable, Codable, CaseIterable {
    case dryRun = "dry-run"
    case live
  }

  public init(
    mode: Mode = .dryRun, rules: [Rule] = [], commands: CommandSettings = CommandSettings(), alerts: Bool = true,
    history: HistorySettings = HistorySettings()
  ) {
    self.mode = mode
    self.rules = rules
    self.commands = commands
    self.alerts = alerts
    self.history = history
  }
}

/// One rule: when all of its conditions hold for an event, its actions are decided.
public struct Rule: Hashable, Sendable {
  /// Unique in the file; names the rule in reasons, in the audit log and in a comment's once-only key.
  public var name: String
  public var trigger: Trigger
  public var conditions: Conditions
  public var actions: Actions

  public init(name: String, trigger: Trigger = Trigger(), conditions: Conditions, actions: Actions) {
    self.name = name
    self.trigger = trigger
    self.conditions = conditions
    self.actions = actions
  }

  /// Actions of the `issues` event that start the rule.
  public struct Trigger: Hashable, Sendable {
    public var issueActions: Set<String>
    /// The payload actions a configuration may name.
    public static let knownActions = ["opened", "edited", "reopened", "labeled", "unlabeled", "closed"]
    public init(issueActions: Set<String> = ["opened", "edited", "reopened"]) { self.issueActions = issueActions }
  }

  /// At least one list is not empty; within a list one word is enough, and every list that is given must hold.
  public struct Conditions: Hashable, Sendable {
    /// Words or phrases looked for in the title.
    public var titleWords: [String]
    /// Words or phrases looked for in the body.
    public var bodyWords: [String]
    /// Words or phrases looked for in the title or the body.
    public var anyWords: [String]
    public init(titleWords: [String] = [], bodyWords: [String] = [], anyWords: [String] = []) {
      self.titleWords = titleWords
      self.bodyWords = bodyWords
      self.anyWords = anyWords
    }
  }

  public struct Actions: Hashable, Sendable {
    /// Labels to add.
    public var addLabels: [String]
    /// A template (`{{author}}`, `{{title}}`, `{{number}}`, `{{repository}}`) to post once per issue and rule.
    public var comment: String?
    public init(addLabels: [String] = [], comment: String? = nil) {
      self.addLabels = addLabels
      self.comment = comment
    }
  }
}

public struct CommandSettings: Hashable, Sendable {
  public var enabled: Bool
  /// The least permission of the comment's author for each command; the default is `triage` for all.
  public var permissions: [CommandName: Permission]

  public init(enabled: Bool = true, permissions: [CommandName: Permission] = [:]) {
    self.enabled = enabled
    self.permissions = permissions
  }

  public func permission(for command: CommandName) -> Permission { permissions[command] ?? .triage }
}

public enum CommandName: String, Hashable, Sendable, Codable, CaseIterable {
  case label, unlabel, close, reopen, assign
}
