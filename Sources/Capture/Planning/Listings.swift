import Domain

/// The REST listings that say which numbers a window holds.
struct Listings: Sendable {
  let github: any GitHubAPI
  let repository: RepositoryName

  /// Numbers of issues and pull requests that were updated at or after `since`, each once, ascending; nil where the repository
  /// lists none (410: issues are switched off).
  ///
  /// In the order of their updates, oldest first: what changes meanwhile moves to the end and is listed twice, never
  /// missed. The next page is always GitHub's own `next` link, because `page=` ends at 10,000 items.
  func updated(since: Timestamp) async throws -> [Int]? {
    let since = Timestamp(seconds: since.seconds)
    var path: String? = "/repos/\(repository)/issues?state=all&sort=updated&direction=asc&per_page=100&since=\(since)"
    var numbers: Set<Int> = []
    while let current = path {
      let answer = try await github.send(RESTRequest(.get, current))
      if answer.status == 410 { return nil }
      for item in try answer.list(of: RESTListedItem.self, what: "what changed in \(repository)") {
        numbers.insert(item.number)
      }
      path = answer.next == current ? nil : answer.next
    }
    return numbers.sorted()
  }

  /// The highest number among the newest by creation and the newest by update; 0 where there is none.
  func newestNumber() async throws -> Int {
    var newest = 0
    for list in ["issues", "pulls"] {
      for order in ["created", "updated"] {
        let path = "/repos/\(repository)/\(list)?state=all&sort=\(order)&direction=desc&per_page=100"
        let answer = try await github.send(RESTRequest(.get, path))
        // Where issues are switched off pull requests are listed still.
        if answer.status == 410 { break }
        let items = try answer.list(of: RESTListedItem.self, what: "the newest of \(repository)")
        newest = max(newest, items.map(\.number).max() ?? 0)
      }
      if list == "issues", newest > 0 { break }
    }
    return newest
  }

  /// The newest issues and pull requests by their creation, at most `count`, ascending.
  ///
  /// Where issues are switched off (410), GitHub lists the pull requests all the same.
  func newest(_ count: Int) async throws -> [Int] {
    let order = "state=all&sort=created&direction=desc&per_page=\(min(100, max(1, count)))"
    var path: String? = "/repos/\(repository)/issues?\(order)"
    var numbers: Set<Int> = []
    while let current = path, numbers.count < count {
      let answer = try await github.send(RESTRequest(.get, current))
      if answer.status == 410, current.contains("/issues?") {
        path = "/repos/\(repository)/pulls?\(order)"
        continue
      }
      for item in try answer.list(of: RESTListedItem.self, what: "the newest items of \(repository)") {
        if numbers.count < count { numbers.insert(item.number) }
      }
      path = answer.next == current ? nil : answer.next
    }
    return numbers.sorted()
  }

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
    let answer = try await github.send(RESTRequest(.get, path))
    if answer.status == 410 { return false }
    return try !answer.list(of: Entry.self, what: what).isEmpty
  }

  /// All that a probe looks at is that it is there.
  private struct Entry: Decodable, Sendable {}
}
