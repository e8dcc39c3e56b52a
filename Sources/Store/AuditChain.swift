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
/// saves a round trip where nobody else appended meanwhile; the statement fails where somebody did, and then the head
/// is locked and read. The same goes for the pseudonyms of an entry's logins.
final class AuditChain: Sendable {
  enum Algorithm: String, Sendable {
    case sha256
    case hmacSHA256 = "hmac-sha256"
  }

  private struct State {
    var heads: [RepositoryName: AuditHead] = [:]
    /// The last entry that this process appended to each chain.
    var anchors: [RepositoryName: AuditHead] = [:]
    /// The database's clock, and ours at the moment when it was read.
    var clock: (database: Timestamp, local: ContinuousClock.Instant)?
    var usesPseudonyms = false
    /// By login in lower case.
    var pseudonyms: [String: String] = [:]
  }

  /// How often an entry is begun anew because somebody else named or forgot one of its logins.
  private static let attempts = 5

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

  /// nil without a key.
  func signature(of text: String) -> String? {
    key.map { hexadecimal(Cryptography.hmacSHA256(Array(text.utf8), key: $0)) }
  }

  func usePseudonyms(_ usesPseudonyms: Bool) throws {
    if usesPseudonyms, key == nil { throw StoreError.missingAuditKey("Pseudonyms in the audit log are keyed") }
    state.withLock { $0.usesPseudonyms = usesPseudonyms }
  }

  func anchor(of repository: RepositoryName) -> AuditAnchor? {
    state.withLock { $0.anchors[repository] }.map { AuditAnchor(sequence: $0.sequence, hash: $0.hash) }
  }

  /// Reads the head, and the login's pseudonym, along with other statements; `learn` takes the answer.
  func look(_ repository: RepositoryName, login: String? = nil) -> PostgresStatement {
    PostgresStatement(
      """
      SELECT h.sequence, h.hash, \(microseconds("clock_timestamp()")) AS now, lower(p.login) AS login, p.pseudonym,
        (SELECT l.hash_algorithm FROM yardmaster.audit_log l
          WHERE l.repository = h.repository AND l.sequence = h.sequence) AS algorithm
      FROM (SELECT $1::text AS repository) AS wanted LEFT JOIN yardmaster.audit_heads h USING (repository)
        LEFT JOIN yardmaster.audit_pseudonyms p ON lower(p.login) = lower($2::text)
      """, [.text(repository.description), .text(login)])
  }

  /// - Throws: `StoreError.missingAuditKey` where the chain is keyed and this process has no key: before anything is done
  ///   that could not be recorded.
  func learn(_ repository: RepositoryName, _ rows: PostgresRows) throws {
    if key == nil, try rows[0].decodeIfPresent("algorithm", as: String.self) == Algorithm.hmacSHA256.rawValue {
      throw StoreError.missingAuditKey("The audit log of \(repository) is keyed")
    }
    let now: Timestamp = try rows[0].decode("now")
    let head = AuditHead(
      sequence: try rows[0].decodeIfPresent("sequence") ?? 0,
      hash: try rows[0].decodeIfPresent("hash") ?? AuditHead.none.hash)
    let login: String? = try rows[0].decodeIfPresent("login")
    let pseudonym: String? = try rows[0].decodeIfPresent("pseudonym")
    state.withLock {
      $0.heads[repository] = head
      $0.clock = (now, ContinuousClock.now)
      if let login { $0.pseudonyms[login] = pseudonym }
    }
  }

  /// Runs the statements and appends the entry in one transaction.
  func append(
    _ entry: AuditEntry, with statements: [PostgresStatement], in session: StoreSession, id: Identifier<AuditRow>
  )
    async throws
  {
    if !session.isRepeated, let (head, now) = expected(entry.repository) {
      let draft = draft(entry)
      let appended = line(draft.entry, id, after: head, at: now)
      do {
        _ = try await session.pipeline([try statement(appended)] + draft.statements + statements)
        return remember(appended, draft)
      } catch let error as PostgresError where error.isChainMoved || error.isPseudonymMoved {
        state.withLock { $0.heads[entry.repository] = nil }
      } catch let error as PostgresError where error.isChainKeyed {
        throw StoreError.missingAuditKey("The audit log of \(entry.repository) is keyed")
      }
    }
    for _ in 0..<Self.attempts {
      do {
        return try await appendLocked(entry, with: statements, in: session, id: id)
      } catch let error as PostgresError where error.isPseudonymMoved {
        continue
      } catch let error as PostgresError where error.isChainKeyed {
        throw StoreError.missingAuditKey("The audit log of \(entry.repository) is keyed")
      }
    }
    throw StoreError.contendedPseudonyms
  }

  private func appendLocked(
    _ entry: AuditEntry, with statements: [PostgresStatement], in session: StoreSession, id: Identifier<AuditRow>
  ) async throws {
    let result: (AuditLine?, Draft?, AuditHead) = try await session.transaction { transaction in
      let rows = try transaction.pipeline([
        PostgresStatement(
          "SELECT sequence, hash FROM yardmaster.lock_audit_head($1)", [.text(entry.repository.description)]),
        // After the lock, and in a snapshot of its own: whether an attempt whose answer was lost did it all.
        PostgresStatement(
          """
          SELECT EXISTS (SELECT FROM yardmaster.audit_log WHERE entry_id = $1) AS done,
            \(microseconds("clock_timestamp()")) AS now
          """, [.id(id)]),
        Pseudonyms.look(self.usesPseudonyms ? Array(Pseudonyms.logins(of: entry).keys) : []),
      ])
      let head = AuditHead(sequence: try rows[0][0].decode("sequence"), hash: try rows[0][0].decode("hash"))
      if try rows[1][0].decode("done") { return (nil, nil, head) }
      let draft = self.draft(entry, known: try Pseudonyms.read(rows[2]))
      let appended = self.line(draft.entry, id, after: head, at: try rows[1][0].decode("now"))
      try transaction.pipeline([try self.statement(appended)] + draft.statements + statements)
      return (appended, draft, head)
    }
    if let appended = result.0, let draft = result.1 { return remember(appended, draft) }
    state.withLock {
      $0.heads[entry.repository] = result.2
      $0.anchors[entry.repository] = result.2
    }
  }

  /// An entry as it will stand in the log.
  private struct Draft {
    var entry: AuditEntry
    /// What has to hold, or has to be stored, for its pseudonyms.
    var statements: [PostgresStatement] = []
    var pseudonyms: [String: String] = [:]
  }

  private var usesPseudonyms: Bool { state.withLock { $0.usesPseudonyms } }

  /// - Parameter known: the pseudonyms that were just read; nil for those of this process.
  private func draft(_ entry: AuditEntry, known: [String: String]? = nil) -> Draft {
    guard let key, usesPseudonyms else { return Draft(entry: entry) }
    let cached = known ?? state.withLock { $0.pseudonyms }
    var pseudonyms = Pseudonyms(key: key, known: cached)
    let masked = pseudonyms.mask(entry)
    return Draft(
      entry: masked, statements: pseudonyms.statement(for: entry).map { [$0] } ?? [],
      pseudonyms: (known ?? [:]).merging(pseudonyms.fresh) { $1 })
  }

  private func expected(_ repository: RepositoryName) -> (AuditHead, Timestamp)? {
    state.withLock {
      guard let head = $0.heads[repository], let clock = $0.clock else { return nil }
      let passed = (ContinuousClock.now - clock.local) / .microseconds(1)
      return (head, Timestamp(microseconds: clock.database.microseconds + Int64(passed)))
    }
  }

  private func remember(_ line: AuditLine, _ draft: Draft) {
    guard let hash = hash(line) else { return }
    let head = AuditHead(sequence: line.sequence, hash: hash)
    state.withLock {
      $0.heads[line.entry.repository] = head
      $0.anchors[line.entry.repository] = head
      $0.pseudonyms.merge(draft.pseudonyms) { $1 }
    }
  }

  private func line(
    _ entry: AuditEntry, _ id: Identifier<AuditRow>, after head: AuditHead, at time: Timestamp
  ) -> AuditLine {
    AuditLine(
      id: id, entry: entry, sequence: head.sequence + 1, recordedAt: time, algorithm: algorithm,
      previousHash: head.hash)
  }

  /// The database moves the chain's head along, or fails with `YM003` where it is another.
  private func statement(_ line: AuditLine) throws -> PostgresStatement {
    guard let hash = hash(line) else { throw StoreError.malformedRow("an audit entry that cannot be hashed") }
    return PostgresStatement(
      """
      INSERT INTO yardmaster.audit_log (repository, sequence, hash, previous_hash, entry_id, event_type, severity,
        actor, action_type, before_state, after_state, success, metadata, recorded_at, format, hash_algorithm)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
      """,
      [
        .text(line.entry.repository.description), .integer(line.sequence), .text(hash), .text(line.previousHash),
        .id(line.id), .text(line.entry.eventType), .text(line.entry.severity.rawValue), .text(line.entry.actor),
        .text(line.entry.actionType), .json(line.entry.before), .json(line.entry.after), .bool(line.entry.success),
        .json(line.entry.metadata), .time(line.recordedAt), .integer(AuditLine.format), .text(line.algorithm.rawValue),
      ])
  }
}
