/// Moments as GitHub writes them: whole seconds since 1970 in UTC.
enum Moment {
  /// `2026-11-21T03:22:00Z`
  static func text(_ seconds: Int64) -> String {
    var bytes: [UInt8] = []
    append(seconds, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  static func append(_ seconds: Int64, to bytes: inout [UInt8]) {
    let (year, month, day) = date(dayNumber(seconds))
    let second = Int(seconds - dayNumber(seconds) * 86_400)
    two(year / 100, &bytes)
    two(year % 100, &bytes)
    bytes.append(UInt8(ascii: "-"))
    two(month, &bytes)
    bytes.append(UInt8(ascii: "-"))
    two(day, &bytes)
    bytes.append(UInt8(ascii: "T"))
    two(second / 3600, &bytes)
    bytes.append(UInt8(ascii: ":"))
    two(second / 60 % 60, &bytes)
    bytes.append(UInt8(ascii: ":"))
    two(second % 60, &bytes)
    bytes.append(UInt8(ascii: "Z"))
  }

  /// `Sat, 21 Nov 2026 03:22:00 GMT`, the form of RFC 9110 section 5.6.7.
  static func http(_ seconds: Int64) -> String {
    let days = dayNumber(seconds)
    let (year, month, day) = date(days)
    let second = Int(seconds - days * 86_400)
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(((days % 7) + 7) % 7)]
    let name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month - 1]
    var clock: [UInt8] = []
    two(day, &clock)
    clock += Array(" \(name) \(year) ".utf8)
    two(second / 3600, &clock)
    clock.append(UInt8(ascii: ":"))
    two(second / 60 % 60, &clock)
    clock.append(UInt8(ascii: ":"))
    two(second % 60, &clock)
    return "\(weekday), \(String(decoding: clock, as: UTF8.self)) GMT"
  }

  /// Seconds of `2026-11-21T03:22:00Z`, of a date alone, or with a fraction or an offset; nil where it is none.
  static func parse(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    func digits(_ range: Range<Int>) -> Int? {
      guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (48...57).contains($0) }) else { return nil }
      return Int(String(decoding: bytes[range], as: UTF8.self))
    }
    guard let year = digits(0..<4), let month = digits(5..<7), let day = digits(8..<10), (1...12).contains(month),
      (1...31).contains(day), bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-")
    else { return nil }
    var seconds = days(year, month, day) * 86_400
    guard bytes.count > 10 else { return seconds }
    guard let hour = digits(11..<13), let minute = digits(14..<16), hour < 24, minute < 60 else { return nil }
    seconds += Int64(hour * 3600 + minute * 60)
    var rest = 16
    if rest < bytes.count, bytes[rest] == UInt8(ascii: ":") {
      guard let second = digits(17..<19) else { return nil }
      seconds += Int64(second)
      rest = 19
    }
    if rest < bytes.count, bytes[rest] == UInt8(ascii: ".") {
      rest += 1
      while rest < bytes.count, (48...57).contains(bytes[rest]) { rest += 1 }
    }
    guard rest < bytes.count else { return seconds }
    switch bytes[rest] {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"): return rest + 1 == bytes.count ? seconds : nil
    // A plus sign in a query that was not percent-encoded reads as a space.
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: " "):
      guard let hours = digits(rest + 1..<rest + 3) else { return nil }
      let minutes = digits(rest + 4..<rest + 6) ?? 0
      let offset = Int64(hours * 3600 + minutes * 60)
      return bytes[rest] == UInt8(ascii: "-") ? seconds + offset : seconds - offset
    default: return nil
    }
  }

  private static func two(_ value: Int, _ bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "0") + UInt8(value / 10 % 10))
    bytes.append(UInt8(ascii: "0") + UInt8(value % 10))
  }

  private static func dayNumber(_ seconds: Int64) -> Int64 {
    seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
  }

  /// Howard Hinnant's civil-from-days: eras of 400 years that begin in March.
  private static func date(_ days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = Int(days) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let index = (5 * dayOfYear + 2) / 153
    let month = index < 10 ? index + 3 : index - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * index + 2) / 5 + 1)
  }

  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return Int64(era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468)
  }
}
