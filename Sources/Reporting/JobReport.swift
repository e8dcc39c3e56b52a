public import Domain
public import Markup

/// Where a job stands, whatever run asks: the summary of `yardmaster status`, and a part of the others.
public struct JobReport: Sendable {
  public var progress: JobProgress
  /// What is proven of the job's repository.
  public var proof: CaptureProof?
  public var balances: [BudgetBalance] = []
  public var links = RunLinks()
  public var now: Timestamp

  public init(progress: JobProgress, now: Timestamp) {
    self.progress = progress
    self.now = now
  }

  public func markdown() -> Markdown {
    let name = progress.repository.map { Markdown.code($0.description) } ?? "–"
    return .blocks(["### \(progress.kind.inWords) of \(name): \(progress.status.rawValue)", standing])
  }

  /// Everything below the heading.
  var standing: Markdown {
    let chunks = ChunkTable(job: progress, links: links, now: now)
    return .blocks([
      JobPicture(job: progress, now: now).markdown, .table(header: ["The whole job", ""], rows: facts),
      chunks.markdown, chunks.legend, proof.map { ProofReport($0, now: now).markdown() } ?? "",
      BudgetReport(balances: balances, now: now).markdown,
    ])
  }

  private var facts: [[Markdown]] {
    let pace = JobPace(progress, now: now)
    var cells: [[Markdown]] = [
      ["Id", .code(progress.id.text)],
      ["Status", "\(progress.status.rawValue), worked on by \(progress.processor.inWords)"],
      ["Issues and pull requests", "\(Figures.count(progress.items))"],
    ]
    if progress.numbersTotal > 0 {
      let (done, total) = (progress.numbersLookedAt, progress.numbersTotal)
      cells.append([
        "Numbers done",
        "\(Figures.count(done)) of \(Figures.count(total)) (\(Figures.percent(done, of: total)))",
      ])
    }
    let done = progress.chunks.count - progress.remainingChunks
    cells.append(["Chunks done", "\(Figures.count(done)) of \(Figures.count(progress.chunks.count))"])
    let cost = Cost(points: progress.points, requests: progress.requests)
    cells.append(["Cost", "\(cost.total)"])
    if let each = cost.each(of: progress.items) { cells.append(["Cost of an item", "\(each)"]) }
    // Where the job brought everything that there is, its pull requests are known too.
    if let proof, progress.kind == .history, progress.items >= proof.pullRequests + proof.issues,
      let each = cost.each(of: proof.pullRequests)
    {
      cells.append(["Cost shared out among the pull requests", "\(each)"])
    }
    if let until = pace.waitsUntil {
      cells.append(["Waits until", "\(Markdown.code(until.description)) (\(Figures.age(of: until, at: now)))"])
    } else if let seconds = pace.secondsLeft, !progress.isComplete {
      cells.append(["Left at this pace", "\(Figures.duration(seconds))"])
    }
    if let error = progress.error { cells.append(["Last error", "\(Figures.shortened(error, to: 300))"]) }
    return cells
  }
}

/// What was spent at GitHub.
struct Cost {
  let points: Int
  let requests: Int

  /// `1,234 GraphQL points, 87 REST requests`
  var total: String { "\(Figures.count(points, "GraphQL point")), \(Figures.count(requests, "REST request"))" }

  /// `0.05 points, 0.0027 REST requests`; nil without items.
  func each(of items: Int) -> String? {
    guard items > 0 else { return nil }
    let points = Figures.ratio(Double(points) / Double(items))
    let requests = Figures.ratio(Double(requests) / Double(items))
    return "\(points) point\(points == "1" ? "" : "s"), \(requests) REST request\(requests == "1" ? "" : "s")"
  }
}
