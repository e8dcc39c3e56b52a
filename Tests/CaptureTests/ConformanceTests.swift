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
    let clock = FakeClock()
    let store = FakeStore(clock: clock)
    let planner = Planner(github: github, store: store, clock: clock, logger: silent)
    let scope = CaptureScope(window: chosen ? .since(Timestamp(seconds: 1_000_000_000)) : .all)
    let request = PlanRequest(repository: try name(repository.name), scope: scope)
    let plan = try await planner.plan(request)
    let job = try #require(plan.job)
    let run = SyncRun(
      github: github, store: store, deadline: FakeDeadline(), clock: clock, logger: silent, observer: Notes())
    let result = try await run.run(job: job, runID: 1)
    #expect(result.isComplete)
    #expect(store.state.buried.isEmpty)

    let captured = Captured(store.state.pages)
    let all = try await simulator.control("/_sim/state/\(repository.name)")
    var expected = Captured([])
    for number in all["numbers"] as? [Int] ?? [] {
      expected.add(try await simulator.control("/_sim/state/\(repository.name)/issues/\(number)"))
    }
    #expect(captured.lines.count == expected.lines.count)
    let missing = expected.lines.subtracting(captured.lines).sorted()
    let surplus = captured.lines.subtracting(expected.lines).sorted()
    #expect(missing.prefix(3) == [])
    #expect(surplus.prefix(3) == [])

    let stats = try await simulator.control("/_sim/stats")
    for count in ["schema_violations", "not_simulated", "unknown_paths", "not_simulated_fields"] {
      let value = stats[count]
      #expect((value as? [Any])?.isEmpty ?? (value as? [String: Any])?.isEmpty ?? (value as? Int == 0), "\(count)")
    }
    let usage = await github.usage
    print(
      "capture of \(repository.name)\(chosen ? " by chosen numbers" : ""): \(result.items) items, \(result.rows) rows,",
      "\(result.totals.points) points, \(usage.restRequests) REST requests, and 1 point for the plan")

    // A second run finds nothing to do.
    if !chosen {
      let again = try await planner.plan(request)
      #expect(!again.hasWork)
      let after = await github.usage
      #expect(after.graphQLRequests - usage.graphQLRequests == 1)
      #expect(after.restRequests - usage.restRequests == 2)
    }
  }

  /// Each document that can go out is valid, and a page of the default width costs one point.
  @Test func everyDocumentIsValidAndCostsAPoint() async throws {
    let shared = try #require(Simulator.shared)
    let simulator = try Simulator(shared: shared, data: ["data/rest/panjf2000__ants"])
    let github = PlainGitHub(simulator.address)
    let repository = try name("panjf2000/ants")
    for countingThreads in [false, true] {
      for width in 1...NumbersQuery.defaultWidth(countingThreads: countingThreads) {
        let query = NumbersQuery.query(Array(1...width)[...], of: repository, countingThreads: countingThreads)
        let answer = try await github.query(query, as: NumbersAnswer.self)
        #expect(answer.data?.rateLimit?.cost == 1, "width \(width)")
        #expect(answer.errors.allSatisfy { $0.type == "NOT_FOUND" }, "width \(width): \(answer.errors)")
      }
    }
    let kinds: [PendingList.List] = [.pullRequestComments, .issueComments, .reviews, .files]
    for subset in 1..<16 {
      let lists = kinds.indices.filter { subset & (1 << $0) != 0 }.map {
        PendingList(number: 1, nodeID: "PR_unknown", list: kinds[$0], after: nil)
      }
      let answer = try await github.query(ListsQuery.query(lists), as: ListsAnswer.self)
      #expect(answer.data?.rateLimit?.cost == 1)
      #expect(answer.errors.allSatisfy { $0.type == "NOT_FOUND" }, "\(lists.map(\.list)): \(answer.errors)")
    }
    let probe = GraphQLQuery(operation: "CaptureProbe", document: ChunkWalk.probe, variables: [:])
    #expect(try await github.query(probe, as: NumbersAnswer.self).errors == [])
    let violations = try await simulator.control("/_sim/stats")["schema_violations"]
    #expect((violations as? [Any])?.isEmpty ?? (violations as? Int == 0))
  }
}

/// Rows as lines of text that compare: one for each row, with all of its fields.
private struct Captured {
  var lines: Set<String> = []

  init(_ pages: [CapturedPage]) {
    for page in pages {
      for row in page.pullRequests { add("pull", row) }
      for row in page.issues { add("issue", row) }
      for row in page.reviews { add("review", row) }
      for row in page.reviewComments { add("line", row) }
      for row in page.issueComments { add("comment", row) }
      for row in page.files { add("file", row) }
    }
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

  private mutating func add(_ kind: String, _ object: [String: Any]) {
    let present = object.filter { !($0.value is NSNull) }
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
          "head_ref": text(head?["ref"]), "head_sha": text(head?["sha"]), "labels": labels,
        ])
    } else {
      add(
        "issue",
        [
          "number": number, "github_id": some(issue["id"]), "title": text(issue["title"]), "body": text(issue["body"]),
          "state": text(issue["state"]), "state_reason": some(issue["state_reason"]), "author_login": login(issue),
          "created_at": text(issue["created_at"]), "updated_at": text(issue["updated_at"]),
          "closed_at": some(issue["closed_at"]), "labels": labels,
        ])
    }
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
