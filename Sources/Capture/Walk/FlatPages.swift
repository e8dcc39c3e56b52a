import Domain

extension ChunkWalk {
  static let restPage = 100

  /// Walks all review comments of the repository in the order of their updates: one request for 100 of them, where
  /// GraphQL would have to nest them below reviews.
  ///
  /// - Parameter reconciles: whether the page tells the store to drop what the walk did not meet. A comment that could
  ///   not be read ends that: it would look as if it were gone.
  func reviewCommentStep(
    at checkpoint: Checkpoint, from start: Timestamp?, reconciles: Bool, pace: Pace
  ) async throws -> Step {
    var page = try await flatPage(of: RESTReviewComment.self, at: checkpoint, from: start)
    let isDamaged = checkpoint.begun == nil && (checkpoint.since != nil || checkpoint.page > 1)
    if reconciles, !isDamaged, page.losses.isEmpty {
      let begun = checkpoint.begun ?? page.begun
      page.builder.add(CapturedPage.FlatWalk(begun: begun, isLast: page.isLast, unsure: page.unsure))
      page.next.begun = begun
    } else {
      page.next.begun = nil
    }
    return page.step(pace: pace)
  }

  /// The same for comments on issues and pull requests.
  func issueCommentStep(at checkpoint: Checkpoint, from start: Timestamp, pace: Pace) async throws -> Step {
    try await flatPage(of: RESTIssueComment.self, at: checkpoint, from: start).step(pace: pace)
  }

  /// One page of a repository's flat list.
  ///
  /// The walk goes by value, not by page number: see `Course`. `(since, page)` grows with every step, so the walk ends; a
  /// comment that is edited meanwhile moves towards the end and is met there; rows of the overlapping second come twice
  /// and are stored once. Where it has to go by number, in a second of many comments, it reads that second again, as far
  /// as `Crowd` asks for it.
  private func flatPage<Row: RESTComment>(
    of type: Row.Type, at checkpoint: Checkpoint, from start: Timestamp?
  ) async throws -> FlatPage {
    let course = Course(since: checkpoint.since ?? start, page: checkpoint.page)
    let path = "/repos/\(repository)/\(Row.flatList)?\(course.query)"
    let begun = clock.now
    let answer = try await github.send(RESTRequest(.get, path))
    let what = "the \(Row.noun) of \(repository)"
    let parts = try answer.list(of: Part<Row>.self, what: what)
    var page = FlatPage(next: checkpoint, isLast: answer.next == nil || parts.isEmpty, begun: begun)
    page.builder.observe(begun)
    page.add(parts, of: nil)
    var next: Course?
    if !page.isLast {
      next = course.next(after: parts.compactMap(\.value))
      guard next != nil else {
        throw Failure(
          .unavailable, "GitHub's list of \(what) could not be read",
          advice: "Run again; if it stays, report it with the run's log.")
      }
    }
    page.move(from: course, to: next, crowd: checkpoint.crowd, past: parts.compactMap(\.value))
    return page
  }
}

/// Where in a list in the order of updates a walk stands.
///
/// After a full page it asks for what was updated since the last one's second, less one (so that it makes no difference
/// whether GitHub's `since` includes that second), and starts at page 1 again. So rows that are edited or deleted
/// meanwhile shift nothing. Only where a whole page lies within one second does it turn the page.
struct Course: Hashable, Sendable {
  var since: Timestamp?
  var page: Int

  var query: String {
    "sort=updated&direction=asc&per_page=\(ChunkWalk.restPage)"
      + (since.map { "&since=\(Timestamp(seconds: $0.seconds))" } ?? "") + "&page=\(page)"
  }

  /// nil where nothing on the page tells its time.
  func next(after rows: [some RESTComment]) -> Course? {
    guard let updated = rows.last.flatMap({ Timestamp($0.updatedAt) }) else { return nil }
    let resumed = updated - 1
    return since.map { resumed > $0 } ?? true ? Course(since: resumed, page: 1) : Course(since: since, page: page + 1)
  }
}

/// A page of a list over REST.
struct FlatPage {
  var builder = RowBuilder()
  var next: Checkpoint
  var isLast: Bool
  var begun: Timestamp
  var losses: [Loss] = []
  /// Seconds that could not be read without others changing meanwhile.
  var unsure: ClosedRange<Timestamp>?

  /// Readings of a second of more comments than a page holds, at most.
  private static let maximumReadings = 3

  init(next: Checkpoint, isLast: Bool, begun: Timestamp) {
    self.next = next
    self.isLast = isLast
    self.begun = begun
  }

  /// Adds what can be read; the rest is lost, one by one.
  mutating func add<Row: RESTComment>(_ parts: [Part<Row>], of number: Int?) {
    for part in parts {
      switch part {
      case .came(let row):
        if let number = number ?? row.number {
          row.add(to: &builder, of: number)
        } else {
          losses.append(Loss(kind: "list", number: 0, list: Row.list, error: "an entry names no number"))
        }
      case .unreadable(let reason):
        losses.append(Loss(kind: "list", number: number ?? 0, list: Row.list, error: reason))
      }
    }
  }

  /// Moves the walk on, or back to the first page of a second that has to be read again.
  ///
  /// - Parameter target: where the walk goes by itself; nil at the end of the list.
  mutating func move(from course: Course, to target: Course?, crowd: Crowd?, past rows: [some RESTComment]) {
    let turns = target.map { $0.since == course.since } ?? false
    guard let since = course.since, turns || crowd != nil else { return go(to: target) }
    var crowd = crowd ?? Crowd()
    let known = Set(crowd.known)
    let new = Set(rows.map(\.id)).subtracting(known).sorted()
    if !new.isEmpty { crowd.hasNews = true }
    crowd.known += new
    if turns {
      next.crowd = crowd
      return go(to: target)
    }
    if crowd.hasNews, crowd.reading < Self.maximumReadings {
      next.crowd = Crowd(reading: crowd.reading + 1, known: crowd.known)
      isLast = false
      return go(to: Course(since: since, page: 1))
    }
    if crowd.hasNews { unsure = since...max(since + 1, rows.last.flatMap { Timestamp($0.updatedAt) } ?? since) }
    next.crowd = nil
    go(to: target)
  }

  private mutating func go(to course: Course?) {
    guard let course else { return }
    next.since = course.since
    next.page = course.page
  }

  func step(pace: Pace) -> Step {
    Step(
      page: builder.finished(), next: next, isLast: isLast, cost: PageCost(requests: 1), pace: pace, losses: losses)
  }
}
