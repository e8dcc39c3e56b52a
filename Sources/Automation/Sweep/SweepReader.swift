import Domain

/// Reads pages of items, and what did not fit on them.
///
/// What GitHub cannot answer is asked for in smaller parts: half as many items where a page is too much, and where a
/// page comes with holes, each of the items that are missing alone. What it does not show alone either is told of.
struct SweepReader {
  let github: any GitHubAPI
  let repository: RepositoryName
  /// Items that the next page asks for.
  private var width = SweepQuery.width
  /// Sent so far.
  private(set) var requests = 0
  /// GitHub's id and name of the repository, as the last page told.
  private(set) var repositoryGitHubID: Int64?
  private(set) var repositoryName: RepositoryName?

  init(github: any GitHubAPI, repository: RepositoryName) {
    self.github = github
    self.repository = repository
  }

  struct Page {
    var items: [SweptItem] = []
    var unshown: [UnshownItem] = []
    /// Behind its last item; nil where it has none.
    var end: String?
    var isLast = true
  }

  /// A page of a list; items that changed before `since` come with less of their past.
  mutating func page(of part: SweepWalk.Part, after cursor: String?, since: Timestamp) async throws -> Page {
    while true {
      do {
        return try await read(part, after: cursor, since: since)
      } catch let heavy as QueryTooHeavy {
        if width > 1 {
          width /= 2
        } else if heavy.isSuspicion {
          throw heavy
        } else {
          return try await replace(part, after: cursor, since: since, whole: [:])
        }
      }
    }
  }

  /// One item by its number; nil where there is none any more.
  ///
  /// - Returns: the item, or why it cannot be shown.
  mutating func item(_ number: Int, since: Timestamp?) async throws -> Result<SweptItem, Refused>? {
    do {
      let answer = try await ask(SweepQuery.item(number, in: repository, since: since), as: WireSweepItem.self)
      if let item = answer.data?.repository?.item?.value?.item { return .success(item) }
      if let error = answer.errors.first {
        return error.type == "NOT_FOUND" && answer.data?.repository != nil ? nil : .failure(Refused(error.message))
      }
      // A number that is neither an issue's nor a pull request's is null.
      guard let shown = answer.data?.repository, shown.item != nil else { return nil }
      return .failure(.incomplete)
    } catch let heavy as QueryTooHeavy where !heavy.isSuspicion {
      return .failure(Refused(heavy.problem))
    }
  }

  /// Why an item cannot be shown. Untrusted.
  struct Refused: Error, Hashable {
    var reason: String
    init(_ reason: String) { self.reason = String(reason.prefix(300)) }

    static let incomplete = Refused("GitHub's answer is not whole")
  }

  /// Asks for comments and changes that did not fit on the item's page, as long as `isWanted` says so. Throws `Refused`
  /// where GitHub does not show them.
  mutating func complete(
    _ item: inout SweptItem, changesSince since: Timestamp?, isWanted: (SweptItem) -> (comments: Bool, changes: Bool)
  ) async throws {
    while let cursor = item.moreComments, isWanted(item).comments {
      let node = try await follow(SweepQuery.comments(of: item.node, after: cursor), of: item)
      guard let page = node?.comments else { break }
      item.add(page)
    }
    while let cursor = item.moreChanges, isWanted(item).changes {
      let node = try await follow(SweepQuery.changes(of: item.node, before: cursor, since: since), of: item)
      guard let page = node?.timelineItems else { break }
      item.add(page)
    }
  }

  private mutating func follow(_ query: GraphQLQuery, of item: SweptItem) async throws -> WireSweepNode.Node? {
    var query = query
    query.isNarrowable = true
    do {
      let answer = try await ask(query, as: WireSweepNode.self)
      // One that was deleted meanwhile is null.
      if let error = answer.errors.first(where: { $0.type != "NOT_FOUND" }) { throw Refused(error.message) }
      let node = answer.data?.node
      if node?.comments?.isWhole == false || node?.timelineItems?.isWhole == false { throw Refused.incomplete }
      return node
    } catch let heavy as QueryTooHeavy where !heavy.isSuspicion {
      throw Refused(heavy.problem)
    }
  }

  private mutating func read(_ part: SweepWalk.Part, after cursor: String?, since: Timestamp) async throws -> Page {
    let answer = try await ask(
      SweepQuery.page(of: part, in: repository, after: cursor, since: since, width: width),
      as: WireSweepPage<WireSweptItem>.self)
    let shown = answer.data?.repository
    if let id = shown?.databaseId { repositoryGitHubID = id }
    if let name = shown?.nameWithOwner.flatMap({ RepositoryName($0) }) { repositoryName = name }
    guard let items = shown?.items, let nodes = items.nodes else { throw refusal(answer.errors) }
    let holes = Set(answer.errors.compactMap(\.sweptIndex))
    var whole: [Int: SweptItem] = [:]
    for (index, node) in nodes.enumerated() where !holes.contains(index) {
      if let item = node?.value?.item { whole[item.issue.number] = item }
    }
    guard whole.count < nodes.count else {
      return Page(
        items: nodes.compactMap { $0?.value?.item }, end: items.pageInfo?.endCursor, isLast: items.pageInfo?.next == nil
      )
    }
    return try await replace(part, after: cursor, since: since, whole: whole)
  }

  /// The page once more: which numbers stand on it, and each of those that are missing alone.
  private mutating func replace(
    _ part: SweepWalk.Part, after cursor: String?, since: Timestamp, whole: [Int: SweptItem]
  ) async throws -> Page {
    let answer = try await ask(
      SweepQuery.page(of: part, in: repository, after: cursor, since: since, width: width, numbersOnly: true),
      as: WireSweepPage<WireNumber>.self)
    guard let items = answer.data?.repository?.items, items.isWhole else { throw refusal(answer.errors) }
    var page = Page(end: items.pageInfo?.endCursor, isLast: items.pageInfo?.next == nil)
    for number in items.present.map(\.number) {
      if let item = whole[number] {
        page.items.append(item)
        continue
      }
      switch try await item(number, since: part.isOfChanges ? since : nil) {
      case .success(let item)?: page.items.append(item)
      case .failure(let refused)?:
        page.unshown.append(UnshownItem(number: number, since: since, reason: refused.reason))
      case nil: break
      }
    }
    return page
  }

  private mutating func ask<Answer: Decodable & Sendable>(
    _ query: GraphQLQuery, as type: Answer.Type
  ) async throws -> GraphQLAnswer<Answer> {
    requests += 1
    return try await github.query(query, as: type)
  }

  private func refusal(_ errors: [GraphQLError]) -> Failure {
    let words = errors.first.map { ": \($0.message)" } ?? ""
    let isLasting = errors.contains { $0.type == "NOT_FOUND" || $0.type == "FORBIDDEN" }
    return Failure(
      isLasting ? .configuration : .unavailable, "GitHub would not show the items of \(repository)\(words)",
      advice: isLasting ? "Check the repository's name and the token's permissions." : "Run the sweep again.")
  }
}

extension GraphQLError {
  /// The position on the page of the item that the error is about.
  fileprivate var sweptIndex: Int? {
    guard path.count > 3, path[1] == "items", path[2] == "nodes" else { return nil }
    return Int(path[3])
  }
}
