public import Domain

/// Reads what a comment says now.
public struct CommentReader: Sendable {
  let github: any GitHubAPI

  public init(github: any GitHubAPI) { self.github = github }

  /// nil where the comment is gone.
  public func body(of id: Int64, in repository: RepositoryName) async throws -> String? {
    try await ItemReader(github: github, target: ItemReference(repository: repository, number: 0)).body(ofComment: id)
  }
}
