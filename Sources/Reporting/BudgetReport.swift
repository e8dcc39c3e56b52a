import Domain
import Markup

/// What GitHub leaves of the quota.
struct BudgetReport {
  let balances: [BudgetBalance]
  let now: Timestamp

  /// `GraphQL points`: `4,321 of 5,000 left, reset in 31 min`
  var facts: [Fact] {
    balances.prefix(20).map { balance in
      let label =
        switch balance.resource {
        case "core": "REST requests"
        case "graphql": "GraphQL points"
        default: "\(balance.resource) requests"
        }
      let reset =
        balance.resetsAt > now
        ? "reset \(Figures.age(of: balance.resetsAt, at: now))"
        : "before the reset \(Figures.age(of: balance.resetsAt, at: now))"
      // The host says nothing where it is the same for all.
      let owner = balance.owner?.description.split(separator: " ", maxSplits: 1).last.map { ", \($0)" } ?? ""
      return Fact(
        "\(label)\(owner)", "\(Figures.count(balance.remaining)) of \(Figures.count(balance.limit)) left, \(reset)")
    }
  }

  var markdown: Markdown {
    guard !balances.isEmpty else { return "" }
    return .table(header: ["Quota", ""], rows: facts.map(\.cells))
  }

  var json: JSONValue {
    .array(
      balances.map { balance in
        [
          "owner": .optional(balance.owner?.description), "resource": .string(balance.resource),
          "limit": .optional(balance.limit),
          "remaining": .optional(balance.remaining), "resets_at": .optional(balance.resetsAt),
        ]
      })
  }
}
