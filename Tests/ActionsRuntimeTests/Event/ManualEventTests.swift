import ActionsRuntime
import Domain
import Testing

private let repository = RepositoryName("octo/repo")!

private func route(_ inputs: [String: String]) throws(EventFileError) -> Route {
  let event = Event(
    name: .workflowDispatch, action: nil, repository: repository, repositoryGitHubID: nil, sender: nil,
    payload: .workflowDispatch(inputs: inputs), run: RunContext())
  return try route(event, facts: RoutingFacts(hasDatabase: true))
}

@Suite("Processing by hand")
struct ManualEventTests {
  @Test(
    "a number or a payload asks for one event to be processed",
    arguments: [
      (["issue": "17"], ManualRequest(.item(17))), (["issue": " #17 ", "mode": ""], ManualRequest(.item(17))),
      (["issue": "17", "payload": " ", "mode": "live"], ManualRequest(.item(17), mode: .live)),
      (["payload": "{ \"a\":  1}"], ManualRequest(.payload("{ \"a\":  1}", event: nil))),
      (
        ["payload": "{}", "event": "issue_comment", "mode": "dry-run", "issue": "", "days_back": "7"],
        ManualRequest(.payload("{}", event: .issueComment), mode: .dryRun)
      ),
    ])
  func asks(inputs: [String: String], expected: ManualRequest) throws {
    #expect(try route(inputs) == .manual(expected))
  }

  @Test(
    "inputs that cannot be meant are refused by name",
    arguments: [
      (["issue": "0"], "issue"), (["issue": "-3"], "issue"), (["issue": "x"], "issue"), (["issue": "1 2"], "issue"),
      (["issue": "99999999999999999999"], "issue"), (["issue": "1", "mode": "wet"], "mode"),
      (["payload": "{}", "event": "push"], "event"), (["issue": "1", "payload": "{}"], "payload"),
    ])
  func refused(inputs: [String: String], name: String) throws {
    let error = #expect(throws: EventFileError.self) { try route(inputs) }
    guard case .inputInvalid(name, _) = error else {
      Issue.record("\(inputs): \(String(describing: error))")
      return
    }
    #expect(error?.exitStatus == .usage)
  }

  @Test("nothing asked for is ignored with the names of the inputs")
  func nothing() throws {
    guard case .ignored(let reason) = try route(["issue": "", "payload": "\n", "event": "issues"]) else {
      Issue.record("not ignored")
      return
    }
    #expect(reason.contains("issue, payload"))
  }

  private static let item = #"{"id":1,"number":2,"title":"t"}"#

  @Test(
    "a pasted payload is known by its members",
    arguments: [
      (#"{"action":"opened","issue":\#(item)}"#, EventName.issues),
      (#"{"action":"created","issue":\#(item),"comment":{"id":3}}"#, .issueComment),
      (#"{"action":"opened","pull_request":\#(item)}"#, .pullRequest),
      (#"{"action":"submitted","pull_request":\#(item),"review":{"id":3}}"#, .pullRequestReview),
      (#"{"action":"created","pull_request":\#(item),"comment":{"id":3}}"#, .pullRequestReviewComment),
    ])
  func likelyName(json: String, expected: EventName) throws {
    #expect(try EventFile.decode(pasted: json, name: nil, repository: repository, run: RunContext()).name == expected)
  }

  @Test("another repository's payload is refused, whatever its case the own one is not")
  func otherRepository() throws {
    func decode(_ name: String) throws -> Event {
      try EventFile.decode(
        pasted: #"{"action":"opened","issue":\#(Self.item),"repository":{"full_name":"\#(name)"}}"#, name: .issues,
        repository: repository, run: RunContext())
    }
    #expect(try decode("Octo/Repo").number == 2)
    #expect(throws: EventFileError.self) { try decode("octo/other") }
    #expect(throws: EventFileError.missingField(path: "issue")) {
      try EventFile.decode(pasted: "{}", name: nil, repository: repository, run: RunContext())
    }
    #expect(throws: EventFileError.empty) {
      try EventFile.decode(pasted: "", name: nil, repository: repository, run: RunContext())
    }
  }
}
