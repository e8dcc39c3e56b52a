public import Domain
public import Markup

/// What one `yardmaster sweep` did, what is proven after it, and what is left.
public struct SweepReport: Sendable {
  /// The parts of a sweep, in its order.
  public enum Step: String, Hashable, Sendable, CaseIterable {
    /// An open job was worked on.
    case continuation
    /// What changed since the last walk.
    case delta
    /// Gaps, unfinished items, wrong counts, dead letters.
    case repair
    /// Everything once more, a part at a time.
    case audit
  }

  /// What came of one of them.
  public struct Part: Sendable {
    public var step: Step
    /// The job after the sweep; nil where there was nothing to do.
    public var job: JobProgress?
    public var items = 0
    public var rows = 0
    public var points = 0
    /// Over REST.
    public var requests = 0
    /// What it was allowed to spend, where that was limited.
    public var maximumPoints: Int?
    public var maximumRequests: Int?
    public var stop: SyncReport.Stop?
    /// Why there was nothing to do, or what else is worth knowing; one sentence.
    public var note: String?
    public var fault: Fault?

    public init(_ step: Step, job: JobProgress? = nil) {
      self.step = step
      self.job = job
    }
  }

  public var repository: RepositoryName
  public var parts: [Part] = []
  public var proofBefore: CaptureProof?
  public var proof: CaptureProof?
  public var balances: [BudgetBalance] = []
  public var usage = APIUsage()
  /// Seconds.
  public var duration = 0.0
  public var now: Timestamp
  /// What is left besides what the parts and the proof say, one sentence each.
  public var remaining: [String] = []
  public var fault: Fault?

  public init(repository: RepositoryName, now: Timestamp) {
    self.repository = repository
    self.now = now
  }

  private static let partLimit = 50

  public func markdown() -> Markdown {
    .blocks([
      heading, fault?.markdown ?? "", work, notes, proof.map { proven($0) } ?? "", left,
      BudgetReport(balances: balances, now: now).markdown,
      "**Cost:** \(usage.inWords) · \(Figures.duration(duration))",
    ])
  }

  private var heading: Markdown {
    let name = Markdown.code(repository.description)
    if fault != nil || parts.contains(where: { $0.fault != nil }) {
      return "### ❌ Sweep of \(name): a part of it failed"
    }
    guard let proof else { return "### 🧹 Sweep of \(name)" }
    return proof.isWhole ? "### ✅ Sweep of \(name): whole" : "### ⚠️ Sweep of \(name): not whole yet"
  }

  private var work: Markdown {
    guard !parts.isEmpty else { return "There was nothing to do." }
    let rows = parts.prefix(Self.partLimit).map { part -> [Markdown] in
      [
        "\(part.step.inWords)", part.result, "\(Figures.count(part.items))", "\(Figures.count(part.rows))",
        Self.spent(part.points, of: part.maximumPoints), Self.spent(part.requests, of: part.maximumRequests),
        part.job.map { .code($0.id.text) } ?? "–",
      ]
    }
    return .table(header: ["This sweep", "Result", "Items", "Rows", "Points", "REST requests", "Job"], rows: rows)
  }

  /// `240 of 250`
  private static func spent(_ amount: Int, of maximum: Int?) -> Markdown {
    "\(Figures.count(amount) + (maximum.map { " of \(Figures.count($0))" } ?? ""))"
  }

  private var notes: Markdown {
    .blocks(
      parts.prefix(Self.partLimit).flatMap { part -> [Markdown] in
        [
          part.note.map { "**\(part.step.inWords):** \(Figures.shortened($0, to: 300))" } ?? "",
          part.fault?.markdown ?? "",
        ]
      })
  }

  private func proven(_ proof: CaptureProof) -> Markdown {
    ProofReport(proof, before: proofBefore, now: now).markdown()
  }

  private var left: Markdown {
    var sentences = parts.prefix(Self.partLimit).compactMap(\.left)
    if let proof {
      let missing = ProofReport(proof, now: now).missing
      if !missing.isEmpty {
        sentences.append("The next sweep asks for these again: \(missing.joined(separator: ", ")).")
      }
    }
    sentences += remaining.prefix(Self.partLimit).map { "\(Figures.shortened($0, to: 300))" }
    guard !sentences.isEmpty else { return "" }
    return "**What is left**\n\n" + sentences.map { "- " + $0 }.joined(separator: "\n")
  }
}

extension SweepReport.Step {
  var inWords: String {
    switch self {
    case .continuation: "Open job"
    case .delta: "Changes since the last walk"
    case .repair: "Repair"
    case .audit: "Audit"
    }
  }
}

extension SweepReport.Part {
  fileprivate var result: Markdown {
    if fault != nil { return "❌ failed" }
    guard let job else { return "– nothing to do" }
    if job.isComplete { return "✅ done" }
    if case .audit = step, job.numbersTotal > 0 {
      return "⏸️ \(Figures.percent(job.numbersLookedAt, of: job.numbersTotal)) of the numbers read"
    }
    return "\(stop.sign) \(Figures.count(job.remainingChunks, "chunk")) left"
  }

  /// What is left of it and why; nil where nothing is.
  fileprivate var left: Markdown? {
    guard let job, !job.isComplete, job.status.isOpen else { return nil }
    return "\(step.inWords): \(stop.words(left: Figures.count(job.remainingChunks, "chunk")))."
  }
}
