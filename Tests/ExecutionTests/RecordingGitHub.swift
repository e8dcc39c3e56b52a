import Domain
import Execution
import Foundation
import Synchronization

/// An issue's state behind the port, and a kill switch: the process "dies" before or after the k-th side effect.
final class RecordingGitHub: GitHubAPI {
  struct Killed: Error {}
  struct State {
    var labels: [String] = []
    var comments: [(id: Int64, body: String)] = []
    var isOpen = true
    var reason = JSONValue.null
    var assignees: [String] = []
    var requests: [RESTRequest] = []
    var answers: [Int: RESTAnswer] = [:]
    var uncertainPosts = 0
    var dispatches = 0
    /// How many requests come too late for their lease.
    var expired = 0
  }
  let state = Mutex(State())
  let kill: KillSwitch

  init(kill: KillSwitch = KillSwitch()) { self.kill = kill }

  var usage: APIUsage { APIUsage() }

  func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
    -> GraphQLAnswer<Answer>
  {
    GraphQLAnswer(data: nil, errors: [])
  }

  func send(_ request: RESTRequest) async throws -> RESTAnswer {
    try kill.step()
    let isExpired = state.withLock { state in
      guard request.expires != nil, state.expired > 0 else { return false }
      state.expired -= 1
      return true
    }
    if isExpired { throw RequestExpired() }
    let answer = try state.withLock { state throws -> RESTAnswer in
      state.requests.append(request)
      if let scripted = state.answers[state.requests.count] { return scripted }
      func json(_ value: JSONValue, _ status: Int = 200) -> RESTAnswer {
        RESTAnswer(status: status, body: Array(value.canonicalText.utf8))
      }
      func texts(_ key: String) -> [String] {
        guard case .array(let values)? = request.body?[key] else { return [] }
        return values.compactMap(\.string)
      }
      switch (request.method, request.path) {
      case (.post, "/repos/o/r/issues/1/labels"):
        for label in texts("labels") where !state.labels.contains(label) { state.labels.append(label) }
        return json(.array(state.labels.map { ["name": .string($0)] }))
      case (.delete, let path) where path.hasPrefix("/repos/o/r/issues/1/labels/"):
        let name = path.split(separator: "/").last?.removingPercentEncoding ?? ""
        guard state.labels.contains(name) else { return json(["message": "Label does not exist"], 404) }
        state.labels.removeAll { $0 == name }
        return json(.array(state.labels.map { ["name": .string($0)] }))
      case (.post, "/repos/o/r/issues/1/comments"):
        let id = Int64(state.comments.count + 1)
        state.comments.append((id, request.body?["body"]?.string ?? ""))
        if state.uncertainPosts > 0 {
          state.uncertainPosts -= 1
          throw UncertainWrite(detail: "connection reset")
        }
        return json(["id": .integer(id), "user": ["login": "yard[bot]"]], 201)
      case (.get, let path) where path.hasPrefix("/repos/o/r/issues/1/comments"):
        return json(.array(state.comments.map { ["id": .integer($0.id), "body": .string($0.body)] }))
      case (.get, "/repos/o/r/issues/1"):
        return json([
          "title": "t", "state": state.isOpen ? "open" : "closed", "state_reason": state.reason,
          "labels": .array(state.labels.map { ["name": .string($0)] }),
          "assignees": .array(state.assignees.map { ["login": .string($0)] }),
        ])
      case (.post, "/repos/o/r/actions/workflows/ci.yml/dispatches"):
        state.dispatches += 1
        return RESTAnswer(status: 204, body: [])
      case (.patch, "/repos/o/r/issues/1"):
        state.reason = request.body?["state_reason"] ?? .null
        state.isOpen = request.body?["state"]?.string == "open"
        return json(["state": request.body?["state"] ?? .null, "state_reason": request.body?["state_reason"] ?? .null])
      case (.post, "/repos/o/r/issues/1/assignees"):
        state.assignees += texts("assignees").filter { $0 != "stranger" }
        return json(["assignees": .array(state.assignees.map { ["login": .string($0)] })], 201)
      default: return json(["message": "Not Found"], 404)
      }
    }
    try kill.step()
    return answer
  }
}

/// Throws at the chosen step, counted over all ports; every port calls it before and after its side effect.
final class KillSwitch: Sendable {
  private let counter = Mutex((steps: 0, at: Int.max))
  init(at step: Int = .max) { counter.withLock { $0.at = step } }
  var steps: Int { counter.withLock { $0.steps } }
  func step() throws {
    try counter.withLock {
      $0.steps += 1
      if $0.steps == $0.at { throw RecordingGitHub.Killed() }
    }
  }
}

/// The journal behind the port; its rows survive a kill.
final class RecordingJournal: ActionJournal {
  let rows: Mutex<[Action]>
  let audits = Mutex<[AuditEntry]>([])
  let kill: KillSwitch
  /// Whether another process took the event over.
  let isLost = Atomic(false)

  init(rows: [Action] = [], kill: KillSwitch = KillSwitch()) {
    self.rows = Mutex(rows)
    self.kill = kill
  }

  func intend(_ intents: Intents, for event: ClaimedEvent, dryRun: Bool) async throws -> [Action] {
    try kill.step()
    let actions = intents.decisions.map {
      Action(id: .random(), decision: $0, status: dryRun ? .skipped : .intended, intendedAt: Timestamp(seconds: 1_000))
    }
    rows.withLock { rows in
      rows += actions
      let first = rows.firstIndex { row in row.status == .intended && actions.contains { $0.id == row.id } }
      if let first { rows[first].begunAgo = 0 }
    }
    try kill.step()
    return actions
  }

  func begin(_ action: Action, for event: ClaimedEvent) async throws {
    try kill.step()
    if isLost.load(ordering: .relaxed) { throw LeaseLost(subject: "The event") }
    mark(action.id)
    try kill.step()
  }

  private func mark(_ id: ActionID) {
    rows.withLock { rows in
      for index in rows.indices where rows[index].id == id { rows[index].begunAgo = 0 }
    }
  }

  func settle(
    _ action: Action, as outcome: ActionOutcome, for event: ClaimedEvent, audit: AuditEntry, beginning next: Action?
  ) async throws {
    try kill.step()
    rows.withLock { rows in
      for index in rows.indices where rows[index].id == action.id {
        rows[index].status = outcome.status
        rows[index].after = outcome.after
      }
    }
    if let next { mark(next.id) }
    audits.withLock { $0.append(audit) }
    try kill.step()
  }
}

/// Waits for nothing, and remembers how long it should have.
final class RecordingClock: WallClock {
  let slept = Mutex(0.0)
  var now: Timestamp { Timestamp(seconds: 2_000) }
  func sleep(seconds: Double) async throws { slept.withLock { $0 += seconds } }
}

extension Executor {
  init(github: any GitHubAPI, journal: any ActionJournal) {
    self.init(github: github, journal: journal, clock: RecordingClock())
  }

  func carryOut(
    _ decisions: [Decision], for event: ClaimedEvent, mode: Settings.Mode, actor: String?
  ) async throws -> [SettledAction] {
    try await carryOut(Intents(decisions: decisions), for: event, mode: mode, actor: actor)
  }
}
