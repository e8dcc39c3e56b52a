import Domain

/// The query that asks for a batch of numbers, each under an alias of its own.
///
/// `issueOrPullRequest` answers for both kinds, so issues and pull requests are captured in one walk. A number that is
/// neither (deleted, transferred, a discussion) is null with the error `NOT_FOUND` at its alias.
///
/// Points. GitHub adds up the requests that filling every connection takes, divides by 100 and rounds, and charges at
/// least 1. At the top level each connection of each number is one request, whatever its `first`. A number has
/// `labels` (on `Labelable`), `reviews`, `comments` and `files` (on `PullRequest`) and `comments` (on `Issue`): 5, and
/// `reviewThreads` besides where threads are counted: 6. As much as rounds to 1 point is 149 requests, so
/// 149 / 5 = 29 numbers (145) or 149 / 6 = 24 numbers (144) for a point; asking for fewer at a time costs the same.
/// Source: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
enum NumbersQuery {
  static let operation = "CaptureNumbers"

  /// Requests that still round to one point.
  private static let requestsPerPoint = 149

  /// How many numbers a page asks for unless GitHub found that too heavy.
  static func defaultWidth(countingThreads: Bool) -> Int { requestsPerPoint / (countingThreads ? 6 : 5) }

  /// The query for up to `defaultWidth` numbers.
  static func query(_ numbers: ArraySlice<Int>, of repository: RepositoryName, countingThreads: Bool) -> GraphQLQuery {
    var variables: [String: JSONValue] = ["owner": .string(repository.owner), "name": .string(repository.name)]
    for (slot, number) in numbers.enumerated() { variables["n\(slot)"] = .integer(Int64(number)) }
    let documents = countingThreads ? withThreads : plain
    return GraphQLQuery(operation: operation, document: documents[numbers.count], variables: variables)
  }

  /// One document for each width, made once.
  private static let plain = (0...defaultWidth(countingThreads: false)).map { document($0, countingThreads: false) }
  private static let withThreads = (0...defaultWidth(countingThreads: true)).map { document($0, countingThreads: true) }

  static func document(_ width: Int, countingThreads: Bool) -> String {
    let parameters = (0..<width).map { ", $n\($0): Int!" }.joined()
    let aliases = (0..<width).map { "n\($0): issueOrPullRequest(number: $n\($0)) { ...Item }" }
    return """
      query \(operation)($owner: String!, $name: String!\(parameters)) {
      repository(owner: $owner, name: $name) {
      \(aliases.joined(separator: "\n"))
      }
      \(Fragments.cost)
      }
      \(Fragments.item(countingThreads: countingThreads))
      \(Fragments.comments)
      \(Fragments.reviews)
      \(Fragments.files)
      \(Fragments.author)
      """
  }
}
