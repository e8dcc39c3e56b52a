import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

/// Two processes may read the same item, and the one that read first may store last.
@Suite struct OverlapTests {
  @Test func anOlderReadingOverwritesNothing() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      func page(_ page: inout CapturedPage, _ word: String, updated: String) {
        var pull = Fixture.pullRequest(1, title: word)
        pull.updatedAt = updated
        page.pullRequests = [pull]
        page.issues = [Fixture.issue(2, title: word, updatedAt: updated)]
        page.issueComments = [Fixture.comment(1, on: 1, body: word, updatedAt: updated)]
        var comment = Fixture.reviewComment(1, on: 1)
        comment.body = word
        comment.updatedAt = updated
        page.reviewComments = [comment]
        page.reviews = [Fixture.review(1, on: 1, state: word)]
        page.files = [Fixture.file("a", of: 1, additions: word.count)]
      }
      try await walk.commit(at: "11:00:00") { page(&$0, "newer", updated: "2026-02-02T00:00:00Z") }
      try await walk.commit(at: "10:00:00") { page(&$0, "old", updated: "2026-02-01T00:00:00Z") }
      func words() async throws -> [String] {
        var words: [String] = []
        for sql in [
          "title AS value FROM yardmaster.pull_requests", "title AS value FROM yardmaster.issues",
          "body AS value FROM yardmaster.issue_comments", "body AS value FROM yardmaster.review_comments",
          "state AS value FROM yardmaster.reviews",
          "repeat('x', additions::int) AS value FROM yardmaster.pull_request_files",
        ] { words.append(try await database.value("SELECT \(sql)")) }
        return words
      }
      #expect(try await words() == ["newer", "newer", "newer", "newer", "newer", "xxxxx"])
      // A change need not move the second, or any time at all: then the later reading knows it.
      try await walk.commit(at: "11:00:00") { page(&$0, "newest", updated: "2026-02-02T00:00:00Z") }
      #expect(try await words() == ["newest", "newest", "newest", "newest", "newest", "xxxxxx"])
      try await walk.commit(at: "10:59:00") { page(&$0, "late", updated: "2026-02-02T00:00:00Z") }
      #expect(try await words() == ["newest", "newest", "newest", "newest", "newest", "xxxxxx"])
    }
  }

  @Test func anOlderReadingRevivesNothingAndMarksNothing() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      try await walk.commit(at: "09:00:00") { page in
        page.numbers = [Fixture.number(1, .issue), Fixture.number(2, .pullRequest)]
        page.issues = [Fixture.issue(1)]
        page.pullRequests = [Fixture.pullRequest(2)]
        page.issueComments = [Fixture.comment(1, on: 1), Fixture.comment(2, on: 2)]
        page.files = [Fixture.file("old", of: 2)]
      }
      // Read at eleven: the issue and a comment are gone, a file was replaced.
      try await walk.commit(at: "11:00:00") { page in
        page.numbers = [Fixture.number(1, .gone), Fixture.number(2, .pullRequest)]
        page.files = [Fixture.file("new", of: 2)]
        page.lists = [.comments, .files].map { Fixture.list($0, of: 2, begun: "10:59:58") }
      }
      // Read at ten, stored now.
      try await walk.commit(at: "10:00:00") { page in
        page.numbers = [Fixture.number(1, .issue)]
        page.issues = [Fixture.issue(1)]
        page.issueComments = [Fixture.comment(1, on: 1), Fixture.comment(2, on: 2)]
        page.files = [Fixture.file("old", of: 2)]
        page.lists = [.comments, .files].map { Fixture.list($0, of: 2, begun: "09:59:58") }
      }
      #expect(try await walk.present("issues", "number") == "")
      #expect(try await walk.present("issue_comments") == "")
      #expect(try await walk.present("pull_request_files", "path") == "new")
      #expect(try await database.value("SELECT kind AS value FROM yardmaster.numbers WHERE number = 1") == "gone")
      // The other way round: what was found gone at ten does not hide what was there at eleven.
      try await walk.commit(at: "10:30:00") { $0.numbers = [Fixture.number(2, .gone)] }
      #expect(try await walk.present("pull_requests", "number") == "2")
    }
  }

  @Test func labelsAndLinksAreReplacedByNewerReadingsOnly() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      func page(_ page: inout CapturedPage, _ label: String, _ link: LinkRecord?, _ commit: String?, begun: String) {
        page.labels = [1, 2].map { LabelsRecord(number: $0, isPullRequest: $0 == 1, labels: [label]) }
        page.links = [link].compactMap(\.self)
        if let commit {
          page.links.append(
            LinkRecord(fromNumber: 2, toRepository: "octo/Hello-World", toNumber: nil, toCommit: commit))
        }
        page.lists = [
          Fixture.list(.labels, of: 1, begun: begun, total: 1), Fixture.list(.labels, of: 2, begun: begun, total: 1),
          Fixture.list(.closes, of: 1, begun: begun, total: 1), Fixture.list(.closer, of: 2, begun: begun),
        ]
      }
      try await walk.commit(at: "09:00:00") { page in
        page.numbers = [Fixture.number(1, .pullRequest), Fixture.number(2, .issue)]
        page.pullRequests = [Fixture.pullRequest(1)]
        page.issues = [Fixture.issue(2)]
      }
      func labels() async throws -> String {
        try await database.value(
          "SELECT labels[1] || (SELECT labels[1] FROM yardmaster.issues) AS value FROM yardmaster.pull_requests")
      }
      try await walk.commit(at: "11:00:00") { page(&$0, "b", Fixture.link(1, to: 5), "abc", begun: "10:59:58") }
      #expect(try await labels() == "bb")
      #expect(try await walk.links() == "5 abc")
      try await walk.commit(at: "10:00:00") { page(&$0, "a", Fixture.link(1, to: 4), "000", begun: "09:59:58") }
      #expect(try await labels() == "bb")
      #expect(try await walk.links() == "5 abc")
      // The same name in other letters is the same link; another repository's number is another.
      try await walk.commit(at: "12:00:00") {
        page(&$0, "c", Fixture.link(1, to: 5, in: "OCTO/hello-world"), nil, begun: "11:59:58")
      }
      #expect(try await labels() == "cc")
      #expect(try await walk.links() == "5")
      try await walk.commit(at: "13:00:00") {
        page(&$0, "c", Fixture.link(1, to: 5, in: "a/b"), nil, begun: "12:59:58")
      }
      #expect(try await walk.links("to_repository") == "a/b")
      // What others recorded is theirs.
      try await database.query(
        """
        INSERT INTO yardmaster.links (repository_id, from_number, to_repository, to_number, kind)
        SELECT repository_id, 1, 'a/b', 6, 'mentions' FROM yardmaster.links
        """)
      try await walk.commit(at: "14:00:00") { page(&$0, "c", nil, nil, begun: "13:59:58") }
      #expect(try await walk.links() == "6")
      // Labels stay when the item's row is captured again.
      try await walk.commit(at: "15:00:00") { $0.pullRequests = [Fixture.pullRequest(1, title: "again")] }
      #expect(try await labels() == "cc")
    }
  }

  /// As after SIGSTOP for longer than the lease, then SIGCONT: another process has the chunk.
  @Test func whoeverIsLateWritesNothingAtAll() async throws {
    try await withStore { store, database in
      var late = try await Walk(store, database)
      try await late.commit(at: "10:00:00") { page in
        page.numbers = [Fixture.number(1, .issue)]
        page.issues = [Fixture.issue(1)]
        page.issueComments = [Fixture.comment(1, on: 1)]
        page.lists = [Fixture.list(.comments, of: 1, begun: "09:59:58", total: 3, last: false)]
      }
      try await late.commit { $0.deadLetters = [Fixture.letter(1)] }
      let stale = late.chunk
      try await late.resume()
      let tables = [
        "capture_chunks", "numbers", "list_sightings", "issues", "pull_requests", "issue_comments", "reviews",
        "review_comments", "pull_request_files", "links", "contributors", "dead_letters", "query_widths",
        "progressive_capture_jobs",
      ]
      let all = tables.map { "SELECT '\($0)' || to_jsonb(t)::text AS v FROM yardmaster.\($0) t" }
        .joined(separator: " UNION ALL ")
      let sql = "SELECT md5(string_agg(v, ',' ORDER BY v)) AS value FROM (\(all)) AS t"
      let before: String = try await database.value(sql)
      var page = CapturedPage()
      page.observedAt = Fixture.time("12:00:00")
      page.numbers = [Fixture.number(1, .gone), Fixture.number(2, .pullRequest)]
      page.pullRequests = [Fixture.pullRequest(2)]
      page.labels = [LabelsRecord(number: 1, isPullRequest: false, labels: ["x"])]
      page.issueComments = [Fixture.comment(2, on: 1)]
      page.links = [Fixture.link(2, to: 1)]
      page.lists = [
        Fixture.list(.comments, of: 1, begun: "09:59:58", total: 3, first: false, last: false),
        Fixture.list(.closes, of: 2, begun: "09:59:58", total: 1),
      ]
      page.completed = [1]
      page.deadLetters = [Fixture.letter(1), Fixture.letter(2, list: .files)]
      page.contributors = [ContributorRecord(login: "late", githubID: 1, accountType: "User")]
      await #expect(throws: LeaseLost.self) {
        try await store.commit(
          page, of: stale, checkpoint: Checkpoint(next: 9), finished: true, cost: PageCost(points: 1, requests: 1),
          widths: ["items": 3], lease: 600)
      }
      #expect(try await database.value(sql) == before)
    }
  }
}
