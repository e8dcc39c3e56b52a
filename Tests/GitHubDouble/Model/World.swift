import Foundation

/// All that the double serves, and the orders that its lists come in. Touched under the service's lock only.
final class World {
  var repositories: [RepositoryModel]
  /// Grows with every change, so that what was rendered before is known to be old.
  private(set) var version = 0
  private(set) var mutations: [GitHubDouble.Mutation] = []
  /// How far the double's clock is ahead of the machine's.
  var clockOffset: Int64 = 0

  private var orders: [String: [Int]] = [:]
  private var flatComments: [String: [FlatComment]] = [:]
  private var commentItems: [Int: [Int64: Int]] = [:]
  private var reviewComments: [Int: [Int64: (item: Int, index: Int)]] = [:]

  /// A review comment's place: item and index within it.
  struct FlatComment {
    var item: Int
    var index: Int
    var key: Int64
    var id: Int64
  }

  init(_ repositories: [RepositoryModel]) { self.repositories = repositories }

  /// Seconds by which lists lag behind the comments that requests post.
  var listingLag: Int64 = 0
  private var unlisted: [(repository: Int, number: Int, comment: Int64, until: Int64)] = []

  /// Keeps a comment out of lists till the lag is over.
  func unlist(_ comment: Int64, on number: Int, of repository: Int) {
    guard listingLag > 0 else { return }
    show(comment, on: number, of: repository, isListed: false)
    unlisted.append((repository, number, comment, now + listingLag))
  }

  /// Shows the comments whose time has come.
  func list() {
    let moment = now
    let due = unlisted.filter { $0.until <= moment }
    guard !due.isEmpty else { return }
    unlisted.removeAll { $0.until <= moment }
    for entry in due { show(entry.comment, on: entry.number, of: entry.repository, isListed: true) }
    touch()
  }

  private func show(_ comment: Int64, on number: Int, of repository: Int, isListed: Bool) {
    _ = repositories[repository].update(number) { item in
      for place in item.comments.indices where item.comments[place].id == comment {
        item.comments[place].isListed = isListed
      }
    }
  }

  var now: Int64 { Int64(Date().timeIntervalSince1970) + clockOffset }

  func record(_ mutation: GitHubDouble.Mutation) {
    mutations.append(mutation)
    touch()
  }

  /// Something changed: forget what was derived.
  func touch() {
    version += 1
    orders = [:]
    flatComments = [:]
    commentItems = [:]
    reviewComments = [:]
  }

  /// The repository of that name and whether it was renamed since.
  func repository(_ owner: String, _ name: String) -> (index: Int, wasRenamed: Bool)? {
    let full = "\(owner)/\(name)".lowercased()
    if let index = repositories.firstIndex(where: { $0.fullName.lowercased() == full }) { return (index, false) }
    return repositories.firstIndex { $0.formerNames.contains { $0.lowercased() == full } }.map { ($0, true) }
  }

  func repository(id: Int64) -> Int? { repositories.firstIndex { $0.id == id } }

  enum OrderKey: String { case created, updated, comments }

  func key(_ repository: Int, _ position: Int, _ order: OrderKey) -> Int64 {
    switch order {
    case .created: repositories[repository].items[position].createdAt
    case .updated: repositories[repository].items[position].updatedAt
    case .comments: Int64(repositories[repository].items[position].comments.count)
    }
  }

  /// Positions of the items that fit, by (key, number); remembered under `name` till something changes.
  func order(
    _ repository: Int, _ order: OrderKey, descending: Bool, name: String, where fits: (RepositoryModel.Item) -> Bool
  ) -> [Int] {
    let label = "\(repository) \(order.rawValue) \(descending) \(name)"
    if let known = orders[label] { return known }
    let items = repositories[repository].items
    var keyed: [(key: Int64, position: Int)] = []
    for position in items.indices where fits(items[position]) {
      keyed.append((key(repository, position, order), position))
    }
    keyed.sort { ($0.key, $0.position) < ($1.key, $1.position) }
    let positions = descending ? keyed.reversed().map(\.position) : keyed.map(\.position)
    orders[label] = positions
    return positions
  }

  /// All review comments of the repository in the order of their ids, or of a moment and id.
  func reviewCommentOrder(_ repository: Int, by order: OrderKey?, descending: Bool) -> [FlatComment] {
    let label = "\(repository) \(order?.rawValue ?? "id") \(descending)"
    if let known = flatComments[label] { return known }
    var list: [FlatComment] = []
    let items = repositories[repository].items
    for position in items.indices {
      for (index, comment) in (items[position].pull?.reviewComments ?? []).enumerated() {
        let key =
          switch order {
          case .updated: comment.updatedAt
          case .created: comment.createdAt
          default: Int64(0)
          }
        list.append(FlatComment(item: position, index: index, key: key, id: comment.id))
      }
    }
    list.sort { ($0.key, $0.id) < ($1.key, $1.id) }
    if descending { list.reverse() }
    flatComments[label] = list
    return list
  }

  /// The position of the item that holds an issue comment.
  func item(_ repository: Int, ofComment id: Int64) -> Int? {
    if commentItems[repository] == nil {
      var places: [Int64: Int] = [:]
      for (position, item) in repositories[repository].items.enumerated() {
        for comment in item.comments { places[comment.id] = position }
      }
      commentItems[repository] = places
    }
    return commentItems[repository]?[id]
  }

  func reviewComment(_ repository: Int, id: Int64) -> (item: Int, index: Int)? {
    if reviewComments[repository] == nil {
      var places: [Int64: (item: Int, index: Int)] = [:]
      for comment in reviewCommentOrder(repository, by: nil, descending: false) {
        places[comment.id] = (comment.item, comment.index)
      }
      reviewComments[repository] = places
    }
    return reviewComments[repository]?[id]
  }

  /// Changes an item, and its `updated_at` with it.
  func change(_ repository: Int, _ number: Int, _ change: (inout RepositoryModel.Item) -> Void) {
    let moment = now
    _ = repositories[repository].update(number) { item in
      change(&item)
      item.updatedAt = max(item.updatedAt, moment)
    }
  }
}
