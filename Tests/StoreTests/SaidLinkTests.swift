import Domain
import Postgres
import Store
import TestSupport
import Testing

@Suite struct SaidLinkTests {
  static func said(
    _ links: [SaidLink], at time: String = "10:00:00", isPullRequestText: Bool = true
  ) -> SaidLinks { SaidLinks(links, saidAt: Fixture.time(time), isPullRequestText: isPullRequestText) }

  static func link(_ kind: SaidLink.Kind, _ number: Int) -> SaidLink {
    SaidLink(kind, to: .item(number), in: Fixture.repository)
  }

  /// One event that brings links, and what stands in `links` after it.
  static func bring(
    _ said: SaidLinks?, _ identity: String, at time: String = "10:00:00", number: Int = 7, in store: Store,
    _ database: TestDatabase
  ) async throws -> String {
    let claim = StoryTests.claim(identity, at: time, number: number, said: said)
    if let event = try await store.claim(claim).claimed {
      try await store.finish(event, outcome: .processed, error: nil, audit: Fixture.audit())
    }
    return try await stored(database)
  }

  static func stored(_ database: TestDatabase) async throws -> String {
    try await database.query(
      """
      SELECT string_agg(from_number || ' ' || kind || ' ' || to_repository || coalesce('#' || to_number, '@' || to_commit)
        || CASE origin WHEN 'text' THEN '' ELSE ' by GitHub' END, ', ' ORDER BY from_number, kind, to_number) AS value
      FROM yardmaster.links
      """)[0].decodeIfPresent("value") ?? ""
  }

  @Test func whatATextSaysIsKnownToTheEventThatBringsIt() async throws {
    try await withStore { store, _ in
      let links = [
        Self.link(.closes, 12),
        SaidLink(.mentions, to: .commit(String(repeating: "a", count: 40)), in: StoryTests.other),
      ]
      let claim = StoryTests.claim("a", at: "10:00:00", said: Self.said(links))
      let event = try #require(try await store.claim(claim).claimed)
      guard case .entered(let context)? = event.thread?.standing else {
        Issue.record("not entered")
        return
      }
      #expect(Set(context.links.map(\.kind)) == ["closes", "mentions"])
      try await store.finish(event, outcome: .processed, error: nil, audit: Fixture.audit())
      // Seen from the other end.
      let other = try #require(try await store.claim(StoryTests.claim("b", at: "10:00:01", number: 12)).claimed)
      guard case .entered(let around)? = other.thread?.standing else {
        Issue.record("not entered")
        return
      }
      #expect(around.links == [ThreadLink(kind: "closes", isIncoming: true, number: 7, isPullRequest: true)])
    }
  }

  @Test func anEditedTextClosesWhatItSaysNowAndKeepsItsMentions() async throws {
    try await withStore { store, database in
      let first = try await Self.bring(
        Self.said([Self.link(.closes, 1), Self.link(.mentions, 2)]), "a", in: store, database)
      #expect(first == "7 closes octo/Hello-World#1, 7 mentions octo/Hello-World#2")
      let comment = try await Self.bring(
        Self.said([Self.link(.mentions, 4)], isPullRequestText: false), "b", at: "10:00:30", in: store, database)
      #expect(comment == first + ", 7 mentions octo/Hello-World#4")
      let second = try await Self.bring(Self.said([Self.link(.closes, 3)]), "c", at: "10:01:00", in: store, database)
      #expect(
        second == "7 closes octo/Hello-World#3, 7 mentions octo/Hello-World#2, 7 mentions octo/Hello-World#4")
      // Late, of a version that is gone.
      let late = try await Self.bring(Self.said([Self.link(.closes, 1)]), "d", at: "10:00:10", in: store, database)
      #expect(late == second)
      #expect(try await Self.bring(nil, "e", at: "10:02:00", in: store, database) == second)
      let none = try await Self.bring(Self.said([]), "f", at: "10:03:00", in: store, database)
      #expect(none == "7 mentions octo/Hello-World#2, 7 mentions octo/Hello-World#4")
    }
  }

  @Test func aSecondDeliverySaysNothing() async throws {
    try await withStore { store, database in
      let first = try await Self.bring(Self.said([Self.link(.closes, 1)]), "a", in: store, database)
      _ = try await Self.bring(Self.said([]), "b", in: store, database)
      #expect(try await Self.bring(Self.said([Self.link(.closes, 1)]), "a", in: store, database) == "")
      #expect(first == "7 closes octo/Hello-World#1")
    }
  }

  @Test func aRepositoryIsMadeOnceAndNeverTakesAnothersName() async throws {
    try await withStore { store, database in
      _ = try await store.repository(Fixture.repository, githubID: 99)
      // The name is held by another id: nothing is recorded, and nothing fails.
      #expect(try await Self.bring(Self.said([Self.link(.mentions, 1)]), "a", in: store, database) == "")
      _ = try await store.repository(StoryTests.other, githubID: 1_296_269)
      // Renamed meanwhile: found by its id.
      #expect(
        try await Self.bring(Self.said([Self.link(.mentions, 1)]), "b", in: store, database)
          == "7 mentions octo/Hello-World#1")
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.repositories") == 2)
    }
  }

  /// A link that a text says counts for the proof of a capture only where GitHub lists it too.
  @Test func aCaptureTakesOverWhatGitHubListsAndDropsWhatItDoesNot() async throws {
    try await withStore { store, database in
      _ = try await Self.bring(
        Self.said([Self.link(.closes, 1), Self.link(.closes, 2), Self.link(.mentions, 3)]), "a", number: 8, in: store,
        database)
      var walk = try await Walk(store, database)
      try await walk.commit(at: "11:00:00") {
        $0.pullRequests = [Fixture.pullRequest(8)]
        $0.links = [LinkRecord(fromNumber: 8, toRepository: "octo/Hello-World", toNumber: 1, toCommit: nil)]
        $0.lists = [Fixture.list(.closes, of: 8, begun: "11:00:00", total: 1)]
        $0.numbers = [Fixture.number(8, .pullRequest)]
      }
      #expect(
        try await Self.stored(database)
          == "8 closes octo/Hello-World#1 by GitHub, 8 mentions octo/Hello-World#3")
    }
  }
}
