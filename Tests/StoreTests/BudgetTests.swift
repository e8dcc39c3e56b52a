import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

@Suite struct BudgetTests {
  let owner = BudgetOwner("api.github.com repository:octo/hello")

  func request(
    _ resource: String = "core", cost: Int = 1, weight: Int = 1, content: Bool = false, seconds: Double = 0,
    priority: BudgetRequest.Priority = .history, owner: BudgetOwner? = nil,
    standing: BudgetRequest.Standing = .identified, sender: Identifier<any BudgetLedger> = .random()
  ) -> BudgetRequest {
    BudgetRequest(
      owner: owner ?? self.owner, resource: resource, cost: cost, weight: weight, createsContent: content,
      expectedSeconds: seconds, priority: priority, standing: standing, sender: sender)
  }

  func receipt(
    _ request: BudgetRequest, cost: Int? = 1, seconds: Double = 0, limit: Int = 1_000, remaining: Int? = nil,
    resetsIn: Double = 3_600, refusal: BudgetReceipt.Refusal? = nil
  ) -> BudgetReceipt {
    BudgetReceipt(
      id: request.id, owner: request.owner, resource: request.resource, cost: cost, seconds: seconds,
      window: remaining.map { .init(limit: limit, remaining: $0, resetsIn: resetsIn) }, refusal: refusal)
  }

  /// With a clock that stands until the test moves it.
  func withBudget(_ body: (BudgetStore, TestDatabase) async throws -> Void) async throws {
    try await withMigratedDatabase { database in
      let connection = try await database.connect()
      try await connection.transaction { transaction in
        try transaction.script(
          """
          CREATE TABLE public.test_clock AS SELECT timestamptz '2026-03-01 10:00:00Z' AS moment;
          CREATE OR REPLACE FUNCTION yardmaster.budget_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS
            'SELECT moment FROM public.test_clock';
          """)
      }
      await connection.close()
      let budget = BudgetStore(databaseURL: database.url)
      try await body(budget, database)
      await budget.close()
    }
  }

  func pass(_ seconds: Double, _ database: TestDatabase) async throws {
    try await database.query("UPDATE public.test_clock SET moment = moment + interval '\(seconds) seconds'")
  }

  func expect(
    _ grant: BudgetGrant, _ reason: BudgetWait, _ expected: Double,
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) {
    guard case .wait(let seconds, let given) = grant else {
      Issue.record("granted", sourceLocation: sourceLocation)
      return
    }
    #expect(given == reason, sourceLocation: sourceLocation)
    #expect(abs(seconds - expected) < 0.001, "\(seconds)", sourceLocation: sourceLocation)
  }

  func granted(
    _ budget: BudgetStore, _ request: BudgetRequest, settling receipts: [BudgetReceipt] = [],
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) async throws {
    let grant = try await budget.draw(request, settling: receipts)
    #expect(grant == .granted, sourceLocation: sourceLocation)
  }

  /// Sends one request that is answered with this window.
  func learn(
    _ budget: BudgetStore, _ resource: String = "core", limit: Int = 1_000, remaining: Int, resetsIn: Double = 3_600
  ) async throws {
    let first = request(resource, priority: .event)
    try await granted(budget, first)
    try await budget.settle([receipt(first, limit: limit, remaining: remaining, resetsIn: resetsIn)])
  }

  @Test func eightProcessesAtOnceAreGrantedWhatIsThereAndNoMore() async throws {
    try await withBudget { budget, database in
      // 100 of 200 remain; a tenth of 200 is the reserve.
      try await learn(budget, limit: 200, remaining: 100)
      let total = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<8 {
          group.addTask {
            let budget = BudgetStore(databaseURL: database.url)
            var granted = 0
            for _ in 0..<20 where try await budget.draw(request(cost: 1), settling: []) == .granted { granted += 1 }
            await budget.close()
            return granted
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(total == 80)
      // The reserve is there for the runs of events.
      try await granted(budget, request(cost: 20, priority: .event))
      expect(try await budget.draw(request(priority: .event), settling: []), .primary, 0.5)
    }
  }

  @Test func theReserveIsHeldAndReleasedLate() async throws {
    try await withBudget { budget, database in
      try await learn(budget, limit: 1_000, remaining: 60, resetsIn: 3_600)
      expect(try await budget.draw(request(), settling: []), .primary, 3_387.6)
      // Half of the last tenth is over: half of the reserve is kept.
      try await pass(3_600 - 180, database)
      let call = request(cost: 9)
      try await granted(budget, call)
      try await budget.settle([receipt(call, cost: nil)])
      expect(try await budget.draw(request(cost: 9), settling: []), .primary, 28.8)
      try await pass(61, database)
      try await granted(budget, request(cost: 17))
      // More than there is comes with the next window only.
      expect(try await budget.draw(request(cost: 61), settling: []), .primary, 119)
    }
  }

  @Test func aWindowEndsAndTheNextIsLearned() async throws {
    try await withBudget { budget, database in
      try await learn(budget, limit: 1_000, remaining: 0, resetsIn: 100)
      expect(try await budget.draw(request(), settling: []), .primary, 100)
      #expect(
        try await budget.balances(of: owner).map { [$0.limit, $0.remaining] } == [[1_000, 0]])
      #expect(try await budget.balances(of: BudgetOwner("other")).isEmpty)
      // Other resources and other owners have budgets of their own.
      try await granted(budget, request("graphql"))
      try await granted(budget, request(owner: BudgetOwner("other")))
      try await pass(101, database)
      #expect(try await budget.balances(of: owner).isEmpty)
      let next = request()
      try await granted(budget, next)
      try await budget.settle([receipt(next, remaining: 999)])
      let late = request()
      try await granted(budget, late)
      // A receipt of the window that is over comes last.
      try await budget.settle([receipt(late, remaining: 3, resetsIn: 2)])
      #expect(try await budget.balances(of: owner).map(\.remaining) == [999])
    }
  }

  @Test func whatOthersSpendCountsAndReceiptsMayComeInAnyOrder() async throws {
    try await withBudget { budget, _ in
      let calls = (0..<4).map { _ in request() }
      for call in calls { try await granted(budget, call) }
      try await budget.settle([
        receipt(calls[2], remaining: 500, resetsIn: 1_000), receipt(calls[0], remaining: 900, resetsIn: 1_003),
        receipt(calls[1], remaining: 700, resetsIn: 1_001),
      ])
      #expect(try await budget.balances(of: owner).map(\.remaining) == [500])
      // No answer told: it cost what it was expected to cost.
      try await budget.settle([receipt(calls[3], cost: nil)])
      #expect(try await budget.balances(of: owner).map(\.remaining) == [499])
      // Told twice, because the answer to the first time was lost.
      try await budget.settle([receipt(calls[3], cost: nil)])
      #expect(try await budget.balances(of: owner).map(\.remaining) == [499])
    }
  }

  @Test func receiptsRideOnTheNextDraw() async throws {
    try await withBudget { budget, database in
      let first = request("graphql", cost: 3)
      try await granted(budget, first)
      let second = request("graphql", cost: 2)
      try await granted(budget, second, settling: [receipt(first, cost: 1, remaining: 400)])
      #expect(try await budget.balances(of: owner).map(\.remaining) == [400])
      #expect(
        try await database.value(
          "SELECT count(*) AS value FROM yardmaster.budget_calls WHERE ended_at IS NULL AND cost = 2") == 1)
      // The same draw again, because its answer was lost, spends nothing more.
      try await granted(budget, second)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.budget_calls") == 2)
    }
  }

  @Test(arguments: [("core", 873), ("graphql", 1_940)])
  func theMinuteSlides(resource: String, points: Int) async throws {
    try await withBudget { budget, database in
      let half = points / 2
      try await granted(budget, request(resource, weight: half, seconds: 0))
      try await pass(30, database)
      try await granted(budget, request(resource, weight: points - half, seconds: 0))
      expect(try await budget.draw(request(resource, weight: 5, seconds: 0), settling: []), .pace, 31)
      // The other side has points of its own.
      let other = resource == "core" ? "graphql" : "core"
      try await granted(budget, request(other, weight: 5, seconds: 0))
      try await pass(32, database)
      try await granted(budget, request(resource, weight: half, seconds: 0))
      expect(try await budget.draw(request(resource, weight: 5, seconds: 0), settling: []), .pace, 29)
    }
  }

  @Test func contentIsLimitedByTheMinuteAndTheHour() async throws {
    try await withBudget { budget, database in
      func create() -> BudgetRequest { request(weight: 5, content: true, seconds: 0) }
      for _ in 0..<80 {
        let call = create()
        try await granted(budget, call)
        try await budget.settle([receipt(call)])
      }
      expect(try await budget.draw(create(), settling: []), .pace, 61)
      try await granted(budget, request(seconds: 0))
      try await database.query(
        """
        INSERT INTO yardmaster.budget_calls
        SELECT gen_random_uuid(), owner, resource, 1, 5, true, started_at - interval '1 second' * n, ended_at, 0
        FROM yardmaster.budget_calls, generate_series(600, 606) AS n WHERE creates_content
        """)
      try await pass(62, database)
      // 640 within the hour.
      expect(try await budget.draw(create(), settling: []), .pace, 2_933)
      try await pass(2_933, database)
      try await granted(budget, create())
    }
  }

  @Test func ninetyMayBeUnderWayAndTheDeadMakeRoom() async throws {
    try await withBudget { budget, database in
      try await learn(budget, limit: 1_000, remaining: 300)
      var calls: [BudgetRequest] = []
      for _ in 0..<90 {
        let call = request(seconds: 0)
        try await granted(budget, call)
        calls.append(call)
      }
      expect(try await budget.draw(request(seconds: 0), settling: []), .pace, 0.25)
      try await budget.settle([receipt(calls[0])])
      try await granted(budget, request(seconds: 0))
      expect(try await budget.draw(request(seconds: 0), settling: []), .pace, 0.25)
      // The process that sent them is dead: after a minute nobody waits for them, and their cost is not in flight.
      try await pass(61, database)
      try await granted(budget, request(cost: 199, seconds: 0))
      // A receipt that comes after all is still heard.
      try await budget.settle([receipt(calls[1], remaining: 120)])
      #expect(try await budget.balances(of: owner).map(\.remaining) == [120])
    }
  }

  @Test func aRefusalHoldsEverybodyBack() async throws {
    try await withBudget { budget, database in
      let other = BudgetStore(databaseURL: database.url)
      let calls = (0..<3).map { _ in request() }
      for call in calls { try await granted(budget, call) }
      try await budget.settle([receipt(calls[0], refusal: .secondary(retryAfter: 17))])
      expect(try await other.draw(request("graphql", priority: .event), settling: []), .secondary, 17)
      try await granted(other, request(owner: BudgetOwner("somebody else")))
      // Those that were under way are refused too: the same blow. Nobody said how long: a minute.
      try await other.settle([receipt(calls[1], refusal: .secondary(retryAfter: nil))])
      try await other.settle([receipt(calls[2], refusal: .secondary(retryAfter: nil))])
      expect(try await budget.draw(request(), settling: []), .secondary, 60)
      // The next one is a second blow, the one after it a third.
      for seconds in [120.0, 240] {
        try await pass(241, database)
        let call = request()
        try await granted(budget, call)
        try await budget.settle([receipt(call, refusal: .secondary(retryAfter: nil))])
        expect(try await other.draw(request(), settling: []), .secondary, seconds)
      }
      // An answer in between wipes the slate clean.
      try await pass(241, database)
      let good = request()
      try await granted(budget, good)
      try await budget.settle([receipt(good, remaining: 900)])
      let call = request()
      try await granted(budget, call)
      try await budget.settle([receipt(call, refusal: .secondary(retryAfter: nil))])
      expect(try await other.draw(request(), settling: []), .secondary, 60)
      await other.close()
    }
  }

  @Test(arguments: [nil, 45.0])
  func aPrimaryRefusalEndsWithTheWindow(resetsIn: Double?) async throws {
    try await withBudget { budget, _ in
      try await learn(budget, limit: 1_000, remaining: 800, resetsIn: 1_000)
      let call = request()
      try await granted(budget, call)
      try await budget.settle([receipt(call, cost: nil, refusal: .primary(resetsIn: resetsIn))])
      let end = resetsIn ?? 1_000
      expect(try await budget.draw(request(priority: .event), settling: []), .primary, end)
      // A reset that is over says nothing of the end.
      let over = request("search")
      try await granted(budget, over)
      try await budget.settle([receipt(over, remaining: 0, resetsIn: 0, refusal: .primary(resetsIn: nil))])
      expect(try await budget.draw(request("search"), settling: []), .primary, 60)
      // Of a budget that was never seen, a minute at the least.
      let blind = request("graphql")
      try await granted(budget, blind)
      try await budget.settle([receipt(blind, cost: nil, refusal: .primary(resetsIn: nil))])
      expect(try await budget.draw(request("graphql"), settling: []), .primary, 60)
    }
  }

  /// A process whose first answer bore a wrong date told a reset that is hours off, or too late by less than an hour.
  @Test(arguments: [10_800.0, 3_500]) func aWindowOutOfLineIsPutRight(resetsIn: Double) async throws {
    try await withBudget { budget, database in
      try await learn(budget, limit: 1_000, remaining: 800, resetsIn: resetsIn)
      let window = "SELECT extract(epoch FROM resets_at - public.test_clock.moment)::int AS value "
      let from = "FROM yardmaster.budget_windows, public.test_clock"
      #expect(try await database.value(window + from) == Int(min(resetsIn, 3_600)))
      #expect(try await database.value("SELECT window_seconds::int AS value \(from)") == Int(min(resetsIn, 3_600)))
      for (remaining, expected) in [(700, Int(min(resetsIn, 3_600))), (600, 1_200), (500, 1_200)] {
        let call = request()
        try await granted(budget, call)
        try await budget.settle([receipt(call, remaining: remaining, resetsIn: 1_200)])
        // What remains is true from the beginning.
        #expect(try await budget.balances(of: owner).map(\.remaining) == [remaining])
        #expect(try await database.value(window + from) == expected)
      }
    }
  }

  /// Receipts of several owners in one draw, from many processes: nobody waits for anybody in a circle.
  @Test func severalOwnersCauseNoDeadlock() async throws {
    try await withBudget { budget, database in
      let owners = (0..<4).map { BudgetOwner("owner \($0)") }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<8 {
          group.addTask {
            let budget = BudgetStore(databaseURL: database.url)
            var receipts: [BudgetReceipt] = []
            for step in 0..<12 {
              let call = request(seconds: 0, owner: owners[(worker + step * 3) % 4])
              try await granted(budget, call, settling: receipts.count < 3 ? [] : receipts)
              if receipts.count >= 3 { receipts = [] }
              receipts.append(receipt(call, remaining: 900))
            }
            try await budget.settle(receipts)
            await budget.close()
          }
        }
        try await group.waitForAll()
      }
      #expect(
        try await database.value("SELECT count(*) AS value FROM yardmaster.budget_calls WHERE ended_at IS NULL") == 0)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.budget_calls") == 96)
    }
  }

  @Test func theFirstDrawMakesTheSchemaAndADrawIsQuick() async throws {
    try await TestDatabase.withDatabase { database in
      let budget = BudgetStore(databaseURL: database.url)
      try await granted(budget, request())
      var last: [BudgetReceipt] = []
      let duration = try await ContinuousClock().measure {
        for _ in 0..<300 {
          let call = request("graphql", seconds: 0)
          try await granted(budget, call, settling: last)
          last = [receipt(call, seconds: 0.01, remaining: 5_000)]
        }
      }
      print("budget: \(duration / .seconds(1) / 0.3) ms a draw")
      await budget.close()
    }
  }

  @Test func aDatabaseThatIsAwayIsAnErrorToGoOnFrom() async throws {
    let budget = BudgetStore(databaseURL: "postgresql://u:hunter2@127.0.0.1:1/db")
    let error = await #expect(throws: StoreError.self) { try await budget.draw(request(), settling: []) }
    #expect(error?.cause == .unreachable)
  }
}
