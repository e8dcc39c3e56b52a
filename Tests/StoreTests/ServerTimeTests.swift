import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

/// What GitHub works for all jobs of an owner, in seconds of each minute.
extension BudgetTests {
  @Test func serverTimeIsLimited() async throws {
    try await withBudget { budget, database in
      let process = Identifier<any BudgetLedger>.random()
      // One after the other; the clock of the test stands still meanwhile.
      for _ in 0..<5 {
        let call = request("graphql", seconds: 10, sender: process)
        try await granted(budget, call)
        try await budget.settle([receipt(call, seconds: 10)])
      }
      expect(try await budget.draw(request("graphql", seconds: 10, sender: process), settling: []), .pace, 61)
      // REST still has some of the whole.
      let other = request(seconds: 30, sender: process)
      try await granted(budget, other)
      try await budget.settle([receipt(other, seconds: 30)])
      expect(try await budget.draw(request(seconds: 10, sender: process), settling: []), .pace, 61)
      // A call that alone takes more than the limit is not kept for ever, only for an empty minute.
      expect(try await budget.draw(request("graphql", seconds: 100, sender: process), settling: []), .pace, 61)
      try await pass(62, database)
      try await granted(budget, request("graphql", seconds: 100, sender: process))
    }
  }

  /// What a minute allows is not burnt in its first seconds, but whoever is alone may let one call follow another.
  @Test(arguments: [("graphql", 5), ("core", 8)])
  func serverTimeIsSpreadOverTheMinute(resource: String, atOnce: Int) async throws {
    try await withBudget { budget, database in
      var calls: [BudgetRequest] = []
      for _ in 0..<atOnce {
        calls.append(request(resource, seconds: 1))
        try await granted(budget, calls[calls.count - 1])
      }
      expect(try await budget.draw(request(resource, seconds: 1), settling: []), .pace, 0.25)
      try await budget.settle(calls.map { receipt($0, seconds: 1) })
      expect(try await budget.draw(request(resource, seconds: 1), settling: []), .pace, 0.25)
      try await pass(7, database)
      // Alone, one call after the other.
      let process = Identifier<any BudgetLedger>.random()
      for _ in 0..<10 {
        var call = request(resource, seconds: 1)
        call.sender = process
        try await granted(budget, call)
        try await budget.settle([receipt(call, seconds: 1)])
      }
      expect(try await budget.draw(request(resource, seconds: 1), settling: []), .pace, 0.25)
      try await pass(7, database)
      try await granted(budget, request(resource, seconds: 1))
    }
  }
}
