public import Domain

/// What GitHub Actions and the workflow tell the process through its environment. An empty variable counts as unset.
///
/// Source: https://docs.github.com/en/actions/reference/workflows-and-actions/variables#default-environment-variables
public struct ActionsEnvironment: Sendable {
  /// `GITHUB_ACTIONS` is `true`.
  public var isActions = false
  /// `owner/name` as Actions spells it; see ``repositoryName``.
  public var repository: String?
  /// `GITHUB_REPOSITORY_ID`: GitHub's id of ``repository``.
  public var repositoryID: Int64?
  public var eventName: String?
  public var eventPath: String?
  public var apiURL = "https://api.github.com"
  /// `GITHUB_GRAPHQL_URL`, else what belongs to ``apiURL``.
  public var graphQLURL = "https://api.github.com/graphql"
  public var serverURL = "https://github.com"
  /// 0 outside Actions.
  public var runID: Int64 = 0
  public var runAttempt = 1
  public var actor: String?
  /// `GITHUB_TRIGGERING_ACTOR`: who started this attempt of the run, where that is another than ``actor``.
  public var triggeringActor: String?
  public var workflow: String?
  /// `GITHUB_WORKFLOW_REF`: `owner/name/.github/workflows/file.yml@refs/heads/main`.
  public var workflowRef: String?
  public var outputPath: String?
  public var summaryPath: String?
  public var configPath: String?
  /// `RUNNER_DEBUG` is 1: someone re-ran the job with debug logging.
  public var isDebug = false
  /// `YARDMASTER_TIME_LIMIT`, in seconds.
  public var timeLimit: Double?

  /// `YARDMASTER_APP_ID`: the number or the client id of a GitHub App.
  public var appID: String?
  /// `YARDMASTER_APP_INSTALLATION_ID`: as which of its installations to act.
  public var appInstallationID: Int64?

  // Secrets, in no description.
  public var token: String?
  /// `YARDMASTER_TOKENS`: further tokens, separated by white space or commas.
  public var furtherTokens: [String] = []
  /// `YARDMASTER_APP_PRIVATE_KEY`, PEM.
  public var appPrivateKey: String?
  public var databaseURL: String?
  public var auditKey: String?
  /// `INNGEST_EVENT_KEY`: where it is set, Inngest is one of the lanes.
  public var inngestEventKey: String?

  /// `INNGEST_BASE_URL`, where Inngest is not the hosted one.
  public var inngestBaseURL: String?

  /// What is set but cannot be used.
  public var problems: [Failure] = []

  public static func read(_ variables: [String: String]) -> ActionsEnvironment {
    func value(_ name: String) -> String? {
      // Secrets are often pasted with a line break behind them.
      guard let value = variables[name]?.drop(while: \.isWhitespace),
        let end = value.lastIndex(where: { !$0.isWhitespace })
      else { return nil }
      return String(value[...end])
    }
    func url(_ name: String) -> String? {
      guard var url = value(name) else { return nil }
      while url.hasSuffix("/") { url.removeLast() }
      return url
    }
    var environment = ActionsEnvironment()
    environment.isActions = value("GITHUB_ACTIONS") == "true"
    environment.repository = value("GITHUB_REPOSITORY")
    environment.repositoryID = value("GITHUB_REPOSITORY_ID").flatMap { Int64($0) }
    environment.eventName = value("GITHUB_EVENT_NAME")
    environment.eventPath = value("GITHUB_EVENT_PATH")
    environment.apiURL = url("GITHUB_API_URL") ?? environment.apiURL
    environment.graphQLURL = url("GITHUB_GRAPHQL_URL") ?? graphQLURL(beside: environment.apiURL)
    environment.serverURL = url("GITHUB_SERVER_URL") ?? environment.serverURL
    environment.actor = value("GITHUB_ACTOR")
    environment.triggeringActor = value("GITHUB_TRIGGERING_ACTOR")
    environment.workflow = value("GITHUB_WORKFLOW")
    environment.workflowRef = value("GITHUB_WORKFLOW_REF")
    environment.outputPath = value("GITHUB_OUTPUT")
    environment.summaryPath = value("GITHUB_STEP_SUMMARY")
    environment.configPath = value("YARDMASTER_CONFIG")
    environment.isDebug = value("RUNNER_DEBUG") == "1"
    environment.token = value("GITHUB_TOKEN")
    environment.databaseURL = value("DATABASE_URL")
    environment.auditKey = value("YARDMASTER_AUDIT_KEY")
    environment.inngestEventKey = value("INNGEST_EVENT_KEY")
    environment.inngestBaseURL = url("INNGEST_BASE_URL")
    environment.furtherTokens = (value("YARDMASTER_TOKENS") ?? "").split { $0.isWhitespace || $0 == "," }.map(
      String.init)
    environment.readApp(value)
    environment.readNumbers(value)
    return environment
  }

  public var repositoryName: RepositoryName? { repository.flatMap { RepositoryName($0) } }

  /// The name of the running workflow's file, below `.github/workflows/`.
  public var workflowFile: String? {
    guard let path = workflowRef?.split(separator: "@", maxSplits: 1).first else { return nil }
    return path.split(separator: "/").last.map(String.init)
  }

  public var run: RunContext {
    RunContext(runID: runID, attempt: runAttempt, actor: actor, workflow: workflow, serverURL: serverURL)
  }

  /// The page of this run, where there is one.
  public var runURL: String? {
    guard runID > 0, let repositoryName else { return nil }
    let attempt = runAttempt > 1 ? "/attempts/\(runAttempt)" : ""
    return "\(serverURL)/\(repositoryName)/actions/runs/\(runID)\(attempt)"
  }

  private mutating func readApp(_ value: (String) -> String?) {
    func problem(_ text: String, _ advice: String) { problems.append(Failure(.configuration, text, advice: advice)) }
    appPrivateKey = value("YARDMASTER_APP_PRIVATE_KEY")
    appID = value("YARDMASTER_APP_ID")
    switch (appID, appPrivateKey) {
    case (nil, nil), (.some, .some): break
    case (nil, _):
      problem(
        "There is a GitHub App's private key, but not its id", "Set `app-id` (YARDMASTER_APP_ID), or unset the key.")
    case (_, nil):
      problem(
        "There is a GitHub App's id, but not its private key",
        "Set `app-private-key` (YARDMASTER_APP_PRIVATE_KEY) from a secret, or unset the id.")
    }
    if let appID,
      !appID.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || $0 == 46 })
    {
      problem("YARDMASTER_APP_ID is not an App's number or client id", "Copy it from the App's settings page.")
    }
    if let text = value("YARDMASTER_APP_INSTALLATION_ID") {
      appInstallationID = Int64(text).flatMap { $0 > 0 ? $0 : nil }
      if appInstallationID == nil {
        problem(
          "YARDMASTER_APP_INSTALLATION_ID is not a number",
          "Copy the number at the end of the address of the installation's settings page, or unset it.")
      }
    }
  }

  private mutating func readNumbers(_ value: (String) -> String?) {
    func problem(_ name: String, _ wanted: String) {
      problems.append(
        Failure(.configuration, "\(name) is not \(wanted)", advice: "Correct or unset the variable \(name)."))
    }
    if let text = value("GITHUB_RUN_ID") {
      if let number = Int64(text), number > 0 { runID = number } else { problem("GITHUB_RUN_ID", "a run's number") }
    }
    if let text = value("GITHUB_RUN_ATTEMPT") {
      if let number = Int(text), number > 0 { runAttempt = number } else { problem("GITHUB_RUN_ATTEMPT", "a count") }
    }
    if let text = value("YARDMASTER_TIME_LIMIT") {
      if let seconds = Double(text), seconds > 0, seconds.isFinite {
        timeLimit = seconds
      } else {
        problem("YARDMASTER_TIME_LIMIT", "a number of seconds above 0")
      }
    }
  }

  /// GitHub Enterprise Server has REST below `/api/v3` and GraphQL at `/api/graphql`.
  /// Source: https://docs.github.com/en/enterprise-server/graphql/guides/managing-enterprise-accounts
  private static func graphQLURL(beside apiURL: String) -> String {
    apiURL.hasSuffix("/api/v3") ? apiURL.dropLast(2) + "graphql" : apiURL + "/graphql"
  }
}

extension ActionsEnvironment: CustomStringConvertible, CustomReflectable {
  /// Names no secret.
  public var description: String {
    "ActionsEnvironment(repository: \(repository ?? "-"), event: \(eventName ?? "-"), run: \(runID)/\(runAttempt))"
  }
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
