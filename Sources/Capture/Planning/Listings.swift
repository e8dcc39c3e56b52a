import Domain

/// The REST listings that say which numbers a window holds.
struct Listings: Sendable {
  let github: any GitHubAPI
  let repository: RepositoryName

  /// What was updated in a window.
  struct Updated: Sendable {
    /// Of issues and pull requests, each once, ascending.
    var numbers: [Int]
    /// Whether GitHub listed each of them for sure. One that it cannot list does not even tell its number.
    var isWhole = true
  }

  /// Issues and pull requests that were updated at or after `since`; nil where GitHub lists fewer than there are.
  ///
  /// In the order of their updates, oldest first, and by value, as the walk over comments does (`Course`): what changes
  /// meanwhile moves to the end and is listed twice, never missed. Only in a second of more items than a page holds does
  /// it go by number, where one that leaves shifts the others: that second is read until a reading brings nothing new.
  func updated(since: Timestamp) async throws -> Updated? {
    var updated = Updated(numbers: [])
    var numbers: Set<Int> = []
    var course: Course? = Course(since: Timestamp(seconds: since.seconds))
    var pace = Pace().entries
    var crowd: Crowd?
    while let current = course {
      let page = try await lists.read(
        "/repos/\(repository)/issues?state=all&\(current.query)", of: RESTUpdatedItem.self, from: current.offset,
        what: "what changed in \(repository)", pace: pace, mayBeAbsent: [410])
      if page.absence != nil { return try await updatedPulls(since: since) }
      pace = page.pace
      let items = page.rows.compactMap(\.value)
      let known = numbers.count
      numbers.formUnion(items.map(\.number))
      if page.loss != nil || items.count < page.rows.count { updated.isWhole = false }
      course = current.next(after: page)
      guard page.isLast || course != nil else {
        throw Failure(
          .unavailable, "GitHub's list of what changed in \(repository) could not be read",
          advice: "Run again; if it stays, report it with the run's log.")
      }
      let turns = course.map { $0.since == current.since } ?? false
      guard turns || crowd != nil else { continue }
      var reading = crowd ?? Crowd()
      if numbers.count > known { reading.hasNews = true }
      crowd = turns ? reading : nil
      // A list with a gap proves nothing, however often it is read.
      guard !turns, reading.hasNews, updated.isWhole else { continue }
      if let again = reading.nextReading {
        crowd = again
        course = Course(since: current.since)
      } else {
        updated.isWhole = false
      }
    }
    updated.numbers = numbers.sorted()
    return updated
  }

  /// The same of pull requests alone: where issues are switched off (410), they are listed still. That list has no `since`,
  /// so it is read from its newest end, where what changes meanwhile moves to: the rest is listed twice, never missed.
  private func updatedPulls(since: Timestamp) async throws -> Updated? {
    var updated = Updated(numbers: [])
    var numbers: Set<Int> = []
    var offset = 0
    var pace = Pace().entries
    while offset < Self.mostListed {
      let page = try await lists.read(
        "/repos/\(repository)/pulls?state=all&sort=updated&direction=desc", of: RESTUpdatedItem.self, from: offset,
        what: "what changed in \(repository)", pace: pace, mayBeAbsent: [410])
      if page.absence != nil { return nil }
      pace = page.pace
      let items = page.rows.compactMap(\.value)
      let changed = items.filter { item in Timestamp(item.updatedAt).map { $0.seconds >= since.seconds } ?? true }
      numbers.formUnion(changed.map(\.number))
      if page.loss != nil || items.count < page.rows.count { updated.isWhole = false }
      if page.isLast || changed.count < items.count {
        updated.numbers = numbers.sorted()
        return updated
      }
      offset += page.width
    }
    return nil
  }

  /// `page=` ends there.
  private static let mostListed = 10_000

  /// The highest number among the newest by creation and the newest by update; 0 where there is none.
  func newestNumber() async throws -> Int {
    var newest = 0
    for list in ["issues", "pulls"] {
      for order in ["created", "updated"] {
        // Where issues are switched off pull requests are listed still.
        guard let numbers = try await numbers(1, in: list, by: order) else { break }
        newest = max(newest, numbers.max() ?? 0)
      }
      if list == "issues", newest > 0 { break }
    }
    return newest
  }

  /// The newest issues and pull requests by their creation, at most `count`, ascending. One that GitHub cannot list is
  /// left out.
  ///
  /// Where issues are switched off (410), GitHub lists the pull requests all the same. The next page is GitHub's own `next`
  /// link, because `page=` ends at 10,000 items; by number it goes only behind a page that GitHub fails for.
  func newest(_ count: Int) async throws -> [Int] {
    let size = min(ListReader.pageSize, max(1, count))
    let order = "state=all&sort=created&direction=desc&per_page=\(size)"
    var list = "issues"
    var path: String? = "/repos/\(repository)/\(list)?\(order)"
    var numbers: [Int] = []
    var pages = 0
    while let current = path, Set(numbers).count < count {
      let answer: RESTAnswer
      do {
        answer = try await github.send(RESTRequest(.get, current, isNarrowable: true))
      } catch is QueryTooHeavy {
        let rest = try await self.numbers(count - Set(numbers).count, in: list, by: "created", from: pages * size)
        numbers += rest ?? []
        break
      }
      if answer.status == 410, list == "issues" {
        list = "pulls"
        path = "/repos/\(repository)/\(list)?\(order)"
        continue
      }
      numbers += try answer.list(of: RESTListedItem.self, what: "the newest items of \(repository)").map(\.number)
      pages += 1
      path = answer.next == current ? nil : answer.next
    }
    var known: Set<Int> = []
    return numbers.filter { known.insert($0).inserted }.prefix(count).sorted()
  }

  /// Numbers from the list's newest end on, or from `offset` on, until there are `count`; nil where there is no such list.
  private func numbers(_ count: Int, in list: String, by order: String, from offset: Int = 0) async throws -> [Int]? {
    var numbers: Set<Int> = []
    var offset = offset
    var pace = Pace().entries
    while numbers.count < count {
      let page = try await lists.read(
        "/repos/\(repository)/\(list)?state=all&sort=\(order)&direction=desc", of: RESTListedItem.self, from: offset,
        what: "the newest of \(repository)", pace: pace, mayBeAbsent: [410])
      if page.absence != nil { return nil }
      pace = page.pace
      numbers.formUnion(page.rows.compactMap { $0.value?.number })
      if page.isLast { break }
      offset += page.width
    }
    return numbers.sorted(by: >)
  }

  private var lists: ListReader { ListReader(github: github, repository: repository) }

  /// Whether any review comment was written or edited since then: one request.
  func hasReviewComments(since: Timestamp) async throws -> Bool {
    try await hasAny("pulls/comments", since: since, what: "the review comments of \(repository)")
  }

  /// Whether any comment on an issue or a pull request was written or edited since then: one request.
  func hasIssueComments(since: Timestamp) async throws -> Bool {
    try await hasAny("issues/comments", since: since, what: "the comments of \(repository)")
  }

  private func hasAny(_ list: String, since: Timestamp, what: String) async throws -> Bool {
    let since = Timestamp(seconds: since.seconds)
    let path = "/repos/\(repository)/\(list)?sort=updated&direction=asc&per_page=1&since=\(since)"
    do {
      let answer = try await github.send(RESTRequest(.get, path, isNarrowable: true))
      if answer.status == 410 { return false }
      return try !answer.list(of: Entry.self, what: what).isEmpty
    } catch is QueryTooHeavy {
      // The walk over the list steps over an entry that does not come.
      try await lists.requireLivingREST()
      return true
    }
  }

  /// All that a probe looks at is that it is there.
  private struct Entry: Decodable, Sendable {}
}
