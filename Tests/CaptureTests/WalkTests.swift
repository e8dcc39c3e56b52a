import Domain
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Capture

/// What a walk over numbers asks for, and what it stores.
@Suite struct WalkTests {
  @Test(arguments: [1, 9, 60, 333], [false, true])
  func storesEveryRow(count: Int, reviewComments: Bool) async throws {
    let model = ModelRepository(count: count, large: count > 9 ? 5 : nil)
    let github = FakeGitHub(model)
    let scope: ChunkScope =
      reviewComments ? .numbers(Array(1...count), reviewComments: true) : .range(first: 1, last: count)
    let walked = try await Walked.walk(github, scope)
    var expected = model.rows(of: 1...count)
    if !reviewComments { expected.reviewComments = [:] }
    #expect(walked.rows == expected)
    #expect(walked.losses == [])
    #expect(walked.cost.items == expected.items.count)
    #expect(walked.rows.readings.completed.sorted() == expected.items.keys.sorted())
    #expect(walked.rows.readings.sightings.isEmpty)
    for (number, item) in model.items {
      let totals = walked.rows.readings.totals
      #expect(totals["\(number) labels"] == item.labels.count)
      #expect(totals["\(number) comments"] == item.comments.count)
      guard item.isPull else { continue }
      #expect(totals["\(number) reviews"] == item.reviews.count)
      #expect(totals["\(number) files"] == item.files.count)
      #expect(totals["\(number) closes"] == item.closes.count)
    }
  }

  /// A tree may hold both spellings of an accented name, which Swift takes for the same text.
  @Test func filesThatDifferByNormalisationAloneAreTwo() async throws {
    var model = ModelRepository(count: 2)
    model.items[2]?.files = ["caf\u{E9}.c", "cafe\u{301}.c", "plain.c", "plain.c"]
    let walked = try await Walked.walk(FakeGitHub(model), .range(first: 1, last: 2))
    let page = try #require(walked.pages.first { !$0.files.isEmpty })
    let paths = page.files.filter { $0.pullNumber == 2 }.map { Array($0.path.utf8) }
    #expect(paths.count == 3)
    #expect(Set(paths) == Set(["caf\u{E9}.c", "cafe\u{301}.c", "plain.c"].map { Array($0.utf8) }))
  }

  /// A call holds as many lists as a point buys, and no more; only the first and the last may hold fewer.
  @Test func fillsEveryCall() async throws {
    let model = ModelRepository(count: 400, large: 211)
    let github = FakeGitHub(model)
    let walked = try await Walked.walk(github, .range(first: 1, last: 400))
    let lists = github.asked.map(\.lists.count)
    #expect(lists.first == 0)
    #expect(lists.dropFirst().dropLast().allSatisfy { $0 == 149 })
    #expect(walked.cost.points == lists.count)
    #expect(walked.cost.points == 1 + (lists.reduce(0, +) + 148) / 149)
    // Nothing is asked for twice, and no list that is known to be empty.
    let asked = github.asked.flatMap(\.lists)
    #expect(Set(asked.map { "\($0.nodeID) \($0.list) \($0.after ?? "")" }).count == asked.count)
    #expect(!asked.contains { $0.list == .files && model.items[$0.number]?.files.isEmpty ?? false })
    #expect(!asked.contains { $0.list == .closer && model.items[$0.number]?.stateReason != "COMPLETED" })
    let heads = github.asked.flatMap(\.heads)
    #expect(heads == Array(1...400))
    #expect(github.asked.flatMap(\.absent).sorted() == (1...400).filter { model.items[$0] == nil })
    // The pull request with long lists is begun before its neighbours.
    func firstCall(of number: Int) -> Int? {
      github.asked.firstIndex { $0.lists.contains { $0.number == number && $0.list == .reviews } }
    }
    let head = try #require(github.asked.firstIndex { $0.heads.contains(211) })
    #expect(firstCall(of: 211) == head + 1)
  }

  @Test(arguments: 1...20)
  func somethingIsAskedForAsLongAsAnythingIsLeft(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let walk = ChunkWalk(
      github: FakeGitHub(ModelRepository(count: 0)), repository: try name("acme/widget"),
      scope: .range(first: 1, last: 300), clock: DatabaseClock(Timestamp(seconds: 1_800_000_000)))
    for _ in 0..<500 {
      var checkpoint = Checkpoint(
        next: Bool.random(using: &generator) ? 300 : Int.random(in: 0...300, using: &generator))
      func some(_ most: Int) -> Int { Bool.random(using: &generator) ? 0 : Int.random(in: 0...most, using: &generator) }
      checkpoint.absent = Array(0..<some(200))
      checkpoint.pending = (0..<some(120)).map { number in
        let lists = CapturedList.allCases.filter { $0 != .reviewComments && Bool.random(using: &generator) }.map {
          PendingList($0, after: Int.random(in: 0..<9, using: &generator) == 0 ? "c" : nil)
        }
        return PendingItem(
          number: number, nodeID: "n", isPullRequest: true, lists: lists.isEmpty ? [PendingList(.labels)] : lists)
      }
      let width = Int.random(in: 1...ItemsQuery.fullWidth, using: &generator)
      let questions = walk.selection(at: checkpoint, width: width)
      #expect(questions.isEmpty == walk.isThrough(checkpoint), "seed \(seed): \(checkpoint), \(width)")
      #expect(questions.count <= width)
      #expect(questions.count { $0.list != nil } <= 149)
      #expect(Set(questions).count == questions.count)
      let heads = questions.filter(\.isHead).map(\.number)
      #expect(heads == Array(checkpoint.next + 1..<checkpoint.next + 1 + heads.count))
    }
  }

  @Test func documentsAreFewAndAlike() async throws {
    let documents = Mutex<Set<String>>([])
    struct Recorder: GitHubAPI {
      let github: FakeGitHub
      let record: @Sendable (String) -> Void
      var usage: APIUsage { get async { await github.usage } }
      func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
        -> GraphQLAnswer<Answer>
      {
        record(query.document)
        return try await github.query(query, as: type)
      }
      func send(_ request: RESTRequest) async throws -> RESTAnswer { try await github.send(request) }
    }
    let github = FakeGitHub(ModelRepository(count: 6_000))
    let recorder = Recorder(github: github) { document in documents.withLock { _ = $0.insert(document) } }
    _ = try await Walked.walk(recorder, .range(first: 1, last: 6_000))
    #expect(github.calls.count > 100)
    #expect(documents.withLock { $0.count } * 2 < github.calls.count)
  }

  /// The same checkpoint leads to the same step, whoever asks and however often; and the checkpoint survives its storage.
  @Test func aStepFollowsFromItsCheckpoint() async throws {
    let model = ModelRepository(count: 120, large: 8)
    let scope = ChunkScope.numbers(Array(1...120), reviewComments: true)
    let straight = try await Walked.walk(FakeGitHub(model), scope)
    for index in straight.checkpoints.indices.dropLast() {
      let stored = try JSON.roundTrip(straight.checkpoints[index])
      #expect(stored == straight.checkpoints[index])
      let resumed = try await Walked.walk(FakeGitHub(model), scope, from: stored)
      #expect(resumed.pages.map(timeless) == straight.pages.dropFirst(index + 1).map(timeless))
    }
  }

  /// All but when it was read.
  private func timeless(_ page: CapturedPage) -> CapturedPage {
    var page = page
    page.observedAt = nil
    page.serverAhead = 0
    for index in page.lists.indices { page.lists[index].begun = Timestamp(seconds: 0) }
    page.reviewCommentWalk?.begun = Timestamp(seconds: 0)
    return page
  }

  @Test func everythingInACheckpointIsStored() throws {
    let moment = Timestamp(seconds: 1_800_000_000)
    let lists = [
      PendingList(.labels), PendingList(.files, after: "c", begun: moment, seen: 100),
      PendingList(.comments, isSecondReading: true, firstSeen: 4), PendingList(.labels, after: "c", names: ["a"]),
      PendingList(.reviewComments, after: "t", page: 3),
    ]
    for (hasLosses, wasAskedAgain, isPull) in [
      (false, false, true), (true, false, false), (false, true, true), (true, true, false),
    ] {
      let item = PendingItem(
        number: 7, nodeID: "N", isPullRequest: isPull, lists: lists, hasLosses: hasLosses, wasAskedAgain: wasAskedAgain)
      let checkpoint = Checkpoint(next: 9, pending: [item], absent: [3], since: moment, page: 2, begun: moment)
      #expect(try JSON.roundTrip(checkpoint) == checkpoint)
    }
    #expect(try JSON.roundTrip(Checkpoint()) == Checkpoint())
  }

  @Test func absentNumbersAreDiscussionsOrGone() async throws {
    let model = ModelRepository(count: 50)
    let walked = try await Walked.walk(FakeGitHub(model), .range(first: 1, last: 60))
    #expect(walked.rows.kinds[7] == .discussion)
    #expect(walked.rows.kinds[17] == .gone)
    #expect((51...60).allSatisfy { walked.rows.kinds[$0] == .gone })
    let records = walked.pages.flatMap(\.numbers)
    #expect(records.first { $0.number == 7 }?.nodeID == "D_7")
    #expect(records.first { $0.number == 1 }?.nodeID == "PR_1")
    #expect(walked.rows.kinds.count == 60)
  }

  /// What was captured before and is not there any more goes, what changed its kind is replaced.
  @Test func aSecondWalkLeavesTheRowsOfTheRepositoryAsItIs() async throws {
    var model = ModelRepository(count: 90, large: 8)
    let scope = ChunkScope.numbers(Array(1...90), reviewComments: true)
    let before = try await Walked.walk(FakeGitHub(model), scope)
    model.items[8]?.comments.removeSubrange(100..<103)
    model.items[8]?.reviewComments.removeFirst(3)
    model.items[8]?.files = ["one.c"]
    model.items[10]?.reviews = []
    model.items[13]?.reviewComments = []
    model.items[16]?.closes = []
    model.items[20]?.labels = ["other"]
    model.items[15]?.closer = nil
    model.items[19] = nil
    model.items[22] = nil
    model.discussions.insert(22)
    model.items[24]?.isPull = true
    let after = try await Walked.walk(FakeGitHub(model), scope, onto: before.rows)
    #expect(after.rows == model.rows(of: 1...90))
  }

  @Test func anItemThatVanishesBetweenItsHeadAndItsListsIsAskedForAgain() async throws {
    var model = ModelRepository(count: 60)
    let github = FakeGitHub(model)
    model.items[2] = nil  // deleted
    model.items[4] = nil  // made a discussion
    model.discussions.insert(4)
    model.items[5]?.generation = 1  // replaced by another of its kind
    model.items[5]?.title = "Another"
    let later = model
    let walked = try await Walked.walk(github, .range(first: 1, last: 60)) { index, _ in
      if index == 1 { github.change { $0 = later } }
    }
    var expected = later.rows(of: 1...60)
    expected.reviewComments = [:]
    #expect(walked.rows == expected)
    #expect(walked.losses == [])
    #expect(!walked.rows.readings.completed.contains(2))
    #expect(walked.rows.readings.completed.contains(5))
  }

  /// Whatever changes while a walk goes on, it ends, gives nothing up, and the next one leaves the rows as they are.
  @Test(arguments: 1...20)
  func changesDuringAWalkAreMendedByTheNext(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let github = FakeGitHub(ModelRepository(count: 120, large: 31))
    let scope = ChunkScope.numbers(Array(1...120), reviewComments: true)
    func disturb(_ model: inout ModelRepository) {
      for _ in 0..<6 {
        let number = Int.random(in: 1...120, using: &generator)
        switch Int.random(in: 0..<9, using: &generator) {
        case 0: model.items[number] = nil
        case 1:
          model.items[number] = nil
          model.discussions.insert(number)
        case 2: _ = model.items[number]?.comments.popLast()
        case 3: model.items[31]?.reviews.removeAll { $0.id % 40 == Int64(number % 40) }
        case 4: model.items[number]?.labels.append("new")
        case 5: model.items[number]?.title += "!"
        case 6: model.items[number]?.generation += 1
        case 7:
          if let item = model.items[number], item.isPull { model.items[number]?.files = ["\(item.files.count).c"] }
        default: model.items[number]?.closes.removeAll()
        }
      }
    }
    let first = try await Walked.walk(github, scope) { _, _ in github.change { disturb(&$0) } }
    #expect(first.losses == [], "seed \(seed)")
    let second = try await Walked.walk(github, scope, onto: first.rows)
    var model = ModelRepository(count: 0)
    github.change { model = $0 }
    #expect(second.losses == [], "seed \(seed)")
    #expect(second.rows == model.rows(of: 1...120), "seed \(seed)")
  }

  @Test func aListThatShowsLessThanGitHubCountsIsReadTwice() async throws {
    let model = ModelRepository(count: 60, large: 5)
    let github = FakeGitHub(model) { call in
      guard case .items = call else { return nil }
      return .damage(
        FakeGitHub.Damage(lists: [.init(3, .comments): .lessThanCounted, .init(5, .reviews): .lessThanCounted]))
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 60))
    var expected = model.rows(of: 1...60)
    expected.reviewComments = [:]
    #expect(walked.rows == expected)
    #expect(walked.losses == [])
    #expect(walked.rows.readings.totals["3 comments"] == 3)
    #expect(walked.rows.readings.totals["5 reviews"] == 350)
    let asked = github.asked.flatMap(\.lists)
    #expect(asked.count { $0.number == 3 && $0.list == .comments } == 2)
    #expect(asked.count { $0.number == 5 && $0.list == .reviews } == 8)
    #expect(walked.rows.readings.completed.contains(3))
  }

  /// Cut short both times: what came is stored, and GitHub's own count says that it is not all.
  @Test(arguments: [([100, 100, 0], 100), ([2, 3], 260), ([1, 260], 260), ([7, 7], 7)])
  func aListThatIsCutShortTwiceStaysAMismatch(entries: [Int], total: Int) async throws {
    let readings = Mutex(entries)
    let github = FakeGitHub(ModelRepository(count: 60, large: 5)) { call in
      guard case .items(let asked) = call, asked.lists.contains(where: { $0.number == 5 && $0.list == .comments })
      else { return nil }
      return readings.withLock { readings in
        guard !readings.isEmpty else { return nil }
        return .damage(FakeGitHub.Damage(lists: [.init(5, .comments): .cutShort(readings.removeFirst())]))
      }
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 60))
    #expect(walked.rows.readings.totals["5 comments"] == total)
    #expect(walked.rows.comments.count { $0.value.hasPrefix("5 ") } >= entries[0])
    #expect(github.asked.flatMap(\.lists).count { $0.number == 5 && $0.list == .comments } == entries.count)
  }

  /// A list that ends with a full page is asked for what follows: nothing, or the rest of what was cut short.
  @Test(arguments: [true, false]) func aListThatEndsWithAFullPageIsAskedForWhatFollows(isCutShort: Bool) async throws {
    var model = ModelRepository(count: 60)
    model.items[3]?.comments = (0..<(isCutShort ? 130 : 100)).map {
      .init(id: Int64(5_000 + $0), author: nil, body: "3 c\($0)", at: ModelRepository.time($0))
    }
    let github = FakeGitHub(model) { call in
      guard case .items(let asked) = call, asked.lists.contains(where: { $0.number == 3 && $0.after == nil }) else {
        return isCutShort ? nil : .damage(FakeGitHub.Damage(lists: [.init(3, .comments): .lessThanCounted]))
      }
      return .damage(FakeGitHub.Damage(lists: [.init(3, .comments): isCutShort ? .cutShort(100) : .lessThanCounted]))
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 60))
    #expect(walked.rows.readings.totals["3 comments"] == (isCutShort ? 130 : 100))
    #expect(walked.rows.comments.keys.count { $0 >= 5_000 && $0 < 6_000 } == (isCutShort ? 130 : 100))
    #expect(walked.rows.readings.completed.contains(3))
    #expect(github.asked.flatMap(\.lists).count { $0.number == 3 && $0.list == .comments } == 3)
  }

  /// Paths whose bytes are no text may read alike: they are one row.
  @Test func filesThatReadAlikeAreCountedOnce() async throws {
    var model = ModelRepository(count: 60)
    let number = try #require(model.items.values.filter(\.isPull).map(\.number).min())
    model.items[number]?.files = ["a.c", "caf\u{FFFD}.c", "caf\u{FFFD}.c"]
    let walked = try await Walked.walk(FakeGitHub(model), .range(first: 1, last: 60))
    #expect(walked.rows.readings.totals["\(number) files"] == 2)
    #expect(walked.rows.readings.completed.contains(number))
  }

  @Test func aCommentThatIsDeletedBetweenTwoPagesIsNotKept() async throws {
    let model = ModelRepository(count: 20, large: 5)
    let github = FakeGitHub(model)
    let walked = try await Walked.walk(github, .range(first: 1, last: 20)) { index, checkpoint in
      let isUnderWay = checkpoint.pending.contains {
        $0.number == 5 && $0.lists.contains { $0.list == .comments && $0.after != nil }
      }
      if isUnderWay { github.change { if $0.items[5]?.comments.count == 260 { $0.items[5]?.comments.removeFirst() } } }
    }
    // The first reading saw a comment that the second did not.
    #expect(walked.rows.comments.count { $0.value.hasPrefix("5 ") } == 259)
    #expect(walked.rows.readings.totals["5 comments"] == 259)
  }

  @Test func anEmptyChunkIsThroughAtOnce() async throws {
    let github = FakeGitHub(ModelRepository(count: 3))
    let walked = try await Walked.walk(github, .numbers([], reviewComments: true))
    #expect(walked.pages.count == 1)
    #expect(github.calls.isEmpty)
  }

  /// Readings are told apart by the database's clock, whatever GitHub says about the time; by how much it is ahead goes
  /// with the page.
  @Test(arguments: [0.0, 7_200, -300]) func readingsBearTheDatabasesClock(ahead: Double) async throws {
    let github = FakeGitHub(ModelRepository(count: 30))
    let start = Timestamp(seconds: 1_800_000_000)
    let walked = try await Walked.walk(github, .range(first: 1, last: 30), databaseTime: start - ahead)
    for page in walked.pages {
      let earliest = start - ahead
      #expect(page.observedAt.map { $0 >= earliest && $0 < earliest + 60 } ?? false)
      #expect(page.lists.allSatisfy { $0.begun >= earliest && $0.begun < earliest + 60 })
      #expect(abs(page.serverAhead - ahead) < 60)
    }
  }
}

enum JSON {
  static func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
  }
}
