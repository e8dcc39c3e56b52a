import Domain

extension RepositoryHead {
  /// Numbers that one look covers.
  static let numbersAbove = 100
  /// How often the same numbers are asked for where GitHub does not answer for all of them.
  private static let looks = 3

  /// The same with the highest number that really is in use, and with the counts of that moment.
  ///
  /// No list of GitHub's is in the order of numbers: an issue that was transferred in has an old creation date, perhaps an
  /// old update, and the newest number. So the numbers above the newest that the lists show are asked for, until a whole
  /// look finds nothing. Fields that are no connections cost nothing, and two counts less than a point: 1 point a look.
  func lookingAbove(with github: any GitHubAPI) async throws -> RepositoryHead {
    guard newest > 0 else { return self }
    var head = self
    while true {
      let look = try await head.look(with: github)
      head.pullRequestCount = look.pullRequestCount
      head.issueCount = look.issueCount
      if let highest = look.found.max() { head.newest = highest }
      // What GitHub would not tell even now is walked over like everything else, and proves nothing of what is behind it.
      guard look.found.isEmpty else { continue }
      if let highest = look.unanswered.max() { head.newest = highest }
      return head
    }
  }

  private func look(with github: any GitHubAPI) async throws -> Look {
    var look = try await lookOnce(with: github)
    for _ in 1..<Self.looks where !look.unanswered.isEmpty {
      let again = try await lookOnce(with: github)
      look = Look(
        pullRequestCount: again.pullRequestCount, issueCount: again.issueCount, found: look.found.union(again.found),
        unanswered: look.unanswered.intersection(again.unanswered))
    }
    return look
  }

  private func lookOnce(with github: any GitHubAPI) async throws -> Look {
    var variables: [String: JSONValue] = ["owner": .string(name.owner), "name": .string(name.name)]
    for slot in 0..<Self.numbersAbove { variables["n\(slot)"] = .integer(Int64(newest + 1 + slot)) }
    let query = GraphQLQuery(operation: "CaptureNewest", document: Self.lookDocument, variables: variables)
    let answer = try await github.query(query, as: LookAnswer.self)
    var unanswered: Set<Int> = []
    for error in answer.errors {
      guard error.path.count > 1, error.path[0] == "repository", let slot = Int(error.path[1].dropFirst()),
        error.path[1].hasPrefix("n")
      else { throw Self.refusal(error, of: name) }
      if error.type != "NOT_FOUND" { unanswered.insert(newest + 1 + slot) }
    }
    guard let node = answer.data?.repository, let pulls = node.pullRequestCount, let issues = node.issueCount else {
      throw Self.refusal(nil, of: name)
    }
    let found = Set(node.slots.map { newest + 1 + $0 })
    return Look(
      pullRequestCount: pulls, issueCount: issues, found: found, unanswered: unanswered.subtracting(found))
  }

  private static let lookDocument: String = {
    let slots = 0..<numbersAbove
    let parameters = slots.map { "$n\($0): Int!" }.joined(separator: ", ")
    let fields = slots.map { "n\($0): issueOrPullRequest(number: $n\($0)) { __typename }" }.joined(separator: "\n")
    return """
      query CaptureNewest($owner: String!, $name: String!, \(parameters)) {
      repository(owner: $owner, name: $name) {
      pullRequests { totalCount }
      issues { totalCount }
      \(fields)
      }
      \(Fragments.cost)
      }
      """
  }()

  private struct Look {
    var pullRequestCount: Int
    var issueCount: Int
    /// Numbers at which an issue or a pull request stands.
    var found: Set<Int>
    /// Numbers for which GitHub gave neither an item nor the word that there is none.
    var unanswered: Set<Int>
  }

  private struct LookAnswer: Decodable, Sendable { var repository: Node? }

  private struct Node: Decodable, Sendable {
    var pullRequestCount: Int?
    var issueCount: Int?
    /// Of the aliases at which something stands.
    var slots: [Int] = []

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      pullRequestCount = try container.decodeIfPresent(Count.self, forKey: Key("pullRequests"))?.totalCount
      issueCount = try container.decodeIfPresent(Count.self, forKey: Key("issues"))?.totalCount
      for key in container.allKeys where key.stringValue.hasPrefix("n") {
        guard let slot = Int(key.stringValue.dropFirst()), try !container.decodeNil(forKey: key) else { continue }
        slots.append(slot)
      }
    }
  }

  private struct Count: Decodable, Sendable { var totalCount: Int? }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }
}
