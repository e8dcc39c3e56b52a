import Capture
import Domain
import Testing

/// Repositories where issues are switched off.
extension PlannerTests {
  /// GitHub lists their pull requests still, though not since a moment.
  @Test func ofARepositoryWithoutIssuesPullRequestsAreListed() async throws {
    let model = ModelRepository(count: 400)
    let pulls = model.items.values.filter(\.isPull).map(\.number).sorted()
    let harness = CaptureHarness(model)
    harness.github.switchIssuesOff()
    let since = try #require(Timestamp(ModelRepository.time(100 * 60)))
    let expected = pulls.filter { number in
      model.items[number].flatMap { Timestamp($0.updatedAt) }.map { $0 >= since } ?? false
    }
    #expect(expected.count > 100 && expected.count < pulls.count)
    _ = try await harness.plan(.since(since))
    #expect(harness.store.state.chunks.last?.scope == .numbers(expected, reviewComments: true))
    // The walk over everything, and a delta after it.
    let whole = CaptureHarness(model)
    whole.github.switchIssuesOff()
    _ = try await whole.plan()
    _ = try await whole.sync()
    #expect(!(try await whole.plan().hasWork))
    whole.github.change { $0.items[pulls[3]]?.updatedAt = Timestamp(seconds: 1_800_000_060).description }
    _ = try await whole.plan()
    #expect(whole.store.state.chunks.map(\.scope) == [.numbers([pulls[3]], reviewComments: false)])
  }
}
