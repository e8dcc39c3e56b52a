import Domain
import Foundation
import Testing

@Suite struct IdentityTests {
  @Test(arguments: ["octocat/hello", "a/b", "0-x/_.y", "Some-Org/repo.js"])
  func acceptsRepositories(text: String) {
    #expect(RepositoryName(text)?.description == text)
  }

  @Test(arguments: ["", "a", "a/", "/b", "a/b/c", "a/..", "../b", "./b", "a b/c", "a/b?x", "a/b%2f", "ä/b", "a/b\n"])
  func refusesRepositories(text: String) {
    #expect(RepositoryName(text) == nil)
  }

  @Test func identifiersAreCanonicalUUIDs() throws {
    for _ in 0..<100 {
      let id = JobID.random()
      #expect(UUID(uuidString: id.text) != nil)
      #expect(JobID(id.text.uppercased()) == id)
      #expect(Array(id.text)[14] == "4")
    }
    #expect(JobID("not-a-uuid") == nil)
    #expect(JobID("0f8fad5b-d9cb-469f-a165-70867728950g") == nil)
    let hashed = EventID(bytes: Array(0..<32), version: 8)
    #expect(hashed.text == "00010203-0405-8607-8809-0a0b0c0d0e0f")
  }

  @Test(arguments: [
    ("bug", "bug"), ("needs info", "needs%20info"), ("a/b?c#d", "a%2Fb%3Fc%23d"), ("é", "%C3%A9"), ("~-_.", "~-_."),
  ])
  func pathSegments(text: String, encoded: String) {
    #expect(percentEncodedPathSegment(text) == encoded)
  }

  @Test func canonicalJSONSortsAndEscapes() throws {
    let value: JSONValue = [
      "b": 1, "a": ["x\n\"\\\u{01}", nil, true, .number(1.5)], "ä": [:], "A": .integer(.max),
    ]
    #expect(
      value.canonicalText
        == #"{"A":9223372036854775807,"a":["x\n\"\\\u0001",null,true,1.5],"b":1,"ä":{}}"#)
    let again = try JSONDecoder().decode(JSONValue.self, from: Data(value.canonicalText.utf8))
    #expect(again == value)
  }

  @Test func jsonSurvivesFoundation() throws {
    let text = #"{"i":9007199254740993,"d":0.5,"t":true,"f":false,"n":null,"s":"1","o":{"a":[1,"x"]}}"#
    let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    #expect(value["i"] == .integer(9_007_199_254_740_993))
    #expect(value["t"] == .bool(true))
    #expect(value["s"] == .string("1"))
    #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value)) == value)
  }

  @Test(arguments: ["opened", "created", "deleted", "transferred"])
  func whatHappensOnceIsKnownByItsObjectAlone(action: String) {
    func event(_ id: Int64, _ moment: String, detail: String?) -> [EventIdentity] {
      let issue = Domain.Issue(id: id, number: 3, title: "t", updatedAt: Timestamp(moment))
      let comment = Domain.Comment(id: id, body: "", updatedAt: Timestamp(moment))
      let pull = Domain.PullRequest(id: id, number: 3, title: "t", headSHA: moment, updatedAt: Timestamp(moment))
      let payloads: [(EventName, Event.Payload)] = [
        (.issues, .issue(issue, detail: detail)), (.issueComment, .comment(comment, on: issue, previousBody: detail)),
        (.pullRequest, .pullRequest(pull, detail: detail)),
        (.pullRequestReviewComment, .reviewComment(comment, on: pull)),
      ]
      return payloads.map { name, payload in
        Event(
          name: name, action: action, repository: RepositoryName("o/r")!, repositoryGitHubID: 1, sender: nil,
          payload: payload, run: RunContext()
        ).identity
      }
    }
    let first = event(7, "2026-01-01T00:00:00Z", detail: nil)
    #expect(first == event(7, "2026-01-01T00:00:09Z", detail: "x"))
    #expect(Set(first + event(8, "2026-01-01T00:00:00Z", detail: nil)).count == 8)
  }

  @Test func theSecondDeliveryAndTheRerunAreTheSameEvent() {
    let issue = Domain.Issue(id: 7, number: 3, title: "t", updatedAt: Timestamp("2026-01-01T00:00:00Z"))
    func event(_ issue: Domain.Issue, run: RunContext, detail: String? = nil, action: String = "opened") -> Event {
      Event(
        name: .issues, action: action, repository: RepositoryName("o/r")!, repositoryGitHubID: 1, sender: nil,
        payload: .issue(issue, detail: detail), run: run)
    }
    let first = event(issue, run: RunContext(runID: 1))
    #expect(first.identity == event(issue, run: RunContext(runID: 1, attempt: 2)).identity)
    #expect(first.identity == event(issue, run: RunContext(runID: 2)).identity)
    var later = issue
    later.updatedAt = Timestamp("2026-01-01T00:00:01Z")
    let edited = event(issue, run: RunContext(), action: "edited").identity
    #expect(edited != event(later, run: RunContext(), action: "edited").identity)
    #expect(
      event(issue, run: RunContext(), detail: "bug", action: "labeled").identity
        != event(issue, run: RunContext(), detail: "docs", action: "labeled").identity)
    let schedule = { (run: RunContext) in
      Event(
        name: .schedule, action: nil, repository: RepositoryName("o/r")!, repositoryGitHubID: nil, sender: nil,
        payload: .schedule(cron: nil), run: run
      ).identity
    }
    #expect(schedule(RunContext(runID: 5)) == schedule(RunContext(runID: 5, attempt: 3)))
    #expect(schedule(RunContext(runID: 5)) != schedule(RunContext(runID: 6)))
  }
}
