public import Domain
import Postgres

extension Store {
  /// The record is `metadata.continuation`: the run that asked last, whether it has dispatched the next one, how many
  /// runs followed one another, the pages that were committed by then, how many runs in a row had committed none, and
  /// how many since the last page had ended before a limit that was about to end.
  ///
  /// Where all that is left waits for a limit, it is left to the sweep, unless the limit ends soon: then the next run
  /// begins at about its end. Who waits is not idle, so such a run is no failure; but a chain of them that stores
  /// nothing (limits that follow one another, runs that are shorter than the wait) ends after a few with the sweep.
  public func continueJob(_ job: JobID, runID: Int64) async throws -> Continuation {
    try await perform { session in
      try await session.transaction { transaction in
        let rows = try transaction.query(
          """
          SELECT j.status, j.metadata->'continuation' AS continuation
          FROM yardmaster.progressive_capture_jobs j WHERE j.id = $1::uuid FOR UPDATE
          """, [.id(job)])
        guard let row = rows.first else { throw StoreError.unknownJob(job) }
        guard try row.decodeWord("status", as: Job.Status.self).isOpen else { return .notNeeded }
        let chunks = try transaction.query(
          """
          SELECT count(*) FILTER (WHERE status <> 'completed') AS open, coalesce(sum(pages), 0) AS pages,
            -- One without a moment is free: bool_and passes NULL over.
            coalesce(bool_and(status IN ('pending', 'waiting') AND coalesce(not_before > now(), false))
              FILTER (WHERE status <> 'completed'), false) AS all_wait,
            coalesce(min(not_before) FILTER (WHERE status <> 'completed')
              <= now() + make_interval(secs => $2::integer), false) AS is_short,
            coalesce(bool_or(status = 'leased' AND lease_expires_at > now()), false) AS is_worked_on,
            \(microseconds("min(not_before) FILTER (WHERE status <> 'completed')")) AS not_before
          FROM yardmaster.capture_chunks WHERE job_id = $1::uuid
          """, [.id(job), .integer(Continuation.shortWait)])[0]
        // A job without any chunk was never planned: the next run plans it.
        if try chunks.decode("open", as: Int.self) == 0, try chunks.decode("pages", as: Int.self) > 0 {
          return .notNeeded
        }
        let last: Chain? = try row.decodeJSON("continuation")
        let pages = try chunks.decode("pages", as: Int.self)
        // A run that is run again has worked on: where nobody else does any more, the run that it dispatched before is no
        // continuation of that.
        let isContinued = try pages == last?.pages || chunks.decode("is_worked_on")
        if let last, last.runID == runID, last.isDispatched == true, isContinued { return .alreadyDispatched }
        let moment: Timestamp? = try chunks.decode("all_wait") ? chunks.decodeIfPresent("not_before") : nil
        let next = Chain(after: last, runID: runID, pages: pages, waits: moment != nil)
        if let moment, try !chunks.decode("is_short") || next.hasWaitedEnough {
          try transaction.query(
            """
            UPDATE yardmaster.progressive_capture_jobs SET metadata = jsonb_set(metadata, '{continuation,idle}', '0')
            WHERE id = $1::uuid AND metadata ? 'continuation'
            """, [.id(job)])
          return .waits(until: moment)
        }
        try transaction.query(
          """
          UPDATE yardmaster.progressive_capture_jobs
          SET metadata = coalesce(metadata, '{}') || jsonb_build_object('continuation', $2::jsonb)
          WHERE id = $1::uuid
          """, [.id(job), try .encoded(next)])
        return next.answer
      }
    }
  }

  /// Notes that GitHub took the dispatch of the run after this one, so that the same run dispatches no other.
  ///
  /// Not before GitHub took it: a run that ends in between dispatches once more when it is run again, which does no
  /// harm, where a note without a dispatch would end the chain in silence.
  ///
  /// - Parameter isDispatched: false where a limit of GitHub's kept it from being dispatched: who waits is not idle.
  public func noteContinuation(of job: JobID, runID: Int64, isDispatched: Bool = true) async throws {
    try await perform { session in
      _ = try await session.query(
        """
        UPDATE yardmaster.progressive_capture_jobs
        SET metadata = \(isDispatched
          ? "jsonb_set(metadata, '{continuation,dispatched}', 'true')"
          : "jsonb_set(metadata, '{continuation,idle}', '0')")
        WHERE id = $1::uuid AND metadata->'continuation'->'run_id' = to_jsonb($2::bigint)
        """, [.id(job), .integer(runID)])
    }
  }
}

/// `metadata.continuation`.
private struct Chain: Codable, Sendable {
  var runID: Int64
  /// True once GitHub took the dispatch of the run after it.
  var isDispatched: Bool?
  var number: Int
  var pages: Int
  var idle: Int
  /// Runs that committed no page before a limit that was about to end, since the last page.
  var waits: Int?

  private static let maximumWaits = 5

  private enum CodingKeys: String, CodingKey {
    case number, pages, idle, waits
    case runID = "run_id"
    case isDispatched = "dispatched"
  }

  /// - Parameters:
  ///   - pages: committed by now.
  ///   - waits: whether all that is left waits for a limit.
  init(after last: Chain?, runID: Int64, pages: Int, waits: Bool) {
    self.runID = runID
    self.pages = pages
    // Before the first run there was nothing.
    let hasProgressed = pages != last?.pages ?? 0
    let isSame = last?.runID == runID
    number = (last?.number ?? 0) + (isSame ? 0 : 1)
    idle = hasProgressed || waits ? 0 : (last?.idle ?? 0) + (isSame ? 0 : 1)
    let waitsBefore = hasProgressed ? 0 : last?.waits ?? 0
    self.waits = waitsBefore + (waits && !hasProgressed && !isSame ? 1 : 0)
  }

  var hasWaitedEnough: Bool { waits ?? 0 > Self.maximumWaits }

  var answer: Continuation { idle >= 2 ? .stuck(runs: idle) : .dispatch(number: number) }
}
