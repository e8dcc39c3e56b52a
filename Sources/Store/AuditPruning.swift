public import Domain
import Postgres

/// What removed entries leave behind: from here on the rest of the chain verifies.
struct AuditCheckpoint: Hashable, Sendable {
  /// Version of `canonicalText`.
  static let format = 1

  var repository: RepositoryName
  var sequence: Int64
  var hash: String
  var count: Int64
  var prunedAt: Timestamp
  var format = Self.format
  var signature = ""

  /// What the signature is made of. No entry of the log has such a text.
  var canonicalText: String {
    JSONValue.object([
      "checkpoint_format": .integer(Int64(format)), "repository": .string(repository.description),
      "sequence": .integer(sequence), "hash": .string(hash), "count": .integer(count),
      "pruned_at": .string(prunedAt.description),
    ]).canonicalText
  }
}

/// What pruning a repository's audit log removes, or removed.
public struct AuditPruning: Hashable, Sendable {
  /// How many entries.
  public var entries: Int64
  /// The last of them; nil where there is none.
  public var through: AuditAnchor?
  /// How many entries stay.
  public var remaining: Int64
}

extension Store {
  /// Entries that one transaction removes: far fewer than a statement's time limit allows.
  private static let batch: Int64 = 50_000

  /// Removes the entries at the beginning of the repository's chain that are older than so many days, by the database's
  /// clock, and leaves a signed checkpoint in their place. The newest entry always stays.
  ///
  /// The chain is verified first: a checkpoint over an altered chain would make it look whole.
  ///
  /// - Parameter isDryRun: only says what would be removed.
  /// - Throws: `StoreError` (`missingAuditKey`) without a key, (`brokenAudit`) where the chain does not hold.
  public func pruneAudit(
    of repository: RepositoryName, retentionDays: Int, isDryRun: Bool
  ) async throws -> AuditPruning {
    guard audit.algorithm == .hmacSHA256 else {
      throw StoreError.missingAuditKey("Pruning leaves a signed checkpoint")
    }
    let verification = try await verifyAudit(of: repository)
    if let fault = verification.fault { throw StoreError.brokenAudit(repository, fault) }
    let first = verification.prunedThrough + 1
    let row = try await perform { session in
      try await session.query(
        """
        SELECT max(sequence) AS newest, \(microseconds("now()")) AS now,
          min(sequence) FILTER (WHERE recorded_at >= now() - make_interval(days => $2::integer)) AS kept
        FROM yardmaster.audit_log WHERE repository = $1
        """, [.text(repository.description), .integer(retentionDays)])[0]
    }
    let newest: Int64 = try row.decodeIfPresent("newest") ?? 0
    let last = min(try row.decodeIfPresent("kept") ?? Int64.max, newest) - 1
    guard last >= first else { return AuditPruning(entries: 0, remaining: max(0, newest - first + 1)) }
    let now: Timestamp = try row.decode("now")
    var through = first - 1
    var end: AuditAnchor?
    repeat {
      let next = isDryRun ? last : min(last, through + Self.batch)
      end = try await prune(repository, after: through, through: next, at: now, isDryRun: isDryRun)
      through = next
    } while through < last
    return AuditPruning(entries: last - first + 1, through: end, remaining: newest - last)
  }

  /// One transaction: the checkpoint and what it stands for.
  private func prune(
    _ repository: RepositoryName, after previous: Int64, through sequence: Int64, at time: Timestamp, isDryRun: Bool
  ) async throws -> AuditAnchor {
    try await perform { session in
      guard
        let row = try await session.query(
          "SELECT hash FROM yardmaster.audit_log WHERE repository = $1 AND sequence = $2",
          [.text(repository.description), .integer(sequence)]
        ).first
      else {
        // An attempt whose answer was lost, or another process, did it.
        guard let done = try await self.checkpoints(of: repository).last, done.sequence >= sequence else {
          throw StoreError.malformedRow("an audit log without its entry \(sequence)")
        }
        return AuditAnchor(sequence: done.sequence, hash: done.hash)
      }
      var checkpoint = AuditCheckpoint(
        repository: repository, sequence: sequence, hash: try row.decode("hash"), count: sequence - previous,
        prunedAt: time)
      checkpoint.signature = audit.signature(of: checkpoint.canonicalText) ?? ""
      if !isDryRun {
        _ = try await session.query(
          "SELECT yardmaster.prune_audit($1, $2, $3, $4, $5, $6, $7)",
          [
            .text(repository.description), .integer(sequence), .text(checkpoint.hash), .integer(checkpoint.count),
            .time(time), .integer(AuditCheckpoint.format), .text(checkpoint.signature),
          ])
      }
      return AuditAnchor(sequence: sequence, hash: checkpoint.hash)
    }
  }

  /// In the order in which they were made.
  func checkpoints(of repository: RepositoryName) async throws -> [AuditCheckpoint] {
    let rows = try await perform { session in
      try await session.query(
        """
        SELECT sequence, hash, count, format, signature, \(knownMicroseconds("pruned_at")) AS pruned
        FROM yardmaster.audit_checkpoints WHERE repository = $1 ORDER BY sequence
        """, [.text(repository.description)])
    }
    return try rows.map { row in
      AuditCheckpoint(
        repository: repository, sequence: try row.decode("sequence"), hash: try row.decode("hash"),
        count: try row.decode("count"), prunedAt: try row.decode("pruned"), format: try row.decode("format"),
        signature: try row.decode("signature"))
    }
  }
}
