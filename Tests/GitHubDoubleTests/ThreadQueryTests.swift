import GitHubDouble
import TestSupport
import Testing

/// Threads as GraphQL shows them, and the mutations that hide comments.
@Suite struct ThreadQueryTests {
  private static let query = """
    query Threads($since: DateTime, $types: [IssueTimelineItemsItemType!]) {
      repository(owner: "acme", name: "widget") {
        issues(first: 50, orderBy: {field: UPDATED_AT, direction: ASC}, filterBy: {since: $since}, states: [OPEN]) {
          nodes {
            number title body bodyText state stateReason(enableDuplicate: true) locked activeLockReason lastEditedAt
            authorAssociation
            editor { login } milestone { number title state } labels(first: 50) { nodes { name } }
            assignees(first: 10) { nodes { login } }
            comments(last: 20) { nodes { fullDatabaseId body author { login } isMinimized minimizedReason } }
            closedByPullRequestsReferences(first: 5, includeClosedPrs: true) { nodes { number } }
            timelineItems(last: 50, since: $since, itemTypes: $types) {
              nodes {
                __typename
                ... on Node { id }
                ... on LabeledEvent { actor { login } createdAt label { name } }
                ... on UnlabeledEvent { actor { login } createdAt label { name } }
                ... on AssignedEvent { actor { login } createdAt assignee { ... on User { login } } }
                ... on UnassignedEvent { actor { login } createdAt assignee { ... on User { login } } }
                ... on MilestonedEvent { actor { login } createdAt milestoneTitle }
                ... on DemilestonedEvent { actor { login } createdAt milestoneTitle }
                ... on RenamedTitleEvent { actor { login } createdAt previousTitle currentTitle }
                ... on ClosedEvent { actor { login } createdAt stateReason }
                ... on ReopenedEvent { actor { login } createdAt }
                ... on LockedEvent { actor { login } createdAt lockReason }
                ... on UnlockedEvent { actor { login } createdAt }
                ... on IssueComment { author { login } createdAt body }
              }
            }
          }
        }
      }
    }
    """

  private static func nodes(_ client: RawClient, _ variables: JSONNode = .object([])) throws -> [JSONNode] {
    let answer = try client.graphQL(query, variables)
    #expect(answer["errors"] == nil, "\(answer["errors"]?.text ?? "")")
    return answer["data"]?["repository"]?["issues"]?["nodes"]?.array ?? []
  }

  private static let acts: [(GitHubDouble.PersonsAct, type: String)] = [
    (.label("bug"), "LabeledEvent"), (.unlabel("BUG"), "UnlabeledEvent"), (.assign("bob"), "AssignedEvent"),
    (.unassign("bob"), "UnassignedEvent"), (.milestone("v1"), "MilestonedEvent"),
    (.milestone(nil), "DemilestonedEvent"), (.title("Other"), "RenamedTitleEvent"),
    (.close(reason: "duplicate"), "ClosedEvent"), (.reopen, "ReopenedEvent"),
    (.lock(reason: "too heated"), "LockedEvent"),
    (.unlock, "UnlockedEvent"), (.comment("/close"), "IssueComment"),
  ]

  @Test func theTimelineTellsWhoDidWhatAndWhen() async throws {
    try await withGitHubDouble(ThreadWritesTests.model()) { double throws in
      let client = RawClient(double)
      for (act, _) in Self.acts {
        double.advanceClock(seconds: 10)
        #expect(double.act(as: "carol", on: 1, act) != nil, "\(act)")
      }
      let issue = try #require(try Self.nodes(client).last)
      let events = issue["timelineItems"]?["nodes"]?.array ?? []
      #expect(events.compactMap { $0["__typename"]?.string } == Self.acts.map(\.type))
      #expect(Set(events.compactMap { $0["id"]?.string }).count == events.count)
      #expect(events.allSatisfy { ($0["actor"] ?? $0["author"])?["login"] == "carol" })
      let moments = events.compactMap { $0["createdAt"]?.string }
      #expect(moments == moments.sorted() && Set(moments).count == events.count)
      #expect(events[0]["label"]?["name"] == "bug" && events[2]["assignee"]?["login"] == "bob")
      #expect(events[5]["milestoneTitle"] == "v1" && events[6]["currentTitle"] == "Other")
      #expect(events[7]["stateReason"] == "DUPLICATE" && events[9]["lockReason"] == "TOO_HEATED")

      // Since a moment, and of some kinds only.
      let since: JSONNode = ["since": .string(moments[6])]
      #expect(try Self.nodes(client, since).last?["timelineItems"]?["nodes"]?.array?.count == 6)
      let some = try Self.nodes(client, ["types": ["LABELED_EVENT", "ISSUE_COMMENT"]]).last
      let types = some?["timelineItems"]?["nodes"]?.array?.compactMap { $0["__typename"]?.string }
      #expect(types == ["LabeledEvent", "IssueComment"])
    }
  }

  @Test func anItemShowsAllThatEffectsWrite() async throws {
    var model = ThreadWritesTests.model()
    let pull = model.addPullRequest(title: "Fix")
    _ = model.update(pull) { $0.pull?.closes = [1] }
    try await withGitHubDouble(model) { double throws in
      for act in [.label("bug"), .assign("bob"), .milestone("v2"), .lock(reason: "off-topic"), .body("new")]
        as [GitHubDouble.PersonsAct]
      {
        double.advanceClock(seconds: 1)
        _ = double.act(as: "carol", on: 1, act)
      }
      let issue = try #require(try Self.nodes(RawClient(double)).last)
      #expect(issue["labels"]?["nodes"] == [["name": "bug"]] && issue["assignees"]?["nodes"] == [["login": "bob"]])
      #expect(issue["milestone"] == ["number": 2, "title": "v2", "state": "OPEN"])
      #expect(issue["locked"] == true && issue["activeLockReason"] == "OFF_TOPIC")
      #expect(issue["body"] == "new" && issue["editor"]?["login"] == "carol" && issue["lastEditedAt"] != .null)
      #expect(issue["closedByPullRequestsReferences"]?["nodes"] == [["number": .integer(Int64(pull))]])
    }
  }

  @Test func theViewerIsNamedAsInREST() async throws {
    try await withGitHubDouble(ThreadWritesTests.model()) { double throws in
      let answer = try RawClient(double).graphQL("{ viewer { login } }")
      #expect(answer["data"]?["viewer"]?["login"] == "github-actions[bot]")
    }
  }

  private static let hide = """
    mutation Hide($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) {
      minimizedComment { isMinimized minimizedReason ... on IssueComment { id } } } }
    """

  @Test func aCommentIsHiddenAndShownAgain() async throws {
    var model = ThreadWritesTests.model()
    let comment = model.addComment(on: 1, body: "x")
    try await withGitHubDouble(model) { double throws in
      let client = RawClient(double)
      let id = try #require(
        try client.get("/repos/acme/widget/issues/comments/\(comment)").json["node_id"]?.string)
      for _ in 0..<2 {
        let hidden = try client.graphQL(Self.hide, ["id": .string(id)])["data"]?["minimizeComment"]
        #expect(hidden?["minimizedComment"] == ["isMinimized": true, "minimizedReason": "outdated", "id": .string(id)])
      }
      #expect(double.item(1)?.comments.last?.minimizedReason == "OUTDATED")
      let show = "mutation Show($i: UnminimizeCommentInput!) { unminimizeComment(input: $i) { clientMutationId } }"
      let shown = try client.graphQL(show, ["i": ["subjectId": .string(id), "clientMutationId": "c"]])
      #expect(shown["data"]?["unminimizeComment"]?["clientMutationId"] == "c")
      #expect(double.item(1)?.comments.last?.minimizedReason == nil)
      #expect(double.mutations.map(\.kind) == ["minimize_comment", "minimize_comment", "unminimize_comment"])
      #expect(double.mutations.map(\.hasEffect) == [true, false, true])
    }
  }

  @Test func aMutationNeedsTheRightToWriteAndACommentThatIsThere() async throws {
    var configuration = GitHubDouble.Configuration()
    configuration.tokens = ["fork": .readOnly, "job": .actions]
    try await withGitHubDouble(ThreadWritesTests.model(), configuration: configuration) { double throws in
      let refused = try RawClient(double, token: "fork").graphQL(Self.hide, ["id": "IC_kwDO1_1_1"])
      #expect(refused["errors"]?[0]?["type"] == "FORBIDDEN")
      let missing = try RawClient(double, token: "job").graphQL(Self.hide, ["id": "IC_kwDO1_1_1"])
      #expect(missing["errors"]?[0]?["type"] == "NOT_FOUND")
      #expect(missing["data"]?["minimizeComment"] == .null)
      #expect(double.mutations.isEmpty)
    }
  }
}
