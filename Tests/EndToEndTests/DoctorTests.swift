import Foundation
import GitHubDouble
import Postgres
import TestSupport
import Testing

/// What `doctor` finds.
@Suite struct DoctorTests {
  private static func lines(_ end: Step.Ending, _ mark: String) -> [String] {
    end.log.split(separator: "\n").map(String.init).filter { $0.hasPrefix(mark) }
  }

  @Test func allIsWellOnlyWhereItIs() async throws {
    try await TestDatabase.withDatabase { database in
      try await withGitHubDouble(laneModel(laneConfiguration(percent: 10))) { github in
        let step = try Step(github: github.url, database: database.url).with("YARDMASTER_AUDIT_KEY", "a key")
        let end = try await step.run("doctor")
        #expect(end.status == 0, "\(end.log)")
        #expect(Self.lines(end, "WARN").count == 1 && end.log.contains("INNGEST_EVENT_KEY"), "\(end.log)")
        #expect(!end.log.contains("All is well."))
        let keyed = try await step.with("INNGEST_EVENT_KEY", inngestKey).run("doctor")
        #expect(keyed.status == 0 && keyed.log.contains("All is well."), "\(keyed.log)")

        let role = "yardmaster_role_\(UInt64.random(in: 0...UInt64.max))"
        try await database.administer("CREATE ROLE \(role) LOGIN PASSWORD 'right'")
        let weak = try await step.with("DATABASE_URL", try database.url(user: role, password: "right")).run("doctor")
        #expect(weak.status == 78, "\(weak.log)")
        #expect(Self.lines(weak, "FAIL").count == 1 && weak.log.contains("GRANT CREATE ON DATABASE"), "\(weak.log)")
        try await database.administer("DROP ROLE \(role)")
      }
    }
  }

  /// Neither fails a run, and neither is meant by somebody who reads that all is well.
  @Test func whatIsLeftOutIsNamed() async throws {
    try await TestDatabase.withDatabase { database in
      var model = laneModel(liveConfiguration)
      model.contents = [:]
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url)
        let end = try await step.run("doctor")
        #expect(end.status == 0 && !end.log.contains("All is well."), "\(end.log)")
        let warnings = Self.lines(end, "WARN").joined(separator: "\n")
        #expect(Self.lines(end, "WARN").count == 2, "\(end.log)")
        #expect(
          warnings.contains("WARN  Configuration: the default branch has no .github/yardmaster.yml"), "\(warnings)")
        #expect(warnings.contains("WARN  Audit log: YARDMASTER_AUDIT_KEY is not set"), "\(warnings)")
        #expect(Self.lines(end, "ok    Configuration").isEmpty, "\(end.log)")
        github.change { $0.contents[".github/yardmaster.yml"] = Array(liveConfiguration.utf8) }
        let well = try await step.with("YARDMASTER_AUDIT_KEY", "a key").run("doctor")
        #expect(well.status == 0 && well.log.contains("All is well."), "\(well.log)")
      }
    }
  }

  @Test func everyErrorOfTheConfigurationHasItsLine() async throws {
    try await TestDatabase.withDatabase { database in
      try await withGitHubDouble(laneModel("mode: lvie\nrulse: []\nalerts: 7\ncommands: 8\n")) { github in
        let end = try await Step(github: github.url, database: database.url).run("doctor")
        #expect(end.status == 78, "\(end.log)")
        #expect(Self.lines(end, "FAIL  Configuration: .github/yardmaster.yml:").count >= 3, "\(end.log)")
      }
    }
  }

  @Test func aLimitIsAFindingAndNotWaitedFor() async throws {
    try await TestDatabase.withDatabase { database in
      try await withGitHubDouble(laneModel(liveConfiguration)) { github in
        github.fail(.primaryLimit(resetIn: 3_000), on: .rest)
        let end = try await Step(github: github.url, database: database.url).run("doctor")
        #expect(end.status == 75, "\(end.log)")
        #expect(Self.lines(end, "FAIL  Rate limit: GitHub's rate limit for REST is used up").count == 1, "\(end.log)")
        #expect(Self.lines(end, "FAIL").filter { $0.hasSuffix("the same as Rate limit") }.count == 2, "\(end.log)")
        #expect(Self.lines(end, "ok    Database").count == 1, "\(end.log)")
      }
    }
  }

  @Test func aSignalEndsIt() async throws {
    try await TestDatabase.withDatabase { database in
      try await withGitHubDouble(laneModel(liveConfiguration)) { github in
        github.hold(on: .rest)
        let step = try Step(github: github.url, database: database.url)
        let running = try step.start("doctor")
        _ = await github.held()
        running.kill(SIGINT)
        let end = try await running.wait()
        #expect(end.status == 130, "\(end.log)")
        #expect(Self.lines(end, "FAIL").isEmpty, "\(end.log)")
        github.release()
      }
    }
  }

  @Test func aRejectedTokenIsExplainedOnce() async throws {
    try await TestDatabase.withDatabase { database in
      try await withGitHubDouble(laneModel(liveConfiguration)) { github in
        github.fail(.badCredentials, times: nil)
        let end = try await Step(github: github.url, database: database.url)
          .with("YARDMASTER_TOKENS", "ghp_onemore").run("doctor")
        #expect(end.status == 78, "\(end.log)")
        #expect(end.log.components(separatedBy: "rejected the token").count == 2, "\(end.log)")
        #expect(Self.lines(end, "FAIL  Token 1 of YARDMASTER_TOKENS").count == 1, "\(end.log)")
        #expect(!end.log.contains("ghp_onemore"))
      }
    }
  }

  /// A GitHub Enterprise Server without rate limits answers 404 where they are asked for, as any wrong address does.
  @Test func anAddressThatIsNoneOfGitHubs() async throws {
    try await TestDatabase.withDatabase { database in
      try await withGitHubDouble(laneModel(liveConfiguration)) { github in
        let step = try Step(github: github.url, database: database.url)
        func answer(to target: String) {
          github.fail(
            .answer(status: 404, headers: [:], body: #"{"message":"Not Found"}"#), on: .init(target: target), times: nil
          )
        }
        answer(to: "/rate_limit")
        let unlimited = try await step.run("doctor")
        #expect(unlimited.status == 0, "\(unlimited.log)")
        #expect(unlimited.log.contains("it has no rate limits"), "\(unlimited.log)")
        answer(to: "/*")
        let wrong = try await step.run("doctor")
        #expect(wrong.status == 78, "\(wrong.log)")
        #expect(wrong.log.contains("\(github.url) is not GitHub's API"), "\(wrong.log)")
        #expect(Self.lines(wrong, "ok    GitHub").isEmpty, "\(wrong.log)")
      }
    }
  }

  @Test func whatIsWrongWithTheEnvironmentIsOneFindingAmongOthers() async throws {
    try await TestDatabase.withDatabase { database in
      try await withGitHubDouble(laneModel(liveConfiguration)) { github in
        let step = try Step(github: github.url, database: database.url)
          .with("YARDMASTER_APP_ID", "7").with("YARDMASTER_TIME_LIMIT", "soon")
        let end = try await step.run("doctor")
        #expect(end.status == 78, "\(end.log)")
        #expect(Self.lines(end, "FAIL  Environment: ").count == 2, "\(end.log)")
        #expect(Self.lines(end, "ok    ").count == 4, "\(end.log)")
      }
    }
  }
}
