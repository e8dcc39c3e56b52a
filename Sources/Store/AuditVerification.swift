public import Domain
import Postgres

/// What a walk over a repository's audit chain found.
public struct AuditVerification: Hashable, Sendable {
  /// How many entries hold.
  public var entries: Int
  /// The last entry's hash; nil for an empty log.
  public var head: String?
  /// The first entry that does not hold, and why; nil where the whole chain does.
  public var fault: Fault?

  public struct Fault: Hashable, Sendable {
    public var sequence: Int64
    public var reason: String
  }
}

extension Store {
  /// Recomputes the chain of a repository from its rows, a page at a time.
  public func verifyAudit(of repository: RepositoryName) async throws -> AuditVerification {
    var found = AuditVerification(entries: 0)
    var head = AuditHead.none
    func fault(_ reason: String) -> AuditVerification {
      found.fault = .init(sequence: head.sequence + 1, reason: reason)
      return found
    }
    while true {
      let after = head.sequence
      let rows = try await perform { session in
        try await session.query(
          """
          SELECT *, \(microseconds("recorded_at")) AS recorded FROM yardmaster.audit_log
          WHERE repository = $1 AND sequence > $2 ORDER BY sequence LIMIT 500
          """, [.text(repository.description), .integer(after)])
      }
      for row in rows {
        guard try row.decode("format") == AuditLine.format else {
          return fault("it has a format that is not known here")
        }
        guard try row.decodeIfPresent("recorded", as: Timestamp.self) != nil else {
          return fault("its time is none that it can have been written at")
        }
        let line = try AuditLine(row: row, repository: repository)
        guard line.sequence == head.sequence + 1 else { return fault("it is missing") }
        guard line.previousHash == head.hash else { return fault("it does not follow the entry before it") }
        guard let expected = audit.hash(line) else {
          return fault("its hash is keyed, and YARDMASTER_AUDIT_KEY is not given")
        }
        guard try row.decode("hash") == expected else { return fault("its content does not match its hash") }
        head = AuditHead(sequence: line.sequence, hash: expected)
        found.entries += 1
        found.head = expected
      }
      if rows.isEmpty { break }
    }
    let stored = try await perform { session in
      try await session.query(
        "SELECT sequence, hash FROM yardmaster.audit_heads WHERE repository = $1", [.text(repository.description)]
      ).first.map { AuditHead(sequence: try $0.decode("sequence"), hash: try $0.decode("hash")) }
    }
    // Entries that were cut off at the end leave a chain that holds in itself; the head remembers them.
    if let stored, stored.sequence > head.sequence { return fault("it is missing, and the head names it") }
    return found
  }
}

extension AuditLine {
  fileprivate init(row: PostgresRow, repository: RepositoryName) throws {
    guard let algorithm = AuditChain.Algorithm(rawValue: try row.decode("hash_algorithm")) else {
      throw StoreError.malformedRow("an audit entry's hash algorithm")
    }
    self.init(
      id: try row.decode("entry_id"),
      entry: AuditEntry(
        eventType: try row.decode("event_type"), severity: try row.decodeWord("severity"),
        actor: try row.decodeIfPresent("actor"), repository: repository, actionType: try row.decode("action_type"),
        before: try row.decodeJSON("before_state"), after: try row.decodeJSON("after_state"),
        success: try row.decode("success"), metadata: try row.decodeJSON("metadata")),
      sequence: try row.decode("sequence"), recordedAt: try row.decode("recorded"), algorithm: algorithm,
      previousHash: try row.decode("previous_hash"))
  }
}
