import Domain

/// What a run may spend at GitHub, for work that is spread over several runs.
public struct SpendingCap: Hashable, Sendable {
  /// GraphQL points.
  public var points: Int
  /// REST requests.
  public var requests: Int

  public init(points: Int, requests: Int) {
    self.points = points
    self.requests = requests
  }

  /// Whether another page of the scope would exceed it. Lists of the whole repository are drawn from REST alone, ranges
  /// from GraphQL alone.
  func isReached(for scope: ChunkScope, by totals: SyncTotals) -> Bool {
    let hasPoints = totals.points < points
    let hasRequests = totals.requests < requests
    return switch scope {
    case .reviewComments, .issueComments: !hasRequests
    case .range, .numbers(_, reviewComments: false): !hasPoints
    case .numbers(_, reviewComments: true): !hasPoints || !hasRequests
    }
  }

  /// Whether nothing at all is left.
  func isReached(by totals: SyncTotals) -> Bool { totals.points >= points && totals.requests >= requests }
}

extension ChunkScope {
  /// Whether it is a list of the whole repository, which costs REST requests and no points.
  var isFlat: Bool {
    switch self {
    case .reviewComments, .issueComments: true
    case .range, .numbers: false
    }
  }
}
