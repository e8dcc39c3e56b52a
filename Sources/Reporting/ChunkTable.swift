import Domain
import Markup

/// The chunks of a job, those that are not done first.
struct ChunkTable {
  let job: JobProgress
  let links: RunLinks
  let now: Timestamp

  /// A plan has at most 256 chunks.
  private static let rowLimit = 300
  /// Characters of an error; escaped, each may take nine bytes.
  private static let errorLimit = 120

  var markdown: Markdown {
    guard !job.chunks.isEmpty else { return "" }
    let sorted = job.chunks.filter { $0.status != .completed } + job.chunks.filter { $0.status == .completed }
    let shown = sorted.prefix(Self.rowLimit)
    let hasErrors = shown.contains { $0.error != nil && $0.status != .completed }
    let rows = shown.map { row($0, hasErrors: hasErrors) }
    var header: [Markdown] = [
      "Chunk", "Covers", "Status", "Numbers done", "Items", "Attempts", "Points", "REST requests", "Log",
    ]
    if hasErrors { header.append("Last error") }
    let more: Markdown =
      sorted.count > shown.count ? "… and \(Figures.count(sorted.count - shown.count)) more." : ""
    return .details("Chunks", .blocks([.table(header: header, rows: rows), more]))
  }

  private func row(_ chunk: JobProgress.Chunk, hasErrors: Bool) -> [Markdown] {
    var cells: [Markdown] = [
      "\(chunk.ordinal)", "\(Figures.shortened(chunk.scope, to: Self.errorLimit))", status(chunk), numbers(chunk),
      "\(Figures.count(chunk.itemsDone))", "\(chunk.attempts)", "\(Figures.count(chunk.points))",
      "\(Figures.count(chunk.requests))", links.markdown(chunk.runID),
    ]
    if hasErrors {
      let error = chunk.status == .completed ? nil : chunk.error
      cells.append(error.map { "\(Figures.shortened($0, to: Self.errorLimit))" } ?? "")
    }
    return cells
  }

  private func status(_ chunk: JobProgress.Chunk) -> Markdown {
    let word: Markdown =
      switch chunk.status {
      case .completed: "✅ done"
      case .leased where chunk.isAbandoned(at: now): "🟠 left by a process that ended"
      case .leased: "🔵 being worked on"
      case .waiting: "🟡 waiting"
      case .pending: "⚪ not done"
      case .failed: "❌ failed"
      }
    guard chunk.status != .completed, let moment = chunk.notBefore, moment > now else { return word }
    return "\(word), not before \(Markdown.code(moment.description))"
  }

  /// `1,000 of 1,000 (8 empty)`
  private func numbers(_ chunk: JobProgress.Chunk) -> Markdown {
    guard let size = chunk.size, let looked = chunk.numbersLookedAt else { return "–" }
    let empty = chunk.empty.map { $0 > 0 ? " (\(Figures.count($0)) empty)" : "" } ?? ""
    return "\(Figures.count(looked)) of \(Figures.count(size) + empty)"
  }

  /// What "empty" means, where the table says it.
  var legend: Markdown {
    guard job.chunks.contains(where: { ($0.empty ?? 0) > 0 }) else { return "" }
    return "*Empty* numbers have neither an issue nor a pull request: discussions, and what was deleted or moved away."
  }
}
