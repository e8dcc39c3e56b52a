import ActionsRuntime
import Domain
import Testing

private func event(
  _ payload: Event.Payload, name: EventName = .issues, action: String? = "opened",
  sender: Account? = Account(login: "alice", kind: .user)
) -> Event {
  Event(
    name: name, action: action, repository: RepositoryName("octo/repo")!, repositoryGitHubID: nil, sender: sender,
    payload: payload, run: RunContext())
}

private let issue = Domain.Issue(id: 1, number: 2, title: "t", author: Account(login: "bob", kind: .user))
private let bot = Account(login: "renovate[bot]", kind: .bot)

private func comment(_ body: String, by author: Account? = Account(login: "bob", kind: .user)) -> Event.Payload {
  .comment(Domain.Comment(id: 3, body: body, author: author), on: issue, previousBody: nil)
}

/// Why nothing at all is done with the event; nil where something may be.
private func reason(_ event: Event, hasDatabase: Bool = false) -> String? {
  if case .ignored(let reason) = route(event, facts: RoutingFacts(hasDatabase: hasDatabase)) { reason } else { nil }
}

/// Whether a rule or a command may be in it.
private func startsAutomation(_ event: Event) -> Bool {
  switch route(event, facts: RoutingFacts(hasDatabase: false)) {
  case .issue, .comment: true
  case .capture, .history, .ignored: false
  }
}

@Suite("Routing")
struct RouterTests {
  @Test("the issue actions that a rule can name go to the issue processor", arguments: Rule.Trigger.knownActions)
  func issues(action: String) {
    #expect(route(event(.issue(issue, detail: nil), action: action), facts: RoutingFacts(hasDatabase: false)) == .issue)
  }

  @Test("other issue actions are ignored with their name", arguments: ["pinned", "locked", "milestoned", "assigned"])
  func otherActions(action: String) throws {
    #expect(try #require(reason(event(.issue(issue, detail: nil), action: action))).contains("issues.\(action)"))
  }

  private static let pull = Domain.PullRequest(id: 1, number: 2, title: "t", headRepository: nil)
  private static let payloads: [(EventName, Event.Payload)] = [
    (.issues, .issue(issue, detail: nil)), (.issueComment, comment("no command")),
    (.pullRequest, .pullRequest(pull, detail: nil)), (.pullRequestTarget, .pullRequest(pull, detail: nil)),
    (.pullRequestReview, .review(Review(id: 1, state: "approved"), on: pull)),
    (.pullRequestReviewComment, .reviewComment(Domain.Comment(id: 3, body: ""), on: pull)),
  ]

  @Test("what changes captured rows goes to capture, but for pull requests in a run without secrets")
  func captures() {
    let changing: [EventName: [String]] = [
      .issues: ["deleted", "transferred"], .issueComment: ["created", "edited", "deleted"],
      .pullRequest: ["opened", "closed", "synchronize", "labeled", "edited"],
      .pullRequestTarget: ["opened", "ready_for_review"], .pullRequestReview: ["submitted", "edited", "dismissed"],
      .pullRequestReviewComment: ["created", "edited", "deleted"],
    ]
    for (name, payload) in Self.payloads {
      for action in changing[name] ?? [] {
        let event = event(payload, name: name, action: action)
        #expect(route(event, facts: RoutingFacts(hasDatabase: true)) == .capture, "\(name) \(action)")
        let needsNoSecret = name == .issues || name == .issueComment
        #expect((reason(event) == nil) == needsNoSecret, "\(name) \(action)")
      }
      for action in ["pinned", "assigned", "locked", "review_requested", "auto_merge_enabled", "milestoned"] {
        #expect(reason(event(payload, name: name, action: action), hasDatabase: true) != nil, "\(name) \(action)")
      }
      #expect(reason(event(payload, name: name, action: nil), hasDatabase: true) != nil)
    }
  }

  @Test("what a bot did is captured, and starts nothing else")
  func botsAreCaptured() {
    let facts = RoutingFacts(hasDatabase: true)
    #expect(route(event(.issue(issue, detail: nil), sender: bot), facts: facts) == .capture)
    let command = event(comment("/close", by: bot), name: .issueComment, action: "created")
    #expect(route(command, facts: facts) == .capture)
  }

  @Test("a missing action is ignored")
  func noAction() {
    #expect(reason(event(.issue(issue, detail: nil), action: nil)) != nil)
    #expect(reason(event(comment("/close"), name: .issueComment, action: nil)) != nil)
  }

  @Test("nothing that a bot did starts anything")
  func bots() {
    #expect(!startsAutomation(event(.issue(issue, detail: nil), sender: bot)))
    #expect(!startsAutomation(event(comment("/close", by: bot), name: .issueComment, action: "created")))
    #expect(!startsAutomation(event(comment("/close"), name: .issueComment, action: "created", sender: bot)))
    let suffix = Account(login: "ci[bot]", kind: .user)
    #expect(!startsAutomation(event(comment("/close", by: suffix), name: .issueComment, action: "created")))
    var opened = issue
    opened.author = bot
    #expect(!startsAutomation(event(.issue(opened, detail: nil), sender: nil)))
    #expect(startsAutomation(event(.issue(opened, detail: nil), action: "labeled")))
  }

  @Test(
    "a comment goes on only where a line may hold a command",
    arguments: [
      ("/close", true), ("text\n  /label a", true), ("text\r\n/label a", true), ("text\r/label a", true),
      ("\t/assign", true), ("see a/b and /close", false), ("", false), ("/", false), ("// comment", false),
      ("/1", false), ("> /close", false), ("\n/\nclose", false),
    ])
  func preCheck(body: String, goes: Bool) {
    let comment = event(comment(body), name: .issueComment, action: "created")
    #expect(route(comment, facts: RoutingFacts(hasDatabase: true)) == (goes ? .comment : .capture))
  }

  @Test("edited comments go on, deleted ones do not")
  func commentActions() {
    #expect(startsAutomation(event(comment("/close"), name: .issueComment, action: "edited")))
    #expect(!startsAutomation(event(comment("/close"), name: .issueComment, action: "deleted")))
    #expect(reason(event(comment("/close"), name: .issueComment, action: "pinned")) != nil)
  }

  @Test("a pull request from a fork without secrets is a stated skip")
  func forks() throws {
    let base = RepositoryName("octo/repo")
    var pull = PullRequest(
      id: 1, number: 2, title: "t", headRepository: RepositoryName("fork/repo"), baseRepository: base)
    let fork = event(.pullRequest(pull, detail: nil), name: .pullRequest)
    #expect(try #require(reason(fork, hasDatabase: false)).contains("no secrets"))
    #expect(reason(fork, hasDatabase: true) == nil)
    let review = event(.review(Review(id: 1, state: "approved"), on: pull), name: .pullRequestReview)
    #expect(try #require(reason(review, hasDatabase: false)).contains("no secrets"))
    pull.headRepository = base
    let own = event(.pullRequest(pull, detail: nil), name: .pullRequest)
    #expect(route(own, facts: RoutingFacts(hasDatabase: false)) == .capture)
    // Dependabot's runs have none either, also where somebody else's event is re-run in its name.
    var updated = own
    updated.sender = Account(login: "dependabot[bot]", kind: .bot)
    #expect(try #require(reason(updated)).contains("no secrets"))
    updated.sender = own.sender
    updated.run.actor = "dependabot[bot]"
    #expect(try #require(reason(updated)).contains("no secrets"))
    #expect(reason(updated, hasDatabase: true) == nil)
  }

  @Test("a dispatch that names a capture goes to history, any other is ignored", arguments: CaptureInput.allCases)
  func dispatches(input: CaptureInput) {
    let key = input.rawValue
    let facts = RoutingFacts(hasDatabase: true)
    func dispatched(_ inputs: [String: String]) -> Event {
      event(.workflowDispatch(inputs: inputs), name: .workflowDispatch, action: nil)
    }
    func relayed(_ payload: JSONValue) -> Event {
      event(
        .repositoryDispatch(type: "x", deliveryID: nil, clientPayload: payload), name: .repositoryDispatch, action: "x")
    }
    #expect(route(dispatched([key: "1"]), facts: facts) == .history)
    #expect(route(relayed(.object([key: 30])), facts: facts) == .history)
    #expect(reason(dispatched([key: "", "other": "1"])) != nil)
    #expect(reason(relayed(.object([key: .null]))) != nil)
    #expect(reason(relayed(.null)) != nil)
  }

  @Test("a schedule is the sweep's")
  func schedule() {
    #expect(reason(event(.schedule(cron: nil), name: .schedule, action: nil))?.contains("sweep") == true)
  }
}
