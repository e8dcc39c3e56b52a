import Domain

extension SettingsDecoder {
  /// The most hours of `recent_hours`: a quarter of a year.
  static let maximumRecentHours = 2_160
  /// The most items of `recent_items`: what one run can capture beside its event.
  static let maximumRecentItems = 1_000
  /// The most minutes of `inngest_minutes`: a day.
  static let maximumInngestMinutes = 1_440

  mutating func history(_ node: YAMLNode) -> HistorySettings {
    var history = HistorySettings()
    for (key, value) in mapping(node, HistoryKey.self, called: "history") ?? [] {
      func number(_ range: ClosedRange<Int>, or given: Int) -> Int {
        wholeNumber(value, range, called: key.rawValue) ?? given
      }
      switch key {
      case .capture: history.capture = boolean(value, called: key.rawValue) ?? history.capture
      case .recentHours: history.recentHours = number(1...Self.maximumRecentHours, or: history.recentHours)
      case .recentItems: history.recentItems = number(1...Self.maximumRecentItems, or: history.recentItems)
      case .inngestPercent: history.inngestPercent = number(0...100, or: history.inngestPercent)
      case .inngestMinutes: history.inngestMinutes = number(1...Self.maximumInngestMinutes, or: history.inngestMinutes)
      case .bulkWorkflow: history.bulkWorkflow = workflowFile(value, called: key.rawValue) ?? history.bulkWorkflow
      }
    }
    return history
  }
}
