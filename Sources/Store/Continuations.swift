public import Domain
import Postgres

extension Store {
  /// The record is `metadata.continuation`: the run that asked last, how many runs followed one another, the pages that
  /// were committed by then, and how many runs in a row had committed none.
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
            coalesce(bool_and(status IN ('pending', 'waiting') AND not_before > now())
              FILTER (WHERE status <> 'completed'), false) AS all_wait,
            \(microseconds("min(not_before) FILTER (WHERE status <> 'completed')")) AS not_before
          FROM yardmaster.capture_chunks WHERE job_id = $1::uuid
          """, [.id(job)])[0]
        // A job without any chunk was never planned: the next run plans it.
        if try chunks.decode("open", as: Int.self) == 0, try chunks.decode("pages", as: Int.self) > 0 {
          return .notNeeded
        }
        let last: Chain? = try row.decodeJSON("continuation")
        if let last, last.runID == runID { return last.answer(again: true) }
        if try chunks.decode("all_wait"), let moment: Timestamp = try chunks.decodeIfPresent("not_before") {
          return .waits(until: moment)
        }
        let pages: Int = try chunks.decode("pages")
        let next = Chain(
          runID: runID, number: (last?.number ?? 0) + 1, pages: pages,
          idle: last.map { $0.pages == pages ? $0.idle + 1 : 0 } ?? 0)
        try transaction.query(
          """
          UPDATE yardmaster.progressive_capture_jobs
          SET metadata = coalesce(metadata, '{}') || jsonb_build_object('continuation', $2::jsonb)
          WHERE id = $1::uuid
          """, [.id(job), try .encoded(next)])
        return next.answer(again: false)
      }
    }
  }
}

/// `metadata.continuation`.
private struct Chain: Codable, Sendable {
  var runID: Int64
  var number: Int
  var pages: Int
  var idle: Int

  private enum CodingKeys: String, CodingKey {
    case number, pages, idle
    case runID = "run_id"
  }

  /// - Parameter again: whether the same run asks a second time, after the first answer was lost or by a re-run.
  func answer(again: Bool) -> Continuation {
    if idle >= 2 { return .stuck(runs: idle) }
    return again ? .alreadyDispatched : .dispatch(number: number)
  }
}
