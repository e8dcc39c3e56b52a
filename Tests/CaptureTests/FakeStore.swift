import Domain
import Synchronization

/// Jobs and chunks in memory, with the leases, fences and checkpoints of the real store.
final class FakeStore: CaptureStore, Sendable {
  struct Chunk: Sendable {
    var id = ChunkID.random()
    var scope: ChunkScope
    var status = "pending"
    var checkpoint = Checkpoint()
    var fence = 0
    var leaseEnd: Timestamp?
    var notBefore: Timestamp?
    var attempts = 0
    var items = 0
    var error: String?
  }

  struct State: Sendable {
    var repositories: [Int64: (id: RepositoryID, name: RepositoryName)] = [:]
    var baseline: Timestamp?
    var walkedAsOf: Timestamp?
    var job: Job?
    var chunks: [Chunk] = []
    var rows = Rows()
    var contributors: Set<String> = []
    /// Every page as it was committed.
    var pages: [CapturedPage] = []
    var points = 0
    var requests = 0
    var commits: [(ordinal: Int, checkpoint: Checkpoint, items: Int, rows: Int)] = []
    var buried: [(kind: String, reference: String)] = []
    var violations: [String] = []
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
      if let job = state.job, job.status.isOpen, new.id != nil ? job.id == new.id : job.scope == new.scope {
        if state.chunks.isEmpty { state.chunks = new.chunks.map { Chunk(scope: $0) } }
        state.walkedAsOf = new.walkedAsOf
        return job
      }
      guard let name = state.repositories.values.first(where: { $0.id == new.repositoryID })?.name else {
        throw Failure(.failed, "no such repository", advice: "-")
      }
      let job = Job(
        id: new.id ?? .random(), repositoryID: new.repositoryID, repository: name,
        status: new.chunks.isEmpty ? .completed : .pending, scope: new.scope, createdAt: clock.now)
      state.job = job
      state.chunks = new.chunks.map { Chunk(scope: $0) }
      state.walkedAsOf = new.walkedAsOf
      if new.chunks.isEmpty { state.baseline = new.walkedAsOf ?? state.baseline }
      return job
    }
  }

  func job(_ id: JobID, assuming name: RepositoryName?) async throws -> Job? {
    try await transaction("job") { $0.job?.id == id ? $0.job : nil }
  }

  func claimChunk(of job: JobID, runID: Int64, lease: Int, excluding: [ChunkID]) async throws -> ClaimedChunk? {
    try await transaction("claim") { [clock] state in
      let now = clock.now
      let free = state.chunks.indices.filter { index in
        let chunk = state.chunks[index]
        return switch chunk.status {
        case _ where excluding.contains(chunk.id): false
        case "pending", "waiting": chunk.notBefore.map { $0 <= now } ?? true
        case "leased": chunk.leaseEnd.map { $0 <= now } ?? true
        default: false
        }
      }.min { (state.chunks[$0].attempts, $0) < (state.chunks[$1].attempts, $1) }
      guard let free, let job = state.job, job.status.isOpen, let repositoryID = job.repositoryID else { return nil }
      state.chunks[free].status = "leased"
      state.chunks[free].fence += 1
      state.chunks[free].attempts += 1
      state.chunks[free].notBefore = nil
      state.chunks[free].leaseEnd = now + Double(lease)
      state.job?.status = .running
      let chunk = state.chunks[free]
      return ClaimedChunk(
        id: chunk.id, jobID: job.id, repositoryID: repositoryID, ordinal: free + 1, scope: chunk.scope,
        checkpoint: chunk.checkpoint, fence: chunk.fence, itemsDone: chunk.items)
    }
  }

  private static func held(_ chunk: ClaimedChunk, in state: State) throws -> Int {
    guard let index = state.chunks.firstIndex(where: { $0.id == chunk.id }), state.chunks[index].status == "leased",
      state.chunks[index].fence == chunk.fence
    else { throw LeaseLost(subject: "chunk \(chunk.ordinal)") }
    return index
  }

  func commit(
    _ page: CapturedPage, of chunk: ClaimedChunk, checkpoint: Checkpoint, finished: Bool, cost: PageCost, lease: Int
  ) async throws {
    try await transaction("commit") { [clock] state in
      let index = try Self.held(chunk, in: state)
      let before = state.chunks[index].checkpoint
      if checkpoint.next < before.next { state.violations.append("the checkpoint went back") }
      if page.contributors.count != Set(page.contributors.map(\.login)).count {
        state.violations.append("a login twice in one page")
      }
      state.rows.store(page)
      state.pages.append(page)
      state.points += cost.points
      state.requests += cost.requests
      state.contributors.formUnion(page.contributors.map(\.login))
      state.chunks[index].checkpoint = checkpoint
      state.chunks[index].items += cost.items
      state.chunks[index].leaseEnd = clock.now + Double(lease)
      state.commits.append((chunk.ordinal, checkpoint, cost.items, page.rowCount))
      if finished {
        state.chunks[index].status = "completed"
        if state.chunks.allSatisfy({ $0.status == "completed" }) {
          state.job?.status = .completed
          state.baseline = state.walkedAsOf ?? state.baseline
        }
      }
    }
  }

  func release(_ chunk: ClaimedChunk, notBefore: Timestamp?, error: String?) async throws {
    try await transaction("release") { state in
      let index = try Self.held(chunk, in: state)
      state.chunks[index].status = notBefore == nil ? "pending" : "waiting"
      state.chunks[index].notBefore = notBefore
      state.chunks[index].error = error
      if error == nil { state.chunks[index].attempts -= 1 }
    }
  }

  func postpone(job: JobID, until moment: Timestamp) async throws {
    try await transaction("postpone") { state in
      for index in state.chunks.indices where ["pending", "waiting"].contains(state.chunks[index].status) {
        state.chunks[index].status = "waiting"
        state.chunks[index].notBefore = max(state.chunks[index].notBefore ?? moment, moment)
      }
    }
  }

  func progress(of job: JobID?) async throws -> [JobProgress] {
    try await transaction("progress") { state in
      guard let job = state.job else { return [] }
      let chunks = state.chunks.enumerated().map { index, chunk in
        JobProgress.Chunk(
          ordinal: index + 1, status: chunk.status, scope: chunk.scope.summary, itemsDone: chunk.items,
          size: chunk.scope.size, attempts: chunk.attempts, notBefore: chunk.notBefore)
      }
      return [
        JobProgress(
          id: job.id, repository: job.repository, status: job.status.rawValue, items: 0, chunks: chunks, points: 0,
          requests: 0, createdAt: job.createdAt, startedAt: nil, completedAt: nil, error: nil)
      ]
    }
  }

  func bury(kind: String, reference: String, error: String, payload: JSONValue) async throws {
    try await transaction("bury") { $0.buried.append((kind, reference)) }
  }
}
