/// What `.github/yardmaster.yml` says, validated. Read once per run.
public struct Settings: Hashable, Sendable {
  /// Whether effects are sent or only shown. The default is `dryRun`: nothing is written by surprise.
  public var mode: Mode
  public var rules: [Rule]
  public var commands: CommandSettings
  public var stale: StaleSettings?
  public var actors: ActorSettings
  public var rollback: RollbackSettings
  public var audit: AuditSettings
  /// Whether a failed run opens or updates the one alert issue.
  public var alerts: Bool
  public var history: HistorySettings

  public enum Mode: String, Hashable, Sendable, Codable, CaseIterable {
    case dryRun = "dry-run"
    case live
  }

  public init(
    mode: Mode = .dryRun, rules: [Rule] = [], commands: CommandSettings = CommandSettings(),
    stale: StaleSettings? = nil, actors: ActorSettings = ActorSettings(),
    rollback: RollbackSettings = RollbackSettings(), audit: AuditSettings = AuditSettings(), alerts: Bool = true,
    history: HistorySettings = HistorySettings()
  ) {
    self.mode = mode
    self.rules = rules
    self.commands = commands
    self.stale = stale
    self.actors = actors
    self.rollback = rollback
    self.audit = audit
    self.alerts = alerts
    self.history = history
  }
}

/// Who counts as a bot, and how much one account may ask for.
public struct ActorSettings: Hashable, Sendable {
  /// Logins, as globs, that are people whatever else speaks for a bot.
  public var people: [String]
  /// Logins, as globs, that are bots.
  public var bots: [String]
  /// Events of one account in an hour that are worked on; what comes after them is recorded only.
  public var eventsPerHour: Int
  /// Commands of one account in an hour that are carried out.
  public var commandsPerHour: Int
  /// From this permission on an account has no limit.
  public var unlimitedFrom: Permission

  public init(
    people: [String] = [], bots: [String] = [], eventsPerHour: Int = 300, commandsPerHour: Int = 60,
    unlimitedFrom: Permission = .triage
  ) {
    self.people = people
    self.bots = bots
    self.eventsPerHour = eventsPerHour
    self.commandsPerHour = commandsPerHour
    self.unlimitedFrom = unlimitedFrom
  }
}

public struct RollbackSettings: Hashable, Sendable {
  /// The least permission of whoever writes `/undo`.
  public var permission: Permission
  public init(permission: Permission = .maintain) { self.permission = permission }
}

public struct AuditSettings: Hashable, Sendable {
  /// Whether the audit log holds keyed pseudonyms in place of logins.
  public var usesPseudonyms: Bool
  /// Days after which `audit prune` may remove entries; nil for never.
  public var retentionDays: Int?

  public init(usesPseudonyms: Bool = false, retentionDays: Int? = nil) {
    self.usesPseudonyms = usesPseudonyms
    self.retentionDays = retentionDays
  }
}

/// What happens to issues that nobody works on: a warning, and later the end.
public struct StaleSettings: Hashable, Sendable {
  /// Seconds without activity after which an item is warned.
  public var after: Int
  /// Seconds after the warning after which it is closed; nil for never.
  public var closeAfter: Int?
  public var label: String
  /// Templates.
  public var comment: String?
  public var closeComment: String?
  public var closeReason: Effect.CloseReason
  public var exemptLabels: [String]
  public var exemptMilestones: [String]
  public var exemptAssignees: [String]
  public var exemptAuthors: [String]
  /// Whether an item with any assignee, or any milestone, is exempt.
  public var exemptsAssigned: Bool
  public var exemptsMilestones: Bool
  /// Whether pull requests are included.
  public var includesPullRequests: Bool

  public init(
    after: Int, closeAfter: Int? = nil, label: String = "stale", comment: String? = nil, closeComment: String? = nil,
    closeReason: Effect.CloseReason = .notPlanned, exemptLabels: [String] = [], exemptMilestones: [String] = [],
    exemptAssignees: [String] = [], exemptAuthors: [String] = [], exemptsAssigned: Bool = false,
    exemptsMilestones: Bool = false, includesPullRequests: Bool = false
  ) {
    self.after = after
    self.closeAfter = closeAfter
    self.label = label
    self.comment = comment
    self.closeComment = closeComment
    self.closeReason = closeReason
    self.exemptLabels = exemptLabels
    self.exemptMilestones = exemptMilestones
    self.exemptAssignees = exemptAssignees
    self.exemptAuthors = exemptAuthors
    self.exemptsAssigned = exemptsAssigned
    self.exemptsMilestones = exemptsMilestones
    self.includesPullRequests = includesPullRequests
  }
}
