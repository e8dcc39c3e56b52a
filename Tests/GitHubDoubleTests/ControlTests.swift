import Foundation
import GitHubDouble
import TestSupport
import Testing

@Suite struct ControlTests {
  @Test func demoIssuesComeWithTheirEvent() async throws {
    try await withGitHubDouble(RepositoryModel.generated(pullRequests: 3, issues: 3, seed: 1)) { double throws in
      let client = RawClient(double)
      let opened = try client.post(
        "/_double/issues", ["title": "Crash", "body": "It crashes", "user": "bob", "labels": ["bug"]]
      ).json
      #expect(opened["action"] == "opened")
      #expect(opened["issue"]?["title"] == "Crash")
      #expect(opened["issue"]?["user"]?["login"] == "bob")
      #expect(opened["repository"]?["full_name"] == "acme/widget")
      #expect(opened["sender"]?["login"] == "bob")
      let number = try #require(opened["issue"]?["number"]?.integer)
      let commented = try client.post(
        "/_double/issues", ["number": .integer(Int64(number)), "comment": "/label bug", "user": "bob"]
      ).json
      #expect(commented["action"] == "created")
      #expect(commented["comment"]?["body"] == "/label bug")
      let state = try client.get("/_double/state/issues/\(number)").json
      #expect(state["labels"] == ["bug"])
      #expect(state["comments"]?[0]?["body"] == "/label bug")
      #expect(try client.get("/repos/acme/widget/issues/\(number)").json["comments"] == 1)
      #expect(try client.get("/_double/state/issues/9999").status == 404)
      #expect(double.pullRequestEvent(double.repository().items.first { $0.isPullRequest }?.number ?? 0) != nil)
    }
  }

  @Test func everythingCanBeDoneFromOutside() async throws {
    try await withGitHubDouble(RESTTests.model()) { double throws in
      let client = RawClient(double)
      let fault: JSONNode = ["faults": [["kind": "http_500", "match": ["target": "/repos/*"]]]]
      #expect(try client.post("/_double/faults", fault).json["faults"] == 1)
      #expect(try client.get("/_double/stats").json["unused"]?.array?.count == 1)
      #expect(try client.get("/repos/acme/widget").status == 500)
      #expect(try client.post("/_double/faults", ["faults": [["kind": "nonsense"]]]).status == 400)

      _ = try client.post("/_double/hold", ["match": ["target": "/repos/*"], "skip": 1])
      #expect(try client.get("/repos/acme/widget").status == 200)
      let thread = Thread { _ = try? client.get("/repos/acme/widget/issues/1") }
      thread.start()
      let held = try client.get("/_double/held?timeout=10").json
      #expect(held["held"] == 1)
      #expect(held["requests"]?[0]?["target"] == "/repos/acme/widget/issues/1")
      #expect(try client.post("/_double/release", .object([])).json["released"] == 1)

      let journal = try client.get("/_double/journal").body.split(separator: 0x0A)
      #expect(journal.count == 3)
      #expect(!String(decoding: journal.joined(), as: UTF8.self).contains("Bearer"))
      #expect(try client.get("/_double/stats").json["faults"]?.integer == 2)
      #expect(try client.get("/_double/nonsense").status == 404)
      let before = double.now
      _ = try client.post("/_double/clock", ["advance": 100])
      #expect(double.now >= before + 100)
    }
  }
}
