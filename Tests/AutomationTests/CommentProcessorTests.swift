import Automation
import Domain
import Testing

private let repository = RepositoryName("octo/repo")!
private let alice = Account(login: "alice", kind: .user)

private func decide(
  _ body: String, permission: Permission = .write, settings: CommandSettings = CommandSettings(),
  author: Account? = alice,
  labels: [String] = [], assignees: [String] = [], isOpen: Bool = true, isPullRequest: Bool = false
) -> Deliberation {
  let issue = Domain.Issue(
    id: 1, number: 7, title: "t", isOpen: isOpen, stateReason: isOpen ? nil : "completed", labels: labels,
    assignees: assignees, author: Account(login: "bob"), isPullRequest: isPullRequest)
  let comment = Domain.Comment(id: 2, body: body, author: author)
  let processor = CommentProcessor(settings: Settings(commands: settings))
  return processor.decide(
    processor.commands(in: comment, previousBody: nil), comment: comment, on: issue, in: repository,
    permission: permission)
}
private func effects(_ deliberation: Deliberation) -> [Effect] { deliberation.decisions.map(\.effect) }

@Suite("Deciding commands")
struct CommentProcessorTests {
  @Test("each command has its effect, its reason and what it was before")
  func effectsOfCommands() {
    let deliberation = decide(
      "/label a\n/unlabel old\n/assign\n/close not planned", labels: ["Old"], assignees: ["carol"])
    #expect(
      effects(deliberation) == [
        .addLabels(["a"]), .removeLabel("Old"), .assign(["alice"]), .close(reason: .notPlanned),
      ])
    #expect(
      deliberation.decisions.map(\.reason.origin) == [
        "command /label", "command /unlabel", "command /assign", "command /close",
      ])
    #expect(deliberation.decisions.allSatisfy { $0.reason.evidence == "@alice has write permission" })
    #expect(
      deliberation.decisions.map(\.before) == [
        ["labels": ["Old"]], ["labels": ["Old"]], ["assignees": ["carol"]], ["state": "open", "state_reason": nil],
      ])
    #expect(deliberation.decisions.allSatisfy { $0.target.number == 7 && $0.onceKey == nil })
    #expect(deliberation.notes.isEmpty)
    #expect(
      decide("/reopen", isOpen: false).decisions.map(\.before) == [["state": "closed", "state_reason": "completed"]])
  }

  @Test("the permission of the comment's author counts, command by command")
  func permission() {
    let settings = CommandSettings(permissions: [.close: .write, .assign: .read])
    let body = "/label a\n/close\n/assign"
    #expect(effects(decide(body, permission: .none, settings: settings)) == [])
    #expect(effects(decide(body, permission: .read, settings: settings)) == [.assign(["alice"])])
    #expect(effects(decide(body, permission: .triage, settings: settings)) == [.addLabels(["a"]), .assign(["alice"])])
    #expect(effects(decide(body, permission: .admin, settings: settings)).count == 3)
    let refused = decide("/close", permission: .triage, settings: settings)
    #expect(
      refused.notes == [
        Reason(origin: "command /close", evidence: "@alice has triage permission; the command needs write")
      ])
  }

  @Test("what the payload shows already is a note, no effect")
  func nothingToDo() {
    for (deliberation, note) in [
      (decide("/label A", labels: ["a"]), "has the label"), (decide("/unlabel b", labels: ["a"]), "has no label"),
      (decide("/close", isOpen: false), "closed already"), (decide("/reopen"), "open already"),
      (decide("/assign alice", assignees: ["Alice"]), "assigned already"),
      (decide("/assign", author: nil), "cannot be assigned"),
      (decide("/lable x"), "did you mean"), (decide("/close soon"), "no reason"),
    ] {
      #expect(deliberation.decisions.isEmpty)
      #expect(deliberation.notes.count == 1 && deliberation.notes[0].evidence.contains(note), "\(deliberation.notes)")
    }
  }

  @Test("several commands of one comment are decided by what they come to")
  func netEffect() {
    #expect(effects(decide("/label a\n/label b, A")) == [.addLabels(["a", "b"])])
    #expect(effects(decide("/label a\n/unlabel a")) == [])
    #expect(effects(decide("/unlabel a\n/label a", labels: ["a"])) == [])
    #expect(effects(decide("/close\n/reopen")) == [])
    #expect(effects(decide("/reopen\n/close duplicate", isOpen: false)) == [.close(reason: .duplicate)])
    #expect(effects(decide("/assign x\n/assign me y")) == [.assign(["x", "alice", "y"])])
  }

  @Test("limits of GitHub are kept")
  func limits() {
    let labels = (0..<99).map { "l\($0)" }
    let full = decide("/label a b", labels: labels)
    #expect(effects(full) == [.addLabels(["a"])])
    #expect(full.notes.count == 1)
    let crowd = decide("/assign " + (0..<12).map { "u\($0)" }.joined(separator: " "))
    #expect(effects(crowd) == [.assign((0..<10).map { "u\($0)" })])
    #expect(crowd.notes.count == 2)
  }

  @Test("a pull request has no closing reason")
  func pullRequests() {
    let deliberation = decide("/close not planned", isPullRequest: true)
    #expect(effects(deliberation) == [.close(reason: nil)])
    #expect(deliberation.notes.count == 1)
  }
}
