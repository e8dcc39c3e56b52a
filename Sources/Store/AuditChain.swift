import Cryptography
import Domain
import Postgres
import Synchronization

/// Row kind of `audit_log.entry_id`.
enum AuditRow {}

/// The end of a repository's chain.
struct AuditHead: Hashable, Sendable {
  var sequence: Int64
  var hash: String

  /// What the first entry names as its predecessor's hash.
  static let none = AuditHead(sequence: 0, hash: String(repeating: "0", count: 64))
}

/// One line of the log with everything that its hash covers.
struct AuditLine: Hashable, Sendable {
  /// Version of `canonicalText`: a new one may add fields, an old one stays verifiable.
  static let format = 1

  var id: Identifier<AuditRow>
  var entry: AuditEntry
  var sequence: Int64
  var recordedAt: Timestamp
  var algorithm: AuditChain.Algorithm
  var previousHash: String

  var canonicalText: String {
    JSONValue.object([
      "format": .integer(Int64(Self.format)), "entry_id": .string(id.text), "sequence": .integer(sequence),
      "repository": .string(entry.repository.description), "event_type": .string(entry.eventType.storable),
      "severity": .string(entry.severity.rawValue), "actor": entry.actor.map { .string($0.storable) } ?? .null,
      "action_type": .string(entry.actionType.storable), "before_state": entry.before.storable,
      "after_state": entry.after.storable, "success": .bool(entry.success), "metadata": entry.metadata.storable,
      "recorded_at": .string(recordedAt.description), "hash_algorithm": .string(algorithm.rawValue),
      "previous_hash": .string(previousHash),
    ]).canonicalText
  }
}

/// Appends to the audit log, and knows what its hashes are made of.
///
/// Appending needs the chain's head before the entry can be hashed. The head that was last seen is tried first, which
/// saves a round trip where nobody else appended meanwhile; the statement fails where somebody did, and then the head is
/// locked and read.
final class AuditChain: Sendable {
  enum Algorithm: String, Sendable {
    case sha256
    case hmacSHA256 = "hmac-sha256"
  }

  private struct State {
    var heads: [RepositoryName: AuditHead] = [:]
    /// The database's clock, and ours at the moment when it was read.
    var clock: (database: Timestamp, local: ContinuousClock.Instant)?
  }

  private let key: [UInt8]?
  private let state = Mutex(State())

  init(key: [UInt8]?) { self.key = key }

  var algorithm: Algorithm { key == nil ? .sha256 : .hmacSHA256 }

  /// nil where the line is keyed and no key is given.
  func hash(_ line: AuditLine) -> String? {
    let bytes = Array(line.canonicalText.utf8)
    switch line.algorithm {
    case .sha256: return hexadecimal(sha256(bytes))
    case .hmacSHA256: return key.map { hexadecimal(Cryptography.hmacSHA256(bytes, key: $0)) }
    }
  }

  /// Reads the head along with other statements; `learn` takes the answer.
  func look(_ repository: RepositoryName) -> PostgresStatement {
    PostgresStatement(
      """
      SELECT h.sequence, h.hash, \(microseconds("clock_timestamp()")) AS now
      FROM (SELECT $1::text AS repository) AS wanted LEFT JOIN yardmaster.audit_heads h USING (repository)
      """, [.text(repository.description)])
  }

  func learn(_ repository: RepositoryName, _ rows: PostgresRows) throws {
    let now: Timestamp = try rows[0].decode("now")
    let head = AuditHead(
      sequence: try rows[0].decodeIfPresent("sequence") ?? 0,
      hash: try rows[0].decodeIfPresent("hash") ?? AuditHead.none.hash)
    state.withLock {
      $0.heads[repository] = head
      $0.clock = (now, ContinuousClock.now)
    }
  }

  /// Runs the statements and appends the entry in one transaction.
  func append(
    _ entry: AuditEntry, with statements: [PostgresStatement], in session: StoreSession, id: Identifier<AuditRow>
  )
    async throws
  {
    if !session.isRepeated, let (head, now) = expected(entry.repository) {
      let appended = line(entry, id, after: head, at: now)
      do {
        _ = try await session.pipeline([try statement(appended)] + statements)
        return remember(appended)
      } catch let error as PostgresError where error.isChainMoved {
        state.withLock { $0.heads[entry.repository] = nil }
      }
    }
    let appended: AuditLine? = try await session.transaction { transaction in
      let rows = try transaction.pipeline([
        PostgresStatement(
          "INSERT INTO yardmaster.audit_heads VALUES ($1, 0, $2) ON CONFLICT DO NOTHING",
          [.text(entry.repository.description), .text(AuditHead.none.hash)]),
        PostgresStatement(
          "SELECT sequence, hash FROM yardmaster.audit_heads WHERE repository = $1 FOR UPDATE",
          [.text(entry.repository.description)]),
        // After the lock, and in a snapshot of its own: whether an attempt whose answer was lost did it all.
        PostgresStatement(
          """
          SELECT EXISTS (SELECT FROM yardmaster.audit_log WHERE entry_id = $1) AS done,
            \(microseconds("clock_timestamp()")) AS now
          """, [.id(id)]),
      ])
      if try rows[2][0].decode("done") { return nil }
      let head = AuditHead(sequence: try rows[1][0].decode("sequence"), hash: try rows[1][0].decode("hash"))
      let appended = self.line(entry, id, after: head, at: try rows[2][0].decode("now"))
      try transaction.pipeline([try self.statement(appended)] + statements)
      return appended
    }
    if let appended { remember(appended) }
  }

  private func expected(_ repository: RepositoryName) -> (AuditHead, Timestamp)? {
    state.withLock {
      guard let head = $0.heads[repository], let clock = $0.clock else { return nil }
      let passed = (ContinuousClock.now - clock.local) / .microseconds(1)
      return (head, Timestamp(microseconds: clock.database.microseconds + Int64(passed)))
    }
  }

  private func remember(_ line: AuditLine) {
    guard let hash = hash(line) else { return }
    state.withLock { $0.heads[line.entry.repository] = AuditHead(sequence: line.sequence, hash: hash) }
  }

  private func line(
    _ entry: AuditEntry, _ id: Identifier<AuditRow>, after head: AuditHead, at time: Timestamp
  ) -> AuditLine {
    AuditLine(
      id: id, entry: entry, sequence: head.sequence + 1, recordedAt: time, algorithm: algorithm,
      previousHash: head.hash)
  }

  private func statement(_ line: AuditLine) throws -> PostgresStatement {
    guard let hash = hash(line) else { throw StoreError.malformedRow("an audit entry that cannot be hashed") }
    return PostgresStatement(
      """
      WITH head AS (
        INSERT INTO yardmaster.audit_heads AS h (repository, sequence, hash)
        SELECT $1, $2::bigint, $3
        WHERE $2::bigint = 1 OR EXISTS (SELECT FROM yardmaster.audit_heads WHERE repository = $1)
        ON CONFLICT (repository) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash
          WHERE h.sequence = excluded.sequence - 1 AND h.hash = $4
        RETURNING 1
      ), line AS (
        INSERT INTO yardmaster.audit_log (repository, sequence, hash, previous_hash, entry_id, event_type, severity,
          actor, action_type, before_state, after_state, success, metadata, recorded_at, format, hash_algorithm)
        SELECT $1, $2::bigint, $3, $4, $5::uuid, $6, $7, $8, $9, $10::jsonb, $11::jsonb, $12::boolean, $13::jsonb,
          $14::timestamptz, $15::integer, $16
        FROM head
        RETURNING 1
      )
      SELECT CASE WHEN NOT EXISTS (SELECT FROM line) THEN yardmaster.fail('YM003', 'the audit chain went on') END
      """,
      [
        .text(line.entry.repository.description), .integer(line.sequence), .text(hash), .text(line.previousHash),
        .id(line.id), .text(line.entry.eventType), .text(line.entry.severity.rawValue), .text(line.entry.actor),
        .text(line.entry.actionType), .json(line.entry.before), .json(line.entry.after), .bool(line.entry.success),
        .json(line.entry.metadata), .time(line.recordedAt), .integer(AuditLine.format), .text(line.algorithm.rawValue),
      ])
  }
}
