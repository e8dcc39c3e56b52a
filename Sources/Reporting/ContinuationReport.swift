public import Domain
public import Markup

/// What comes after a run that left its job incomplete: the summary of `yardmaster continue`.
public struct ContinuationReport: Sendable {
  public var repository: RepositoryName?
  public var jobID: JobID
  /// The job's, once what comes next is decided.
  public var status: Job.Status
  public var continuation: Continuation
  public var now: Timestamp

  public init(
    repository: RepositoryName?, jobID: JobID, status: Job.Status, continuation: Continuation, now: Timestamp
  ) {
    self.repository = repository
    self.jobID = jobID
    self.status = status
    self.continuation = continuation
    self.now = now
  }

  /// One sentence for the log.
  public var sentence: String {
    switch continuation {
    case .notNeeded where status == .completed: "The job is complete: it needs no further run."
    case .notNeeded where status.isOpen: "The job needs no further run."
    case .notNeeded: "The job is \(status.rawValue): nobody works on what is left of it, and no further run follows."
    case .dispatch(let number): "The next run is dispatched; it is number \(Figures.count(number)) after the first one."
    case .alreadyDispatched: "This run has dispatched the next one before."
    case .waits(let until):
      "GitHub's quota is used up until \(until) (\(Figures.age(of: until, at: now))); the sweep goes on after that."
    case .stuck(let runs):
      "\(Figures.count(runs, "run")) in a row stored nothing new, so no further run is dispatched."
    }
  }

  public func markdown() -> Markdown {
    let name = repository.map { Markdown.code($0.description) } ?? "–"
    let job: Markdown = "Job \(Markdown.code(jobID.text))."
    switch continuation {
    case .stuck: break
    case .waits(let until):
      let moment: Markdown = "\(Markdown.code(until.description)) (\(Figures.age(of: until, at: now)))"
      return .blocks([
        "### ⏳ Continuation of \(name)",
        "GitHub's quota is used up until \(moment); the sweep goes on after that. \(job)",
      ])
    case .notNeeded:
      let sign: Markdown = status == .completed || status.isOpen ? "✅" : "⏹️"
      return .blocks(["### \(sign) Continuation of \(name)", "\(sentence) \(job)"])
    case .dispatch, .alreadyDispatched: return .blocks(["### ▶️ Continuation of \(name)", "\(sentence) \(job)"])
    }
    let advice: Markdown = """
      **What to do:** look at the errors of the chunks with \(Markdown.code("yardmaster status --job-id \(jobID.text)")), \
      remove the cause, and dispatch the workflow again. It goes on from the last checkpoint.
      """
    return .blocks(["### ❌ Continuation of \(name): stuck", "\(sentence) \(job)", advice])
  }
}
