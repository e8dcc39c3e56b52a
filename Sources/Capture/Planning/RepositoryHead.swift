import Domain

/// What planning has to know of a repository: one call, one point.
struct RepositoryHead: Sendable {
  /// Its name today; another one than was asked for where it was renamed.
  var name: RepositoryName
  var githubID: Int64?
  /// The highest number in use by an issue or a pull request, as far as the lists show; 0 where there is none.
  var newest: Int
  var pullRequestCount: Int
  var issueCount: Int

  /// The newest by creation and the newest by update, because an issue that was transferred in brings its old creation
  /// date to a new number. 4 connections: 1 point.
  static let document = """
    query CapturePlan($owner: String!, $name: String!) {
    repository(owner: $owner, name: $name) {
    databaseId nameWithOwner
    pullRequests(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes { number } }
    issues(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes { number } }
    touchedPullRequests: pullRequests(first: 100, orderBy: {field: UPDATED_AT, direction: DESC}) { nodes { number } }
    touchedIssues: issues(first: 100, orderBy: {field: UPDATED_AT, direction: DESC}) { nodes { number } }
    }
    \(Fragments.cost)
    }
    """

  static func fetch(_ name: RepositoryName, from github: any GitHubAPI) async throws -> RepositoryHead {
    let query = GraphQLQuery(
      operation: "CapturePlan", document: document,
      variables: ["owner": .string(name.owner), "name": .string(name.name)])
    let answer = try await github.query(query, as: Answer.self)
    if let fatal = answer.errors.first(where: { $0.type != nil }) { throw refusal(fatal, of: name) }
    guard let node = answer.data?.repository, let current = RepositoryName(node.nameWithOwner) else {
      throw refusal(answer.errors.first, of: name)
    }
    let lists = [node.pullRequests, node.issues, node.touchedPullRequests, node.touchedIssues]
    // An answer with gaps would cut history short without a word.
    guard answer.errors.isEmpty, lists.allSatisfy({ !$0.hasHole }) else { throw refusal(answer.errors.first, of: name) }
    return RepositoryHead(
      name: current, githubID: node.databaseId,
      newest: lists.flatMap { $0.nodes?.compactMap { $0?.number } ?? [] }.max() ?? 0,
      pullRequestCount: node.pullRequests.totalCount ?? 0, issueCount: node.issues.totalCount ?? 0)
  }

  /// The error for an answer without the repository.
  static func refusal(_ error: GraphQLError?, of name: RepositoryName) -> Failure {
    switch error?.type {
    case "NOT_FOUND":
      Failure(
        .configuration, "The repository \(name) does not exist, or the token may not see it",
        advice: "Check the spelling, and that the token has read access to it.")
    case "FORBIDDEN":
      Failure(
        .configuration, "GitHub refuses the token access to \(name) (\(error?.message.prefix(300) ?? ""))",
        advice: "Give the token read access to the repository's issues and pull requests.")
    default:
      Failure(
        .unavailable, "GitHub did not say what \(name) holds (\(error?.message.prefix(300) ?? "no data"))",
        advice: "Run again.")
    }
  }

  private struct Answer: Decodable, Sendable { var repository: Node? }

  private struct Node: Decodable, Sendable {
    var databaseId: Int64?
    var nameWithOwner: String
    var pullRequests: List
    var issues: List
    var touchedPullRequests: List
    var touchedIssues: List
  }

  private struct List: Decodable, Sendable {
    var totalCount: Int?
    var nodes: [Number?]?
    var hasHole: Bool { nodes?.contains { $0 == nil } ?? true }
  }

  private struct Number: Decodable, Sendable { var number: Int }
}
