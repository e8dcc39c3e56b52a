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
  ///
  /// - Parameter touched: how many of the newest by update; nil for the counts alone.
  private static func document(touched: Int?) -> String {
    func nodes(_ first: Int, by field: String) -> String {
      "(first: \(first), orderBy: {field: \(field), direction: DESC})"
    }
    let newest = touched.map { _ in nodes(1, by: "CREATED_AT") } ?? ""
    let entries = touched.map { _ in " nodes { number }" } ?? ""
    let lists = touched.map {
      """
      touchedPullRequests: pullRequests\(nodes($0, by: "UPDATED_AT")) { nodes { number } }
      touchedIssues: issues\(nodes($0, by: "UPDATED_AT")) { nodes { number } }

      """
    }
    return """
      query CapturePlan($owner: String!, $name: String!) {
      repository(owner: $owner, name: $name) {
      databaseId nameWithOwner
      pullRequests\(newest) { totalCount\(entries) }
      issues\(newest) { totalCount\(entries) }
      \(lists ?? "")}
      \(Fragments.cost)
      }
      """
  }

  /// Where GitHub finds the lists too heavy it is asked for shorter ones. Where it cannot fill them at all, or leaves
  /// gaps, which would cut history short without a word, GraphQL is asked for the counts alone, and REST for the newest.
  static func fetch(_ name: RepositoryName, from github: any GitHubAPI) async throws -> RepositoryHead {
    for touched in [100, 25, 5] {
      do {
        for _ in 1...2 {
          if let head = try await fetch(name, touched: touched, from: github) { return head }
        }
        break
      } catch let heavy as QueryTooHeavy {
        // It may be an entry of the lists that GitHub fails for; whether it answers at all, the counts alone show.
        if heavy.isSuspicion { break }
      }
    }
    guard var head = try await fetch(name, touched: nil, from: github) else { throw refusal(nil, of: name) }
    head.newest = try await Listings(github: github, repository: head.name).newestNumber()
    return head
  }

  /// nil where the lists have gaps.
  private static func fetch(
    _ name: RepositoryName, touched: Int?, from github: any GitHubAPI
  ) async throws -> RepositoryHead? {
    let query = GraphQLQuery(
      operation: "CapturePlan", document: document(touched: touched),
      variables: ["owner": .string(name.owner), "name": .string(name.name)], isNarrowable: true)
    let answer = try await github.query(query, as: Answer.self)
    // What is wrong further down is a gap.
    if let fatal = answer.errors.first(where: { $0.type != nil && ($0.path.count < 2 || $0.concernsRights) }) {
      throw refusal(fatal, of: name)
    }
    guard let node = answer.data?.repository, let current = RepositoryName(node.nameWithOwner) else {
      throw refusal(answer.errors.first, of: name)
    }
    let counts = [node.pullRequests, node.issues].compactMap { $0?.totalCount }
    let lists = [node.pullRequests, node.issues, node.touchedPullRequests, node.touchedIssues]
    guard answer.errors.isEmpty, counts.count == 2,
      touched == nil || lists.allSatisfy({ $0.map { !$0.hasHole } ?? false })
    else { return nil }
    return RepositoryHead(
      name: current, githubID: node.databaseId,
      newest: lists.flatMap { $0?.nodes?.compactMap { $0?.number } ?? [] }.max() ?? 0,
      pullRequestCount: counts[0], issueCount: counts[1])
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
    var pullRequests: List?
    var issues: List?
    var touchedPullRequests: List?
    var touchedIssues: List?
  }

  private struct List: Decodable, Sendable {
    var totalCount: Int?
    var nodes: [Number?]?
    var hasHole: Bool { nodes?.contains { $0 == nil } ?? true }
  }

  private struct Number: Decodable, Sendable { var number: Int }
}

extension GraphQLError {
  fileprivate var concernsRights: Bool { type == "NOT_FOUND" || type == "FORBIDDEN" }
}
