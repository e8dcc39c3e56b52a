import ActionsRuntime
import Domain
import Testing

private func decode(_ json: String, as name: String?, repository: String? = "octo/repo") throws -> DecodedEvent {
  try EventFile.decode(
    Array(json.utf8), name: name, repository: repository.flatMap { RepositoryName($0) }, run: RunContext(runID: 7))
}

private func event(_ json: String, as name: String) throws -> Event {
  guard case .event(let event) = try decode(json, as: name) else { throw Unsupported() }
  return event
}
private struct Unsupported: Error {}

@Suite("Decoding the event file")
struct EventDecodingTests {
  @Test("the least that an issue event can hold")
  func minimalIssue() throws {
    let event = try event(#"{"action":"opened","issue":{"id":1,"number":2,"title":"t"}}"#, as: "issues")
    #expect(event.repository == RepositoryName("octo/repo"))
    #expect(event.run.runID == 7)
    guard case .issue(let issue, let detail) = event.payload else { throw Unsupported() }
    #expect(issue == Domain.Issue(id: 1, number: 2, title: "t"))
    #expect(detail == nil)
  }

  @Test("nulls, upper-case states and deleted accounts are read as GitHub means them")
  func lenient() throws {
    let event = try event(
      #"""
      {"action":"closed","sender":null,"issue":{"id":1,"number":2,"title":"t","body":null,"state":"CLOSED",
       "state_reason":"NOT_PLANNED","labels":null,"assignees":null,"user":null,"pull_request":{"url":"x"},"locked":null},
       "repository":{"id":9,"full_name":"Other/Repo.x"}}
      """#, as: "issues")
    guard case .issue(let issue, _) = event.payload else { throw Unsupported() }
    #expect(!issue.isOpen)
    #expect(issue.stateReason == "not_planned")
    #expect(issue.body == "" && issue.labels == [] && issue.author == nil && issue.isPullRequest)
    #expect(event.repository == RepositoryName("Other/Repo.x"))
    #expect(event.repositoryGitHubID == 9)
  }

  @Test(
    "what tells apart events on one version of an issue",
    arguments: [
      (#""action":"labeled","label":{"name":"bug"}"#, "bug"), (#""action":"unlabeled","label":{"name":"x"}"#, "x"),
      (#""action":"assigned","assignee":{"login":"al"}"#, "al"),
      (#""action":"milestoned","milestone":{"number":4,"title":"v1"}"#, "4"), (#""action":"opened""#, nil),
    ])
  func detail(members: String, expected: String?) throws {
    let event = try event(#"{\#(members),"issue":{"id":1,"number":2,"title":"t"}}"#, as: "issues")
    guard case .issue(_, let detail) = event.payload else { throw Unsupported() }
    #expect(detail == expected)
  }

  @Test("what an item is in, and under which reason it is locked, is read of both kinds")
  func wholeItem() throws {
    let members = #"""
      "id":1,"number":2,"title":"t","labels":["a"],"assignees":[{"login":"al"}],"locked":true,
      "active_lock_reason":"too heated","milestone":{"number":4,"title":"v1"},"author_association":"MEMBER",
      "created_at":"2026-01-01T00:00:00Z","closed_at":"2026-01-02T00:00:00Z","state":"closed"
      """#
    for (name, member) in [("issues", "issue"), ("pull_request", "pull_request")] {
      let event = try event(#"{"action":"closed","\#(member)":{\#(members)}}"#, as: name)
      let issue: Domain.Issue
      switch event.payload {
      case .issue(let item, _): issue = item
      case .pullRequest(let pull, _): issue = pull.issue
      default: throw Unsupported()
      }
      #expect(
        issue.state
          == ItemState(
            labels: ["a"], assignees: ["al"], isOpen: false, title: "t", milestone: "v1", isLocked: true,
            lockReason: "too heated"))
      #expect(issue.authorAssociation == "MEMBER" && issue.isPullRequest == (name == "pull_request"))
      #expect(
        issue.createdAt == Timestamp("2026-01-01T00:00:00Z") && issue.closedAt == Timestamp("2026-01-02T00:00:00Z"))
    }
  }

  @Test("an edit says what was there before, and nothing of what it left alone")
  func previousTexts() throws {
    for (changes, expected) in [
      (#"{"title":{"from":"old"}}"#, Event.PreviousTexts(title: "old")),
      (#"{"body":{"from":""}}"#, Event.PreviousTexts(body: "")), ("{}", Event.PreviousTexts()),
      (#"{"base":{"ref":{"from":"x"}}}"#, Event.PreviousTexts()),
    ] {
      let json = #"{"action":"edited","changes":\#(changes),"issue":{"id":1,"number":2,"title":"t"}}"#
      #expect(try event(json, as: "issues").previous == expected)
    }
  }

  @Test("an edited comment carries what it said before; an edit of something else, what it says")
  func previousBody() throws {
    let issue = #""issue":{"id":1,"number":2,"title":"t"},"comment":{"id":3,"body":"new"}"#
    for (members, expected) in [
      (#""action":"edited","changes":{"body":{"from":"old"}}"#, "old"), (#""action":"edited","changes":{}"#, "new"),
      (#""action":"created""#, nil),
    ] {
      let event = try event("{\(members),\(issue)}", as: "issue_comment")
      guard case .comment(_, _, let previous) = event.payload else { throw Unsupported() }
      #expect(previous == expected)
    }
  }

  @Test("events of a pull request: the same number, an identity each")
  func pullRequests() throws {
    let pull = #""pull_request":{"id":1,"number":2,"title":"t","updated_at":"2026-01-01T00:00:00Z"}"#
    let comment = #""comment":{"id":9,"body":"x","updated_at":"2026-01-02T00:00:00Z"}"#
    let review = #""review":{"id":9,"state":"APPROVED","submitted_at":"2026-01-02T00:00:00Z"}"#
    let events = [
      try event(#"{"action":"opened",\#(pull)}"#, as: "pull_request"),
      try event(#"{"action":"opened",\#(pull)}"#, as: "pull_request_target"),
      try event(#"{"action":"submitted",\#(pull),\#(review)}"#, as: "pull_request_review"),
      try event(#"{"action":"created",\#(pull),\#(comment)}"#, as: "pull_request_review_comment"),
      try event(#"{"action":"deleted",\#(pull),\#(comment)}"#, as: "pull_request_review_comment"),
    ]
    #expect(events.map(\.number) == Array(repeating: 2, count: events.count))
    #expect(Set(events.map(\.identity)).count == events.count)
    #expect(events[3].identity.text.contains("comment:9"))
    #expect(throws: EventFileError.missingField(path: "comment")) {
      try decode(#"{"action":"created",\#(pull)}"#, as: "pull_request_review_comment")
    }
  }

  @Test("inputs of a dispatch become text whatever their type")
  func inputs() throws {
    let event = try event(
      #"{"inputs":{"a":"x","b":true,"c":30,"d":null,"e":1.5}}"#, as: "workflow_dispatch")
    guard case .workflowDispatch(let inputs) = event.payload else { throw Unsupported() }
    #expect(inputs == ["a": "x", "b": "true", "c": "30", "e": "1.5"])
  }

  @Test("a relayed webhook is known by its delivery id")
  func delivery() throws {
    let relayed = try event(
      #"{"action":"sync","client_payload":{"delivery_id":"d-1","max_items":5}}"#, as: "repository_dispatch")
    #expect(relayed.identity.text.hasSuffix("delivery:d-1"))
    let plain = try event(#"{"action":"sync","client_payload":null}"#, as: "repository_dispatch")
    #expect(plain.identity.text.hasSuffix("run:7"))
  }

  @Test("a schedule needs nothing but the environment's repository")
  func schedule() throws {
    let event = try event(#"{"schedule":"0 3 * * *"}"#, as: "schedule")
    guard case .schedule("0 3 * * *") = event.payload else { throw Unsupported() }
  }

  @Test("another event is unsupported, whatever its payload is", arguments: ["push", "release", "x'y", "::error::"])
  func unsupported(name: String) throws {
    guard case .unsupported(name, _) = try decode("no json", as: name) else { throw Unsupported() }
  }

  @Test(
    "bad payloads say what is wrong and where",
    arguments: [
      ("", "issues", .empty), (" \n", "issues", .empty), ("[]", "issues", .notAnObject),
      ("3", "issues", .notAnObject), ("null", "schedule", .notAnObject),
      (#"{"a":"#, "issues", .invalidJSON(offset: 5, isTruncated: true)),
      (#"{"a":"b"#, "issues", .invalidJSON(offset: 7, isTruncated: true)),
      (#"{"a":1,,}"#, "issues", .invalidJSON(offset: 7, isTruncated: false)),
      ("{} x", "issues", .invalidJSON(offset: 3, isTruncated: false)),
      (#"{"a":tru}"#, "issues", .invalidJSON(offset: 8, isTruncated: false)),
      (
        #"{"issue":{"id":1,"number":"2","title":"t"}}"#, "issues",
        .wrongType(path: "issue.number", expected: "a whole number")
      ),
      (#"{"issue":{"id":1,"number":2,"title":[]}}"#, "issues", .wrongType(path: "issue.title", expected: "a string")),
      (
        #"{"issue":{"id":1,"number":2,"title":"t","labels":7}}"#, "issues",
        .wrongType(path: "issue.labels", expected: "a list")
      ),
      (
        #"{"issue":{"id":1,"number":2,"title":"t","updated_at":"soon"}}"#, "issues",
        .wrongType(path: "issue.updated_at", expected: "an ISO 8601 date and time")
      ),
      (#"{"issue":{"id":1,"title":"t"}}"#, "issues", .missingField(path: "issue.number")),
      (#"{"issue":{"id":1,"number":null,"title":"t"}}"#, "issues", .missingField(path: "issue.number")),
      (#"{"issue":"x"}"#, "issues", .wrongType(path: "issue", expected: "an object")),
      (#"{"action":"opened"}"#, "issues", .missingField(path: "issue")),
      (#"{"issue":{"id":1,"number":2,"title":"t"}}"#, "issue_comment", .missingField(path: "comment")),
      (
        #"{"repository":{"full_name":"../x"}}"#, "schedule",
        .wrongType(path: "repository.full_name", expected: "owner/name")
      ),
      ("{}", "", .variableMissing("GITHUB_EVENT_NAME")),
    ] as [(String, String, EventFileError)])
  func bad(json: String, name: String, expected: EventFileError) {
    let error = #expect(throws: EventFileError.self) { try decode(json, as: name) }
    #expect(error == expected)
    #expect(!expected.problem.isEmpty && expected.advice.hasSuffix("."))
  }

  @Test("a file that is no event fails the run; a missing environment is a configuration error")
  func exitStatus() {
    #expect(EventFileError.empty.exitStatus == .failed)
    #expect(EventFileError.variableMissing("GITHUB_EVENT_NAME").exitStatus == .configuration)
    #expect(throws: EventFileError.variableMissing("GITHUB_REPOSITORY")) {
      try decode("{}", as: "schedule", repository: nil)
    }
  }

  @Test("nesting of any depth is refused, not overflowed", arguments: ["[", #"{"a":"#])
  func depth(opening: String) {
    #expect(throws: EventFileError.self) { try decode(String(repeating: opening, count: 200_000), as: "issues") }
    let closing = opening == "[" ? "]" : "}"
    let deep = String(repeating: opening, count: 5000) + "1" + String(repeating: closing, count: 5000)
    #expect(throws: EventFileError.self) { try decode(#"{"inputs":{"x":\#(deep)}}"#, as: "workflow_dispatch") }
  }

  @Test("cut anywhere, a payload is refused at a byte inside it", arguments: [UInt64(1), 2, 3])
  func truncation(seed: UInt64) throws {
    let json = Array(
      #"{"action":"opened","issue":{"id":1,"number":2,"title":"Grüße 🚢 \u0041","body":null,"labels":[{"name":"a"}]}}"#
        .utf8)
    for count in 1..<json.count {
      let error = #expect(throws: EventFileError.self) {
        try EventFile.decode(Array(json[..<count]), name: "issues", repository: nil, run: RunContext())
      }
      guard case .invalidJSON(count, true) = error else {
        Issue.record("cut at \(count): \(String(describing: error))")
        return
      }
    }
    var state = seed
    for _ in 0..<2000 {
      var mutated = json
      for _ in 0..<3 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        mutated[Int(state >> 33) % mutated.count] = UInt8(truncatingIfNeeded: state >> 20)
      }
      // Any outcome but a crash; an offset lies inside.
      do {
        _ = try EventFile.decode(mutated, name: "issues", repository: RepositoryName("a/b"), run: RunContext())
      } catch {
        if case .invalidJSON(let offset, _) = error { #expect(offset <= mutated.count, "seed \(seed)") }
      }
    }
  }
}
