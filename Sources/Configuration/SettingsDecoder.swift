import Domain

/// Turns nodes into settings; collects every fault instead of stopping at the first.
///
/// Each section of the file has an extension in a file of its own.
struct SettingsDecoder {
  private(set) var errors: [ConfigurationError] = []
  /// Patterns compiled so far: each may take a while.
  var patterns = 0

  mutating func settings(_ root: YAMLNode) -> Settings {
    var settings = Settings()
    guard !root.isNull, let members = mapping(root, RootKey.self, called: "the configuration") else { return settings }
    for (key, value) in members {
      switch key {
      case .mode:
        settings.mode = choice(value, Settings.Mode.allCases.map { ($0.rawValue, $0) }, called: "mode") ?? settings.mode
      case .alerts: settings.alerts = boolean(value, called: "alerts") ?? settings.alerts
      case .rules: settings.rules = rules(value)
      case .commands: settings.commands = commands(value)
      case .stale: settings.stale = stale(value)
      case .actors: settings.actors = actors(value)
      case .rollback: settings.rollback = rollback(value)
      case .audit: settings.audit = audit(value)
      case .history: settings.history = history(value)
      }
    }
    return settings
  }

  // MARK: Faults

  mutating func fail(_ message: String, _ node: YAMLNode, _ advice: String, nearest: String? = nil) {
    fail(message, at: node.location, advice, nearest: nearest)
  }

  mutating func fail(_ message: String, at place: SourceLocation, _ advice: String, nearest: String? = nil) {
    errors.append(ConfigurationError(message, at: place, advice: advice, suggestion: nearest))
  }

  /// A word that is none of the valid ones.
  ///
  /// - Parameter list: the valid ones as the reader should see them, where naming each would be too long.
  mutating func failUnknown(
    _ message: String, at place: SourceLocation, typed: String, _ valid: [String], list: String? = nil
  ) {
    let suggestion = nearest(to: typed, among: valid)
    let list = list ?? valid.joined(separator: ", ")
    fail(
      message, at: place, suggestion.map { "Did you mean '\($0)'? Valid are \(list)." } ?? "Use one of \(list).",
      nearest: suggestion)
  }
}
