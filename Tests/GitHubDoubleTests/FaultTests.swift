import Foundation
import GitHubDouble
import TestSupport
import Testing

@Suite struct FaultTests {
  static func model() -> RepositoryModel { RESTTests.model() }

  @Test(arguments: [
    (GitHubDouble.FaultKind.resetBeforeHeaders, RawClient.Failure.reset), (.resetMidBody(fraction: 0.5), .reset),
    (.resetAfterEffect, .reset),
  ]) func resets(kind: GitHubDouble.FaultKind, failure: RawClient.Failure) async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      double.fail(kind)
      let client = RawClient(double)
      #expect(throws: failure) { try client.get("/repos/acme/widget/issues/1") }
      #expect(try client.get("/repos/acme/widget/issues/1").status == 200)
      #expect(double.journal[0].fault == kind.label)
    }
  }

  @Test func bodiesEndEarly() async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      let client = RawClient(double)
      let whole = try client.get("/repos/acme/widget/issues/1").body
      double.fail(.closeMidBody(fraction: 0.25))
      #expect(throws: RawClient.Failure.truncated(received: whole.count / 4, announced: whole.count)) {
        try client.get("/repos/acme/widget/issues/1")
      }
      double.fail(.truncatedJSON(fraction: 0.5))
      let cut = try client.get("/repos/acme/widget/issues/1")
      #expect(cut.status == 200)
      #expect(cut.body == Array(whole.prefix(whole.count / 2)))
      #expect(JSONNode(bytes: cut.body) == nil)
      double.fail(.slowBody(bytesPerSecond: whole.count * 10))
      #expect(try client.get("/repos/acme/widget/issues/1").body == whole)
    }
  }

  @Test(arguments: [
    (GitHubDouble.FaultKind.internalError, 500), (.badGateway, 502), (.unavailable(retryAfter: 3), 503),
    (.gatewayTimeout, 504), (.badCredentials, 401), (.secondaryLimit(status: 429, retryAfter: nil), 429),
    (.secondaryLimit(status: 403, retryAfter: 7), 403), (.primaryLimit(resetIn: 30), 403),
  ]) func answers(kind: GitHubDouble.FaultKind, status: Int) async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      double.fail(kind, on: .rest)
      let client = RawClient(double)
      let answer = try client.post("/repos/acme/widget/issues/1/labels", ["labels": ["x"]])
      #expect(answer.status == status)
      #expect(double.item(1)?.labels == [])
      switch kind {
      case .answer(502, _, _): #expect(answer.headers["content-type"]?.hasPrefix("text/html") == true)
      case .answer(503, _, _): #expect(answer.headers["retry-after"] == "3")
      case .secondaryLimit(_, let wait): #expect(answer.headers["retry-after"] == wait.map { "\($0)" })
      case .primaryLimit: #expect(answer.headers["x-ratelimit-remaining"] == "0")
      default: break
      }
      #expect(try client.get("/repos/acme/widget").status == 200)
    }
  }

  @Test func aLostAnswerHadItsEffect() async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      let client = RawClient(double)
      let comments = "/repos/acme/widget/issues/1/comments"
      double.fail(.resetAfterEffect, on: .init(method: "POST", target: "*/comments"))
      #expect(throws: RawClient.Failure.reset) { try client.post(comments, ["body": "once"]) }
      #expect(double.item(1)?.comments.map(\.body) == ["once"])
      double.fail(.resetBeforeHeaders, on: .init(method: "POST"))
      #expect(throws: RawClient.Failure.reset) { try client.post(comments, ["body": "never"]) }
      #expect(double.item(1)?.comments.count == 1)
    }
  }

  @Test func graphQLFaults() async throws {
    try await withGitHubDouble(RepositoryModel.generated(pullRequests: 6, issues: 0, seed: 1)) { double throws in
      let client = RawClient(double)
      let query = """
        query Page { repository(owner: "acme", name: "widget") { pullRequests(first: 6) { nodes { number } } } }
        """
      double.fail(.graphQLPartial(index: 2, type: "SERVICE_UNAVAILABLE"), on: .init(operation: "Page"))
      let partial = try client.graphQL(query)
      #expect(partial["data"]?["repository"]?["pullRequests"]?["nodes"]?[2] == .null)
      #expect(partial["data"]?["repository"]?["pullRequests"]?["nodes"]?[1] != .null)
      #expect(partial["errors"]?[0]?["path"] == ["repository", "pullRequests", "nodes", 2])

      double.fail(.graphQLResourceLimits(above: 5, partial: false), times: 1)
      #expect(try client.graphQL("{ rateLimit { cost } }")["errors"] == nil)
      #expect(try client.graphQL(query)["errors"]?[0]?["type"] == "RESOURCE_LIMITS_EXCEEDED")
      double.fail(.graphQLTimeout(above: 5, status: 502), times: 1)
      #expect(try client.post("/graphql", ["query": .string(query)]).status == 502)
      double.fail(.primaryLimit(resetIn: 5, type: "RATE_LIMIT"), on: .graphQL)
      let limited = try client.post("/graphql", ["query": .string(query)])
      #expect(limited.status == 200)
      #expect(limited.json["errors"]?[0]?["type"] == "RATE_LIMIT")
      double.fail(.graphQLError(type: "FORBIDDEN", message: "no"), on: .graphQL)
      #expect(try client.graphQL(query)["errors"]?[0]?["message"] == "no")

      double.fail(.graphQLPartial(index: 1, type: "INTERNAL"))
      let aliased = try client.graphQL(
        "{ repository(owner: \"acme\", name: \"widget\") { a: issueOrPullRequest(number: 1) { ... on PullRequest { number } } "
          + "b: issueOrPullRequest(number: 3) { ... on PullRequest { number } } } }")
      #expect(aliased["data"]?["repository"]?["a"] != .null)
      #expect(aliased["data"]?["repository"]?["b"] == .null)
      #expect(aliased["errors"]?[0]?["path"] == ["repository", "b"])
    }
  }

  @Test func aScriptRunsInItsOrder() async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      let client = RawClient(double)
      double.script((.any, .pass), (.init(target: "*/issues/1"), .internalError), (.any, .badGateway))
      let path = "/repos/acme/widget"
      #expect(try client.get(path).status == 200)
      // The second line waits for a request that fits it.
      #expect(try client.get(path).status == 200)
      #expect(try client.get(path + "/issues/1").status == 500)
      #expect(try client.get(path).status == 502)
      #expect(try client.get(path).status == 200)
    }
  }

  @Test func faultsSkipRepeatAndMustBeUsed() throws {
    let double = try GitHubDouble.start(Self.model())
    defer { double.stop() }
    let client = RawClient(double)
    double.fail(.internalError, on: .init(method: "GET"), skip: 1, times: 2)
    #expect(try (0..<4).map { _ in try client.get("/repos/acme/widget").status } == [200, 500, 500, 200])
    try double.verify()
    double.fail(.internalError, on: .init(method: "PUT"))
    double.fail(.badGateway, on: .init(method: "DELETE"), times: nil)
    double.script((.any, .pass), (.any, .pass))
    let complaints = #expect(throws: GitHubDouble.Unverified.self) { try double.verify() }?.complaints
    #expect(
      complaints == [
        "the fault answer hit 0 of 1 requests", "the fault answer hit no request", "2 unused lines of the script",
      ])
  }

  @Test func aHeldRequestWaitsForItsRelease() async throws {
    try await withGitHubDouble(Self.model()) { double throws in
      let client = RawClient(double)
      for answer in [false, true] {
        double.hold(on: .init(method: "POST"), answer: answer)
        let labels: JSONNode = ["labels": [answer ? "after" : "before"]]
        async let status = posted(client, labels)
        let entry = await double.held()
        #expect(entry.path == "/repos/acme/widget/issues/1/labels")
        #expect(double.item(1)?.labels.contains(answer ? "after" : "before") == answer)
        // Others are served meanwhile.
        #expect(try client.get("/repos/acme/widget").status == 200)
        double.release()
        #expect(await status == 200)
      }
    }
  }

  private func posted(_ client: RawClient, _ body: JSONNode) async -> Int {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(returning: (try? client.post("/repos/acme/widget/issues/1/labels", body).status) ?? 0)
      }
    }
  }

  @Test func aHangEndsWithTheDouble() async throws {
    let double = try GitHubDouble.start(Self.model())
    double.fail(.hang)
    let client = RawClient(double)
    let descriptor = try client.connect()
    defer { close(descriptor) }
    client.write(Array("GET /repos/acme/widget HTTP/1.1\r\nUser-Agent: t\r\n\r\n".utf8), to: descriptor)
    #expect(try client.get("/_double/health").status == 200)
    double.stop()
    #expect(throws: (any Error).self) { try client.read(from: descriptor) }
  }

  @Test func faultsAreReadFromAFile() throws {
    let document = JSONNode(
      text: """
        {"faults": [{"kind": "reset_mid_body", "match": {"method": "GET", "path": "*/x"}, "skip": 2, "fraction": 0.75},
          {"kind": "secondary_limit", "status": 429, "retry_after": 9, "times": 0},
          {"kind": "graphql_timeout", "above": 100, "status": 502, "rate": 0.5}]}
        """)
    let faults = try #require(document.flatMap { GitHubDouble.Fault.list($0) })
    #expect(
      faults.map(\.kind) == [
        .resetMidBody(fraction: 0.75), .secondaryLimit(status: 429, retryAfter: 9),
        .graphQLTimeout(above: 100, status: 502),
      ])
    #expect(faults[0].match == .init(method: "GET", target: "*/x"))
    #expect(faults.map(\.skip) == [2, 0, 0])
    #expect(faults.map(\.times) == [1, nil, nil])
    #expect(GitHubDouble.Fault.list([["kind": "nonsense"]]) == nil)
  }
}

extension GitHubDouble.FaultKind {
  fileprivate var label: String { String("\(self)".prefix { $0 != "(" }) }
}
