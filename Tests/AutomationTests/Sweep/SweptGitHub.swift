import Domain
import Foundation
import Synchronization

/// A repository as the sweep's queries show it: a model that answers them, and may be changed between two answers.
final class SweptGitHub: GitHubAPI {
  struct Item {
    var number: Int
    var isPullRequest = false
    var title = "Title"
    var body = "Body"
    var isOpen = true
    var author: String? = "mona"
    var labels: [String] = []
    var milestone: String?
    var created: Int
    var updated: Int
    var edited: Int?
    var editor: String?
    var comments: [Comment] = []
    var changes: [Change] = []
    var linked: [Int] = []

    init(_ number: Int, isPullRequest: Bool = false, created: Int = 0, updated: Int? = nil) {
      self.number = number
      self.isPullRequest = isPullRequest
      self.created = created
      self.updated = updated ?? created
    }
  }

  struct Comment {
    var id: Int
    var author: String? = "mona"
    var body = "Text"
    var created: Int
    var edited: Int?
    var editor: String?
  }

  struct Change {
    var type: String
    var at: Int
    var actor: String? = "mona"
    var members: [String: JSONValue] = [:]

    static func labeled(_ name: String, at: Int, by actor: String? = "mona", _ type: String = "LabeledEvent") -> Change
    {
      Change(type: type, at: at, actor: actor, members: ["label": ["name": .string(name)]])
    }
  }

  struct State {
    var items: [Int: Item] = [:]
    /// Seconds since the epoch of the tests.
    var now = 1_000_000
    var isClockKnown = true
    var sent: [GraphQLQuery] = []
    /// Numbers whose nodes are null, with an error, in a list; and those that are not shown alone either.
    var holes: Set<Int> = []
    var poison: Set<Int> = []
    /// The most items of a page.
    var maximumWidth = 100
  }

  let state: Mutex<State>
  /// Called before each answer; throws what GitHub's port would.
  let fault: @Sendable (GraphQLQuery, Int) throws -> Void
  /// Called after each answer: what happens meanwhile.
  let meanwhile: @Sendable (inout State) -> Void

  init(
    _ items: [Item] = [], fault: @escaping @Sendable (GraphQLQuery, Int) throws -> Void = { _, _ in },
    meanwhile: @escaping @Sendable (inout State) -> Void = { _ in }
  ) {
    var state = State()
    for item in items { state.items[item.number] = item }
    self.state = Mutex(state)
    self.fault = fault
    self.meanwhile = meanwhile
  }

  /// 2026-03-01 and some seconds.
  static func time(_ second: Int) -> Timestamp { Timestamp(seconds: 1_772_323_200 + Int64(second)) }

  func change(_ number: Int, _ body: (inout Item) -> Void) {
    state.withLock {
      if var item = $0.items[number] {
        body(&item)
        $0.items[number] = item
      }
    }
  }

  var operations: [String] { state.withLock { $0.sent.map(\.operation) } }
  func forgetOperations() { state.withLock { $0.sent = [] } }

  var usage: APIUsage {
    get async {
      var usage = APIUsage()
      state.withLock { if $0.isClockKnown { usage.serverTime = Self.time($0.now) } }
      return usage
    }
  }

  func send(_ request: RESTRequest) async throws -> RESTAnswer { throw Unexpected(what: request.path) }

  struct Unexpected: Error { var what: String }

  func query<Answer: Decodable & Sendable>(
    _ query: GraphQLQuery, as type: Answer.Type
  ) async throws -> GraphQLAnswer<Answer> {
    let count = state.withLock { state in
      state.sent.append(query)
      return state.sent.count
    }
    try fault(query, count)
    let (data, errors) = try state.withLock { state in
      let answer = try Rendering(state).answer(query)
      meanwhile(&state)
      return answer
    }
    return GraphQLAnswer(
      data: try JSONDecoder().decode(Answer.self, from: Data(data.canonicalText.utf8)), errors: errors)
  }
}

/// Answers to the sweep's operations.
private struct Rendering {
  let state: SweptGitHub.State
  init(_ state: SweptGitHub.State) { self.state = state }

  func answer(_ query: GraphQLQuery) throws -> (JSONValue, [GraphQLError]) {
    func number(_ name: String) -> Int? {
      if case .integer(let value)? = query.variables[name] { Int(value) } else { nil }
    }
    let since = query.variables["since"]?.string.flatMap { Timestamp($0) }
    switch query.operation {
    case "SweepItem": return item(number("number") ?? 0, since)
    case "SweepComments", "SweepChanges":
      let parts = query.variables["cursor"]?.string?.split(separator: "@").compactMap { Int($0) } ?? []
      guard let id = query.variables["node"]?.string.flatMap({ Int($0.dropFirst()) }), let item = state.items[id] else {
        return (["node": .null], [])
      }
      let list: JSONValue =
        query.operation == "SweepComments"
        ? ["comments": comments(item, from: parts[0], 100)]
        : ["timelineItems": changes(item, until: parts[0], 100, since)]
      return (["node": list], [])
    default:
      return try page(query, width: number("first") ?? 0, since)
    }
  }

  private func item(_ number: Int, _ since: Timestamp?) -> (JSONValue, [GraphQLError]) {
    guard let item = state.items[number] else {
      return (
        ["repository": ["item": .null]], [GraphQLError(type: "NOT_FOUND", message: "no", path: ["repository", "item"])]
      )
    }
    guard !state.poison.contains(number) else {
      let error = GraphQLError(type: nil, message: "Something went wrong @all", path: ["repository", "item"])
      return (["repository": ["item": .null]], [error])
    }
    return (["repository": ["item": node(item, since)]], [])
  }

  private func page(_ query: GraphQLQuery, width: Int, _ since: Timestamp?) throws -> (JSONValue, [GraphQLError]) {
    let isNumbers = !query.document.contains("fullDatabaseId")
    guard width <= state.maximumWidth || isNumbers else { throw QueryTooHeavy(detail: "504") }
    let isDescending = query.operation == "SweepChangedPullRequests"
    let isPulls = query.operation.hasSuffix("PullRequests")
    var items = state.items.values.filter { $0.isPullRequest == isPulls }
    if query.operation == "SweepChangedIssues", let since {
      items = items.filter { SweptGitHub.time($0.updated) >= since }
    }
    if query.operation.hasPrefix("SweepOpen") { items = items.filter(\.isOpen) }
    items.sort { ($0.updated, $0.number) < ($1.updated, $1.number) }
    if isDescending { items.reverse() }
    if let after = query.variables["after"]?.string?.split(separator: "@").compactMap({ Int($0) }), after.count == 2 {
      items = items.filter {
        let place = ($0.updated, $0.number)
        return isDescending ? place < (after[0], after[1]) : place > (after[0], after[1])
      }
    }
    var errors: [GraphQLError] = []
    let shown = Array(items.prefix(width))
    let nodes = shown.enumerated().map { index, item -> JSONValue in
      if isNumbers {
        return ["number": .integer(Int64(item.number)), "updatedAt": time(item.updated)]
      }
      guard !state.holes.contains(item.number), !state.poison.contains(item.number) else {
        errors.append(
          GraphQLError(
            type: "RESOURCE_LIMITS_EXCEEDED", message: "limits", path: ["repository", "items", "nodes", String(index)]))
        return .null
      }
      return node(item, since)
    }
    let end = shown.last.map { JSONValue.string("\($0.updated)@\($0.number)") } ?? .null
    let page: JSONValue = [
      "pageInfo": ["hasNextPage": .bool(items.count > width), "endCursor": end], "nodes": .array(nodes),
    ]
    return (["repository": ["databaseId": 42, "nameWithOwner": "octo/widgets", "items": page]], errors)
  }

  private func node(_ item: SweptGitHub.Item, _ since: Timestamp?) -> JSONValue {
    func names(_ names: [String]) -> JSONValue { ["nodes": .array(names.map { ["name": .string($0)] })] }
    var node: [String: JSONValue] = [
      "typename": item.isPullRequest ? "PullRequest" : "Issue", "id": .string("N\(item.number)"),
      "fullDatabaseId": .string(String(5_000_000_000 + item.number)), "number": .integer(Int64(item.number)),
      "title": .string(item.title), "body": .string(item.body), "closed": .bool(!item.isOpen), "locked": false,
      "authorAssociation": "NONE", "createdAt": time(item.created), "updatedAt": time(item.updated),
      "lastEditedAt": item.edited.map(time) ?? .null, "author": actor(item.author), "editor": actor(item.editor),
      "labels": names(item.labels), "assignees": ["nodes": []],
      "milestone": item.milestone.map { ["number": 3, "title": .string($0)] } ?? .null,
      "comments": comments(item, from: 0, 20), "timelineItems": changes(item, until: .max, 50, since),
    ]
    if item.isPullRequest {
      node["headRefOid"] = "abc"
    } else {
      node["closedByPullRequestsReferences"] = [
        "nodes": .array(item.linked.map { ["number": .integer(Int64($0))] })
      ]
    }
    return .object(node)
  }

  /// The newest first, `offset` of them left out.
  private func comments(_ item: SweptGitHub.Item, from offset: Int, _ width: Int) -> JSONValue {
    let sorted = item.comments.sorted { ($0.edited ?? $0.created, $0.id) > ($1.edited ?? $1.created, $1.id) }
    let shown = sorted.dropFirst(offset).prefix(width)
    return [
      "pageInfo": [
        "hasNextPage": .bool(sorted.count > offset + width), "endCursor": .string("\(offset + shown.count)@0"),
      ],
      "nodes": .array(
        shown.map { comment in
          [
            "fullDatabaseId": .string(String(comment.id)), "body": .string(comment.body), "authorAssociation": "NONE",
            "createdAt": time(comment.created), "updatedAt": time(comment.edited ?? comment.created),
            "lastEditedAt": comment.edited.map(time) ?? .null, "author": actor(comment.author),
            "editor": actor(comment.editor),
          ]
        }),
    ]
  }

  /// The last of those before a position.
  private func changes(_ item: SweptGitHub.Item, until end: Int, _ width: Int, _ since: Timestamp?) -> JSONValue {
    let all = item.changes.filter { change in since.map { SweptGitHub.time(change.at) >= $0 } ?? true }
    let end = min(end, all.count)
    let start = max(0, end - width)
    return [
      "pageInfo": ["hasPreviousPage": .bool(start > 0), "startCursor": .string("\(start)@0")],
      "nodes": .array(
        all[start..<end].map { change in
          .object(
            change.members.merging(
              ["typename": .string(change.type), "createdAt": time(change.at), "actor": actor(change.actor)]
            ) { _, own in own })
        }),
    ]
  }

  private func actor(_ login: String?) -> JSONValue {
    guard let login else { return .null }
    let isApp = login.hasSuffix("[bot]")
    return [
      "typename": isApp ? "Bot" : "User", "login": .string(isApp ? String(login.dropLast(5)) : login),
    ]
  }

  private func time(_ second: Int) -> JSONValue { .string(SweptGitHub.time(second).description) }
}
