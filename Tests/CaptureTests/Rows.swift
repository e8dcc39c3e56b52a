import Domain
import Testing

/// Captured rows in a form that compares, stored by the rules of the real store: rows that a whole list does not show,
/// or that hang on a number where nothing stands, go.
struct Rows: Equatable, Sendable {
  var kinds: [Int: NumberRecord.Kind] = [:]
  var items: [Int: String] = [:]
  var authors: [Int: String] = [:]
  var labels: [Int: [String]] = [:]
  var comments: [Int64: String] = [:]
  var reviews: [Int64: String] = [:]
  var reviewComments: [Int64: String] = [:]
  var files: Set<String> = []
  var links: Set<String> = []
  var readings = Readings()

  /// What a run of pages says beside the rows; two captures of the same rows need not agree in it.
  struct Readings: Equatable, Sendable {
    /// Of lists in several parts: what the parts so far showed.
    var sightings: [String: Set<String>] = [:]
    /// What is stored of each list.
    var stored: [String: Set<String>] = [:]
    /// `totalCount` of each list, as last read.
    var totals: [String: Int] = [:]
    var completed: [Int] = []
    /// When each review comment was updated.
    var updates: [String: Timestamp] = [:]
    static func == (a: Readings, b: Readings) -> Bool { true }
  }

  mutating func store(_ page: CapturedPage) {
    for number in page.numbers {
      if number.kind == .gone || number.kind == .discussion || kinds[number.number].map({ $0 != number.kind }) ?? false
      {
        forget(number.number)
      }
      kinds[number.number] = number.kind
    }
    for pull in page.pullRequests {
      items[pull.number] = "pull \(pull.title) \(pull.state)"
      authors[pull.number] = pull.authorLogin
    }
    for issue in page.issues {
      items[issue.number] = "issue \(issue.title) \(issue.state)"
      authors[issue.number] = issue.authorLogin
    }
    for row in page.labels { labels[row.number] = row.labels }
    for row in page.issueComments {
      comments[row.githubID] = "\(row.issueNumber) \(row.authorLogin ?? "-") \(row.body)"
      note("\(row.githubID)", row.issueNumber, .comments)
    }
    for row in page.reviews {
      reviews[row.githubID] = "\(row.pullNumber) \(row.authorLogin ?? "-") \(row.body)"
      note("\(row.githubID)", row.pullNumber, .reviews)
    }
    for row in page.reviewComments {
      reviewComments[row.githubID] = "\(row.pullNumber) \(row.authorLogin ?? "-") \(row.body)"
      note("\(row.githubID)", row.pullNumber, .reviewComments)
    }
    for row in page.files {
      files.insert("\(row.pullNumber) \(row.path)")
      note("\(row.pullNumber) \(row.path)", row.pullNumber, .files)
    }
    for row in page.links {
      links.insert(Self.key(row))
      note(Self.key(row), row.fromNumber, row.toCommit == nil ? .closes : .closer)
    }
    for part in page.lists { reconcile(part, with: page) }
    for row in page.reviewComments { readings.updates["\(row.githubID)"] = Timestamp(row.updatedAt) }
    if let unsure = page.reviewCommentWalk?.unsure {
      readings.sightings["walk", default: []].formUnion(readings.updates.filter { unsure.contains($0.value) }.keys)
    }
    if let walk = page.reviewCommentWalk {
      readings.sightings["walk", default: []].formUnion(page.reviewComments.map { "\($0.githubID)" })
      if walk.isLast {
        let seen = readings.sightings.removeValue(forKey: "walk") ?? []
        reviewComments = reviewComments.filter { seen.contains("\($0.key)") }
      }
    }
    readings.completed += page.completed
  }

  private static func key(_ link: LinkRecord) -> String {
    "\(link.fromNumber) \(link.toRepository)" + (link.toNumber.map { "#\($0)" } ?? "@\(link.toCommit ?? "")")
  }

  private mutating func note(_ key: String, _ number: Int, _ list: CapturedList) {
    readings.stored["\(number) \(list)", default: []].insert(key)
  }

  private mutating func forget(_ number: Int) {
    items[number] = nil
    authors[number] = nil
    labels[number] = nil
    for list in CapturedList.allCases { remove(readings.stored["\(number) \(list)"] ?? [], number, list) }
  }

  private mutating func remove(_ keys: Set<String>, _ number: Int, _ list: CapturedList) {
    readings.stored["\(number) \(list)"]?.subtract(keys)
    for key in keys {
      switch list {
      case .comments: comments[Int64(key) ?? 0] = nil
      case .reviews: reviews[Int64(key) ?? 0] = nil
      case .reviewComments: reviewComments[Int64(key) ?? 0] = nil
      case .files: files.remove(key)
      case .closes, .closer: links.remove(key)
      case .labels, .reviewThreads: break
      }
    }
  }

  private mutating func reconcile(_ part: ListPart, with page: CapturedPage) {
    let name = "\(part.number) \(part.list)"
    if let total = part.total { readings.totals[name] = total }
    if part.isFirst { readings.sightings[name] = nil }
    let keys: [String] =
      switch part.list {
      case .comments: page.issueComments.filter { $0.issueNumber == part.number }.map { "\($0.githubID)" }
      case .reviews: page.reviews.filter { $0.pullNumber == part.number }.map { "\($0.githubID)" }
      case .reviewComments: page.reviewComments.filter { $0.pullNumber == part.number }.map { "\($0.githubID)" }
      case .files: page.files.filter { $0.pullNumber == part.number }.map { "\($0.pullNumber) \($0.path)" }
      case .closes, .closer: page.links.filter { $0.fromNumber == part.number }.map(Self.key)
      case .labels, .reviewThreads: []
      }
    readings.sightings[name, default: []].formUnion(keys)
    guard part.isLast else { return }
    let seen = readings.sightings.removeValue(forKey: name) ?? []
    remove((readings.stored[name] ?? []).subtracting(seen), part.number, part.list)
  }
}

extension Rows: CustomTestStringConvertible {
  /// Counts only: a difference is looked for with a smaller model.
  var testDescription: String {
    "\(items.count) items, \(comments.count) comments, \(reviews.count) reviews, \(files.count) files, "
      + "\(reviewComments.count) review comments, \(links.count) links, \(kinds.count) numbers"
  }
}
