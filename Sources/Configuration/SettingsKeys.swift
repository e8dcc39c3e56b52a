import Domain

// The keys of each mapping in the file. The JSON Schema for editors has the same ones; a test compares them.

enum RootKey: String, CaseIterable { case mode, alerts, rules, commands, stale, actors, rollback, audit, history }
enum RuleKey: String, CaseIterable { case name, on, when, unless, then }
enum ConditionKey: String, CaseIterable {
  case title, body, any, comment, labels
  case allLabels = "all_labels"
  case noLabels = "no_labels"
  case author, association
  case firstTime = "first_time"
  case bot, `is`, state, locked, age, inactive, milestone, assignee
  case missingSections = "missing_sections"
  case linkedPullRequest = "linked_pull_request"
}
enum TextMatchKey: String, CaseIterable { case pattern, glob }
enum ActionKey: String, CaseIterable {
  case label, unlabel, comment, sticky, assign, unassign, close, reopen, lock, unlock, title, milestone, dispatch
}
enum StickyKey: String, CaseIterable { case key, body }
enum DispatchKey: String, CaseIterable { case workflow, ref, inputs }
enum CommandsKey: String, CaseIterable {
  case enabled, acknowledge, permissions
  case forAuthors = "for_authors"
  case aliases, custom
}
enum CustomCommandKey: String, CaseIterable { case name, description, permission, arguments, then }
enum ArgumentKey: String, CaseIterable { case name, required, choices, pattern, `default` }
enum StaleKey: String, CaseIterable {
  case after
  case closeAfter = "close_after"
  case label, comment
  case closeComment = "close_comment"
  case closeReason = "close_reason"
  case exemptLabels = "exempt_labels"
  case exemptMilestones = "exempt_milestones"
  case exemptAssignees = "exempt_assignees"
  case exemptAuthors = "exempt_authors"
  case pullRequests = "pull_requests"
}
enum ActorsKey: String, CaseIterable {
  case people, bots
  case eventsPerHour = "events_per_hour"
  case commandsPerHour = "commands_per_hour"
  case unlimitedFrom = "unlimited_from"
}
enum RollbackKey: String, CaseIterable { case permission }
enum AuditKey: String, CaseIterable {
  case pseudonyms
  case retentionDays = "retention_days"
}
enum HistoryKey: String, CaseIterable {
  case capture
  case recentHours = "recent_hours"
  case recentItems = "recent_items"
  case inngestPercent = "inngest_percent"
  case inngestMinutes = "inngest_minutes"
  case bulkWorkflow = "bulk_workflow"
}

extension ConfigurationFile {
  /// The valid keys of each kind of mapping.
  public static var keys: [String: Set<String>] {
    func names<Key: CaseIterable & RawRepresentable<String>>(_ key: Key.Type) -> Set<String> {
      Set(Key.allCases.map(\.rawValue))
    }
    return [
      "configuration": names(RootKey.self), "rule": names(RuleKey.self), "conditions": names(ConditionKey.self),
      "textMatch": names(TextMatchKey.self), "actions": names(ActionKey.self), "sticky": names(StickyKey.self),
      "dispatch": names(DispatchKey.self), "commands": names(CommandsKey.self),
      "customCommand": names(CustomCommandKey.self), "argument": names(ArgumentKey.self),
      "stale": names(StaleKey.self), "actors": names(ActorsKey.self), "rollback": names(RollbackKey.self),
      "audit": names(AuditKey.self), "history": names(HistoryKey.self),
      // Those of custom commands come from the file; /undo has a section of its own.
      "permissions": names(CommandName.self).subtracting([CommandName.undo.rawValue]),
    ]
  }
}
