import Domain
import Synchronization
import TestSupport
import Testing

@testable import Capture

/// How much is asked for at once.
extension WalkFailureTests {
  @Test(arguments: [1, 2, 7, 60, 148])
  func narrowsUntilGitHubCanAnswer(limit: Int) async throws {
    let model = ModelRepository(count: 100)
    let github = FakeGitHub(model) { call in
      if case .items(let asked) = call, asked.count > limit { .raise(Self.tooHeavy) } else { nil }
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 100))
    #expect(walked.rows == Self.expected(model, of: 100))
    #expect(walked.losses == [])
    let failures = github.asked.count { $0.count > limit }
    #expect(failures * 4 <= github.asked.count + 40, "\(failures) of \(github.asked.count) calls failed")
  }

  @Test func widensAgainOnceGitHubRecovered() async throws {
    let calls = Mutex(0)
    let github = FakeGitHub(ModelRepository(count: 1_500)) { call in
      guard case .items = call else { return nil }
      return calls.withLock { count in
        count += 1
        return (3...10).contains(count) ? .raise(Self.tooHeavy) : nil
      }
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 1_500))
    let undisturbed = try await Walked.walk(FakeGitHub(ModelRepository(count: 1_500)), .range(first: 1, last: 1_500))
    #expect(walked.rows == undisturbed.rows)
    #expect(walked.pace.widths == Pace().widths)
    #expect(github.asked.count < undisturbed.cost.points + 30)
  }

  @Test func theWidthThatWorkedIsRemembered() async throws {
    let model = ModelRepository(count: 100)
    let first = FakeGitHub(model) { call in
      if case .items(let asked) = call, asked.count > 30 { .raise(Self.tooHeavy) } else { nil }
    }
    let walked = try await Walked.walk(first, .range(first: 1, last: 100))
    let width = try #require(walked.pace.widths["CaptureItems"])
    #expect((10...30).contains(width))
    let second = FakeGitHub(model) { call in
      if case .items(let asked) = call, asked.count > 30 { .raise(Self.tooHeavy) } else { nil }
    }
    _ = try await Walked.walk(second, .range(first: 1, last: 100), widths: walked.pace.widths)
    #expect(second.asked.count { $0.count > 30 } < first.asked.count { $0.count > 30 })
  }

  /// GitHub answers for so many entries that one list's full page is too much.
  @Test(arguments: [1, 7, 60, 150])
  func asksForFewerEntriesWhereOneListIsTooHeavy(limit: Int) async throws {
    var model = ModelRepository(count: 40, large: 5)
    if limit == 1 { model = ModelRepository(count: 40) }
    model.items[1]?.labels = (0..<90).map { "label \($0)" }
    let gate: @Sendable (FakeGitHub.Call) async throws -> FakeGitHub.Fault? = { call in
      if case .items(let asked) = call, asked.possibleNodes > limit { .raise(Self.tooHeavy) } else { nil }
    }
    let github = FakeGitHub(model, gate: gate)
    let walked = try await Walked.walk(github, .range(first: 1, last: 40))
    #expect(walked.rows == Self.expected(model, of: 40))
    #expect(walked.losses == [])
    #expect(walked.rows.readings.completed.sorted() == model.items.keys.sorted())
    #expect(walked.rows.readings.totals["1 labels"] == 90)
    let failures = github.asked.count { $0.possibleNodes > limit }
    #expect(failures * 3 <= github.asked.count + 60, "\(failures) of \(github.asked.count) calls failed")
    // A later run begins with what worked.
    let widths = walked.pace.widths
    let page = try #require(widths["CaptureItems.page"])
    #expect(limit < 100 ? page <= limit : page == 100)
    let again = FakeGitHub(model, gate: gate)
    let second = try await Walked.walk(again, .range(first: 1, last: 40), widths: widths)
    #expect(second.rows == walked.rows)
    #expect(again.asked.first { !$0.lists.isEmpty }?.first == page)
  }

  @Test func asksForFullPagesAgainOnceGitHubRecovered() async throws {
    let model = ModelRepository(count: 400)
    let widths = ["CaptureItems": 1, "CaptureItems.page": 1]
    let github = FakeGitHub(model)
    let walked = try await Walked.walk(github, .range(first: 1, last: 400), widths: widths)
    #expect(walked.rows == Self.expected(model, of: 400))
    #expect(walked.pace.widths == Pace().widths)
  }

  /// Answers are held in memory: where they are large, less is asked for, and more again afterwards.
  @Test func asksForLessWhereAnswersAreLarge() async throws {
    /// As the client does, it refuses bodies above a limit.
    struct Weighing: GitHubAPI {
      let github: FakeGitHub
      let sizes = Recorder()
      var usage: APIUsage { get async { await github.usage } }
      func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
        -> GraphQLAnswer<Answer>
      {
        let answer = try await github.query(query, as: type)
        sizes.add(answer.size ?? 0)
        if answer.size ?? 0 > 8 << 20 { throw QueryTooHeavy(detail: "the answer is too large") }
        return answer
      }
      func send(_ request: RESTRequest) async throws -> RESTAnswer { try await github.send(request) }
    }
    final class Recorder: Sendable {
      private let sizes = Mutex<[Int]>([])
      var all: [Int] { sizes.withLock { $0 } }
      func add(_ size: Int) { sizes.withLock { $0.append(size) } }
    }
    var model = ModelRepository(count: 600)
    let body = String(repeating: "x", count: 65_536)
    for number in 10...14 where model.items[number] != nil {
      model.items[number]?.comments = (0..<150).map {
        .init(id: Int64(number * 1_000 + $0), author: nil, body: body, at: ModelRepository.time($0))
      }
    }
    let github = Weighing(github: FakeGitHub(model))
    let walked = try await Walked.walk(github, .range(first: 1, last: 600))
    #expect(walked.rows == Self.expected(model, of: 600))
    #expect(walked.losses == [])
    let sizes = github.sizes.all
    #expect(sizes.count { $0 > 8 << 20 } <= 20)
    let large = sizes.filter { $0 > 3 << 20 }
    #expect(large.count <= 30, "\(large)")
    // 39 MB of comments in answers of about 2 MB, and the rest in full calls.
    #expect(sizes.count <= 90, "\(sizes.count) calls")
    #expect(walked.pace.widths == Pace().widths)
  }

  /// A list that is too heavy however little of it is asked for.
  @Test func oneListThatIsAlwaysTooHeavyIsLost() async throws {
    let model = ModelRepository(count: 300)
    let github = FakeGitHub(model) { call in
      guard case .items(let asked) = call else { return nil }
      return asked.lists.contains { $0.number == 22 && $0.list == .reviews } ? .raise(Self.tooHeavy) : nil
    }
    let walked = try await Walked.walk(github, .range(first: 1, last: 300))
    #expect(walked.losses.map(\.number) == [22])
    #expect(walked.losses.map(\.list) == [.reviews])
    var expected = Self.expected(model, of: 300)
    expected.reviews = expected.reviews.filter { !$0.value.hasPrefix("22 ") }
    #expect(walked.rows == expected)
    #expect(walked.pace.widths == Pace().widths)
    let alone = github.asked.filter { $0.lists.map(\.number) == [22] && $0.lists[0].list == .reviews }
    #expect(alone.map(\.first) == [100, 50, 25, 12, 6, 3, 1])
    #expect(github.asked.count < 45)
  }
}
