import Automation
import Domain
import Synchronization
import TestSupport
import Testing

/// What a sweep makes of an item's past.
@Suite struct HappeningTests {
  private typealias Item = SweptGitHub.Item

  /// The words of what a sweep of one item hands over.
  private func words(
    _ item: SweptGitHub.Item, _ change: (inout AutomationSweepRequest) -> Void = { _ in }
  ) async throws -> [String] {
    let harness = SweepHarness(SweptGitHub([item]))
    let recorder = SweepRecorder(harness.memory)
    try await harness.sweep(recorder, change)
    return recorder.words
  }

  @Test func everyKindOfChangeIsTheEventThatTellsOfItInTheOrderInWhichItHappened() async throws {
    var item = Item(7, created: 0, updated: 500)
    item.milestone = "v2"
    item.edited = 60
    item.editor = "bob"
    item.comments = [
      .init(id: 11, created: 20), .init(id: 12, created: 20, edited: 65), .init(id: 10, created: 30),
    ]
    item.changes = [
      .labeled("new", at: 0), .labeled("bug", at: 10), .labeled("bug", at: 40, "UnlabeledEvent"),
      .init(type: "AssignedEvent", at: 41, members: ["assignee": ["login": "eve"]]),
      .init(type: "UnassignedEvent", at: 42, members: ["assignee": ["login": "eve"]]),
      .init(type: "ClosedEvent", at: 43, members: ["stateReason": "NOT_PLANNED"]), .init(type: "ReopenedEvent", at: 44),
      .init(type: "RenamedTitleEvent", at: 45, members: ["currentTitle": "Title"]),
      .init(type: "MilestonedEvent", at: 46, members: ["milestoneTitle": "v1"]),
      .init(type: "DemilestonedEvent", at: 47, members: ["milestoneTitle": "v1"]),
      .init(type: "MilestonedEvent", at: 48, members: ["milestoneTitle": "v2"]),
      .init(type: "LockedEvent", at: 49, members: ["lockReason": "TOO_HEATED"]), .init(type: "UnlockedEvent", at: 50),
    ]
    #expect(
      try await words(item) == [
        "#7 issues.opened", "#7 issues.labeled new", "#7 issues.labeled bug", "#7 issue_comment.created 11",
        "#7 issue_comment.created 12", "#7 issue_comment.created 10", "#7 issues.unlabeled bug",
        "#7 issues.assigned eve", "#7 issues.unassigned eve", "#7 issues.closed", "#7 issues.reopened",
        "#7 issues.edited", "#7 issues.milestoned v1", "#7 issues.demilestoned v1", "#7 issues.milestoned 3",
        "#7 issues.locked", "#7 issues.unlocked", "#7 issues.edited", "#7 issue_comment.edited 12",
      ])
  }

  /// Its commands may be of somebody who may do less than the author.
  @Test(arguments: [(nil, false), ("mona", false), ("bob", true)] as [(String?, Bool)])
  func aTextThatSomebodyElseEditedIsTheEditorsToo(editor: String?, isEditedByAnother: Bool) async throws {
    var item = Item(7, created: 0, updated: 60)
    item.edited = editor == nil ? nil : 60
    item.editor = editor
    let harness = SweepHarness(SweptGitHub([item]))
    let recorder = SweepRecorder(harness.memory)
    try await harness.sweep(recorder) { _ in }
    let opened = recorder.events.withLock { $0.filter { $0.event.action == "opened" } }
    #expect(opened.map(\.isEditedByAnother) == [isEditedByAnother])
  }

  @Test func whatWasMissedComesWithWhatOthersChangedAfterIt() async throws {
    var item = Item(7, created: 0, updated: 500)
    item.comments = [.init(id: 11, created: 20)]
    item.changes = [
      .labeled("Bug", at: 10), .labeled("bug", at: 40, "UnlabeledEvent"), .labeled("new", at: 50, by: "yardmaster"),
    ]
    let harness = SweepHarness(SweptGitHub([item]))
    let recorder = SweepRecorder(harness.memory)
    try await harness.sweep(recorder) { $0.ownLogins = ["yardmaster"] }
    let comment = try #require(recorder.events.withLock { $0.first { $0.event.name == .issueComment } })
    let record = FacetRecord(
      value: false, standing: Standing(will: .person, login: "mona", moment: Moment(SweptGitHub.time(40))))
    #expect(comment.changes == [.label(named: "bug"): record])
  }

  @Test func aPullRequestsChangesArePullRequestEvents() async throws {
    var item = Item(8, isPullRequest: true, created: 0, updated: 30)
    item.comments = [.init(id: 5, created: 15)]
    item.changes = [
      .labeled("bug", at: 10), .init(type: "ConvertToDraftEvent", at: 20), .init(type: "ReadyForReviewEvent", at: 30),
    ]
    #expect(
      try await words(item) == [
        "#8 pull_request.opened", "#8 pull_request.labeled bug", "#8 issue_comment.created 5",
        "#8 pull_request.converted_to_draft", "#8 pull_request.ready_for_review",
      ])
  }

  @Test func anEventHasTheIdentityTheMomentAndTheSenderOfTheOneThatDidNotCome() async throws {
    var item = Item(7, created: 0, updated: 900)
    item.body = "as it is now"
    item.changes = [.labeled("bug", at: 10, by: "dependabot[bot]")]
    item.comments = [.init(id: 11, body: "now", created: 20, edited: 30, editor: "eve")]
    let harness = SweepHarness(SweptGitHub([item]))
    let recorder = SweepRecorder(harness.memory)
    try await harness.sweep(recorder)
    let found = recorder.events.withLock { $0 }
    try #require(found.count == 4)

    // As the payloads had them: the versions of then, and texts that no one knows any more.
    var issue = found[0].item
    issue.body = "as it was then"
    issue.updatedAt = SweptGitHub.time(10)
    var comment = Comment(id: 11, body: "then", createdAt: SweptGitHub.time(20), updatedAt: SweptGitHub.time(20))
    func event(_ name: EventName, _ action: String, _ payload: Event.Payload) -> Event {
      Event(
        name: name, action: action, repository: found[0].event.repository, repositoryGitHubID: 42, sender: nil,
        payload: payload, run: RunContext(runID: 9))
    }
    #expect(found[1].event.identity == event(.issues, "labeled", .issue(issue, detail: "bug")).identity)
    #expect(
      found[2].event.identity
        == event(.issueComment, "created", .comment(comment, on: issue, previousBody: nil)).identity)
    comment.updatedAt = SweptGitHub.time(30)
    // An edit is known by its text, too: two of them fit into one second.
    if case .comment(let present, _, _) = found[3].event.payload { comment.body = present.body }
    #expect(
      found[3].event.identity
        == event(.issueComment, "edited", .comment(comment, on: issue, previousBody: "then")).identity)
    issue.updatedAt = SweptGitHub.time(0)
    #expect(found[0].event.identity == event(.issues, "opened", .issue(issue, detail: nil)).identity)

    #expect(found.map { $0.event.occurredAt } == [0, 10, 20, 30].map { SweptGitHub.time($0) })
    #expect(found.map { $0.event.sender?.login } == ["mona", "dependabot[bot]", "mona", "eve"])
    #expect(found[1].event.sender?.kind == .bot)
    #expect(found.allSatisfy { $0.item.updatedAt == SweptGitHub.time(900) && $0.item.body == "as it is now" })
    guard case .comment(let shown, _, nil) = found[3].event.payload else {
      Testing.Issue.record("a comment without a previous text")
      return
    }
    #expect(shown.body == "now")
  }

  @Test func whatThePullRequestTargetEventBroughtIsKnown() async throws {
    let harness = SweepHarness(SweptGitHub([Item(8, isPullRequest: true)]))
    let first = SweepRecorder(SweepMemory())
    try await harness.sweep(first)
    var event = try #require(first.events.withLock { $0.first }).event
    event.name = .pullRequestTarget
    harness.memory.state.withLock { $0.known = [event.identity] }
    let recorder = SweepRecorder(harness.memory)
    let result = try await harness.sweep(recorder)
    #expect(recorder.words == [] && result.known == 1)
  }

  @Test(arguments: [true, false]) func whatYardmasterItselfDidIsNoNews(isKnownToTheStore: Bool) async throws {
    var item = Item(7, updated: 90)
    item.changes = [.labeled("bug", at: 10, by: "yardmaster[bot]"), .labeled("ui", at: 11, by: nil)]
    item.comments = [.init(id: 1, author: "yardmaster[bot]", created: 12), .init(id: 2, created: 13)]
    let harness = SweepHarness(SweptGitHub([item]))
    if isKnownToTheStore { harness.memory.state.withLock { $0.ownLogins = ["yardmaster[bot]"] } }
    let recorder = SweepRecorder(harness.memory)
    try await harness.sweep(recorder) { if !isKnownToTheStore { $0.ownLogins = ["Yardmaster[bot]"] } }
    #expect(recorder.words == ["#7 issues.opened", "#7 issues.labeled ui", "#7 issue_comment.created 2"])
  }

  @Test func whatHappenedBeforeTheWindowIsLeftAlone() async throws {
    var item = Item(7, created: 0, updated: 90)
    item.edited = 5
    item.changes = [.labeled("a", at: 49), .labeled("b", at: 50)]
    item.comments = [.init(id: 1, created: 49), .init(id: 2, created: 1, edited: 60), .init(id: 3, created: 50)]
    #expect(
      try await words(item) { $0.since = SweptGitHub.time(50) } == [
        "#7 issues.labeled b", "#7 issue_comment.created 3", "#7 issue_comment.edited 2",
      ])
  }

  /// 200 events on one issue, of which a random half came: one sweep hands over the other half, once, in their order.
  @Test(arguments: [1, 2, 3] as [UInt64]) func oneSweepFindsWhatOf200EventsDidNotCome(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    var item = Item(7, created: 0)
    for number in 1...199 {
      let second = number / 2
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: item.comments.append(.init(id: 100 + number, created: second))
      case 1: item.changes.append(.labeled("l\(number)", at: second))
      default: item.changes.append(.labeled("l\(number)", at: second, "UnlabeledEvent"))
      }
    }
    item.updated = 100
    let harness = SweepHarness(SweptGitHub([item]))
    let all = SweepRecorder(harness.memory)
    try await harness.sweep(all)
    let events = all.events.withLock { $0 }
    #expect(events.count == 200, "seed \(seed)")
    #expect(zip(events, events.dropFirst()).allSatisfy { $0.moment <= $1.moment }, "seed \(seed)")

    let came = Set(events.map(\.event.identity).filter { _ in Bool.random(using: &generator) })
    harness.memory.state.withLock { $0.known = came }
    let missed = SweepRecorder(harness.memory)
    let result = try await harness.sweep(missed)
    #expect(
      missed.events.withLock { $0.map(\.event.identity) } == events.map(\.event.identity).filter { !came.contains($0) },
      "seed \(seed)")
    #expect(result.known == came.count && result.missed.values.reduce(0, +) == 200 - came.count)
    let again = SweepRecorder(harness.memory)
    try await harness.sweep(again)
    #expect(again.words == [])
  }
}
