import ActionsRuntime
import Domain
import FoundationEssentials

/// GitHub's id of a repository: what its threads are kept under, so that they survive a rename.
struct RepositoryLookup {
  let github: any GitHubAPI
  let environment: ActionsEnvironment

  /// Of the workflow's own repository Actions tells it.
  func githubID(of name: RepositoryName) async throws -> Int64? {
    if let id = environment.repositoryID, environment.repositoryName == name { return id }
    struct Answer: Decodable { var id: Int64 }
    let answer = try await github.send(RESTRequest(.get, "/repos/\(name)"))
    guard answer.status == 200 else {
      throw Failure(
        .configuration, "The repository \(name) is not there for this token",
        advice: "Check its name, and that the token may read it.")
    }
    return try? JSONDecoder().decode(Answer.self, from: Data(answer.body)).id
  }
}
