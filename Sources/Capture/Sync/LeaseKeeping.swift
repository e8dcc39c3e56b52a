import Domain

/// A page that is being fetched while its predecessor commits.
struct FetchedStep: Sendable {
  var step: Step
  /// Seconds that the fetch took, without those that it waited for limits.
  var seconds: Double
}

/// GitHub would not answer for one chunk; for others it may.
struct ChunkFailure: Error {
  var cause: any UserFacingError

  /// Whether other chunks may still work. A limit, a token that is refused and a repository that cannot be seen concern
  /// them all.
  static func isOfOneChunk(_ error: any UserFacingError) -> Bool {
    !(error is RateLimited) && (error.exitStatus == .unavailable || error.exitStatus == .failed)
  }
}

extension SyncRun {
  /// Begins to fetch a step. Not a child task, because it outlives the turn of the loop that starts it; whoever holds it
  /// cancels it and waits for its end on every way out.
  ///
  /// - Parameter identified: false where GitHub is to be asked first which repository has the name.
  func fetch(
    _ walk: ChunkWalk, at checkpoint: Checkpoint, pace: Pace, identified: Bool = true
  ) -> Task<FetchedStep, any Error> {
    Task { [clock] in
      let begun = clock.now
      let waits = WaitedTime()
      do {
        let step = try await LimitWaits.$observer.withValue(waits) {
          let requests = identified ? 0 : try await walk.requireSameRepository()
          var step = try await walk.step(at: checkpoint, pace: pace)
          step.cost.requests += requests
          return step
        }
        return FetchedStep(step: step, seconds: max(clock.now.secondsSince(begun) - waits.seconds, 0))
      } catch let error as any UserFacingError where ChunkFailure.isOfOneChunk(error) {
        throw ChunkFailure(cause: error)
      }
    }
  }

  /// Waits for a fetch. Keeps the lease meanwhile, with empty pages that store the checkpoint as it stands: nothing else
  /// commits to the chunk while this waits, so no older checkpoint can overwrite a newer one. And watches the deadline:
  /// when a signal comes, a request in flight is cancelled, not waited for.
  func wait(
    for fetch: Task<FetchedStep, any Error>, of chunk: ClaimedChunk, at checkpoint: Checkpoint
  ) async throws -> FetchedStep {
    try await withTaskCancellationHandler {
      try await withThrowingTaskGroup(of: FetchedStep?.self) { group in
        group.addTask { try await fetch.value }
        group.addTask {
          var renewed = clock.now
          while true {
            try await clock.sleep(seconds: Self.watchInterval)
            if isOver { throw CancellationError() }
            guard clock.now.secondsSince(renewed) >= Double(lease) / 3 else { continue }
            renewed = clock.now
            try await renew(chunk, at: checkpoint)
          }
        }
        do {
          while let outcome = try await group.next() {
            guard let fetched = outcome else { continue }
            group.cancelAll()
            return fetched
          }
          throw CancellationError()
        } catch {
          fetch.cancel()
          group.cancelAll()
          throw error
        }
      }
    } onCancel: {
      fetch.cancel()
    }
  }

  /// Renews the lease with an empty page. Throws `LeaseLost`.
  func renew(_ chunk: ClaimedChunk, at checkpoint: Checkpoint) async throws {
    try await shielded {
      try await store.commit(
        CapturedPage(), of: chunk, checkpoint: checkpoint, finished: false, cost: PageCost(), widths: [:], lease: lease)
    }
  }

  /// Runs a store call to its end although this task is cancelled: a page that came is not thrown away for want of a few
  /// milliseconds, and the lease is given back. All calls of a run share one grace period.
  func shielded<Value: Sendable>(_ call: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await grace.shield(call)
  }

  /// Seconds between looks at the deadline.
  static var watchInterval: Double { 0.1 }
}
