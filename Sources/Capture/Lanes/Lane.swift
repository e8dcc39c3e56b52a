public import Domain

/// Who works on a request for capture.
public enum Lane: String, Hashable, Sendable, Codable, CaseIterable {
  /// The run of the event that asked, at once.
  case event
  /// Inngest: its queue takes the request, and its consumer completes the job's row.
  case inngest
  /// A workflow that is dispatched, with a matrix of jobs.
  case bulk

  /// `progressive_capture_jobs.processor_type`.
  public var processor: Job.Processor {
    switch self {
    case .event: .event
    case .inngest: .inngest
    case .bulk: .githubActions
    }
  }

  /// What takes over where this lane does not accept: the other one, never a third, so that an outage of both is seen
  /// as one. Without Inngest, history has no other lane: its row waits for the sweep.
  public func other(hasInngest: Bool) -> Lane? {
    switch self {
    case .inngest: .event
    case .event, .bulk: hasInngest ? .inngest : nil
    }
  }
}

/// What asks for a capture.
public enum LaneTrigger: String, Hashable, Sendable, Codable, CaseIterable {
  /// An event of an issue or a pull request.
  case itemEvent = "item event"
  /// A person, who waits for it: a dispatch from the Actions page or the API.
  case person
  /// Another system: a relayed webhook, a queue manager.
  case system
}

/// What routing looks at.
public struct LaneRequest: Hashable, Sendable {
  public var trigger: LaneTrigger
  /// Hours that the work reaches back; nil for all of the history, or where that is not known.
  public var hours: Double?
  /// At most so many items; nil where nothing limits them.
  public var items: Int?
  /// The repository's highest number in use, where it is known.
  public var repositorySize: Int?
  /// Whether the repository is one of those whose recent work goes to Inngest, and Inngest is there.
  public var isInRollout: Bool

  public init(
    trigger: LaneTrigger, hours: Double? = nil, items: Int? = nil, repositorySize: Int? = nil, isInRollout: Bool
  ) {
    self.trigger = trigger
    self.hours = hours
    self.items = items
    self.repositorySize = repositorySize
    self.isInRollout = isInRollout
  }

  /// The request that a scope makes.
  public init(
    trigger: LaneTrigger, scope: CaptureScope, repositorySize: Int?, isInRollout: Bool, now: Timestamp
  ) {
    var hours: Double?
    var items = scope.maxItems
    switch scope.window {
    case .all, .full: break
    case .since(let moment): hours = max(0, now.secondsSince(moment) / 3_600)
    case .daysBack(let days): hours = Double(days) * 24
    case .numbers(let numbers): items = min(items ?? numbers.count, numbers.count)
    }
    self.init(
      trigger: trigger, hours: hours, items: items, repositorySize: repositorySize, isInRollout: isInRollout)
  }
}
