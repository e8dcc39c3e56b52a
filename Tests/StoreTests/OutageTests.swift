import Domain
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

/// A database that goes away and comes back, as in a failover.
@Suite struct OutageTests {
  /// What the store told, and what happens when it does.
  private final class Listener: Deadline {
    private let state = Mutex((told: [String](), signal: StopSignal?.none))
    let remaining: Double

    init(remaining: Double = .infinity) { self.remaining = remaining }

    var told: [String] { state.withLock { $0.told } }
    var stopSignal: StopSignal? { state.withLock { $0.signal } }
    func stop() { state.withLock { $0.signal = .terminate } }

    func tolerance(_ seconds: Double, _ react: @escaping @Sendable () -> Void = {}) -> OutageTolerance {
      OutageTolerance(seconds: seconds, deadline: self) { sentence in
        self.state.withLock { $0.told.append(sentence) }
        if sentence.contains("trying again") { react() }
      }
    }
  }

  /// Away before a page is sent, and between its commit and the answer.
  @Test(arguments: [false, true])
  func whatAnsweredAndWentAwayIsWaitedFor(isCommitted: Bool) async throws {
    try await withMigratedDatabase { database in
      let proxy = try CuttingProxy(to: database.url)
      let listener = Listener()
      let store = Store(
        databaseURL: try database.url(port: Int(proxy.port)), auditKey: nil,
        tolerance: listener.tolerance(90) { proxy.comeBack() })
      let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 9)])
      let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      proxy.goAway(afterNextRequest: isCommitted)
      var page = CapturedPage()
      page.pullRequests = [Fixture.pullRequest(1)]
      try await store.commit(
        page, of: chunk, checkpoint: Checkpoint(next: 1), finished: false, cost: PageCost(points: 1, items: 1),
        widths: [:], lease: 600)
      let progress = try #require(try await store.progress(of: job.id).first)
      #expect(progress.items == 1 && progress.points == 1)
      let told = listener.told
      #expect(told.count == 2)
      #expect(told.first?.hasPrefix("The database ended the connection (") == true)
      #expect(told.first?.hasSuffix("): trying again for up to 90 s.") == true)
      #expect(told.last?.hasPrefix("The database answers again") == true)
    }
  }

  @Test func whatNeverAnsweredIsNotWaitedFor() async throws {
    let listener = Listener()
    let store = Store(
      databaseURL: "postgresql://nobody@127.0.0.1:1/nothing", auditKey: nil, tolerance: listener.tolerance(90))
    let error = await #expect(throws: StoreError.self) { try await store.inspect() }
    #expect(error?.cause == .unreachable)
    #expect(listener.told.isEmpty)
  }

  /// One wait for all calls: what comes after its end fails without another.
  @Test func theWaitEnds() async throws {
    try await withMigratedDatabase { database in
      let proxy = try CuttingProxy(to: database.url)
      let listener = Listener()
      let store = Store(
        databaseURL: try database.url(port: Int(proxy.port)), auditKey: nil, tolerance: listener.tolerance(0.1))
      _ = try await store.inspect()
      proxy.goAway()
      for _ in 1...2 {
        let error = await #expect(throws: StoreError.self) { try await store.inspect() }
        #expect(error?.exitStatus == .unavailable)
      }
      #expect(listener.told.count == 1)
      proxy.comeBack()
      _ = try await store.inspect()
      #expect(listener.told.count == 2)
    }
  }

  @Test func theDeadlineIsTheEndOfTheWait() async throws {
    try await withMigratedDatabase { database in
      let proxy = try CuttingProxy(to: database.url)
      let listener = Listener(remaining: 0)
      let store = Store(
        databaseURL: try database.url(port: Int(proxy.port)), auditKey: nil, tolerance: listener.tolerance(90))
      _ = try await store.inspect()
      proxy.goAway()
      await #expect(throws: StoreError.self) { try await store.inspect() }
      #expect(listener.told.isEmpty)
    }
  }

  @Test func aSignalEndsTheWait() async throws {
    try await withMigratedDatabase { database in
      let proxy = try CuttingProxy(to: database.url)
      let listener = Listener()
      let store = Store(
        databaseURL: try database.url(port: Int(proxy.port)), auditKey: nil,
        tolerance: listener.tolerance(3_600) { listener.stop() })
      _ = try await store.inspect()
      proxy.goAway()
      await #expect(throws: CancellationError.self) { try await store.inspect() }
    }
  }

  @Test func aCancellationEndsTheWait() async throws {
    try await withMigratedDatabase { database in
      let proxy = try CuttingProxy(to: database.url)
      let (waiting, waits) = AsyncStream.makeStream(of: Void.self)
      let store = Store(
        databaseURL: try database.url(port: Int(proxy.port)), auditKey: nil,
        tolerance: Listener().tolerance(3_600) { waits.finish() })
      _ = try await store.inspect()
      proxy.goAway()
      let call = Task { try await store.inspect() }
      for await _ in waiting {}
      call.cancel()
      await #expect(throws: CancellationError.self) { try await call.value }
    }
  }

  /// Who asks for leave to send a request does better without an answer than with a late one.
  @Test func budgetsDoNotWait() async throws {
    try await withMigratedDatabase { database in
      let proxy = try CuttingProxy(to: database.url)
      let listener = Listener()
      let store = Store(
        databaseURL: try database.url(port: Int(proxy.port)), auditKey: nil, tolerance: listener.tolerance(3_600))
      _ = try await store.budget.balances()
      proxy.goAway()
      await #expect(throws: StoreError.self) { try await store.budget.balances() }
      #expect(listener.told.isEmpty)
    }
  }
}
