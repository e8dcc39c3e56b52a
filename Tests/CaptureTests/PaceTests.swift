import TestSupport
import Testing

@testable import Capture

/// The search for the width that GitHub answers.
@Suite struct PaceTests {
  /// Calls of a walk that is always full, against a GitHub that answers up to `limit` questions and fails at random.
  private func play(
    calls: Int, limit: Int, luck: Double, seed: UInt64, from width: Pace.Width = Pace.Width(ceiling: 224)
  ) -> (width: Pace.Width, failures: Int, asked: Int) {
    var generator = SeededGenerator(seed: seed)
    var width = width
    var failures = 0
    var asked = 0
    for _ in 0..<calls {
      if width.current > limit || Double.random(in: 0..<1, using: &generator) < luck {
        failures += 1
        width.narrow(asked: width.current)
      } else {
        asked += width.current
        width.widen(asked: width.current)
      }
    }
    return (width, failures, asked)
  }

  @Test(arguments: [1, 2, 3, 5, 17, 60, 111, 112, 113, 150, 223])
  func findsTheLimitAndSeldomTriesIt(limit: Int) {
    let early = play(calls: 60, limit: limit, luck: 0, seed: 1)
    #expect(early.failures <= 22, "limit \(limit)")
    let late = play(calls: 400, limit: limit, luck: 0, seed: 1, from: early.width)
    #expect(late.failures <= 40, "limit \(limit)")
    #expect(late.asked * 10 >= limit * 400 * 6, "limit \(limit)")
  }

  /// Failures that have nothing to do with the width cost little more than themselves.
  @Test(arguments: 1...10)
  func badLuckIsNotTakenForALimit(seed: UInt64) {
    let played = play(calls: 500, limit: .max, luck: 0.1, seed: seed)
    #expect(played.asked >= 500 * 224 * 7 / 10, "seed \(seed)")
  }

  @Test func comesBackWhenTheTroubleIsOver() {
    var width = play(calls: 30, limit: 9, luck: 0, seed: 1).width
    var calls = 0
    while width.current < 224, calls < 200 {
      width.widen(asked: width.current)
      calls += 1
    }
    #expect(calls <= 80)
  }

  @Test func remembersTheWidthThatWorks() {
    let pace = Pace(["CaptureItems": 40])
    #expect(pace.items.current == 40)
    #expect(pace.widths == ["CaptureItems": 40, "CaptureItems.page": 100, "CaptureLists": 100])
    #expect(
      Pace().widths == ["CaptureItems": ItemsQuery.fullWidth, "CaptureItems.page": 100, "CaptureLists": 100])
    #expect(Pace(["CaptureItems.page": 6]).page.current == 6)
    #expect(Pace(["CaptureItems": 0]).items.current == 1)
    #expect(Pace(["CaptureItems": 9_999, "Another": 3]).items.current == ItemsQuery.fullWidth)
    // It is not widened at once.
    let played = play(calls: 7, limit: 41, luck: 0, seed: 1, from: pace.items)
    #expect(played.failures == 0)
  }

  @Test func asksForAsMuchAsFillsAnAnswer() {
    var pace = Pace()
    pace.itemsWereFine(asked: 224, first: 100, size: 300_000)
    #expect(pace == Pace(pace.widths) || pace.items.current == 224 && pace.page.current == 100)
    pace.itemsWereFine(asked: 200, first: 100, size: 8 << 20)
    #expect(pace.items.current == 50 && pace.page.current == 100)
    pace.itemsWereFine(asked: 2, first: 100, size: 16 << 20)
    #expect(pace.items.current == 1 && pace.page.current == 25)
    // It does not grow beyond what fills an answer.
    for _ in 1...20 { pace.itemsWereFine(asked: 1, first: pace.page.current, size: pace.page.current * 90_000) }
    #expect((12...25).contains(pace.page.current))
    for _ in 1...20 {
      pace.itemsWereFine(asked: pace.items.current, first: pace.page.current, size: 1_000 * pace.items.current)
    }
    #expect(pace.items.current == 224 && pace.page.current == 100)
  }

  @Test func aPoisonedQuestionCostsNoWidth() {
    var width = Pace.Width(ceiling: 224)
    for asked in [224, 112, 56, 28, 14, 7, 3] { width.narrow(asked: asked) }
    #expect(width.current == 1)
    width.restore()
    #expect(width.current == 224)
  }
}
