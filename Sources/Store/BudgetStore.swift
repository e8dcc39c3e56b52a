public import Domain
import Postgres

/// The budgets that all processes of an owner share, in PostgreSQL: each draw is one round trip on a connection of its
/// own, so that no commit of rows keeps it waiting.
///
/// Decisions are taken by a function in the database that holds the owner's row meanwhile; see the fifth migration. Calls
/// may be repeated: what was granted or settled before is found again.
public final class BudgetStore: BudgetLedger, Sendable {
  private let database: Database

  /// - Parameter databaseURL: libpq's URI or keyword/value string. Nothing is opened before the first call.
  public init(databaseURL: String) {
    // Whoever waits longer for leave than a request takes does better without.
    database = Database(url: databaseURL, limits: PostgresConnection.Limits(connect: 10, statement: 15))
  }

  /// On a connection that is used for something else, too.
  init(sharing database: Database) { self.database = database }

  /// Closes the connection; the next call would open another.
  public func close() async { await database.close() }

  /// Without a wait for a database that went away: whoever asks for leave goes by what it knows itself meanwhile.
  private func perform<Value>(_ body: (StoreSession) async throws -> Value) async throws -> Value {
    try await database.perform(toleratesOutage: false, body)
  }

  public func draw(_ request: BudgetRequest, settling receipts: [BudgetReceipt]) async throws -> BudgetGrant {
    try await perform { session in
      let row = try await session.query(
        "SELECT granted, wait, reason FROM yardmaster.draw_budget($1::json, $2::json)",
        [.json(RowWriter(object: request).document), .json(RowWriter(receipts).document)])[0]
      if try row.decode("granted") { return .granted }
      return .wait(seconds: max(try row.decode("wait"), 0.01), reason: try row.decodeWord("reason"))
    }
  }

  public func settle(_ receipts: [BudgetReceipt]) async throws {
    guard !receipts.isEmpty else { return }
    try await perform { session in
      _ = try await session.query(
        "SELECT yardmaster.settle_budget($1::json)", [.json(RowWriter(receipts).document)])
    }
  }

  public func owner(ofToken fingerprint: String) async throws -> BudgetOwner? {
    try await perform { session in
      let rows = try await session.query(
        "SELECT owner FROM yardmaster.budget_tokens WHERE fingerprint = $1", [.text(fingerprint)])
      return rows.isEmpty ? nil : BudgetOwner(try rows[0].decode("owner"))
    }
  }

  /// Tokens that were not seen for a month are forgotten: each job has a new one.
  public func remember(_ owner: BudgetOwner, ofToken fingerprint: String) async throws {
    try await perform { session in
      _ = try await session.query(
        """
        WITH forgotten AS (
          DELETE FROM yardmaster.budget_tokens WHERE seen_at < now() - interval '30 days' AND fingerprint <> $1
        )
        INSERT INTO yardmaster.budget_tokens (fingerprint, owner) VALUES ($1, $2)
        ON CONFLICT (fingerprint) DO UPDATE SET owner = excluded.owner, seen_at = now()
        """, [.text(fingerprint), .text(owner.description)])
    }
  }

  /// Windows that are over are left out: nobody knows what is in the next one.
  public func balances(of owner: BudgetOwner) async throws -> [BudgetBalance] {
    try await balances(whose: "owner = $1", [.text(owner.description)])
  }

  /// Everybody's. Tokens whose owner is not known are left out: what they showed is some owner's.
  public func balances() async throws -> [BudgetBalance] {
    try await balances(whose: "split_part(owner, ' ', 2) NOT LIKE 'token:%'", [])
  }

  private func balances(whose condition: String, _ parameters: [PostgresValue]) async throws -> [BudgetBalance] {
    try await perform { session in
      try await session.query(
        """
        SELECT owner, resource, quota, remaining, \(microseconds("resets_at")) AS resets
        FROM yardmaster.budget_windows
        WHERE \(condition) AND resets_at > yardmaster.budget_clock() AND isfinite(resets_at)
        ORDER BY owner, resource LIMIT 50
        """, parameters
      ).map { row in
        BudgetBalance(
          owner: BudgetOwner(try row.decode("owner")), resource: try row.decode("resource"),
          limit: try row.decode("quota"), remaining: try row.decode("remaining"),
          resetsAt: try row.decode("resets"))
      }
    }
  }
}

extension BudgetRequest: CapturedRow {
  func write(to writer: inout RowWriter) {
    writer.member("id", id.text)
    writer.member("owner", owner.description)
    writer.member("resource", resource)
    writer.member("cost", cost)
    writer.member("weight", weight)
    writer.member("creates_content", createsContent)
    writer.member("expected_seconds", expectedSeconds)
    writer.member("priority", priority.rawValue)
    writer.member("standing", standing.rawValue)
    writer.member("sender", sender.text)
  }
}

extension BudgetReceipt: CapturedRow {
  func write(to writer: inout RowWriter) {
    writer.member("id", id.text)
    writer.member("owner", owner.description)
    writer.member("resource", resource)
    writer.member("cost", cost.map { Int64($0) })
    writer.member("seconds", max(seconds, 0))
    if let window {
      writer.member("quota", window.limit)
      writer.member("remaining", window.remaining)
      writer.member("resets_in", window.resetsIn)
    }
    switch refusal {
    case nil: break
    case .primary(let resetsIn)?:
      writer.member("refusal", "primary")
      if let resetsIn { writer.member("refusal_seconds", resetsIn) }
    case .secondary(let retryAfter)?:
      writer.member("refusal", "secondary")
      if let retryAfter { writer.member("refusal_seconds", retryAfter) }
    }
  }
}
