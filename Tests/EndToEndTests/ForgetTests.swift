import Foundation
import GitHubDouble
import Postgres
import TestSupport
import Testing

/// `yardmaster forget`, after all that leaves a login in the database.
@Suite struct ForgetTests {
  private static let configuration = """
    mode: live
    alerts: false
    audit: { pseudonyms: true }
    actors: { commands_per_hour: 6, unlimited_from: admin }
    rules:
      - name: crash
        when: { title: crash }
        then:
          label: bug
          comment: "Thanks {{author}}, as {{assignees}} says."
          sticky: "{{author}} waits."
          assign: [Mona, dave, nobody]
          dispatch: { workflow: deploy.yml, ref: main, inputs: { who: "{{author}}" } }
    """

  private struct Yard {
    var github: GitHubDouble
    var step: Step
    var database: TestDatabase
    /// Of the opened issue, and of the comment.
    var transactions: [String]
    var comment: Int64
  }

  private func withYard(_ body: (Yard) async throws -> Void) async throws {
    try await withMigratedDatabase { database in
      var model = RepositoryModel(owner: "octo", name: "widget")
      model.contents[".github/yardmaster.yml"] = Array(Self.configuration.utf8)
      model.contents[".github/workflows/deploy.yml"] = Array("on: workflow_dispatch".utf8)
      model.collaborators = ["Mona": "triage", "mona": "triage", "dave": "write", "erin": "maintain"]
      model.addIssue(title: "Crash at start", body: "It says", author: .user("Mona"))
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url).with("GITHUB_ACTOR", "erin")
          .with("YARDMASTER_AUDIT_KEY", "a key")
        let opened = try await step.event("issues", github.issueEvent(1)).run("run")
        #expect(opened.status == 0, "\(opened.log)")
        let text = "/label urgent\n/unassign @mona\n/assign mona\n/lock\n/assign @Mona @nobody"
        let said = try #require(github.act(as: "Mona", on: 1, .comment(text)))
        let commanded = try await step.event(said.event, said.payload).run("run")
        #expect(commanded.status == 0, "\(commanded.log)")
        let more = try #require(github.act(as: "Mona", on: 1, .comment("/label a\n/label b")))
        _ = try await step.event(more.event, more.payload).run("run")
        try await body(
          Yard(
            github: github, step: step, database: database,
            transactions: [opened, commanded].compactMap { $0.outputs["transaction-id"] },
            comment: try #require(said.commentID)))
      }
    }
  }

  /// Every column with the login, whatever it stands in. What was captured has a rule of its own, and the log is whole.
  private func columns(with login: String, in database: TestDatabase) async throws -> [String] {
    let columns = try await database.query(
      """
      SELECT table_name AS name, column_name AS column FROM information_schema.columns
      WHERE table_schema = 'yardmaster' AND (udt_name IN ('text', 'jsonb', '_text'))
        AND table_name NOT IN ('audit_log', 'audit_pseudonyms')
      ORDER BY 1, 2
      """)
    var found: [String] = []
    for row in columns {
      let (table, column): (String, String) = (try row.decode("name"), try row.decode("column"))
      let count = try await database.value(
        """
        SELECT count(*) AS value FROM yardmaster.\(table)
        WHERE \(column)::text ~* '(^|[^a-z0-9-])\(login)($|[^a-z0-9-])'
        """, as: Int.self)
      if count > 0 { found.append("\(table).\(column)") }
    }
    return found
  }

  @Test func nothingHoldsTheLoginAnyMore() async throws {
    try await withYard { yard in
      try await yard.database.query(
        "UPDATE yardmaster.actions SET explanation = 'GitHub did not assign Mona, erin: …' WHERE kind = 'assign'")
      try await yard.database.query(
        "UPDATE yardmaster.events SET error = 'GET /repos/octo/widget/collaborators/Mona/permission: 500'")
      let before = try await columns(with: "mona", in: yard.database)
      for place in [
        "actions.after_state", "actions.effect", "actions.explanation", "actions.reason", "actions.standing",
        "commands.arguments", "commands.explanation", "commands.login", "configurations.content", "events.actor",
        "events.error",
        "facets.facet", "facets.login", "sticky_comments.body",
      ] { #expect(before.contains(place), "\(place) in \(before)") }
      let plan = try await yard.step.run("forget", "--login", "MONA")
      #expect(plan.status == 0, "\(plan.log)")
      for place in before { #expect(plan.log.contains("Still in \(place), rows: "), "\(place): \(plan.log)") }
      #expect(try await columns(with: "mona", in: yard.database) == before)
      let end = try await yard.step.run("forget", "--login", "MONA", "--captured", "--yes")
      #expect(end.status == 0, "\(end.log)")
      for place in before { #expect(end.log.contains("Removed from \(place), rows: "), "\(place): \(end.log)") }
      #expect(try await columns(with: "mona", in: yard.database) == [])
      let verified = try await yard.step.run("audit", "verify")
      #expect(verified.status == 0, "\(verified.log)")
      #expect(!(try await yard.step.run("forget", "--login", "mona").log).contains("Still in"))
    }
  }

  /// What somebody who was forgotten has a part in is taken back all the same; they stay as they are.
  @Test func whatTheLoginHadAPartInIsTakenBack() async throws {
    try await withYard { yard in
      let start = try #require(yard.github.item(1))
      #expect(Set(start.assignees.map(\.login)) == ["Mona", "dave"], "\(start.assignees)")
      #expect(try await yard.step.run("forget", "--login", "mona", "--captured", "--yes").status == 0)
      var told: [Bool] = []
      for transaction in yard.transactions.reversed() {
        let end = try await yard.step.run("rollback", "--transaction", transaction)
        #expect(end.status == 0, "\(end.log)")
        told.append(end.summary.contains("an assignee who was forgotten"))
      }
      // The commands found her assigned, and wrote nothing about that.
      #expect(told == [false, true])
      let item = try #require(yard.github.item(1))
      #expect(item.assignees.map(\.login) == ["Mona"] && Set(item.labels) == ["a"], "\(item)")
      #expect(item.comments.allSatisfy { !$0.body.hasPrefix("Thanks") && !$0.body.contains("waits.") })
    }
  }

  /// Commands of hers that ran are known, also without her name.
  @Test func aCommandDoesNotRunAgainBecauseItsLoginIsForgotten() async throws {
    try await withYard { yard in
      #expect(try await yard.step.run("forget", "--login", "mona", "--captured", "--yes").status == 0)
      // What an edit's event tells of the version before does not have them.
      let commands = "/label urgent\n/unassign @mona\n/assign mona\n/lock\n/assign @Mona @nobody"
      for text in ["nothing", commands] {
        let edit = try #require(yard.github.act(as: "Mona", on: 1, .editComment(yard.comment, text)))
        let end = try await yard.step.event(edit.event, edit.payload).run("run")
        #expect(end.status == 0, "\(end.log)")
      }
      let count = try await yard.database.value("SELECT count(*) AS value FROM yardmaster.commands", as: Int.self)
      #expect(count == 7)
    }
  }
}
