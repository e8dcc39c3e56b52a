// How scopes are stored: `progressive_capture_jobs.scope` and `capture_chunks.scope`. Written out, because rows outlive
// the names of cases: a synthesized coding would change with them.

extension CaptureScope: Codable {
  private enum CodingKeys: String, CodingKey {
    case window, since, numbers
    case daysBack = "days_back"
    case maxItems = "max_items"
  }

  /// `{"window":"all"}`, `{"window":"full"}`, `{"since":"2026-01-31T00:00:00Z"}`, `{"days_back":30}` or
  /// `{"numbers":[3]}`, with `max_items` where there is a limit.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch window {
    case .all: try container.encode("all", forKey: .window)
    case .full: try container.encode("full", forKey: .window)
    case .since(let moment): try container.encode(moment, forKey: .since)
    case .daysBack(let days): try container.encode(days, forKey: .daysBack)
    case .numbers(let numbers): try container.encode(numbers, forKey: .numbers)
    }
    try container.encodeIfPresent(maxItems, forKey: .maxItems)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let window: Window
    if let moment = try container.decodeIfPresent(Timestamp.self, forKey: .since) {
      window = .since(moment)
    } else if let days = try container.decodeIfPresent(Int.self, forKey: .daysBack) {
      window = .daysBack(days)
    } else if let numbers = try container.decodeIfPresent([Int].self, forKey: .numbers) {
      window = .numbers(numbers)
    } else {
      switch try container.decode(String.self, forKey: .window) {
      case "all": window = .all
      case "full": window = .full
      default:
        throw DecodingError.dataCorruptedError(
          forKey: .window, in: container, debugDescription: "neither all nor full")
      }
    }
    self.init(window: window, maxItems: try container.decodeIfPresent(Int.self, forKey: .maxItems))
  }
}

extension ChunkScope: Codable {
  private enum CodingKeys: String, CodingKey {
    case range, numbers, since, reconciles
    case reviewComments = "review_comments"
    case issueComments = "issue_comments"
  }

  /// `{"range":[1,500]}`, `{"numbers":[3,7],"review_comments":true}`, `{"review_comments":true}` or
  /// `{"issue_comments":true}`, the last two with `since` where they do not begin with the first.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .range(let first, let last): try container.encode([first, last], forKey: .range)
    case .numbers(let numbers, let reviewComments):
      try container.encode(numbers, forKey: .numbers)
      try container.encode(reviewComments, forKey: .reviewComments)
    case .reviewComments(let since, let reconciles):
      try container.encode(true, forKey: .reviewComments)
      try container.encodeIfPresent(since, forKey: .since)
      if reconciles { try container.encode(true, forKey: .reconciles) }
    case .issueComments(let since):
      try container.encode(true, forKey: .issueComments)
      try container.encode(since, forKey: .since)
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let numbers = try container.decodeIfPresent([Int].self, forKey: .numbers) {
      self = .numbers(
        numbers, reviewComments: try container.decodeIfPresent(Bool.self, forKey: .reviewComments) ?? true)
    } else if let ends = try container.decodeIfPresent([Int].self, forKey: .range) {
      guard ends.count == 2 else {
        throw DecodingError.dataCorruptedError(forKey: .range, in: container, debugDescription: "a range has two ends")
      }
      self = .range(first: ends[0], last: ends[1])
    } else if try container.decodeIfPresent(Bool.self, forKey: .issueComments) != nil {
      self = .issueComments(since: try container.decode(Timestamp.self, forKey: .since))
    } else {
      _ = try container.decode(Bool.self, forKey: .reviewComments)
      self = .reviewComments(
        since: try container.decodeIfPresent(Timestamp.self, forKey: .since),
        reconciles: try container.decodeIfPresent(Bool.self, forKey: .reconciles) ?? false)
    }
  }
}
