import Foundation
import GitHubDouble
import TestSupport
import Testing

@Suite struct RESTTests {
  static func model() -> RepositoryModel {
    var model = RepositoryModel(owner: "acme", name: "widget")
    model.collaborators = ["bob": "write", "carol": "triage"]
    model.contents[".github/yardmaster.yml"] = Array("version: 1\n".utf8)
    model.formerNames = ["acme/old"]
    model.addIssue(title: "It crashes", body: "when\r\nit starts", author: .user("dave"))
    model.gone[2] = .deleted
    model.gone[3] = .transferred(repository: "acme/other", number: 9)
    model.addPullRequest(title: "A change", author: nil)
    return model
  }

  @Test func anIssueIsLabelledCommentedClosedAndAssigned() async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      let client = RawClient(double)
      #expect(try client.get("/repos/acme/widget/issues/1").json["user"]?["login"] == "dave")
      let labels = try client.post("/repos/acme/widget/issues/1/labels", ["labels": ["bug", "area: a/b"]])
      #expect(labels.json[1]?["name"] == "area: a/b")
      _ = try client.post("/repos/acme/widget/issues/1/labels", ["labels": ["bug"]])
      #expect(double.item(1)?.labels == ["bug", "area: a/b"])
      #expect(try client.send("DELETE", "/repos/acme/widget/issues/1/labels/area%3A%20a%2Fb").status == 200)
      #expect(try client.send("DELETE", "/repos/acme/widget/issues/1/labels/bug2").status == 404)
      #expect(double.item(1)?.labels == ["bug"])

      let comment = try client.post("/repos/acme/widget/issues/1/comments", ["body": "Thanks @dave"])
      #expect(comment.status == 201)
      #expect(comment.json["user"]?["login"] == "github-actions[bot]")
      #expect(comment.json["user"]?["type"] == "Bot")
      let id = try #require(comment.json["id"]?.integer)
      let edited = try client.send(
        "PATCH", "/repos/acme/widget/issues/comments/\(id)", body: Array(#"{"body":"Edited"}"#.utf8))
      #expect(edited.json["body"] == "Edited")
      #expect(try client.get("/repos/acme/widget/issues/1/comments").json.array?.count == 1)
      #expect(try client.post("/repos/acme/widget/issues/1/comments", ["body": "  "]).status == 422)
      let long = JSONNode.string(String(repeating: "x", count: 65_537))
      #expect(try client.post("/repos/acme/widget/issues/1/comments", ["body": long]).status == 422)

      let closed = try client.send(
        "PATCH", "/repos/acme/widget/issues/1",
        body: Array(#"{"state":"closed","state_reason":"not_planned"}"#.utf8))
      #expect(closed.json["state_reason"] == "not_planned")
      #expect(double.item(1)?.isClosed == true)
      let open = try client.send("PATCH", "/repos/acme/widget/issues/1", body: Array(#"{"state":"open"}"#.utf8))
      #expect(open.json["state_reason"] == "reopened")
      #expect(open.json["closed_at"] == .null)

      let assigned = try client.post("/repos/acme/widget/issues/1/assignees", ["assignees": ["bob", "stranger"]])
      #expect(assigned.status == 201)
      #expect(double.item(1)?.assignees.map(\.login) == ["bob"])
      let kinds = [
        "add_labels", "add_labels", "remove_label", "create_comment", "edit_comment", "edit_issue", "edit_issue",
        "assign",
      ]
      #expect(double.mutations.map(\.kind) == kinds)

      let created = try client.post("/repos/acme/widget/issues", ["title": "Alert", "labels": ["yardmaster"]])
      #expect(created.status == 201)
      #expect(created.json["number"] == 5)
    }
  }

  @Test func absentThings() async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      let client = RawClient(double)
      #expect(try client.get("/repos/acme/widget/issues/2").status == 410)
      #expect(try client.get("/repos/acme/widget/issues/99").status == 404)
      #expect(try client.get("/repos/acme/none").status == 404)
      #expect(try client.get("/repos/acme/widget/pulls/1").status == 404)
      let transferred = try client.get("/repos/acme/widget/issues/3")
      #expect(transferred.status == 301)
      #expect(transferred.headers["location"]?.hasSuffix("/repos/acme/other/issues/9") == true)
      let renamed = try client.get("/repos/acme/old/issues/1?x=1")
      #expect(renamed.status == 301)
      #expect(renamed.headers["location"] == "\(double.url)/repositories/724201001/issues/1?x=1")
      #expect(try client.get("/repositories/724201001/issues/1?x=1").json["number"] == 1)
      #expect(try client.post("/repos/acme/old/issues/1/labels", ["labels": ["a"]]).status == 307)
      #expect(double.mutations.isEmpty)
      #expect(try client.get("/repos/acme/widget/contents/.github/none.yml").status == 404)
    }
  }

  @Test func contentsComeRawAndInBase64() async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      let client = RawClient(double)
      let path = "/repos/acme/widget/contents/.github/yardmaster.yml"
      let raw = try client.get(path, ["Accept": "application/vnd.github.raw+json"])
      #expect(String(decoding: raw.body, as: UTF8.self) == "version: 1\n")
      let json = try client.get(path).json
      #expect(json["encoding"] == "base64")
      let decoded = Data(base64Encoded: json["content"]?.string ?? "", options: .ignoreUnknownCharacters)
      #expect(decoded == Data("version: 1\n".utf8))
    }
  }

  @Test(arguments: [
    ("bob", "write", "write"), ("carol", "read", "triage"), ("acme", "admin", "admin"), ("anyone", "read", "read"),
  ]) func permissions(login: String, word: String, role: String) async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      let answer = try RawClient(double).get("/repos/acme/widget/collaborators/\(login)/permission").json
      #expect(answer["permission"]?.string == word)
      #expect(answer["role_name"]?.string == role)
    }
  }

  @Test func tokensAreTold() async throws {
    var configuration = GitHubDouble.Configuration()
    configuration.tokens = ["good": .actions, "fork": .readOnly, "person": .user("bob")]
    var model = Self.model()
    model.isPrivate = true
    try await withGitHubDouble(model, configuration: configuration) { double throws in
      #expect(try RawClient(double, token: "bad").get("/repos/acme/widget").json["message"] == "Bad credentials")
      #expect(try RawClient(double, token: nil).get("/repos/acme/widget").status == 404)
      let fork = RawClient(double, token: "fork")
      #expect(try fork.get("/repos/acme/widget").status == 200)
      let refused = try fork.post("/repos/acme/widget/issues/1/labels", ["labels": ["x"]])
      #expect(refused.status == 403)
      #expect(refused.json["message"] == "Resource not accessible by integration")
      #expect(try RawClient(double, token: "person").get("/user").json["login"] == "bob")
      #expect(try RawClient(double, token: "good").get("/user").status == 403)
      double.revoke(token: "good")
      #expect(try RawClient(double, token: "good").get("/repos/acme/widget").status == 401)
      let nameless = try RawClient(double, token: "fork").get("/repos/acme/widget", ["User-Agent": ""])
      #expect(nameless.status == 403)
    }
  }

  @Test func unchangedAnswersCostNothing() async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      let client = RawClient(double)
      let first = try client.get("/repos/acme/widget/issues/1")
      let tag = try #require(first.headers["etag"])
      let again = try client.get("/repos/acme/widget/issues/1", ["If-None-Match": tag])
      #expect(again.status == 304)
      #expect(again.body.isEmpty)
      #expect(again.headers["x-ratelimit-used"] == "1")
      _ = try client.post("/repos/acme/widget/issues/1/labels", ["labels": ["bug"]])
      #expect(try client.get("/repos/acme/widget/issues/1", ["If-None-Match": tag]).status == 200)
      #expect(double.statistics.notModified == 1)
    }
  }

  @Test(arguments: [
    "/repos/acme/widget/issues?state=all&per_page=9",
    "/repos/acme/widget/issues?state=all&sort=updated&per_page=9&direction=asc",
    "/repos/acme/widget/pulls?state=all&per_page=9",
    "/repos/acme/widget/pulls/comments?sort=updated&direction=asc&per_page=9",
    "/repos/acme/widget/pulls/comments?sort=created&direction=desc&per_page=9",
    "/repos/acme/widget/issues/comments?per_page=9",
  ]) func linksLeadThroughEverything(target: String) async throws {
    let model = RepositoryModel.generated(pullRequests: 25, issues: 10, seed: 8)
    try await withGitHubDouble(model) { double throws in
      let client = RawClient(double)
      var ids: [Int] = []
      var next: String? = target
      while let page = next {
        let answer = try client.get(page)
        #expect(answer.status == 200)
        let rows = answer.json.array ?? []
        #expect(rows.count <= 9)
        ids += rows.compactMap { $0["id"]?.integer }
        next = answer.link("next")
      }
      let wanted: [Int64] =
        target.contains("pulls/comments")
        ? model.items.flatMap { $0.pull?.reviewComments.map(\.id) ?? [] }
        : target.contains("issues/comments")
          ? model.items.flatMap { $0.comments.map(\.id) }
          : target.contains("/pulls") ? model.items.compactMap { $0.pull?.id } : model.items.map(\.id)
      #expect(ids.count == wanted.count)
      #expect(Set(ids) == Set(wanted.map { Int($0) }))
    }
  }

  @Test func listsKeepGitHubsQuirks() async throws {
    try await withGitHubDouble(RepositoryModel.generated(pullRequests: 10, issues: 30, seed: 8)) { double throws in
      let client = RawClient(double)
      #expect(try client.get("/repos/acme/widget/issues?state=all&per_page=1000").json.array?.count == 40)
      #expect(try client.get("/repos/acme/widget/issues?state=all&since=1970-01-01T00:00:00Z").json == [])
      #expect(try client.get("/repos/acme/widget/issues?state=all&page=200&per_page=50").status == 422)
      let files = double.repository().items.first { ($0.pull?.files.count ?? 0) > 100 }
      let number = try #require(files?.number)
      let page = try client.get("/repos/acme/widget/pulls/\(number)/files?per_page=100")
      #expect(page.json.array?.count == 100)
      #expect(page.link("last") != nil)
      // A deleted author is the ghost on issues and nobody on reviews.
      let orphan = try #require(double.repository().items.first { $0.author == nil })
      #expect(try client.get("/repos/acme/widget/issues/\(orphan.number)").json["user"]?["login"] == "ghost")
    }
  }

  @Test func thePrimaryLimitAnswersAsGitHubDoes() async throws {
    var configuration = GitHubDouble.Configuration()
    configuration.restLimit = 2
    configuration.graphQLLimit = 1
    try await withGitHubDouble(Self.model(), configuration: configuration) { double throws in
      let client = RawClient(double)
      for _ in 0..<2 { #expect(try client.get("/repos/acme/widget").status == 200) }
      let limited = try client.get("/repos/acme/widget")
      #expect(limited.status == 403)
      #expect(limited.headers["x-ratelimit-remaining"] == "0")
      #expect(limited.headers["x-ratelimit-resource"] == "core")
      #expect(limited.headers["retry-after"] == nil)
      _ = try client.graphQL("{ rateLimit { cost } }")
      let query = try client.post("/graphql", ["query": "{ rateLimit { cost } }"])
      #expect(query.status == 200)
      #expect(query.json["errors"]?[0]?["type"] == "RATE_LIMITED")
      #expect(try client.get("/rate_limit").json["resources"]?["core"]?["remaining"] == 0)
      #expect(Int64(limited.headers["x-ratelimit-reset"] ?? "") ?? 0 > double.now)
      double.advanceClock(seconds: 3601)
      #expect(try client.get("/repos/acme/widget").status == 200)
      #expect(double.statistics.limited == 2)
    }
  }

  @Test func whatNoRouteServesFailsTheTest() throws {
    let double = try GitHubDouble.start(Self.model())
    #expect(try RawClient(double).get("/repos/acme/widget/projects").status == 501)
    #expect(throws: GitHubDouble.Unverified(complaints: ["no route for GET /repos/acme/widget/projects"])) {
      try double.finish()
    }
  }

  @Test func oneConnectionServesManyRequests() async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      let client = RawClient(double)
      let descriptor = try client.connect()
      defer { close(descriptor) }
      for _ in 0..<3 {
        client.write(Array("GET /repos/acme/widget HTTP/1.1\r\nUser-Agent: t\r\n\r\n".utf8), to: descriptor)
        #expect(try client.read(from: descriptor).status == 200)
      }
      let body = "5\r\n{\"lab\r\nD\r\nels\":[\"x\"]} \r\n0\r\n\r\n"
      let head =
        "POST /repos/acme/widget/issues/1/labels HTTP/1.1\r\nUser-Agent: t\r\nAuthorization: token t\r\nTransfer-Encoding: chunked\r\n\r\n"
      client.write(Array((head + body).utf8), to: descriptor)
      #expect(try client.read(from: descriptor).status == 200)
      #expect(double.statistics.connections == 1)
    }
  }
}
