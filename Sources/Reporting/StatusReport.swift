public import Domain
public import Markup

/// Jobs, and what is proven of their repositories: the answer of `yardmaster status`.
public struct StatusReport: Sendable {
  public var jobs: [JobProgress]
  /// Whether one job was asked for, and not the newest ones.
  public var isOneJob: Bool
  public var proofs: [RepositoryName: CaptureProof] = [:]
  public var balances: [BudgetBalance] = []
  public var links = RunLinks()
  public var now: Timestamp

  public init(_ jobs: [JobProgress], isOneJob: Bool = false, now: Timestamp) {
    self.jobs = jobs
    self.isOneJob = isOneJob
    self.now = now
  }

  /// Plain tables for a terminal: the jobs, the open chunks where there is one job alone, the proofs, the quota.
  public func text() -> LogText {
    guard !jobs.isEmpty else { return "No job yet. `yardmaster plan --repository O/R` makes one." }
    var blocks = [table + remarks]
    if jobs.count == 1, let job = jobs.first { blocks.append(openChunks(of: job)) }
    for repository in repositories {
      guard let proof = proofs[repository] else { continue }
      let report = ProofReport(proof, now: now)
      blocks.append(["PROOF of \(repository): \(report.verdict)"] + LogText.aligned(report.facts.map(\.logCells)))
    }
    if !balances.isEmpty {
      blocks.append(
        ["QUOTA of GitHub"] + LogText.aligned(BudgetReport(balances: balances, now: now).facts.map(\.logCells)))
    }
    return blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  /// The summary of the step: one job in full; nothing where several are listed.
  public func markdown() -> Markdown {
    guard isOneJob, let job = jobs.first else { return "" }
    var report = JobReport(progress: job, now: now)
    report.proof = job.repository.flatMap { proofs[$0] }
    report.balances = balances
    report.links = links
    return report.markdown()
  }

  /// In the order of the jobs, each once.
  private var repositories: [RepositoryName] {
    var seen: Set<RepositoryName> = []
    return jobs.compactMap(\.repository).filter { seen.insert($0).inserted }
  }

  private var table: [LogText] {
    var rows: [[LogText]] = [
      ["JOB", "REPOSITORY", "KIND", "STATUS", "CHUNKS", "ITEMS", "RATE", "LEFT", "POINTS", "REST REQUESTS", "CREATED"]
    ]
    for job in jobs {
      let pace = JobPace(job, now: now)
      let left =
        pace.waitsUntil != nil ? "waits" : job.isComplete ? "–" : pace.secondsLeft.map { Figures.duration($0) } ?? "–"
      rows.append([
        "\(job.id.text)", "\(job.repository?.description ?? "–")", "\(job.kind.rawValue)", "\(job.status.rawValue)",
        "\(job.chunks.count - job.remainingChunks)/\(job.chunks.count)", "\(Figures.count(job.items))",
        "\(pace.itemsPerSecond.map { Figures.decimal($0) + "/s" } ?? "–")", "\(left)", "\(Figures.count(job.points))",
        "\(Figures.count(job.requests))", "\(Figures.age(of: job.createdAt, at: now))",
      ])
    }
    return LogText.aligned(rows)
  }

  /// What a table has no room for.
  private var remarks: [LogText] {
    jobs.flatMap { job -> [LogText] in
      var lines: [LogText] = []
      if let error = job.error {
        lines.append("\(job.id.text) \(job.status == .failed ? "failed" : "had an error"): \(error)")
      }
      if let until = JobPace(job, now: now).waitsUntil {
        lines.append("\(job.id.text) waits for GitHub's quota until \(until) (\(Figures.age(of: until, at: now))).")
      }
      if job.processor != .githubActions {
        lines.append("\(job.id.text) \(job.isComplete ? "was" : "is") worked on by \(job.processor.inWords).")
      }
      let cost = Cost(points: job.points, requests: job.requests)
      if jobs.count == 1, let each = cost.each(of: job.items) { lines.append("Cost of an item: \(each).") }
      return lines
    }
  }

  private func openChunks(of job: JobProgress) -> [LogText] {
    let limit = 20
    let open = job.chunks.filter { $0.status != .completed }
    guard !open.isEmpty else { return [] }
    var rows: [[LogText]] = [
      ["CHUNK", "STATUS", "NUMBERS", "ITEMS", "ATTEMPTS", "POINTS", "REST REQUESTS", "RUN", "COVERS"]
    ]
    for chunk in open.prefix(limit) {
      let size = chunk.size.map { "\(Figures.count(chunk.numbersLookedAt ?? 0))/\(Figures.count($0))" }
      rows.append([
        "\(chunk.ordinal)", chunk.isAbandoned(at: now) ? "abandoned" : "\(chunk.status.rawValue)", "\(size ?? "–")",
        "\(Figures.count(chunk.itemsDone))",
        "\(chunk.attempts)", "\(Figures.count(chunk.points))", "\(Figures.count(chunk.requests))",
        "\(chunk.runID.map { $0 > 0 ? String($0) : "–" } ?? "–")", "\(chunk.scope)",
      ])
    }
    var lines = LogText.aligned(rows)
    for chunk in open.prefix(limit) {
      if let error = chunk.error { lines.append("Chunk \(chunk.ordinal): \(Figures.shortened(error, to: 500))") }
    }
    if open.count > limit { lines.append("… and \(Figures.count(open.count - limit, "more chunk"))") }
    return lines
  }
}
