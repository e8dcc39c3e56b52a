import Automation
import Domain
import Testing

/// What is still done of an action that a killed run left open, when the thread went on meanwhile.
@Suite("What an interrupted run left open")
struct SupersessionTests {
  private static func standing(_ will: Standing.Will, _ seconds: Double) -> Standing {
    Standing(will: will, login: "alice", moment: Moment(Sample.after(seconds)))
  }

  private static func left(_ effect: Effect, _ standing: Standing, rules: [String] = []) -> Action {
    let decision = Decision(
      target: ItemReference(repository: Sample.repository, number: 7), effect: effect,
      reason: Reason(origin: "command /x", evidence: "x"), standing: standing, rules: rules)
    return Action(id: .random(), decision: decision, status: .intended, intendedAt: Sample.after(100))
  }

  private static func context(_ facet: Facet, _ value: JSONValue, _ standing: Standing) -> ThreadContext {
    ThreadContext(facets: [facet: FacetRecord(value: value, standing: standing)])
  }

  @Test(arguments: [
    (Effect.setTitle("Old"), Facet.title, JSONValue.string("New")), (.close(reason: .completed), .state, "open"),
    (.addLabels(["bug"]), .label(named: "bug"), false), (.removeLabel("bug"), .label(named: "bug"), true),
    (.assign(["bob"]), .assignee(named: "bob"), false), (.lock(reason: nil), .lock, "unlocked"),
    (.setMilestone("v1"), .milestone, .null),
  ])
  func givesWayToWhatIsNewerAndStandsBeforeWhatIsOlder(effect: Effect, facet: Facet, value: JSONValue) {
    let action = Self.left(effect, Self.standing(.person, 50))
    let newer = Supersession(of: action, in: Self.context(facet, value, Self.standing(.person, 60)))
    #expect(newer != nil && newer?.remaining == nil)
    #expect(Supersession(of: action, in: Self.context(facet, value, Self.standing(.person, 40))) == nil)
    #expect(Supersession(of: action, in: Self.context(facet, value, Self.standing(.rule, 60))) != nil)
    #expect(Supersession(of: action, in: ThreadContext()) == nil)
  }

  @Test func theRestOfTheLabelsIsStillPutOn() {
    let action = Self.left(.addLabels(["bug", "slow", "docs"]), Self.standing(.person, 50))
    let context = Self.context(.label(named: "slow"), false, Self.standing(.person, 60))
    #expect(Supersession(of: action, in: context)?.remaining == .addLabels(["bug", "docs"]))
  }

  @Test func aRulesLabelThatAPersonRemovedStaysAwayWheneverThatWas() {
    let action = Self.left(.addLabels(["bug"]), Self.standing(.rule, 50), rules: ["r"])
    let context = Self.context(.label(named: "bug"), false, Self.standing(.person, 40))
    #expect(Supersession(of: action, in: context) != nil)
  }

  @Test(arguments: [(99.0, false), (101.0, true)])
  func aStickyCommentGivesWayToATextThatIsNewerThanTheDecision(written: Double, givesWay: Bool) {
    let action = Self.left(.stickyComment(key: "k", body: "old"), Self.standing(.rule, 50), rules: ["r"])
    var context = ThreadContext()
    context.stickies["k"] = StickyRecord(commentID: 1, digest: "d", body: "new", updatedAt: Sample.after(written))
    #expect((Supersession(of: action, in: context) != nil) == givesWay)
  }

  @Test func aRollbackChecksForItself() {
    var action = Self.left(.setTitle("Old"), Self.standing(.person, 50))
    action.decision.undoes = [.random()]
    let context = Self.context(.title, "New", Self.standing(.person, 60))
    #expect(Supersession(of: action, in: context) == nil)
  }

  /// The item is looked up where the event comes late: what was edited in since has an event of its own.
  @Test func commandsAreReadInTheTextThatTheEventShowed() {
    let processor = AutomationProcessor(settings: Settings())
    var input = Sample.event(Sample.issue(body: "/lock\n/label new"), permission: .admin)
    input.itemText = "/label old"
    #expect(processor.decide(input).commands.read.map(\.record) == [CommandRecord(name: "label", arguments: "old")])
  }
}
