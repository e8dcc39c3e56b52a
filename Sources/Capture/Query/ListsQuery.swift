import Domain

/// The query that fetches the next page of several lists at once, each by its owner's node id and its own cursor.
///
/// One connection each: up to 149 lists cost 1 point. Ten at a time keep the answer small (at most 1,000 rows).
enum ListsQuery {
  static let operation = "CaptureLists"
  static let defaultWidth = 10

  /// The query for `lists`, none of which is drained over REST.
  static func query(_ lists: [PendingList]) -> GraphQLQuery {
    var variables: [String: JSONValue] = [:]
    for (slot, list) in lists.enumerated() {
      variables["i\(slot)"] = .string(list.nodeID)
      variables["c\(slot)"] = list.after.map { .string($0) } ?? .null
    }
    return GraphQLQuery(operation: operation, document: document(lists.map(\.list)), variables: variables)
  }

  static func document(_ kinds: [PendingList.List]) -> String {
    let parameters = kinds.indices.map { "$i\($0): ID!, $c\($0): String" }.joined(separator: ", ")
    let aliases = kinds.enumerated().map { slot, kind in
      "l\(slot): node(id: $i\(slot)) { ...\(selection(of: kind, after: "$c\(slot)")) }"
    }
    var fragments = [Fragments.author]
    let owned: [(String, Set<PendingList.List>)] = [
      (Fragments.comments, [.pullRequestComments, .issueComments]), (Fragments.reviews, [.reviews]),
      (Fragments.files, [.files]),
    ]
    for (fragment, users) in owned where kinds.contains(where: users.contains) { fragments.append(fragment) }
    if kinds.allSatisfy({ $0 == .files }) { fragments.removeFirst() }  // an unused fragment is an error in GraphQL
    return """
      query \(operation)(\(parameters)) {
      \(aliases.joined(separator: "\n"))
      \(Fragments.cost)
      }
      \(fragments.joined(separator: "\n"))
      """
  }

  private static func selection(of kind: PendingList.List, after cursor: String) -> String {
    let page = "(first: \(Fragments.listPage), after: \(cursor))"
    return switch kind {
    case .pullRequestComments: " on PullRequest { comments\(page) { ...Comments } }"
    case .issueComments: " on Issue { comments\(page) { ...Comments } }"
    case .reviews: " on PullRequest { reviews\(page) { ...Reviews } }"
    case .files: " on PullRequest { files\(page) { ...Files } }"
    case .reviewComments: " on PullRequest { id }"  // drained over REST, see ReviewCommentPages
    }
  }
}
