import Domain

extension SettingsDecoder {
  mutating func rollback(_ node: YAMLNode) -> RollbackSettings {
    var rollback = RollbackSettings()
    for (key, value) in mapping(node, RollbackKey.self, called: "rollback") ?? [] {
      switch key {
      case .permission:
        // Everybody may read a public repository.
        rollback.permission = permission(value, from: .triage, called: key.rawValue) ?? rollback.permission
      }
    }
    return rollback
  }
}
