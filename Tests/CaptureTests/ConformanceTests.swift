import Domain
import Foundation
import Testing

@testable import Capture

/// Captures real repositories from the independent simulator and compares every row with what it holds.
/// Skipped where the simulator is not beside the checkout.
@Suite(.enabled(if: Simulator.shared != nil, "needs ../shared/ghsim"))
struct ConformanceTests {
  @Test(
    arguments: [("rest/bitcoin-core__gui", "bitcoin-core/gui"), ("rest/panjf2000__ants", "panjf2000/ants")],
    [false, true])
  func everyRowEqualsTheSimulators(repository: (folder: String, name: String), chosen: Bool) async throws {
    let shared = try #require(Simulator.shared)
    let simulator = try Simulator(shared: shared, data: ["data/" + repository.folder])
    let github = PlainGitHub(simulator.address)
    let head = try await RepositoryHead.fetch(try name(repository.name), from: github).lookingAbove(with: github)
    let truth = try await Truth(of: repository.name, newest: head.newest, from: simulator)
    let chunks: [ChunkScope] =
      chosen
      ? [.numbers(truth.numbers, reviewComments: true)]
      : [.reviewComments(since: nil, reconciles: true), .range(first: 1, last: head.newest)]
    var captured = Captured()
    var cost = PageCost(points: 2)
    for chunk in chunks {
      let walked = try await Walked.walk(github, chunk, of: repository.name)
      #expect(walked.losses == [])
      for page in walked.pages { captured.add(page) }
      cost.points += walked.cost.points
      cost.requests += walked.cost.requests
      cost.items += walked.cost.items
      try expectEachListOnce(walked, truth, reviewComments: chosen)
    }
    truth.expect(captured, chosen: chosen)
    try await simulator.expectNoViolation()
    let usage = await github.usage
    #expect(usage.restRequests == cost.requests)
    #expect(usage.graphQLRequests == cost.points)
    print(
      "capture of \(repository.name)\(chosen ? " by chosen numbers" : ""): \(cost.items) items,",
      "\(captured.lines.count) rows, \(cost.points) points with the plan's, \(cost.requests) REST requests")
    if repository.name == "bitcoin-core/gui", !chosen {
      #expect(cost.points <= 27)
      #expect(cost.requests <= 26)
    }
  }

  /// The same of made-up repositories in which everything that has broken other tools occurs.
  @Test(arguments: ["1", "2"], [false, true])
  func everyRowOfANastyRepositoryEqualsTheSimulators(seed: String, chosen: Bool) async throws {
    let shared = try #require(Simulator.shared)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nasty-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try Simulator.generate(
      shared, into: folder,
      ["--owner", "acme", "--repo", "widget", "--prs", "120", "--issues", "90", "--seed", seed, "--shape", "nasty"])
    let simulator = try Simulator(shared: shared, data: [folder.path])
    let github = PlainGitHub(simulator.address)
    let head = try await RepositoryHead.fetch(try name("acme/widget"), from: github)
    let truth = try await Truth(of: "acme/widget", newest: head.newest, from: simulator)
    let chunks: [ChunkScope] =
      chosen
      ? [.numbers(truth.numbers, reviewComments: true)]
      : [.reviewComments(since: nil, reconciles: true), .range(first: 1, last: head.newest)]
    var captured = Captured()
    for chunk in chunks {
      let walked = try await Walked.walk(github, chunk)
      #expect(walked.losses == [])
      for page in walked.pages { captured.add(page) }
      try expectEachListOnce(walked, truth, reviewComments: chosen)
    }
    truth.expect(captured, chosen: chosen)
    try await simulator.expectNoViolation()
  }

  /// Every fault of GitHub's that a client can get over, each in 5 % of all requests: the rows are the same, and nothing
  /// is given up but what was planted.
  @Test(arguments: [1, 2])
  func faultsCostNoRow(seed: Int) async throws {
    let shared = try #require(Simulator.shared)
    let simulator = try Simulator(shared: shared, data: ["data/rest/bitcoin-core__gui"])
    let github = PlainGitHub(simulator.address)
    let repository = "bitcoin-core/gui"
    let head = try await RepositoryHead.fetch(try name(repository), from: github)
    let truth = try await Truth(of: repository, newest: head.newest, from: simulator)
    let kinds = [
      "http_500", "http_503", "http_504", "http_502_html", "http_504_graphql_timeout", "graphql_something_went_wrong",
      "graphql_partial", "graphql_resource_limits", "reset_before_headers", "reset_mid_body", "truncated_json",
      "clock_skew",
    ]
    let rules: [JSONValue] = kinds.map {
      ["kind": .string($0), "rate": .number(0.05), "params": $0 == "clock_skew" ? ["seconds": -30] : [:]]
    }
    try await simulator.control("/_sim/faults", ["seed": .integer(Int64(seed)), "rules": .array(rules)])
    var captured = Captured()
    var cost = PageCost()
    for chunk: ChunkScope in [.reviewComments(since: nil, reconciles: true), .range(first: 1, last: head.newest)] {
      let walked = try await Walked.walk(github, chunk, of: repository)
      #expect(walked.losses == [], "seed \(seed)")
      for page in walked.pages { captured.add(page) }
      cost.points += walked.cost.points
      try expectEachListOnce(walked, truth, reviewComments: false)
    }
    truth.expect(captured, chosen: false)
    let injected = try await simulator.control("/_sim/stats")["faults_injected"]
    print("capture with faults, seed \(seed): \(cost.points) points, \(injected ?? "")")
  }

  /// Each list of each item is reported with all of its parts, with GitHub's count, and each item once as complete.
  private func expectEachListOnce(_ walked: Walked, _ truth: Truth, reviewComments: Bool) throws {
    let isOfNumbers = !walked.rows.kinds.isEmpty
    guard isOfNumbers else {
      #expect(walked.pages.last?.reviewCommentWalk?.isLast == true)
      return
    }
    #expect(walked.rows.readings.completed.sorted() == truth.numbers)
    #expect(walked.rows.readings.sightings.isEmpty)
    // Some lists were recorded with fewer entries than GitHub counted: there the number of entries counts in the end.
    for (name, total) in truth.totals where reviewComments || !name.hasSuffix("reviewComments") {
      let stored = walked.rows.readings.totals[name]
      #expect(
        stored == total || name.hasSuffix("reviewComments") && stored == nil, "\(name): \(stored ?? -1), \(total)")
    }
  }

  /// Each document that can go out is valid, and a full call costs one point.
  @Test func everyDocumentIsValidAndAFullOneCostsAPoint() async throws {
    let shared = try #require(Simulator.shared)
    let simulator = try Simulator(shared: shared, data: ["data/rest/panjf2000__ants"])
    let github = PlainGitHub(simulator.address)
    let repository = try name("panjf2000/ants")
    func ask(_ questions: [Question]) async throws -> GraphQLAnswer<ItemsAnswer> {
      try await github.query(ItemsQuery.query(ItemsQuery.Layout(questions), of: repository), as: ItemsAnswer.self)
    }
    func list(_ number: Int, _ list: CapturedList, isPull: Bool, after: String? = nil) -> Question {
      .list(
        ListQuestion(
          number: number, nodeID: "PR_unknown\(number)", isPullRequest: isPull,
          page: PendingList(list, after: after)))
    }
    let ofPulls: [CapturedList] = [.labels, .comments, .reviews, .files, .closes, .reviewThreads]
    let ofIssues: [CapturedList] = [.labels, .comments, .closer]
    for (isPull, lists) in [(true, ofPulls), (false, ofIssues)] {
      for subset in 1..<(1 << lists.count) {
        let questions = lists.indices.filter { subset & (1 << $0) != 0 }.map { list(1, lists[$0], isPull: isPull) }
        let more: [Question] = subset % 3 == 0 ? [.head(1)] : subset % 3 == 1 ? [.absent(2)] : []
        let answer = try await ask(questions + more)
        #expect(answer.data?.cost == 1)
        #expect(answer.errors.allSatisfy { $0.type == "NOT_FOUND" }, "\(questions): \(answer.errors)")
      }
    }
    // As much as fits: 149 lists, some of them with a cursor, and 75 heads.
    let full = (0..<149).map { list($0 / 5, ofPulls[$0 % 5], isPull: true, after: $0 % 2 == 0 ? "Y3Vyc29y" : nil) }
    let heads = (1...75).map { Question.head($0) }
    #expect(try await ask(full + heads).data?.cost == 1)
    #expect(try await ask(full + heads + [list(99, .labels, isPull: true)]).data?.cost == 2)
    #expect(try await ask(heads).data?.cost == 1)
    let probe = GraphQLQuery(
      operation: "CaptureProbe", document: ChunkWalk.probe,
      variables: ["owner": .string(repository.owner), "name": .string(repository.name)])
    let answer = try await github.query(probe, as: ItemsAnswer.self)
    #expect(answer.errors == [] && answer.data?.hasRepository == true && answer.data?.cost == 1)
    try await simulator.expectNoViolation()
  }
}

extension Simulator {
  func expectNoViolation() async throws {
    let stats = try await control("/_sim/stats")
    for count in ["schema_violations", "not_simulated", "unknown_paths", "not_simulated_fields"] {
      let value = stats[count]
      let isEmpty = (value as? [Any])?.isEmpty ?? (value as? [String: Any])?.isEmpty ?? (value as? Int == 0)
      #expect(isEmpty, "\(count): \(value ?? "")")
    }
  }
}

/// What the simulator holds of a repository.
private struct Truth {
  var rows = Captured()
  var numbers: [Int] = []
  var gone: [Int] = []
  /// By number and list.
  var totals: [String: Int] = [:]

  init(of repository: String, newest: Int, from simulator: Simulator) async throws {
    let all = try await simulator.control("/_sim/state/\(repository)")
    numbers = (all["numbers"] as? [Int] ?? []).sorted()
    let present = Set(numbers)
    gone = (1...newest).filter { !present.contains($0) }
    var bodies: [Int: String] = [:]
    var issues: Set<Int> = []
    for number in numbers {
      let state = try await simulator.control("/_sim/state/\(repository)/issues/\(number)")
      rows.add(state)
      if let pull = state["pull"] as? [String: Any] {
        bodies[number] = pull["body"] as? String ?? ""
      } else {
        issues.insert(number)
      }
      func count(_ list: CapturedList, _ name: String) { totals["\(number) \(list)"] = (state[name] as? [Any])?.count }
      count(.comments, "comments")
      count(.labels, "labels")
      guard let pull = state["pull"] as? [String: Any] else { continue }
      count(.reviews, "reviews")
      count(.reviewComments, "review_comments")
      totals["\(number) files"] = pull["changed_files"] as? Int ?? 0
    }
    for number in gone { rows.lines.insert("number \(number) gone") }
    // The simulator takes what a pull request closes from its text, as GitHub does.
    let words = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+([\w.\-]+\/[\w.\-]+)?#(\d+)/.ignoresCase()
    for (number, body) in bodies {
      for match in body.matches(of: words) {
        guard let issue = Int(match.2), issues.contains(issue),
          match.1.map({ $0.lowercased() == repository.lowercased() }) ?? true
        else { continue }
        rows.add("link", ["from_number": number, "to_repository": repository, "to_number": issue])
      }
    }
  }

  func expect(_ captured: Captured, chosen: Bool) {
    var expected = rows.lines
    if chosen { expected.subtract(gone.map { "number \($0) gone" }) }
    #expect(captured.lines.count == expected.count)
    #expect(expected.subtracting(captured.lines).sorted().prefix(3) == [])
    #expect(captured.lines.subtracting(expected).sorted().prefix(3) == [])
  }
}

/// Rows as lines of text that compare: one for each row, with all of its fields.
struct Captured {
  var lines: Set<String> = []

  mutating func add(_ page: CapturedPage) {
    for row in page.pullRequests { add("pull", row) }
    for row in page.issues { add("issue", row) }
    for row in page.reviews { add("review", row) }
    for row in page.reviewComments { add("line", row) }
    for row in page.issueComments { add("comment", row) }
    for row in page.files { add("file", row) }
    for row in page.links { add("link", row) }
    for row in page.labels { add("labels", row) }
    for row in page.numbers { lines.insert("number \(row.number) \(row.kind.rawValue)") }
  }

  private mutating func add(_ kind: String, _ row: some Hashable) {
    var object: [String: Any] = [:]
    for (label, value) in Mirror(reflecting: row).children {
      let mirror = Mirror(reflecting: value)
      guard let label, mirror.displayStyle != .optional || !mirror.children.isEmpty else { continue }
      object[Self.column(label)] = mirror.displayStyle == .optional ? mirror.children.first?.value : value
    }
    if let labels = object["labels"] as? [String] { object["labels"] = labels.sorted() }
    add(kind, object)
  }

  /// `githubID` is the column `github_id`.
  private static func column(_ property: String) -> String {
    property.replacing(/ID$|SHA$|[A-Z]/) { "_" + $0.output.lowercased() }
  }

  mutating func add(_ kind: String, _ object: [String: Any]) {
    // The store replaces what PostgreSQL cannot hold; the capture does not.
    let present = object.filter { !($0.value is NSNull) }
      .mapValues { ($0 as? String)?.replacing("\0", with: "\u{FFFD}") ?? $0 }
    guard let data = try? JSONSerialization.data(withJSONObject: present, options: [.sortedKeys]) else { return }
    lines.insert(kind + " " + String(decoding: data, as: UTF8.self))
  }

  /// Adds what the simulator holds at one number, in REST's words.
  mutating func add(_ state: [String: Any]) {
    func text(_ value: Any?) -> String { value as? String ?? "" }
    func some(_ value: Any?) -> Any { value ?? NSNull() }
    func login(_ object: [String: Any]) -> Any {
      let login = (object["user"] as? [String: Any])?["login"] as? String
      return login == nil || login == "ghost" ? NSNull() : login as Any
    }
    func list(_ name: String) -> [[String: Any]] { state[name] as? [[String: Any]] ?? [] }
    guard let issue = state["issue"] as? [String: Any], let number = issue["number"] as? Int else { return }
    let labels = (issue["labels"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }.sorted()
    if let pull = state["pull"] as? [String: Any] {
      let head = pull["head"] as? [String: Any]
      let base = pull["base"] as? [String: Any]
      let isMerged = pull["merged_at"] as? String != nil
      add(
        "pull",
        [
          "number": number, "github_id": some(pull["id"]), "title": text(pull["title"]), "body": text(pull["body"]),
          "state": isMerged ? "merged" : text(pull["state"]), "is_draft": pull["draft"] as? Bool ?? false,
          "author_login": login(pull), "created_at": text(pull["created_at"]), "updated_at": text(pull["updated_at"]),
          "closed_at": some(pull["closed_at"]), "merged_at": some(pull["merged_at"]),
          "additions": pull["additions"] as? Int ?? 0, "deletions": pull["deletions"] as? Int ?? 0,
          "changed_files": pull["changed_files"] as? Int ?? 0, "base_ref": text(base?["ref"]),
          "head_ref": text(head?["ref"]), "head_sha": text(head?["sha"]),
          "merge_commit_sha": isMerged ? some(pull["merge_commit_sha"]) : NSNull(),
        ])
    } else {
      add(
        "issue",
        [
          "number": number, "github_id": some(issue["id"]), "title": text(issue["title"]), "body": text(issue["body"]),
          "state": text(issue["state"]), "state_reason": some(issue["state_reason"]), "author_login": login(issue),
          "created_at": text(issue["created_at"]), "updated_at": text(issue["updated_at"]),
          "closed_at": some(issue["closed_at"]),
        ])
    }
    let isPull = state["pull"] != nil
    lines.insert("number \(number) \(isPull ? "pull_request" : "issue")")
    add("labels", ["number": number, "is_pull_request": isPull, "labels": labels])
    for row in list("comments") {
      add(
        "comment",
        [
          "github_id": some(row["id"]), "issue_number": number, "author_login": login(row), "body": text(row["body"]),
          "created_at": text(row["created_at"]), "updated_at": text(row["updated_at"]),
        ])
    }
    for row in list("reviews") {
      add(
        "review",
        [
          "github_id": some(row["id"]), "pull_number": number, "author_login": login(row), "body": text(row["body"]),
          "state": text(row["state"]), "submitted_at": some(row["submitted_at"]),
        ])
    }
    for row in list("review_comments") {
      add(
        "line",
        [
          "github_id": some(row["id"]), "pull_number": number, "author_login": login(row), "body": text(row["body"]),
          "review_id": some(row["pull_request_review_id"]), "path": text(row["path"]),
          "created_at": text(row["created_at"]), "updated_at": text(row["updated_at"]),
        ])
    }
    for row in list("files") {
      let status = text(row["status"])
      add(
        "file",
        [
          "pull_number": number, "path": text(row["filename"]), "additions": row["additions"] as? Int ?? 0,
          "deletions": row["deletions"] as? Int ?? 0, "change_type": status == "removed" ? "deleted" : status,
        ])
    }
  }
}
