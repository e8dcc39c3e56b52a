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
      case .bulkWorkflow: history.bulkWorkflow = workflowFile(value) ?? history.bulkWorkflow
      }
    }
    return history
  }

  private mutating func wholeNumber(_ node: YAMLNode, _ range: ClosedRange<Int>, called name: String) -> Int? {
    if case .scalar(let text, isPlain: true) = node.content, !text.isEmpty, text.utf8.count <= 9,
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text), range.contains(value)
    {
      return value
    }
    fail(
      "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)", node,
      "Write the number in digits, without quotes.")
    return nil
  }

  /// A file's name: the API takes it as the last part of a path, and GitHub keeps workflows in one folder.
  private mutating func workflowFile(_ node: YAMLNode) -> String? {
    guard let name = text(node, called: HistoryKey.bulkWorkflow.rawValue) else { return nil }
    let isSafe = name.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }
    let stem = name.hasSuffix(".yml") ? name.dropLast(4) : name.hasSuffix(".yaml") ? name.dropLast(5) : ""
    guard isSafe, !stem.isEmpty, name.utf8.count <= 100 else {
      fail(
        "\(HistoryKey.bulkWorkflow.rawValue) must be the name of a .yml or .yaml file in .github/workflows", node,
        "Write the file's name alone, as in history-sync.yml.")
      return nil
    }
    return name
  }
}
