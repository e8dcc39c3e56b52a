import GitHubDouble
import TestSupport
import Testing

/// What requests write about an item, and what is left of it in timelines, journals and lists.
@Suite struct ThreadWritesTests {
  static func model() -> RepositoryModel {
    var model = RESTTests.model()
    _ = model.milestone(titled: "v1")
    _ = model.milestone(titled: "v2")
    model.collaborators["bob"] = "write"
    return model
  }

  private static let issue = "/repos/acme/widget/issues/1"

  private static func send(
    _ client: RawClient, _ method: String, _ path: String = "", _ body: JSONNode? = nil
  ) throws -> RawClient.Answer {
    try client.send(method, issue + path, body: body?.bytes ?? [])
  }

  /// Each write twice: the second changes nothing, and is told from one that does.
  @Test(
    arguments: [
      ("POST", "/labels", ["labels": ["bug", "Crash"]], 200, ["labeled", "labeled"]),
      ("PATCH", "", ["title": "New"], 200, ["renamed"]), ("PATCH", "", ["milestone": 2], 200, ["milestoned"]),
      ("PATCH", "", ["state": "closed", "state_reason": "not_planned"], 200, ["closed"]),
      ("PATCH", "", ["labels": ["a"], "assignees": ["bob"]], 200, ["labeled", "assigned"]),
      ("POST", "/assignees", ["assignees": ["bob", "stranger"]], 201, ["assigned"]),
      ("PUT", "/lock", ["lock_reason": "too heated"], 204, ["locked"]), ("PUT", "/lock", nil, 204, ["locked"]),
    ] as [(String, String, JSONNode?, Int, [String])])
  func aSecondTimeChangesNothing(
    method: String, path: String, body: JSONNode?, status: Int, events: [String]
  ) async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      let client = RawClient(double)
      double.advanceClock(seconds: 60)
      #expect(try Self.send(client, method, path, body).status == status)
      let after = try Self.send(client, "GET").json
      #expect(after["updated_at"] != after["created_at"])
      let moment = try #require(double.item(1)?.updatedAt)
      double.advanceClock(seconds: 60)
      #expect(try Self.send(client, method, path, body).status == status)
      #expect(double.item(1)?.updatedAt == moment)
      #expect(double.mutations.map(\.hasEffect) == [true, false])
      #expect(double.effects.count == 1)
      let timeline = try Self.send(client, "GET", "/timeline").json.array ?? []
      #expect(timeline.compactMap { $0["event"]?.string } == events)
      #expect(timeline.allSatisfy { $0["actor"]?["login"] == "github-actions[bot]" })
    }
  }

  @Test func whatWasSetIsTakenBack() async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      let client = RawClient(double)
      _ = try Self.send(
        client, "PATCH", "", ["state": "closed", "milestone": 1, "labels": ["a"], "assignees": ["bob"]])
      _ = try Self.send(client, "PUT", "/lock", ["lock_reason": "spam"])
      let closed = try Self.send(client, "GET").json
      #expect(closed["state_reason"] == "completed" && closed["closed_by"]?["login"] == "github-actions[bot]")
      #expect(closed["milestone"]?["title"] == "v1" && closed["milestone"]?["closed_issues"] == 1)
      #expect(closed["active_lock_reason"] == "spam" && closed["locked"] == true)
      _ = try Self.send(
        client, "PATCH", "", ["state": "open", "milestone": .null, "labels": [], "assignees": []])
      #expect(try Self.send(client, "DELETE", "/lock").status == 204)
      let open = try Self.send(client, "GET").json
      #expect(open["state_reason"] == "reopened" && open["closed_at"] == .null && open["closed_by"] == .null)
      #expect(open["milestone"] == .null && open["active_lock_reason"] == .null && open["locked"] == false)
      #expect(open["labels"] == [] && open["assignees"] == [] && open["assignee"] == .null)
      #expect(try Self.send(client, "PATCH", "", ["milestone": 9]).status == 422)
      #expect(try Self.send(client, "PUT", "/lock", ["lock_reason": "boring"]).status == 422)
      #expect(try Self.send(client, "PATCH", "", ["title": " "]).status == 422)
      #expect(double.mutations.count == 4)
    }
  }

  @Test func milestonesAreListedByState() async throws {
    var model = Self.model()
    model.milestones[1].isClosed = true
    try await withGitHubDouble(model) { double throws in
      let client = RawClient(double)
      for (query, titles) in [("", ["v1"]), ("?state=all", ["v1", "v2"]), ("?state=closed", ["v2"])] {
        let list = try client.get("/repos/acme/widget/milestones\(query)").json.array ?? []
        #expect(list.compactMap { $0["title"]?.string } == titles)
      }
      #expect(try client.get("/repos/acme/widget/milestones/2").json["state"] == "closed")
      #expect(try client.get("/repos/acme/widget/milestones/3").status == 404)
    }
  }

  @Test(arguments: [false, true]) func aReactionIsOneForEachAccount(ofComment: Bool) async throws {
    var model = Self.model()
    let comment = model.addComment(on: 1, body: "x")
    var configuration = GitHubDouble.Configuration()
    configuration.tokens = ["job": .actions, "alice": .user("alice")]
    let path = ofComment ? "/repos/acme/widget/issues/comments/\(comment)" : Self.issue
    try await withGitHubDouble(model, configuration: configuration) { double throws in
      let job = RawClient(double, token: "job")
      let moment = double.item(1)?.updatedAt
      let first = try job.post(path + "/reactions", ["content": "eyes"])
      let again = try job.post(path + "/reactions", ["content": "eyes"])
      #expect(first.status == 201 && again.status == 200 && first.json["id"] == again.json["id"])
      #expect(try RawClient(double, token: "alice").post(path + "/reactions", ["content": "eyes"]).status == 201)
      #expect(try job.post(path + "/reactions", ["content": "rocket"]).status == 201)
      #expect(try job.post(path + "/reactions", ["content": "shrug"]).status == 422)
      let list = try job.get(path + "/reactions?content=eyes").json.array ?? []
      #expect(list.compactMap { $0["user"]?["login"]?.string } == ["github-actions[bot]", "alice"])
      let shown = try job.get(path).json["reactions"]
      #expect(shown?["eyes"] == 2 && shown?["rocket"] == 1 && shown?["total_count"] == 3)
      let id = try #require(first.json["id"]?.integer)
      #expect(try job.send("DELETE", path + "/reactions/\(id)").status == 204)
      #expect(try job.send("DELETE", path + "/reactions/\(id)").status == 404)
      #expect(try job.get(path + "/reactions").json.array?.count == 2)
      #expect(double.effects.map(\.kind) == ["add_reaction", "add_reaction", "add_reaction", "remove_reaction"])
      #expect(double.item(1)?.updatedAt == moment)
    }
  }

  /// A comment is there at once for who knows its id, and in lists after the lag.
  @Test func listsLagBehindComments() async throws {
    var configuration = GitHubDouble.Configuration()
    configuration.listingLag = 30
    try await withGitHubDouble(Self.model(), configuration: configuration) { double throws in
      let client = RawClient(double)
      func counts() throws -> [Int] {
        let graph = try client.graphQL(
          """
          { repository(owner: "acme", name: "widget") { issue(number: 1) {
            comments(last: 9) { totalCount } timelineItems(last: 9, itemTypes: [ISSUE_COMMENT]) { totalCount } } } }
          """)["data"]?["repository"]?["issue"]
        return [
          try Self.send(client, "GET", "/comments").json.array?.count ?? -1,
          try client.get("/repos/acme/widget/issues/comments").json.array?.count ?? -1,
          try Self.send(client, "GET", "/timeline").json.array?.count ?? -1,
          graph?["comments"]?["totalCount"]?.integer ?? -1, graph?["timelineItems"]?["totalCount"]?.integer ?? -1,
        ]
      }
      let before = try counts()
      let id = try #require(try Self.send(client, "POST", "/comments", ["body": "hello"]).json["id"]?.integer)
      #expect(try client.get("/repos/acme/widget/issues/comments/\(id)").status == 200)
      #expect(try counts() == before)
      double.advanceClock(seconds: 31)
      #expect(try counts() == before.map { $0 + 1 })
      // What a person says is not delayed: the lag is there to be run into after a lost answer.
      _ = double.act(as: "alice", on: 1, .comment("hi"))
      #expect(try counts() == before.map { $0 + 2 })
    }
  }

  @Test func anAnswerThatIsLostLeavesItsEffect() async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      double.fail(.resetAfterEffect, on: .init(method: "POST", target: "*/comments"))
      #expect(throws: RawClient.Failure.reset) {
        try Self.send(RawClient(double), "POST", "/comments", ["body": "once"])
      }
      #expect(double.item(1)?.comments.map(\.body) == ["once"])
      #expect(double.effects.map(\.kind) == ["create_comment"])
      #expect(double.item(1)?.comments.first?.author == .actions)
    }
  }

  @Test func commentsBearTheirAuthorsPlace() async throws {
    var model = Self.model()
    model.associations["newcomer"] = "FIRST_TIME_CONTRIBUTOR"
    for login in ["acme", "bob", "newcomer", "eve"] {
      model.addComment(on: 1, body: "x", author: .user(login))
    }
    try await withGitHubDouble(model) { double throws in
      let client = RawClient(double)
      let list = try Self.send(client, "GET", "/comments").json.array ?? []
      let expected = ["OWNER", "COLLABORATOR", "FIRST_TIME_CONTRIBUTOR", "NONE"]
      #expect(list.compactMap { $0["author_association"]?.string } == expected)
      let graph =
        try client.graphQL(
          """
          { repository(owner: "acme", name: "widget") { issue(number: 1) {
            comments(first: 9) { nodes { authorAssociation } } } } }
          """)["data"]?["repository"]?["issue"]?["comments"]?["nodes"]?.array ?? []
      #expect(graph.compactMap { $0["authorAssociation"]?.string } == expected)
    }
  }
}
