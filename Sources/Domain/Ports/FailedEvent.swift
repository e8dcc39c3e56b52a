/// An event file with its name: all that it takes to process the event once more. Untrusted.
public struct EventPayload: Hashable, Sendable {
  /// As in `GITHUB_EVENT_NAME`.
  public var name: String
  /// What stands in the file.
  public var document: JSONValue

  public init(name: String, document: JSONValue) {
    self.name = name
    self.document = document
  }

  /// Bytes of JSON beyond which a payload is not kept. GitHub's own limit is 25 MB; an item with a comment, both as long
  /// as GitHub lets them be, stays below half of this.
  public static let maximumSize = 1_000_000
}

/// An event whose last attempt failed.
public struct FailedEvent: Hashable, Sendable {
  public var id: EventID
  public var name: String
  public var action: String?
  public var repository: RepositoryName
  public var number: Int?
  public var mode: Settings.Mode
  /// Claims so far.
  public var attempts: Int
  public var error: String?
  /// By the database's clock; nil where nobody tries until it is asked for.
  public var nextAttemptAt: Timestamp?
  /// Whether its payload was kept.
  public var hasPayload: Bool

  public init(
    id: EventID, name: String, action: String?, repository: RepositoryName, number: Int?, mode: Settings.Mode,
    attempts: Int, error: String?, nextAttemptAt: Timestamp?, hasPayload: Bool
  ) {
    self.id = id
    self.name = name
    self.action = action
    self.repository = repository
    self.number = number
    self.mode = mode
    self.attempts = attempts
    self.error = error
    self.nextAttemptAt = nextAttemptAt
    self.hasPayload = hasPayload
  }
}

/// An event that failed and was asked for again, and what became of it.
public struct ReopenedEvent: Hashable, Sendable {
  public var event: FailedEvent
  /// nil while somebody works on it.
  public var outcome: EventOutcome?

  public init(event: FailedEvent, outcome: EventOutcome?) {
    self.event = event
    self.outcome = outcome
  }
}

/// How often, and after which time, an event that failed is tried again.
public enum RetrySchedule {
  /// Attempts after which an event is a dead letter.
  public static let maximumAttempts = 5
  /// Seconds from the first failure to the next attempt; each further wait is twice as long.
  public static let firstPause = 600
}

/// What failed for good: an event that was tried too often, or a part of the history that GitHub would not give.
public struct StoredDeadLetter: Hashable, Sendable {
  public var id: String
  /// `event`, `item`, `list`.
  public var kind: String
  /// An event's id; of the history, `owner/name#number`, with the list where it is about one.
  public var reference: String
  public var repository: RepositoryName?
  public var number: Int?
  /// The event that it is about, where it is about one.
  public var event: FailedEvent?
  public var error: String
  public var attempts: Int
  public var createdAt: Timestamp
  /// When it failed last.
  public var updatedAt: Timestamp

  public init(
    id: String, kind: String, reference: String, repository: RepositoryName?, number: Int?, event: FailedEvent? = nil,
    error: String, attempts: Int, createdAt: Timestamp, updatedAt: Timestamp
  ) {
    self.id = id
    self.kind = kind
    self.reference = reference
    self.repository = repository
    self.number = number
    self.event = event
    self.error = error
    self.attempts = attempts
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

extension EventLedger {
  public func finish(
    _ event: ClaimedEvent, outcome: EventOutcome, error: String?, audit: AuditEntry
  ) async throws {
    try await finish(event, outcome: outcome, error: error, payload: nil, audit: audit)
  }
}
