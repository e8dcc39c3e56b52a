import Domain

/// One step of a chunk: what to store, and where that leaves the chunk.
struct Step: Sendable {
  var page: CapturedPage
  /// The checkpoint to store with the page: everything before it is in the page or was stored earlier.
  var next: Checkpoint
  var isLast: Bool
  var cost: PageCost
  var pace: Pace
  /// What GitHub would not give whatever was tried; to be recorded before the page is committed.
  var losses: [Loss] = []
}

/// Something that could not be captured.
struct Loss: Hashable, Sendable {
  /// `item` or `list`.
  var kind: String
  var number: Int
  var list: PendingList.List?
  var error: String
}

/// Walks a chunk: a step is a function of the checkpoint and GitHub's answers, and of nothing else.
///
/// So a step may be fetched again after a crash, fetched ahead while its predecessor commits, or fetched by another
/// process; the rows come out the same, and storing them twice changes nothing.
struct ChunkWalk: Sendable {
  let github: any GitHubAPI
  let repository: RepositoryName
  let scope: ChunkScope
  /// The chunk's numbers, ascending; empty for a walk over review comments.
  let numbers: Numbers
  /// Review comments of chosen numbers are captured with them; a range leaves them to the repository's flat list.
  let countsThreads: Bool

  /// Lists over REST that are drained in one step, at the same time. GitHub allows 100 requests in flight in all.
  static let restWidth = 8

  init(github: any GitHubAPI, repository: RepositoryName, scope: ChunkScope) {
    self.github = github
    self.repository = repository
    self.scope = scope
    switch scope {
    case .range(let first, let last):
      numbers = .range(first, last)
      countsThreads = false
    case .numbers(let list):
      numbers = .list(list)
      countsThreads = true
    case .reviewComments:
      numbers = .list([])
      countsThreads = false
    }
  }

  var initialPace: Pace { Pace(countingThreads: countsThreads) }

  /// Fetches the step that begins at `checkpoint`.
  ///
  /// Lists that overflow wait until a call is worth it: ten over GraphQL (one point, however few), eight over REST, or
  /// whatever there is once the numbers are through.
  @concurrent func step(at checkpoint: Checkpoint, pace: Pace) async throws -> Step {
    if case .reviewComments(let since) = scope {
      return try await reviewCommentStep(at: checkpoint, from: since, pace: pace)
    }
    let overREST = checkpoint.pending.count { $0.list == .reviewComments }
    let overGraphQL = checkpoint.pending.count - overREST
    let areNumbersThrough = checkpoint.next >= numbers.count
    if overGraphQL >= ListsQuery.defaultWidth || (areNumbersThrough && overGraphQL > 0) {
      return try await listStep(at: checkpoint, pace: pace)
    }
    if overREST >= Self.restWidth || (areNumbersThrough && overREST > 0) {
      return try await reviewCommentListStep(at: checkpoint, pace: pace)
    }
    if areNumbersThrough {
      return Step(page: CapturedPage(), next: checkpoint, isLast: true, cost: PageCost(), pace: pace)
    }
    return try await numberStep(at: checkpoint, pace: pace)
  }

  /// Whether nothing is left after `checkpoint` of a chunk of numbers.
  func isThrough(_ checkpoint: Checkpoint) -> Bool {
    checkpoint.next >= numbers.count && checkpoint.pending.isEmpty
  }

  /// Tells an item that GitHub cannot serve from a GitHub that serves nothing: before the former is given up, a query
  /// of the smallest kind has to succeed. Throws what that query throws.
  func requireLivingGitHub() async throws {
    let query = GraphQLQuery(operation: "CaptureProbe", document: Self.probe, variables: [:])
    let answer = try await github.query(query, as: NumbersAnswer.self)
    if answer.data == nil { throw unexplained(answer.errors) }
  }

  /// The same for REST, whose servers are others: before a list is given up, another one has to come.
  func requireLivingREST() async throws {
    let answer = try await github.send(RESTRequest(.get, "/repos/\(repository)/pulls?state=all&per_page=1"))
    _ = try answer.list(of: RESTListedItem.self, what: "the pull requests of \(repository)")
  }

  static let probe = "query CaptureProbe { \(Fragments.cost) }"

  /// The error for an answer that holds no data.
  func unexplained(_ errors: [GraphQLError]) -> Failure {
    if let error = errors.first(where: { ["NOT_FOUND", "FORBIDDEN"].contains($0.type) && $0.path == ["repository"] }) {
      return RepositoryHead.refusal(error, of: repository)
    }
    let reason = errors.first.map { "\($0.type ?? "error"): \($0.message)" } ?? "no data and no error"
    return Failure(
      .unavailable, "GitHub did not answer a query about \(repository) (\(reason.prefix(300)))",
      advice: "Check that the repository exists and that the token may read it, then run again.")
  }
}

/// A chunk's numbers without spelling a range out.
enum Numbers: Hashable, Sendable {
  case range(Int, Int)
  case list([Int])

  var count: Int {
    switch self {
    case .range(let first, let last): max(0, last - first + 1)
    case .list(let list): list.count
    }
  }

  /// Up to `length` numbers from the position `start` on.
  func slice(from start: Int, length: Int) -> ArraySlice<Int> {
    let end = min(count, start + length)
    guard start < end else { return [] }
    return switch self {
    case .range(let first, _): ArraySlice((first + start)..<(first + end))
    case .list(let list): list[start..<end]
    }
  }
}
