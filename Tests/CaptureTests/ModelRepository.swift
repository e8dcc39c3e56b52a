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
    var comments: [Comment] = []
    var reviews: [Comment] = []
    var files: [String] = []
    var reviewComments: [Comment] = []
    var id: Int64 { 5_000_000_000 + Int64(number) }
    var nodeID: String { (isPull ? "PR_" : "I_") + "\(number)" }
  }

  var items: [Int: Item] = [:]
  var newest: Int { items.keys.max() ?? 0 }

  static let people: [Author?] = [
    Author(login: "alice", id: 1, type: "User"), Author(login: "bob", id: 2, type: "User"),
    Author(login: "dependabot", id: 3, type: "Bot"), nil,
  ]

  /// `count` numbers: every tenth is nobody's, of the others every third is an issue.
  init(count: Int, large: Int? = nil) {
    var nextID: Int64 = 9_000_000_000
    func comments(_ count: Int, _ prefix: String, at: (Int) -> String) -> [Comment] {
      (0..<count).map { index in
        nextID += 1
        return Comment(
          id: nextID, author: Self.people[(index + count) % 4], body: "\(prefix) \(index) \u{202E}::x::", at: at(index))
      }
    }
    for number in stride(from: 1, through: count, by: 1) where number % 10 != 7 {
      let isPull = number % 3 != 0
      var item = Item(
        number: number, isPull: isPull, title: "Item \(number)", updatedAt: Self.time(number * 60),
        author: Self.people[number % 4],
        state: isPull ? ["OPEN", "CLOSED", "MERGED"][number % 3] : ["OPEN", "CLOSED"][number % 2])
      item.comments = comments(number % 4, "comment", at: { Self.time(number * 60 + $0) })
      if isPull {
        item.reviews = comments(number % 3, "review", at: { Self.time(number * 60 + $0) })
        item.files = (0..<(number % 5)).map { "src/\(number)/\($0).c" }
        item.reviewComments = comments(number % 6 == 1 ? 40 : 0, "line", at: { Self.time(number * 60 + $0 / 20) })
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
      guard let item = items[number] else { continue }
      rows.items[number] =
        item.isPull ? "pull \(item.title) \(item.state.lowercased())" : "issue \(item.title) \(item.state.lowercased())"
      rows.authors[number] = item.author?.restLogin
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

/// Captured rows in a form that compares.
struct Rows: Equatable, Sendable {
  var items: [Int: String] = [:]
  var authors: [Int: String] = [:]
  var comments: [Int64: String] = [:]
  var reviews: [Int64: String] = [:]
  var reviewComments: [Int64: String] = [:]
  var files: Set<String> = []

  mutating func store(_ page: CapturedPage) {
    for pull in page.pullRequests {
      items[pull.number] = "pull \(pull.title) \(pull.state)"
      authors[pull.number] = pull.authorLogin
    }
    for issue in page.issues {
      items[issue.number] = "issue \(issue.title) \(issue.state)"
      authors[issue.number] = issue.authorLogin
    }
    for row in page.issueComments {
      comments[row.githubID] = "\(row.issueNumber) \(row.authorLogin ?? "-") \(row.body)"
    }
    for row in page.reviews { reviews[row.githubID] = "\(row.pullNumber) \(row.authorLogin ?? "-") \(row.body)" }
    for row in page.reviewComments {
      reviewComments[row.githubID] = "\(row.pullNumber) \(row.authorLogin ?? "-") \(row.body)"
    }
    for row in page.files { files.insert("\(row.pullNumber) \(row.path)") }
  }
}

extension Rows: CustomTestStringConvertible {
  /// Counts only: a difference is looked for with a smaller model.
  var testDescription: String {
    "\(items.count) items, \(comments.count) comments, \(reviews.count) reviews, \(files.count) files, "
      + "\(reviewComments.count) review comments"
  }
}
