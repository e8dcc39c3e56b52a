import ActionsRuntime
import Domain
import Testing

// The macros cannot take a module's name for a value.
private typealias Item = Domain.Issue
private typealias Remark = Domain.Comment

@Suite("Issues and comments over REST")
struct RESTObjectsTests {
  private static let issue = #"""
    {"id":7,"number":3,"title":"t","body":null,"state":"closed","state_reason":"duplicate","labels":[{"name":"a"}],
     "user":{"login":"x[bot]","id":1,"type":"Bot"},"locked":true,"active_lock_reason":"spam",
     "milestone":{"number":1,"title":"v1"},"updated_at":"2026-01-02T00:00:00Z"}
    """#

  @Test("an issue that is looked up is the one that its event showed")
  func issueOfBoth() throws {
    let looked = try #require(Item(restAnswer: Array(Self.issue.utf8)))
    let payload = #"{"action":"closed","issue":\#(Self.issue)}"#
    let decoded = try EventFile.decode(
      Array(payload.utf8), name: "issues", repository: RepositoryName("o/r"), run: RunContext())
    guard case .event(let event) = decoded, case .issue(let shown, _) = event.payload else {
      Issue.record("no issue event")
      return
    }
    #expect(looked == shown)
    #expect(looked.stateReason == "duplicate" && looked.milestone == "v1" && looked.lockReason == "spam")
  }

  @Test(
    "what is no issue is nil",
    arguments: ["", "[]", #"{"message":"This issue was deleted","status":"410"}"#, #"{"id":1,"number":0,"title":"t"}"#])
  func noIssue(json: String) {
    #expect(Item(restAnswer: Array(json.utf8)) == nil)
    #expect(Remark(restAnswer: Array(json.utf8))?.id == (json.contains("\"id\"") ? 1 : nil))
  }

  @Test("a comment is read as an event shows it")
  func comments() throws {
    let comment = #"{"id":9,"body":"x","user":null,"author_association":"NONE","created_at":"2026-01-02T00:00:00Z"}"#
    let one = try #require(Remark(restAnswer: Array(comment.utf8)))
    #expect(one.id == 9 && one.author == nil && one.createdAt == Timestamp("2026-01-02T00:00:00Z"))
  }
}
