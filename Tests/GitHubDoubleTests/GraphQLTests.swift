import Foundation
import GitHubDouble
import TestSupport
import Testing

@Suite struct GraphQLTests {
  static let whole = """
    query Page($owner: String!, $name: String!, $after: String, $withBody: Boolean = true) {
      repository(owner: $owner, name: $name) {
        databaseId nameWithOwner
        pullRequests(first: 7, after: $after, orderBy: {field: CREATED_AT, direction: ASC}) {
          totalCount pageInfo { hasNextPage endCursor }
          nodes { ...Pull body @include(if: $withBody) }
        }
      }
      rateLimit { cost remaining resetAt }
    }
    fragment Pull on PullRequest {
      __typename id fullDatabaseId number title state isDraft author { ...Author } createdAt updatedAt closedAt mergedAt
      additions deletions changedFiles baseRefName headRefName headRefOid
      labels(first: 100) { nodes { name } }
      reviews(first: 100) { totalCount pageInfo { hasNextPage endCursor }
        nodes { fullDatabaseId state body author { ...Author } submittedAt
          comments(first: 100) { totalCount nodes { fullDatabaseId path body author { login } createdAt updatedAt } } } }
      comments(first: 100) { pageInfo { hasNextPage endCursor } nodes { fullDatabaseId body createdAt } }
      files(first: 100) { totalCount nodes { path additions deletions changeType } }
      reviewThreads { totalCount }
    }
    fragment Author on Actor { __typename login ... on User { databaseId } ... on Bot { databaseId } }
    """

  @Test func pagesBringEveryPullRequestOnceAndEqual() async throws {
    let model = RepositoryModel.generated(pullRequests: 60, issues: 15, seed: 5)
    try await withGitHubDouble(model) { double throws in
      let client = RawClient(double)
      var found: [Int: JSONNode] = [:]
      var after: JSONNode = .null
      repeat {
        let answer = try client.graphQL(Self.whole, ["owner": "acme", "name": "widget", "after": after])
        #expect(answer["errors"] == nil)
        let page = try #require(answer["data"]?["repository"]?["pullRequests"])
        #expect(page["totalCount"] == 60)
        for node in page["nodes"]?.array ?? [] {
          let number = try #require(node["number"]?.integer)
          #expect(found.updateValue(node, forKey: number) == nil)
        }
        after = page["pageInfo"]?["hasNextPage"] == true ? page["pageInfo"]?["endCursor"] ?? .null : .null
      } while after != .null
      #expect(found.count == 60)
      for row in model.truth(.pullRequests) {
        let node = try #require(found[row["number"]?.integer ?? 0])
        #expect(node["__typename"] == "PullRequest")
        #expect(node["fullDatabaseId"]?.string == row["github_id"]?.integer.map { "\($0)" })
        #expect(node["title"]?.string?.replacing("\0", with: "\u{FFFD}") == row["title"]?.string)
        #expect(node["body"]?.string?.replacing("\0", with: "\u{FFFD}") == row["body"]?.string)
        #expect(node["state"]?.string?.lowercased() == row["state"]?.string)
        #expect(node["createdAt"] == row["created_at"])
        #expect(node["mergedAt"] == row["merged_at"])
        #expect(node["changedFiles"] == row["changed_files"])
        #expect(node["headRefOid"] == row["head_sha"])
        let login = row["author_login"]?.string
        let isBot = node["author"]?["__typename"] == "Bot"
        #expect(node["author"]?["login"]?.string.map { isBot ? $0 + "[bot]" : $0 } == login)
      }
      #expect(found.values.contains { $0["author"] == .null })
      #expect(found.values.contains { $0["reviews"]?["pageInfo"]?["hasNextPage"] == true })
    }
  }

  @Test(arguments: [
    (
      "query { repository(owner: \"acme\", name: \"widget\") { nope } }",
      "Field 'nope' doesn't exist on type 'Repository'"
    ),
    (
      "query { repository(owner: \"acme\", name: \"widget\") { pullRequests(first: 1, since: \"x\") { totalCount } } }",
      "Field 'pullRequests' doesn't accept argument 'since'"
    ),
    ("query { repository(owner: \"acme\") { id } }", "Field 'repository' is missing required arguments: name"),
    (
      "query { repository(owner: \"acme\", name: \"widget\") { pullRequest(number: 1) { author } } }",
      "Field must have selections (field 'author' returns Actor but has no selections. Did you mean 'author { ... }'?)"
    ),
    (
      "query { repository(owner: \"acme\", name: \"widget\") { pullRequest(number: 1) { reviewComments { totalCount } } } }",
      "Field 'reviewComments' doesn't exist on type 'PullRequest'"
    ),
    (
      "query { repository(owner: \"acme\", name: \"widget\") { pullRequest(number: 1) { id { x } } } }",
      "Selections can't be made on scalars (field 'id' returns ID but has selections)"
    ),
    ("query Q($x: Int) { rateLimit { cost } }", "Variable $x is declared by Q but not used"),
    ("query Q { node(id: $x) { id } }", "Variable $x is used by Q but not declared"),
    (
      "query Q($x: Int!) { node(id: $x) { id } }", "Type mismatch on variable $x and argument id (Int! / ID!)"
    ),
    ("query { rateLimit { ...Nope } }", "Fragment Nope was used, but not defined"),
    ("query { rateLimit { cost } } fragment F on Issue { id }", "Fragment F was defined, but not used"),
    (
      "query { rateLimit { ... on Issue { id } } }", "Fragment on Issue can't be spread inside RateLimit"
    ),
    (
      "query { repository(owner: \"acme\", name: \"widget\") { issues(first: 1, orderBy: {field: NEWEST, direction: ASC}) "
        + "{ totalCount } } }",
      "Argument 'field' on InputObject 'IssueOrder' has an invalid value (\"NEWEST\"). Expected type 'IssueOrderField!'."
    ),
    (
      "query { a: rateLimit { cost } repository(owner: \"acme\", name: \"widget\") { issueOrPullRequest(number: 1) "
        + "{ ... on Issue { state } ... on PullRequest { state } } } }",
      "Field 'state' has a return_type conflict: `IssueState!` or `PullRequestState!`?"
    ),
    (
      "query { repository(owner: \"acme\", name: \"widget\") { issues(first: 1) { nodes { id } } issues(first: 2) "
        + "{ nodes { id } } } }", "Field 'issues' has an argument conflict"
    ),
    (
      "query { repository(owner: \"acme\", name: \"widget\") { issues { nodes { id } } } }",
      "You must provide a `first` or `last` value to properly paginate the `issues` connection."
    ),
    (
      "query { repository(owner: \"acme\", name: \"widget\") { issues(first: 101) { nodes { id } } } }",
      "Requesting 101 records on the `issues` connection exceeds the `first` limit of 100 records."
    ),
    (
      "query { repository(owner: \"acme\", name: \"widget\") { pullRequests(first: 100) { nodes { reviews(first: 100) "
        + "{ nodes { comments(first: 100) { nodes { id } } } } } } } }",
      "This query requests up to 1010100 possible nodes which exceeds the maximum limit of 500000."
    ),
    ("query { rateLimit { cost }", "Expected NAME, actual: (none) (\"\")"),
    ("query ] { rateLimit { cost } }", "Parse error on \"]\" (RBRACKET) at [1, 7]"),
    ("fragment A on Issue { ...A } query { rateLimit { cost } }", "Fragment A contains an infinite loop"),
  ]) func refusesInGitHubsWords(query: String, message: String) throws {
    let double = try GitHubDouble.start(RepositoryModel.generated(pullRequests: 2, issues: 2, seed: 1))
    defer { double.stop() }
    let answer = try RawClient(double).graphQL(query)
    #expect(answer["errors"]?[0]?["message"]?.string == message)
    #expect(throws: GitHubDouble.Unverified.self) { try double.verify() }
  }

  @Test func variablesAreCoerced() throws {
    let double = try GitHubDouble.start(RepositoryModel.generated(pullRequests: 2, issues: 2, seed: 1))
    defer { double.stop() }
    let query =
      "query Q($n: Int!) { repository(owner: \"acme\", name: \"widget\") { issueOrPullRequest(number: $n) { __typename } } }"
    let client = RawClient(double)
    #expect(try client.graphQL(query, ["n": 1])["errors"] == nil)
    for wrong: JSONNode in [["n": "1"], ["n": .null], .object([]), ["n": 3_000_000_000]] {
      let message = try client.graphQL(query, wrong)["errors"]?[0]?["message"]
      #expect(message == "Variable $n of type Int! was provided invalid value")
    }
  }

  @Test func missingNumbersAreNullWithAnErrorEach() async throws {
    var model = RepositoryModel(owner: "acme", name: "widget")
    model.addIssue(title: "one")
    model.gone[2] = .deleted
    model.addPullRequest(title: "three")
    try await withGitHubDouble(model) { double throws in
      let client = RawClient(double)
      let answer = try client.graphQL(
        """
        { repository(owner: "acme", name: "widget") {
          a: issueOrPullRequest(number: 1) { __typename ... on Issue { id title } }
          b: issueOrPullRequest(number: 2) { __typename }
          c: issue(number: 3) { id }
          d: pullRequest(number: 3) { id title }
        } }
        """)
      let repository = answer["data"]?["repository"]
      #expect(repository?["a"]?["__typename"] == "Issue")
      #expect(repository?["b"] == .null)
      #expect(repository?["c"] == .null)
      #expect(repository?["d"]?["title"] == "three")
      #expect(answer["errors"]?.array?.count == 2)
      #expect(answer["errors"]?[0]?["type"] == "NOT_FOUND")
      #expect(answer["errors"]?[0]?["path"] == ["repository", "b"])
      #expect(
        answer["errors"]?[0]?["message"] == "Could not resolve to an issue or pull request with the number of 2.")
      #expect(answer["errors"]?[1]?["message"] == "Could not resolve to an Issue with the number of 3.")

      let issue = repository?["a"]?["id"] ?? .null
      let pull = repository?["d"]?["id"] ?? .null
      let nodes = try client.graphQL(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename ... on PullRequest { number } } }",
        ["ids": [issue, "I_kwDO1_1", pull]])
      #expect(nodes["data"]?["nodes"]?[0]?["__typename"] == "Issue")
      #expect(nodes["data"]?["nodes"]?[1] == .null)
      #expect(nodes["data"]?["nodes"]?[2]?["number"] == 3)
      #expect(nodes["errors"]?[0]?["path"] == ["nodes", 1])
      let nowhere = try client.graphQL("{ repository(owner: \"acme\", name: \"gone\") { id } }")
      #expect(nowhere["data"]?["repository"] == .null)
      #expect(
        nowhere["errors"]?[0]?["message"] == "Could not resolve to a Repository with the name 'acme/gone'.")
    }
  }

  @Test func nestedListsAreDrainedByNodeAndCursor() async throws {
    let model = RepositoryModel.generated(pullRequests: 12, issues: 0, seed: 9)
    try await withGitHubDouble(model) { double throws in
      let client = RawClient(double)
      for item in model.items {
        let id = try #require(
          try client.graphQL(
            "query($n: Int!) { repository(owner: \"acme\", name: \"widget\") { pullRequest(number: $n) { id } } }",
            ["n": .integer(Int64(item.number))])["data"]?["repository"]?["pullRequest"]?["id"])
        for (list, wanted) in [
          ("comments", item.comments.map(\.id)), ("reviews", item.pull?.reviews.map(\.id) ?? []),
        ] {
          var found: [String] = []
          var after: JSONNode = .null
          repeat {
            let page = try client.graphQL(
              """
              query($id: ID!, $after: String) { node(id: $id) { ... on PullRequest {
                \(list)(first: 40, after: $after) { pageInfo { hasNextPage endCursor } nodes { fullDatabaseId } } } } }
              """, ["id": id, "after": after])["data"]?["node"]?[list]
            found += (page?["nodes"]?.array ?? []).compactMap { $0["fullDatabaseId"]?.string }
            after = page?["pageInfo"]?["hasNextPage"] == true ? page?["pageInfo"]?["endCursor"] ?? .null : .null
          } while after != .null
          #expect(found == wanted.map { "\($0)" })
        }
      }
    }
  }

  @Test func cursorsArePredicates() async throws {
    var model = RepositoryModel(owner: "acme", name: "widget")
    for index in 0..<6 { model.addPullRequest(title: "p\(index)", at: 1_700_000_000 + Int64(index) * 100) }
    try await withGitHubDouble(model) { double throws in
      let client = RawClient(double)
      let query = """
        query($after: String) { repository(owner: "acme", name: "widget") {
          pullRequests(first: 3, after: $after, orderBy: {field: UPDATED_AT, direction: ASC}) {
            pageInfo { endCursor } nodes { number } } } }
        """
      func page(_ after: JSONNode) throws -> (numbers: [Int], cursor: JSONNode) {
        let page = try client.graphQL(query, ["after": after])["data"]?["repository"]?["pullRequests"]
        return (
          (page?["nodes"]?.array ?? []).compactMap { $0["number"]?.integer }, page?["pageInfo"]?["endCursor"] ?? .null
        )
      }
      let first = try page(.null)
      #expect(first.numbers == [1, 2, 3])
      // The first one is touched: walking upwards meets it again rather than losing the fourth.
      double.change { model in _ = model.update(1) { $0.updatedAt = 1_800_000_000 } }
      #expect(try page(first.cursor).numbers == [4, 5, 6])
      #expect(try page(try page(first.cursor).cursor).numbers == [1])
    }
  }

  /// The example of GitHub's documentation: 1 + 100 + 5,000 requests are 51 points.
  @Test func pointsFollowTheDocumentedFormula() async throws {
    try await withGitHubDouble(RepositoryModel.generated(pullRequests: 3, issues: 0, seed: 2)) { double throws in
      let client = RawClient(double)
      let query = """
        { rateLimit { cost nodeCount remaining used limit } repository(owner: "acme", name: "widget") {
          pullRequests(first: 100) { nodes { reviews(first: 50) { nodes { comments(first: 60) { nodes { id } } } } } } } }
        """
      let first = try client.graphQL(query)["data"]?["rateLimit"]
      #expect(first?["cost"] == 51)
      #expect(first?["nodeCount"] == 305_100)
      #expect(first?["remaining"] == .integer(15_000 - 51))
      // The remembered answer shows the live numbers.
      #expect(try client.graphQL(query)["data"]?["rateLimit"]?["used"] == 102)
      #expect(double.statistics.graphQLPoints == 102)
      #expect(double.journal.last?.cost == 51)
    }
  }

  @Test func aliasesThatShareAFragmentAreAnsweredEach() async throws {
    try await withGitHubDouble(RepositoryModel.generated(pullRequests: 9, issues: 0, seed: 2)) { double throws in
      let client = RawClient(double)
      let numbers = double.repository().items.map { JSONNode.integer(Int64($0.number)) }
      let query = """
        query($a: Int!, $b: Int!, $size: Int!) { rateLimit { nodeCount } repository(owner: "acme", name: "widget") {
          a: pullRequest(number: $a) { ...Fixed } b: pullRequest(number: $b) { ...Fixed }
          c: pullRequest(number: $b) { ...Varying } } }
        fragment Fixed on PullRequest { number files(first: 2) { nodes { path } } }
        fragment Varying on PullRequest { number files(first: $size) { totalCount nodes { path } } }
        """
      for round in 0..<4 {
        let (a, b) = (numbers[round], numbers[round + 1])
        let answer = try client.graphQL(query, ["a": a, "b": b, "size": .integer(Int64(round))])
        let repository = answer["data"]?["repository"]
        #expect(repository?["a"]?["number"] == a)
        #expect(repository?["b"]?["number"] == b)
        let files = double.item(b.integer ?? 0)?.pull?.files.count ?? 0
        #expect(repository?["c"]?["files"]?["totalCount"]?.integer == files)
        #expect(repository?["c"]?["files"]?["nodes"]?.array?.count == min(round, files))
        #expect(answer["data"]?["rateLimit"]?["nodeCount"] == .integer(Int64(4 + round)))
      }
    }
  }

  @Test func anonymousQueriesAreRefused() async throws {
    try await withGitHubDouble(RepositoryModel(owner: "a", name: "b")) { double throws in
      let answer = try RawClient(double, token: nil).post("/graphql", ["query": "{ rateLimit { cost } }"])
      #expect(answer.status == 401)
    }
  }
}
