import Domain
import FoundationEssentials

/// What an audit may spend in one sweep.
enum AuditBudget {
  /// Where GitHub does not tell its limits, or has none: a quarter of a personal token's.
  static let assumed = SpendingCap(points: 1_250, requests: 1_250)

  /// A quarter of what the token may spend in an hour. Asking costs nothing.
  /// Source: https://docs.github.com/en/rest/rate-limit/rate-limit
  static func quarter(of github: any GitHubAPI) async throws -> SpendingCap {
    let answer = try await github.send(RESTRequest(.get, "/rate_limit"))
    // GitHub Enterprise Server answers 404 where limits are switched off.
    guard answer.status == 200, let limits = try? JSONDecoder().decode(Limits.self, from: Data(answer.body)) else {
      return assumed
    }
    let resources = limits.resources
    return SpendingCap(
      points: max(1, (resources.graphql?.limit ?? resources.core.limit) / 4), requests: max(1, resources.core.limit / 4)
    )
  }

  private struct Limits: Decodable, Sendable {
    var resources: Resources
  }

  private struct Resources: Decodable, Sendable {
    var core: Resource
    var graphql: Resource?
  }

  private struct Resource: Decodable, Sendable {
    var limit: Int
  }
}
