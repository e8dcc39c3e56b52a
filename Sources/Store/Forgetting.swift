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
  /// Columns that hold one login, by their names, so that later tables are found too.
  private static let columns = ["actor", "author_login", "login"]

  /// Payloads that are kept of failed events, with what takes one out: an account stands in many places of them, next to
  /// its texts and addresses, so the payload goes as a whole. In a payload accounts have their name as `login`.
  private static let payloads = [
    (table: "failed_events", column: "payload", removal: "payload = NULL"),
    (table: "dead_letters", column: "payload", removal: "payload = payload || '{\"payload\": null}'"),
  ]

  /// The rows of a table whose payload has the account.
  private static func naming(_ column: String) -> String {
    """
    \(column) IS NOT NULL AND EXISTS (SELECT FROM jsonb_path_query(\(column), 'lax $.**.login') AS l
      WHERE lower(l #>> '{}') = lower($1))
    """
  }

  /// Where the login stands, by columns that hold logins, and by the accounts of kept payloads. Texts, which may mention
  /// anybody, are not searched.
  public func traces(of login: String) async throws -> ForgottenLogin {
    try await perform { session in
      let tables = try await Self.tables(in: session)
      let rows = try await session.pipeline(
        [Self.pseudonym(of: login)]
          + tables.map { table in
            PostgresStatement(
              "SELECT count(*) AS rows FROM yardmaster.\(table.name) WHERE lower(\(table.column)) = lower($1)",
              [.text(login)])
          }
          + Self.payloads.map { place in
            PostgresStatement(
              "SELECT count(*) AS rows FROM yardmaster.\(place.table) WHERE \(Self.naming(place.column))",
              [.text(login)])
          })
      let places =
        tables.map { ($0.name, $0.column, $0.isRemovable) } + Self.payloads.map { ($0.table, $0.column, true) }
      let traces = try zip(places, rows.dropFirst()).map { place, rows in
        LoginTrace(table: place.0, column: place.1, rows: try rows[0].decode("rows"), isRemovable: place.2)
      }
      return ForgottenLogin(
        pseudonym: try rows[0].first?.decode("pseudonym"), traces: traces.filter { $0.rows > 0 })
    }
  }

  /// Removes what says who the login's pseudonym in the audit log is. The log stays as it is, and whole; a later entry
  /// of the same login has another pseudonym.
  ///
  /// - Parameter captured: also takes the login out of captured rows and of events, as GitHub does with an account that
  ///   was deleted: NULL in its place, and no contributor. A capture brings back what GitHub still tells. Payloads of
  ///   failed events that have the account go: these events stay failed, and cannot be tried again.
  public func forget(login: String, captured: Bool) async throws -> ForgottenLogin {
    let traces = try await traces(of: login)
    var statements = [
      PostgresStatement(
        "DELETE FROM yardmaster.audit_pseudonyms WHERE lower(login) = lower($1)", [.text(login)])
    ]
    if captured {
      statements += traces.traces.filter(\.isRemovable).map { trace in
        if let payload = Self.payloads.first(where: { $0.table == trace.table && $0.column == trace.column }) {
          return PostgresStatement(
            "UPDATE yardmaster.\(payload.table) SET \(payload.removal) WHERE \(Self.naming(payload.column))",
            [.text(login)])
        }
        return PostgresStatement(
          trace.table == Self.people
            ? "DELETE FROM yardmaster.\(trace.table) WHERE lower(\(trace.column)) = lower($1)"
            : "UPDATE yardmaster.\(trace.table) SET \(trace.column) = NULL WHERE lower(\(trace.column)) = lower($1)",
          [.text(login)])
      }
    }
    let all = statements
    _ = try await perform { session in try await session.pipeline(all) }
    return traces
  }

  /// One row a person, which goes as a whole.
  private static let people = "contributors"

  private static func pseudonym(of login: String) -> PostgresStatement {
    PostgresStatement(
      "SELECT pseudonym FROM yardmaster.audit_pseudonyms WHERE lower(login) = lower($1)", [.text(login)])
  }

  private struct Table: Sendable {
    var name: String
    var column: String
    var isRemovable: Bool
  }

  private static func tables(in session: StoreSession) async throws -> [Table] {
    let rows = try await session.query(
      """
      SELECT quote_ident(c.relname) AS name, quote_ident(a.attname) AS column, a.attnotnull AS is_required
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'yardmaster'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = ANY ($1::name[])
        AND NOT a.attisdropped AND c.relname <> 'audit_pseudonyms'
      ORDER BY c.relname, a.attname
      """, [.textArray(columns)])
    return try rows.map { row in
      let name: String = try row.decode("name")
      let isRequired: Bool = try row.decode("is_required")
      return Table(
        name: name, column: try row.decode("column"),
        isRemovable: name == people || !isRequired && name != "audit_log")
    }
  }
}
