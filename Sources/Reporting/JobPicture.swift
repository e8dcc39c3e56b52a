import Domain
import Markup

/// Mermaid pictures of a job. Nothing of them is text that came from outside.
struct JobPicture {
  let job: JobProgress
  let now: Timestamp

  /// Bars that one can still tell apart.
  private static let barLimit = 30

  var markdown: Markdown { .blocks([pie, gantt]) }

  /// How much is done; nothing where that is all or nothing.
  private var pie: Markdown {
    let slices = self.slices.filter { $0.value > 0 }.sorted { ($1.value, $0.name) < ($0.value, $1.name) }
    guard slices.count > 1 else { return "" }
    // Slices are drawn, and the theme's colours given, in the order of their size.
    let colours = slices.enumerated().map { "'pie\($0 + 1)': '\($1.colour)'" }.joined(separator: ", ")
    let title = job.numbersTotal > 0 ? "Numbers looked at" : "Chunks"
    var lines = [
      "%%{init: {'theme': 'base', 'themeVariables': {\(colours), 'pieSectionTextColor': '#ffffff'}}}%%",
      "pie showData", "  title \(title)",
    ]
    lines += slices.map { "  \"\($0.name)\" : \($0.value)" }
    return .codeBlock(lines.joined(separator: "\n"), language: "mermaid")
  }

  private var slices: [(name: String, value: Int, colour: String)] {
    let countsNumbers = job.numbersTotal > 0
    func left(_ status: JobProgress.Chunk.Status, abandoned: Bool = false) -> Int {
      job.chunks.lazy.filter { $0.status == status && $0.isAbandoned(at: now) == abandoned }
        .reduce(0) { $0 + (countsNumbers ? $1.numbersLeft ?? 0 : 1) }
    }
    return [
      ("done", countsNumbers ? job.numbersLookedAt : left(.completed), "#2da44e"),
      ("being worked on", left(.leased), "#0969da"), ("left behind", left(.leased, abandoned: true), "#bc4c00"),
      ("waiting", left(.waiting), "#bf8700"),
      ("not begun", left(.pending), "#6e7781"), ("failed", left(.failed), "#cf222e"),
    ]
  }

  /// When the chunks were worked on: what ran side by side, and which were slow.
  private var gantt: Markdown {
    let bars = job.chunks.compactMap { chunk -> Bar? in
      let holder = chunk.isAbandoned(at: now) ? chunk.leaseExpiresAt : chunk.status == .leased ? now : nil
      guard let start = chunk.startedAt, let end = chunk.completedAt ?? holder else { return nil }
      // A bar without length is not drawn.
      return Bar(chunk: chunk, start: start, end: max(end, start + 1))
    }
    guard bars.count > 1 else { return "" }
    let longest = bars.sorted { ($1.length, $0.chunk.ordinal) < ($0.length, $1.chunk.ordinal) }.prefix(Self.barLimit)
    let shown = longest.sorted { ($0.start, $0.chunk.ordinal) < ($1.start, $1.chunk.ordinal) }
    let title =
      bars.count > shown.count
      ? "When the \(shown.count) slowest chunks were worked on" : "When the chunks were worked on"
    let span = (shown.map(\.end.microseconds).max() ?? 0) - (shown.map(\.start.microseconds).min() ?? 0)
    let day: Int64 = 86_400_000_000
    var lines = [
      "gantt", "  title \(title)", "  todayMarker off", "  dateFormat YYYY-MM-DDTHH:mm:ss",
      "  axisFormat \(span > day ? "%m-%d %H:%M" : "%H:%M:%S")",
    ]
    lines += shown.map { bar in
      let state =
        switch bar.chunk.status {
        case .completed: "done, "
        case .leased: "active, "
        case .failed: "crit, "
        case .pending, .waiting: ""
        }
      return "  Chunk \(bar.chunk.ordinal) : \(state)\(Self.moment(bar.start)), \(Self.moment(bar.end))"
    }
    return .codeBlock(lines.joined(separator: "\n"), language: "mermaid")
  }

  private struct Bar {
    let chunk: JobProgress.Chunk
    let start: Timestamp
    let end: Timestamp
    var length: Int64 { end.microseconds - start.microseconds }
  }

  /// `2026-11-18T10:56:40`, without the fraction and the zone, which the picture's format does not have.
  private static func moment(_ time: Timestamp) -> String {
    String(Timestamp(seconds: time.seconds).description.prefix { $0 != "Z" && $0 != "." })
  }
}
