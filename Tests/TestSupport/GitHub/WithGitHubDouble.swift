public import GitHubDouble

/// Runs the body against a double of its own, then fails where a request met no route, a query was against the schema
/// or a fault was not used.
public func withGitHubDouble<Result>(
  _ repositories: RepositoryModel..., configuration: GitHubDouble.Configuration = GitHubDouble.Configuration(),
  _ body: (GitHubDouble) async throws -> Result
) async throws -> Result {
  try await Turns.shared.with {
    let double = try GitHubDouble(repositories, configuration)
    defer { double.stop() }
    let result = try await body(double)
    try double.verify()
    return result
  }
}
