import Domain

// The keys of each mapping in the file. The JSON Schema for editors has the same ones; a test compares them.

enum RootKey: String, CaseIterable { case mode, alerts, rules, commands, history }
enum RuleKey: String, CaseIterable { case name, on, when, then }
enum ConditionKey: String, CaseIterable { case title, body, any }
enum ActionKey: String, CaseIterable { case label, comment }
enum CommandsKey: String, CaseIterable { case enabled, permissions }
enum HistoryKey: String, CaseIterable {
  case capture
  case recentHours = "recent_hours"
  case recentItems = "recent_items"
  case inngestPercent = "inngest_percent"
  case inngestMinutes = "inngest_minutes"
  case bulkWorkflow = "bulk_workflow"
}

extension Permission {
  /// The words that a configuration may use. `read` means everybody on a public repository; `none` would mean the same.
  static let configurable: [Permission] = [.read, .triage, .write, .maintain, .admin]
}

extension ConfigurationFile {
  /// The valid keys of each kind of mapping.
  public static var keys: [String: Set<String>] {
    func names<Key: CaseIterable & RawRepresentable<String>>(_ key: Key.Type) -> Set<String> {
      Set(Key.allCases.map(\.rawValue))
    }
    return [
      "configuration": names(RootKey.self), "rule": names(RuleKey.self), "when": names(ConditionKey.self),
      "then": names(ActionKey.self), "commands": names(CommandsKey.self), "permissions": names(CommandName.self),
      "history": names(HistoryKey.self),
    ]
  }
}
