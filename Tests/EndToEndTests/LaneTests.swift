import Foundation
import GitHubDouble
import Postgres
import ScriptedServer
import TestSupport
import Testing

/// Events that are captured, and who takes over where a lane is down.
@Suite struct LaneTests {
  @Test func anEventIsCapturedInItsOwnRun() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(laneModel(laneConfiguration())) { github in
        let step = try Step(github: github.url, database: database.url)
          .event("pull_request", github.pullRequestEvent(2))
        let end = try await step.run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["outcome"] == "processed")
        #expect(end.outputs["complete"] == "true")
        #expect(end.outputs["items"] == "1")
        #expect(try await jobs(database) == "event completed")
        #expect(try await count(database, "pull_requests") == 1)
        #expect(try await count(database, "issue_comments") == 1)
        // The issue is no business of this event's.
        #expect(try await count(database, "issues") == 0)
        #expect(end.summary.contains("row 2"))

        let again = try await step.with("GITHUB_RUN_ATTEMPT", "2").run("run")
        #expect(again.outputs["outcome"] == "duplicate", "\(again.log)")
        #expect(try await count(database, "progressive_capture_jobs") == 1)
        #expect(github.mutations.isEmpty)
      }
    }
  }

  @Test(
    "every event about a pull request",
    arguments: ["pull_request_review", "pull_request_review_comment", "pull_request_target"])
  func otherEvents(name: String) async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(laneModel(laneConfiguration())) { github in
        var payload = try #require(
          github.pullRequestEvent(2).flatMap { try? JSONSerialization.jsonObject(with: Data($0)) as? [String: Any] })
        payload["action"] =
          ["pull_request_review": "submitted", "pull_request_review_comment": "created"][name] ?? "opened"
        payload["review"] = ["id": 8, "state": "approved", "submitted_at": "2026-01-01T00:00:00Z"] as [String: Any]
        payload["comment"] = ["id": 9, "body": "x", "updated_at": "2026-01-01T00:00:00Z"] as [String: Any]
        let bytes = Array(try JSONSerialization.data(withJSONObject: payload))
        let end = try await Step(github: github.url, database: database.url).event(name, bytes).run("run")
        #expect(end.outputs["outcome"] == "processed", "\(end.log)")
        #expect(try await count(database, "pull_requests") == 1)
      }
    }
  }

  @Test func automationComesFirstAndCaptureSeesWhatItDid() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(laneModel(laneConfiguration())) { github in
        let step = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(1))
        let end = try await step.run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["actions"] == "2")
        #expect(end.outputs["complete"] == "true")
        #expect(
          try await database.value(
            "SELECT array_to_string(labels, ',') AS value FROM yardmaster.issues WHERE number = 1", as: String.self)
            == "bug,needs-triage")
        #expect(try await count(database, "issue_comments") == 1)
        #expect(try await jobs(database) == "event completed")
      }
    }
  }

  @Test func aCommentWithoutACommandIsCaptured() async throws {
    try await withMigratedDatabase { database in
      var model = laneModel(laneConfiguration())
      let comment = model.addComment(on: 1, body: "me too", author: .user("bob"))
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url)
          .event("issue_comment", github.issueEvent(1, comment: comment))
        let end = try await step.run("run")
        #expect(end.outputs["outcome"] == "processed", "\(end.log)")
        #expect(try await count(database, "issue_comments") == 1)
        #expect(github.mutations.isEmpty)
      }
    }
  }

  @Test func withoutTheConfigurationNothingIsConnected() async throws {
    try await withGitHubDouble(laneModel(liveConfiguration)) { github in
      let step = try Step(github: github.url, database: deadDatabase())
      let end = try await step.event("pull_request", github.pullRequestEvent(2)).run("run")
      #expect(end.status == 0, "\(end.log)")
      #expect(end.outputs["outcome"] == "ignored")
      #expect(github.journal.count == 1)
      let quiet = try await step.event("pull_request", github.pullRequestEvent(2, action: "review_requested")).run(
        "run")
      #expect(quiet.outputs["outcome"] == "ignored", "\(quiet.log)")
      #expect(github.journal.count == 1)
      let dry = try await step.event("pull_request", github.pullRequestEvent(2)).run("run", "--dry-run")
      #expect(dry.outputs["outcome"] == "ignored", "\(dry.log)")
    }
  }

  @Test func theRolloutSendsItToInngestOnce() async throws {
    try await withMigratedDatabase { database in
      let server = try ScriptedServer([.init("POST", inngestPath, inngestAccepts)])
      try await withGitHubDouble(laneModel(laneConfiguration(percent: 100))) { github in
        let step = try Step(github: github.url, database: database.url).inngest(server)
          .event("pull_request", github.pullRequestEvent(2))
        let end = try await step.run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["outcome"] == "processed")
        #expect(end.outputs["complete"] == "false")
        #expect(try await jobs(database) == "inngest running")
        #expect(try await count(database, "pull_requests") == 0)
        let request = try #require(server.requests.first)
        let body = try #require(JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
        #expect(body["id"] as? String == end.outputs["job-id"])
        #expect(body["name"] as? String == "yardmaster/capture.requested")
        let data = try #require(body["data"] as? [String: Any])
        #expect(data["numbers"] as? [Int] == [2])
        #expect(data["repository"] as? String == "octo/widget")
        let sent = String(decoding: request.body, as: UTF8.self)
        for secret in [inngestKey, "ghs_secret", "postgresql://", database.name, "Mend it"] {
          #expect(!sent.contains(secret))
        }
        #expect(!end.log.contains(inngestKey) && !end.summary.contains(inngestKey))
        let leaked = try await database.value(
          "SELECT count(*) AS value FROM yardmaster.progressive_capture_jobs j WHERE row_to_json(j)::text LIKE '%\(inngestKey)%'",
          as: Int.self)
        #expect(leaked == 0)
        #expect(
          try await database.value(
            "SELECT metadata->'inngest_ids'->>0 || (lane_deadline > now() + interval '14 minutes')::text AS value FROM yardmaster.progressive_capture_jobs",
            as: String.self) == "01HXYZtrue")
        // A second delivery is the same event, and a job that Inngest has is not sent again.
        #expect(try await step.run("run").outputs["outcome"] == "duplicate")
      }
      #expect(server.problems().isEmpty)
    }
  }

  @Test("outside the rollout, or in a dry run, Inngest hears nothing", arguments: [(0, "live"), (100, "dry-run")])
  func notInTheRollout(percent: Int, mode: String) async throws {
    try await withMigratedDatabase { database in
      let server = try ScriptedServer([])
      try await withGitHubDouble(laneModel(laneConfiguration(percent: percent, mode: mode))) { github in
        let end = try await Step(github: github.url, database: database.url).inngest(server)
          .event("pull_request", github.pullRequestEvent(2)).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(try await jobs(database) == "event completed")
      }
      #expect(server.problems().isEmpty)
    }
  }

  @Test("where Inngest does not accept it, the run captures with priority", arguments: [500, 401])
  func inngestIsDown(status: Int) async throws {
    try await withMigratedDatabase { database in
      let server = try ScriptedServer([
        .init(
          "POST", inngestPath, times: status == 500 ? 4 : 1, .json(#"{"error":"no \#(inngestKey)"}"#, status: status))
      ])
      try await withGitHubDouble(laneModel(laneConfiguration(percent: 100))) { github in
        let end = try await Step(github: github.url, database: database.url).inngest(server)
          .event("pull_request", github.pullRequestEvent(2)).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["complete"] == "true")
        #expect(end.log.contains("Inngest"))
        #expect(try await jobs(database) == "event completed priority true")
        #expect(try await count(database, "pull_requests") == 1)
        #expect(!end.log.contains(inngestKey) && !end.summary.contains(inngestKey))
      }
      #expect(server.problems().isEmpty)
    }
  }

  @Test func anInngestThatIsSilentLeavesTimeForTheRun() async throws {
    try await withMigratedDatabase { database in
      let server = try ScriptedServer([.init("POST", inngestPath, times: 9, .silence)])
      try await withGitHubDouble(laneModel(laneConfiguration(percent: 100))) { github in
        let end = try await Step(github: github.url, database: database.url).inngest(server)
          .with("YARDMASTER_TIME_LIMIT", "16").event("pull_request", github.pullRequestEvent(2)).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["complete"] == "true", "\(end.log)")
        #expect(try await jobs(database) == "event completed priority true")
      }
      server.stop()
    }
  }

  @Test func aRunOutOfTimeLeavesItsRowToTheSweep() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(laneModel(laneConfiguration())) { github in
        github.fail(.hang, on: .graphQL, times: nil)
        let end = try await Step(github: github.url, database: database.url)
          .with("YARDMASTER_TIME_LIMIT", "6").event("pull_request", github.pullRequestEvent(2)).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["complete"] == "false", "\(end.log)")
        github.clearFaults()
        let sweep = try await Step(github: github.url, database: database.url).run("sweep", "--audit-points", "0")
        #expect(sweep.outputs["complete"] == "true", "\(sweep.log)")
      }
    }
  }

  @Test func whereTheRunCannotCaptureInngestTakesItWithPriority() async throws {
    try await withMigratedDatabase { database in
      let server = try ScriptedServer([.init("POST", inngestPath, inngestAccepts)])
      try await withGitHubDouble(laneModel(laneConfiguration())) { github in
        github.fail(.unavailable(), on: .graphQL, times: nil)
        let end = try await Step(github: github.url, database: database.url).inngest(server)
          .event("pull_request", github.pullRequestEvent(2)).run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["complete"] == "false")
        #expect(try await jobs(database) == "inngest running priority true")
        let sent = String(decoding: try #require(server.requests.first).body, as: UTF8.self)
        #expect(sent.contains(#""priority":true"#))
      }
      #expect(server.problems().isEmpty)
    }
  }

  @Test func whereBothAreDownTheJobWaitsAndTheReRunTriesAgain() async throws {
    try await withMigratedDatabase { database in
      let server = try ScriptedServer([.init("POST", inngestPath, .json("{}", status: 403))])
      try await withGitHubDouble(laneModel(laneConfiguration())) { github in
        github.fail(.unavailable(), on: .graphQL, times: nil)
        let step = try Step(github: github.url, database: database.url).inngest(server)
          .event("pull_request", github.pullRequestEvent(2))
        let end = try await step.run("run")
        #expect(end.status == 75, "\(end.log)")
        #expect(end.outputs["outcome"] == "failed")
        #expect(try await jobs(database) == "github_actions waiting priority true")
        github.clearFaults()
        let again = try await step.with("GITHUB_RUN_ATTEMPT", "2").run("run")
        #expect(again.outputs["outcome"] == "processed", "\(again.log)")
        #expect(try await jobs(database) == "event completed priority true")
        #expect(try await count(database, "pull_requests") == 1)
      }
      #expect(server.problems().isEmpty)
    }
  }

  @Test func aCaptureThatFailsDoesNotFailTheAutomation() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(laneModel(laneConfiguration())) { github in
        github.fail(.unavailable(), on: .graphQL, times: nil)
        let step = try Step(github: github.url, database: database.url).event("issues", github.issueEvent(1))
        let end = try await step.run("run")
        #expect(end.status == 0, "\(end.log)")
        #expect(end.outputs["outcome"] == "processed")
        #expect(end.outputs["actions"] == "2")
        #expect(end.log.contains("::warning"))
        #expect(end.summary.contains("sweep"))
        #expect(try await jobs(database) == "github_actions waiting priority true")
        #expect(
          try await database.value("SELECT outcome AS value FROM yardmaster.events", as: String.self) == "processed")
      }
    }
  }

  @Test func twoEventsOfOneItemConverge() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(laneModel(laneConfiguration())) { github in
        let step = try Step(github: github.url, database: database.url)
        let first = try step.event("pull_request", github.pullRequestEvent(2)).start("run")
        let second = try step.event("pull_request", github.pullRequestEvent(2, action: "edited"))
          .with("GITHUB_RUN_ID", "4712").start("run")
        for end in [try await first.wait(), try await second.wait()] { #expect(end.status == 0, "\(end.log)") }
        #expect(try await jobs(database) == "event completed; event completed")
        #expect(try await count(database, "pull_requests") == 1)
        #expect(try await count(database, "issue_comments") == 1)
      }
    }
  }

  @Test func aKilledCaptureIsTakenOverByTheReRun() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(laneModel(laneConfiguration())) { github in
        github.hold(on: .graphQL)
        let step = try Step(github: github.url, database: database.url)
          .event("pull_request", github.pullRequestEvent(2))
        let running = try step.start("run")
        _ = await github.held()
        running.kill(SIGKILL)
        #expect(try await running.wait().wasKilled)
        github.release()
        let end = try await step.with("GITHUB_RUN_ATTEMPT", "2").run("run")
        #expect(end.outputs["outcome"] == "processed", "\(end.log)")
        #expect(try await jobs(database) == "event completed")
        #expect(try await count(database, "pull_requests") == 1)
      }
    }
  }

  // MARK: Inngest's consumer

  /// An event that Inngest accepted: its job.
  private func sent(_ step: Step, _ github: GitHubDouble) async throws -> String {
    let end = try await step.event("pull_request", github.pullRequestEvent(2)).run("run")
    return try #require(end.outputs["job-id"], "\(end.log)")
  }

  @Test func aConsumerThatCompletesIsBelieved() async throws {
    try await withMigratedDatabase { database in
      let server = try ScriptedServer([.init("POST", inngestPath, inngestAccepts)])
      try await withGitHubDouble(laneModel(laneConfiguration(percent: 100))) { github in
        let step = try Step(github: github.url, database: database.url).inngest(server)
        _ = try await sent(step, github)
        try await database.query(
          "UPDATE yardmaster.progressive_capture_jobs SET status = 'completed', completed_at = now(), lane_deadline = now()"
        )
        let sweep = try await step.run("sweep", "--audit-points", "0")
        #expect(sweep.status == 0, "\(sweep.log)")
        #expect(try await jobs(database) == "inngest completed; github_actions completed")
      }
      #expect(server.problems().isEmpty)
    }
  }

  @Test(
    "within its time the job is Inngest's; after it, or where it failed, the sweep's", arguments: ["running", "failed"])
  func theSweepTakesOver(status: String) async throws {
    try await withMigratedDatabase { database in
      let server = try ScriptedServer([.init("POST", inngestPath, inngestAccepts)])
      try await withGitHubDouble(laneModel(laneConfiguration(percent: 100))) { github in
        let step = try Step(github: github.url, database: database.url).inngest(server)
        let job = try await sent(step, github)
        let early = try await step.run("sweep", "--audit-points", "0")
        #expect(early.status == 0, "\(early.log)")
        #expect(try await jobs(database) == "inngest running; github_actions completed")
        let moment = status == "running" ? "now() - interval '1 second'" : "lane_deadline"
        try await database.query(
          "UPDATE yardmaster.progressive_capture_jobs SET lane_deadline = \(moment), status = '\(status)' WHERE id = '\(job)'"
        )
        let late = try await step.run("sweep", "--audit-points", "0")
        #expect(late.status == 0, "\(late.log)")
        #expect(late.log.contains(job))
        let states = try await jobs(database)
        #expect(states.hasPrefix("github_actions completed priority true; github_actions completed"), "\(states)")
      }
      #expect(server.problems().isEmpty)
    }
  }
}
