public import Domain
public import Logging

/// Turns a request for history into a job with chunks.
///
/// History is cut by **number**. Issues, pull requests and discussions of a repository take their numbers from one
/// sequence that only grows, so
/// - a plan costs two calls of one point, however large the repository is: it has to know the newest number only;
/// - chunks are disjoint by construction and may be walked at the same time, in any order;
/// - a chunk means the same tomorrow as today, whatever is opened, edited or deleted meanwhile;
/// - completeness can be shown: each number from 1 to the newest was answered, with an item or with "not found".
///
/// Cutting by cursor has none of this (a cursor exists only after its predecessor's page), and cutting by date needs a
/// search, which ends at 1,000 results.
///
/// What a job covers, by its window:
/// - everything, and no walk over everything was completed before, or `full`: ranges from 1 to the newest number, and
///   one chunk for all review comments;
/// - everything, after such a walk: the numbers that were updated since it *began* (GitHub's clock, less 5 minutes for
///   clocks that differ and writes that appear late), those that are new, and the comments and review comments that
///   were written or edited since then. Nothing changed, no chunks: the job is complete at once and moves the mark
///   forward;
/// - since a date, or days back: the numbers that were updated since then with all that hangs on them, and the comments
///   and review comments since then;
/// - at most N: the newest N issues and pull requests of the window (with a window by number, else by creation);
/// - chosen numbers: these.
public struct Planner: Sendable {
  let github: any GitHubAPI
  let store: any CaptureStore
  private let clock: any WallClock
  private let logger: Logger

  /// Seconds by which a delta overlaps the walk before it.
  static let overlap = 300.0
  static let defaultJobs = 4

  public init(github: any GitHubAPI, store: any CaptureStore, clock: any WallClock, logger: Logger) {
    self.github = github
    self.store = store
    self.clock = clock
    self.logger = logger
  }

  /// Makes the job and its chunks, or returns the open job that covers the same.
  ///
  /// - Throws: `Failure` where the request makes no sense (64), the repository cannot be seen (78) or GitHub does not
  ///   answer (75), and whatever GitHub and the store throw.
  public func plan(_ request: PlanRequest) async throws -> Plan {
    try check(request)
    var notes: [String] = []
    let adopted = try await adopted(request)
    if let adopted {
      try await requireSameRepository(adopted, as: request.repository)
      guard adopted.status.isOpen else {
        let note = "The job is \(adopted.status.rawValue): there is nothing left to do in it."
        return try await plan(for: adopted, jobs: request.jobs, notes: [note])
      }
      if try await chunkCount(of: adopted) > 0 {
        return try await plan(for: adopted, jobs: request.jobs, notes: ["The job has its chunks already."])
      }
      if request.scope == nil { try check(adopted.scope, in: "The row of job \(adopted.id): ") }
    }

    var head = try await RepositoryHead.fetch(request.repository, from: github)
    // Taken after the first answer, which bears GitHub's clock; anything that changes from now on is the next delta's.
    // It tells whole seconds: where this machine's clock agrees with it, that one keeps two plans in their order.
    let here = clock.now
    var now = await github.usage.serverTime ?? here
    if abs(here.secondsSince(now)) <= 3 { now = here }
    // A mark that is too early costs a few numbers more; one that is too late loses what changed before it.
    let mark = min(now, here) - Self.overlap
    if head.name.description.lowercased() != request.repository.description.lowercased() {
      notes.append("\(request.repository) is called \(head.name) now.")
    }
    let repositoryID = try await store.repository(head.name, githubID: head.githubID)

    let scope = request.scope ?? adopted?.scope ?? CaptureScope(window: .all)
    let baseline = try await store.baseline(of: repositoryID)
    if scope.needsNewest, baseline != nil {
      // Where the newest items were deleted, GitHub's newest number goes back; what is stored there is to be looked at.
      head.newest = max(head.newest, try await store.newestItem(of: repositoryID))
      // Counts that agree do not spare it: one item may have gone and another have come.
      do {
        head = try await head.lookingAbove(with: github)
      } catch let error as any UserFacingError where error.exitStatus == .unavailable && !(error is RateLimited) {
        // What the lists show is worth a walk, and the next plan looks again.
        logger.debug("above #\(head.newest): \(error)")
        notes.append("GitHub did not say what stands above #\(head.newest): the next plan asks again.")
      }
    }
    let cut = try await chunks(
      for: scope, of: head, known: repositoryID, baseline: baseline, now: now, size: request.chunkSize, notes: &notes)
    let job = try await store.createJob(
      NewJob(
        id: adopted?.id, repositoryID: repositoryID, scope: scope, chunks: cut.chunks,
        walkedAsOf: cut.provesWhole ? mark : nil, runID: request.runID, newest: head.newest,
        itemCount: cut.provesWhole ? head.pullRequestCount + head.issueCount : nil,
        kind: adopted?.kind ?? request.kind, processor: request.processor, metadata: request.metadata))
    if cut.chunks.isEmpty { notes.append(scope.nothingFound) }
    return try await plan(for: job, jobs: request.jobs, notes: notes)
  }

  private func check(_ request: PlanRequest) throws(Failure) {
    let counts: [(String, Int?)] = [
      ("The chunk size", request.chunkSize), ("The number of jobs", request.jobs),
    ]
    for (name, count) in counts {
      if let count, count < 1 {
        throw Failure(.usage, "\(name) is \(count)", advice: "Give a whole number of at least 1, or leave it out.")
      }
    }
    if let scope = request.scope { try check(scope) }
  }

  /// - Parameter place: where the scope stands, for the message.
  private func check(_ scope: CaptureScope, in place: String = "") throws(Failure) {
    if let count = scope.maxItems, count < 1 {
      throw Failure(
        .usage, "\(place)The number of items is \(count)",
        advice: "Give a whole number of at least 1, or leave it out.")
    }
    if case .daysBack(let days) = scope.window, days < 1 {
      throw Failure(.usage, "\(place)The days back are \(days)", advice: "Give a whole number of at least 1.")
    }
  }

  /// Refuses a job that was made for another repository; one that was renamed is the same.
  private func requireSameRepository(_ job: Job, as asked: RepositoryName) async throws {
    func isSame(_ a: RepositoryName, _ b: RepositoryName) -> Bool {
      a.description.lowercased() == b.description.lowercased()
    }
    guard !isSame(job.repository, asked) else { return }
    let head = try await RepositoryHead.fetch(asked, from: github)
    guard !isSame(head.name, job.repository) else { return }
    do {
      let own = try await RepositoryHead.fetch(job.repository, from: github)
      if isSame(own.name, head.name) || own.githubID != nil && own.githubID == head.githubID { return }
    } catch let gone as Failure where gone.exitStatus == .configuration {
      // What cannot be seen is not shown to be the same.
    }
    throw Failure(
      .usage, "Job \(job.id) belongs to another repository (\(job.repository))",
      advice: "Name the repository that the job was made for.")
  }

  private func adopted(_ request: PlanRequest) async throws -> Job? {
    guard let id = request.jobID else { return nil }
    guard let job = try await store.job(id, assuming: request.repository) else {
      throw Failure(.usage, "There is no job \(id)", advice: "Check the id, or leave it out to create a new job.")
    }
    return job
  }

  private func chunkCount(of job: Job) async throws -> Int {
    try await store.progress(of: job.id).first?.chunks.count ?? 0
  }

  /// The plan for a job whose chunks are stored: as many matrix entries as chunks are open, within the limits.
  private func plan(for job: Job, jobs: Int?, notes: [String]) async throws -> Plan {
    let progress = try await store.progress(of: job.id).first
    let open = job.status.isOpen ? progress?.remainingChunks ?? 0 : 0
    let entries = min(open, jobs ?? Self.defaultJobs, ChunkCut.maximumChunks)
    for note in notes { logger.debug("\(note)") }
    return Plan(
      job: job, chunkCount: progress?.chunks.count ?? 0, matrix: entries > 0 ? Array(1...entries) : [], notes: notes)
  }
}

extension CaptureScope {
  /// Whether the job has to reach the newest number.
  fileprivate var needsNewest: Bool {
    if case .numbers = window { return false }
    return maxItems == nil
  }

  /// What a plan without chunks says.
  fileprivate var nothingFound: String {
    switch window {
    case .all, .full, .numbers: "Nothing changed: there is nothing to capture."
    case .since, .daysBack: "Nothing was updated in that time: there is nothing to capture."
    }
  }
}
