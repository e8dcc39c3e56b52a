import Domain
import Postgres

/// How one kind of captured rows comes into its table: all rows of a page in one statement, expanded from JSON.
struct CapturedTable: Sendable {
  let name: String
  /// Writes rows and nothing else. `$1` is the rows' JSON, `$2` the repository, `$3` the database's clock at the reading.
  let upsert: String
  /// Writes the rows of whole lists, and marks stored rows of these lists that are not among them as deleted.
  /// `$4` is the JSON of the lists: numbers, and when the reading began, by the database's clock and by GitHub's.
  let reconcile: String
  /// Marks stored rows of lists that came in parts as deleted where no part had them. `$1` is the lists' JSON, `$2` the
  /// repository, `$3` the database's clock at the reading, `$4` the chunk.
  let sweepLists: String
  /// The same for one list of all the repository's rows.
  let sweepAll: String
  let list: CapturedList?

  /// - Parameters:
  ///   - columns: with their types as the rows' JSON has them, the key's columns first.
  ///   - keyCount: how many of the columns are the key's; `repository_id` may be part of it too.
  ///   - conflict: what the unique index is made of.
  ///   - distinct: where the index holds less than the key: which rows it takes for equal. A statement must not bring two
  ///     of them.
  ///   - item: the column of the number that the rows hang on.
  ///   - version: the column that tells an older version of a row from a newer one; where they are equal, and where
  ///     there is none, the later reading is the newer one.
  ///   - created: what tells that a row came into being after a reading began.
  ///   - sighting: the row's key as `list_sightings` has it.
  init(
    _ name: String, columns: [(name: String, type: String)], keyCount: Int = 1, conflict: String,
    distinct: String? = nil, item: String? = nil, list: CapturedList? = nil, version: String? = nil,
    created: String = "", sighting: String = ""
  ) {
    self.name = name
    self.list = list
    let insert = Self.insert(
      name, columns: columns, keyCount: keyCount, conflict: conflict, distinct: distinct, item: item, version: version)
    let shape = columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
    upsert = insert.replacing("FROM r", with: "FROM json_to_recordset($1::json) AS r (\(shape))")
    guard let item else {
      (reconcile, sweepLists, sweepAll) = ("", "", "")
      return
    }
    let keys = columns.prefix(keyCount)
    reconcile = """
      WITH r AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS r (\(shape))),
      stored AS (\(insert))
      UPDATE yardmaster.\(name) AS t SET deleted_at = coalesce($3::timestamptz, now())
      WHERE t.ctid = ANY (ARRAY(
        SELECT s.ctid FROM json_to_recordset($4::json) AS p (number bigint, begun timestamptz, before timestamptz), LATERAL (
          SELECT t.ctid, \(keys.map { "t.\($0.name)" }.joined(separator: ", ")) FROM yardmaster.\(name) t
          WHERE t.repository_id = $2::uuid AND t.\(item) = p.number AND t.deleted_at IS NULL AND \(created)
          \(Self.oneByOne)
        ) AS s
        WHERE NOT EXISTS (SELECT FROM r WHERE \(keys.map { "r.\($0.name) = s.\($0.name)" }.joined(separator: " AND ")))))
      """
    let isUnseen = """
      NOT EXISTS (
          SELECT FROM yardmaster.list_sightings g WHERE g.chunk_id = $4::uuid AND g.list = '\(list?.rawValue ?? "")'
      """
    sweepLists = """
      UPDATE yardmaster.\(name) AS t SET deleted_at = coalesce($3::timestamptz, now())
      WHERE t.ctid = ANY (ARRAY(
        SELECT s.ctid FROM json_to_recordset($1::json) AS p (number bigint, begun timestamptz, before timestamptz), LATERAL (
          SELECT t.ctid, \(sighting) AS key FROM yardmaster.\(name) t
          WHERE t.repository_id = $2::uuid AND t.\(item) = p.number AND t.deleted_at IS NULL AND \(created)
          \(Self.oneByOne)
        ) AS s
        WHERE \(isUnseen) AND g.number = p.number AND g.key = s.key)))
      """
    sweepAll = """
      UPDATE yardmaster.\(name) AS t SET deleted_at = coalesce($3::timestamptz, now())
      FROM json_to_recordset($1::json) AS p (number bigint, begun timestamptz, before timestamptz)
      WHERE t.repository_id = $2::uuid AND t.deleted_at IS NULL AND \(created)
        AND \(isUnseen) AND g.number = 0 AND g.key = \(sighting))
      """
  }

  /// Keeps the subquery a lookup by index for each list. The planner knows neither how many lists there are nor, of a
  /// table that is just being filled, how many rows they have, and would rather read the whole table for each page.
  private static let oneByOne = "OFFSET 0"

  /// A row that is there already and equal is not written again; one that was marked as deleted is there again. An older
  /// reading changes nothing: neither a row that a newer one wrote, nor the mark of a deletion that it cannot know of.
  /// Rows come in the order of their keys, so that two pages that share some lock them in the same order.
  private static func insert(
    _ name: String, columns: [(name: String, type: String)], keyCount: Int, conflict: String, distinct: String?,
    item: String?, version: String?
  ) -> String {
    let hasRepository = name != "contributors"
    let names = columns.map(\.name)
    let order = distinct ?? names.prefix(keyCount).map { "r.\($0)" }.joined(separator: ", ")
    // An account's id is not forgotten where a later page does not know it.
    func value(_ column: String) -> String {
      !hasRepository && column == "github_id" ? "coalesce(excluded.github_id, t.github_id)" : "excluded.\(column)"
    }
    let changing = Array(names.dropFirst(keyCount))
    var set = changing.map { "\($0) = \(value($0))" }
    var old = changing.map { "t.\($0)" }
    var new = changing.map(value)
    var inserted = names
    var selected = names.map { "r.\($0)" }
    var conditions: [String] = []
    if hasRepository {
      inserted.insert("repository_id", at: 0)
      selected.insert("$2::uuid", at: 0)
      set += ["deleted_at = NULL"]
      old += ["t.deleted_at"]
      new += ["NULL::timestamptz"]
      // A row that moved with its item is another repository's, or another number's: its old place says nothing.
      var moved = ""
      if !conflict.contains("repository_id") {
        set += ["repository_id = excluded.repository_id"]
        old += ["t.repository_id"]
        new += ["excluded.repository_id"]
        moved = " OR t.repository_id <> excluded.repository_id"
        if let item { moved += " OR t.\(item) <> excluded.\(item)" }
      }
      conditions.append("(t.deleted_at IS NULL OR $3::timestamptz IS NULL OR t.deleted_at <= $3::timestamptz\(moved))")
    }
    if hasRepository {
      inserted.append("observed_at")
      selected.append("$3::timestamptz")
      set += ["observed_at = excluded.observed_at"]
      let isLater = "(t.observed_at IS NULL OR excluded.observed_at IS NULL OR t.observed_at <= excluded.observed_at)"
      // Of two readings with the same time the later one knows what changed without moving it.
      conditions.append(
        version.map { "(t.\($0) < excluded.\($0) OR t.\($0) = excluded.\($0) AND \(isLater))" } ?? isLater)
    }
    let guarded = conditions.map { "\n  AND \($0)" }.joined()
    return """
      INSERT INTO yardmaster.\(name) AS t (\(inserted.joined(separator: ", ")))
      SELECT \(distinct.map { "DISTINCT ON (\($0)) " } ?? "")\(selected.joined(separator: ", ")) FROM r
      ORDER BY \(order)
      ON CONFLICT (\(conflict)) DO UPDATE SET \(set.joined(separator: ", "))
      WHERE (\(old.joined(separator: ", "))) IS DISTINCT FROM (\(new.joined(separator: ", ")))\(guarded)
      """
  }
}

extension CapturedTable {
  static let pullRequests = CapturedTable(
    "pull_requests",
    columns: [
      ("number", "bigint"), ("github_id", "bigint"), ("title", "text"), ("body", "text"), ("state", "text"),
      ("is_draft", "boolean"), ("author_login", "text"), ("created_at", "timestamptz"), ("updated_at", "timestamptz"),
      ("closed_at", "timestamptz"), ("merged_at", "timestamptz"), ("additions", "bigint"), ("deletions", "bigint"),
      ("changed_files", "bigint"), ("base_ref", "text"), ("head_ref", "text"), ("head_sha", "text"),
      ("merge_commit_sha", "text"),
    ], conflict: "repository_id, number", version: "updated_at")

  static let issues = CapturedTable(
    "issues",
    columns: [
      ("number", "bigint"), ("github_id", "bigint"), ("title", "text"), ("body", "text"), ("state", "text"),
      ("state_reason", "text"), ("author_login", "text"), ("created_at", "timestamptz"), ("updated_at", "timestamptz"),
      ("closed_at", "timestamptz"),
    ], conflict: "repository_id, number", version: "updated_at")

  static let reviews = CapturedTable(
    "reviews",
    columns: [
      ("github_id", "bigint"), ("pull_number", "bigint"), ("author_login", "text"), ("state", "text"), ("body", "text"),
      ("submitted_at", "timestamptz"),
    ], conflict: "github_id", item: "pull_number", list: .reviews,
    // A pending review has no time of its own.
    created: "coalesce(t.submitted_at, '-infinity') < p.before", sighting: "t.github_id::text")

  static let reviewComments = CapturedTable(
    "review_comments",
    columns: [
      ("github_id", "bigint"), ("pull_number", "bigint"), ("review_id", "bigint"), ("author_login", "text"),
      ("path", "text"), ("body", "text"), ("created_at", "timestamptz"), ("updated_at", "timestamptz"),
    ], conflict: "github_id", item: "pull_number", list: .reviewComments, version: "updated_at",
    created: "t.created_at < p.before", sighting: "t.github_id::text")

  static let issueComments = CapturedTable(
    "issue_comments",
    columns: [
      ("github_id", "bigint"), ("issue_number", "bigint"), ("author_login", "text"), ("body", "text"),
      ("created_at", "timestamptz"), ("updated_at", "timestamptz"),
    ], conflict: "github_id", item: "issue_number", list: .comments, version: "updated_at",
    created: "t.created_at < p.before", sighting: "t.github_id::text")

  static let files = CapturedTable(
    "pull_request_files",
    columns: [
      ("pull_number", "bigint"), ("path", "text"), ("additions", "bigint"), ("deletions", "bigint"),
      ("change_type", "text"),
    ], keyCount: 2, conflict: "repository_id, pull_number, md5(path)", distinct: "r.pull_number, md5(r.path)",
    item: "pull_number", list: .files,
    // What a newer reading brought is not gone because an older one did not know it.
    created: "coalesce(t.observed_at, '-infinity') <= p.begun", sighting: "t.path")

  static let contributors = CapturedTable(
    "contributors", columns: [("login", "text"), ("github_id", "bigint"), ("account_type", "text")],
    conflict: "login")
}
