import Domain

extension SyncRun {
  /// The next chunk that is free.
  ///
  /// Where none is and another process holds one, waits for as long as a lease lasts: if that process is dead, its chunk
  /// comes free in this time. Where chunks wait for a moment that leaves time to work on them, waits for it too, holding
  /// nothing.
  func nextChunk(
    of job: Job, runID: Int64, tally: Tally, except passed: PassedOver
  ) async throws -> ClaimedChunk? {
    var patience: Timestamp?
    var hasSaid = false
    while true {
      if let chunk = try await claim(of: job, runID: runID, except: passed.ids) { return chunk }
      if stopReason(tally) != nil { return nil }
      let outlook = try await look(at: job)
      guard outlook.isOpen else { return nil }
      let now = clock.now
      do {
        if outlook.isHeldByOthers, patience.map({ now < $0 }) ?? true {
          patience = patience ?? now + Double(lease + 2)
          if !hasSaid { observer.note("The chunks that are left are in other hands: waiting whether one comes free.") }
          hasSaid = true
          try await clock.sleep(seconds: 0.5)
        } else if let moment = outlook.nextMoment(after: now - Self.clockTolerance, except: passed.ordinals),
          fits(moment, tally)
        {
          if moment > now {
            let limit = await github.limits.first { $0.until == moment } ?? RateLimited(until: moment)
            observer.waiting(until: moment, reason: limit.name)
          }
          try await rest(until: max(moment, now + 1))
          patience = nil
        } else {
          return nil
        }
      } catch is CancellationError {
        return nil
      }
    }
  }

  /// Whether there is time for a page after that moment.
  func fits(_ moment: Timestamp, _ tally: Tally) -> Bool {
    deadline.remaining - max(0, moment.secondsSince(clock.now)) > tally.estimate
  }

  /// Sleeps, for no longer than nobody asks for the end.
  func rest(until moment: Timestamp) async throws {
    while !isOver {
      let left = moment.secondsSince(clock.now)
      guard left > 0 else { return }
      try await clock.sleep(seconds: min(1, left))
    }
  }

  /// Shielded, because a claim whose answer is lost holds its chunk until the lease ends.
  private func claim(of job: Job, runID: Int64, except tried: [ChunkID]) async throws -> ClaimedChunk? {
    let owners = await github.budgetOwners
    return try await shielded {
      try await store.claimChunk(of: job.id, runID: runID, lease: lease, owners: owners, excluding: tried)
    }
  }

  /// Seconds by which the database's clock, which decides what is free, may be behind this machine's.
  private static var clockTolerance: Double { 60 }
}
