import ActionsRuntime
import Domain

/// An item as GitHub shows it now.
/// https://docs.github.com/en/rest/issues/issues#get-an-issue
struct ItemLookup {
  let github: any GitHubAPI

  /// nil where it is gone.
  func issue(_ number: Int, in repository: RepositoryName) async throws -> Issue? {
    let answer = try await github.send(RESTRequest(.get, "/repos/\(repository)/issues/\(number)"))
    switch answer.status {
    case 200: return try EventFile.decodeIssue(answer.body)
    case 404, 410: return nil
    default:
      throw Failure(
        .unavailable, "GitHub answered \(answer.status) when asked for \(repository)#\(number)",
        advice: "Run the job again.")
    }
  }
}
