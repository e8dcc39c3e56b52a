/// A moment in UTC with microseconds, the resolution of Postgres' `timestamptz`.
///
/// GitHub writes moments as ISO 8601 (`2026-11-21T03:22:00Z`, sometimes with fractions or an offset).
///
/// Arithmetic stops at the earliest and the latest moment that there is: a number from outside can be any.
public struct Timestamp: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  /// Microseconds since 1970-01-01T00:00:00Z.
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }
  public init(seconds: Int64) {
    let (product, isTooFar) = seconds.multipliedReportingOverflow(by: 1_000_000)
    microseconds = isTooFar ? (seconds < 0 ? .min : .max) : product
  }

  /// Before everything that GitHub can tell.
  public static let distantPast = Timestamp(microseconds: 0)

  /// Whole seconds since 1970, rounded down.
  public var seconds: Int64 { floorDivide(microseconds, 1_000_000) }

  /// Microseconds since the whole second.
  private var fraction: Int64 { (microseconds % 1_000_000 + 1_000_000) % 1_000_000 }

  /// This moment, or the next whole second.
  public var roundedUpToSecond: Timestamp {
    fraction == 0 ? self : moved(by: 1_000_000 - fraction)
  }

  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }
  public static func + (a: Timestamp, seconds: Double) -> Timestamp {
    guard let distance = Int64(exactly: (seconds * 1_000_000).rounded(.towardZero)) else {
      return Timestamp(microseconds: seconds < 0 ? .min : .max)
    }
    return a.moved(by: distance)
  }
  public static func - (a: Timestamp, seconds: Double) -> Timestamp { a + -seconds }

  /// Seconds from an earlier moment to this one; negative where this one is the earlier.
  public func secondsSince(_ earlier: Timestamp) -> Double {
    let (difference, isTooFar) = microseconds.subtractingReportingOverflow(earlier.microseconds)
    return Double(isTooFar ? (self < earlier ? .min : .max) : difference) / 1_000_000
  }

  private func moved(by distance: Int64) -> Timestamp {
    let (sum, isTooFar) = microseconds.addingReportingOverflow(distance)
    return Timestamp(microseconds: isTooFar ? (distance < 0 ? .min : .max) : sum)
  }

  /// The moment that an ISO 8601 date, or date and time, spells; nil where it is none. A date alone is its midnight.
  public init?(_ text: some StringProtocol) {
    var scanner = DigitScanner(bytes: Array(text.utf8))
    guard let year = scanner.digits(4), scanner.take("-"), let month = scanner.digits(2), scanner.take("-"),
      let day = scanner.digits(2), (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year)
    else { return nil }
    var seconds = Self.daysSinceEpoch(year: year, month: month, day: day) * 86_400
    var fraction: Int64 = 0
    if !scanner.isAtEnd {
      guard scanner.take("T") || scanner.take("t") || scanner.take(" "), let hour = scanner.digits(2),
        scanner.take(":"),
        let minute = scanner.digits(2), scanner.take(":"), let second = scanner.digits(2), hour < 24, minute < 60,
        second <= 60
      else { return nil }
      seconds += Int64(hour * 3600 + minute * 60 + second)
      if scanner.take(".") {
        guard let value = scanner.fraction() else { return nil }
        fraction = value
      }
      if scanner.take("Z") || scanner.take("z") {
      } else if let sign = scanner.sign() {
        guard let hours = scanner.digits(2), hours < 24 else { return nil }
        _ = scanner.take(":")
        let minutes = scanner.digits(2) ?? 0
        seconds -= Int64(sign * (hours * 3600 + minutes * 60))
      } else {
        return nil
      }
      guard scanner.isAtEnd else { return nil }
    }
    microseconds = seconds * 1_000_000 + fraction
  }

  /// ISO 8601 in UTC; fractions only where there are any.
  public var description: String {
    let total = seconds
    let days = floorDivide(total, 86_400)
    let second = Int(total - days * 86_400)
    let (year, month, day) = Self.civil(fromDays: days)
    var text =
      "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(second / 3600, 2)):"
      + "\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    if fraction != 0 {
      var digits = padded(Int(fraction), 6)
      while digits.hasSuffix("0") { digits.removeLast() }
      text += "." + digits
    }
    return text + "Z"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let value = Timestamp(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an ISO 8601 date and time")
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in 400-year eras that begin on 1 March.
  static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int64 {
    let y = Int64(month <= 2 ? year - 1 : year)
    let era = floorDivide(y, 400)
    let yearOfEra = y - era * 400
    let dayOfYear = Int64((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1)
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  static func civil(fromDays days: Int64) -> (year: Int, month: Int, day: Int) {
    let z = days + 719_468
    let era = floorDivide(z, 146_097)
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let day = Int(dayOfYear - (153 * shifted + 2) / 5 + 1)
    let month = Int(shifted < 10 ? shifted + 3 : shifted - 9)
    return (Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), month, day)
  }
}

private func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
  let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
  return remainder < 0 ? quotient - 1 : quotient
}

private func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

private struct DigitScanner {
  let bytes: [UInt8]
  var at = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { at == bytes.count }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  mutating func digit() -> Int? {
    guard at < bytes.count, (48...57).contains(bytes[at]) else { return nil }
    defer { at += 1 }
    return Int(bytes[at] - 48)
  }

  mutating func digits(_ count: Int) -> Int? {
    var value = 0
    for _ in 0..<count {
      guard let next = digit() else { return nil }
      value = value * 10 + next
    }
    return value
  }

  /// Microseconds; digits past the sixth are dropped.
  mutating func fraction() -> Int64? {
    var value: Int64 = 0
    var count = 0
    while let next = digit() {
      if count < 6 { value = value * 10 + Int64(next) }
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in count..<max(6, count) { value *= 10 }
    return value
  }

  mutating func sign() -> Int? {
    if take("+") { return 1 }
    return take("-") ? -1 : nil
  }
}
