import Domain

extension SettingsDecoder {
  /// A hundred years.
  static let maximumRetentionDays = 36_500

  mutating func audit(_ node: YAMLNode) -> AuditSettings {
    var audit = AuditSettings()
    for (key, value) in mapping(node, AuditKey.self, called: "audit") ?? [] {
      switch key {
      case .pseudonyms: audit.usesPseudonyms = boolean(value, called: key.rawValue) ?? audit.usesPseudonyms
      case .retentionDays:
        audit.retentionDays = wholeNumber(value, 1...Self.maximumRetentionDays, called: key.rawValue)
      }
    }
    return audit
  }
}
