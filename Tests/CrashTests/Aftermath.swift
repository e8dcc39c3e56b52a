import Domain
import GitHubDouble
import Postgres
import Store
import TestSupport

/// What is left on GitHub and in the database once all is done, in a form that does not tell where, when and after how
/// many attempts.
struct Aftermath: Hashable {
  /// By place: what is there, sorted.
  var lines: [String: [String]] = [:]
  /// How many workflows were started.
  var dispatches: Int
  /// Dispatches of which it is not known whether GitHub got them.
  var doubts: Int

  /// By table: the columns that do not differ from run to run.
  private static let columns = [
    "events": "identity, mode, event_name, action, number, actor, outcome, error",
    "actions":
      "ordinal, kind, number, effect, reason, once_key, before_state, after_state, status, dry_run, standing, rules, digest, is_slip, cardinality(undoes)",
    "commands": "mode, number, text_id, line, name, arguments, login, verdict, explanation",
    "facets": "number, facet, value, will, login",
    "sticky_comments": "number, key, body",
    "threads": "number, lease_event, lease_attempt, lease_worker, lease_expires_at",
    "automation_sweeps": "mode, changes, round, unshown, lease_token, lease_worker, lease_expires_at",
    "own_logins": "login", "contributors": "login",
    "failed_events": "event_name", "dead_letters": "kind, error",
    "audit_log":
      "event_type, severity, actor, action_type, before_state, after_state, success, metadata - '{action_id,attempt,attempts}'::text[]",
  ]

  init(_ github: GitHubDouble, _ database: TestDatabase) async throws {
    let mutations = github.effects
    dispatches = mutations.count { $0.kind == Self.dispatch }
    lines["effects"] = mutations.filter { $0.kind != Self.dispatch }
      .map { "\($0.kind) #\($0.number) \($0.detail)" }
    for item in github.repository().items {
      lines["#\(item.number)"] = [
        item.title, "closed: \(item.isClosed) \(item.stateReason ?? "")", "\(item.labels.sorted())",
        "\(item.assignees.map(\.login).sorted())", "milestone \(item.milestone ?? 0)",
        "locked: \(item.isLocked) \(item.lockReason ?? "")", "\(Self.words(item.reactions))",
      ]
      lines["comments of #\(item.number)"] = item.comments.map {
        "\($0.author?.login ?? ""): \($0.body) \(Self.words($0.reactions)) \($0.minimizedReason ?? "")"
      }
    }
    for (table, columns) in Self.columns {
      // What asks for a replay says so each time.
      let rows = try await database.query(
        """
        SELECT to_jsonb(r)::text AS value FROM (SELECT \(columns) FROM yardmaster.\(table)) AS r
        WHERE to_jsonb(r)->>'event_type' IS DISTINCT FROM 'replay'
        """)
      lines[table] = try (0..<rows.count).map { try rows[$0].decode("value", as: String.self) }
    }
    lines = lines.mapValues { $0.map(Self.withoutIdentities).sorted() }
    doubts = try await database.value(
      "SELECT count(*) AS value FROM yardmaster.actions WHERE status = 'uncertain'", as: Int.self)
    lines["audit"] = [try await Self.fault(of: database) ?? "whole"]
  }

  private static let dispatch = "dispatch_workflow"

  private static func words(_ reactions: [RepositoryModel.Reaction]) -> [String] {
    reactions.map { "\($0.content) by \($0.user.login)" }.sorted()
  }

  /// Ids and times differ from run to run.
  private static func withoutIdentities(_ line: String) -> String {
    line.replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "UUID")
      .replacing(/[0-9a-f]{64}/, with: "DIGEST")
      .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)/, with: "TIME")
      .replacing(/\b\d{10,16}\b/, with: "ID")
  }

  private static func fault(of database: TestDatabase) async throws -> String? {
    let store = Store(databaseURL: database.url, auditKey: nil)
    var faults: [String] = []
    for name in try await store.auditedRepositories() {
      if let fault = try await store.verifyAudit(of: name).fault { faults.append("\(fault.sequence): \(fault.reason)") }
    }
    await store.close()
    return faults.isEmpty ? nil : faults.joined(separator: "; ")
  }

  /// The first difference, in a few words; nil where there is none.
  func difference(from wanted: Aftermath) -> String? {
    for (place, wanted) in wanted.lines.sorted(by: { $0.key < $1.key }) {
      let found = lines[place] ?? []
      guard found != wanted else { continue }
      var missing = wanted
      var extra: [String] = []
      for line in found {
        if let index = missing.firstIndex(of: line) { missing.remove(at: index) } else { extra.append(line) }
      }
      return "\(place): missing \(missing); too many \(extra)"
    }
    return nil
  }
}
