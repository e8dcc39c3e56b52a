import Domain
import Foundation
import Synchronization

/// Answers the capture's calls from a model. A call that it does not know fails the test by throwing.
final class FakeGitHub: GitHubAPI, Sendable {
  enum Call: Sendable {
    case numbers([Int])
    case lists([String])
    case rest(String)
    case plan, probe
  }

  /// What to do instead of answering.
  enum Fault: Sendable {
    case raise(any Error)
    /// Errors at these numbers; the numbers are null.
    case partial([Int: String])
    /// The first list of each of these numbers is null, with an error; the rest of the item is there.
    case holes([Int: String])
  }

  struct Unexpected: Error { var what: String }

  private struct State {
    var calls: [Call] = []
    var usage = APIUsage()
    var name = "acme/widget"
    var model: ModelRepository
    var exists = true
    var issuesAnswer410 = false
    var limitedUntil: Timestamp?
  }

  private let state: Mutex<State>
  private let gate: @Sendable (Call) async throws -> Fault?

  init(_ model: ModelRepository, gate: @escaping @Sendable (Call) async throws -> Fault? = { _ in nil }) {
    state = Mutex(State(model: model))
    self.gate = gate
    state.withLock { $0.usage.serverTime = Timestamp(seconds: 1_800_000_000) }
  }

  var calls: [Call] { state.withLock { $0.calls } }
  var restPaths: [String] { calls.compactMap { if case .rest(let path) = $0 { path } else { nil } } }
  var usage: APIUsage { get async { state.withLock { $0.usage } } }
  var limitedUntil: Timestamp? { get async { state.withLock { $0.limitedUntil } } }
  func limit(until moment: Timestamp) { state.withLock { $0.limitedUntil = moment } }
  func rename(to name: String) { state.withLock { $0.name = name } }
  func vanish() { state.withLock { $0.exists = false } }
  func switchIssuesOff() { state.withLock { $0.issuesAnswer410 = true } }
  func change(_ body: (inout ModelRepository) -> Void) { state.withLock { body(&$0.model) } }

  // MARK: GraphQL

  func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
    -> GraphQLAnswer<Answer>
  {
    let call: Call
    switch query.operation {
    case "CapturePlan": call = .plan
    case "CaptureProbe": call = .probe
    case "CaptureNumbers": call = .numbers(slots("n", query).map { Int($0.integer ?? 0) })
    case "CaptureLists": call = .lists(slots("i", query).map { $0.string ?? "" })
    default: throw Unexpected(what: query.operation)
    }
    state.withLock {
      $0.calls.append(call)
      $0.usage.graphQLRequests += 1
    }
    let fault = try await gate(call)
    if case .raise(let error)? = fault { throw error }
    let (model, name, exists) = state.withLock { ($0.model, $0.name, $0.exists) }
    var data: [String: Any] = ["rateLimit": ["cost": 1, "remaining": 4_000, "resetAt": "2026-11-21T05:00:00Z"]]
    var errors: [GraphQLError] = []
    switch call {
    case .plan where !exists:
      data["repository"] = NSNull()
      errors = [GraphQLError(type: "NOT_FOUND", message: "Could not resolve", path: ["repository"])]
    case .plan:
      let pulls = model.items.values.filter(\.isPull).map(\.number)
      let issues = model.items.values.filter { !$0.isPull }.map(\.number)
      func list(_ numbers: [Int]) -> [String: Any] {
        ["totalCount": numbers.count, "nodes": numbers.max().map { [["number": $0]] } ?? []]
      }
      data["repository"] =
        [
          "databaseId": 77, "nameWithOwner": name, "pullRequests": list(pulls), "issues": list(issues),
          "touchedPullRequests": list(pulls), "touchedIssues": list(issues),
        ] as [String: Any]
    case .numbers where !exists:
      data["repository"] = NSNull()
      errors = [GraphQLError(type: "NOT_FOUND", message: "Could not resolve", path: ["repository"])]
    case .probe: break
    case .numbers(let numbers):
      var slots: [String: Any] = [:]
      for (slot, number) in numbers.enumerated() {
        if case .partial(let failing)? = fault, let type = failing[number] {
          slots["n\(slot)"] = NSNull()
          errors.append(GraphQLError(type: type, message: "no", path: ["repository", "n\(slot)"]))
        } else if let item = model.items[number] {
          var object = graphQL(item, threads: query.document.contains("reviewThreads"))
          if case .holes(let failing)? = fault, let type = failing[number] {
            object["comments"] = NSNull()
            errors.append(GraphQLError(type: type, message: "no", path: ["repository", "n\(slot)", "comments"]))
          }
          slots["n\(slot)"] = object
        } else {
          slots["n\(slot)"] = NSNull()
          errors.append(GraphQLError(type: "NOT_FOUND", message: "no", path: ["repository", "n\(slot)"]))
        }
      }
      data["repository"] = slots
    case .lists(let ids):
      for (slot, id) in ids.enumerated() {
        guard let item = model.items[Int(id.split(separator: "_")[1]) ?? 0] else {
          data["l\(slot)"] = NSNull()
          errors.append(GraphQLError(type: "NOT_FOUND", message: "no", path: ["l\(slot)"]))
          continue
        }
        let after = Int(query.variables["c\(slot)"]?.string ?? "") ?? 0
        guard let line = query.document.split(separator: "\n").first(where: { $0.hasPrefix("l\(slot): ") }) else {
          throw Unexpected(what: "no alias l\(slot)")
        }
        if line.contains(" comments(") {
          data["l\(slot)"] = ["comments": page(item.comments.map(comment), after)]
        } else if line.contains(" reviews(") {
          data["l\(slot)"] = ["reviews": page(item.reviews.map(review), after)]
        } else if line.contains(" files(") {
          data["l\(slot)"] = ["files": page(item.files.map(file), after)]
        } else {
          throw Unexpected(what: String(line))
        }
      }
    case .rest: throw Unexpected(what: "REST")
    }
    let bytes = try JSONSerialization.data(withJSONObject: data)
    return GraphQLAnswer(data: try JSONDecoder().decode(Answer.self, from: bytes), errors: errors)
  }

  private func slots(_ letter: String, _ query: GraphQLQuery) -> [JSONValue] {
    (0..<query.variables.count).prefix { query.variables["\(letter)\($0)"] != nil }
      .compactMap { query.variables["\(letter)\($0)"] }
  }

  private func author(_ author: ModelRepository.Author?) -> Any {
    guard let author else { return NSNull() }
    return ["__typename": author.type, "login": author.login, "databaseId": author.id] as [String: Any]
  }

  private func comment(_ comment: ModelRepository.Comment) -> [String: Any] {
    [
      "fullDatabaseId": "\(comment.id)", "author": author(comment.author), "body": comment.body,
      "createdAt": comment.at, "updatedAt": comment.at,
    ]
  }

  private func review(_ review: ModelRepository.Comment) -> [String: Any] {
    [
      "fullDatabaseId": "\(review.id)", "author": author(review.author), "body": review.body, "state": "APPROVED",
      "submittedAt": review.at,
    ]
  }

  private func file(_ path: String) -> [String: Any] {
    ["path": path, "additions": 1, "deletions": 2, "changeType": "MODIFIED"]
  }

  private func page(_ nodes: [[String: Any]], _ after: Int = 0) -> [String: Any] {
    let end = min(nodes.count, after + 100)
    return [
      "pageInfo": ["hasNextPage": end < nodes.count, "endCursor": "\(end)"] as [String: Any],
      "nodes": Array(nodes[min(after, end)..<end]),
    ]
  }

  private func graphQL(_ item: ModelRepository.Item, threads: Bool) -> [String: Any] {
    var object: [String: Any] = [
      "__typename": item.isPull ? "PullRequest" : "Issue", "id": item.nodeID, "fullDatabaseId": "\(item.id)",
      "number": item.number, "title": item.title, "body": "", "author": author(item.author),
      "createdAt": ModelRepository.time(0), "updatedAt": item.updatedAt, "closedAt": NSNull(),
      "labels": ["nodes": [["name": "bug"]]], "comments": page(item.comments.map(comment)),
    ]
    if item.isPull {
      let more: [String: Any] = [
        "pullState": item.state, "isDraft": false, "mergedAt": NSNull(), "additions": 1, "deletions": 2,
        "changedFiles": item.files.count, "baseRefName": "main", "headRefName": "topic", "headRefOid": "abc",
        "reviews": page(item.reviews.map(review)), "files": page(item.files.map(file)),
      ]
      object.merge(more) { $1 }
      if threads { object["reviewThreads"] = ["totalCount": item.reviewComments.count] }
    } else {
      object["issueState"] = item.state
      object["stateReason"] = item.state == "CLOSED" ? "NOT_PLANNED" : NSNull()
    }
    return object
  }

  // MARK: REST

  func send(_ request: RESTRequest) async throws -> RESTAnswer {
    state.withLock {
      $0.calls.append(.rest(request.path))
      $0.usage.restRequests += 1
    }
    if case .raise(let error)? = try await gate(.rest(request.path)) { throw error }
    let (model, switchedOff, exists) = state.withLock { ($0.model, $0.issuesAnswer410, $0.exists) }
    if !exists { return RESTAnswer(status: 404, body: []) }
    guard let parts = URLComponents(string: request.path) else { throw Unexpected(what: request.path) }
    let query = Dictionary(
      (parts.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { _, last in last })
    let segments = parts.path.split(separator: "/").dropFirst(3).map(String.init)
    let since = query["since"].flatMap { Timestamp($0) }
    let items = model.items.values.sorted { $0.number < $1.number }
    var rows: [[String: Any]]
    switch segments {
    case ["issues"]:
      if switchedOff { return RESTAnswer(status: 410, body: []) }
      rows = items.filter { since == nil || $0.updatedAt >= query["since"] ?? "" }
        .sorted { ($0.updatedAt, $0.number) < ($1.updatedAt, $1.number) }
        .map { $0.isPull ? ["number": $0.number, "pull_request": [String: String]()] : ["number": $0.number] }
    case ["pulls"]: rows = items.filter(\.isPull).reversed().map { ["number": $0.number] }
    case ["pulls", "comments"]:
      rows = items.flatMap { item in item.reviewComments.map { (item.number, $0) } }
        .filter { since == nil || $0.1.at >= query["since"] ?? "" }
        .sorted { ($0.1.at, $0.1.id) < ($1.1.at, $1.1.id) }.map { rest($0.1, of: $0.0) }
    case let path where path.count == 3 && path[0] == "pulls" && path[2] == "comments":
      guard let item = model.items[Int(path[1]) ?? 0] else { return RESTAnswer(status: 404, body: []) }
      rows = item.reviewComments.map { rest($0, of: item.number) }
    default: throw Unexpected(what: request.path)
    }
    let size = min(100, Int(query["per_page"] ?? "") ?? 30)
    let page = Int(query["page"] ?? "") ?? 1
    let start = min(rows.count, (page - 1) * size)
    let end = min(rows.count, start + size)
    var next: String?
    if end < rows.count {
      var components = parts
      components.queryItems =
        (parts.queryItems ?? []).filter { $0.name != "page" } + [
          URLQueryItem(name: "page", value: "\(page + 1)")
        ]
      next = components.string
    }
    let bytes = try JSONSerialization.data(withJSONObject: Array(rows[start..<end]))
    return RESTAnswer(status: 200, body: Array(bytes), next: next)
  }

  private func rest(_ comment: ModelRepository.Comment, of number: Int) -> [String: Any] {
    var user: Any = NSNull()
    if let author = comment.author {
      user = ["login": author.restLogin, "id": author.id, "type": author.type] as [String: Any]
    } else if comment.id % 2 == 0 {
      user = ["login": "ghost", "id": 10_137, "type": "User"] as [String: Any]
    }
    return [
      "id": comment.id, "pull_request_review_id": comment.id % 3 == 0 ? NSNull() : 4_000_000_000 as Any, "user": user,
      "path": "src/a.c", "body": comment.body, "created_at": comment.at, "updated_at": comment.at,
      "pull_request_url": "https://api.github.com/repos/acme/widget/pulls/\(number)",
    ]
  }
}
