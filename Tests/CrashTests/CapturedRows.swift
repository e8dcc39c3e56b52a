import Postgres
import TestSupport

/// What a capture left in a database, in a form that does not tell in which database or when.
struct CapturedRows: Hashable {
  private static let tables = [
    "pull_requests", "issues", "reviews", "review_comments", "issue_comments", "pull_request_files", "links",
    "contributors", "numbers", "dead_letters",
  ]
  /// Columns that differ from run to run: ids of our own, and when something was read.
  private static let changing = "^(id|repository_id|observed_at|proved_at|repaired_at|.*_read_at)$"

  /// By table: its rows as text, sorted.
  var rows: [String: [String]] = [:]
  /// The statuses of jobs and chunks, and how many items they count.
  var jobs: [String] = []

  init(_ database: TestDatabase) async throws {
    for table in Self.tables {
      rows[table] = try await Self.lines(
        database,
        """
        SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(t)) WHERE key !~ '\(Self.changing)')::text
          AS value
        FROM yardmaster.\(table) t
        """)
    }
    jobs = try await Self.lines(
      database,
      """
      SELECT concat_ws(' ', j.job_type, j.status, c.ordinal, c.status, c.items_done) AS value
      FROM yardmaster.progressive_capture_jobs j JOIN yardmaster.capture_chunks c ON c.job_id = j.id
      """)
  }

  private static func lines(_ database: TestDatabase, _ sql: String) async throws -> [String] {
    let rows = try await database.query(sql)
    return try (0..<rows.count).map { try rows[$0].decode("value", as: String.self) }.sorted()
  }

  /// The first difference, in a few words; nil where there is none.
  func difference(from golden: CapturedRows) -> String? {
    for (table, wanted) in golden.rows.sorted(by: { $0.key < $1.key }) {
      let found = rows[table] ?? []
      guard found != wanted else { continue }
      let missing = Set(wanted).subtracting(found).first.map { "missing \($0)" }
      let extra = Set(found).subtracting(wanted).first.map { "too many \($0)" }
      return ["\(table): \(found.count) rows of \(wanted.count)", missing, extra].compactMap { $0 }.joined(
        separator: "; ")
    }
    return jobs == golden.jobs ? nil : "jobs: \(jobs) instead of \(golden.jobs)"
  }
}
