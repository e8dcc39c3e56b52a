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

  /// Whether another page of the scope would exceed it.
  func isReached(for scope: ChunkScope, by totals: SyncTotals) -> Bool {
    scope.resources.contains("graphql") && totals.points >= points
      || scope.resources.contains("core") && totals.requests >= requests
  }

  /// Whether nothing at all is left.
  func isReached(by totals: SyncTotals) -> Bool { totals.points >= points && totals.requests >= requests }
}
