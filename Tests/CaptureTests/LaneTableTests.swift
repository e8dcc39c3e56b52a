import Capture
import Domain
import TestSupport
import Testing

private let table = LaneTable(HistorySettings(capture: true))

private func request(
  _ trigger: LaneTrigger, hours: Double? = nil, items: Int? = nil, size: Int? = nil, rollout: Bool = false
) -> LaneRequest {
  LaneRequest(trigger: trigger, hours: hours, items: items, repositorySize: size, isInRollout: rollout)
}

@Suite("The table of lanes") struct LaneTableTests {
  @Test(
    "row by row",
    arguments: [
      (1, .inngest, request(.itemEvent, rollout: true)), (2, .event, request(.itemEvent)),
      (2, .event, request(.itemEvent, hours: 9_999, items: 9_999, size: 1_000_000)),
      (3, .inngest, request(.person, items: 49, size: 1_000_000, rollout: true)),
      (4, .event, request(.system, items: 0, size: 1_000_000)), (4, .event, request(.system, items: 49)),
      (5, .bulk, request(.system, items: 50)),
      (5, .bulk, request(.person, hours: 1, items: 50, size: 3, rollout: true)),
      (6, .inngest, request(.person, size: 49, rollout: true)), (7, .event, request(.system, size: 49)),
      (8, .inngest, request(.person, hours: 24, size: 1_000_000, rollout: true)),
      (9, .event, request(.person, hours: 24)), (9, .event, request(.person, hours: 0, size: 50)),
      (10, .inngest, request(.system, hours: 24, size: 9_999, rollout: true)),
      (11, .event, request(.system, hours: 23.9, size: 9_999)),
      (12, .bulk, request(.system, hours: 1, size: 10_000)), (12, .bulk, request(.system, hours: 1)),
      (12, .bulk, request(.person, hours: 24.01, size: 50)), (12, .bulk, request(.person, rollout: true)),
      (12, .bulk, request(.system)),
    ] as [(Int, Lane, LaneRequest)])
  func rows(row: Int, lane: Lane, request: LaneRequest) {
    let choice = table.route(request)
    #expect(choice.row == row, "\(choice)")
    #expect(choice.lane == lane)
  }

  @Test func everyRowCanBeReached() {
    // A row that an earlier one covers would be dead.
    var reached: Set<Int> = []
    for trigger in LaneTrigger.allCases {
      for hours in [nil, 1, 100] as [Double?] {
        for items in [nil, 1, 100] as [Int?] {
          for size in [nil, 1, 100, 100_000] as [Int?] {
            for rollout in [true, false] {
              reached.insert(
                table.route(request(trigger, hours: hours, items: items, size: size, rollout: rollout)).row)
            }
          }
        }
      }
    }
    #expect(reached == Set(1...table.rows.count + 1))
  }

  @Test("scopes are measured as they are meant")
  func scopes() {
    let now = Timestamp(seconds: 1_800_000_000)
    func measured(_ window: CaptureScope.Window, _ maximum: Int? = nil) -> LaneRequest {
      LaneRequest(
        trigger: .person, scope: CaptureScope(window: window, maxItems: maximum), repositorySize: nil,
        isInRollout: false, now: now)
    }
    #expect(measured(.all) == request(.person))
    #expect(measured(.full, 20) == request(.person, items: 20))
    #expect(measured(.daysBack(1)) == request(.person, hours: 24))
    #expect(measured(.since(now - 5_400), 7) == request(.person, hours: 1.5, items: 7))
    #expect(measured(.since(now + 60)).hours == 0)
    #expect(measured(.numbers([3, 5])) == request(.person, items: 2))
    #expect(measured(.numbers([3, 5]), 1) == request(.person, items: 1))
    #expect(table.route(measured(.daysBack(1))).lane == .event)
    #expect(table.route(measured(.daysBack(2))).lane == .bulk)
  }

  @Test("every request has one lane, the same each time, and limits are what the configuration says", arguments: 1...20)
  func properties(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let settings = HistorySettings(
        capture: true, recentHours: .random(in: 1...2_160, using: &random),
        recentItems: .random(in: 1...1_000, using: &random))
      let table = LaneTable(settings)
      var asked = request(
        .allCases.randomElement(using: &random) ?? .system,
        hours: Bool.random(using: &random) ? .random(in: 0...5_000, using: &random) : nil,
        items: Bool.random(using: &random) ? .random(in: 0...2_000, using: &random) : nil,
        size: Bool.random(using: &random) ? .random(in: 0...50_000, using: &random) : nil)
      let own = table.route(asked)
      #expect(own == table.route(asked), "seed \(seed)")
      #expect((1...table.rows.count + 1).contains(own.row), "seed \(seed)")
      #expect(own.lane != .inngest, "seed \(seed): \(asked)")
      asked.isInRollout = true
      let rolled = table.route(asked)
      // The rollout moves recent work and nothing else.
      #expect((own.lane == .event) == (rolled.lane == .inngest), "seed \(seed): \(asked)")
      #expect((own.lane == .bulk) == (rolled.lane == .bulk), "seed \(seed): \(asked)")
      if asked.trigger != .itemEvent, let items = asked.items {
        #expect((own.lane == .bulk) == (items >= settings.recentItems), "seed \(seed): \(asked)")
      }
      // Less work never takes a slower lane.
      if own.lane == .event, asked.items != 0 {
        var less = asked
        less.hours = asked.hours.map { $0 / 2 }
        less.items = asked.items.map { $0 / 2 }
        less.repositorySize = asked.repositorySize.map { $0 / 2 }
        less.isInRollout = false
        #expect(table.route(less).lane == .event, "seed \(seed): \(less)")
      }
    }
  }

  @Test func eachLaneHasOneOther() {
    #expect(Lane.inngest.other(hasInngest: true) == .event)
    #expect(Lane.event.other(hasInngest: true) == .inngest)
    #expect(Lane.bulk.other(hasInngest: true) == .inngest)
    #expect(Lane.event.other(hasInngest: false) == nil)
    #expect(Lane.bulk.other(hasInngest: false) == nil)
    #expect(Lane.allCases.map(\.processor.rawValue) == ["event", "inngest", "github_actions"])
  }

  @Test func itIsPrinted() {
    let lines = table.description.split(separator: "\n")
    #expect(lines.count == table.rows.count + 2)
    #expect(lines.first?.hasPrefix("row  what") == true)
    #expect(lines.dropFirst().allSatisfy { $0.hasSuffix("event") || $0.hasSuffix("inngest") || $0.hasSuffix("bulk") })
    guard case .array(let rows) = table.json else {
      #expect(Bool(false), "no list")
      return
    }
    #expect(rows.count == table.rows.count + 1)
    #expect(rows.last == ["name": "history", "lane": "bulk", "processor_type": "github_actions"])
    #expect(rows.first?["rollout"] == true && rows.first?["trigger"] == "item event")
  }
}

@Suite("The rollout") struct RolloutTests {
  @Test("raising the percentage moves no repository back", arguments: 1...10)
  func monotone(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let repository = try #require(
        RepositoryName("octo/repository-\(UInt32.random(in: 0...UInt32.max, using: &random))"))
      let id: Int64? = Bool.random(using: &random) ? .random(in: 1...2_000_000_000, using: &random) : nil
      let taking = (0...100).filter { Rollout(percent: $0).includes(repository, githubID: id) }
      let first = try #require(taking.first, "seed \(seed)")
      #expect(first > 0, "seed \(seed): 0 % takes nobody")
      #expect(taking == Array(first...100), "seed \(seed): \(repository)")
    }
  }

  @Test("the places are stable, and a rename keeps them")
  func stability() throws {
    let before = try #require(RepositoryName("octo/widget"))
    let after = try #require(RepositoryName("Else/gadget"))
    #expect(Rollout.place(of: before, githubID: 42) == Rollout.place(of: after, githubID: 42))
    let shouted = try #require(RepositoryName("OCTO/Widget"))
    #expect(Rollout.place(of: before, githubID: nil) == Rollout.place(of: shouted, githubID: nil))
    // Processes of every version have to agree: these may never change.
    #expect(Rollout.place(of: before, githubID: 1) == 75)
    #expect(Rollout.place(of: before, githubID: 1_296_269) == 4)
    #expect(Rollout.place(of: before, githubID: nil) == 90)
  }

  @Test("the places are even: consecutive ids, as GitHub gives them")
  func evenness() throws {
    let repository = try #require(RepositoryName("octo/widget"))
    for percent in [1, 10, 25, 50, 90] {
      let taking = (0..<20_000).count { Rollout(percent: percent).includes(repository, githubID: 700_000_000 + $0) }
      let share = Double(taking) / 200
      #expect(abs(share - Double(percent)) < 1, "\(percent) %: \(share)")
    }
  }
}
