import Domain
import Testing

/// A small repository, from which both the answers of the GitHub fake and the rows that a capture must end with are
/// made, independently of each other.
struct ModelRepository: Sendable {
  struct Comment: Sendable {
    var id: Int64
    var author: Author?
    var body: String
    var at: String
  }

  struct Author: Sendable {
    var login: String
    var id: Int64
    var type: String
    /// As REST spells it.
    var restLogin: String { type == "Bot" ? login + "[bot]" : login }
  }

  struct Item: Sendable {
    var number: Int
    var isPull: Bool
    var title: String
    var updatedAt: String
    var author: Author?
    var state: String
    var labels: [String] = []
    var comments: [Comment] = []
    var reviews: [Comment] = []
    var files: [String] = []
    var reviewComments: [Comment] = []
    /// Issues that a pull request closes.
    var closes: [Int] = []
    /// The commit that closed an issue.
    var closer: String?
    /// Grows when the item becomes another thing under the same number.
    var generation = 0
    var id: Int64 { 5_000_000_000 + Int64(number) }
    var nodeID: String { (isPull ? "PR_" : "I_") + "\(number)" + (generation > 0 ? "_\(generation)" : "") }
    /// Why an issue is closed.
    var stateReason: String? {
      isPull || state != "CLOSED" ? nil : closer != nil || number % 4 == 1 ? "COMPLETED" : "NOT_PLANNED"
    }
  }

  var items: [Int: Item] = [:]
  /// Items that no list shows among the newest: they were transferred in, with old times.
  var unlisted: Set<Int> = []
  /// Numbers of discussions.
  var discussions: Set<Int> = []
  var newest: Int { max(items.keys.max() ?? 0, discussions.max() ?? 0) }

  static let people: [Author?] = [
    Author(login: "alice", id: 1, type: "User"), Author(login: "bob", id: 2, type: "User"),
    Author(login: "dependabot", id: 3, type: "Bot"), nil,
  ]

  /// `count` numbers: every tenth is no item's (every second of them a discussion's), of the others every third is an
  /// issue.
  init(count: Int, large: Int? = nil) {
    var nextID: Int64 = 9_000_000_000
    func comments(_ count: Int, _ prefix: String, at: (Int) -> String) -> [Comment] {
      (0..<count).map { index in
        nextID += 1
        return Comment(
          id: nextID, author: Self.people[(index + count) % 4], body: "\(prefix) \(index) \u{202E}::x::", at: at(index))
      }
    }
    for number in stride(from: 1, through: count, by: 1) {
      guard number % 10 != 7 else {
        if number % 20 == 7, number < count { discussions.insert(number) }
        continue
      }
      let isPull = number % 3 != 0
      var item = Item(
        number: number, isPull: isPull, title: "Item \(number)", updatedAt: Self.time(number * 60),
        author: Self.people[number % 4],
        state: isPull ? ["OPEN", "CLOSED", "MERGED"][number % 3] : ["OPEN", "CLOSED"][number % 2])
      item.labels = (0..<(number % 3)).map { "label \($0)" }
      item.comments = comments(number % 4, "comment", at: { Self.time(number * 60 + $0) })
      if isPull {
        item.reviews = comments(number % 3, "review", at: { Self.time(number * 60 + $0) })
        item.files = (0..<(number % 5)).map { "src/\(number)/\($0).c" }
        item.reviewComments = comments(number % 6 == 1 ? 40 : 0, "line", at: { Self.time(number * 60 + $0 / 20) })
        if number % 4 == 0, number > 2 { item.closes = [number - 1, number - 2] }
      } else if item.state == "CLOSED", number % 5 == 0 {
        item.closer = "c\(number)"
      }
      items[number] = item
    }
    if let large, var item = items[large] {
      item.comments = comments(260, "comment", at: { Self.time($0) })
      item.reviews = comments(350, "review", at: { Self.time($0) })
      item.files = (0..<120).map { "large/\($0).c" }
      item.reviewComments = comments(230, "line", at: { _ in Self.time(30) })  // all in one second
      items[large] = item
    }
  }

  static func time(_ seconds: Int) -> String { Timestamp(seconds: 1_700_000_000 + Int64(seconds)).description }

  /// The rows a capture must end with.
  func rows(of numbers: some Sequence<Int>) -> Rows {
    var rows = Rows()
    for number in numbers {
      guard let item = items[number] else {
        rows.kinds[number] = discussions.contains(number) ? .discussion : .gone
        continue
      }
      rows.kinds[number] = item.isPull ? .pullRequest : .issue
      rows.items[number] =
        item.isPull ? "pull \(item.title) \(item.state.lowercased())" : "issue \(item.title) \(item.state.lowercased())"
      rows.authors[number] = item.author?.restLogin
      rows.labels[number] = item.labels
      for issue in item.closes { rows.links.insert("\(number) acme/widget#\(issue)") }
      if let closer = item.closer { rows.links.insert("\(number) acme/widget@\(closer)") }
      for comment in item.comments {
        rows.comments[comment.id] = "\(number) \(comment.author?.restLogin ?? "-") \(comment.body)"
      }
      for review in item.reviews {
        rows.reviews[review.id] = "\(number) \(review.author?.restLogin ?? "-") \(review.body)"
      }
      for path in item.files { rows.files.insert("\(number) \(path)") }
      for line in item.reviewComments {
        rows.reviewComments[line.id] = "\(number) \(line.author?.restLogin ?? "-") \(line.body)"
      }
    }
    return rows
  }
}
