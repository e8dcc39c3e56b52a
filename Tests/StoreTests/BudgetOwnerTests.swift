import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

/// Tokens of which nobody knows yet whose they are.
extension BudgetTests {
  /// It may be anybody's token: it obeys all, and all obey what it was told; on its own host.
  @Test func whoIsNotKnownIsTakenForAnybody() async throws {
    try await withBudget { budget, database in
      let token = BudgetOwner("api.github.com token:0123456789abcdef")
      let unknown = { (standing: BudgetRequest.Standing) in request(owner: token, standing: standing) }
      let call = request()
      try await granted(budget, call)
      try await budget.settle([receipt(call, refusal: .secondary(retryAfter: 17))])
      for standing in [BudgetRequest.Standing.unidentified, .unseen] {
        expect(try await budget.draw(unknown(standing), settling: []), .secondary, 17)
      }
      let elsewhere = BudgetOwner("ghe.example.com token:0123456789abcdef")
      try await granted(budget, request(owner: elsewhere, standing: .unseen))
      let alice = BudgetOwner("api.github.com user:alice")
      try await granted(budget, request(owner: alice))
      try await pass(18, database)
      let first = unknown(.unseen)
      try await granted(budget, first)
      try await budget.settle([receipt(first, refusal: .secondary(retryAfter: 30))])
      expect(try await budget.draw(request(owner: alice), settling: []), .secondary, 30)
      try await granted(budget, request(owner: BudgetOwner("ghe.example.com user:alice")))
    }
  }

  @Test func whereSomebodysBudgetIsUsedUpAnUnknownTokenIsLookedAtFirst() async throws {
    try await withBudget { budget, database in
      let token = BudgetOwner("api.github.com token:0123456789abcdef")
      try await learn(budget, remaining: 0)
      expect(try await budget.draw(request(owner: token, standing: .unseen), settling: []), .unseen, 0.01)
      try await granted(budget, request("graphql", owner: token, standing: .unseen))
      try await granted(budget, request(owner: token, standing: .unidentified))
      try await granted(budget, request(owner: BudgetOwner("api.github.com user:alice")))
      try await granted(
        budget, request(owner: BudgetOwner("ghe.example.com token:0123456789abcdef"), standing: .unseen))
      try await pass(3_601, database)
      try await granted(budget, request(owner: token, standing: .unseen))
    }
  }
}
