import Automation
import Domain
import TestSupport
import Testing

/// GitHub and the database as they are once decisions were carried out.
private struct World {
  var input: AutomationInput
  var taken: Set<String> = []

  mutating func apply(_ outcome: AutomationOutcome) {
    for decision in outcome.deliberation.decisions {
      if let key = decision.onceKey, !taken.insert(key).inserted { continue }
      apply(decision)
    }
    input.context.commands += outcome.commands.read.map(\.record)
    input.context.facets.merge(outcome.confirmed) { $0.standing.moment > $1.standing.moment ? $0 : $1 }
  }

  private mutating func apply(_ decision: Decision) {
    for (facet, value) in decision.effect.written {
      input.context.facets[facet] = FacetRecord(value: value, standing: decision.standing)
    }
    func without(_ list: [String], _ names: [String]) -> [String] {
      list.filter { name in !names.contains { $0.lowercased() == name.lowercased() } }
    }
    switch decision.effect {
    case .addLabels(let names): input.issue.labels = without(input.issue.labels, names) + names
    case .removeLabel(let name): input.issue.labels = without(input.issue.labels, [name])
    case .assign(let names): input.issue.assignees = without(input.issue.assignees, names) + names
    case .unassign(let names): input.issue.assignees = without(input.issue.assignees, names)
    case .close(let reason): (input.issue.isOpen, input.issue.stateReason) = (false, reason?.rawValue)
    case .reopen: (input.issue.isOpen, input.issue.stateReason) = (true, "reopened")
    case .lock(let reason): (input.issue.isLocked, input.issue.lockReason) = (true, reason?.rawValue)
    case .unlock: (input.issue.isLocked, input.issue.lockReason) = (false, nil)
    case .setTitle(let title): input.issue.title = title
    case .setMilestone(let title): input.issue.milestone = title
    case .comment(let body): input.context.said.insert(Sample.digest(body))
    case .stickyComment(let key, let body):
      input.context.stickies[key] = StickyRecord(commentID: 1, digest: Sample.digest(body), body: body)
    default: break
    }
  }
}

@Suite("Deciding again")
struct ConvergenceTests {
  private static func settings(_ generator: inout SeededGenerator) -> Settings {
    func some(_ names: [String]) -> [String] { names.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 } }
    let rules = (0..<Int.random(in: 0...5, using: &generator)).map { number in
      Rule.sample(
        "r\(number)",
        then: {
          $0.addLabels = some(["a", "b", "C", "d"])
          $0.removeLabels = some(["A", "c", "e"])
          $0.assign = some(["{{author}}", "carol"])
          $0.unassign = some(["dave", "carol"])
          if Bool.random(using: &generator) { $0.comment = "Rule \(number)" }
          if Bool.random(using: &generator) { $0.sticky = Rule.Sticky(key: "k\(number % 2)", body: "{{number}}") }
          if Bool.random(using: &generator) { $0.state = number.isMultiple(of: 2) ? .close(.completed) : .reopen }
          if Bool.random(using: &generator) { $0.lock = Bool.random(using: &generator) ? .lock(.spam) : .unlock }
          if Bool.random(using: &generator) { $0.title = "[{{number}}] {{title}}" }
          if Bool.random(using: &generator) { $0.milestone = Bool.random(using: &generator) ? .set("v1") : .clear }
          if Bool.random(using: &generator) { $0.dispatch = Rule.Dispatch(workflow: "w.yml") }
        })
    }
    var stale: StaleSettings?
    if Bool.random(using: &generator) { stale = StaleSettings(after: 86_400, closeAfter: 86_400, comment: "Stale") }
    return Settings(rules: rules, stale: stale)
  }

  private static func input(_ generator: inout SeededGenerator) -> AutomationInput {
    func some(_ names: [String]) -> [String] { names.filter { _ in Bool.random(using: &generator) } }
    let issue = Sample.issue(
      labels: some(["a", "c", "E"]), assignees: some(["dave", "alice"]), isOpen: Bool.random(using: &generator),
      isPullRequest: Bool.random(using: &generator), isLocked: Bool.random(using: &generator),
      milestone: Bool.random(using: &generator) ? "v0" : nil)
    var context = ThreadContext()
    for facet in [Facet.label("a"), .label("c"), .state, .title, .lock, .milestone] where Bool.random(using: &generator)
    {
      let moment = Moment(Sample.after(Double.random(in: -9_999...9_999, using: &generator)))
      let will: Standing.Will = Bool.random(using: &generator) ? .person : .rule
      context.facets[facet] = FacetRecord(
        value: issue.state.value(of: facet), standing: Standing(will: will, login: "eve", moment: moment))
    }
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: return Sample.event(issue, context: context)
    case 1: return Sample.visit(issue, context: context, lastActivity: Sample.opened)
    default:
      let lines = [
        "/label a x", "/unlabel c", "/close", "/reopen", "/lock", "/assign", "/title New", "/milestone v2", "/nonsense",
        "/clsoe", "/duplicate #3", "/help",
      ]
      return Sample.comment(some(lines).joined(separator: "\n"), on: issue, context: context)
    }
  }

  @Test("deciding again on what the decisions left decides nothing", arguments: 1...10 as ClosedRange<UInt64>)
  func idempotent(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for round in 0..<200 {
      let processor = AutomationProcessor(settings: Self.settings(&generator))
      var world = World(input: Self.input(&generator))
      let first = processor.decide(world.input)
      // What a rule opens again is an open item to the stale rule from then on.
      if first.stale != nil, first.effects.contains(.reopen) { continue }
      world.apply(first)
      let again = processor.decide(world.input).deliberation.decisions.filter { decision in
        !(decision.onceKey.map { world.taken.contains($0) } ?? false)
      }
      #expect(again == [], "seed \(seed), round \(round)")
    }
  }

  @Test(
    "no two decisions of one event write the same facet, and each tells the state before it",
    arguments: 1...10 as ClosedRange<UInt64>)
  func consistent(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for round in 0..<200 {
      let processor = AutomationProcessor(settings: Self.settings(&generator))
      var world = World(input: Self.input(&generator))
      var seen: Set<Facet> = []
      for decision in processor.decide(world.input).deliberation.decisions {
        for facet in decision.effect.facets {
          #expect(seen.insert(facet).inserted, "seed \(seed), round \(round): \(facet)")
        }
        if !decision.effect.facets.isEmpty {
          #expect(
            decision.before == world.input.issue.state.shown(for: decision.effect), "seed \(seed), round \(round)")
        }
        var one = AutomationOutcome()
        one.deliberation.decisions = [decision]
        world.apply(one)
      }
    }
  }

  @Test("a person's write that is newer than the event is never overwritten", arguments: 1...10 as ClosedRange<UInt64>)
  func respectful(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for round in 0..<200 {
      let processor = AutomationProcessor(settings: Self.settings(&generator))
      let input = Self.input(&generator)
      for decision in processor.decide(input).deliberation.decisions {
        for facet in decision.effect.facets {
          guard let record = input.context.facets[facet], record.standing.will == .person else { continue }
          #expect(record.standing.moment <= decision.standing.moment, "seed \(seed), round \(round)")
        }
      }
    }
  }

  @Test("what is decided depends on nothing but the input", arguments: 1...4 as ClosedRange<UInt64>)
  func deterministic(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      let settings = Self.settings(&generator)
      let input = Self.input(&generator)
      #expect(
        AutomationProcessor(settings: settings).decide(input) == AutomationProcessor(settings: settings).decide(input))
    }
  }

  /// `/close` and `/lock` without a reason leave alone what they find; what they would have found counts.
  @Test("commands that come late lead to what they would have led to in time", arguments: 1...10 as ClosedRange<UInt64>)
  func late(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let lines = [
      "/close", "/close", "/close not planned", "/close duplicate", "/reopen", "/lock", "/lock spam", "/lock resolved",
      "/unlock",
    ]
    let processor = AutomationProcessor(settings: Settings())
    for round in 0..<200 {
      let story = (0..<Int.random(in: 2...8, using: &generator)).map { number in
        (number, lines[Int.random(in: 0..<lines.count, using: &generator)])
      }
      let missed = Set(story.indices.filter { _ in Bool.random(using: &generator) })
      func shown(_ order: [(Int, String)]) -> [JSONValue] {
        var world = World(input: Sample.comment(""))
        for (number, line) in order {
          // Each in a comment of its own, in which nothing was read before.
          world.input.context.commands = []
          var input = Sample.comment(line, on: world.input.issue, context: world.input.context)
          input.comment?.id = Int64(500 + number)
          let written = Sample.after(3_600 + Double(number))
          input.comment?.createdAt = written
          input.comment?.updatedAt = written
          world.apply(processor.decide(input))
        }
        let state = world.input.issue.state
        return [state.value(of: .state), state.value(of: .lock)]
      }
      let late = story.filter { !missed.contains($0.0) } + story.filter { missed.contains($0.0) }
      #expect(shown(late) == shown(story), "seed \(seed), round \(round): \(story), missed \(missed)")
    }
  }
}
