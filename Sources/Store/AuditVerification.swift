public import Domain
import Postgres

/// What a walk over a repository's audit chain found.
public struct AuditVerification: Hashable, Sendable {
  public var repository: RepositoryName
  /// How many entries hold.
  public var entries: Int
  /// The last entry that holds; nil where none does.
  public var head: AuditAnchor?
  /// The last entry that was pruned, as its signed checkpoint says; 0 where the chain is there from its beginning.
  public var prunedThrough: Int64 = 0
  /// Entries whose hash needs no key: anybody who may write the table could have written them anew, with all that
  /// follows, were it not for an anchor. They stand before the first keyed one.
  public var unkeyed = 0
  /// Anchors that lie in what was pruned, so that nothing can be said of them.
  public var prunedAnchors: [AuditAnchor] = []
  /// The first entry that does not hold, and why; nil where the whole chain does.
  public var fault: Fault?

  public struct Fault: Hashable, Sendable {
    public var sequence: Int64
    public var reason: String
    /// Whether all that is wrong is that the key was not given: nothing is known of this entry and those after it.
    public var isKeyMissing = false
  }
}

extension Store {
  /// Every repository that has an audit log, had one, or has to have one, in order.
  public func auditedRepositories() async throws -> [RepositoryName] {
    let rows = try await perform { session in
      try await session.query(
        """
        SELECT repository FROM yardmaster.audit_heads UNION SELECT repository FROM yardmaster.audit_log
        UNION SELECT repository FROM yardmaster.audit_checkpoints
        UNION SELECT repository FROM yardmaster.events WHERE outcome IS NOT NULL ORDER BY 1
        """)
    }
    return try rows.map { row in
      guard let name = RepositoryName(try row.decode("repository", as: String.self)) else {
        throw StoreError.malformedRow("the name of an audit log's repository")
      }
      return name
    }
  }

  /// Recomputes the chain of a repository from its rows, a page at a time, beginning after the last signed checkpoint.
  ///
  /// - Parameter anchors: earlier ends of the chain, which it has to go through. One without a place is looked for.
  public func verifyAudit(of repository: RepositoryName, anchors: [AuditAnchor] = []) async throws -> AuditVerification
  {
    while true {
      let checkpoints = try await self.checkpoints(of: repository)
      var walk = AuditWalk(repository, checkpoints: checkpoints, anchors: anchors, chain: audit)
      if try await walk.run(page) { return walk.found }
      // Entries were pruned meanwhile: begin after the newer checkpoint.
    }
  }

  /// The entries after one, with the chain's stored end as the same snapshot has it.
  private func page(_ repository: RepositoryName, after sequence: Int64?) async throws -> PostgresRows {
    try await perform { session in
      try await session.query(
        """
        SELECT l.*, \(microseconds("l.recorded_at")) AS recorded, h.sequence AS head_sequence, h.hash AS head_hash,
          (SELECT max(sequence) FROM yardmaster.audit_checkpoints WHERE repository = $1) AS pruned_through,
          EXISTS (SELECT FROM yardmaster.events WHERE repository = $1 AND outcome IS NOT NULL) AS has_events
        FROM (SELECT $1::text AS repository) AS wanted LEFT JOIN yardmaster.audit_heads h USING (repository)
          LEFT JOIN LATERAL (
            SELECT * FROM yardmaster.audit_log
            WHERE repository = $1 AND ($2::bigint IS NULL OR sequence > $2::bigint) ORDER BY sequence LIMIT 500
          ) AS l ON true
        ORDER BY l.sequence
        """, [.text(repository.description), .integer(sequence)])
    }
  }
}

/// One walk along a chain.
private struct AuditWalk {
  let chain: AuditChain
  let checkpoints: [AuditCheckpoint]
  var anchors: [AuditAnchor]
  var found: AuditVerification
  /// The last entry that holds.
  var head = AuditHead.none
  var isKeyed = false

  init(
    _ repository: RepositoryName, checkpoints: [AuditCheckpoint], anchors: [AuditAnchor], chain: AuditChain
  ) {
    self.chain = chain
    self.checkpoints = checkpoints
    self.anchors = anchors
    found = AuditVerification(repository: repository, entries: 0)
  }

  /// False where the chain was pruned under the walk, which then says nothing.
  mutating func run(
    _ page: (RepositoryName, Int64?) async throws -> PostgresRows
  ) async throws -> Bool {
    begin()
    var after: Int64?
    while found.fault == nil {
      let rows = try await page(found.repository, after)
      let pruned = try rows[0].decodeIfPresent("pruned_through") ?? Int64(0)
      guard pruned == checkpoints.last?.sequence ?? 0 else { return false }
      guard try rows[0].decodeIfPresent("sequence", as: Int64.self) != nil else {
        try end(rows[0])
        return true
      }
      for row in rows where found.fault == nil {
        let sequence: Int64 = try row.decode("sequence")
        try take(row, at: sequence)
        after = sequence
      }
    }
    return true
  }

  /// Starts at the last checkpoint, where all of them hold.
  private mutating func begin() {
    for checkpoint in checkpoints {
      guard let expected = chain.signature(of: checkpoint.canonicalText) else {
        return fault(
          "the checkpoint before it is signed, and YARDMASTER_AUDIT_KEY is not given", at: checkpoint.sequence + 1,
          isKeyMissing: true)
      }
      guard checkpoint.format == AuditCheckpoint.format, checkpoint.signature == expected else {
        return fault("the checkpoint before it does not match its signature", at: checkpoint.sequence + 1)
      }
      guard checkpoint.sequence - checkpoint.count == head.sequence else {
        return fault("entries before it were pruned, and no checkpoint names them")
      }
      head = AuditHead(sequence: checkpoint.sequence, hash: checkpoint.hash)
      settleAnchors()
    }
    found.prunedThrough = head.sequence
    if head.sequence > 0 { found.head = AuditAnchor(sequence: head.sequence, hash: head.hash) }
    found.prunedAnchors = anchors.filter { ($0.sequence ?? .max) < head.sequence }
    anchors.removeAll { ($0.sequence ?? .max) < head.sequence }
  }

  private mutating func take(_ row: PostgresRow, at sequence: Int64) throws {
    guard sequence > head.sequence else {
      return fault("it stands before the chain's beginning", at: sequence)
    }
    guard sequence == head.sequence + 1 else { return fault("it is missing") }
    guard try row.decode("format") == AuditLine.format else { return fault("it has a format that is not known here") }
    guard try row.decodeIfPresent("recorded", as: Timestamp.self) != nil else {
      return fault("its time is none that it can have been written at")
    }
    for column in ["before_state", "after_state", "metadata"] {
      if let text: String = try row.decodeIfPresent(column), !StoredJSON.isCanonical(text) {
        return fault("its \(column) is written as it never is")
      }
    }
    let line: AuditLine
    do {
      line = try AuditLine(row: row, repository: found.repository)
    } catch let error as StoreError where error.cause == .malformedRow {
      return fault("it cannot be read")
    }
    guard line.previousHash == head.hash else { return fault("it does not follow the entry before it") }
    guard let expected = chain.hash(line) else {
      return fault("its hash is keyed, and YARDMASTER_AUDIT_KEY is not given", isKeyMissing: true)
    }
    guard try row.decode("hash") == expected else { return fault("its content does not match its hash") }
    if line.algorithm == .hmacSHA256 {
      isKeyed = true
    } else if isKeyed {
      return fault("its hash is not keyed, and that of the entry before it is")
    } else {
      found.unkeyed += 1
    }
    head = AuditHead(sequence: sequence, hash: expected)
    settleAnchors()
    guard found.fault == nil else { return }
    found.entries += 1
    found.head = AuditAnchor(sequence: sequence, hash: expected)
  }

  /// Strikes out the anchors that the entry at the head meets.
  private mutating func settleAnchors() {
    let (sequence, hash) = (head.sequence, head.hash)
    if anchors.contains(where: { $0.sequence == sequence && $0.hash != hash }) {
      return fault("it is another than the one that the anchor names", at: sequence)
    }
    anchors.removeAll { $0.hash == hash && ($0.sequence ?? sequence) == sequence }
  }

  /// Entries that were cut off at the end leave a chain that holds in itself; the stored end and anchors remember them.
  private mutating func end(_ row: PostgresRow) throws {
    let stored: Int64 = try row.decodeIfPresent("head_sequence") ?? 0
    let storedHash: String = try row.decodeIfPresent("head_hash") ?? AuditHead.none.hash
    if stored > head.sequence { return fault("it is missing, and the chain's stored end lies behind it") }
    if let last = anchors.compactMap(\.sequence).min() {
      return fault("it is missing, and the anchor names entry \(last)")
    }
    if let anchor = anchors.first {
      let pruned = found.prunedThrough > 0 ? "; if it may have been pruned, name it as SEQUENCE:HASH" : ""
      return fault("no entry is the one that the anchor \(anchor.hash.prefix(8))… names\(pruned)")
    }
    if stored < head.sequence || storedHash != head.hash {
      return fault("the chain's stored end is another", at: max(head.sequence, 1))
    }
    if head.sequence == 0, try row.decode("has_events") {
      return fault("it is missing: events of the repository ended, and each leaves an entry")
    }
  }

  /// - Parameter sequence: nil for the entry after the last one that holds.
  private mutating func fault(_ reason: String, at sequence: Int64? = nil, isKeyMissing: Bool = false) {
    found.fault =
      found.fault
      ?? .init(sequence: sequence ?? head.sequence + 1, reason: reason, isKeyMissing: isKeyMissing)
  }
}

extension AuditLine {
  fileprivate init(row: PostgresRow, repository: RepositoryName) throws {
    guard let algorithm = AuditChain.Algorithm(rawValue: try row.decode("hash_algorithm")) else {
      throw StoreError.malformedRow("an audit entry's hash algorithm")
    }
    self.init(
      id: try row.decode("entry_id"), entry: try AuditEntry(row: row, repository: repository),
      sequence: try row.decode("sequence"), recordedAt: try row.decode("recorded"), algorithm: algorithm,
      previousHash: try row.decode("previous_hash"))
  }
}

extension AuditEntry {
  /// From a row of `audit_log`.
  init(row: PostgresRow, repository: RepositoryName) throws {
    self.init(
      eventType: try row.decode("event_type"), severity: try row.decodeWord("severity"),
      actor: try row.decodeIfPresent("actor"), repository: repository, actionType: try row.decode("action_type"),
      before: try row.decodeJSON("before_state"), after: try row.decodeJSON("after_state"),
      success: try row.decode("success"), metadata: try row.decodeJSON("metadata"))
  }
}
