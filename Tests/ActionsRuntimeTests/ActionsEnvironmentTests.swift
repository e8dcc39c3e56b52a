import ActionsRuntime
import Domain
import Testing

@Suite struct ActionsEnvironmentTests {
  @Test func emptyMeansUnset() {
    let environment = ActionsEnvironment.read(["GITHUB_TOKEN": "", "DATABASE_URL": "", "GITHUB_API_URL": ""])
    #expect(environment.token == nil)
    #expect(environment.databaseURL == nil)
    #expect(environment.apiURL == "https://api.github.com")
    #expect(environment.graphQLURL == "https://api.github.com/graphql")
    #expect(environment.runAttempt == 1)
    #expect(!environment.isActions)
    #expect(environment.runURL == nil)
    #expect(environment.problems.isEmpty)
  }

  @Test func readsWhatActionsSets() {
    let environment = ActionsEnvironment.read([
      "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "17", "GITHUB_RUN_ATTEMPT": "2",
      "RUNNER_DEBUG": "1", "YARDMASTER_TIME_LIMIT": "30.5", "GITHUB_OUTPUT": "/o", "GITHUB_STEP_SUMMARY": "/s",
    ])
    #expect(environment.isActions && environment.isDebug)
    #expect(environment.repositoryName == RepositoryName("o/r"))
    #expect(environment.timeLimit == 30.5)
    #expect(environment.run == RunContext(runID: 17, attempt: 2))
    #expect(environment.runURL == "https://github.com/o/r/actions/runs/17/attempts/2")
  }

  @Test func inngestAndTheRunningWorkflow() {
    let environment = ActionsEnvironment.read([
      "INNGEST_EVENT_KEY": "ek_secret\n", "INNGEST_BASE_URL": "http://inngest:8288/",
      "GITHUB_WORKFLOW_REF": "o/r/.github/workflows/history-sync.yml@refs/heads/a@b",
    ])
    #expect(environment.inngestEventKey == "ek_secret")
    #expect(environment.inngestBaseURL == "http://inngest:8288")
    #expect(environment.workflowFile == "history-sync.yml")
    #expect(!"\(environment) \(String(reflecting: environment))".contains("secret"))
    #expect(ActionsEnvironment.read([:]).workflowFile == nil)
  }

  @Test(arguments: [
    ("http://127.0.0.1:8080/", nil, "http://127.0.0.1:8080/graphql"),
    ("https://ghe.example/api/v3", nil, "https://ghe.example/api/graphql"),
    ("https://a.b", "https://c.d/graphql/", "https://c.d/graphql"),
  ])
  func graphQLBelongsToTheAPI(api: String, graphQL: String?, expected: String) {
    let environment = ActionsEnvironment.read(["GITHUB_API_URL": api, "GITHUB_GRAPHQL_URL": graphQL ?? ""])
    #expect(environment.graphQLURL == expected)
  }

  @Test func whatCannotBeUsedIsSaid() {
    let environment = ActionsEnvironment.read([
      "GITHUB_RUN_ID": "x", "GITHUB_RUN_ATTEMPT": "0", "YARDMASTER_TIME_LIMIT": "soon",
    ])
    #expect(environment.problems.count == 3)
    #expect(environment.problems.allSatisfy { $0.exitStatus == .configuration })
    #expect(environment.timeLimit == nil)
  }

  @Test func readsAnAppAndFurtherTokens() {
    let environment = ActionsEnvironment.read([
      "YARDMASTER_APP_ID": " Iv23liABC\n", "YARDMASTER_APP_PRIVATE_KEY": "-----BEGIN\nKEY-----\n",
      "YARDMASTER_APP_INSTALLATION_ID": "67890", "YARDMASTER_TOKENS": "one, two\nthree,,\n",
    ])
    #expect(environment.problems.isEmpty)
    #expect(environment.appID == "Iv23liABC")
    #expect(environment.appPrivateKey == "-----BEGIN\nKEY-----")
    #expect(environment.appInstallationID == 67890)
    #expect(environment.furtherTokens == ["one", "two", "three"])
    let empty = ActionsEnvironment.read(["YARDMASTER_APP_ID": "", "YARDMASTER_TOKENS": " ,"])
    #expect(empty.appID == nil && empty.furtherTokens.isEmpty && empty.problems.isEmpty)
  }

  @Test(arguments: [
    ["YARDMASTER_APP_ID": "1"], ["YARDMASTER_APP_PRIVATE_KEY": "SECRET"],
    ["YARDMASTER_APP_ID": "1\"}", "YARDMASTER_APP_PRIVATE_KEY": "SECRET"],
    ["YARDMASTER_APP_INSTALLATION_ID": "https://github.com/settings/installations/1"],
    ["YARDMASTER_APP_INSTALLATION_ID": "0"],
  ])
  func halfAnAppIsSaid(variables: [String: String]) {
    let problems = ActionsEnvironment.read(variables).problems
    #expect(problems.count == 1)
    #expect(!"\(problems)".contains("SECRET"))
  }

  @Test func descriptionsHoldNoSecret() {
    let environment = ActionsEnvironment.read([
      "GITHUB_TOKEN": "SECRET1", "DATABASE_URL": "SECRET2", "YARDMASTER_AUDIT_KEY": "SECRET3",
      "YARDMASTER_APP_ID": "1", "YARDMASTER_APP_PRIVATE_KEY": "SECRET4", "YARDMASTER_TOKENS": "SECRET5",
    ])
    var dumped = ""
    dump(environment, to: &dumped)
    #expect(!"\(environment) \(String(reflecting: environment)) \(dumped)".contains("SECRET"))
  }
}
