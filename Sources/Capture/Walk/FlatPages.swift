import Domain

extension ChunkWalk {
  var lists: ListReader { ListReader(github: github, repository: repository) }

  /// Walks all review comments of the repository in the order of their updates: one request for 100 of them, where
  /// GraphQL would have to nest them below reviews.
  ///
  /// - Parameter reconciles: whether the page tells the store to drop what the walk did not meet. A comment that could
  ///   not be read ends that: it would look as if it were gone.
  func reviewCommentStep(
    at checkpoint: Checkpoint, from start: Timestamp?, reconciles: Bool, pace: Pace
  ) async throws -> Step {
    var page = try await flatPage(of: RESTReviewComment.self, at: checkpoint, from: start, pace: pace)
    let isDamaged =
      checkpoint.begun == nil && (checkpoint.since != nil || checkpoint.page > 1 || checkpoint.skipped > 0)
    if reconciles, !isDamaged, page.losses.isEmpty {
      let begun = checkpoint.begun ?? page.begun
      page.builder.add(CapturedPage.FlatWalk(begun: begun, isLast: page.isLast, unsure: page.unsure))
      page.next.begun = begun
    } else {
      page.next.begun = nil
    }
    return page.step()
  }

  /// The same for comments on issues and pull requests.
  func issueCommentStep(at checkpoint: Checkpoint, from start: Timestamp, pace: Pace) async throws -> Step {
    try await flatPage(of: RESTIssueComment.self, at: checkpoint, from: start, pace: pace).step()
  }

  /// One page of a repository's flat list.
  ///
  /// The walk goes by value, not by page number: see `Course`. `(since, offset)` grows with every step, so the walk ends;
  /// a comment that is edited meanwhile moves towards the end and is met there; rows of the overlapping second come twice
  /// and are stored once. Where it has to go by number, in a second of many comments, it reads that second again, as far
  /// as `Crowd` asks for it.
  private func flatPage<Row: RESTComment>(
    of type: Row.Type, at checkpoint: Checkpoint, from start: Timestamp?, pace: Pace
  ) async throws -> FlatPage {
    let course = Course(since: checkpoint.since ?? start, page: checkpoint.page, skipped: checkpoint.skipped)
    let what = "the \(Row.noun) of \(repository)"
    let read = try await lists.read(
      "/repos/\(repository)/\(Row.flatList)?\(course.query)", of: type, from: course.offset, what: what,
      pace: pace.entries)
    let next = course.next(after: read)
    guard read.isLast || next != nil else {
      throw Failure(
        .unavailable, "GitHub's list of \(what) could not be read",
        advice: "Run again; if it stays, report it with the run's log.")
    }
    var page = FlatPage(next: checkpoint, isLast: read.isLast, begun: clock[read.reading.begun], pace: pace)
    page.requests = read.reading.requests
    page.pace.entries = read.pace
    page.builder.observe(page.begun)
    page.add(read.rows, of: nil)
    if let reason = read.loss {
      page.losses.append(Loss(kind: "list", number: 0, list: Row.list, error: reason))
      page.hasGap = true
    }
    page.move(from: course, to: next, crowd: checkpoint.crowd, past: read.rows.compactMap(\.value))
    return page
  }
}

/// Where in a list in the order of updates a walk stands.
///
/// After a full page it asks for what was updated since the last one's second, less one (so that it makes no difference
/// whether GitHub's `since` includes that second), and starts at the first entry again. So rows that are edited or
/// deleted meanwhile shift nothing. Only where a whole page lies within one second, or an entry was given up of which
/// nothing is known, does it go on by number.
struct Course: Hashable, Sendable {
  var since: Timestamp?
  /// Entries from `since` on that lie behind.
  var offset: Int

  init(since: Timestamp?, offset: Int = 0) {
    self.since = since
    self.offset = offset
  }

  /// As checkpoints have it: `page` counts pages of full size.
  init(since: Timestamp?, page: Int, skipped: Int) {
    self.init(since: since, offset: (page - 1) * ListReader.pageSize + skipped)
  }

  var page: Int { offset / ListReader.pageSize + 1 }
  var skipped: Int { offset % ListReader.pageSize }

  var query: String {
    "sort=updated&direction=asc" + (since.map { "&since=\(Timestamp(seconds: $0.seconds))" } ?? "")
  }

  /// nil at the end of the list, and where nothing on the page tells its time.
  func next(after page: ListReader.Page<some RESTEntry>) -> Course? {
    if page.isLast { return nil }
    let onward = Course(since: since, offset: offset + page.width)
    guard let updated = page.rows.compactMap(\.value).last.flatMap({ Timestamp($0.updatedAt) }) else {
      return page.width == 1 ? onward : nil
    }
    let resumed = updated - 1
    return since.map { resumed > $0 } ?? true ? Course(since: resumed) : onward
  }
}

extension Crowd {
  /// How the second is read once more, at its end; nil where a reading brought nothing new, or there were enough.
  var nextReading: Crowd? {
    hasNews && reading < Self.maximumReadings ? Crowd(reading: reading + 1, known: known) : nil
  }
}

/// A page of a list over REST.
struct FlatPage {
  var builder = RowBuilder()
  var next: Checkpoint
  var isLast: Bool
  var begun: Timestamp
  var losses: [Loss] = []
  /// Whether an entry was given up of which nothing is known.
  var hasGap = false
  var requests = 1
  var pace: Pace
  /// Seconds that could not be read without others changing meanwhile.
  var unsure: ClosedRange<Timestamp>?

  init(next: Checkpoint, isLast: Bool, begun: Timestamp, pace: Pace) {
    self.pace = pace
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
    // Nothing is concluded from a list with a gap, and to read the entry's second again would cost as much again.
    if hasGap { crowd.reading = Crowd.maximumReadings }
    if turns {
      next.crowd = crowd
      return go(to: target)
    }
    if let again = crowd.nextReading {
      next.crowd = again
      isLast = false
      return go(to: Course(since: since))
    }
    if crowd.hasNews { unsure = since...max(since + 1, rows.last.flatMap { Timestamp($0.updatedAt) } ?? since) }
    next.crowd = nil
    go(to: target)
  }

  private mutating func go(to course: Course?) {
    guard let course else { return }
    next.since = course.since
    next.page = course.page
    next.skipped = course.skipped
  }

  func step() -> Step {
    Step(
      page: builder.finished(), next: next, isLast: isLast, cost: PageCost(requests: requests), pace: pace,
      losses: losses)
  }
}
