import Foundation
import GitHubDouble
import Postgres
import ScriptedServer
import TestSupport
import Testing

private func dispatch(_ inputs: String) -> [UInt8] {
  Array(
    #"{"inputs":{\#(inputs)},"repository":{"full_name":"octo/widget","id":724201001},"sender":{"login":"carol","id":5,"type":"User"}}"#
      .utf8)
}

/// Dispatches that take their lanes, and the table itself.
@Suite struct LaneDispatchTests {
  @Test func historyIsDispatchedAndItsRowWaitsForThePlan() async throws {
    try await withMigratedDatabase { database in
      let more = "  recent_items: 1\n"
      try await withGitHubDouble(laneModel(laneConfiguration(more: more))) { github in
        let step = try Step(github: github.url, database: database.url)
        let bytes = dispatch(#""repository_name":"octo/widget","days_back":"3000","max_items":"500""#)
        let end = try await step.event("workflow_dispatch", bytes).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["complete"] == "false")
        let id = try #require(end.outputs["job-id"])
        #expect(try await jobs(database) == "github_actions pending")
        let repository = try await database.value("SELECT id AS value FROM yardmaster.repositories", as: String.self)
        #expect(github.mutations.map(\.kind) == ["dispatch_workflow"])
        #expect(
          github.mutations.first?.detail == [
            "history-sync.yml", "main", "days_back=3000", "job_id=\(id)", "max_items=500",
            "repository_id=\(repository)",
            "repository_name=octo/widget",
          ])
        // The same request again is in the workflow's hands.
        let again = try await step.event("workflow_dispatch", bytes).with("GITHUB_RUN_ID", "4712").run("run")
        #expect(again.outputs["job-id"] == id, "\(again.log)")
        #expect(github.mutations.count == 1)
        // The workflow adopts the row.
        let plan = try await step.run("plan", "--repository", "octo/widget", "--job-id", id)
        #expect(plan.outputs["job-id"] == id && plan.outputs["has-work"] == "true", "\(plan.log)")
        let sync = try await step.run("sync", "--job-id", id)
        #expect(sync.outputs["complete"] == "true", "\(sync.log)")
        #expect(try await jobs(database) == "github_actions completed")
      }
    }
  }

  /// A run that was killed leaves its job `running`, with a lease that has ended.
  @Test(arguments: [true, false]) func whatAKilledRunHeldIsTakenUpAgain(isBulkWorkflow: Bool) async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(laneModel(laneConfiguration(more: "  recent_items: 1\n"))) { github in
        var step = try Step(github: github.url, database: database.url)
        let job = try #require(try await step.run("plan", "--all").outputs["job-id"])
        github.hold(on: .graphQL)
        let running = try step.start("sync", "--job-id", job)
        _ = await github.held()
        running.kill(SIGKILL)
        #expect(try await running.wait().wasKilled)
        github.release()
        github.clearFaults()
        _ = try await database.query(
          "UPDATE yardmaster.capture_chunks SET lease_expires_at = now() - interval '1 second' WHERE status = 'leased'")
        #expect(try await jobs(database) == "github_actions running")
        if isBulkWorkflow {
          step = step.with(
            "GITHUB_WORKFLOW_REF", "octo/widget/.github/workflows/history-sync.yml@refs/heads/main")
        }
        let end = try await step.with("GITHUB_RUN_ID", "4712")
          .event("workflow_dispatch", dispatch(#""repository_name":"octo/widget""#)).run("run")
        #expect(end.status == 0 && end.outputs["job-id"] == job, "\(end.log)")
        #expect(end.outputs["complete"] == "\(isBulkWorkflow)", "\(end.log)")
        #expect(github.mutations.map(\.kind) == (isBulkWorkflow ? [] : ["dispatch_workflow"]))
      }
    }
  }

  @Test func theBulkWorkflowDoesNotDispatchItself() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(laneModel(laneConfiguration(more: "  recent_items: 1\n"))) { github in
        let end = try await Step(github: github.url, database: database.url)
          .with("GITHUB_WORKFLOW_REF", "octo/widget/.github/workflows/history-sync.yml@refs/heads/main")
          .event("workflow_dispatch", dispatch(#""repository_name":"octo/widget""#)).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["complete"] == "true")
        #expect(github.mutations.isEmpty)
        #expect(try await count(database, "issues") == 1)
        #expect(try await jobs(database) == "event completed")
      }
    }
  }

  @Test func aWorkflowThatIsMissingLeavesTheJobToInngestOrToTheSweep() async throws {
    try await withMigratedDatabase { database in
      let server = try ScriptedServer([.init("POST", inngestPath, inngestAccepts)])
      try await withGitHubDouble(
        laneModel(laneConfiguration(more: "  bulk_workflow: nowhere.yml\n  recent_items: 1\n"))
      ) { github in
        let step = try Step(github: github.url, database: database.url)
        let alone = try await step.event("workflow_dispatch", dispatch(#""days_back":"90""#)).run("run")
        #expect(alone.status == 78, "\(alone.log)")
        #expect(alone.log.contains("nowhere.yml"))
        #expect(try await jobs(database) == "github_actions waiting priority true")
        let helped = try await step.inngest(server).with("GITHUB_RUN_ID", "4712")
          .event("workflow_dispatch", dispatch(#""days_back":"91""#)).run("run")
        #expect(helped.status == 0, "\(helped.log)")
        #expect(helped.log.contains("::error title=Yardmaster::") && helped.log.contains("nowhere.yml"))
        #expect(
          try await jobs(database) == "github_actions waiting priority true; inngest running priority true")
      }
      #expect(server.problems().isEmpty)
    }
  }

  @Test func whatThisRunMayNotSeeIsNoLaneThatIsDown() async throws {
    try await withMigratedDatabase { database in
      let server = try ScriptedServer([])
      try await withGitHubDouble(laneModel(laneConfiguration())) { github in
        let end = try await Step(github: github.url, database: database.url).inngest(server)
          .event("workflow_dispatch", dispatch(#""repository_name":"octo/none","max_items":"5""#)).run("run")
        #expect(end.status == 78, "\(end.log)")
        #expect(end.outputs["outcome"] == "failed" && end.log.contains("octo/none"), "\(end.log)")
        #expect(end.log.components(separatedBy: "::error").count == 2, "\(end.log)")
        #expect(try await jobs(database) == "github_actions waiting priority true")
      }
      #expect(server.problems().isEmpty)
    }
  }

  @Test func fewItemsThatAPersonAsksForAreCapturedAtOnce() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(laneModel(laneConfiguration())) { github in
        let end = try await Step(github: github.url, database: database.url)
          .event(
            "workflow_dispatch", dispatch(#""repository_name":" octo/widget","days_back":"All ","max_items":" 20 ""#)
          ).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["complete"] == "true")
        #expect(try await jobs(database) == "event completed")
        #expect(try await count(database, "pull_requests") == 1)
      }
    }
  }

  @Test func theTableIsPrinted() async throws {
    try await withGitHubDouble(laneModel(laneConfiguration(more: "  recent_items: 7\n"))) { github in
      let step = try Step(github: github.url, database: "")
      let text = try await step.run("lanes")
      #expect(text.status == 0, "\(text.log)")
      #expect(text.log.contains("an item's event") && text.log.contains("< 7"), "\(text.log)")
      let json = try await step.inngest(try ScriptedServer([])).run("lanes", "--json")
      #expect(json.status == 0, "\(json.log)")
      let line = try #require(json.log.split(separator: "\n").first { $0.hasPrefix("{") })
      let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect((object["rows"] as? [Any])?.count == 12)
      #expect(object["inngest_configured"] as? Bool == true)
      #expect(!json.log.contains(inngestKey))
      let bare = try await step.with("GITHUB_TOKEN", "").with("GITHUB_REPOSITORY", "").run("lanes")
      #expect(bare.status == 0 && bare.log.contains("< 50"), "\(bare.log)")
    }
  }
}
