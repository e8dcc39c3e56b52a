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
  /// 0 where the answer does not even tell the number.
  var number: Int
  var list: CapturedList?
  var error: String
}

/// Walks a chunk: a step is a function of the checkpoint and GitHub's answers, and of nothing else.
///
/// So a step may be fetched again after a crash, fetched ahead while its predecessor commits, or fetched by another
/// process; the rows come out the same, and storing them twice changes nothing.
///
/// Model. A number is asked for first (its *head*: everything that costs nothing), and its row is stored. What hangs on
/// it waits in the checkpoint as lists to be read, and is asked for in calls that are filled to what a point buys, with
/// the heads of the next numbers riding along. A number where nothing is found is asked for once more, and as a
/// discussion.
///
/// Invariants
/// - Every number before `next` has its row stored, or waits in `absent`, or is a loss on record.
/// - Every list of a stored row is read, or waits in `pending`, or is a loss on record.
/// - A step settles at least one question, or throws: so the walk ends.
struct ChunkWalk: Sendable {
  let github: any GitHubAPI
  let repository: RepositoryName
  /// GitHub's id of the repository that the rows belong to; nil where it is not known.
  let githubID: Int64?
  let scope: ChunkScope
  let clock: DatabaseClock
  /// The chunk's numbers, ascending; empty for a walk over a flat list.
  let numbers: Numbers
  /// Whether review comments are captured with their pull request; otherwise they are the flat list's.
  let wantsReviewComments: Bool

  init(
    github: any GitHubAPI, repository: RepositoryName, githubID: Int64? = nil, scope: ChunkScope, clock: DatabaseClock
  ) {
    self.github = github
    self.repository = repository
    self.githubID = githubID
    self.scope = scope
    self.clock = clock
    switch scope {
    case .range(let first, let last):
      numbers = .range(first, last)
      wantsReviewComments = false
    case .numbers(let list, let reviewComments):
      numbers = .list(list)
      wantsReviewComments = reviewComments
    case .reviewComments, .issueComments:
      numbers = .list([])
      wantsReviewComments = false
    }
  }

  /// - Parameter widths: what earlier runs learned of this repository.
  func initialPace(_ widths: [String: Int] = [:]) -> Pace { Pace(widths) }

  /// Fetches the step that begins at `checkpoint`.
  ///
  /// Lists over REST wait until there are as many as may be fetched at the same time, or nothing else is left.
  @concurrent func step(at checkpoint: Checkpoint, pace: Pace) async throws -> Step {
    var step = try await fetch(at: checkpoint, pace: pace)
    if let there = await github.usage.serverTime { step.page.serverAhead = there.secondsSince(clock.now) }
    return step
  }

  private func fetch(at checkpoint: Checkpoint, pace: Pace) async throws -> Step {
    switch scope {
    case .reviewComments(let since, let reconciles):
      return try await reviewCommentStep(at: checkpoint, from: since, reconciles: reconciles, pace: pace)
    case .issueComments(let since):
      return try await issueCommentStep(at: checkpoint, from: since, pace: pace)
    case .range, .numbers: break
    }
    let questions = selection(at: checkpoint, width: pace.items.current)
    let overREST = checkpoint.pending.count { $0.lists.contains { $0.list == .reviewComments } }
    if overREST >= Self.restWidth || questions.isEmpty && overREST > 0 {
      return try await reviewCommentListStep(at: checkpoint, pace: pace)
    }
    if questions.isEmpty {
      return Step(page: CapturedPage(), next: checkpoint, isLast: true, cost: PageCost(), pace: pace)
    }
    return try await itemStep(questions, at: checkpoint, pace: pace)
  }

  /// Whether nothing is left after `checkpoint` of a chunk of numbers.
  func isThrough(_ checkpoint: Checkpoint) -> Bool {
    checkpoint.next >= numbers.count && checkpoint.pending.isEmpty && checkpoint.absent.isEmpty
  }

  /// Tells an item that GitHub cannot serve from a GitHub that serves nothing, or nothing of the repository: before the
  /// former is given up, the smallest query about the latter has to succeed. Throws what that query throws.
  func requireLivingGitHub() async throws {
    let query = GraphQLQuery(
      operation: "CaptureProbe", document: Self.probe,
      variables: ["owner": .string(repository.owner), "name": .string(repository.name)], isNarrowable: true)
    let answer = try await github.query(query, as: ItemsAnswer.self)
    guard answer.data?.hasRepository ?? false else { throw unexplained(answer.errors) }
  }

  static let probe = """
    query CaptureProbe($owner: String!, $name: String!) {
    repository(owner: $owner, name: $name) { pullRequests { totalCount } issues { totalCount } }
    \(Fragments.cost)
    }
    """

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
