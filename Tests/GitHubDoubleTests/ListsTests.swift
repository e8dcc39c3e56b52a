import GitHubDouble
import TestSupport
import Testing

/// What a capture asks of items by their ids, and what ties them together.
@Suite struct ListsTests {
  private static var model: RepositoryModel {
    var model = RepositoryModel(owner: "acme", name: "widget")
    let issue = model.addIssue(title: "Broken", labels: ["bug", "urgent"])
    let done = model.addIssue(title: "Done")
    let pull = model.addPullRequest(title: "Mend it")
    model.gone[7] = .discussion
    _ = model.update(done) {
      $0.isClosed = true
      $0.stateReason = "completed"
      $0.closingCommit = "c0ffee"
    }
    _ = model.update(pull) {
      $0.pull?.closes = [issue, done, 99]
      $0.pull?.mergedAt = 1_700_000_500
      $0.isClosed = true
    }
    for index in 0..<120 { model.addComment(on: pull, body: "\(index)") }
    return model
  }

  private static let lists = """
    query Lists($pulls: [ID!]!, $issues: [ID!]!) {
      p: nodes(ids: $pulls) { __typename ... on PullRequest {
        number totalCommentsCount mergeCommit { oid }
        labels(first: 100) { totalCount nodes { name } }
        comments(first: 100) { totalCount pageInfo { hasNextPage endCursor } nodes { body } }
        closes: closingIssuesReferences(first: 100) { totalCount nodes { number repository { nameWithOwner } } } } }
      i: nodes(ids: $issues) { __typename ... on Issue {
        number
        labels(first: 100) { totalCount nodes { name } }
        closer: timelineItems(itemTypes: [CLOSED_EVENT], last: 1) {
          nodes { ... on ClosedEvent { closer { __typename ... on Commit { oid repository { nameWithOwner } } } } } } } }
      rateLimit { cost }
    }
    """

  @Test func listsOfManyItemsComeInOneCall() async throws {
    try await withGitHubDouble(Self.model) { double throws in
      let client = RawClient(double)
      let heads = try client.graphQL(
        """
        query { repository(owner: "acme", name: "widget") {
          a: issueOrPullRequest(number: 1) { ... on Issue { id } }
          b: issueOrPullRequest(number: 2) { ... on Issue { id } }
          c: issueOrPullRequest(number: 3) { ... on PullRequest { id } }
          gone: issueOrPullRequest(number: 7) { ... on Issue { id } }
          talk: discussion(number: 7) { id }
          none: discussion(number: 8) { id } } }
        """)
      let repository = try #require(heads["data"]?["repository"])
      #expect(repository["gone"] == .null)
      #expect(repository["talk"]?["id"]?.string?.isEmpty == false)
      #expect(repository["none"] == .null)
      #expect(heads["errors"]?.array?.compactMap { $0["type"]?.string } == ["NOT_FOUND", "NOT_FOUND"])
      func id(_ alias: String) throws -> JSONNode { try #require(repository[alias]?["id"]) }

      let answer = try client.graphQL(
        Self.lists, ["pulls": .array([try id("c")]), "issues": .array([try id("a"), "I_nowhere_1", try id("b")])])
      let pull = try #require(answer["data"]?["p"]?.array?.first)
      #expect(pull["totalCommentsCount"] == 120)
      #expect(pull["mergeCommit"]?["oid"]?.string == Self.model[3]?.pull?.mergeSHA)
      #expect(pull["comments"]?["totalCount"] == 120)
      #expect(pull["comments"]?["nodes"]?.array?.count == 100)
      #expect(pull["comments"]?["pageInfo"]?["hasNextPage"] == true)
      #expect(pull["closes"]?["nodes"]?.array?.compactMap { $0["number"]?.integer } == [1, 2])
      let issues = try #require(answer["data"]?["i"]?.array)
      #expect(issues[0]["labels"]?["totalCount"] == 2)
      #expect(issues[0]["closer"]?["nodes"] == .array([]))
      #expect(issues[1] == .null)
      let closer = issues[2]["closer"]?["nodes"]?.array?.first?["closer"]
      #expect(closer?["oid"] == "c0ffee")
      #expect(closer?["repository"]?["nameWithOwner"] == "acme/widget")
      let error = try #require(answer["errors"]?.array?.first)
      #expect(error["type"] == "NOT_FOUND")
      #expect(error["path"] == .array(["i", 1]))
      // 3 lists of a pull request and 2 of each of three issues: nowhere near a second point.
      #expect(answer["data"]?["rateLimit"]?["cost"] == 1)
      let links = Self.model.truth(.links).map { "\($0["from_number"]?.integer ?? 0) \($0["to_number"]?.integer ?? 0)" }
      #expect(links == ["2 0", "3 1", "3 2"])
    }
  }

  /// Each list of each id counts: 30 pull requests with five lists are 150 requests, one more than a point buys.
  @Test func eachIDCountsForItself() async throws {
    var model = RepositoryModel(owner: "acme", name: "widget")
    for index in 0..<30 { model.addPullRequest(title: "\(index)") }
    try await withGitHubDouble(model) { double throws in
      let client = RawClient(double)
      let page = try client.graphQL(
        """
        query { repository(owner: "acme", name: "widget") { pullRequests(first: 100) { nodes { id } } } }
        """)
      let ids = page["data"]?["repository"]?["pullRequests"]?["nodes"]?.array?.compactMap { $0["id"] } ?? []
      let query = """
        query Lists($ids: [ID!]!) { nodes(ids: $ids) { ... on PullRequest {
          labels(first: 100) { totalCount } reviews(first: 100) { totalCount } comments(first: 100) { totalCount }
          files(first: 100) { totalCount } closingIssuesReferences(first: 100) { totalCount } } }
          rateLimit { cost } }
        """
      let full = try client.graphQL(query, ["ids": .array(ids)])
      #expect(full["data"]?["rateLimit"]?["cost"] == 2)
      let less = try client.graphQL(query, ["ids": .array(Array(ids.dropLast()))])
      #expect(less["data"]?["rateLimit"]?["cost"] == 1)
    }
  }

  @Test func commentsOfTheWholeRepositoryComeByTheirUpdates() async throws {
    try await withGitHubDouble(Self.model) { double throws in
      let client = RawClient(double)
      let answer = try client.get(
        "/repos/acme/widget/issues/comments?sort=updated&direction=asc&per_page=100&since=2023-11-14T22:13:20Z")
      let rows = try #require(answer.json.array)
      #expect(rows.count == 100)
      #expect(rows.allSatisfy { $0["issue_url"]?.string?.hasSuffix("/repos/acme/widget/issues/3") == true })
      #expect(answer.headers.contains { $0.key.lowercased() == "link" && $0.value.contains("rel=\"next\"") })
    }
  }
}
