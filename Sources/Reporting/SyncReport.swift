public import Domain
public import Markup

/// What one `yardmaster sync` did, and where its job stands.
public struct SyncReport: Sendable {
  /// Why the run ended before its job.
  public enum Stop: Hashable, Sendable {
    case signal(StopSignal)
    case timeUp
    /// GitHub's limit lasts beyond the deadline.
    case limited(until: Timestamp)
    /// What the run was allowed to spend is spent.
    case spent
    /// Other jobs hold the chunks that are left.
    case nothingFree
  }

  /// The job after the run.
  public var progress: JobProgress
  public var now: Timestamp
  /// Of this run alone.
  public var items = 0
  /// Those of the items that are pull requests, where that was counted.
  public var pullRequests: Int?
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
  /// What is proven of the repository after the run.
  public var proof: CaptureProof?
  public var balances: [BudgetBalance] = []
  public var links = RunLinks()

  public init(progress: JobProgress, now: Timestamp) {
    self.progress = progress
    self.now = now
  }

  public func markdown() -> Markdown {
    Markdown.blocks([heading, fault?.markdown ?? "", thisRun, job.standing])
  }

  private var job: JobReport {
    var report = JobReport(progress: progress, now: now)
    report.proof = proof
    report.balances = balances
    report.links = links
    return report
  }

  private var heading: Markdown {
    let name = progress.repository.map { Markdown.code($0.description) } ?? "–"
    let subject: Markdown = "\(progress.kind.inWords) of \(name)"
    if fault != nil { return "### ❌ \(subject): the run failed" }
    if progress.isComplete { return "### ✅ \(subject): complete" }
    if !progress.status.isOpen {
      return
        "### ⏹️ \(subject): \(progress.status.rawValue) with \(Figures.count(progress.remainingChunks, "chunk")) left"
    }
    return "### \(stop.sign) \(subject): \(stop.words(left: Figures.count(progress.remainingChunks, "chunk")))"
  }

  private var thisRun: Markdown {
    let rate = duration > 0 ? " (\(Figures.decimal(Double(rows) / duration))/s)" : ""
    var cells: [[Markdown]] = [
      ["Issues and pull requests", "\(Figures.count(items))"],
      ["Rows", "\(Figures.count(rows) + rate)"],
      ["Pages, chunks completed", "\(Figures.count(pages)), \(Figures.count(chunksCompleted))"],
      ["Cost", usage.inWords],
    ]
    let cost = Cost(points: usage.graphQLPoints, requests: usage.restRequests)
    if usage.restRequests + usage.graphQLRequests > 0 {
      if let each = cost.each(of: items) { cells.append(["Cost of an item", "\(each)"]) }
      if let pullRequests, let each = cost.each(of: pullRequests) {
        cells.append(["Cost shared out among the pull requests", "\(each)"])
      }
    }
    cells.append(["Duration", "\(Figures.duration(duration))"])
    if let resumedFrom { cells.append(["Resumed from", .code(resumedFrom)]) }
    return .table(header: ["This run", ""], rows: cells)
  }
}

extension SyncReport.Stop? {
  var sign: Markdown {
    switch self {
    case .signal, .timeUp, .spent: "⏸️"
    case .limited, .nothingFree, nil: "⏳"
    }
  }

  /// - Parameter left: `3 chunks`
  func words(left: String) -> Markdown {
    switch self {
    case .signal: "cancelled with \(left) left, checkpoint saved"
    case .timeUp: "time is up with \(left) left, checkpoint saved"
    case .limited(let until):
      "\(left) left, and GitHub's rate limit holds until \(Markdown.code(until.description)); checkpoint saved"
    case .spent: "what this run may spend is spent, \(left) left, checkpoint saved"
    case .nothingFree: "\(left) left, none free now"
    case nil: "\(left) left"
    }
  }
}
