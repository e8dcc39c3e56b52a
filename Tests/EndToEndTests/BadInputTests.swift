import Foundation
import GitHubDouble
import TestSupport
import Testing

/// Bad input: an exit status, and one clear sentence that says what to do. Nothing crashes and nothing is lost.
@Suite struct BadInputTests {
  @Test(arguments: [
    ("", 1, "empty"), ("{", 1, "JSON"), (#"{"action":"opened","issue":{"number":1"#, 1, "JSON"), ("[]", 1, "object"),
    (
      #"{"action":"opened","issue":{"id":1,"number":"one"},"repository":{"full_name":"octo/widget"}}"#, 1,
      "issue.number"
    ),
    (#"{"action":"opened","issue":7,"repository":{"full_name":"octo/widget"}}"#, 1, "issue"),
    (#"{"action":"opened","repository":{"full_name":"octo/widget"}}"#, 1, "issue"),
  ])
  func eventFiles(payload: String, status: Int32, words: String) async throws {
    let end = try await Step(github: "http://127.0.0.1:1", database: deadDatabase()).event(
      "issues", Array(payload.utf8)
    ).run()
    #expect(end.status == status, "\(end.log)")
    #expect(end.log.contains("::error") && end.log.contains(words), "\(end.log)")
    #expect(end.outputs["outcome"] == "failed")
  }

  @Test("a word that is no command", arguments: [("synk", "did you mean 'sync'?"), ("bogus", "'bogus'.")])
  func unknownCommands(word: String, answer: String) async throws {
    let end = try await Step(github: "http://127.0.0.1:1", database: "").run(word, "--job-id", "x")
    #expect(end.status == 64, "\(end.log)")
    #expect(end.log.hasPrefix("Error: unknown command '\(word)'") && end.log.contains(answer), "\(end.log)")
    for command in ["run", "plan", "continue", "doctor"] { #expect(end.log.contains("\n  \(command) ")) }
    #expect(!end.log.contains("yardmaster run"))
  }

  @Test(
    "inputs that make no command line are told there, too",
    arguments: [
      (["plan", "--days-back=thirty"], "thirty"), (["plan", "--chunk-size=0"], "from 1 to"), (["sync"], "--job-id"),
    ])
  func inputsThatCannotBeUsed(arguments: [String], words: String) async throws {
    let step = try Step(github: "http://127.0.0.1:1", database: "")
    let end = try await step.start(arguments: arguments).wait()
    withExtendedLifetime(step) {}
    #expect(end.status == 64, "\(end.log)")
    #expect(end.log.contains("::error") && end.log.contains("Usage:"), "\(end.log)")
    #expect(end.outputs["outcome"] == "failed")
    #expect(end.summary.contains(words), "\(end.summary)")
  }

  @Test("a failure is told where a workflow looks", arguments: ["plan", "sync", "sweep", "continue", "status"])
  func failuresAreTold(command: String) async throws {
    let job = ["sync", "continue"].contains(command) ? ["--job-id", "0b7e8f3a-6c1d-4e2f-9a5b-000000000001"] : []
    let step = try Step(github: "http://127.0.0.1:1", database: "")
    let end = try await step.start(arguments: [command] + job).wait()
    withExtendedLifetime(step) {}
    #expect(end.status == 78, "\(end.log)")
    // What only shows something has no outcome.
    #expect(end.outputs["outcome"] == (command == "status" ? nil : "failed"))
    #expect(end.summary.contains("URL is not set") == (command != "status"), "\(end.summary)")
  }

  @Test func anEventFileThatIsMissing() async throws {
    let end = try await Step(github: "http://127.0.0.1:1", database: "").with("GITHUB_EVENT_NAME", "issues")
      .with("GITHUB_EVENT_PATH", "/nowhere/event.json").run()
    #expect(end.status == 78, "\(end.log)")
    #expect(end.log.contains("/nowhere/event.json"))
  }

  @Test func anEventFileOf25Megabytes() async throws {
    let step = try Step(github: "http://127.0.0.1:1", database: deadDatabase())
    let filler = String(repeating: "x", count: 25 << 20)
    let end = try await step.event("issues", Array(#"{"action":"opened","x":"\#(filler)"}"#.utf8)).run()
    #expect(end.status == 1, "\(end.log)")
    #expect(end.log.utf8.count < 10_000)
  }

  @Test func anIssueWithoutDatabaseIsAConfigurationError() async throws {
    try await withGitHubDouble(widget()) { github in
      let end = try await Step(github: github.url, database: "").event("issues", github.issueEvent(1)).run()
      #expect(end.status == 78)
      #expect(end.log.contains("DATABASE_URL"))
    }
  }

  @Test func aDatabaseThatIsUnreachable() async throws {
    try await withGitHubDouble(widget()) { github in
      let end = try await Step(github: github.url, database: deadDatabase()).event("issues", github.issueEvent(1)).run()
      #expect(end.status == 75, "\(end.log)")
      #expect(github.mutations.isEmpty)
    }
  }

  @Test func aDatabaseThatIsReadOnly() async throws {
    try await withMigratedDatabase { database in
      try await database.administer("ALTER DATABASE \(database.name) SET default_transaction_read_only = on")
      try await withGitHubDouble(widget()) { github in
        let end = try await Step(github: github.url, database: database.url).event("issues", github.issueEvent(1)).run()
        #expect(end.status == 78, "\(end.log)")
        #expect(end.log.contains("read"))
        #expect(github.mutations.isEmpty)
      }
    }
  }

  @Test func aDatabaseURLThatIsNone() async throws {
    try await withGitHubDouble(widget()) { github in
      let end = try await Step(github: github.url, database: "hunter2 is no conninfo").event(
        "issues", github.issueEvent(1)
      ).run()
      #expect(end.status == 78, "\(end.log)")
      #expect(!end.log.contains("hunter2"))
    }
  }

  @Test func aTokenThatIsMissing() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        let end = try await Step(github: github.url, database: database.url).with("GITHUB_TOKEN", "")
          .event("issues", github.issueEvent(1)).run()
        #expect(end.status == 78, "\(end.log)")
        #expect(end.log.contains("github-token"))
      }
    }
  }

  @Test func aTokenThatIsRefused() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        github.revoke(token: "ghs_secretsecretsecret")
        let end = try await Step(github: github.url, database: database.url).event("issues", github.issueEvent(1)).run()
        #expect(end.status == 78, "\(end.log)")
        #expect(!end.log.contains("ghs_secret") && !end.summary.contains("ghs_secret"))
      }
    }
  }

  @Test func aRepositoryThatIsMissing() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        let end = try await Step(github: github.url, database: database.url)
          .run("plan", "--all", "--repository", "octo/nothing")
        #expect(end.status == 78, "\(end.log)")
        #expect(end.log.contains("octo/nothing"))
      }
    }
  }

  @Test func anEventOfARepositoryThatTheTokenDoesNotSee() async throws {
    try await withMigratedDatabase { database in
      try await withGitHubDouble(widget()) { github in
        let payload =
          #"{"action":"opened","issue":{"id":1,"number":1,"title":"t"},"repository":{"id":5,"full_name":"octo/nope"}}"#
        let end = try await Step(github: github.url, database: database.url).event("issues", Array(payload.utf8)).run()
        #expect(end.status == 78, "\(end.log)")
        #expect(end.log.contains("octo/nope"))
      }
    }
  }

  @Test func aDirectoryIsNoConfiguration() async throws {
    let step = try Step(github: "http://127.0.0.1:1", database: deadDatabase())
    let end = try await step.run("config", "check", "/tmp")
    #expect(end.status == 78, "\(end.log)")
  }

  @Test func aRepositoryThatWasRenamedIsFollowed() async throws {
    try await withMigratedDatabase { database in
      var model = widget()
      model.formerNames = ["octo/gadget"]
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url, repository: "octo/gadget")
        let end = try await step.event("issues", github.issueEvent(1)).run()
        #expect(end.status == 0, "\(end.log)")
        #expect(github.item(1)?.labels == ["bug", "needs-triage"])
        let plan = try await step.run("plan", "--all")
        #expect(plan.status == 0, "\(plan.log)")
      }
    }
  }

  @Test func aConfigurationWithErrors() async throws {
    try await withMigratedDatabase { database in
      let bad = "mode: live\nrules:\n  - name: x\n    whne: { title: a }\n    then: { labels: b }\n"
      try await withGitHubDouble(widget(configuration: bad)) { github in
        let step = try Step(github: github.url, database: database.url)
        let end = try await step.event("issues", github.issueEvent(1)).run()
        #expect(end.status == 78, "\(end.log)")
        #expect(end.log.contains("whne") && end.log.contains("'when'"))
        #expect(github.mutations.isEmpty)
        let file = step.folder.appending(path: "bad.yml")
        try Data(bad.utf8).write(to: file)
        let check = try await step.run("config", "check", file.path)
        #expect(check.status == 78)
        #expect(check.log.contains("line=4"), "\(check.log)")
      }
    }
  }

  @Test(arguments: [
    ["plan", "--days-back", "0"], ["sync"], ["sync", "--job-id", "x"], ["nonsense"], ["plan", "--all", "--full"],
  ])
  func usage(arguments: [String]) async throws {
    let step = try Step(github: "http://127.0.0.1:1", database: deadDatabase())
    let running = try step.start(arguments: arguments)
    let end = try await running.wait()
    #expect(end.status == 64, "\(end.log)")
  }

  @Test func aJobThatIsNotThere() async throws {
    try await withMigratedDatabase { database in
      let end = try await Step(github: "http://127.0.0.1:1", database: database.url)
        .run("sync", "--job-id", "0f8fad5b-d9cb-469f-a165-70867728950e")
      #expect(end.status == 64, "\(end.log)")
    }
  }
}
