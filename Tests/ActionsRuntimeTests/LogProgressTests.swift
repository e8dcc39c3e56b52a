import ActionsRuntime
import Foundation
import Logging
import Markup
import Testing

/// Progress at a pace that a person can read.
@Suite struct LogProgressTests {
  static func work(_ done: Int, of total: Int = 100, bar: LogText = "half a minute left") -> WorkProgress {
    WorkProgress(fraction: Double(done) / Double(total), line: "\(done) of \(total)", bar: bar)
  }

  @Test(arguments: [true, false]) func aLogGetsALineNowAndThen(isActions: Bool) throws {
    let clock = ManualSeconds()
    let capture = try LogCapture(isActions: isActions, seconds: { clock.now })
    #expect(!capture.log.drawsProgress)
    capture.log.beginProgress()
    var asked = 0
    for step in 0...100 {
      capture.log.progress {
        asked += 1
        return Self.work(step)
      }
      clock.advance(by: 0.25)
    }
    #expect(try capture.output == "8 of 100\n48 of 100\n88 of 100\n")
    #expect(asked == 3)
  }

  @Test func shortWorkSaysNothing() throws {
    let clock = ManualSeconds()
    let capture = try LogCapture(isActions: true, seconds: { clock.now })
    capture.log.progress { Self.work(1) }
    clock.advance(by: 1.9)
    capture.log.progress { Self.work(2) }
    capture.log.endProgress()
    #expect(try capture.output.isEmpty)
    // The next work has a beginning of its own.
    clock.advance(by: 60)
    capture.log.progress { Self.work(3) }
    #expect(try capture.output.isEmpty)
    clock.advance(by: 2)
    capture.log.progress { Self.work(4) }
    #expect(try capture.output == "4 of 100\n")
  }

  @Test func aWaitIsToldMoreRarely() throws {
    let clock = ManualSeconds()
    let capture = try LogCapture(isActions: true, seconds: { clock.now })
    capture.log.beginProgress()
    for second in 0...180 {
      capture.log.progress(every: 60) { Self.work(second, of: 180) }
      clock.advance(by: 1)
    }
    #expect(try capture.output == "2 of 180\n62 of 180\n122 of 180\n")
  }

  @Test func progressHoldsNoCommand() throws {
    let clock = ManualSeconds()
    let capture = try LogCapture(isActions: true, seconds: { clock.now })
    capture.log.beginProgress()
    clock.advance(by: 3)
    capture.log.progress { WorkProgress(line: "::error::\("x\n::error::y ##[group]")", bar: "") }
    #expect(RunnerRules.commands(in: try capture.output) == [])
  }

  @Test func aTerminalHasOneLineThatIsDrawnOver() throws {
    let terminal = try Terminal(columns: 80)
    #expect(terminal.log.drawsProgress)
    for done in 0...64 {
      terminal.log.progress { Self.work(done, of: 64) }
      terminal.clock.advance(by: 1.0 / 64)
    }
    #expect((2...11).contains(terminal.drawings))
    terminal.clock.advance(by: 1)
    terminal.log.progress { Self.work(50) }
    #expect(terminal.screen == ["[#########----------]  half a minute left"])
    terminal.log.endProgress()
    #expect(terminal.screen == [""])
  }

  @Test func otherLinesComeAboveTheBar() throws {
    let terminal = try Terminal(columns: 60)
    let bar = "[#######-------]  half a minute left"
    terminal.log.progress { Self.work(50) }
    terminal.log.line("first")
    #expect(terminal.screen == ["first", bar])
    terminal.log.warning("second")
    terminal.log.logger(label: "x", level: .info).info("third")
    terminal.clock.advance(by: 1)
    terminal.log.progress { Self.work(100) }
    terminal.log.lines(["fourth", "fifth"])
    #expect(
      terminal.screen == [
        "first", "warning: second", "info [x] third", "fourth", "fifth", "[##############]  half a minute left",
      ])
    terminal.log.endProgress()
    terminal.log.line("the end")
    #expect(terminal.screen.suffix(3) == ["fifth", "the end", ""])
  }

  @Test(arguments: [1, 2, 10, 39, 41, 80, 200])
  func aBarNeverWraps(columns: Int) throws {
    let terminal = try Terminal(columns: columns)
    let long: LogText = "\(String(repeating: "0123456789 日本 ", count: 40))"
    for done in stride(from: 0, through: 100, by: 10) {
      terminal.log.progress { Self.work(done, bar: long) }
      terminal.clock.advance(by: 1)
    }
    #expect(terminal.screen.count == 1)
    #expect(terminal.screen[0].count < columns)
  }

  @Test func workOfUnknownLengthHasNoBar() throws {
    let terminal = try Terminal(columns: 80)
    terminal.log.progress { WorkProgress(line: "", bar: "12 items \("\u{1B}[2J\nx")") }
    #expect(terminal.screen == ["12 items <U+001B>[2J↵x"])
  }

  @Test(arguments: ["dumb", ""]) func aDumbTerminalGetsLines(kind: String) throws {
    let terminal = try Terminal(columns: 80, kind: kind)
    #expect(!terminal.log.drawsProgress)
    terminal.log.beginProgress()
    terminal.clock.advance(by: 2)
    terminal.log.progress { Self.work(7) }
    terminal.log.endProgress()
    #expect(terminal.drawings == 0)
    #expect(terminal.screen == ["7 of 100", ""])
  }

  @Test func inActionsNothingIsDrawn() throws {
    let terminal = try Terminal(columns: 80, isActions: true)
    terminal.log.beginProgress()
    terminal.clock.advance(by: 2)
    terminal.log.progress { Self.work(7) }
    terminal.log.endProgress()
    #expect(terminal.screen == ["7 of 100", ""] && terminal.drawings == 0)
  }
}
