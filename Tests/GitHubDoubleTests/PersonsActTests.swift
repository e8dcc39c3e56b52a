import Foundation
import GitHubDouble
import TestSupport
import Testing

/// Real payloads beside the checkout; shapes are compared with them where they are there.
private let webhooks = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "../../../shared/data/webhooks").standardizedFileURL

/// What people do on GitHub's pages, and the events that Actions gets of it.
@Suite struct PersonsActTests {
  private static let acts: [(act: GitHubDouble.PersonsAct, event: String, action: String)] = [
    (.label("bug"), "issues", "labeled"), (.unlabel("bug"), "issues", "unlabeled"),
    (.assign("bob"), "issues", "assigned"), (.unassign("bob"), "issues", "unassigned"),
    (.milestone("v1"), "issues", "milestoned"), (.milestone(nil), "issues", "demilestoned"),
    (.title("Other"), "issues", "edited"), (.body("Text"), "issues", "edited"),
    (.close(reason: "not_planned"), "issues", "closed"), (.reopen, "issues", "reopened"),
    (.lock(reason: "spam"), "issues", "locked"), (.unlock, "issues", "unlocked"),
    (.comment("hello"), "issue_comment", "created"),
  ]

  @Test func everyActHasItsEvent() async throws {
    try await withGitHubDouble(ThreadWritesTests.model()) { double throws in
      for (act, event, action) in Self.acts {
        let delivery = try #require(double.act(as: "carol", on: 1, act), "\(act)")
        #expect(delivery.event == event && delivery.action == action)
        let payload = try #require(JSONNode(bytes: delivery.payload))
        #expect(payload["action"]?.string == action && payload["sender"]?["login"] == "carol")
        let item = try #require(double.item(1))
        #expect(payload["issue"]?["state"]?.string == (item.isClosed ? "closed" : "open"))
        #expect(payload["issue"]?["active_lock_reason"] == (item.lockReason.map { .string($0) } ?? .null))
        switch act {
        case .label, .unlabel: #expect(payload["label"]?["name"] == "bug")
        case .assign, .unassign: #expect(payload["assignee"]?["login"] == "bob")
        case .milestone: #expect(payload["milestone"]?["title"] == "v1")
        case .title: #expect(payload["changes"]?["title"]?["from"]?.string != "Other")
        case .body: #expect(payload["changes"]?["body"] != nil && payload["changes"]?["title"] == nil)
        case .comment: #expect(payload["comment"]?["body"] == "hello")
        default: break
        }
      }
      #expect(double.mutations.isEmpty && double.journal.isEmpty)
    }
  }

  @Test func commentsAreWrittenEditedAndDeleted() async throws {
    try await withGitHubDouble(ThreadWritesTests.model()) { double throws in
      let id = try #require(double.act(as: "carol", on: 1, .comment("old"))?.commentID)
      let edit = try #require(double.act(as: "dave", on: 1, .editComment(id, "new")))
      let edited = try #require(JSONNode(bytes: edit.payload))
      #expect(edited["action"] == "edited" && edited["changes"]?["body"]?["from"] == "old")
      #expect(edited["comment"]?["body"] == "new" && edited["comment"]?["user"]?["login"] == "carol")
      #expect(edited["sender"]?["login"] == "dave")
      #expect(double.act(as: "dave", on: 1, .editComment(id, "new")) == nil)
      let deletion = try #require(double.act(as: "carol", on: 1, .deleteComment(id)))
      #expect(deletion.action == "deleted" && JSONNode(bytes: deletion.payload)?["comment"]?["body"] == "new")
      #expect(double.item(1)?.comments.contains { $0.id == id } == false)
      #expect(double.act(as: "carol", on: 1, .deleteComment(id)) == nil)
    }
  }

  @Test func whatIsSoAlreadyIsNoEvent() async throws {
    try await withGitHubDouble(ThreadWritesTests.model()) { double throws in
      for act in [.reopen, .unlock, .unlabel("none"), .unassign("bob"), .milestone(nil)] as [GitHubDouble.PersonsAct] {
        #expect(double.act(as: "carol", on: 1, act) == nil, "\(act)")
      }
      #expect(double.act(as: "carol", on: 99, .close()) == nil)
      #expect(double.item(1)?.timeline.isEmpty == true)
    }
  }

  @Test func pullRequestsHaveEventsOfTheirOwn() async throws {
    var model = ThreadWritesTests.model()
    let number = model.addPullRequest(title: "Fix")
    try await withGitHubDouble(model) { double throws in
      let delivery = try #require(double.act(as: "carol", on: number, .milestone("v2")))
      #expect(delivery.event == "pull_request" && delivery.action == "milestoned")
      let payload = JSONNode(bytes: delivery.payload)
      #expect(payload?["pull_request"]?["milestone"]?["title"] == "v2" && payload?["issue"] == nil)
      let comment = try #require(double.act(as: "carol", on: number, .comment("x")))
      #expect(comment.event == "issue_comment")
      #expect(JSONNode(bytes: comment.payload)?["issue"]?["pull_request"] != nil)
    }
  }

  @Test func actsCanBeDoneFromOutside() async throws {
    try await withGitHubDouble(ThreadWritesTests.model()) { double throws in
      let client = RawClient(double)
      let done = try client.post("/_double/act", ["as": "carol", "number": 1, "act": "label", "value": "bug"]).json
      #expect(done["event"] == "issues" && done["payload"]?["label"]?["name"] == "bug")
      let said = try client.post("/_double/act", ["as": "carol", "number": 1, "act": "comment", "value": "x"]).json
      let id = try #require(said["comment_id"])
      _ = try client.post(
        "/_double/act", ["as": "carol", "number": 1, "act": "edit_comment", "comment": id, "value": "y"])
      let again = try client.post("/_double/act", ["as": "carol", "number": 1, "act": "label", "value": "bug"])
      #expect(again.status == 200 && again.json["event"] == .null)
      #expect(try client.post("/_double/act", ["as": "carol", "number": 1, "act": "dance"]).status == 400)
      let state = try client.get("/_double/state/issues/1").json
      #expect(state["labels"] == ["bug"] && state["comments"]?[0]?["body"] == "y")
      #expect(try client.post("/_double/lag", ["seconds": 5]).status == 200)
    }
  }

  /// Every member that the double's payload has, some real payload has, and at the top some real payload of the same
  /// event and action. Samples are of different years, so that an older one lacks what was added since.
  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: webhooks.path), "no ../shared/data/webhooks beside the checkout"))
  func payloadsAreOfGitHubsShape() async throws {
    let index = try String(contentsOf: webhooks.appending(path: "INDEX.jsonl"), encoding: .utf8)
    var known: [String: Set<String>] = [:]
    var anywhere: Set<String> = []
    for line in index.split(separator: "\n") {
      guard let row = JSONNode(text: String(line)), let event = row["event"]?.string, let file = row["file"]?.string,
        let data = try? Data(contentsOf: webhooks.appending(path: file)), let payload = JSONNode(bytes: data)
      else { continue }
      known["\(event).\(row["action"]?.string ?? "")", default: []].formUnion(payload.members?.map(\.key) ?? [])
      anywhere.formUnion(Self.paths(payload))
    }
    try await withGitHubDouble(ThreadWritesTests.model()) { double throws in
      for (act, event, action) in Self.acts {
        guard let real = known["\(event).\(action)"] else { continue }
        let delivery = try #require(double.act(as: "carol", on: 1, act))
        let payload = try #require(JSONNode(bytes: delivery.payload))
        #expect(Set(payload.members?.map(\.key) ?? []).subtracting(real).sorted() == [], "\(event).\(action)")
        // All accounts have the same members.
        let made = Self.paths(payload).filter { !$0.hasSuffix(".user_view_type") }
        #expect(made.subtracting(anywhere).sorted() == [], "\(event).\(action)")
      }
    }
  }

  /// `issue.user.login`, for all members but those of lists.
  private static func paths(_ node: JSONNode, _ prefix: String = "") -> Set<String> {
    var paths: Set<String> = []
    for member in node.members ?? [] {
      let path = prefix + member.key
      paths.insert(path)
      paths.formUnion(Self.paths(member.value, path + "."))
    }
    return paths
  }
}
