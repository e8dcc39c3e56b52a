import Domain

/// What can be asked of GitHub by itself, and fail by itself.
enum Question: Hashable, Sendable {
  /// What stands at a number that was not asked for before.
  case head(Int)
  /// What stands at a number where nothing was found, or not any more: an issue or pull request after all, a
  /// discussion, or nothing.
  case absent(Int)
  /// A page of an item's list.
  case list(ListQuestion)

  var number: Int {
    switch self {
    case .head(let number), .absent(let number): number
    case .list(let question): question.number
    }
  }

  var isHead: Bool { if case .head = self { true } else { false } }

  /// The list, for what is recorded of a loss; nil for the item itself.
  var list: CapturedList? { if case .list(let question) = self { question.page.list } else { nil } }
}

struct ListQuestion: Hashable, Sendable {
  var number: Int
  var nodeID: String
  var isPullRequest: Bool
  var page: PendingList
}
