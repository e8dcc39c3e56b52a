import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

/// What vanished upstream keeps its row, marked; nothing else is marked.
@Suite struct TombstoneTests {
  /// GitHub names a link's end by what the repository is called today; a rename moves no item's time.
  @Test func linksFollowARename() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      let other = try await store.repository(RepositoryName("octo/other")!, githubID: 5)
      try await walk.commit(at: "10:00:00") { page in
        page.links = [
          LinkRecord(fromNumber: 1, toRepository: "Octo/hello-world", toNumber: 2, toCommit: nil),
          LinkRecord(fromNumber: 1, toRepository: "octo/Hello-World", toNumber: nil, toCommit: "c1"),
          LinkRecord(fromNumber: 3, toRepository: "octo/Hello-World", toNumber: 2, toCommit: nil),
          // Read after the rename, by a walk that knew of it.
          LinkRecord(fromNumber: 3, toRepository: "octo/New", toNumber: 2, toCommit: nil),
          LinkRecord(fromNumber: 4, toRepository: "octo/elsewhere", toNumber: 2, toCommit: nil),
        ]
      }
      try await database.query(
        """
        INSERT INTO yardmaster.links (repository_id, from_number, to_repository, to_number, kind)
        VALUES ($1::uuid, 9, 'octo/Hello-World', 8, 'closes')
        """, [.text(other.text)])
      func links() async throws -> String {
        try await database.query(
          """
          SELECT string_agg(from_number || ' ' || to_repository || '#' || coalesce(to_number::text, to_commit), ', '
            ORDER BY from_number, to_repository, to_number) AS value FROM yardmaster.links
          """)[0].decode("value")
      }
      #expect(try await store.repository(RepositoryName("octo/new")!, githubID: 1_296_269) == walk.chunk.repositoryID)
      #expect(
        try await links()
          == "1 octo/new#2, 1 octo/new#c1, 3 octo/New#2, 4 octo/elsewhere#2, 9 octo/new#8")
      // Another repository takes the name before it is known what the first one is called now.
      let heir = try await store.repository(RepositoryName("octo/new")!, githubID: 6)
      #expect(heir != walk.chunk.repositoryID)
      _ = try await store.repository(RepositoryName("octo/newest")!, githubID: 1_296_269)
      #expect(
        try await links()
          == "1 octo/newest#2, 1 octo/newest#c1, 3 octo/newest#2, 4 octo/elsewhere#2, 9 octo/new#8")
    }
  }

  @Test func whatAWholeListDoesNotHaveIsGone() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      try await walk.commit(at: "10:00:00") { page in
        page.numbers = [Fixture.number(1, .pullRequest), Fixture.number(2, .pullRequest)]
        page.pullRequests = [Fixture.pullRequest(1), Fixture.pullRequest(2)]
        for number in [1, 2] {
          let id = Int64(number * 10)
          page.issueComments += [Fixture.comment(id, on: number), Fixture.comment(id + 1, on: number)]
          page.reviews += [Fixture.review(id, on: number), Fixture.review(id + 1, on: number)]
          page.reviewComments += [Fixture.reviewComment(id, on: number), Fixture.reviewComment(id + 1, on: number)]
          page.files += [Fixture.file("a", of: number), Fixture.file("b", of: number)]
        }
      }
      // Lists of number 1 only: one row of each is gone, and number 2 is untouched.
      try await walk.commit(at: "11:00:00") { page in
        page.issueComments = [Fixture.comment(11, on: 1)]
        page.reviews = [Fixture.review(11, on: 1)]
        page.reviewComments = [Fixture.reviewComment(11, on: 1)]
        page.files = [Fixture.file("b", of: 1)]
        page.lists = [.comments, .reviews, .reviewComments, .files].map {
          Fixture.list($0, of: 1, begun: "10:59:58", total: 1)
        }
      }
      #expect(try await walk.present("issue_comments") == "11 20 21")
      #expect(try await walk.present("reviews") == "11 20 21")
      #expect(try await walk.present("review_comments") == "11 20 21")
      #expect(try await walk.present("pull_request_files", "(pull_number || path)") == "1b 2a 2b")
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.issue_comments") == 4)
      // A list that need not be asked for, because it is empty, takes all of its rows along.
      try await walk.commit(at: "12:00:00") { page in
        page.lists = [.comments, .files].map { Fixture.list($0, of: 2, begun: "11:59:58", total: 0) }
      }
      #expect(try await walk.present("issue_comments") == "11")
      #expect(try await walk.present("pull_request_files", "(pull_number || path)") == "1b")
      // What is there again loses its mark.
      try await walk.commit(at: "13:00:00") { page in
        page.issueComments = [Fixture.comment(20, on: 2)]
        page.files = [Fixture.file("a", of: 2)]
        page.lists = [.comments, .files].map { Fixture.list($0, of: 2, begun: "12:59:58", total: 1) }
      }
      #expect(try await walk.present("issue_comments") == "11 20")
      #expect(try await walk.present("pull_request_files", "(pull_number || path)") == "1b 2a")
    }
  }

  @Test func whatCameAfterTheReadingBeganIsLeftAlone() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      // Stored by the run of the comment's own event, while the list that lacks it is on its way.
      try await walk.commit(at: "10:00:05") { page in
        page.issueComments = [
          Fixture.comment(1, on: 1), Fixture.comment(2, on: 1, createdAt: "2026-03-01T10:00:01Z"),
        ]
        page.reviewComments = [Fixture.reviewComment(2, on: 1, createdAt: "2026-03-01T10:00:01Z")]
        page.files = [Fixture.file("new", of: 1)]
      }
      try await walk.commit(at: "10:00:00") { page in
        page.lists = [.comments, .reviewComments, .files].map { Fixture.list($0, of: 1, begun: "09:59:58", total: 0) }
      }
      #expect(try await walk.present("issue_comments") == "2")
      #expect(try await walk.present("review_comments") == "2")
      #expect(try await walk.present("pull_request_files", "path") == "new")
    }
  }

  @Test func aListInPartsSurvivesAKill() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      try await walk.commit(at: "10:00:00") { page in
        page.issueComments = (1...6).map { Fixture.comment($0, on: 1) }
        page.files = ["a\u{0}", "b", "c"].map { Fixture.file($0, of: 1) }
        page.links = [2, 3, 4].map { Fixture.link(1, to: $0) }
        page.lists = [Fixture.list(.closes, of: 1, begun: "09:59:58", total: 3)]
      }
      func part(
        _ page: inout CapturedPage, _ comments: [Int64], _ files: [String], _ links: [Int], first: Bool, last: Bool
      ) {
        page.issueComments = comments.map { Fixture.comment($0, on: 1) }
        page.files = files.map { Fixture.file($0, of: 1) }
        page.links = links.map { Fixture.link(1, to: $0) }
        page.lists = [.comments, .files, .closes].map {
          Fixture.list($0, of: 1, begun: "10:59:58", total: 3, first: first, last: last)
        }
      }
      try await walk.commit(at: "11:00:00") { part(&$0, [1, 2], ["a\u{0}"], [2], first: true, last: false) }
      // Nothing is gone before the list is through.
      #expect(try await walk.present("issue_comments") == "1 2 3 4 5 6")
      try await walk.resume()
      try await walk.commit(at: "11:01:00") { part(&$0, [4], [], [], first: false, last: false) }
      try await walk.resume(runID: 3)
      try await walk.commit(at: "11:02:00") { part(&$0, [6], ["c"], [4], first: false, last: true) }
      #expect(try await walk.present("issue_comments") == "1 2 4 6")
      #expect(try await walk.present("pull_request_files", "path") == "a\u{FFFD} c")
      #expect(try await walk.links() == "2 4")
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.list_sightings") == 0)
      // A list that begins anew forgets what an abandoned reading saw.
      try await walk.commit(at: "12:00:00") { part(&$0, [1, 2], ["a\u{0}"], [2], first: true, last: false) }
      try await walk.commit(at: "12:01:00") { part(&$0, [2], ["c"], [4], first: true, last: false) }
      try await walk.commit(at: "12:02:00", finished: true) { part(&$0, [6], [], [], first: false, last: true) }
      #expect(try await walk.present("issue_comments") == "2 6")
      #expect(try await walk.links() == "4")
    }
  }

  @Test func aWalkOverAllReviewCommentsFindsWhatIsGone() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database, scope: .reviewComments(since: nil, reconciles: true))
      try await walk.commit(at: "09:00:00") { page in
        page.reviewComments = (1...5).map { Fixture.reviewComment($0, on: Int($0)) }
        page.reviewComments.append(Fixture.reviewComment(6, on: 6, createdAt: "2026-03-01T10:30:00Z"))
        page.issueComments = [Fixture.comment(1, on: 1)]
      }
      let begun = Fixture.time("10:00:00")
      try await walk.commit(at: "10:00:02") { page in
        page.reviewComments = [1, 2].map { Fixture.reviewComment($0, on: Int($0)) }
        page.reviewCommentWalk = CapturedPage.FlatWalk(begun: begun, isLast: false)
      }
      try await walk.resume()
      try await walk.commit(at: "11:00:00", finished: true) { page in
        page.reviewComments = [Fixture.reviewComment(4, on: 4)]
        page.reviewCommentWalk = CapturedPage.FlatWalk(begun: begun, isLast: true)
      }
      // 6 was written while the walk went on.
      #expect(try await walk.present("review_comments") == "1 2 4 6")
      #expect(try await walk.present("issue_comments") == "1")
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.list_sightings") == 0)
    }
  }

  @Test func aSecondThatCouldNotBeReadStablyProvesNothingGone() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database, scope: .reviewComments(since: nil, reconciles: true))
      try await walk.commit(at: "09:00:00") { page in
        page.reviewComments = (1...6).map { Fixture.reviewComment($0, on: Int($0)) }
        for (index, second) in ["01:00:00", "02:00:00", "02:00:01", "02:00:02", "02:00:03", "03:00:00"].enumerated() {
          page.reviewComments[index].updatedAt = "2026-03-01T\(second)Z"
        }
      }
      let begun = Fixture.time("10:00:00")
      try await walk.commit(at: "10:00:02") { page in
        page.reviewCommentWalk = CapturedPage.FlatWalk(
          begun: begun, isLast: false, unsure: Fixture.time("02:00:00")...Fixture.time("02:00:02"))
      }
      try await walk.commit(at: "11:00:00", finished: true) { page in
        page.reviewCommentWalk = CapturedPage.FlatWalk(begun: begun, isLast: true)
      }
      #expect(try await walk.present("review_comments") == "2 3 4")
    }
  }

  @Test(arguments: [NumberRecord.Kind.gone, .discussion])
  func whatANumberLostTakesAllAlong(kind: NumberRecord.Kind) async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      try await walk.commit(at: "10:00:00") { page in
        page.numbers = [1, 2].map { Fixture.number($0, .pullRequest) } + [Fixture.number(3, .issue)]
        page.pullRequests = [Fixture.pullRequest(1), Fixture.pullRequest(2)]
        page.issues = [Fixture.issue(3)]
        for number in [1, 2, 3] { page.issueComments.append(Fixture.comment(Int64(number), on: number)) }
        for number in [1, 2] {
          page.reviews.append(Fixture.review(Int64(number), on: number))
          page.reviewComments.append(Fixture.reviewComment(Int64(number), on: number))
          page.files.append(Fixture.file("a", of: number))
          page.links.append(Fixture.link(number, to: 3))
        }
      }
      try await walk.commit(at: "11:00:00") { page in
        page.numbers = [Fixture.number(1, kind), Fixture.number(3, kind)]
      }
      #expect(try await walk.present("pull_requests", "number") == "2")
      #expect(try await walk.present("issues", "number") == "")
      for table in ["issue_comments", "reviews", "review_comments"] { #expect(try await walk.present(table) == "2") }
      #expect(try await walk.present("pull_request_files", "pull_number") == "2")
      #expect(try await walk.links("from_number") == "2")
      #expect(
        try await database.value("SELECT kind AS value FROM yardmaster.numbers WHERE number = 1") == kind.rawValue)
      // It is there again, as when an issue is transferred back.
      try await walk.commit(at: "12:00:00") { page in
        page.numbers = [Fixture.number(3, .issue)]
        page.issues = [Fixture.issue(3)]
        page.issueComments = [Fixture.comment(3, on: 3)]
      }
      #expect(try await walk.present("issues", "number") == "3")
      #expect(try await walk.present("issue_comments") == "2 3")
    }
  }

  @Test func anIssueThatBecameAPullRequestIsNoIssueAnyMore() async throws {
    try await withStore { store, database in
      var walk = try await Walk(store, database)
      try await walk.commit(at: "10:00:00") { page in
        page.numbers = [Fixture.number(1, .issue)]
        page.issues = [Fixture.issue(1)]
        page.issueComments = [Fixture.comment(1, on: 1)]
      }
      try await walk.commit(at: "11:00:00") { page in
        page.numbers = [Fixture.number(1, .pullRequest)]
        page.pullRequests = [Fixture.pullRequest(1)]
      }
      #expect(try await walk.present("issues", "number") == "")
      #expect(try await walk.present("pull_requests", "number") == "1")
      // The comments hang on the number.
      #expect(try await walk.present("issue_comments") == "1")
    }
  }

  @Test func aTransferredItemsCommentsMoveToTheirNewRepository() async throws {
    try await withStore { store, database in
      var here = try await Walk(store, database)
      try await here.commit(at: "10:00:00") { page in
        page.numbers = [Fixture.number(1, .issue)]
        page.issues = [Fixture.issue(1)]
        page.issueComments = [Fixture.comment(77, on: 1)]
      }
      // The old place is found empty before the new one is read, and is read again by a late page afterwards.
      try await here.commit(at: "11:00:00") { $0.numbers = [Fixture.number(1, .gone)] }
      #expect(try await here.present("issue_comments") == "")
      let there = try await store.repository(RepositoryName("octo/other")!, githubID: 2)
      var chunk = here.chunk
      chunk.repositoryID = there
      var page = CapturedPage()
      page.observedAt = Fixture.time("10:59:00")
      page.issueComments = [Fixture.comment(77, on: 9)]
      try await store.commit(
        page, of: chunk, checkpoint: Checkpoint(next: 1), finished: false, cost: PageCost(), widths: [:], lease: 600)
      #expect(
        try await database.value(
          "SELECT issue_number || ' ' || (deleted_at IS NULL) AS value FROM yardmaster.issue_comments") == "9 true")
    }
  }
}

extension Fixture {
  static func link(_ from: Int, to number: Int, in repository: String = "octo/Hello-World") -> LinkRecord {
    LinkRecord(fromNumber: from, toRepository: repository, toNumber: number, toCommit: nil)
  }
}

extension Walk {
  func links(_ column: String = "coalesce(to_number::text, to_commit)") async throws -> String {
    try await database.query(
      "SELECT string_agg(\(column)::text, ' ' ORDER BY \(column)) AS value FROM yardmaster.links")[0]
      .decodeIfPresent("value") ?? ""
  }
}
