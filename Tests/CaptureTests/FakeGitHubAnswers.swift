import Domain
import Foundation

/// A GraphQL answer in the making.
struct Sheet {
  var data: [String: Any] = ["rateLimit": ["cost": 1, "remaining": 4_000, "resetAt": "2026-11-21T05:00:00Z"]]
  var errors: [GraphQLError] = []

  mutating func noRepository() {
    data["repository"] = NSNull()
    errors = [GraphQLError(type: "NOT_FOUND", message: "Could not resolve", path: ["repository"])]
  }

  /// What stands above the newest number that is known.
  mutating func look(above variables: [String: JSONValue], of model: ModelRepository, _ damage: FakeGitHub.Damage) {
    var repository: [String: Any] = [
      "pullRequests": ["totalCount": model.items.values.count(where: \.isPull)],
      "issues": ["totalCount": model.items.values.count { !$0.isPull }],
    ]
    for (name, value) in variables where name != "name" && name.hasPrefix("n") {
      guard let number = value.integer.map({ Int($0) }) else { continue }
      if let type = damage.heads[number] {
        repository[name] = NSNull()
        errors.append(GraphQLError(type: type, message: "no", path: ["repository", name]))
      } else if let item = model.items[number] {
        repository[name] = ["__typename": item.isPull ? "PullRequest" : "Issue"]
      } else {
        repository[name] = NSNull()
        errors.append(GraphQLError(type: "NOT_FOUND", message: "no", path: ["repository", name]))
      }
    }
    data["repository"] = repository
  }

  mutating func fill(_ asked: FakeGitHub.Asked, of model: ModelRepository, _ damage: FakeGitHub.Damage) {
    func complain(_ type: String, _ path: [String]) {
      errors.append(GraphQLError(type: type, message: "no", path: damage.hidesPaths ? [] : path))
    }
    if let general = damage.general { complain(general, []) }
    var numbers: [String: Any] = [:]
    for (slot, question) in asked.numbers.enumerated() {
      let number = question.number
      let name = "n\(slot)"
      if let type = damage.heads[number] {
        numbers[name] = NSNull()
        if type != "SILENCE" { complain(type, ["repository", name]) }
      } else if let item = model.items[number] {
        numbers[name] = Self.head(item)
      } else {
        numbers[name] = NSNull()
        errors.append(GraphQLError(type: "NOT_FOUND", message: "no", path: ["repository", name]))
      }
      guard question.isAbsent else { continue }
      if model.discussions.contains(number) {
        numbers["d\(slot)"] = ["id": "D_\(number)"]
      } else {
        numbers["d\(slot)"] = NSNull()
        errors.append(GraphQLError(type: "NOT_FOUND", message: "no", path: ["repository", "d\(slot)"]))
      }
    }
    if !numbers.isEmpty { data["repository"] = numbers }
    var owners: [String: [Int: Any]] = [:]
    for list in asked.lists {
      let index = list.index ?? 0
      let path = [list.alias] + (list.index.map { ["\($0)"] } ?? [])
      guard let item = model.items[list.number], item.nodeID == list.nodeID else {
        if owners[list.alias]?[index] == nil {
          errors.append(GraphQLError(type: "NOT_FOUND", message: "no", path: path))
        }
        owners[list.alias, default: [:]][index] = NSNull()
        continue
      }
      var owner =
        owners[list.alias]?[index] as? [String: Any] ?? ["__typename": item.isPull ? "PullRequest" : "Issue"]
      var page = Self.page(list.list, of: item, after: Int(list.after ?? "") ?? 0, first: asked.first)
      func spoil(_ entry: Any) {
        var nodes = page["nodes"] as? [Any] ?? []
        if !nodes.isEmpty { nodes[0] = entry }
        page["nodes"] = nodes
      }
      switch damage.lists[.init(list.number, list.list)] {
      case .null(let type)?:
        owner[list.list.rawValue] = NSNull()
        complain(type, path + [list.list.rawValue])
      case .silence?: owner[list.list.rawValue] = NSNull()
      case .hole(let type)?:
        spoil(NSNull())
        owner[list.list.rawValue] = page
        complain(type, path + [list.list.rawValue, "nodes", "0"])
      case .odd?:
        spoil(["fullDatabaseId": ["a", "b"], "closer": 7] as [String: Any])
        owner[list.list.rawValue] = page
      case .lessThanCounted?:
        page["totalCount"] = (page["totalCount"] as? Int ?? 0) + 1
        owner[list.list.rawValue] = page
      case .cutShort(let entries)?:
        page["nodes"] = Array((page["nodes"] as? [Any] ?? []).prefix(entries))
        page["pageInfo"] =
          ["hasNextPage": false, "endCursor": "\((Int(list.after ?? "") ?? 0) + entries)"] as [String: Any]
        owner[list.list.rawValue] = page
      case .badCursor? where list.after != nil:
        owner[list.list.rawValue] = NSNull()
        complain("INVALID_CURSOR_ARGUMENTS", path + [list.list.rawValue])
      case .goesRound?:
        page = Self.page(list.list, of: item, after: 0, first: asked.first)
        page["pageInfo"] = ["hasNextPage": true, "endCursor": list.after == "1" ? "2" : "1"] as [String: Any]
        owner[list.list.rawValue] = page
      case .badCursor?, nil: owner[list.list.rawValue] = page
      }
      owners[list.alias, default: [:]][index] = owner
    }
    for (alias, group) in owners {
      data[alias] =
        alias.hasPrefix("o") ? group[0] ?? NSNull() : (0..<group.count).map { group[$0] ?? NSNull() } as [Any]
    }
  }

  private static func author(_ author: ModelRepository.Author?) -> Any {
    guard let author else { return NSNull() }
    return ["__typename": author.type, "login": author.login, "databaseId": author.id] as [String: Any]
  }

  private static func page(
    _ list: CapturedList, of item: ModelRepository.Item, after: Int, first: Int?
  ) -> [String: Any] {
    let nodes: [[String: Any]]
    switch list {
    case .labels: nodes = item.labels.map { ["name": $0] }
    case .comments:
      nodes = item.comments.map {
        [
          "fullDatabaseId": "\($0.id)", "author": author($0.author), "body": $0.body, "createdAt": $0.at,
          "updatedAt": $0.at,
        ]
      }
    case .reviews:
      nodes = item.reviews.map {
        [
          "fullDatabaseId": "\($0.id)", "author": author($0.author), "body": $0.body, "state": "APPROVED",
          "submittedAt": $0.at,
        ]
      }
    case .files: nodes = item.files.map { ["path": $0, "additions": 1, "deletions": 2, "changeType": "MODIFIED"] }
    case .closes:
      nodes = item.closes.map { ["number": $0, "repository": ["nameWithOwner": "acme/widget"]] }
    case .closer:
      let commit: [String: Any]? = item.closer.map {
        ["__typename": "Commit", "oid": $0, "repository": ["nameWithOwner": "acme/widget"]]
      }
      return ["nodes": [["closer": commit ?? NSNull()] as [String: Any]]]
    case .reviewThreads: return ["totalCount": item.reviewComments.count]
    case .reviewComments: nodes = []
    }
    let end = min(nodes.count, after + (first ?? 100))
    return [
      "totalCount": nodes.count,
      "pageInfo": ["hasNextPage": end < nodes.count, "endCursor": "\(end)"] as [String: Any],
      "nodes": Array(nodes[min(after, end)..<end]),
    ]
  }

  private static func head(_ item: ModelRepository.Item) -> [String: Any] {
    var object: [String: Any] = [
      "__typename": item.isPull ? "PullRequest" : "Issue", "id": item.nodeID, "fullDatabaseId": "\(item.id)",
      "number": item.number, "title": item.title, "body": "", "author": author(item.author),
      "createdAt": ModelRepository.time(0), "updatedAt": item.updatedAt, "closedAt": NSNull(),
    ]
    if item.isPull {
      let more: [String: Any] = [
        "pullState": item.state, "isDraft": false, "mergedAt": NSNull(), "additions": 1, "deletions": 2,
        "changedFiles": item.files.count, "baseRefName": "main", "headRefName": "topic", "headRefOid": "abc",
        "mergeCommit": item.state == "MERGED" ? ["oid": "m\(item.number)"] : NSNull() as Any,
        "totalCommentsCount": item.comments.count + item.reviewComments.count,
      ]
      object.merge(more) { $1 }
    } else {
      object["issueState"] = item.state
      object["stateReason"] = item.stateReason ?? NSNull() as Any
    }
    return object
  }
}
