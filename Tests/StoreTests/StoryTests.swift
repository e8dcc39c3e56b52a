import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

@Suite struct StoryTests {
  static let other = RepositoryName("octo/Spoon-Knife")!

  static func claim(
    _ identity: String, name: String = "issues", action: String = "opened", at time: String,
    in repository: RepositoryName = Fixture.repository,
    number: Int = 7, said: SaidLinks? = nil
  ) -> EventClaim {
    var claim = Fixture.claim(identity)
    claim.name = name
    claim.action = action
    claim.number = number
    claim.repository = repository
    claim.occurredAt = Fixture.time(time)
    let key = ThreadKey(repository: repository, githubID: claim.repositoryGitHubID, number: number)
    claim.thread = ThreadVisit(key: key, version: claim.occurredAt, said: said)
    return claim
  }

  static func decision(
    _ effect: Effect, will: Standing.Will = .rule, undoes: [ActionID] = [],
    in repository: RepositoryName = Fixture.repository
  ) -> Decision {
    var decision = Fixture.decision(effect)
    decision.target.repository = repository
    decision.standing = Standing(will: will, login: "mona", moment: Moment(Fixture.time("10:05:00")))
    decision.undoes = undoes
    decision.rules = will == .rule ? ["bug"] : []
    return decision
  }

  /// An issue that is opened, labelled by a rule, labelled by a command, and rolled back; captured with a comment, and
  /// closed by a pull request.
  @discardableResult
  static func tell(_ store: Store, _ database: TestDatabase) async throws -> [ClaimedEvent] {
    let opened = try #require(try await store.claim(Self.claim("a", at: "10:00:00")).claimed)
    let ruled = try await store.intend(
      Intents(decisions: [decision(.addLabels(["bug"]))]), for: opened, dryRun: false)
    try await store.settle(
      ruled[0], as: ActionOutcome(status: .done), for: opened, audit: Fixture.audit("action"), beginning: nil)
    try await store.finish(opened, outcome: .processed, error: nil, audit: Fixture.audit())

    let said = try #require(
      try await store.claim(Self.claim("b", name: "issue_comment", action: "created", at: "10:05:00")).claimed)
    let moment = Moment(Fixture.time("10:05:00"), comment: 55, line: 1)
    let intents = Intents(
      decisions: [decision(.addLabels(["p1"]), will: .person)],
      commands: [
        ReadCommand(
          record: CommandRecord(name: "label", arguments: "p1"), textID: 55, line: 1, login: "mona", moment: moment,
          verdict: .accepted),
        ReadCommand(
          record: CommandRecord(name: "lock", arguments: ""), textID: 55, line: 2, login: "mona", moment: moment,
          verdict: .refused, explanation: "needs triage"),
      ])
    let asked = try await store.intend(intents, for: said, dryRun: false)
    try await store.settle(
      asked[0], as: ActionOutcome(status: .done), for: said, audit: Fixture.audit("action"), beginning: nil)
    try await store.finish(said, outcome: .processed, error: nil, audit: Fixture.audit())

    let back = try #require(
      try await store.claim(Self.claim("c", name: "rollback", action: "requested", at: "10:09:00")).claimed)
    let undone = try await store.intend(
      Intents(decisions: [decision(.removeLabel("p1"), will: .person, undoes: [asked[0].id])]), for: back,
      dryRun: false)
    try await store.settle(
      undone[0], as: ActionOutcome(status: .done), for: back, audit: Fixture.audit("action"), beginning: nil)
    try await store.finish(back, outcome: .processed, error: nil, audit: Fixture.audit())

    var walk = try await Walk(store, database)
    try await walk.commit {
      $0.issues = [Fixture.issue(7, title: "App crashes")]
      $0.pullRequests = [Fixture.pullRequest(8, title: "Mend it")]
      $0.issueComments = [Fixture.comment(55, on: 7, body: "/label p1\n/lock", createdAt: "2026-03-01T10:05:00Z")]
      $0.links = [LinkRecord(fromNumber: 8, toRepository: "octo/hello-world", toNumber: 7, toCommit: nil)]
      $0.lists = [Fixture.list(.closes, of: 8, begun: "11:00:00", total: 1)]
    }
    return [opened, said, back]
  }

  @Test func aThreadsStoryIsInOrder() async throws {
    try await withStore { store, database in
      let events = try await Self.tell(store, database)
      let story = try await store.story(of: Fixture.repository, number: 7)
      let told = story.map { "\($0.kind.rawValue) \($0.what)" }
      #expect(
        told == [
          "opened App crashes", "link closed by octo/Hello-World#8", "event issues.opened",
          "comment /label p1\n/lock", "event issue_comment.created", "command /label p1", "command /lock",
          "event rollback.requested", "action add_labels", "action add_labels", "rollback remove_label",
        ])
      #expect(story.map(\.who)[5] == "mona")
      #expect(
        story[5].detail["verdict"]?.string == "accepted" && story[6].detail["explanation"]?.string == "needs triage")
      #expect(story[8].transaction == events[0].transaction && story[10].transaction == events[2].transaction)
      #expect(story[9].detail["status"]?.string == "rolled_back" && story[10].detail["status"]?.string == "done")
      #expect(story[1].detail["is_pull_request"] == true && story[1].detail["title"]?.string == "Mend it")
      let other = try await store.story(of: Fixture.repository, number: 8)
      #expect(other.map(\.what) == ["Mend it", "closes octo/hello-world#7"])
      #expect(try await store.story(of: Fixture.repository, number: 7, limit: 2).map(\.what).count == 2)
      #expect(try await store.story(of: Fixture.repository, number: 9).isEmpty)
    }
  }

  @Test func whatYardmasterDidNeverComesBeforeItsEvent() async throws {
    try await withStore { store, database in
      var claim = Self.claim("late", at: "10:00:00")
      // GitHub's clock is ahead of the database's.
      claim.occurredAt = Timestamp("2999-01-01T00:00:00Z")
      let event = try #require(try await store.claim(claim).claimed)
      _ = try await store.intend(Intents(decisions: [Self.decision(.reopen)]), for: event, dryRun: true)
      let story = try await store.story(of: Fixture.repository, number: 7)
      #expect(story.map(\.kind) == [.event, .action])
      #expect(story[1].detail["dry_run"] == true && story[1].detail["explanation"]?.string == "dry run")
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.story('OCTO/hello-world', 7)") == 2)
    }
  }

  @Test func aRenameKeepsTheStoryUnderBothNames() async throws {
    try await withStore { store, database in
      try await Self.tell(store, database)
      let before = try await store.story(of: Fixture.repository, number: 7).count
      _ = try await store.repository(Self.other, githubID: 1_296_269)
      let event = try #require(
        try await store.claim(Self.claim("d", action: "closed", at: "12:00:00", in: Self.other)).claimed)
      _ = try await store.intend(
        Intents(decisions: [Self.decision(.reopen, in: Self.other)]), for: event, dryRun: false)
      let now = try await store.story(of: Self.other, number: 7)
      #expect(now.count == before + 2)
      #expect(try await store.story(of: Fixture.repository, number: 7).count == now.count)
      #expect(try await store.actions(repository: Fixture.repository).count == 4)
      #expect(now.contains { $0.what == "closed by octo/Spoon-Knife#8" })
    }
  }

  /// What a reader copies is what Yardmaster runs.
  @Test func theDocumentedQueryGivesTheStory() async throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/App/App.docc/Queries.md").standardized
    let text = try String(contentsOf: file, encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.contains("yardmaster.story(") })
    let query = line.replacing("octocat/hello", with: "octo/hello-world").replacing(", 12)", with: ", 7)")
    try await withStore { store, database in
      try await Self.tell(store, database)
      let story = try await store.story(of: Fixture.repository, number: 7)
      let rows = try await database.query(String(query))
      #expect(rows.count == story.count && !story.isEmpty)
      #expect(try rows.map { try $0.decode("what", as: String.self) } == story.map(\.what))
      #expect(try rows.map { try $0.decode("kind", as: String.self) } == story.map(\.kind.rawValue))
    }
  }

  @Test func actionsAreListedWithTheEventBehindThemNewestFirst() async throws {
    try await withStore { store, database in
      let events = try await Self.tell(store, database)
      let all = try await store.actions(repository: nil)
      #expect(all.map(\.action.decision.effect) == [.removeLabel("p1"), .addLabels(["p1"]), .addLabels(["bug"])])
      #expect(all.map(\.eventName) == ["rollback", "issue_comment", "issues"])
      #expect(all.map(\.transaction) == events.map(\.transaction).reversed())
      #expect(all.map(\.event) == events.map(\.id).reversed())
      #expect(all[1].action.status == .rolledBack && all[1].actor == "mona" && all[1].runID == 100)
      #expect(all[2].action.decision.rules == ["bug"] && all[2].settledAt != nil && !all[2].isDryRun)
      #expect(try await store.actions(repository: Fixture.repository, number: 7, limit: 1).count == 1)
      #expect(try await store.actions(repository: Fixture.repository, number: 8).isEmpty)
      #expect(try await store.actions(repository: Self.other).isEmpty)
    }
  }
}
