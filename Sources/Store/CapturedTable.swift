import Domain
import Postgres

/// How one kind of captured rows comes into its table: all rows of a page in one statement, expanded from JSON.
struct CapturedTable {
  var name: String
  /// Columns with their types as the rows' JSON has them, the key's columns first.
  var columns: [(name: String, type: String)]
  /// How many of the columns are the key's; `repository_id` may be part of it too.
  var keyCount: Int
  /// What the unique index is made of.
  var conflict: String
  var hasRepository = true
  /// Where the index holds less than the key: which rows it takes for equal. A statement must not bring two of them.
  var distinct: String?

  /// `$1` is the JSON, `$2` the repository. A row that is there already and equal is not written again; one that was
  /// marked as deleted is there again. Rows come in the order of their keys, so that two pages that share some lock them
  /// in the same order.
  var sql: String {
    let names = columns.map(\.name)
    let changing = Array(names.dropFirst(keyCount))
    var set = changing.map { "\($0) = \(value($0))" }
    var old = changing.map { "t.\($0)" }
    var new = changing.map(value)
    if hasRepository {
      set += ["deleted_at = NULL"]
      old += ["t.deleted_at"]
      new += ["NULL::timestamptz"]
      if !conflict.contains("repository_id") {
        set += ["repository_id = excluded.repository_id"]
        old += ["t.repository_id"]
        new += ["excluded.repository_id"]
      }
    }
    let order = distinct ?? names.prefix(keyCount).map { "r.\($0)" }.joined(separator: ", ")
    return """
      INSERT INTO yardmaster.\(name) AS t (\(hasRepository ? "repository_id, " : "")\(names.joined(separator: ", ")))
      SELECT \(distinct.map { "DISTINCT ON (\($0)) " } ?? "")\(hasRepository ? "$2::uuid, " : "")\
      \(names.map { "r.\($0)" }.joined(separator: ", "))
      FROM json_to_recordset($1::json) AS r (\(columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")))
      ORDER BY \(order)
      ON CONFLICT (\(conflict)) DO UPDATE SET \(set.joined(separator: ", "))
      WHERE (\(old.joined(separator: ", "))) IS DISTINCT FROM (\(new.joined(separator: ", ")))
      """
  }

  /// An account's id is not forgotten where a later page does not know it.
  private func value(_ column: String) -> String {
    name == "contributors" && column == "github_id"
      ? "coalesce(excluded.github_id, t.github_id)" : "excluded.\(column)"
  }

  private func statement(_ rows: RowWriter, _ repository: RepositoryID) -> PostgresStatement {
    PostgresStatement(sql, [.json(rows.document)] + (hasRepository ? [.id(repository)] : []))
  }

  /// One statement a table that the page fills, always in the same order; the contributors, whom many pages share, last.
  static func statements(for page: CapturedPage, repository: RepositoryID) -> [PostgresStatement] {
    var statements: [PostgresStatement] = []
    func add<Row: CapturedRow, Key: Hashable>(_ rows: some Collection<Row>, _ table: CapturedTable, _ key: (Row) -> Key)
    {
      guard !rows.isEmpty else { return }
      statements.append(table.statement(RowWriter(lastOfEach(rows, key)), repository))
    }
    add(page.pullRequests, .pullRequests, \.number)
    add(page.issues, .issues, \.number)
    add(page.reviews, .reviews, \.githubID)
    add(page.reviewComments, .reviewComments, \.githubID)
    add(page.issueComments, .issueComments, \.githubID)
    add(page.files, .files) { FileKey(number: $0.pullNumber, path: Array($0.path.storable.utf8)) }
    // The set may know one login with and without its id; the one with the id comes last and wins.
    let contributors = page.contributors.sorted { ($0.login, $0.githubID ?? -1) < ($1.login, $1.githubID ?? -1) }
    add(contributors, .contributors) { Array($0.login.utf8) }
    return statements
  }

  /// PostgreSQL refuses a statement that would write one row twice.
  private static func lastOfEach<Row, Key: Hashable>(_ rows: some Collection<Row>, _ key: (Row) -> Key) -> [Row] {
    var seen: Set<Key> = []
    seen.reserveCapacity(rows.count)
    return rows.reversed().filter { seen.insert(key($0)).inserted }.reversed()
  }

  /// Compared by bytes, as PostgreSQL does; Swift's strings are equal under canonical equivalence.
  private struct FileKey: Hashable {
    var number: Int
    var path: [UInt8]
  }
}

extension CapturedTable {
  static let pullRequests = CapturedTable(
    name: "pull_requests",
    columns: [
      ("number", "bigint"), ("github_id", "bigint"), ("title", "text"), ("body", "text"), ("state", "text"),
      ("is_draft", "boolean"), ("author_login", "text"), ("created_at", "timestamptz"), ("updated_at", "timestamptz"),
      ("closed_at", "timestamptz"), ("merged_at", "timestamptz"), ("additions", "bigint"), ("deletions", "bigint"),
      ("changed_files", "bigint"), ("base_ref", "text"), ("head_ref", "text"), ("head_sha", "text"),
      ("labels", "text[]"),
    ], keyCount: 1, conflict: "repository_id, number")

  static let issues = CapturedTable(
    name: "issues",
    columns: [
      ("number", "bigint"), ("github_id", "bigint"), ("title", "text"), ("body", "text"), ("state", "text"),
      ("state_reason", "text"), ("author_login", "text"), ("created_at", "timestamptz"), ("updated_at", "timestamptz"),
      ("closed_at", "timestamptz"), ("labels", "text[]"),
    ], keyCount: 1, conflict: "repository_id, number")

  static let reviews = CapturedTable(
    name: "reviews",
    columns: [
      ("github_id", "bigint"), ("pull_number", "bigint"), ("author_login", "text"), ("state", "text"), ("body", "text"),
      ("submitted_at", "timestamptz"),
    ], keyCount: 1, conflict: "github_id")

  static let reviewComments = CapturedTable(
    name: "review_comments",
    columns: [
      ("github_id", "bigint"), ("pull_number", "bigint"), ("review_id", "bigint"), ("author_login", "text"),
      ("path", "text"), ("body", "text"), ("created_at", "timestamptz"), ("updated_at", "timestamptz"),
    ], keyCount: 1, conflict: "github_id")

  static let issueComments = CapturedTable(
    name: "issue_comments",
    columns: [
      ("github_id", "bigint"), ("issue_number", "bigint"), ("author_login", "text"), ("body", "text"),
      ("created_at", "timestamptz"), ("updated_at", "timestamptz"),
    ], keyCount: 1, conflict: "github_id")

  static let files = CapturedTable(
    name: "pull_request_files",
    columns: [
      ("pull_number", "bigint"), ("path", "text"), ("additions", "bigint"), ("deletions", "bigint"),
      ("change_type", "text"),
    ], keyCount: 2, conflict: "repository_id, pull_number, md5(path)", distinct: "r.pull_number, md5(r.path)")

  static let contributors = CapturedTable(
    name: "contributors", columns: [("login", "text"), ("github_id", "bigint"), ("account_type", "text")],
    keyCount: 1, conflict: "login", hasRepository: false)
}
