import Foundation
import GitHubDouble
import Postgres
import TestSupport
import Testing

/// Every captured row, and every row of the double's truth, as comparable text.
private func captured(_ database: TestDatabase, _ table: RepositoryModel.TruthTable, columns: [String]) async throws
  -> [String]
{
  let list = columns.map { column in
    column.hasSuffix("_at")
      ? "to_char(\(column) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS \(column)" : column
  }.joined(separator: ", ")
  let rows = try await database.query(
    "SELECT row_to_json(t)::text AS value FROM (SELECT \(list) FROM yardmaster.\(table.rawValue) r "
      + "WHERE to_jsonb(r) ->> 'deleted_at' IS NULL) t"
  )
  var lines: [String] = []
  for index in 0..<rows.count { lines.append(try canonical(rows[index].decode("value", as: String.self))) }
  return lines.sorted()
}

private func canonical(_ json: String) throws -> String {
  let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
  return String(decoding: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]), as: UTF8.self)
}

func expectEqualRows(_ database: TestDatabase, _ model: RepositoryModel, _ note: String = "") async throws {
  for table in RepositoryModel.TruthTable.allCases {
    let truth = model.truth(table)
    guard let first = truth.first else { continue }
    let object = try JSONSerialization.jsonObject(with: Data(first.text.utf8)) as? [String: Any] ?? [:]
    let rows = try await captured(database, table, columns: object.keys.sorted())
    let wanted = try truth.map { try canonical($0.text) }.sorted()
    #expect(rows.count == wanted.count, "\(table.rawValue) \(note)")
    let missing = Set(wanted).subtracting(rows).first
    let extra = Set(rows).subtracting(wanted).first
    #expect(missing == nil, "\(table.rawValue) \(note): \(missing ?? "")\nhave \(extra ?? "")")
  }
}

@Suite struct HistoryTests {
  private static let model = RepositoryModel.generated(
    owner: "octo", name: "widget", pullRequests: 150, issues: 60, seed: 11)

  @Test func everyRowIsCapturedOnceAndASecondRunAddsNothing() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model) { github in
        let step = try Step(github: github.url, database: database.url)
        let plan = try await step.run("plan", "--all", "--chunk-size", "50")
        #expect(plan.status == 0, "\(plan.log)")
        #expect(plan.outputs["has-work"] == "true")
        #expect(plan.outputs["matrix"]?.hasPrefix(#"{"include":[{"chunk":1}"#) == true)
        let job = try #require(plan.outputs["job-id"])
        let same = try await step.run("plan", "--all", "--chunk-size", "50")
        #expect(same.outputs["job-id"] == job)

        let sync = try await step.run("sync", "--job-id", job)
        #expect(sync.status == 0, "\(sync.log)")
        #expect(sync.outputs["complete"] == "true")
        #expect(sync.outputs["remaining-chunks"] == "0")
        try await expectEqualRows(database, Self.model)

        let before = github.journal.count
        let again = try await step.run("plan", "--all")
        #expect(again.outputs["has-work"] == "false", "\(again.log)")
        // What there is, what is above it, what changed, and whether there are newer comments and review comments.
        #expect(github.journal.count - before <= 5)

        let status = try await step.run("status", "--json")
        #expect(status.status == 0 && status.log.contains(job))
      }
    }
  }

  @Test(arguments: [1, 2, 4, 6])
  func aKilledSyncResumesFromItsCheckpoint(request: Int) async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model) { github in
        let step = try Step(github: github.url, database: database.url)
        let plan = try await step.run("plan", "--all")
        let job = try #require(plan.outputs["job-id"])
        github.hold(on: .graphQL, skip: request)
        let running = try step.start("sync", "--job-id", job)
        _ = await github.held()
        running.kill(SIGKILL)
        #expect(try await running.wait().wasKilled)
        github.release()
        let end = try await step.run("sync", "--job-id", job)
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["complete"] == "true")
        if request > 2 { #expect(end.log.contains("resuming from the checkpoint")) }
        try await expectEqualRows(database, Self.model, "killed at request \(request)")
      }
    }
  }

  /// Everything that a process could have written for its chunk.
  private static func traces(_ database: TestDatabase) async throws -> String {
    try await database.value(
      """
      SELECT concat_ws(' ',
        (SELECT string_agg(c::text, ';' ORDER BY ordinal) FROM yardmaster.capture_chunks c),
        (SELECT string_agg(j::text, ';') FROM yardmaster.progressive_capture_jobs j),
        (SELECT string_agg(n::text, ';' ORDER BY number) FROM yardmaster.numbers n),
        (SELECT count(*) FROM yardmaster.dead_letters)) AS value
      """, as: String.self)
  }

  @Test(arguments: [1, 3]) func aProcessStoppedForLongerThanItsLeaseWritesNothing(request: Int) async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model) { github in
        let step = try Step(github: github.url, database: database.url)
        let job = try #require(try await step.run("plan", "--all").outputs["job-id"])
        github.hold(on: .graphQL, skip: request)
        let stopped = try step.start("sync", "--job-id", job)
        _ = await github.held()
        stopped.kill(SIGSTOP)
        // Its answer arrives, and it does not read it.
        github.release()
        let other = try await step.run("sync", "--job-id", job)
        #expect(other.outputs["complete"] == "true", "\(other.log)")
        let before = try await Self.traces(database)
        stopped.kill(SIGCONT)
        let end = try await stopped.wait()
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["complete"] == "true", "\(end.log)")
        #expect(try await Self.traces(database) == before)
        try await expectEqualRows(database, Self.model)
      }
    }
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
  func aSignalEndsItInGoodOrder(signal: Int32, status: Int32) async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model) { github in
        let step = try Step(github: github.url, database: database.url)
        let job = try #require(try await step.run("plan", "--all").outputs["job-id"])
        github.hold(on: .graphQL, skip: 3)
        let running = try step.start("sync", "--job-id", job)
        _ = await github.held()
        let clock = ContinuousClock()
        let begun = clock.now
        running.kill(signal)
        let end = try await running.wait()
        #expect(end.status == status, "\(end.log)")
        #expect(clock.now - begun < .seconds(3))
        #expect(end.outputs["complete"] == "false")
        let last = end.log.split(separator: "\n").last ?? ""
        #expect(last.hasPrefix("Ended by SIG") && last.contains("`yardmaster sync --job-id \(job)`"), "\(end.log)")
        github.release()
        let next = try await step.run("sync", "--job-id", job)
        #expect(next.outputs["complete"] == "true", "\(next.log)")
        try await expectEqualRows(database, Self.model)
      }
    }
  }

  @Test func theTimeLimitEndsItWithItsCheckpoint() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model) { github in
        let step = try Step(github: github.url, database: database.url)
        let job = try #require(try await step.run("plan", "--all").outputs["job-id"])
        github.fail(.delay(seconds: 1), on: .graphQL, times: nil)
        let end = try await step.run("sync", "--job-id", job, "--time-limit", "3")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["complete"] == "false")
        let last = end.log.split(separator: "\n").last ?? ""
        #expect(last.hasPrefix("Time is up; ") && last.contains("`yardmaster sync --job-id \(job)`"), "\(end.log)")
        let plan = try await step.with("GITHUB_ACTIONS", "").run("plan", "--all")
        #expect(plan.log.contains("Next: yardmaster sync --job-id \(job)"), "\(plan.log)")
        github.clearFaults()
        let next = try await step.run("sync", "--job-id", job)
        #expect(next.outputs["complete"] == "true")
        try await expectEqualRows(database, Self.model)
      }
    }
  }

  /// The name was given to another repository after the job was planned: a list of the whole repository does not say
  /// whose it is, items do.
  @Test(arguments: ["true", "scope ? 'range'"]) func anotherRepositorysRowsAreNotStored(chunks: String) async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model) { github in
        let step = try Step(github: github.url, database: database.url)
        let job = try #require(try await step.run("plan", "--all").outputs["job-id"])
        try await database.query("UPDATE yardmaster.repositories SET github_id = github_id + 1")
        try await database.query("DELETE FROM yardmaster.capture_chunks WHERE NOT (\(chunks))")
        let end = try await step.run("sync", "--job-id", job)
        #expect(end.status == 78, "\(end.log)")
        #expect(end.log.contains("is another repository on GitHub by now"), "\(end.log)")
        for table in ["pull_requests", "issues", "review_comments", "numbers"] {
          #expect(try await count(database, table) == 0, "\(table)")
        }
      }
    }
  }

  @Test func aDispatchCapturesInItsOwnRun() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(Self.model) { github in
        let payload =
          #"{"inputs":{"repository_name":"octo/widget","days_back":"","max_items":"20"},"repository":{"full_name":"octo/widget","id":1}}"#
        let end = try await Step(github: github.url, database: database.url)
          .event("workflow_dispatch", Array(payload.utf8)).run()
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["complete"] == "true")
        let again = try await Step(github: github.url, database: database.url).with("GITHUB_RUN_ATTEMPT", "2")
          .event("workflow_dispatch", Array(payload.utf8)).run()
        #expect(again.outputs["outcome"] == "duplicate", "\(again.log)")
        #expect(again.outputs["event-id"] == end.outputs["event-id"])
        let dry = try await Step(github: github.url, database: deadDatabase())
          .event("workflow_dispatch", Array(payload.utf8)).run("run", "--dry-run")
        #expect(dry.outputs["outcome"] == "ignored", "\(dry.log)")
        let items = """
          SELECT (SELECT count(*) FROM yardmaster.pull_requests) + (SELECT count(*) FROM yardmaster.issues) AS value
          """
        #expect(try await database.value(items, as: Int.self) == 20)
      }
    }
  }
}
