import ActionsRuntime
import Domain

/// An item, and what is said on it, as GitHub shows it now.
struct ItemLookup {
  let github: any GitHubAPI

  /// nil where it is gone. https://docs.github.com/en/rest/issues/issues#get-an-issue
  func issue(_ number: Int, in repository: RepositoryName) async throws -> Issue? {
    let answer = try await github.send(RESTRequest(.get, "/repos/\(repository)/issues/\(number)"))
    return try read(answer, "\(repository)#\(number)") { Issue(restAnswer: $0) }
  }

  /// nil where it is gone. https://docs.github.com/en/rest/issues/comments#get-an-issue-comment
  func comment(_ id: Int64, in repository: RepositoryName) async throws -> Comment? {
    let answer = try await github.send(RESTRequest(.get, "/repos/\(repository)/issues/comments/\(id)"))
    return try read(answer, "comment \(id) in \(repository)") { Comment(restAnswer: $0) }
  }

  private func read<Value>(_ answer: RESTAnswer, _ what: String, _ decode: ([UInt8]) -> Value?) throws -> Value? {
    if answer.status == 404 || answer.status == 410 { return nil }
    guard answer.status == 200, let value = decode(answer.body) else {
      throw Failure(
        .unavailable, "GitHub answered \(answer.status) when asked for \(what), and nothing that could be read",
        advice: "Run the job again.")
    }
    return value
  }
}
