import Domain
import Synchronization
import TestSupport
import Testing

@testable import Capture

/// What the walk makes of answers that are too heavy, partial or odd.
@Suite struct WalkFailureTests {
  /// A list whose cursors go round has no end: it is given up, and the others are stored.
  @Test func aListThatGoesRoundIsLost() async throws {
    let model = ModelRepository(count: 9, large: 5)
    let number = try #require(model.items.values.filter { $0.comments.count > 2 }.map(\.number).min())
    let github = FakeGitHub(model) { call in
      guard case .items = call else { return nil }
      return .damage(FakeGitHub.Damage(lists: [.init(number, .comments): .goesRound]))
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 9))
    #expect(walked.losses.map(\.number) == [number] && walked.losses.first?.list == .comments)
    #expect(walked.losses.first?.error.contains("beyond GitHub's count") == true)
    var expected = model.rows(of: 1...9)
    expected.reviewComments = [:]
    #expect(walked.rows.items == expected.items)
    #expect(github.asked.count < 200)
  }

  static let tooHeavy = QueryTooHeavy(detail: "cut off")

  static func expected(_ model: ModelRepository, of count: Int) -> Rows {
    var rows = model.rows(of: 1...count)
    rows.reviewComments = [:]
    return rows
  }

  @Test func aNumberThatIsAlwaysTooHeavyIsLostAndTheRestGoesOn() async throws {
    let model = ModelRepository(count: 300)
    let github = FakeGitHub(model) { call in
      if call.heads?.contains(22) ?? false { .raise(Self.tooHeavy) } else { nil }
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 300))
    #expect(walked.losses.map(\.number) == [22])
    #expect(walked.losses.map(\.kind) == ["item"])
    var expected = Self.expected(model, of: 300)
    let without = Self.expected(model, of: 300)
    expected = Self.without(22, without)
    #expect(walked.rows == expected)
    // It was not the size of the calls: they are as wide as before.
    #expect(walked.pace.widths == Pace().widths)
    #expect(github.asked.count < 40)
    #expect(github.asked.count { $0.heads == [22] && $0.count == 1 } == 5)
    #expect(github.calls.contains { if case .probe = $0 { true } else { false } })
  }

  static func without(_ number: Int, _ rows: Rows) -> Rows {
    var rows = rows
    let prefix = "\(number) "
    rows.kinds[number] = nil
    rows.items[number] = nil
    rows.authors[number] = nil
    rows.labels[number] = nil
    rows.comments = rows.comments.filter { !$0.value.hasPrefix(prefix) }
    rows.reviews = rows.reviews.filter { !$0.value.hasPrefix(prefix) }
    rows.files = rows.files.filter { !$0.hasPrefix(prefix) }
    rows.links = rows.links.filter { !$0.hasPrefix(prefix) }
    return rows
  }

  @Test func aGitHubThatIsDownLosesNothing() async throws {
    let github = FakeGitHub(ModelRepository(count: 60)) { _ in .raise(Self.tooHeavy) }
    await #expect(throws: QueryTooHeavy.self) { try await Walked.walk(github, .range(first: 1, last: 60)) }
  }

  @Test(arguments: ["RESOURCE_LIMITS_EXCEEDED", "SERVICE_UNAVAILABLE", "SILENCE"], [false, true])
  func aNullWithAnotherErrorIsAskedForAgain(type: String, hidesPaths: Bool) async throws {
    let model = ModelRepository(count: 60)
    let failures = Mutex(0)
    let github = FakeGitHub(model) { call in
      guard case .items = call else { return nil }
      return failures.withLock { count in
        count += 1
        return count <= 3
          ? .damage(
            FakeGitHub.Damage(
              heads: [4: type, 5: type],
              lists: [.init(1, .files): .null(type), .init(3, .comments): .hole(type), .init(8, .labels): .silence],
              hidesPaths: hidesPaths))
          : nil
      }
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 60))
    #expect(walked.rows == Self.expected(model, of: 60))
    #expect(walked.losses == [])
    #expect(walked.cost.items == walked.rows.items.count)
  }

  /// An error that says nothing of what it concerns does not condemn an answer without gaps.
  @Test func anErrorWithoutAPathCostsNothingWhereNothingIsMissing() async throws {
    let model = ModelRepository(count: 60)
    let github = FakeGitHub(model) { call in
      guard case .items = call else { return nil }
      return .damage(FakeGitHub.Damage(general: "WARNING"))
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 60))
    #expect(walked.rows == Self.expected(model, of: 60))
    let plain = try await Walked.walk(FakeGitHub(model), .range(first: 1, last: 60))
    #expect(walked.cost == plain.cost)
  }

  @Test(arguments: [FakeGitHub.ListDamage.null("INTERNAL"), .hole("INTERNAL"), .odd, .silence])
  func aListThatFailsForGoodIsLostAloneWithWhatCameOfIt(damage: FakeGitHub.ListDamage) async throws {
    let model = ModelRepository(count: 60)
    let github = FakeGitHub(model) { call in
      guard case .items = call else { return nil }
      return .damage(FakeGitHub.Damage(lists: [.init(11, .comments): damage, .init(14, .labels): damage]))
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 60))
    #expect(Set(walked.losses.map(\.number)) == [11, 14])
    #expect(walked.losses.allSatisfy { $0.kind == "list" })
    #expect(Set(walked.losses.compactMap(\.list)) == [.comments, .labels])
    let rows = walked.rows
    var expected = Self.expected(model, of: 60)
    let isPartial = if case .null = damage { false } else if case .silence = damage { false } else { true }
    #expect(rows.comments.count == expected.comments.count - (isPartial ? 1 : 3))
    #expect(rows.labels[14] == nil)
    expected.comments = rows.comments
    expected.labels[14] = nil
    #expect(rows == expected)
    #expect(!rows.readings.completed.contains(11))
    #expect(!rows.readings.completed.contains(14))
    #expect(rows.readings.completed.count == expected.items.count - 2)
    // Nothing is concluded from a list that is not whole.
    #expect(!walked.pages.flatMap(\.lists).contains { $0.number == 11 && $0.list == .comments })
  }

  /// Many poisoned items cost what each of them costs, not more with every call.
  @Test func manyPoisonedItemsAreLostOneByOne() async throws {
    let model = ModelRepository(count: 600)
    let poisoned = stride(from: 20, through: 600, by: 60).filter { model.items[$0] != nil }
    let github = FakeGitHub(model) { call in
      guard case .items = call else { return nil }
      return .damage(
        FakeGitHub.Damage(
          heads: Dictionary(uniqueKeysWithValues: poisoned.map { ($0, "INTERNAL") }),
          lists: Dictionary(uniqueKeysWithValues: poisoned.map { (.init($0 + 1, .labels), .null("INTERNAL")) })))
    }
    let plain = try await Walked.walk(FakeGitHub(model), .range(first: 1, last: 600))
    let walked = try await Walked.walk(github, .range(first: 1, last: 600))
    #expect(Set(walked.losses.filter { $0.kind == "item" }.map(\.number)) == Set(poisoned))
    #expect(Set(walked.losses.filter { $0.kind == "list" }.map(\.number)) == Set(poisoned.map { $0 + 1 }))
    #expect(walked.losses.count == 2 * poisoned.count)
    #expect(walked.cost.points <= plain.cost.points + 20 * walked.losses.count)
    #expect(walked.pace.widths == Pace().widths)
  }

  /// A part of a long list is lost: the rest comes, and nothing is taken for gone.
  @Test func theRestOfALongListComesThoughAPageOfItIsLost() async throws {
    let model = ModelRepository(count: 40, large: 5)
    let github = FakeGitHub(model) { call in
      guard case .items(let asked) = call else { return nil }
      let isSecondPage = asked.lists.contains { $0.number == 5 && $0.list == .reviews && $0.after == "100" }
      return isSecondPage ? .damage(FakeGitHub.Damage(lists: [.init(5, .reviews): .hole("INTERNAL")])) : nil
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 40))
    #expect(walked.losses.map(\.list) == [.reviews])
    #expect(walked.rows.reviews.count { $0.value.hasPrefix("5 ") } == 349)
    #expect(!walked.rows.readings.completed.contains(5))
    #expect(!walked.pages.flatMap(\.lists).contains { $0.number == 5 && $0.list == .reviews && $0.isLast })
    // The next capture has it whole.
    let again = try await Walked.walk(FakeGitHub(model), .range(first: 1, last: 40), onto: walked.rows)
    #expect(again.rows == Self.expected(model, of: 40))
  }

  @Test func anItemThatTheTokenMayNotSeeCostsNoRetries() async throws {
    let model = ModelRepository(count: 40)
    let github = FakeGitHub(model) { call in
      guard case .items = call else { return nil }
      return .damage(FakeGitHub.Damage(lists: [.init(4, .closes): .hole("FORBIDDEN")]))
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 40))
    #expect(walked.losses == [])
    var expected = Self.expected(model, of: 40)
    expected.links.remove("4 acme/widget#3")
    #expect(walked.rows == expected)
    #expect(walked.rows.readings.totals["4 closes"] == nil)
    let plain = try await Walked.walk(FakeGitHub(model), .range(first: 1, last: 40))
    #expect(walked.cost == plain.cost)
  }

  @Test func aCursorThatIsNotKnownAnyMoreBeginsTheItemAgainOnce() async throws {
    let model = ModelRepository(count: 40, large: 5)
    let isBroken = Mutex(true)
    let github = FakeGitHub(model) { call in
      guard case .items(let asked) = call, isBroken.withLock({ $0 }) else { return nil }
      if asked.absent.contains(5) { isBroken.withLock { $0 = false } }
      return .damage(FakeGitHub.Damage(lists: [.init(5, .reviews): .badCursor]))
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 40))
    #expect(walked.losses == [])
    #expect(walked.rows == Self.expected(model, of: 40))

    let never = FakeGitHub(model) { call in
      guard case .items = call else { return nil }
      return .damage(FakeGitHub.Damage(lists: [.init(5, .reviews): .badCursor]))
    }
    let lost = try await Walked.walk(never, .range(first: 1, last: 40))
    #expect(lost.losses.map(\.list) == [.reviews])
  }

  /// Should GitHub refuse a whole call for one id that leads nowhere, the others are asked for without it.
  @Test func anIDThatSpoilsTheWholeAnswerIsFound() async throws {
    struct Strict: GitHubAPI {
      let github: FakeGitHub
      var usage: APIUsage { get async { await github.usage } }
      func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
        -> GraphQLAnswer<Answer>
      {
        let answer = try await github.query(query, as: type)
        guard
          let error = answer.errors.first(where: { $0.type == "NOT_FOUND" && $0.path.first?.hasPrefix("p") ?? false })
        else { return answer }
        return GraphQLAnswer(
          data: nil, errors: [GraphQLError(type: "NOT_FOUND", message: "no", path: Array(error.path.prefix(1)))])
      }
      func send(_ request: RESTRequest) async throws -> RESTAnswer { try await github.send(request) }
    }
    let github = FakeGitHub(ModelRepository(count: 60))
    var model = ModelRepository(count: 60)
    model.items[8] = nil
    let later = model
    let walked = try await Walked.walk(Strict(github: github), .range(first: 1, last: 60)) { index, _ in
      if index == 1 { github.change { $0 = later } }
    }
    #expect(walked.rows == Self.expected(later, of: 60))
    #expect(walked.losses == [])
  }

  /// A number that leads to an item which is never where its id says is lost, not walked around for ever.
  @Test func anItemThatVanishesAgainAndAgainIsLost() async throws {
    let model = ModelRepository(count: 20)
    struct Forgetful: GitHubAPI {
      let github: FakeGitHub
      var usage: APIUsage { get async { await github.usage } }
      func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
        -> GraphQLAnswer<Answer>
      {
        var query = query
        for (name, value) in query.variables {
          if value == "PR_4" { query.variables[name] = "PR_999" }
          guard case .array(let ids) = value else { continue }
          query.variables[name] = .array(ids.map { $0 == "PR_4" ? "PR_999" : $0 })
        }
        return try await github.query(query, as: type)
      }
      func send(_ request: RESTRequest) async throws -> RESTAnswer { try await github.send(request) }
    }
    let walked = try await Walked.walk(Forgetful(github: FakeGitHub(model)), .range(first: 1, last: 20))
    #expect(Set(walked.losses.map(\.number)) == [4])
    #expect(walked.losses.count == walked.losses.compactMap(\.list).count)
    #expect(walked.rows.items[4] != nil)
  }

  @Test func aListOverRESTThatNeverComesIsLostAndTheOthersAreNot() async throws {
    let model = ModelRepository(count: 60)
    let down = Failure(.unavailable, "GitHub did not answer: HTTP 500", advice: "-")
    let github = FakeGitHub(model) { call in
      if case .rest(let path) = call, path.contains("/pulls/13/comments") { .raise(down) } else { nil }
    }
    let walked = try await Walked.walk(github, .numbers(Array(1...60), reviewComments: true))
    #expect(walked.losses.map(\.number) == [13])
    #expect(walked.losses.map(\.list) == [.reviewComments])
    var expected = model.rows(of: 1...60)
    expected.reviewComments = expected.reviewComments.filter { !$0.value.hasPrefix("13 ") }
    #expect(walked.rows == expected)
    #expect(!walked.rows.readings.completed.contains(13))
    let dark = FakeGitHub(model) { call in if case .rest = call { .raise(down) } else { nil } }
    await #expect(throws: Failure.self) { try await Walked.walk(dark, .numbers([1, 13], reviewComments: true)) }
  }

  /// Whatever fails, and however often, if only not for ever: the rows come out the same.
  @Test(arguments: 1...30)
  func randomTroubleCostsNoRow(seed: UInt64) async throws {
    let model = ModelRepository(count: 150, large: 44)
    let generator = Mutex(SeededGenerator(seed: seed))
    let github = FakeGitHub(model) { call in
      guard case .items(let asked) = call else { return nil }
      return generator.withLock { generator in
        let roll = Int.random(in: 0..<10, using: &generator)
        if roll == 0 { return .raise(Self.tooHeavy) }
        guard roll < 4 else { return nil }
        var damage = FakeGitHub.Damage(hidesPaths: roll == 3)
        let type = ["INTERNAL", "RESOURCE_LIMITS_EXCEEDED", "SERVICE_UNAVAILABLE"].randomElement(using: &generator)
        for number in asked.numbers where Int.random(in: 0..<20, using: &generator) == 0 {
          damage.heads[number.number] = type
        }
        for list in asked.lists where Int.random(in: 0..<20, using: &generator) == 0 {
          let kinds: [FakeGitHub.ListDamage] = [.null(type ?? ""), .hole(type ?? ""), .odd, .silence]
          damage.lists[.init(list.number, list.list)] = kinds.randomElement(using: &generator)
        }
        return .damage(damage)
      }
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 150))
    #expect(walked.losses == [], "seed \(seed)")
    #expect(walked.rows == Self.expected(model, of: 150), "seed \(seed)")
    #expect(walked.rows.readings.completed.count == model.items.count, "seed \(seed)")
  }
}
