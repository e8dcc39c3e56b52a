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

  /// Leave without a turn in the queue, where nothing is scarce: no limit holds for anybody, and of the window, of the
  /// minute and of what may be under way no more than a share is used. One statement that takes no lock; what others are
  /// granted at the same moment is far less than what is left. It counts as sent and answered from here on, so that
  /// there is nothing to settle.
  ///
  /// - Returns: whether the window that it draws on is known; nil where ``draw(_:settling:)`` has to decide.
  public func drawFreely(_ request: BudgetRequest) async throws -> Bool? {
    try await perform { session in
      let rows = try await session.query(
        """
        WITH gone AS (
          DELETE FROM yardmaster.budget_calls c WHERE c.owner = $2
            AND greatest(c.started_at, c.ended_at) < yardmaster.budget_clock() - interval '61 seconds'
            AND NOT (c.creates_content AND c.started_at > yardmaster.budget_clock() - interval '1 hour')
        )
        INSERT INTO yardmaster.budget_calls (id, owner, resource, cost, weight, creates_content, started_at, ended_at,
          seconds, sender)
        SELECT $1::uuid, $2, $3, $4::integer, $5::integer, false, moment, moment, $6::double precision, $7::uuid
        FROM (SELECT yardmaster.budget_clock() AS moment) AS now
        WHERE NOT EXISTS (SELECT FROM yardmaster.budget_owners o WHERE o.limited_until > moment)
          AND NOT EXISTS (SELECT FROM yardmaster.budget_windows w
            WHERE w.resource = $3 AND w.resets_at > moment AND w.remaining < greatest(w.quota * \(Self.scarce.share), \(Self.scarce.count)))
          AND (SELECT coalesce(sum(greatest(c.weight, 5)), 0) FROM yardmaster.budget_calls c
            WHERE c.owner = $2 AND coalesce(c.ended_at, c.started_at) > moment - interval '61 seconds') < 200
        ON CONFLICT (id) DO UPDATE SET sender = excluded.sender
        RETURNING EXISTS (SELECT FROM yardmaster.budget_windows w
          WHERE w.owner = $2 AND w.resource = $3 AND w.resets_at > yardmaster.budget_clock()) AS known
        """,
        [
          .id(request.id), .text(request.owner.description), .text(request.resource),
          .integer(Int64(request.cost)), .integer(Int64(request.weight)), .text(String(request.expectedSeconds)),
          .id(request.sender),
        ])
      return try rows.first?.decode("known")
    }
  }

  /// Of a window that has less left than this, everybody is to know.
  public static func isScarce(_ window: BudgetReceipt.Window) -> Bool {
    Double(window.remaining) < max(Double(window.limit) * scarce.share, Double(scarce.count))
  }

  private static let scarce = (share: 0.3, count: 100)

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
