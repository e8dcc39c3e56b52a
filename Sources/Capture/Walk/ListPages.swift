import Domain

extension CapturedList {
  /// Whether its entries belong to other items, which the token may not see.
  var leadsElsewhere: Bool { self == .closes || self == .closer }

  /// Whether a call asks for so many of its entries and not for all or one.
  var isPaged: Bool { self != .closer && self != .reviewThreads && self != .reviewComments }

  /// As many files as GitHub lists of a pull request, however many changed.
  static let maximumFiles = 3_000
}

/// What a page of any list says of the list.
struct ListPage {
  var hole: String?
  /// Entries on it.
  var count: Int
  /// Rows that they make: paths that are no text may read alike, and are one row then.
  var distinct: Int
  var hasNext: Bool
  var endCursor: String?
  var total: Int?

  /// Whether the list's cursors go round: it would never end. Lists grow and shrink while they are read, so that is far
  /// beyond what a count may be behind.
  func isEndless(after seen: Int) -> Bool { hasNext && total.map { seen > 2 * $0 + 100 } ?? false }

  init<Node>(_ connection: Connection<Node>, needsInfo: Bool = true) {
    hole = connection.hole ?? (needsInfo && connection.pageInfo == nil ? "GitHub sent no page info" : nil)
    count = connection.nodes?.count ?? 0
    distinct = count
    hasNext = connection.pageInfo?.hasNextPage ?? false
    endCursor = connection.pageInfo?.endCursor
    total = connection.totalCount
  }
}

extension OwnerNode {
  /// Names of the page's labels.
  var labelNames: [String] { labels?.value?.names ?? [] }

  /// nil where the list is not there, or not readable.
  func page(of list: CapturedList) -> ListPage? {
    switch list {
    case .labels: labels?.value.map { ListPage($0) }
    case .comments: comments?.value.map { ListPage($0) }
    case .reviews: reviews?.value.map { ListPage($0) }
    case .files: filesPage
    case .closes: closes?.value.map { ListPage($0) }
    case .closer: closer?.value.map { ListPage($0, needsInfo: false) }
    case .reviewThreads, .reviewComments: nil
    }
  }

  private var filesPage: ListPage? {
    guard var page = files?.value.map({ ListPage($0) }) else { return nil }
    // By bytes, as rows are told apart.
    page.distinct -= page.count - Set((files?.value?.nodes ?? []).map { Array(($0?.value?.path ?? "").utf8) }).count
    page.total = page.total.map { min($0, CapturedList.maximumFiles) }
    return page
  }

  /// Why a list that is there could not be read.
  func unreadable(_ list: CapturedList) -> String? {
    switch list {
    case .labels: labels?.reason
    case .comments: comments?.reason
    case .reviews: reviews?.reason
    case .files: files?.reason
    case .closes: closes?.reason
    case .closer: closer?.reason
    case .reviewThreads, .reviewComments: nil
    }
  }

  func rows(of question: ListQuestion, into builder: inout RowBuilder) {
    let number = question.number
    switch question.page.list {
    case .labels:
      // Labels are stored all at once.
      guard let page = labels?.value, page.pageInfo?.hasNextPage != true else { return }
      builder.add(labels: question.page.names + page.names, of: number, isPullRequest: question.isPullRequest)
    case .comments: builder.add(comments: comments?.value, of: number)
    case .reviews: builder.add(reviews: reviews?.value, of: number)
    case .files: builder.add(files: files?.value, of: number)
    case .closes: builder.add(closes: closes?.value, of: number)
    case .closer: builder.add(closer: closer?.value, of: number)
    case .reviewThreads, .reviewComments: break
    }
  }

  /// Adds what came of a page that is lost, and returns the rest of its list where that can still be read. Nothing is
  /// concluded from it: what is missing may be what was lost.
  func salvage(_ question: ListQuestion, into builder: inout RowBuilder) -> PendingList? {
    guard question.page.list != .labels, let page = page(of: question.page.list) else { return nil }
    rows(of: question, into: &builder)
    let seen = question.page.seen
    guard page.hasNext, let cursor = page.endCursor, cursor != question.page.after, !page.isEndless(after: seen)
    else { return nil }
    return PendingList(question.page.list, after: cursor, seen: seen + page.distinct)
  }
}

extension Connection<LabelNode> {
  fileprivate var names: [String] { present.map(\.name) }
}

extension Part {
  fileprivate var reason: String? { if case .unreadable(let reason) = self { reason } else { nil } }
}
