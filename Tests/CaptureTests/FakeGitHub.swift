import Domain
import Foundation
import Synchronization

/// Answers the capture's calls from a model. A call that it does not know fails the test by throwing.
final class FakeGitHub: GitHubAPI, Sendable {
  enum Call: Sendable {
    case items(Asked)
    case rest(String)
    /// How many of the newest by update are asked for; nil for the counts alone.
    case plan(touched: Int?)
    case newest, probe

    /// Whether only a plan makes it.
    var isPlan: Bool {
      switch self {
      case .plan, .newest: true
      case .items, .rest, .probe: false
      }
    }

    /// The numbers whose heads are asked for; nil for calls that do not ask for items.
    var heads: [Int]? { if case .items(let asked) = self { asked.numbers.map(\.number) } else { nil } }
  }

  /// What a call of the walk asks for.
  struct Asked: Sendable {
    /// In the order of their aliases.
    var numbers: [Number] = []
    var lists: [List] = []
    /// Entries of each list; nil where none is asked for.
    var first: Int?
    /// Entries that the call may bring, as its document says.
    var possibleNodes: Int { lists.count { $0.list != .closer && $0.list != .reviewThreads } * (first ?? 0) }

    struct Number: Hashable, Sendable {
      var number: Int
      /// Whether it is asked for as a discussion, too.
      var isAbsent = false
    }

    struct List: Hashable, Sendable {
      var nodeID: String
      var list: CapturedList
      var after: String?
      /// Where the answer stands.
      var alias: String
      /// In its group; nil for a single owner.
      var index: Int?
      var number: Int { Int(nodeID.split(separator: "_")[1]) ?? 0 }
    }

    var heads: [Int] { numbers.filter { !$0.isAbsent }.map(\.number) }
    var absent: [Int] { numbers.filter(\.isAbsent).map(\.number) }
    var count: Int { numbers.count + lists.count }
  }

  /// What to do instead of answering in full.
  enum Fault: Sendable {
    case raise(any Error)
    case damage(Damage)
  }

  struct Damage: Sendable {
    /// These numbers are null, with an error of this type.
    var heads: [Int: String] = [:]
    var lists: [ListKey: ListDamage] = [:]
    /// Errors do not say what they concern.
    var hidesPaths = false
    /// The error of a whole answer, beside its data.
    var general: String?
  }

  struct ListKey: Hashable, Sendable {
    var number: Int
    var list: CapturedList
    init(_ number: Int, _ list: CapturedList) {
      self.number = number
      self.list = list
    }
  }

  enum ListDamage: Sendable {
    /// The list is null, with an error of this type.
    case null(String)
    /// Its first entry is null, with an error of this type.
    case hole(String)
    /// Its first entry is nothing that the schema knows.
    case odd
    /// The list is null, and no error says why.
    case silence
    /// GitHub counts one entry more than it lists.
    case lessThanCounted
    /// It ends after so many entries, without a word.
    case cutShort(Int)
    /// Every cursor into it is unknown.
    case badCursor
    /// After each page GitHub says that there is another one; the cursors are two, in turn.
    case goesRound
  }

  struct Unexpected: Error { var what: String }

  private struct State {
    var calls: [Call] = []
    var usage = APIUsage()
    var name = "acme/widget"
    var model: ModelRepository
    var exists = true
    var issuesAnswer410 = false
    var limits: [RateLimited] = []
    /// Entries that make each REST answer that would hold them fail, by their id or number.
    var poisoned: Set<Int64> = []
  }

  private let state: Mutex<State>
  private let gate: @Sendable (Call) async throws -> Fault?

  init(_ model: ModelRepository, gate: @escaping @Sendable (Call) async throws -> Fault? = { _ in nil }) {
    state = Mutex(State(model: model))
    self.gate = gate
    state.withLock { $0.usage.serverTime = Timestamp(seconds: 1_800_000_000) }
  }

  var calls: [Call] { state.withLock { $0.calls } }
  var asked: [Asked] { calls.compactMap { if case .items(let asked) = $0 { asked } else { nil } } }
  var restPaths: [String] { calls.compactMap { if case .rest(let path) = $0 { path } else { nil } } }
  var usage: APIUsage { get async { state.withLock { $0.usage } } }
  var limits: [RateLimited] { get async { state.withLock { $0.limits } } }
  func limit(until moment: Timestamp, resource: String? = nil) {
    state.withLock { $0.limits = [RateLimited(until: moment, resource: resource)] }
  }
  func rename(to name: String) { state.withLock { $0.name = name } }
  func vanish() { state.withLock { $0.exists = false } }
  func switchIssuesOff() { state.withLock { $0.issuesAnswer410 = true } }
  func poison(_ entries: Set<Int64>) { state.withLock { $0.poisoned = entries } }
  func change(_ body: (inout ModelRepository) -> Void) { state.withLock { body(&$0.model) } }

  // MARK: GraphQL

  func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
    -> GraphQLAnswer<Answer>
  {
    let call: Call
    switch query.operation {
    case "CapturePlan":
      let touched = query.document.range(of: "touchedIssues: issues(first: ").flatMap {
        Int(query.document[$0.upperBound...].prefix(while: \.isNumber))
      }
      call = .plan(touched: touched)
    case "CaptureNewest": call = .newest
    case "CaptureProbe": call = .probe
    case "CaptureItems": call = .items(try Self.read(query))
    default: throw Unexpected(what: query.operation)
    }
    state.withLock {
      $0.calls.append(call)
      $0.usage.graphQLRequests += 1
    }
    let fault = try await gate(call)
    if case .raise(let error)? = fault { throw error }
    let (model, name, exists) = state.withLock { ($0.model, $0.name, $0.exists) }
    var answer = Sheet()
    switch call {
    case .plan where !exists: answer.noRepository()
    case .items(let asked) where !exists && !asked.numbers.isEmpty: answer.noRepository()
    case .plan(let touched):
      let damage: Damage = if case .damage(let damage)? = fault { damage } else { Damage() }
      answer.data["repository"] = Self.overview(model, name, hasLists: touched != nil, hides: damage.heads)
      if touched != nil, let type = damage.heads.values.first {
        answer.errors = [
          GraphQLError(type: type, message: "no", path: ["repository", "touchedIssues", "nodes", "0"])
        ]
      }
    case .newest:
      let damage: Damage = if case .damage(let damage)? = fault { damage } else { Damage() }
      answer.look(above: query.variables, of: model, damage)
    case .items(let asked):
      let damage: Damage = if case .damage(let damage)? = fault { damage } else { Damage() }
      answer.fill(asked, of: model, damage)
    case .probe where !exists: answer.noRepository()
    case .probe: answer.data["repository"] = [String: Any]()
    case .rest: throw Unexpected(what: "REST")
    }
    let bytes = try JSONSerialization.data(withJSONObject: answer.data)
    return GraphQLAnswer(
      data: try JSONDecoder().decode(Answer.self, from: bytes), errors: answer.errors, size: bytes.count)
  }

  /// Reads back what the document asks for.
  private static func read(_ query: GraphQLQuery) throws -> Asked {
    var asked = Asked()
    var owners: [String] = []
    var alias = ""
    for line in query.document.split(separator: "\n") {
      func variable(_ prefix: String) -> JSONValue? {
        line.range(of: "\(prefix): $").flatMap { range in
          query.variables[String(line[range.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" })]
        }
      }
      if let number = line.hasPrefix("n") ? variable("number")?.integer : nil {
        asked.numbers.append(Asked.Number(number: Int(number)))
      } else if line.hasPrefix("d"), line.contains("discussion("), !asked.numbers.isEmpty {
        asked.numbers[asked.numbers.count - 1].isAbsent = true
      } else if let id = variable("id")?.string {
        alias = String(line.prefix { $0 != ":" })
        owners = [id]
      } else if case .array(let ids)? = variable("ids") {
        alias = String(line.prefix { $0 != ":" })
        owners = ids.compactMap(\.string)
      } else if let name = line.split(whereSeparator: { !$0.isLetter }).first,
        let list = CapturedList(rawValue: String(name))
      {
        if let size = line.range(of: "(first: ").flatMap({ Int(line[$0.upperBound...].prefix(while: \.isNumber)) }) {
          asked.first = size
        }
        asked.lists += owners.enumerated().map { index, owner in
          Asked.List(
            nodeID: owner, list: list, after: variable("after")?.string, alias: alias,
            index: alias.hasPrefix("o") ? nil : index)
        }
      }
    }
    return asked
  }

  private static func overview(
    _ model: ModelRepository, _ name: String, hasLists: Bool, hides: [Int: String]
  ) -> [String: Any] {
    let pulls = model.items.values.filter(\.isPull).map(\.number)
    let issues = model.items.values.filter { !$0.isPull }.map(\.number)
    func list(_ numbers: [Int]) -> [String: Any] {
      guard hasLists else { return ["totalCount": numbers.count] }
      let nodes: [Any] =
        numbers.filter { !model.unlisted.contains($0) }.max().map { hides[$0] == nil ? [["number": $0]] : [NSNull()] }
        ?? []
      return ["totalCount": numbers.count, "nodes": nodes]
    }
    guard hasLists else {
      return ["databaseId": 77, "nameWithOwner": name, "pullRequests": list(pulls), "issues": list(issues)]
    }
    return [
      "databaseId": 77, "nameWithOwner": name, "pullRequests": list(pulls), "issues": list(issues),
      "touchedPullRequests": list(pulls), "touchedIssues": list(issues),
    ]
  }

  // MARK: REST

  func send(_ request: RESTRequest) async throws -> RESTAnswer {
    state.withLock {
      $0.calls.append(.rest(request.path))
      $0.usage.restRequests += 1
    }
    if case .raise(let error)? = try await gate(.rest(request.path)) { throw error }
    let (model, switchedOff, exists) = state.withLock { ($0.model, $0.issuesAnswer410, $0.exists) }
    if request.path == "/rate_limit" {
      return RESTAnswer(status: 200, body: Array(#"{"resources":{"core":{"limit":8},"graphql":{"limit":12}}}"#.utf8))
    }
    if !exists { return RESTAnswer(status: 404, body: []) }
    guard let parts = URLComponents(string: request.path) else { throw Unexpected(what: request.path) }
    let query = Dictionary(
      (parts.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { _, last in last })
    let segments = parts.path.split(separator: "/").dropFirst(3).map(String.init)
    let since = query["since"] ?? ""
    let items = model.items.values.sorted { $0.number < $1.number }
    var rows: [[String: Any]]
    switch segments {
    case ["issues"]:
      if switchedOff { return RESTAnswer(status: 410, body: []) }
      rows = items.filter { $0.updatedAt >= since }
        .sorted {
          query["sort"] == "created"
            ? $0.number < $1.number : ($0.updatedAt, $0.number) < ($1.updatedAt, $1.number)
        }
        .map {
          let row: [String: Any] = ["number": $0.number, "updated_at": $0.updatedAt]
          return $0.isPull ? row.merging(["pull_request": [String: String]()]) { $1 } : row
        }
      if query["direction"] == "desc" { rows.reverse() }
    case ["pulls"]:
      rows = items.filter(\.isPull)
        .sorted {
          query["sort"] == "updated" ? ($0.updatedAt, $0.number) > ($1.updatedAt, $1.number) : $0.number > $1.number
        }
        .map { ["number": $0.number, "updated_at": $0.updatedAt] }
    case ["pulls", "comments"]:
      rows = Self.flat(items.map { ($0.number, $0.reviewComments) }, since: since, "pull_request_url")
    case ["issues", "comments"]:
      rows = Self.flat(items.map { ($0.number, $0.comments) }, since: since, "issue_url")
    case let path where path.count == 3 && path[0] == "pulls" && path[2] == "comments":
      guard let item = model.items[Int(path[1]) ?? 0] else { return RESTAnswer(status: 404, body: []) }
      rows = Self.flat([(item.number, item.reviewComments)], since: since, "pull_request_url")
    default: throw Unexpected(what: request.path)
    }
    let size = min(100, Int(query["per_page"] ?? "") ?? 30)
    let page = Int(query["page"] ?? "") ?? 1
    let start = min(rows.count, (page - 1) * size)
    let end = min(rows.count, start + size)
    let poisoned = state.withLock { $0.poisoned }
    for row in rows[start..<end] {
      let entry = row["id"] as? Int64 ?? (row["number"] as? Int).map { Int64($0) }
      if entry.map({ poisoned.contains($0) }) ?? false {
        throw QueryTooHeavy(detail: "GET \(parts.path): HTTP 502", isSuspicion: true)
      }
    }
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

  private static func flat(
    _ comments: [(number: Int, comments: [ModelRepository.Comment])], since: String, _ link: String
  ) -> [[String: Any]] {
    comments.flatMap { item in item.comments.map { (item.number, $0) } }
      .filter { $0.1.at >= since }.sorted { ($0.1.at, $0.1.id) < ($1.1.at, $1.1.id) }
      .map { rest($0.1, of: $0.0, link) }
  }

  private static func rest(_ comment: ModelRepository.Comment, of number: Int, _ link: String) -> [String: Any] {
    var user: Any = NSNull()
    if let author = comment.author {
      user = ["login": author.restLogin, "id": author.id, "type": author.type] as [String: Any]
    } else if comment.id % 2 == 0 {
      user = ["login": "ghost", "id": 10_137, "type": "User"] as [String: Any]
    }
    return [
      "id": comment.id, "pull_request_review_id": comment.id % 3 == 0 ? NSNull() : 4_000_000_000 as Any, "user": user,
      "path": "src/a.c", "body": comment.body, "created_at": comment.at, "updated_at": comment.at,
      link: "https://api.github.com/repos/acme/widget/things/\(number)",
    ]
  }
}
