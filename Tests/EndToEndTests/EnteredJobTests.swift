import Foundation
import GitHubDouble
import Postgres
import TestSupport
import Testing

/// Rows that others enter into the table: a queue manager, or a plan that GitHub did not answer.
@Suite struct EnteredJobTests {
  private static let id = "11111111-1111-4111-8111-111111111111"

  private static func withWidget(
    _ body: (TestDatabase, GitHubDouble, Step) async throws -> Void
  ) async throws {
    try await withMigratedDatabase { database in
      let model = RepositoryModel.generated(owner: "octo", name: "widget", pullRequests: 20, issues: 10, seed: 23)
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url).with("YARDMASTER_TIME_LIMIT", "8")
        try await body(database, github, step)
      }
    }
  }

  /// Enters a queue manager's row.
  private static func enter(
    _ database: TestDatabase, _ id: String = id, repository: String = "NULL", days: Int = 3_000, metadata: String
  ) async throws {
    _ = try await database.query(
      """
      INSERT INTO yardmaster.progressive_capture_jobs (id, repository_id, time_range_days, metadata)
      VALUES ('\(id)', \(repository), \(days), '\(metadata)')
      """)
  }

  /// A time that is none, in a row of a queue manager's, hinders neither its own capture nor who lists it among others.
  @Test(arguments: [
    ("created_at", "infinity"), ("started_at", "infinity"), ("completed_at", "infinity"), ("lane_deadline", "infinity"),
    ("created_at", "-infinity"), ("created_at", "294276-12-31"),
  ])
  func aTimeThatIsNone(column: String, value: String) async throws {
    try await Self.withWidget { database, _, step in
      try await Self.enter(database, metadata: #"{"repository_name": "octo/widget"}"#)
      try await database.query("UPDATE yardmaster.progressive_capture_jobs SET \(column) = '\(value)'")
      let status = try await step.run("status", "--json")
      #expect(status.status == 0 && status.log.contains(Self.id), "\(status.log)")
      let sweep = try await step.with("YARDMASTER_TIME_LIMIT", "60").run("sweep", "--audit-points", "0")
      #expect(sweep.status == 0, "\(sweep.log)")
      #expect(
        try await database.value(
          "SELECT status AS value FROM yardmaster.progressive_capture_jobs WHERE id = '\(Self.id)'") == "completed")
    }
  }

  /// Forgets a limit that lasts longer than a test should.
  private static func endLimit(_ database: TestDatabase, _ github: GitHubDouble) async throws {
    github.clearFaults()
    _ = try await database.query(
      "TRUNCATE yardmaster.budget_windows, yardmaster.budget_owners, yardmaster.budget_calls")
  }

  /// Status and repository of a job.
  private static func row(_ database: TestDatabase, _ id: String = id) async throws -> String {
    try await database.value(
      """
      SELECT j.status || ' ' || coalesce(r.owner || '/' || r.name, 'nowhere') AS value
      FROM yardmaster.progressive_capture_jobs j LEFT JOIN yardmaster.repositories r ON r.id = j.repository_id
      WHERE j.id = '\(id)'
      """, as: String.self)
  }

  @Test(
    arguments: [
      ("NULL", #"{"repository_name": "Octo/WIDGET"}"#), ("NULL", #"{"repository": "octo/widget"}"#), ("NULL", "{}"),
      ("'0f8fad5b-d9cb-469f-a165-70867728950e'", "{}"),
    ])
  func whatALimitKeepsFromBeingPlannedIsTheSweeps(repository: String, metadata: String) async throws {
    try await Self.withWidget { database, github, step in
      try await Self.enter(database, repository: repository, metadata: metadata)
      github.fail(.primaryLimit(resetIn: 600), on: .graphQL)
      let plan = try await step.run("plan", "--repository", "octo/widget", "--job-id", Self.id)
      #expect(plan.status == 0 && plan.log.contains("leave it to the sweep"), "\(plan.log)")
      #expect(try await Self.row(database) == "pending nowhere")
      try await Self.endLimit(database, github)
      let sweep = try await step.with("YARDMASTER_TIME_LIMIT", "60").run("sweep", "--audit-points", "0")
      #expect(sweep.status == 0 && sweep.outputs["complete"] == "true", "\(sweep.log)")
      #expect(try await Self.row(database) == "completed octo/widget")
    }
  }

  @Test func whatGitHubDoesNotAnswerIsTheSweeps() async throws {
    try await Self.withWidget { database, github, step in
      try await Self.enter(database, metadata: "{}")
      github.fail(.unavailable(), on: .graphQL, times: nil)
      let plan = try await step.run("plan", "--repository", "octo/widget", "--job-id", Self.id)
      #expect(plan.status == 75, "\(plan.log)")
      github.clearFaults()
      let sweep = try await step.with("YARDMASTER_TIME_LIMIT", "60").run("sweep", "--audit-points", "0")
      #expect(sweep.status == 0 && sweep.outputs["complete"] == "true", "\(sweep.log)")
      #expect(try await Self.row(database) == "completed octo/widget")
    }
  }

  @Test func aRowThatNobodyPlannedIsTheSweepsOfItsRepository() async throws {
    try await Self.withWidget { database, github, step in
      try await Self.enter(database, metadata: #"{"repository_name": "octo/widget"}"#)
      let other = "22222222-2222-4222-8222-222222222222"
      try await Self.enter(database, other, metadata: #"{"repository_name": "octo/other"}"#)
      let inngests = "33333333-3333-4333-8333-333333333333"
      try await Self.enter(database, inngests, metadata: #"{"repository_name": "octo/widget"}"#)
      _ = try await database.query(
        "UPDATE yardmaster.progressive_capture_jobs SET processor_type = 'inngest' WHERE id = '\(inngests)'")
      let sweep = try await step.with("YARDMASTER_TIME_LIMIT", "60").run("sweep", "--audit-points", "0")
      #expect(sweep.status == 0 && sweep.outputs["complete"] == "true", "\(sweep.log)")
      #expect(try await Self.row(database) == "completed octo/widget")
      for id in [other, inngests] { #expect(try await Self.row(database, id) == "pending nowhere") }
    }
  }

  /// The old name of a renamed repository, planned while GitHub cannot be asked what it is called.
  @Test(arguments: ["plan", "sweep", "sweep by the new name", "new name"])
  func aNameThatGitHubKnowsBetterKeepsTheJob(way: String) async throws {
    try await Self.withWidget { database, github, step in
      let patient = step.with("YARDMASTER_TIME_LIMIT", "60")
      let first = try await patient.run("sweep", "--audit-points", "0")
      #expect(first.status == 0, "\(first.log)")
      github.change { model in
        model.name = "gadget"
        model.formerNames = ["octo/widget"]
      }
      let isNew = way == "new name"
      if !isNew {
        let renamed = try await patient.run("sweep", "--audit-points", "0")
        #expect(renamed.status == 0, "\(renamed.log)")
      }
      github.fail(.primaryLimit(resetIn: 600), on: .graphQL)
      let asked = isNew ? "octo/gadget" : "octo/widget"
      let limited = try await step.run("plan", "--repository", asked, "--days-back", "3000")
      let id = try #require(limited.outputs["job-id"])
      #expect(limited.outputs["has-work"] == "false", "\(limited.log)")
      try await Self.endLimit(database, github)
      if way == "plan" {
        let plan = try await patient.run("plan", "--repository", asked, "--job-id", id)
        #expect(plan.status == 0 && plan.outputs["has-work"] == "true", "\(plan.log)")
        #expect(try await Self.row(database, id) == "pending octo/gadget")
      } else {
        let name = way == "sweep" ? "octo/widget" : "octo/gadget"
        let sweep = try await patient.run("sweep", "--repository", name, "--audit-points", "0")
        #expect(sweep.status == 0 && sweep.outputs["complete"] == "true", "\(sweep.log)")
        #expect(try await Self.row(database, id) == "completed octo/gadget")
      }
    }
  }

  /// It fails one sweep, which does everything else all the same.
  @Test(arguments: [(-5, "{}", "days back are -5"), (30, #"{"max_items": "five"}"#, "max_items in the metadata")])
  func aRowThatMakesNoSenseFailsOnce(days: Int, metadata: String, words: String) async throws {
    try await Self.withWidget { database, github, patient in
      let step = patient.with("YARDMASTER_TIME_LIMIT", "60")
      let first = try await step.run("sweep", "--audit-points", "0")
      #expect(first.status == 0, "\(first.log)")
      try await Self.enter(
        database, repository: "(SELECT id FROM yardmaster.repositories)", days: days, metadata: metadata)
      _ = try await database.query(
        """
        DELETE FROM yardmaster.issue_comments WHERE github_id = (SELECT max(github_id) FROM yardmaster.issue_comments)
        """)
      let second = try await step.run("sweep")
      #expect(second.status == 64 && second.log.contains(words), "\(second.log)")
      let parts = try await database.value(
        """
        SELECT string_agg(job_type || ' ' || status, ', ' ORDER BY job_type, status) AS value
        FROM yardmaster.progressive_capture_jobs
        """, as: String.self)
      #expect(
        parts == "audit completed, history completed, history completed, history failed, repair completed", "\(parts)")
      let error = try await database.value(
        "SELECT error AS value FROM yardmaster.progressive_capture_jobs WHERE status = 'failed'", as: String.self)
      #expect(error.contains(words), "\(error)")
      try await expectEqualRows(database, github.repository())
      let third = try await step.run("sweep")
      #expect(third.status == 0 && third.outputs["complete"] == "true", "\(third.log)")
    }
  }

  @Test func noDaysAndNoItemsAreNoLimit() async throws {
    try await Self.withWidget { database, github, step in
      try await Self.enter(database, days: 0, metadata: #"{"repository_name": "octo/widget", "max_items": 0}"#)
      let plan = try await step.run("plan", "--repository", "octo/widget", "--job-id", Self.id)
      #expect(plan.status == 0 && plan.outputs["has-work"] == "true", "\(plan.log)")
      let sync = try await step.with("YARDMASTER_TIME_LIMIT", "60").run("sync", "--job-id", Self.id)
      #expect(sync.outputs["complete"] == "true", "\(sync.log)")
      try await expectEqualRows(database, github.repository())
    }
  }
}
