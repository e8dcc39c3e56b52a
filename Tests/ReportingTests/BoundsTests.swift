import Domain
import Markup
import Reporting
import TestSupport
import Testing

/// Whatever a database or GitHub may hold: reports stay small, pictures stay pictures, logs run no command.
@Suite struct BoundsTests {
  static let alphabet: [Character] =
    Array("`|#@[]()<>&*_~\\\n\r\t:;%\"'{}-=+!0aZ😀é\u{202E}\u{200B}\u{0}")
    + ["::", "##["]
    .flatMap { Array($0) }

  static func text(_ length: Int, using generator: inout SeededGenerator) -> String {
    String((0..<length).compactMap { _ in alphabet.randomElement(using: &generator) })
  }

  static func job(using generator: inout SeededGenerator) throws -> JobProgress {
    let states: [JobProgress.Chunk.Status] = [.pending, .leased, .waiting, .completed, .failed]
    let statuses: [Job.Status] = [.pending, .running, .waiting, .completed, .failed, .cancelled]
    let chunks = (0..<Int.random(in: 0...300, using: &generator)).map { index -> JobProgress.Chunk in
      let huge = Bool.random(using: &generator)
      var chunk = JobProgress.Chunk(
        ordinal: index + 1, status: states.randomElement(using: &generator) ?? .pending,
        scope: text(huge ? 400 : 20, using: &generator), itemsDone: Int.random(in: -1...2_000, using: &generator),
        size: Bool.random(using: &generator) ? Int.random(in: 0...100_000, using: &generator) : nil, attempts: 3)
      chunk.error = Bool.random(using: &generator) ? text(huge ? 300 : 10, using: &generator) : nil
      chunk.numbersDone = Bool.random(using: &generator) ? Int.random(in: -5...200_000, using: &generator) : nil
      chunk.runID = Bool.random(using: &generator) ? Int64.random(in: .min ... .max, using: &generator) : nil
      chunk.startedAt =
        Bool.random(using: &generator) ? Samples.now - Double.random(in: -9...1e9, using: &generator) : nil
      chunk.completedAt =
        chunk.status == .completed ? Samples.now - Double.random(in: -9...1e9, using: &generator) : nil
      chunk.notBefore =
        Bool.random(using: &generator) ? Samples.now + Double.random(in: -9...9, using: &generator) : nil
      return chunk
    }
    return JobProgress(
      id: try Samples.job(), repository: Bool.random(using: &generator) ? try Samples.repository() : nil,
      kind: .audit, processor: .inngest, status: statuses.randomElement(using: &generator) ?? .running,
      items: Int.random(in: -1...1_000_000, using: &generator), chunks: chunks,
      points: Int.random(in: 0...1_000_000, using: &generator), requests: 7, createdAt: Samples.now,
      startedAt: Samples.now - Double.random(in: -9...1e9, using: &generator), completedAt: nil,
      error: text(3_000, using: &generator))
  }

  @Test(arguments: UInt64(1)...12)
  func reportsKeepTheirBounds(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let job = try Self.job(using: &generator)
    var report = SyncReport(progress: job, now: Samples.now)
    report.proof = Samples.holed
    report.links = Samples.links
    report.resumedFrom = Self.text(100, using: &generator)
    let markdown = report.markdown().text
    #expect(markdown.utf8.count < 600_000, "seed \(seed)")
    Self.expectPictures(in: markdown, seed: seed)

    var status = StatusReport([job], isOneJob: true, now: Samples.now)
    status.balances = [
      BudgetBalance(resource: Self.text(50, using: &generator), limit: 0, remaining: 0, resetsAt: Samples.now)
    ]
    #expect(try StatusReportTests.jobs(in: status.json()).count == 1, "seed \(seed)")
    #expect(status.json().utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "seed \(seed)")
    let text = status.text()
    // Each line stands for itself: nothing that came from outside broke one.
    #expect(text.lines.count < 150, "seed \(seed)")
    #expect(
      text.lines.allSatisfy { !$0.contains("##[") && !$0.drop { $0.isWhitespace }.hasPrefix("::") }, "seed \(seed)")

    let texts = (0..<5).map { _ in Self.text(1_000, using: &generator) }
    var sweep = SweepReport(repository: try Samples.repository(), now: Samples.now)
    sweep.parts = (0..<200).map { _ in
      var part = SweepReport.Part(.continuation, job: job)
      part.note = texts.randomElement(using: &generator)
      return part
    }
    sweep.remaining = (0..<500).compactMap { _ in texts.randomElement(using: &generator) }
    #expect(sweep.markdown().text.utf8.count < 600_000, "seed \(seed)")
  }

  /// A picture's lines are this program's own, word for word.
  static func expectPictures(in markdown: String, seed: UInt64) {
    var inside = false
    let own =
      /^(pie showData|gantt|  title (Numbers looked at|Chunks|When the (30 slowest )?chunks were worked on)|  todayMarker off|  dateFormat YYYY-MM-DDTHH:mm:ss|  axisFormat [%mdHMS: -]+|  "[a-z ]+" : [0-9]+|  Chunk [0-9]+ : (done, |active, |crit, )?[-0-9:T]{19}, [-0-9:T]{19}|%%\{init: [-{}'a-zA-Z0-9:#, ]+\}%%)$/
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "```mermaid" {
        inside = true
      } else if inside, line == "```" {
        inside = false
      } else if inside {
        #expect(line.wholeMatch(of: own) != nil, "seed \(seed): \(line)")
      }
    }
    #expect(!inside, "seed \(seed)")
  }
}
