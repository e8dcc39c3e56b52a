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
private func reason(_ event: Event, hasDatabase: Bool = false) throws -> String? {
  let route = try route(event, facts: RoutingFacts(hasDatabase: hasDatabase))
  if case .ignored(let reason) = route { return reason }
  return nil
}

@Suite("Routing")
struct RouterTests {
  private static let facts = RoutingFacts(hasDatabase: true)

  @Test("the issue actions that a rule can name go to the issue processor", arguments: Rule.Trigger.issueActions)
  func issues(action: String) throws {
    let event = event(.issue(issue, detail: nil), action: action)
    #expect(try route(event, facts: Self.facts) == .issue(mayHoldCommand: false, causedByBot: false))
  }

  @Test("those of pull requests go to theirs, of either event", arguments: Rule.Trigger.pullRequestActions)
  func pullRequests(action: String) throws {
    for name in [EventName.pullRequest, .pullRequestTarget] {
      let event = event(.pullRequest(Self.pull, detail: nil), name: name, action: action)
      #expect(try route(event, facts: Self.facts) == .pullRequest(mayHoldCommand: false, causedByBot: false))
    }
  }

  @Test("other actions are ignored with their name", arguments: ["pinned", "typed", "review_requested"])
  func otherActions(action: String) throws {
    let issue = try reason(event(.issue(issue, detail: nil), action: action))
    #expect(try #require(issue).contains("issues.\(action)"))
    let pull = try reason(
      event(.pullRequest(Self.pull, detail: nil), name: .pullRequest, action: action), hasDatabase: true)
    #expect(try #require(pull).contains("pull_request.\(action)"))
  }

  private static let pull = Domain.PullRequest(id: 1, number: 2, title: "t", headRepository: nil)
  private static let payloads: [(EventName, Event.Payload)] = [
    (.issues, .issue(issue, detail: nil)), (.issueComment, comment("no command")),
    (.pullRequest, .pullRequest(pull, detail: nil)), (.pullRequestTarget, .pullRequest(pull, detail: nil)),
    (.pullRequestReview, .review(Review(id: 1, state: "approved"), on: pull)),
    (.pullRequestReviewComment, .reviewComment(Domain.Comment(id: 3, body: ""), on: pull)),
  ]

  @Test("what changes captured rows and can start no rule goes to capture")
  func captures() throws {
    let changing: [EventName: [String]] = [
      .issues: ["deleted", "transferred"], .issueComment: ["deleted"],
      .pullRequestReview: ["submitted", "edited", "dismissed"],
      .pullRequestReviewComment: ["created", "edited", "deleted"],
    ]
    for (name, payload) in Self.payloads {
      for action in changing[name] ?? [] {
        let event = event(payload, name: name, action: action)
        #expect(try route(event, facts: Self.facts) == .capture, "\(name) \(action)")
        let needsNoSecret = name == .issues || name == .issueComment
        #expect(try (reason(event) == nil) == needsNoSecret, "\(name) \(action)")
      }
      for action in ["pinned", "review_requested", "auto_merge_enabled"] {
        #expect(try reason(event(payload, name: name, action: action), hasDatabase: true) != nil, "\(name) \(action)")
      }
      #expect(try reason(event(payload, name: name, action: nil), hasDatabase: true) != nil)
    }
  }

  @Test("that a bot is behind it is said, and left to the rules")
  func bots() throws {
    func isCausedByBot(_ event: Event) throws -> Bool? {
      switch try route(event, facts: Self.facts) {
      case .issue(_, let flag), .pullRequest(_, let flag), .comment(_, let flag): flag
      case .capture, .history, .manual, .ignored: nil
      }
    }
    let suffix = Account(login: "ci[bot]", kind: .user)
    var opened = issue
    opened.author = bot
    var pull = Self.pull
    pull.author = bot
    let cases: [(Event, Bool)] = [
      (event(.issue(issue, detail: nil), sender: bot), true), (event(.issue(issue, detail: nil)), false),
      (event(.issue(opened, detail: nil), sender: nil), true), (event(.issue(opened, detail: nil)), false),
      (event(.pullRequest(pull, detail: nil), name: .pullRequest, sender: nil), true),
      (event(comment("x", by: bot), name: .issueComment, action: "created"), true),
      (event(comment("x"), name: .issueComment, action: "created", sender: bot), true),
      (event(comment("x", by: suffix), name: .issueComment, action: "created"), true),
      (event(comment("x", by: nil), name: .issueComment, action: "created", sender: nil), false),
    ]
    for (event, expected) in cases { #expect(try isCausedByBot(event) == expected, "\(event)") }
  }

  @Test(
    "a text may hold a command only where a line starts like one",
    arguments: [
      ("/close", true), ("text\n  /label a", true), ("text\r\n/label a", true), ("text\r/label a", true),
      ("\t/assign", true), ("see a/b and /close", false), ("", false), ("/", false), ("// comment", false),
      ("/1", false), ("> /close", false), ("\n/\nclose", false),
    ])
  func preCheck(body: String, mayHoldCommand: Bool) throws {
    for action in ["created", "edited"] {
      let comment = event(comment(body), name: .issueComment, action: action)
      #expect(
        try route(comment, facts: Self.facts) == .comment(mayHoldCommand: mayHoldCommand, causedByBot: false))
    }
    var item = issue
    item.body = body
    var pull = Self.pull
    pull.body = body
    for (action, isNew) in [("opened", true), ("edited", true), ("labeled", false)] {
      let expected = isNew && mayHoldCommand
      #expect(
        try route(event(.issue(item, detail: nil), action: action), facts: Self.facts)
          == .issue(mayHoldCommand: expected, causedByBot: false))
      #expect(
        try route(event(.pullRequest(pull, detail: nil), name: .pullRequest, action: action), facts: Self.facts)
          == .pullRequest(mayHoldCommand: expected, causedByBot: false))
    }
  }

  @Test("comments that were deleted, or that something else happened to, start nothing")
  func commentActions() throws {
    #expect(
      try route(event(comment("/close"), name: .issueComment, action: "deleted"), facts: Self.facts) == .capture)
    #expect(try reason(event(comment("/close"), name: .issueComment, action: "pinned")) != nil)
    #expect(try reason(event(comment("/close"), name: .issueComment, action: nil)) != nil)
    #expect(try reason(event(.issue(issue, detail: nil), action: nil)) != nil)
  }

  @Test("a pull request from a fork without secrets is a stated skip")
  func forks() throws {
    let base = RepositoryName("octo/repo")
    var pull = PullRequest(
      id: 1, number: 2, title: "t", headRepository: RepositoryName("fork/repo"), baseRepository: base)
    let fork = event(.pullRequest(pull, detail: nil), name: .pullRequest)
    #expect(try #require(try reason(fork, hasDatabase: false)).contains("no secrets"))
    #expect(try reason(fork, hasDatabase: true) == nil)
    let review = event(.review(Review(id: 1, state: "approved"), on: pull), name: .pullRequestReview)
    #expect(try #require(try reason(review, hasDatabase: false)).contains("no secrets"))
    pull.headRepository = base
    let own = event(.pullRequest(pull, detail: nil), name: .pullRequest)
    #expect(
      try route(own, facts: RoutingFacts(hasDatabase: false))
        == .pullRequest(mayHoldCommand: false, causedByBot: false))
    // Dependabot's runs have none either, also where somebody else's event is re-run in its name.
    var updated = own
    updated.sender = Account(login: "dependabot[bot]", kind: .bot)
    #expect(try #require(try reason(updated)).contains("no secrets"))
    updated.sender = own.sender
    updated.run.actor = "dependabot[bot]"
    #expect(try #require(try reason(updated)).contains("no secrets"))
    #expect(try reason(updated, hasDatabase: true) == nil)
  }

  @Test("a dispatch that names a capture goes to history, any other is ignored", arguments: CaptureInput.allCases)
  func dispatches(input: CaptureInput) throws {
    let key = input.rawValue
    func dispatched(_ inputs: [String: String]) -> Event {
      event(.workflowDispatch(inputs: inputs), name: .workflowDispatch, action: nil)
    }
    func relayed(_ payload: JSONValue) -> Event {
      event(
        .repositoryDispatch(type: "x", deliveryID: nil, clientPayload: payload), name: .repositoryDispatch, action: "x")
    }
    #expect(try route(dispatched([key: "1"]), facts: Self.facts) == .history)
    #expect(try route(relayed(.object([key: 30])), facts: Self.facts) == .history)
    #expect(try reason(dispatched([key: "", "other": "1"])) != nil)
    #expect(try reason(relayed(.object([key: .null]))) != nil)
    #expect(try reason(relayed(.null)) != nil)
  }

  @Test("a schedule is the sweep's")
  func schedule() throws {
    #expect(try reason(event(.schedule(cron: nil), name: .schedule, action: nil))?.contains("sweep") == true)
  }
}
