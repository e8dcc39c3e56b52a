import Foundation
import GitHubDouble
import TestSupport
import Testing

/// Answers of threads' endpoints beside GitHub's own description of its REST API, where that lies beside the checkout.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: description.path), "needs ../shared/data/schema"))
struct ShapeTests {
  private let schemas: JSONNode

  init() throws {
    let document = JSONNode(bytes: try Data(contentsOf: description))
    schemas = try #require(document?["components"]?["schemas"])
  }

  /// Members that GitHub has added since the description was written.
  private static let newer: Set = ["user_view_type", "state_reason"]

  private func expect(
    _ made: JSONNode?, isA name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let schema = try #require(schemas[name], "no schema \(name)", sourceLocation: sourceLocation)
    let members = Set((made?.members ?? []).map(\.key))
    let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
    let known = Set((schema["properties"]?.members ?? []).map(\.key)).union(Self.newer)
    #expect(required.subtracting(members).sorted() == [], "\(name) lacks", sourceLocation: sourceLocation)
    #expect(members.subtracting(known).sorted() == [], "\(name) has", sourceLocation: sourceLocation)
  }

  @Test func threadsAreOfGitHubsShape() async throws {
    try await withGitHubDouble(ThreadWritesTests.model()) { double throws in
      let client = RawClient(double)
      let path = "/repos/acme/widget/issues/1"
      for act in [.label("bug"), .milestone("v1"), .assign("bob"), .lock(reason: "spam"), .close()]
        as [GitHubDouble.PersonsAct]
      {
        _ = double.act(as: "carol", on: 1, act)
      }
      let comment = try client.post(path + "/comments", ["body": "x"]).json
      try expect(comment, isA: "issue-comment")
      try expect(comment["reactions"], isA: "reaction-rollup")
      try expect(comment["user"], isA: "simple-user")
      let issue = try client.get(path).json
      try expect(issue, isA: "issue")
      try expect(issue["milestone"], isA: "milestone")
      try expect(try client.get("/repos/acme/widget/milestones").json[0], isA: "milestone")
      try expect(try client.get("/repos/acme/widget/labels").json[0], isA: "label")
      try expect(try client.post(path + "/reactions", ["content": "eyes"]).json, isA: "reaction")
    }
  }

  @Test(arguments: [
    (GitHubDouble.PersonsAct.label("bug"), "labeled-issue-event"), (.assign("bob"), "timeline-assigned-issue-event"),
    (.milestone("v1"), "milestoned-issue-event"), (.title("New"), "renamed-issue-event"),
    (.lock(reason: "spam"), "locked-issue-event"), (.close(), "state-change-issue-event"),
    (.comment("x"), "timeline-comment-event"),
  ]) func timelinesAreOfGitHubsShape(act: GitHubDouble.PersonsAct, schema: String) async throws {
    try await withGitHubDouble(ThreadWritesTests.model()) { double throws in
      _ = double.act(as: "carol", on: 1, act)
      let entries = try RawClient(double).get("/repos/acme/widget/issues/1/timeline").json.array ?? []
      #expect(entries.count == 1)
      try expect(entries.first, isA: schema)
    }
  }
}

private let description = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "../../../shared/data/schema/openapi.api.github.com.2022-07.stripped.json").standardizedFileURL
