import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

/// Which chunks wait for a limit of GitHub's, and for whom they are free all the same.
@Suite struct HoldTests {
  /// A limit is its owner's: who draws on another budget goes on.
  @Test func aHoldIsItsOwners() async throws {
    try await withStore { store, _ in
      let job = try await Fixture.job(store, chunks: (1...4).map { .range(first: $0, last: $0) })
      let alice = BudgetOwner("api.github.com user:alice")
      let odd = BudgetOwner(#"host, {with "all} \ of it"#)
      let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      let hold = Hold(until: Timestamp("2999-01-01T00:00:00Z")!, owners: [alice, odd])
      try await store.release(chunk, hold: hold, error: nil)
      try await store.postpone(job: job.id, hold)
      for owners in [[], [alice], [odd], [odd, alice]] {
        let free = try await store.claimChunk(of: job.id, runID: 2, lease: 600, owners: owners, excluding: [])
        #expect(free == nil, "\(owners)")
      }
      let bob = BudgetOwner("api.github.com user:bob")
      for owners in [[bob], [alice, bob]] {
        let free = try await store.claimChunk(of: job.id, runID: 2, lease: 600, owners: owners, excluding: [])
        #expect(free != nil, "\(owners)")
      }
      // A hold that names nobody is everybody's.
      try await store.postpone(job: job.id, Hold(until: hold.until))
      #expect(try await store.claimChunk(of: job.id, runID: 2, lease: 600, owners: [bob], excluding: []) == nil)
    }
  }

  /// REST's quota is not GraphQL's.
  @Test(arguments: [("core", [1, 2, 4]), ("graphql", [3, 4, 5]), ("search", []), (nil, [1, 2, 3, 4, 5])])
  func aHoldIsOneOfTheChunksThatDrawOnItsResource(resource: String?, held: [Int]) async throws {
    try await withStore { store, _ in
      let moment = Timestamp("2999-01-01T00:00:00Z")!
      let scopes: [ChunkScope] = [
        .reviewComments(since: nil, reconciles: true), .issueComments(since: moment), .range(first: 1, last: 9),
        .numbers([10, 11], reviewComments: true), .numbers([12], reviewComments: false),
      ]
      #expect(scopes.indices.filter { scopes[$0].draws(on: resource) }.map { $0 + 1 } == held)
      let job = try await Fixture.job(store, chunks: scopes)
      try await store.postpone(job: job.id, Hold(until: moment, resource: resource))
      let chunks = try #require(try await store.progress(of: job.id).first?.chunks)
      #expect(chunks.filter { $0.notBefore == moment }.map(\.ordinal) == held)
      #expect(chunks.filter { $0.status == .waiting }.map(\.ordinal) == held)
      // What is free keeps the chain of runs going.
      let next = try await store.continueJob(job.id, runID: 100)
      #expect(next == (held.count == scopes.count ? .waits(until: moment) : .dispatch(number: 1)))
    }
  }

  @Test func aPostponedJobHandsOutNothingBeforeItsMoment() async throws {
    try await withStore { store, database in
      let job = try await Fixture.job(store, chunks: (1...3).map { .range(first: $0, last: $0) })
      let held = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
      let moment = Timestamp("2999-01-01T00:00:00.5Z")!
      try await store.postpone(job: job.id, Hold(until: moment))
      try await store.postpone(job: job.id, Hold(until: moment - 60))
      #expect(try await store.claimChunk(of: job.id, runID: 2, lease: 600) == nil)
      let chunks = try #require(try await store.progress(of: job.id).first?.chunks)
      #expect(chunks.map(\.notBefore) == [nil, moment, moment])
      #expect(chunks.map(\.status) == [.leased, .waiting, .waiting])
      // Whoever holds a chunk goes on with it.
      try await store.commit(
        CapturedPage(), of: held, checkpoint: Checkpoint(next: 1), finished: true, cost: PageCost(), widths: [:],
        lease: 600)
      try await database.query("UPDATE yardmaster.capture_chunks SET not_before = now()")
      #expect(try await store.claimChunk(of: job.id, runID: 2, lease: 600)?.ordinal == 2)
    }
  }
}
