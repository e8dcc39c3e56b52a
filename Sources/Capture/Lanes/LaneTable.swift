public import Domain

/// Which request for capture takes which lane: rows from above to below, and the first that fits decides.
///
/// Recent work is little work: it is captured at once in the event's own run, or sent to Inngest where the repository is
/// part of the rollout. History is dispatched to a workflow, which can cut it into chunks and go on for days. The table
/// is a value, so that it can be printed (`yardmaster lanes`) and tested row by row.
public struct LaneTable: Hashable, Sendable {
  public var rows: [LaneRow]
  /// Where no row fits; so every request has a lane.
  public var otherwise: Lane

  public init(rows: [LaneRow], otherwise: Lane) {
    self.rows = rows
    self.otherwise = otherwise
  }

  /// Numbers from which on a repository is so busy that even a day of it may be too much for one event's run.
  public static let largeRepository = 10_000

  /// The table for a configuration. Each kind of recent work has two rows: the first for repositories in the rollout.
  public init(_ settings: HistorySettings) {
    let hours = Double(settings.recentHours)
    let items = settings.recentItems
    func recent(_ name: String, _ conditions: LaneConditions) -> [LaneRow] {
      var rollout = conditions
      rollout.isInRollout = true
      return [LaneRow(name, rollout, .inngest), LaneRow(name, conditions, .event)]
    }
    rows =
      recent("an item's event", LaneConditions(trigger: .itemEvent))
      + recent("few items", LaneConditions(fewerItemsThan: items))
      + [LaneRow("many items", LaneConditions(itemsFrom: items), .bulk)]
      + recent("a small repository", LaneConditions(repositoryBelow: items))
      + recent("recent, and a person waits", LaneConditions(trigger: .person, hoursUpTo: hours))
      + recent("recent", LaneConditions(hoursUpTo: hours, repositoryBelow: Self.largeRepository))
    otherwise = .bulk
  }

  public func route(_ request: LaneRequest) -> LaneChoice {
    guard let index = rows.firstIndex(where: { $0.conditions.hold(for: request) }) else {
      return LaneChoice(lane: otherwise, row: rows.count + 1, name: LaneRow.otherwise)
    }
    return LaneChoice(lane: rows[index].lane, row: index + 1, name: rows[index].name)
  }
}

/// One row: all of its conditions hold, and the lane is chosen.
public struct LaneRow: Hashable, Sendable {
  /// What it is about, in a few words.
  public var name: String
  public var conditions: LaneConditions
  public var lane: Lane

  public init(_ name: String, _ conditions: LaneConditions, _ lane: Lane) {
    self.name = name
    self.conditions = conditions
    self.lane = lane
  }

  static let otherwise = "history"
}

/// What a row asks for; nil asks for nothing. What is not known of a request fits no limit.
public struct LaneConditions: Hashable, Sendable {
  public var trigger: LaneTrigger?
  /// The work reaches back no further than so many hours.
  public var hoursUpTo: Double?
  public var fewerItemsThan: Int?
  public var itemsFrom: Int?
  /// The repository's highest number is lower.
  public var repositoryBelow: Int?
  public var isInRollout: Bool?

  public init(
    trigger: LaneTrigger? = nil, hoursUpTo: Double? = nil, fewerItemsThan: Int? = nil, itemsFrom: Int? = nil,
    repositoryBelow: Int? = nil, isInRollout: Bool? = nil
  ) {
    self.trigger = trigger
    self.hoursUpTo = hoursUpTo
    self.fewerItemsThan = fewerItemsThan
    self.itemsFrom = itemsFrom
    self.repositoryBelow = repositoryBelow
    self.isInRollout = isInRollout
  }

  func hold(for request: LaneRequest) -> Bool {
    func fits<Value>(_ limit: Value?, _ value: Value?, _ compare: (Value, Value) -> Bool) -> Bool {
      guard let limit else { return true }
      return value.map { compare($0, limit) } ?? false
    }
    return fits(trigger, request.trigger, ==) && fits(hoursUpTo, request.hours, <=)
      && fits(fewerItemsThan, request.items, <) && fits(itemsFrom, request.items, >=)
      && fits(repositoryBelow, request.repositorySize, <) && fits(isInRollout, request.isInRollout, ==)
  }
}

/// What the table said.
public struct LaneChoice: Hashable, Sendable, CustomStringConvertible {
  public var lane: Lane
  /// From 1, as it is printed.
  public var row: Int
  public var name: String

  public init(lane: Lane, row: Int, name: String) {
    self.lane = lane
    self.row = row
    self.name = name
  }

  public var description: String { "row \(row) (\(name)): \(lane.rawValue)" }
}
