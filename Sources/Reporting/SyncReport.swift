public import Domain
public import Markup

/// What one `yardmaster sync` did, and where its job stands.
public struct SyncReport: Sendable {
  /// Why the run ended before its job.
  public enum Stop: Hashable, Sendable {
    case signal(StopSignal)
    case timeUp
    /// Other jobs hold the chunks that are left, or GitHub's limit lasts beyond the deadline.
    case nothingFree
  }

  /// The job after the run.
  public var progress: JobProgress
  public var now: Timestamp
  /// Of this run alone.
  public var items = 0
  public var rows = 0
  public var pages = 0
  public var chunksCompleted = 0
  public var usage = APIUsage()
  /// Seconds.
  public var duration = 0.0
  /// The checkpoint that the run went on from: `chunk 3 after 41 of 100`.
  public var resumedFrom: String?
  public var stop: Stop?
  public var fault: Fault?

  public init(progress: JobProgress, now: Timestamp) {
    self.progress = progress
    self.now = now
  }

  public func markdown() -> Markdown {
    Markdown.blocks([heading, fault?.markdown ?? "", progress.picture, thisRun, job, progress.chunkTable])
  }

  private var heading: Markdown {
    let repository = progress.repository.map { Markdown.code($0.description) } ?? "–"
    if fault != nil { return "### ❌ History of \(repository): the run failed" }
    if progress.isComplete { return "### ✅ History of \(repository): complete" }
    let left = Figures.count(progress.remainingChunks, "chunk")
    return switch stop {
    case .signal: "### ⏸️ History of \(repository): cancelled with \(left) left, checkpoint saved"
    case .timeUp: "### ⏸️ History of \(repository): time is up with \(left) left, checkpoint saved"
    case .nothingFree: "### ⏳ History of \(repository): \(left) left, none free now"
    case nil: "### ⏳ History of \(repository): \(left) left"
    }
  }

  private var thisRun: Markdown {
    let rate = duration > 0 ? Double(rows) / duration : 0
    let requests = usage.restRequests + usage.graphQLRequests
    var cells: [[Markdown]] = [
      ["Issues and pull requests", "\(Figures.count(items))"],
      ["Rows", "\(Figures.count(rows)) (\(Figures.decimal(rate))/s)"],
      ["Pages, chunks completed", "\(Figures.count(pages)), \(Figures.count(chunksCompleted))"],
      ["Cost", usage.inWords],
    ]
    if items > 0, requests > 0 {
      let points = Figures.decimal(Double(usage.graphQLPoints) / Double(items))
      cells.append([
        "Cost of an item", "\(points) points, \(Figures.decimal(Double(requests) / Double(items))) requests",
      ])
    }
    cells.append(["Duration", "\(Figures.duration(duration))"])
    if let resumedFrom { cells.append(["Resumed from", .code(resumedFrom)]) }
    return .table(header: ["This run", ""], rows: cells)
  }

  private var job: Markdown {
    let pace = JobPace(progress, now: now)
    var cells: [[Markdown]] = [
      ["Id", .code(progress.id.text)], ["Status", .code(progress.status)],
      ["Issues and pull requests", "\(Figures.count(progress.items))"],
      [
        "Chunks",
        "\(Figures.count(progress.chunks.count - progress.remainingChunks)) of \(Figures.count(progress.chunks.count))",
      ],
      [
        "Cost",
        "\(Figures.count(progress.points, "point")), \(Figures.count(progress.requests, "request"))",
      ],
    ]
    if let seconds = pace.secondsLeft, !progress.isComplete {
      cells.append(["Left at this pace", "\(Figures.duration(seconds))"])
    }
    if let error = progress.error { cells.append(["Last error", "\(Figures.shortened(error, to: 300))"]) }
    return .table(header: ["The whole job", ""], rows: cells)
  }
}

extension JobProgress {
  /// The statuses of chunks in the order of a picture, each with its colour on GitHub's light and dark pages.
  private static let statuses = [
    ("completed", "#2da44e"), ("leased", "#0969da"), ("waiting", "#bf8700"), ("pending", "#6e7781"),
    ("failed", "#cf222e"),
  ]

  /// A Mermaid picture of how many chunks are in which state; nothing for fewer than two chunks.
  var picture: Markdown {
    guard chunks.count > 1 else { return "" }
    let name: MermaidText = "\(repository?.description ?? "–")<br/>\(Figures.count(items)) items"
    var lines = ["flowchart LR", "  job[\"\(name.text)\"]"]
    for (status, colour) in Self.statuses {
      let count = chunks.count { $0.status == status }
      guard count > 0 else { continue }
      let label: MermaidText = "\(count) of \(chunks.count) \(status)"
      lines.append("  job --> \(status)[\"\(label.text)\"]")
      lines.append("  style \(status) fill:\(colour),stroke:\(colour),color:#ffffff")
    }
    return .codeBlock(lines.joined(separator: "\n"), language: "mermaid")
  }

  /// All chunks, those that are not done first.
  var chunkTable: Markdown {
    guard !chunks.isEmpty else { return "" }
    let sorted = chunks.filter { $0.status != "completed" } + chunks.filter { $0.status == "completed" }
    let rows = sorted.prefix(RunReport.rowLimit).map { chunk -> [Markdown] in
      let size = chunk.size.map { " of \(Figures.count($0))" } ?? ""
      return [
        "\(chunk.ordinal)", "\(chunk.scope)", "\(Figures.count(chunk.itemsDone) + size)", .code(chunk.status),
        "\(chunk.attempts)",
      ]
    }
    let table = Markdown.table(header: ["Chunk", "Covers", "Items", "Status", "Attempts"], rows: rows)
    return .details("Chunks", .blocks([table, RunReport.more(chunks.count)]))
  }
}
