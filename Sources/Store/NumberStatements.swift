import Domain
import Postgres

/// What a page says about numbers: what stands there, what is gone with all that hung on it, what is proven.
struct NumberStatements {
  private let page: CapturedPage
  private let chunk: ClaimedChunk

  init(_ page: CapturedPage, of chunk: ClaimedChunk) {
    self.page = page
    self.chunk = chunk
  }

  private var repository: PostgresValue { .id(chunk.repositoryID) }
  private var observed: PostgresValue { .time(page.observedAt) }

  /// Comes before the items' own rows, which may be there again.
  var arrivals: [PostgresStatement] {
    guard !page.numbers.isEmpty else { return [] }
    var statements = [
      PostgresStatement(
        """
        INSERT INTO yardmaster.numbers AS t (repository_id, number, kind, node_id, observed_at)
        SELECT DISTINCT ON (r.number) $2::uuid, r.number, r.kind, r.node_id, coalesce($3::timestamptz, now())
        FROM json_to_recordset($1::json) AS r (number bigint, kind text, node_id text) ORDER BY r.number
        ON CONFLICT (repository_id, number) DO UPDATE SET kind = excluded.kind, node_id = excluded.node_id,
          observed_at = excluded.observed_at
        WHERE t.observed_at IS NULL OR t.observed_at <= excluded.observed_at
        """, [.json(RowWriter(page.numbers).document), repository, observed])
    ]
    // A number changes its kind where an issue becomes a pull request or a discussion.
    let pulls = page.numbers.filter { $0.kind == .pullRequest }.map(\.number)
    let issues = page.numbers.filter { $0.kind == .issue }.map(\.number)
    let vacant = page.numbers.filter { $0.kind == .gone || $0.kind == .discussion }.map(\.number)
    statements += mark("issues", "number", pulls, "'pull_request'")
    statements += mark("pull_requests", "number", issues, "'issue'")
    for (table, column) in [
      ("issues", "number"), ("pull_requests", "number"), ("issue_comments", "issue_number"),
      ("reviews", "pull_number"), ("review_comments", "pull_number"), ("pull_request_files", "pull_number"),
    ] {
      statements += mark(table, column, vacant, "'gone', 'discussion'")
    }
    if !vacant.isEmpty {
      // What could not be read of an item is no loss any more once the item is gone.
      for (table, column) in [("links", "from_number"), ("dead_letters", "number")] {
        statements.append(
          PostgresStatement(
            """
            DELETE FROM yardmaster.\(table) t USING yardmaster.numbers n
            WHERE t.repository_id = $2::uuid AND t.\(column) = n.number
              AND n.repository_id = $2::uuid AND n.number = ANY ($1::bigint[]) AND n.kind IN ('gone', 'discussion')
            """, [.array(vacant), repository]))
      }
    }
    return statements
  }

  /// Marks what hangs on these numbers, unless a newer reading found something else there.
  private func mark(_ table: String, _ column: String, _ numbers: [Int], _ kinds: String) -> [PostgresStatement] {
    guard !numbers.isEmpty else { return [] }
    return [
      PostgresStatement(
        """
        UPDATE yardmaster.\(table) t SET deleted_at = coalesce($3::timestamptz, now()) FROM yardmaster.numbers n
        WHERE t.repository_id = $2::uuid AND t.\(column) = ANY ($1::bigint[]) AND t.deleted_at IS NULL
          AND n.repository_id = $2::uuid AND n.number = t.\(column) AND n.kind IN (\(kinds))
        """, [.array(numbers), repository, observed])
    ]
  }

  /// Comes after all rows: GitHub's counts of the lists that ended, the items that are complete, and their dead letters.
  func proofs(_ lists: PageLists) -> [PostgresStatement] {
    var proofs: [Int: NumberProof] = [:]
    for part in lists.last { proofs[part.number, default: NumberProof(number: part.number)].add(part) }
    for number in page.completed { proofs[number, default: NumberProof(number: number)].isComplete = true }
    guard !proofs.isEmpty else { return [] }
    let rows = proofs.values.sorted { $0.number < $1.number }
    var statements = [
      PostgresStatement(
        """
        UPDATE yardmaster.numbers n SET labels_total = coalesce(r.labels, n.labels_total),
          comments_total = coalesce(r.comments, n.comments_total),
          reviews_total = coalesce(r.reviews, n.reviews_total), files_total = coalesce(r.files, n.files_total),
          closes_total = coalesce(r.closes, n.closes_total),
          labels_read_at = greatest(n.labels_read_at, r.labels_read_at),
          links_read_at = greatest(n.links_read_at, r.links_read_at),
          proved_at = CASE WHEN r.complete THEN greatest(n.observed_at, coalesce($3::timestamptz, now()))
            ELSE n.proved_at END
        FROM json_to_recordset($1::json) AS r (number bigint, labels integer, comments integer, reviews integer,
          files integer, closes integer, labels_read_at timestamptz, links_read_at timestamptz, complete boolean)
        WHERE n.repository_id = $2::uuid AND n.number = r.number
        """, [.json(RowWriter(rows).document), repository, observed])
    ]
    if !page.completed.isEmpty {
      // Review comments that could not be read are still missing where the item was captured without them.
      let excepted: String =
        if case .numbers(_, reviewComments: true) = chunk.scope { "" } else {
          " AND payload->>'list' IS DISTINCT FROM '\(CapturedList.reviewComments.rawValue)'"
        }
      statements.append(
        PostgresStatement(
          """
          DELETE FROM yardmaster.dead_letters
          WHERE repository_id = $2::uuid AND number = ANY ($1::bigint[])\(excepted)
          """, [.array(page.completed), repository]))
    }
    return statements
  }
}

/// What a page proves about one number.
private struct NumberProof: CapturedRow {
  var number: Int
  var totals: [CapturedList: Int] = [:]
  var labelsReadAt: Timestamp?
  var linksReadAt: Timestamp?
  var isComplete = false

  init(number: Int) { self.number = number }

  mutating func add(_ part: ListPart) {
    totals[part.list] = part.total
    switch part.list {
    case .labels: labelsReadAt = part.begun
    case .closes, .closer: linksReadAt = part.begun
    default: break
    }
  }

  func write(to writer: inout RowWriter) {
    func total(_ list: CapturedList) -> Int64? { totals[list].map { Int64($0) } }
    writer.member("number", number)
    writer.member("labels", total(.labels))
    writer.member("comments", total(.comments))
    writer.member("reviews", total(.reviews))
    writer.member("files", total(.files))
    writer.member("closes", total(.closes))
    writer.member("labels_read_at", labelsReadAt?.description)
    writer.member("links_read_at", linksReadAt?.description)
    writer.member("complete", isComplete)
  }
}

extension NumberRecord: CapturedRow {
  func write(to writer: inout RowWriter) {
    writer.member("number", number)
    writer.member("kind", kind.rawValue)
    writer.member("node_id", nodeID)
  }
}

extension PostgresValue {
  /// A `bigint[]`.
  static func array(_ numbers: [Int]) -> PostgresValue {
    .text("{\(numbers.map { String($0) }.joined(separator: ","))}")
  }
}
