import Domain
import Foundation
import TestSupport
import Testing

@Suite struct TimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2026-11-21T03:22:00Z", 1_795_231_320_000_000),
    ("2026-11-21T03:22:00.25Z", 1_795_231_320_250_000), ("2026-11-21T05:22:00+02:00", 1_795_231_320_000_000),
    ("2026-11-21", 1_795_219_200_000_000), ("1969-12-31T23:59:59.999999Z", -1),
    ("2024-02-29T12:00:00Z", 1_709_208_000_000_000),
    ("2026-11-21 03:22:00+00", 1_795_231_320_000_000),
  ])
  func parses(text: String, microseconds: Int64) {
    #expect(Timestamp(text)?.microseconds == microseconds)
  }

  @Test(arguments: [
    "", "2026", "2026-13-01", "2026-02-30", "2025-02-29", "2026-11-21T", "2026-11-21T03:22", "2026-11-21T03:22:00",
    "2026-11-21T24:00:00Z", "2026-11-21T03:22:00Zz", "2026-11-21T03:22:00.Z", "not a date", "２０２６-11-21",
  ])
  func refuses(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test(arguments: [
    ("2026-11-21T15:52:01.79676Z", "2026-11-21T15:52:02Z"), ("2026-11-21T15:52:01Z", "2026-11-21T15:52:01Z"),
    ("1969-12-31T23:59:59.000001Z", "1970-01-01T00:00:00Z"),
  ])
  func aMomentIsRoundedUpToTheSecond(moment: String, rounded: String) {
    #expect(Timestamp(moment)?.roundedUpToSecond.description == rounded)
  }

  /// A number from outside can be any.
  @Test func arithmeticStopsAtTheEnds() {
    let (first, last) = (Timestamp(microseconds: .min), Timestamp(microseconds: .max))
    let now = Timestamp(seconds: 1_800_000_000)
    #expect(Timestamp(seconds: 100_000_000_000_000) == last && Timestamp(seconds: .min) == first)
    for seconds in [1e18, .greatestFiniteMagnitude, .infinity] {
      #expect(now + seconds == last && now - seconds == first)
    }
    #expect(last + 1 == last && first - 1 == first)
    #expect(last.roundedUpToSecond == last && first.roundedUpToSecond > first)
    #expect(last.secondsSince(first) > 9e12 && first.secondsSince(last) < -9e12)
    #expect(last.description == "294247-01-10T04:00:54.775807Z" && first.seconds == -9_223_372_036_855)
  }

  @Test func everyDayOfFourCenturiesSurvivesTheRoundTrip() throws {
    var previous = ""
    for day in stride(from: Int64(-150_000), through: 150_000, by: 7) {
      let moment = Timestamp(seconds: day * 86_400 + 3_661)
      let text = moment.description
      #expect(Timestamp(text) == moment, "\(text)")
      if !previous.isEmpty { #expect(previous < text) }
      previous = text
    }
  }

  @Test func agreesWithFoundation() throws {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
    var random = SeededGenerator(seed: seed)
    let formatter = ISO8601DateFormatter()
    for _ in 0..<500 {
      let seconds = Int64.random(in: 0...4_102_444_800, using: &random)
      let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
      #expect(Timestamp(seconds: seconds).description == expected, "seed \(seed)")
    }
  }
}
