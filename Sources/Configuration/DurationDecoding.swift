import Domain

extension SettingsDecoder {
  private static let day = 86_400
  private static let units: [(word: String, seconds: Int)] = [
    ("minutes", 60), ("hours", 3_600), ("days", day), ("weeks", 7 * day),
  ]
  /// Seconds; ten years.
  private static let maximumDuration = 3_650 * day

  /// `30 days`, `1 week`, `12 hours`: in seconds.
  mutating func duration(_ node: YAMLNode, called name: String) -> Int? {
    guard let text = text(node, called: name) else { return nil }
    let digits = text.prefix { ("0"..."9").contains($0) }
    let rest = text.dropFirst(digits.count)
    let unit = rest.drop { $0 == " " }.lowercased()
    let known = Self.units.first { $0.word == unit || $0.word.dropLast() == unit }
    if let known, let count = Int(digits), count > 0, count <= Self.maximumDuration / known.seconds {
      return count * known.seconds
    }
    let suggestion = known == nil ? nearest(to: unit, among: Self.units.map(\.word)) : nil
    let meant = suggestion.map { "\(digits) \($0)" }
    fail(
      "\(name) must be a time like '30 days', of ten years at most", node,
      (meant.map { "Did you mean '\($0)'? " } ?? "") + "Write a number and minutes, hours, days or weeks.",
      nearest: meant)
    return nil
  }
}
