import Domain

extension ChunkWalk {
  /// Asks GitHub which repository has the name: a list over REST does not say whose it is.
  /// - Returns: the requests that it took.
  func requireSameRepository() async throws -> Int {
    guard githubID != nil else { return 0 }
    let answer = try await github.send(RESTRequest(.get, "/repos/\(repository)"))
    // Where that cannot be read, the list itself says why.
    try requireSameRepository(answer.repositoryID)
    return 1
  }

  /// Throws where the name belongs to another repository by now: its rows must not be stored as this one's.
  func requireSameRepository(_ found: Int64?) throws(Failure) {
    guard let githubID, let found, found != githubID else { return }
    throw Failure(
      .configuration, "\(repository) is another repository on GitHub by now (its id is \(found) and was \(githubID))",
      advice: "Plan once more, under the name that the repository has now.")
  }
}
