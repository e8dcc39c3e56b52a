import Domain
import Synchronization

/// Jobs and chunks in memory, with the leases, fences and checkpoints of the real store.
final class FakeStore: CaptureStore, Sendable {
  struct Chunk: Sendable {
    var id = ChunkID.random()
    var scope: ChunkScope
    var status = JobProgress.Chunk.Status.pending
    var checkpoint = Checkpoint()
    var fence = 0
    var leaseEnd: Timestamp?
    var notBefore: Timestamp?
    var attempts = 0
    var items = 0
    var error: String?
    var isOpen: Bool { status != .completed }
  }

  struct Planned: Sendable {
    var job: Job
    var chunks: [Chunk] = []
    var walkedAsOf: Timestamp?
    var itemCount: Int?
    var newest: Int?
  }

  struct State: Sendable {
    var repositories: [Int64: (id: RepositoryID, name: RepositoryName)] = [:]
    var baseline: Timestamp?
    var auditedAsOf: Timestamp?
    var newest: Int?
    /// In the order in which they were made.
    var jobs: [Planned] = []
    var rows = Rows()
    var contributors: Set<String> = []
    /// Every page as it was committed.
    var pages: [CapturedPage] = []
    var points = 0
    var requests = 0
    var commits: [(ordinal: Int, checkpoint: Checkpoint, items: Int, rows: Int)] = []
    var widths: [String: Int] = [:]
    var buried: [(kind: String, reference: String)] = []
    /// Numbers that are dead letters.
    var deadLetters: Set<Int> = []
    var violations: [String] = []

    /// The newest job.
    var job: Job? {
      get { jobs.last?.job }
      set {
        guard let newValue else { return jobs.removeAll() }
        if let last = jobs.indices.last, jobs[last].job.id == newValue.id {
          jobs[last].job = newValue
        } else {
          jobs.append(Planned(job: newValue))
        }
      }
    }
    /// The newest job's.
    var chunks: [Chunk] {
      get { jobs.last?.chunks ?? [] }
      set { if let last = jobs.indices.last { jobs[last].chunks = newValue } }
    }
    var walkedAsOf: Timestamp? { jobs.last?.walkedAsOf }

    mutating func complete(_ index: Int) {
      guard jobs[index].chunks.allSatisfy({ !$0.isOpen }), jobs[index].job.status.isOpen else { return }
      jobs[index].job.status = .completed
      guard let mark = jobs[index].walkedAsOf else { return }
      baseline = max(baseline ?? mark, mark)
      if jobs[index].job.kind == .audit { auditedAsOf = max(auditedAsOf ?? mark, mark) }
    }
  }

  let clock: FakeClock
  private let storage = Mutex(State())
  /// Called before and after each call's effect; throwing stands for a process that dies there.
  private let gate: @Sendable (_ call: String, _ isDone: Bool) async throws -> Void

  init(clock: FakeClock, gate: @escaping @Sendable (String, Bool) async throws -> Void = { _, _ in }) {
    self.clock = clock
    self.gate = gate
  }

  var state: State { storage.withLock { $0 } }
  func change(_ body: (inout State) -> Void) { storage.withLock { body(&$0) } }

  private func transaction<Value: Sendable>(
    _ call: String, _ body: @Sendable (inout State) throws -> Value
  ) async throws -> Value {
    try await gate(call, false)
    let value = try storage.withLock { try body(&$0) }
    try await gate(call, true)
    return value
  }

  func repository(_ name: RepositoryName, githubID: Int64?) async throws -> RepositoryID {
    try await transaction("repository") { state in
      if githubID == nil, let known = state.repositories.values.first(where: { $0.name == name }) { return known.id }
      let key = githubID ?? 0
      let id = state.repositories[key]?.id ?? .random()
      state.repositories[key] = (id, name)
      return id
    }
  }

  func baseline(of repository: RepositoryID) async throws -> Timestamp? {
    try await transaction("baseline") { $0.baseline }
  }

  func createJob(_ new: NewJob) async throws -> Job {
    try await transaction("createJob") { [clock] state in
      if let newest = new.newest { state.newest = max(state.newest ?? 0, newest) }
      let known = state.jobs.firstIndex { planned in
        new.id.map { planned.job.id == $0 }
          ?? (planned.job.status.isOpen && planned.job.kind == new.kind && planned.job.processor == new.processor
            && planned.job.scope == new.scope)
      }
      if let known {
        if state.jobs[known].chunks.isEmpty, state.jobs[known].job.status.isOpen {
          state.jobs[known].chunks = new.chunks.map { Chunk(scope: $0) }
          state.jobs[known].walkedAsOf = new.walkedAsOf
          state.jobs[known].itemCount = new.itemCount
          state.jobs[known].newest = new.newest
          state.jobs[known].job.repositoryID = new.repositoryID
          state.complete(known)
        }
        return state.jobs[known].job
      }
      guard let name = state.repositories.values.first(where: { $0.id == new.repositoryID })?.name else {
        throw Failure(.failed, "no such repository", advice: "-")
      }
      let job = Job(
        id: new.id ?? .random(), repositoryID: new.repositoryID, repository: name, kind: new.kind,
        processor: new.processor, status: .pending, scope: new.scope, createdAt: clock.now)
      state.jobs.append(
        Planned(
          job: job, chunks: new.chunks.map { Chunk(scope: $0) }, walkedAsOf: new.walkedAsOf, itemCount: new.itemCount,
          newest: new.newest))
      state.complete(state.jobs.count - 1)
      return state.job ?? job
    }
  }

  func job(_ id: JobID, assuming name: RepositoryName?) async throws -> Job? {
    try await transaction("job") { state in state.jobs.first { $0.job.id == id }?.job }
  }

  func openJobs(of repository: RepositoryID) async throws -> [Job] {
    try await transaction("openJobs") { state in state.jobs.map(\.job).filter { $0.status.isOpen } }
  }

  /// It holds one repository's jobs.
  func takeIn(jobsNamed names: [RepositoryName], as repository: RepositoryID) async throws {
    try await transaction("takeIn") { _ in }
  }

  func formerNamesInUse(of repository: RepositoryID) async throws -> [RepositoryName] {
    try await transaction("formerNamesInUse") { _ in [] }
  }

  func refuse(_ job: JobID, error: String) async throws {
    try await transaction("refuse") { state in
      guard let index = state.jobs.firstIndex(where: { $0.job.id == job }) else { return }
      state.jobs[index].job.status = .failed
      state.jobs[index].job.error = error
    }
  }

  func claimChunk(
    of job: JobID, runID: Int64, lease: Int, owners: [BudgetOwner], excluding: [ChunkID]
  ) async throws -> ClaimedChunk? {
    try await transaction("claim") { [clock] state in
      let now = clock.now
      guard let index = state.jobs.firstIndex(where: { $0.job.id == job }), state.jobs[index].job.status.isOpen,
        let repositoryID = state.jobs[index].job.repositoryID
      else { return nil }
      let free = state.jobs[index].chunks.enumerated().filter { _, chunk in
        switch chunk.status {
        case _ where excluding.contains(chunk.id): false
        case .pending, .waiting: chunk.notBefore.map { $0 <= now } ?? true
        case .leased: chunk.leaseEnd.map { $0 <= now } ?? true
        default: false
        }
      }.min { ($0.element.attempts, $0.offset) < ($1.element.attempts, $1.offset) }
      guard let place = free?.offset, var chunk = free?.element else { return nil }
      chunk.status = .leased
      chunk.fence += 1
      chunk.attempts += 1
      chunk.notBefore = nil
      chunk.leaseEnd = now + Double(lease)
      state.jobs[index].chunks[place] = chunk
      state.jobs[index].job.status = .running
      return ClaimedChunk(
        id: chunk.id, jobID: job, repositoryID: repositoryID, ordinal: place + 1, scope: chunk.scope,
        checkpoint: chunk.checkpoint, fence: chunk.fence, itemsDone: chunk.items,
        clock: DatabaseClock(now))
    }
  }

  /// Changes a chunk that the process still holds.
  private static func held(
    _ claimed: ClaimedChunk, in state: inout State, _ body: (inout Chunk, inout State) -> Void
  ) throws {
    guard let index = state.jobs.firstIndex(where: { $0.job.id == claimed.jobID }),
      let place = state.jobs[index].chunks.firstIndex(where: { $0.id == claimed.id }),
      state.jobs[index].chunks[place].status == .leased, state.jobs[index].chunks[place].fence == claimed.fence
    else { throw LeaseLost(subject: "chunk \(claimed.ordinal)") }
    var chunk = state.jobs[index].chunks[place]
    body(&chunk, &state)
    state.jobs[index].chunks[place] = chunk
    state.complete(index)
  }

  func commit(
    _ page: CapturedPage, of chunk: ClaimedChunk, checkpoint: Checkpoint, finished: Bool, cost: PageCost,
    widths: [String: Int], lease: Int
  ) async throws {
    try await transaction("commit") { [clock] state in
      try Self.held(chunk, in: &state) { held, state in
        if checkpoint.next < held.checkpoint.next { state.violations.append("the checkpoint went back") }
        if page.contributors.count != Set(page.contributors.map(\.login)).count {
          state.violations.append("a login twice in one page")
        }
        state.rows.store(page)
        state.pages.append(page)
        state.deadLetters.subtract(page.completed)
        for letter in page.deadLetters {
          state.buried.append((letter.kind, letter.reference))
          state.deadLetters.insert(letter.number)
        }
        state.points += cost.points
        state.requests += cost.requests
        state.widths.merge(widths) { _, new in new }
        state.contributors.formUnion(page.contributors.map(\.login))
        held.checkpoint = checkpoint
        held.items += cost.items
        held.leaseEnd = clock.now + Double(lease)
        if finished { held.status = .completed }
        state.commits.append((chunk.ordinal, checkpoint, cost.items, page.rowCount))
      }
    }
  }

  func widths(of repository: RepositoryID) async throws -> [String: Int] {
    try await transaction("widths") { $0.widths }
  }

  func release(_ chunk: ClaimedChunk, hold: Hold?, error: String?) async throws {
    try await transaction("release") { state in
      try Self.held(chunk, in: &state) { held, _ in
        held.status = hold == nil ? .pending : .waiting
        held.notBefore = hold?.until
        held.error = error
        if error == nil { held.attempts -= 1 }
      }
    }
  }

  func postpone(job: JobID, _ hold: Hold) async throws {
    try await transaction("postpone") { state in
      guard let index = state.jobs.firstIndex(where: { $0.job.id == job }) else { return }
      for place in state.jobs[index].chunks.indices {
        let chunk = state.jobs[index].chunks[place]
        guard chunk.status == .pending || chunk.status == .waiting, chunk.scope.draws(on: hold.resource) else {
          continue
        }
        state.jobs[index].chunks[place].status = .waiting
        state.jobs[index].chunks[place].notBefore = max(chunk.notBefore ?? hold.until, hold.until)
      }
    }
  }

  func progress(of job: JobID?) async throws -> [JobProgress] {
    try await transaction("progress") { state in
      guard let planned = state.jobs.last(where: { job == nil || $0.job.id == job }) else { return [] }
      let chunks = planned.chunks.enumerated().map { index, chunk in
        JobProgress.Chunk(
          ordinal: index + 1, status: chunk.status, scope: chunk.scope.summary, itemsDone: chunk.items,
          size: chunk.scope.size, attempts: chunk.attempts, notBefore: chunk.notBefore)
      }
      let job = planned.job
      return [
        JobProgress(
          id: job.id, repository: job.repository, kind: job.kind, processor: job.processor, status: job.status,
          items: 0, chunks: chunks, points: 0, requests: 0, createdAt: job.createdAt, startedAt: nil, completedAt: nil,
          error: nil)
      ]
    }
  }

  func proof(of repository: RepositoryID) async throws -> CaptureProof {
    try await transaction("proof") { state in
      var proof = CaptureProof()
      proof.newest = state.newest
      proof.unaccounted = (1...max(1, state.newest ?? 1)).count { state.rows.kinds[$0] == nil }
      proof.incomplete = state.incomplete.count
      let walks = state.jobs.filter { $0.job.status == .completed && $0.walkedAsOf != nil }
      let last = walks.enumerated().max { ($0.1.walkedAsOf!, $0.0) < ($1.1.walkedAsOf!, $1.0) }?.element
      if let last, let counted = last.itemCount, let newest = last.newest {
        let stored = state.rows.items.keys.count { $0 <= newest }
        proof.missing = max(0, counted - stored)
        proof.surplus = max(0, stored - counted)
      }
      proof.deadLetters = state.deadLetters.count
      proof.walkedAsOf = state.baseline
      proof.auditedAsOf = state.auditedAsOf
      return proof
    }
  }

  func newestItem(of repository: RepositoryID) async throws -> Int {
    try await transaction("newestItem") { state in
      state.rows.kinds.filter { $0.value == .pullRequest || $0.value == .issue }.keys.max() ?? 0
    }
  }

  func numbersGone(of repository: RepositoryID, among numbers: [Int]) async throws -> [Int] {
    try await transaction("numbersGone") { state in numbers.filter { state.rows.kinds[$0] == .gone }.sorted() }
  }

  func numbersUnaccounted(of repository: RepositoryID, newest: Int) async throws -> [Int] {
    try await transaction("numbersUnaccounted") { state in
      (1...max(1, newest)).filter { $0 <= newest && state.rows.kinds[$0] == nil && !state.deadLetters.contains($0) }
    }
  }

  func numbersToRepair(of repository: RepositoryID, newest: Int, limit: Int) async throws -> [Int] {
    try await transaction("numbersToRepair") { state in
      let missing = (1...max(1, newest)).filter { state.rows.kinds[$0] == nil }
      let wrong = state.incomplete.union(missing).union(state.deadLetters.filter { $0 > 0 }).union(state.miscounted)
      let underWay = state.jobs.filter(\.job.status.isOpen).flatMap(\.chunks).filter(\.isOpen)
        .flatMap(\.checkpoint.pending).map(\.number)
      return Array(wrong.subtracting(underWay).sorted().prefix(limit))
    }
  }

  /// The commands' matter, not the capture's.
  func continueJob(_ job: JobID, runID: Int64) async throws -> Continuation {
    try await transaction("continueJob") { _ in .notNeeded }
  }
}

extension FakeStore.State {
  /// Items of which not all was stored.
  fileprivate var incomplete: Set<Int> {
    let items = rows.kinds.filter { $0.value == .pullRequest || $0.value == .issue }.keys
    return Set(items).subtracting(rows.readings.completed)
  }

  /// Items with other comments than GitHub counted.
  fileprivate var miscounted: Set<Int> {
    var stored: [Int: Int] = [:]
    for text in rows.comments.values { stored[Int(text.prefix { $0 != " " }) ?? 0, default: 0] += 1 }
    return Set(
      rows.items.keys.filter { number in
        rows.readings.totals["\(number) comments"].map { $0 != stored[number] ?? 0 } ?? false
      })
  }
}
