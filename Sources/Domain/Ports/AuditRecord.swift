/// One line of the audit log as it is read back.
public struct AuditRecord: Hashable, Sendable {
  /// The entry's UUID, chosen by its writer.
  public var eventID: String
  public var timestamp: Timestamp
  /// What was recorded. Where the log holds pseudonyms, so does this.
  public var entry: AuditEntry
  /// The place in the repository's chain, from 1.
  public var sequence: Int64
  /// 64 hexadecimal digits, as `hash`.
  public var previousHash: String
  public var hash: String

  public init(
    eventID: String, timestamp: Timestamp, entry: AuditEntry, sequence: Int64, previousHash: String, hash: String
  ) {
    self.eventID = eventID
    self.timestamp = timestamp
    self.entry = entry
    self.sequence = sequence
    self.previousHash = previousHash
    self.hash = hash
  }
}

/// The end that an audit chain had at some moment: whoever kept it can tell whether the chain still goes through it.
public struct AuditAnchor: Hashable, Sendable, CustomStringConvertible {
  /// The entry's place in the chain; nil where the hash alone is known.
  public var sequence: Int64?
  /// 64 hexadecimal digits in lower case.
  public var hash: String

  public init(sequence: Int64?, hash: String) {
    self.sequence = sequence
    self.hash = hash
  }

  /// What `SEQUENCE:HASH` or `HASH` spells; nil where it is neither.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let hash = parts.last?.lowercased(), hash.utf8.count == 64,
      hash.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return nil }
    self.hash = hash
    guard parts.count == 2 else { return }
    guard let sequence = Int64(parts[0]), sequence > 0 else { return nil }
    self.sequence = sequence
  }

  public var description: String { sequence.map { "\($0):\(hash)" } ?? hash }
}
