import Domain
import Postgres

/// Where a login stands in the database.
public struct LoginTrace: Hashable, Sendable {
  /// Without its schema.
  public var table: String
  public var column: String
  public var rows: Int

  /// Whether `forget(login:captured:)` can take it out.
  public var isRemovable: Bool
}

/// What became of a login.
public struct ForgottenLogin: Hashable, Sendable {
  /// Its pseudonym in the audit log until now; nil where it had none.
  public var pseudonym: String?
  /// Where it still stands, or stood where it was taken out.
  public var traces: [LoginTrace]
}

extension Store {
  /// Where the login stands: in columns that hold logins, in the accounts of kept payloads, and in what Yardmaster
  /// recorded of events, commands and actions. What was captured of people's texts, which may mention anybody, is not
  /// searched.
  public func traces(of login: String) async throws -> ForgottenLogin {
    let (pseudonym, places) = try await perform { session in
      let found = try await session.query(
        "SELECT pseudonym FROM yardmaster.audit_pseudonyms WHERE lower(login) = lower($1)", [.text(login)])
      return (try found.first?.decode("pseudonym", as: String.self), try await LoginPlace.all(in: session))
    }
    var traces: [LoginTrace] = []
    for place in places {
      let rows = try await erase(login, from: place, writes: false)
      guard rows > 0 else { continue }
      traces.append(LoginTrace(table: place.table, column: place.column, rows: rows, isRemovable: place.isRemovable))
    }
    return ForgottenLogin(pseudonym: pseudonym, traces: traces)
  }

  /// Removes what says who the login's pseudonym in the audit log is. The log stays as it is, and whole; a later entry
  /// of the same login has another pseudonym.
  ///
  /// - Parameter captured: also takes the login out of captured rows and of what was recorded, as GitHub does with an
  ///   account that was deleted: NULL where a login is a column, `ghost` in documents and texts, and no contributor. A
  ///   capture brings back what GitHub still tells. Payloads of failed events that have the account go: these events stay
  ///   failed, and cannot be tried again.
  public func forget(login: String, captured: Bool) async throws -> ForgottenLogin {
    let found = try await traces(of: login)
    try await perform { session in
      _ = try await session.query(
        "DELETE FROM yardmaster.audit_pseudonyms WHERE lower(login) = lower($1)", [.text(login)])
    }
    guard captured else { return found }
    let wanted = Set(found.traces.filter(\.isRemovable).map { "\($0.table).\($0.column)" })
    for place in try await perform({ try await LoginPlace.all(in: $0) }) where wanted.contains(place.name) {
      _ = try await erase(login, from: place, writes: true)
    }
    return found
  }

  /// - Returns: in how many rows it stands, or stood.
  private func erase(_ login: String, from place: LoginPlace, writes: Bool) async throws -> Int {
    switch place.content {
    case .rows(let condition, let removal):
      return try await perform { session in
        let sql =
          writes
          ? "WITH gone AS (\(removal) WHERE \(condition) RETURNING 1) SELECT count(*) AS rows FROM gone"
          : "SELECT count(*) AS rows FROM yardmaster.\(place.table) WHERE \(condition)"
        return try await session.query(sql, [.text(login)])[0].decode("rows")
      }
    case .words(let isJSON, let wording):
      let erasure = LoginErasure(login)
      // A row that somebody writes meanwhile moves, and may have been passed already.
      var rows = 0
      for _ in 0..<Self.passes {
        let changed = try await walk(place, erasure, isJSON: isJSON, wording, writes: writes)
        rows += changed
        if !writes || changed == 0 { break }
      }
      return rows
    }
  }

  private static let passes = 5
  /// Rows that are read, and written, at a time.
  private static let pageSize = 500

  private func walk(
    _ place: LoginPlace, _ erasure: LoginErasure, isJSON: Bool, _ wording: LoginErasure.Wording, writes: Bool
  ) async throws -> Int {
    let (table, column) = (place.table, place.column)
    var last = "(0,0)"
    var count = 0
    while true {
      let after = last
      let rows = try await perform { session in
        try await session.query(
          """
          SELECT t.ctid::text AS id, t.\(column)::text AS value FROM yardmaster.\(table) t
          WHERE t.ctid > $1::tid
            AND (strpos(lower(t.\(column)::text), $2) > 0 OR strpos(lower(t.\(column)::text), $3) > 0)
          ORDER BY t.ctid LIMIT \(Self.pageSize)
          """, [.text(after), .text(erasure.spellings.first), .text(erasure.spellings.last)])
      }
      guard let end = rows.last else { return count }
      last = try end.decode("id")
      let changes = try rows.compactMap { row -> JSONValue? in
        let old: String = try row.decode("value")
        var new: String
        if isJSON {
          let document: JSONValue = try row.decodeJSON("value")
          let erased = erasure.value(document)
          guard erased != document else { return nil }
          new = erased.canonicalText
        } else {
          new = erasure.text(old, wording)
        }
        return new == old ? nil : ["id": .string(try row.decode("id")), "old": .string(old), "new": .string(new)]
      }
      count += changes.count
      guard writes, !changes.isEmpty else { continue }
      try await perform { session in
        _ = try await session.query(
          """
          UPDATE yardmaster.\(table) t SET \(column) = r.new\(isJSON ? "::jsonb" : "")
          FROM json_to_recordset($1::json) AS r (id tid, old text, new text)
          WHERE t.ctid = r.id AND t.\(column)::text = r.old
          """, [.json(.array(changes))])
      }
    }
  }
}

/// A column that may hold logins.
private struct LoginPlace: Sendable {
  enum Content: Sendable {
    /// Whose rows are told by a condition on `$1`, and are removed, or emptied, as a whole.
    case rows(where: String, removal: String)
    /// Texts, or documents, in which the login is replaced.
    case words(isJSON: Bool, LoginErasure.Wording)
  }

  /// Quoted where they need it.
  var table: String
  var column: String
  var content: Content
  var isRemovable = true

  var name: String { "\(table).\(column)" }

  /// Columns that hold one login, by their names, so that later tables are found too.
  private static let columns: Set<String> = ["actor", "author_login", "login"]
  /// Columns that hold words of Yardmaster's own about logins, and the arguments of commands.
  private static let ownWords: Set<String> = ["arguments", "error", "explanation"]
  /// One row a login, which goes as a whole.
  private static let people: Set<String> = ["contributors", "own_logins"]
  /// What is on GitHub, as it is there: a capture would bring it back.
  private static let captured: Set<String> = [
    "issue_comments", "issues", "links", "list_sightings", "numbers", "pull_request_files", "pull_requests",
    "review_comments", "reviews",
  ]
  private static let log = "audit_log"

  /// Every place, in the order of the tables' and columns' names.
  static func all(in session: StoreSession) async throws -> [LoginPlace] {
    let rows = try await session.query(
      """
      SELECT c.relname AS name, a.attname AS column, quote_ident(c.relname) AS quoted_name,
        quote_ident(a.attname) AS quoted_column, a.attnotnull AS is_required, a.atttypid = 'jsonb'::regtype AS is_json
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'yardmaster'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
        AND NOT a.attisdropped AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype)
        AND (c.relname NOT LIKE 'audit%' OR c.relname = '\(log)')
      ORDER BY c.relname, a.attname
      """)
    return try rows.compactMap { row in
      let table: String = try row.decode("name")
      let column: String = try row.decode("column")
      var place = LoginPlace(
        table: try row.decode("quoted_name"), column: try row.decode("quoted_column"),
        content: .words(isJSON: try row.decode("is_json"), ownWords.contains(column) ? .own : .mixed))
      if let special = specials["\(table).\(column)"] {
        place.content = special
      } else if columns.contains(column) {
        let isRequired: Bool = try row.decode("is_required")
        place.content = .rows(
          where: "lower(\(place.column)) = lower($1)",
          removal: people.contains(table)
            ? "DELETE FROM yardmaster.\(place.table)" : "UPDATE yardmaster.\(place.table) SET \(place.column) = NULL")
        place.isRemovable = people.contains(table) || !isRequired
      } else if captured.contains(table) || people.contains(table) {
        return nil
      }
      if table == log { place.isRemovable = false }
      return place
    }
  }

  /// What goes as a whole, since a part of it would mean something else.
  private static let specials: [String: Content] = [
    // An account stands in many places of what is kept of a failed event, next to its texts and addresses.
    "failed_events.payload": .rows(
      where: naming("payload"), removal: "UPDATE yardmaster.failed_events SET payload = NULL"),
    "dead_letters.payload": .rows(
      where: naming("payload"),
      removal: "UPDATE yardmaster.dead_letters SET payload = payload || '{\"payload\": null}'"),
    // Of two who are forgotten one neutral name would be left.
    "facets.facet": .rows(where: "facet = 'assignee:' || lower($1)", removal: "DELETE FROM yardmaster.facets"),
    // Only what was said to somebody has their login in its key.
    "actions.once_key": .rows(
      where: "starts_with(once_key, 'flood:') AND split_part(once_key, ':', 3) = lower($1)",
      removal: "UPDATE yardmaster.actions SET once_key = NULL"),
    // A copy of a file of the repository: it is read again.
    "configurations.content": .rows(
      where: "content ~* \(pattern(behind: ""))",
      removal: "DELETE FROM yardmaster.configurations"),
  ]

  /// The rows of a table whose payload has the account, or mentions it. In a payload accounts have their name as `login`.
  private static func naming(_ column: String) -> String {
    """
    \(column) IS NOT NULL AND (
      EXISTS (SELECT FROM jsonb_path_query(\(column), 'lax $.**.login') AS l WHERE lower(l #>> '{}') = lower($1))
      OR \(column)::text ~* \(pattern(behind: "@")))
    """
  }

  /// Of the whole login; brackets, which a bot's has, are no pattern.
  private static func pattern(behind mark: String) -> String {
    """
    ('(^|[^[:alnum:]_-])\(mark)' || replace(replace($1::text, '[', '\\['), ']', '\\]') || '($|[^[:alnum:]_-])')
    """
  }
}
