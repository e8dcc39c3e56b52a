import Domain
import Postgres

/// All statements that store a page, in the order in which they run. Each table that the page touches costs one, whatever
/// the number of rows; the contributors, whom many pages share, come last.
struct PageStatements {
  private let page: CapturedPage
  private let chunk: ClaimedChunk
  private let lists: PageLists
  private(set) var all: [PostgresStatement] = []

  init(_ page: CapturedPage, of chunk: ClaimedChunk, finished: Bool) {
    self.page = page
    self.chunk = chunk
    lists = PageLists(page)
    let numbers = NumberStatements(page, of: chunk)
    all += numbers.arrivals
    add(page.pullRequests, .pullRequests, \.number)
    add(page.issues, .issues, \.number)
    addLabels()
    add(page.reviews, .reviews, \.githubID)
    add(page.reviewComments, .reviewComments, \.githubID)
    add(page.issueComments, .issueComments, \.githubID)
    add(page.files, .files) { FileKey(number: $0.pullNumber, path: Array($0.path.storable.utf8)) }
    addLinks()
    addSightings()
    all += numbers.proofs(lists)
    addDeadLetters()
    if finished { forgetSightings() }
    // The set may know one login with and without its id; the one with the id comes last and wins.
    let contributors = page.contributors.sorted { ($0.login, $0.githubID ?? -1) < ($1.login, $1.githubID ?? -1) }
    if !contributors.isEmpty {
      let rows = RowWriter(lastOfEach(contributors) { Array($0.login.utf8) })
      all.append(PostgresStatement(CapturedTable.contributors.upsert, [.json(rows.document)]))
    }
  }

  private var repository: PostgresValue { .id(chunk.repositoryID) }
  private var observed: PostgresValue { .time(page.observedAt) }

  private mutating func add<Row: CapturedRow, Key: Hashable>(
    _ rows: [Row], _ table: CapturedTable, _ key: (Row) -> Key
  ) {
    let whole = table.list.map { lists.whole($0) } ?? []
    if whole.isEmpty {
      guard !rows.isEmpty else { return }
      let document = RowWriter(lastOfEach(rows, key)).document
      all.append(PostgresStatement(table.upsert, [.json(document), repository, observed]))
    } else {
      let document = RowWriter(lastOfEach(rows, key)).document
      all.append(
        PostgresStatement(
          table.reconcile, [.json(document), repository, observed, .json(RowWriter(whole).document)]))
    }
  }

  /// Labels have no time of their own: the reading's decides which of two is the newer.
  private mutating func addLabels() {
    for (isPullRequest, table) in [(true, "pull_requests"), (false, "issues")] {
      let labels = page.labels.filter { $0.isPullRequest == isPullRequest }
      guard !labels.isEmpty else { continue }
      let rows = lastOfEach(labels, \.number).map { LabelsRow(labels: $0, begun: lists.begun(.labels, $0.number)) }
      all.append(
        PostgresStatement(
          """
          UPDATE yardmaster.\(table) AS t SET labels = r.labels
          FROM json_to_recordset($1::json) AS r (number bigint, labels text[], begun timestamptz)
            LEFT JOIN yardmaster.numbers n ON n.repository_id = $2::uuid AND n.number = r.number
          WHERE t.repository_id = $2::uuid AND t.number = r.number AND t.labels <> r.labels
            AND (n.labels_read_at IS NULL OR r.begun IS NULL OR n.labels_read_at <= r.begun)
          """, [.json(RowWriter(rows).document), repository]))
    }
  }

  /// Links are replaced, not marked: those of a list that was read whole and are not in it are deleted.
  private mutating func addLinks() {
    let read = lists.links(page)
    guard !read.isEmpty else { return }
    let rows = lastOfEach(page.links, \.key)
    all.append(
      PostgresStatement(
        """
        WITH p AS MATERIALIZED (
          SELECT p.number, p.whole
          FROM json_to_recordset($3::json) AS p (number bigint, begun timestamptz, whole boolean)
          LEFT JOIN LATERAL (
            SELECT n.links_read_at FROM yardmaster.numbers n
            WHERE n.repository_id = $2::uuid AND n.number = p.number OFFSET 0
          ) AS n ON true
          WHERE n.links_read_at IS NULL OR p.begun IS NULL OR n.links_read_at <= p.begun
        ), r AS MATERIALIZED (
          SELECT r.* FROM json_to_recordset($1::json) AS r
            (from_number bigint, to_repository text, to_number bigint, to_commit text)
          WHERE r.from_number IN (SELECT p.number FROM p)
        ), gone AS (
          DELETE FROM yardmaster.links t WHERE t.ctid = ANY (ARRAY(
            SELECT s.ctid FROM p, LATERAL (
              SELECT t.ctid, t.* FROM yardmaster.links t
              WHERE t.repository_id = $2::uuid AND t.from_number = p.number AND t.kind = 'closes' OFFSET 0
            ) AS s
            WHERE p.whole AND NOT EXISTS (
              SELECT FROM r
              WHERE r.from_number = s.from_number AND lower(r.to_repository) = lower(s.to_repository)
                AND r.to_number IS NOT DISTINCT FROM s.to_number AND r.to_commit IS NOT DISTINCT FROM s.to_commit)))
        )
        INSERT INTO yardmaster.links AS l (repository_id, from_number, to_repository, to_number, to_commit, kind)
        SELECT $2::uuid, r.from_number, r.to_repository, r.to_number, r.to_commit, 'closes' FROM r
        ORDER BY r.from_number, lower(r.to_repository), r.to_number, r.to_commit
        -- One that a text said before GitHub listed it.
        ON CONFLICT (repository_id, from_number, lower(to_repository), coalesce(to_number, 0), coalesce(to_commit, ''),
          kind) DO UPDATE SET origin = 'github' WHERE l.origin <> 'github'
        """, [.json(RowWriter(rows).document), repository, .json(RowWriter(read).document)]))
  }

  /// Of lists that come in parts the keys are kept until the last part: then what is stored and was in none is gone.
  private mutating func addSightings() {
    let begun = lists.partial.filter(\.isFirst)
    if !begun.isEmpty {
      // A walk that began anew.
      all.append(
        PostgresStatement(
          """
          DELETE FROM yardmaster.list_sightings s USING json_to_recordset($1::json) AS p (number bigint, list text)
          WHERE s.chunk_id = $2::uuid AND s.list = p.list AND s.number = p.number
          """,
          [.json(RowWriter(begun.map { ListName(number: $0.number, list: $0.list) }).document), .id(chunk.id)]))
    }
    let sightings = lists.sightings(page)
    if !sightings.isEmpty {
      all.append(
        PostgresStatement(
          """
          INSERT INTO yardmaster.list_sightings (chunk_id, number, list, key)
          SELECT $2::uuid, r.number, r.list, r.key
          FROM json_to_recordset($1::json) AS r (number bigint, list text, key text)
          """, [.json(RowWriter(sightings).document), .id(chunk.id)]))
    }
    if let unsure = page.reviewCommentWalk?.unsure {
      // Counts as seen: nothing is said of what was not met in them.
      all.append(
        PostgresStatement(
          """
          INSERT INTO yardmaster.list_sightings (chunk_id, number, list, key)
          SELECT $2::uuid, 0, '\(CapturedList.reviewComments.rawValue)', t.github_id::text
          FROM yardmaster.review_comments t
          WHERE t.repository_id = $1::uuid AND t.deleted_at IS NULL
            AND t.updated_at >= $3::timestamptz AND t.updated_at < $4::timestamptz + interval '1 second'
          """, [repository, .id(chunk.id), .time(unsure.lowerBound), .time(unsure.upperBound)]))
    }
    for table in [CapturedTable.reviews, .reviewComments, .issueComments, .files] {
      guard let list = table.list else { continue }
      let ended = lists.ended(list, of: page)
      if !ended.isEmpty { sweep(table.sweepLists, ended) }
    }
    if let walk = page.reviewCommentWalk, walk.isLast {
      // All comments against all that were met: one by one, that grows with the square of their number. What follows in
      // the transaction looks up single rows.
      all.append(Store.roomToCount)
      sweep(CapturedTable.reviewComments.sweepAll, [ReadList(number: 0, begun: walk.begun, page)])
      all.append(PostgresStatement("SELECT set_config('enable_nestloop', 'on', true)"))
    }
    for list in [CapturedList.closes, .closer] {
      let ended = lists.ended(list, of: page)
      guard !ended.isEmpty else { continue }
      all.append(
        PostgresStatement(
          """
          DELETE FROM yardmaster.links t USING json_to_recordset($1::json) AS p (number bigint)
          WHERE t.repository_id = $2::uuid AND t.from_number = p.number AND t.kind = 'closes'
            AND NOT EXISTS (
              SELECT FROM yardmaster.list_sightings s
              WHERE s.chunk_id = $3::uuid AND s.list = '\(list.rawValue)' AND s.number = p.number
                AND s.key = lower(t.to_repository) || '#' || coalesce(t.to_number::text, t.to_commit))
          """, [.json(RowWriter(ended).document), repository, .id(chunk.id)]))
    }
    let ended = lists.partial.filter(\.isLast)
    if !ended.isEmpty {
      all.append(
        PostgresStatement(
          """
          DELETE FROM yardmaster.list_sightings s USING json_to_recordset($1::json) AS p (number bigint, list text)
          WHERE s.chunk_id = $2::uuid AND s.list = p.list AND s.number = p.number
          """,
          [.json(RowWriter(ended.map { ListName(number: $0.number, list: $0.list) }).document), .id(chunk.id)]))
    }
  }

  private mutating func sweep(_ sql: String, _ lists: [ReadList]) {
    all.append(PostgresStatement(sql, [.json(RowWriter(lists).document), repository, observed, .id(chunk.id)]))
  }

  private mutating func addDeadLetters() {
    guard !page.deadLetters.isEmpty else { return }
    let letters = lastOfEach(page.deadLetters) { [$0.kind, $0.reference.indexable] }
    all.append(
      PostgresStatement(
        """
        INSERT INTO yardmaster.dead_letters AS d (kind, reference, error, payload, repository_id, number)
        SELECT r.kind, r.reference, r.error, r.payload, $2::uuid, r.number
        FROM json_to_recordset($1::json) AS r (kind text, reference text, error text, payload jsonb, number bigint)
        ORDER BY r.kind, r.reference
        ON CONFLICT (kind, reference) DO UPDATE SET attempts = d.attempts + 1, error = excluded.error,
          payload = excluded.payload, repository_id = excluded.repository_id, number = excluded.number,
          updated_at = now()
        """, [.json(.array(letters.map(\.row))), repository]))
  }

  private mutating func forgetSightings() {
    all.append(
      PostgresStatement("DELETE FROM yardmaster.list_sightings WHERE chunk_id = $1::uuid", [.id(chunk.id)]))
  }

  /// PostgreSQL refuses a statement that would write one row twice.
  private func lastOfEach<Row, Key: Hashable>(_ rows: [Row], _ key: (Row) -> Key) -> [Row] {
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

extension DeadLetter {
  /// Letters are few: they need no writer of their own.
  fileprivate var row: JSONValue {
    [
      "kind": .string(kind), "reference": .string(reference.indexable), "error": .string(error), "payload": payload,
      "number": .integer(Int64(number)),
    ]
  }
}
