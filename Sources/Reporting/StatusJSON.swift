import Domain

extension StatusReport {
  /// For machines: one line of JSON in ASCII, of which the Actions runner would execute nothing.
  ///
  /// Keys stay; unknown values are `null`; moments are ISO 8601 in UTC.
  ///
  /// - `generated_at`; `budgets` (`owner`, `resource`, `limit`, `remaining`, `resets_at`); `jobs`
  /// - of a job: `id`, `repository`, `kind`, `processor`, `status`, `complete`, `items` (issues and pull requests),
  ///   `numbers_done` and `numbers_total` (numbers with an item read in full, or with none), `items_left` (the other
  ///   numbers), `items_per_second`, `eta_seconds`, `eta`, `waits_until`, `chunk_count`, `remaining_chunks`, `chunks`,
  ///   `points` and `points_per_item` (GraphQL), `rest_requests` (also as `requests`) and `rest_requests_per_item`,
  ///   `created_at`, `started_at`, `completed_at`, `error`, `proof`
  /// - of a chunk: `ordinal`, `status`, `scope`, `size`, `numbers_done`, `items_done`, `empty` (numbers without an
  ///   item, once it is complete), `attempts`, `pages`, `points`, `rest_requests`, `not_before`,
  ///   `lease_expires_at` (over: its process ended without a word, and anybody goes on with it), `run_id`, `run_url`,
  ///   `started_at`, `completed_at`, `error`
  /// - of a repository's proof: `whole`, `newest`, `accounted`, `unaccounted`, `pull_requests`, `issues`, `discussions`,
  ///   `gone`, `incomplete`, `mismatched`, `missing`, `surplus`, `dead_letters`, and
  ///   `walked_as_of` (new items and edits are captured up to then), `audited_as_of` (deletions were looked for up to
  ///   then), `oldest_reading`, each also as an age (`walked_age_seconds`, `audited_age_seconds`,
  ///   `oldest_reading_age_seconds`)
  public func json() -> String {
    let document: JSONValue = [
      "generated_at": .optional(now), "jobs": .array(jobs.map(json(of:))),
      "budgets": BudgetReport(balances: balances, now: now).json,
    ]
    return document.logSafeText
  }

  private func json(of job: JobProgress) -> JSONValue {
    let pace = JobPace(job, now: now)
    let proof = job.repository.flatMap { proofs[$0] }.map { ProofReport($0, now: now).json } ?? .null
    return [
      "id": .string(job.id.text), "repository": .optional(job.repository?.description),
      "kind": .string(job.kind.rawValue), "processor": .string(job.processor.rawValue),
      "status": .string(job.status.rawValue), "complete": .bool(job.isComplete),
      "items": .optional(job.items), "items_left": .optional(pace.itemsLeft),
      "items_per_second": .optional(pace.itemsPerSecond), "eta_seconds": .optional(pace.secondsLeft),
      "eta": .optional(job.isComplete ? nil : pace.secondsLeft.map { now + $0.rounded() }),
      "waits_until": .optional(pace.waitsUntil),
      "numbers_done": .optional(job.numbersLookedAt), "numbers_total": .optional(job.numbersTotal),
      "chunk_count": .optional(job.chunks.count), "remaining_chunks": .optional(job.remainingChunks),
      "chunks": .array(job.chunks.map(json(of:))),
      "points": .optional(job.points), "points_per_item": Self.ratio(pace.pointsPerItem),
      "requests": .optional(job.requests), "rest_requests": .optional(job.requests),
      "rest_requests_per_item": Self.ratio(pace.restRequestsPerItem),
      "created_at": .optional(job.createdAt), "started_at": .optional(job.startedAt),
      "completed_at": .optional(job.completedAt), "error": .optional(job.error), "proof": proof,
    ]
  }

  private func json(of chunk: JobProgress.Chunk) -> JSONValue {
    [
      "ordinal": .optional(chunk.ordinal), "status": .string(chunk.status.rawValue), "scope": .string(chunk.scope),
      "items_done": .optional(chunk.itemsDone), "size": .optional(chunk.size),
      "numbers_done": .optional(chunk.numbersLookedAt), "empty": .optional(chunk.empty),
      "attempts": .optional(chunk.attempts), "pages": .optional(chunk.pages), "points": .optional(chunk.points),
      "rest_requests": .optional(chunk.requests), "not_before": .optional(chunk.notBefore),
      "lease_expires_at": .optional(chunk.status == .leased ? chunk.leaseExpiresAt : nil),
      "run_id": chunk.runID.map { .integer($0) } ?? .null, "run_url": .optional(links.url(of: chunk.runID)),
      "started_at": .optional(chunk.startedAt), "completed_at": .optional(chunk.completedAt),
      "error": .optional(chunk.error),
    ]
  }

  /// To the millionth: a point brings a hundred items.
  private static func ratio(_ value: Double?) -> JSONValue {
    value.map { .number(($0 * 1_000_000).rounded() / 1_000_000) } ?? .null
  }
}
