/// A time between two moments in words, in whole units of the largest that is there.
enum TimeSpan {
  private static let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")]

  /// `3 days`, `1 hour`.
  static func words(_ seconds: Double) -> String {
    // Beyond what an integer holds lies no time that anything on GitHub could have.
    let whole = Int(max(0, min(seconds, 1e15)))
    let (size, name) = units.first { whole >= $0.0 } ?? (1, "second")
    let count = whole / size
    return "\(count) \(name)\(count == 1 ? "" : "s")"
  }
}
