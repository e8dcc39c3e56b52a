public import Domain
import Postgres

extension Store {
  /// Entries read at a time.
  private static let pageSize = 200

  /// Reads the audit log, chain by chain and each in its order, a page at a time; nothing is kept of a page that was
  /// taken.
  ///
  /// - Parameters:
  ///   - repository: one chain only; nil for all.
  ///   - since: leaves out what was recorded before.
  ///   - resolves: whether pseudonyms of people who were not forgotten are read as their logins. Such records do not
  ///     match their hashes.
  public func readAudit(
    of repository: RepositoryName?, since: Timestamp?, resolves: Bool, _ take: ([AuditRecord]) async throws -> Void
  ) async throws {
    let names = if let repository { [repository] } else { try await auditedRepositories() }
    for name in names {
      var after: Int64?
      while true {
        let (records, last) = try await auditPage(name, after: after, since: since, resolves: resolves)
        guard let last else { break }
        try await take(records)
        after = last
      }
    }
  }

  private func auditPage(
    _ repository: RepositoryName, after sequence: Int64?, since: Timestamp?, resolves: Bool
  ) async throws -> ([AuditRecord], last: Int64?) {
    let (rows, known) = try await perform { session in
      let rows = try await session.query(
        """
        SELECT *, \(knownMicroseconds("recorded_at")) AS recorded FROM yardmaster.audit_log
        WHERE repository = $1 AND ($2::bigint IS NULL OR sequence > $2::bigint)
          AND ($3::timestamptz IS NULL OR recorded_at >= $3::timestamptz)
        ORDER BY sequence LIMIT \(Self.pageSize)
        """, [.text(repository.description), .integer(sequence), .time(since)])
      guard resolves else { return (rows, LoginReplacement([:])) }
      let pseudonyms = try await session.query(
        """
        SELECT DISTINCT p.pseudonym, p.login
        FROM yardmaster.audit_log l
          CROSS JOIN LATERAL regexp_matches(concat_ws(' ', l.actor, l.before_state, l.after_state, l.metadata),
            'p_[0-9a-f]{32}', 'g') AS found
          JOIN yardmaster.audit_pseudonyms p ON p.pseudonym = found[1]
        WHERE l.repository = $1 AND l.sequence BETWEEN $2 AND $3
        """,
        [
          .text(repository.description), .integer(try rows.first?.decode("sequence") ?? Int64(0)),
          .integer(try rows.last?.decode("sequence") ?? Int64(0)),
        ])
      var known: [String: String] = [:]
      for row in pseudonyms { known[try row.decode("pseudonym")] = try row.decode("login") }
      return (rows, LoginReplacement(known))
    }
    let records = try rows.map { row in
      var entry = try AuditEntry(row: row, repository: repository)
      entry.actor = entry.actor.map(known.login)
      entry.before = known.value(entry.before)
      entry.after = known.value(entry.after)
      entry.metadata = known.value(entry.metadata)
      return AuditRecord(
        eventID: try row.decode("entry_id"), timestamp: try row.decode("recorded"), entry: entry,
        sequence: try row.decode("sequence"), previousHash: try row.decode("previous_hash"),
        hash: try row.decode("hash"))
    }
    return (records, records.last?.sequence)
  }
}
