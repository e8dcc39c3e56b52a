import Foundation
import GitHubDouble
import TestSupport
import Testing

extension CrashMatrixTests {
  /// Commands, rules, sweeps and undos: done once, and again for each effect, killed there and started anew. What is on
  /// GitHub and in the database then is what the first run left; a workflow is started once at most.
  @Test(arguments: AutomationScenario.all)
  func aKilledAutomationGoesOnWhereItWas(scenario: AutomationScenario) async throws {
    let golden = try await AutomationRun(scenario, kill: nil)
    #expect(golden.aftermath.doubts == 0 && golden.aftermath.lines["audit"] == ["whole"])
    let counted = golden.effects
    #expect(Set(counted) == Set(Effects.Kind.allCases), "of \(scenario.testDescription)")

    // Where it is not known whether a workflow was started, that is said; all else is the same for each such kill.
    var doubtful: Aftermath?
    var killed: [Effects.Kind: Int] = [:]
    let points = Self.points(of: counted, sample: 2)
    for point in points {
      let run = try await AutomationRun(scenario, kill: point)
      if let kind = run.killed { killed[kind, default: 0] += 1 }
      let found = run.aftermath
      let place = "\(scenario.testDescription) killed \(point) of \(counted.count), seed \(Self.seed)"
      var wanted = golden.aftermath
      if found.doubts > 0 {
        #expect(found.doubts == 1 && found.dispatches <= 1 && wanted.dispatches == 1, "\(place)")
        wanted = doubtful ?? found
        doubtful = wanted
      } else {
        #expect(found.dispatches == wanted.dispatches, "\(place)")
      }
      let difference = found.difference(from: wanted)
      #expect(difference == nil, "\(place): \(difference ?? "")\n\(run.log)")
    }
    if let doubtful {
      for place in ["#1", "audit", "commands", "facets", "sticky_comments", "threads"] {
        #expect(doubtful.lines[place] == golden.aftermath.lines[place], "\(place) of \(scenario.testDescription)")
      }
      let said = doubtful.lines["comments of #1"] ?? []
      #expect(said.count { $0.contains("it is not repeated") } == 1, "\(said)")
      #expect(said.count == (golden.aftermath.lines["comments of #1"]?.count ?? 0) + 1, "\(said)")
    }
    report(scenario.testDescription, counted, killed)
    #expect(killed.values.reduce(0, +) >= points.count * 9 / 10)
  }
}

/// One life of a scenario, with a double and a database of its own.
struct AutomationRun {
  let aftermath: Aftermath
  let effects: [Effects.Kind]
  let killed: Effects.Kind?
  /// What the attempts after the first one said.
  let log: String

  init(_ scenario: AutomationScenario, kill: Effects.Kill?) async throws {
    self = try await withGitHubDouble(AutomationScenario.model) { github in
      let stage = try await Stage(github)
      defer { stage.stop() }
      return try await TestDatabase.withDatabase(template: "crash", prepare: Stage.migrate) { place in
        try await AutomationRun(scenario, kill, stage, github, place)
      }
    }
  }

  private init(
    _ scenario: AutomationScenario, _ kill: Effects.Kill?, _ stage: Stage, _ github: GitHubDouble,
    _ place: TestDatabase
  ) async throws {
    let start = try await scenario.prepare(github, place, stage.direct(place))
    let effects = stage.effects
    effects.begin(kill: kill)
    let first = try await stage.watched(place).run(start.arguments, event: start.event) { effects.watch($0) }
    #expect(first.wasKilled == (effects.killed != nil))
    var log = ""
    if first.wasKilled {
      // As if it had been a while ago: GitHub's lists show what was posted. The leases stand as they are.
      try await place.query(
        "UPDATE yardmaster.actions SET begun_at = begun_at - interval '1 minute' WHERE begun_at IS NOT NULL")
      // As a re-run of the job, or as a second delivery to the same machine.
      var again = stage.direct(place)
      again.attempt = (kill?.effect ?? 0).isMultiple(of: 2) ? 1 : 2
      var end = try await again.run(start.arguments, event: start.event)
      log = end.log
      // A dispatch in doubt is reported by a failure, once.
      if end.status == 1, log.contains("it is not repeated") {
        again.attempt += 1
        end = try await again.run(start.arguments, event: start.event)
        log += end.log
      }
      let isDone = end.status == 0 || start.refusal.map(end.log.contains) == true
      #expect(isDone, "\(scenario.testDescription), \(kill.map { "\($0)" } ?? ""): \(log)")
    } else {
      try #require(first.status == 0, "\(first.log)")
    }
    self.log = log
    self.effects = effects.seen
    killed = effects.killed
    aftermath = try await Aftermath(github, place)
  }
}
