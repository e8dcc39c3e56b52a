import ActionsRuntime
import Domain
import Foundation
import Glibc
import Logging
import Markup
import Testing

@Suite struct RunLogTests {
  @Test func groupsAndAnnotationsInActions() throws {
    let capture = try LogCapture(isActions: true)
    capture.log.group("100% \("a\nb")")
    capture.log.line("inside")
    capture.log.group("next")
    capture.log.endGroup()
    capture.log.endGroup()
    capture.log.error(
      "it broke, badly\nsee below", title: "Title: x, y",
      location: SourceLocation(file: "a,b:c.yml", line: 3, column: 4))
    capture.log.notice("fine")
    #expect(
      try capture.output == """
        ::group::100%25 a↵b
        inside
        ::endgroup::
        ::group::next
        ::endgroup::
        ::error file=a%2Cb%3Ac.yml,line=3,col=4,title=Title%3A x%2C y::it broke, badly%0Asee below
        ::notice::fine

        """)
    #expect(try capture.diagnostics.isEmpty)
  }

  @Test func plainWordsOutsideActions() throws {
    let capture = try LogCapture(isActions: false)
    capture.log.group("Title")
    capture.log.line("inside")
    capture.log.endGroup()
    capture.log.warning("odd", title: "T", location: SourceLocation(file: "f.yml", line: 1, column: 2))
    capture.log.logger(label: "x", level: .info).info("hello", metadata: ["n": "1"])
    #expect(try capture.output == "Title\ninside\n")
    #expect(try capture.diagnostics == "warning: f.yml:1:2: T: odd\ninfo [x] hello n=1\n")
  }

  @Test func atMostTenAnnotationsOfAKind() throws {
    let capture = try LogCapture(isActions: true)
    for number in 1...13 { capture.log.warning("w \(number)") }
    capture.log.error("e")
    let lines = try capture.output.split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("::warning::") } == 10)
    #expect(lines.count { $0.hasPrefix("warning: w 1") } == 3)
    #expect(lines.count { $0.hasPrefix("GitHub shows 10") } == 1)
    #expect(lines.last == "::error::e")
  }

  @Test func longMessagesAreCut() throws {
    let capture = try LogCapture(isActions: true)
    capture.log.error("\(String(repeating: "😀", count: 5_000))")
    let message = try capture.output.dropFirst("::error::".count).dropLast()
    #expect(message.utf16.count <= 4_096)
    #expect(message.hasSuffix("😀…"))
  }

  @Test func loggerKeepsToItsLevel() throws {
    let capture = try LogCapture(isActions: true)
    let logger = capture.log.logger(label: "GitHub", level: .warning)
    logger.info("quiet")
    logger.error("a\n::error::b")
    #expect(try capture.output == "error [GitHub] a↵::error::b\n")
  }

  @Test func linesOfManyTasksStayWhole() async throws {
    let capture = try LogCapture(isActions: true)
    let log = capture.log
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask { for _ in 0..<200 { log.line("\(String(repeating: String(task), count: 500))") } }
      }
    }
    let lines = try capture.output.split(separator: "\n")
    #expect(lines.count == 1_600)
    #expect(lines.allSatisfy { $0.count == 500 && Set($0).count == 1 })
  }

  @Test func aReaderThatLeftDoesNotEndTheRun() {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    let log = RunLog(output: ends[1], isActions: true)
    log.line("into nothing")
    log.line("and again")
    close(ends[1])
  }

  @Test func aSlowReaderGetsEverything() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    let reader = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    let log = RunLog(output: ends[1], isActions: true)
    let writer = Thread { [end = ends[1]] in
      log.line("\(String(repeating: "x", count: 1_000_000))")
      close(end)
    }
    writer.start()
    #expect(try reader.readToEnd()?.count == 1_000_001)
  }
}
