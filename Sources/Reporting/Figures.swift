import Domain

/// Numbers for people.
public enum Figures {
  /// `1,234,567`
  public static func count(_ value: Int) -> String {
    let digits = Array(String(value.magnitude).utf8)
    var out = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { out += "," }
      out.unicodeScalars.append(Unicode.Scalar(digit))
    }
    return out
  }

  /// `1 request`, `2 requests`
  public static func count(_ value: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count(value)) \(value == 1 ? one : many ?? one + "s")"
  }

  /// One decimal below 100, whole and grouped above.
  static func decimal(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "–" }
    guard abs(value) < 100 else { return count(Int(value.rounded())) }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))"
  }

  /// Two digits that count: `0.0027`, `0.57`, `12`, `1,234`.
  static func ratio(_ value: Double) -> String {
    guard value.isFinite, value >= 0 else { return "–" }
    guard value > 0 else { return "0" }
    guard value < 9.95 else { return value < 1e15 ? count(Int(value.rounded())) : "–" }
    var places = 1
    var scale = 10.0
    while value * scale < 9.95, places < 6 {
      places += 1
      scale *= 10
    }
    let digits = String(Int((value * scale).rounded()))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.utf8.count)) + digits
    var out = "\(padded.dropLast(places)).\(padded.suffix(places))"
    while out.hasSuffix("0") { out.removeLast() }
    if out.hasSuffix(".") { out.removeLast() }
    return out
  }

  /// `41 %`; 100 only where nothing is left, 0 only where nothing is done.
  static func percent(_ part: Int, of whole: Int) -> String {
    guard whole > 0 else { return "–" }
    if part >= whole { return "100 %" }
    if part <= 0 { return "0 %" }
    return "\(min(99, max(1, Int((Double(part) / Double(whole) * 100).rounded())))) %"
  }

  /// A duration in whole units, for what changes while one reads: `12 s`, `5 min`, `2 h 13 min`, `9 d`.
  static func span(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "–" }
    if seconds < 90 { return "\(Int(seconds.rounded(.up))) s" }
    if seconds < 3_570 { return "\(Int((seconds / 60).rounded())) min" }
    if seconds >= 259_200 { return "\(count(Int((min(seconds, 1e12) / 86_400).rounded()))) d" }
    return duration(seconds)
  }

  /// `12 min ago`, `in 5 min`, `now`
  static func age(of moment: Timestamp, at now: Timestamp) -> String {
    let seconds = now.secondsSince(moment)
    if abs(seconds) < 1 { return "now" }
    return seconds > 0 ? "\(span(seconds)) ago" : "in \(span(-seconds))"
  }

  /// `0.42 s`, `12.3 s`, `4 min 5 s`, `2 h 13 min`, `3 d 4 h`
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "–" }
    if seconds < 1 {
      let hundredths = Int((seconds * 100).rounded())
      return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) s"
    }
    if seconds < 60 { return "\(decimal(seconds)) s" }
    let whole = Int(min(seconds, 1e12).rounded())
    if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
    if whole < 86_400 { return "\(whole / 3_600) h \(whole / 60 % 60) min" }
    return "\(whole / 86_400) d \(whole / 3_600 % 24) h"
  }

  /// `text` cut to `limit` characters with an ellipsis.
  static func shortened(_ text: String, to limit: Int) -> String {
    text.count <= limit ? text : text.prefix(limit - 1) + "…"
  }
}
